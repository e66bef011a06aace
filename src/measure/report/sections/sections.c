/* sections.c - the order of the sections, and who reads which. */
#include "report/sections/sections.h"

#include <stdio.h>

#include "report/format.h"

/* The place in the run's list of tests: unique, and the same in every report of the run. */
const char *answer_anchor(char out[32], const run_record *run, const test_record *test)
{
    snprintf(out, 32, "answer-%td", test - run->tests + 1);
    return out;
}

/* A terminal shows the tests only. */
static void put_model(document *doc, const run_analysis *a, const subject_analysis *s)
{
    char anchor[32];
    snprintf(anchor, sizeof anchor, "model-%d", s->index + 1);
    doc->audience = FOR_ALL;
    doc_heading(doc, 2, anchor, format_model(s->subject->name));
    section_tests(doc, a, s);
    doc->audience = FOR_PAGES;
    section_modes(doc, s);
    section_goodput(doc, a, s);
    section_memory(doc, a, s);
    section_resources(doc, a, s);
    section_experts(doc, s);
    section_quality(doc, a, s);
    section_speed(doc, s);
    section_sweep(doc, s);
}

/* On a page, what decides is at the top; on a terminal it is at the end, above the prompt. */
static void put_verdicts(document *doc, const run_analysis *a, const criteria_list *criteria, doc_audience audience)
{
    doc->audience = audience;
    section_criteria_brief(doc, a, criteria);
    section_warnings(doc, a);
}

static void put_all(document *doc, const run_analysis *a, const criteria_list *criteria)
{
    doc->audience = FOR_ALL;
    section_headline(doc, a);
    doc->audience = FOR_PAGES;
    section_summary(doc, a, criteria);
    doc->audience = FOR_ALL;
    section_models(doc, a);
    doc->audience = FOR_PAGES;
    section_setting(doc, a);
    doc_heading(doc, 2, "verdict", "Verdict");
    section_readiness(doc, a, criteria);
    put_verdicts(doc, a, criteria, FOR_PAGES);
    section_streaming(doc, a);
    section_advice(doc, a, criteria);
    for (size_t i = 0; i < a->n_subjects; i++)
        put_model(doc, a, &a->subjects[i]);
    section_reviews(doc, a);
    put_verdicts(doc, a, criteria, FOR_TERMINAL);
    section_differences(doc, a);
    section_status(doc, a);
    doc->audience = FOR_PAGES;
    section_criteria(doc, a, criteria);
    section_records(doc, a);
    section_limits(doc);
    section_answers(doc, a);
}

void sections_all(document *doc, const run_analysis *analysis)
{
    criteria_list criteria;
    if (criteria_of(analysis, &criteria, NULL) == SW_OK)
        put_all(doc, analysis, &criteria);
    else
        doc->has_failed = true;
    criteria_free(&criteria);
}
