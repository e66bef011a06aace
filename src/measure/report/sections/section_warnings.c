/* section_warnings.c - the warnings of all models; one that all models have is said once. */

#include "report/sections/sections.h"
#include "report/sections/warnings.h"

static bool has_warning(const run_analysis *a, const subject_analysis *s, const char *text)
{
    const char *w;
    for (int i = 0; (w = warning_of(a, s, i)) != NULL; i++) {
        if (w == text)
            return true;
    }
    return false;
}

static size_t count_models(const run_analysis *a, const char *text)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n_subjects; i++)
        n += has_warning(a, &a->subjects[i], text);
    return n;
}

void section_warnings(document *doc, const run_analysis *a)
{
    for (size_t i = 0; i < a->n_subjects; i++) {
        const char *text;
        for (int k = 0; (text = warning_of(a, &a->subjects[i], k)) != NULL; k++) {
            const bool is_for_all = count_models(a, text) == a->n_subjects;
            if (!is_for_all)
                doc_remark(doc, TONE_OPEN, "%s: %s", a->subjects[i].subject->name, text);
            else if (i == 0)
                doc_remark(doc, TONE_OPEN, "%s", text);
        }
    }
}
