/* sections.c - the order of the sections, and who reads which. */
#include "report/sections/sections.h"

#include "report/document_links.h"
#include "report/sections/anchors.h"

/* Stages in place of thousands of tests. */
static void put_stress_model(document *doc, const run_analysis *a, const subject_analysis *s)
{
    doc->audience = FOR_ALL;
    doc_heading(doc, 2, anchor_model(s->index).text, s->label);
    section_stress(doc, a, s);
    doc->audience = FOR_PAGES;
    section_memory(doc, a, s);
    section_resources(doc, a, s);
    section_speed(doc, s);
}

/* A terminal shows the tests only. */
static void put_model(document *doc, const run_analysis *a, const subject_analysis *s)
{
    doc->audience = FOR_ALL;
    doc_heading(doc, 2, anchor_model(s->index).text, s->label);
    section_tests(doc, a, s);
    doc->audience = FOR_PAGES;
    section_modes(doc, a, s);
    section_preserved_tests(doc, s);
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

/* What the run is, and where its rows are. */
static void put_end(document *doc, const run_analysis *a)
{
    doc->audience = FOR_PAGES;
    section_records(doc, a);
    section_limits(doc);
    section_data(doc, a);
    section_answers(doc, a);
}

/* A stress run is judged by its own criteria: those of the benchmark are about its nine tests. */
static void put_stress(document *doc, const run_analysis *a)
{
    doc->audience = FOR_ALL;
    section_headline(doc, a);
    doc_heading(doc, 2, "verdict", "Verdict");
    section_stress_verdicts(doc, a);
    doc->audience = FOR_PAGES;
    section_warnings(doc, a);
    doc->audience = FOR_ALL;
    section_models(doc, a);
    doc->audience = FOR_PAGES;
    section_setting(doc, a);
    for (size_t i = 0; i < a->n_subjects; i++)
        put_stress_model(doc, a, &a->subjects[i]);
    doc->audience = FOR_TERMINAL;
    section_differences(doc, a);
    section_status(doc, a);
    put_end(doc, a);
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
    section_preservation(doc, a);
    section_advice(doc, a, criteria);
    for (size_t i = 0; i < a->n_subjects; i++)
        put_model(doc, a, &a->subjects[i]);
    section_reviews(doc, a);
    put_verdicts(doc, a, criteria, FOR_TERMINAL);
    section_differences(doc, a);
    section_status(doc, a);
    doc->audience = FOR_PAGES;
    section_criteria(doc, a, criteria);
    put_end(doc, a);
}

void sections_all(document *doc, const run_analysis *analysis)
{
    criteria_list criteria = {0};
    if (analysis->run->n_stages > 0)
        put_stress(doc, analysis);
    else if (criteria_of(analysis, &criteria, NULL) == SW_OK)
        put_all(doc, analysis, &criteria);
    else
        doc->has_failed = true;
    document_drop_dead_links(doc);
    criteria_free(&criteria);
}
