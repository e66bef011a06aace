/* section_warnings.c - the warnings of a run and of its models. */
#include "figures/run_warnings.h"
#include "report/format.h"
#include "report/sections/sections.h"

void section_warnings(document *doc, const run_analysis *a)
{
    run_warnings warnings;
    doc->has_failed |= run_warnings_of(a, &warnings, NULL) != SW_OK;
    for (size_t i = 0; i < warnings.n; i++) {
        const run_warning *const w = &warnings.items[i];
        if (w->subject < 0 || a->n_subjects == 1)
            doc_remark(doc, TONE_OPEN, "%s", w->sentence);
        else
            doc_remark(doc, TONE_OPEN, "%s: %s", a->subjects[w->subject].label, w->sentence);
    }
    run_warnings_free(&warnings);
}
