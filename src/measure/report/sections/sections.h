/* sections.h - what a report says, in the order of a reader's questions: outcome, conditions, figures of each model,
 * criteria, what the figures are not, answers.
 *
 * One file per section.  A section appends blocks to a document and computes nothing; it leaves itself out when the run
 * holds nothing for it.
 */
#ifndef REPORT_SECTIONS_H
#define REPORT_SECTIONS_H

#include "figures/criteria.h"
#include "report/document.h"

/* All sections.  The document fails when memory is short. */
void sections_all(document *doc, const run_analysis *analysis);

/* "Benchmark of demo-phimoe on llama-server b9999": the title of the report. */
void headline_put(buf *out, const run_analysis *a);
void section_headline(document *doc, const run_analysis *a);
/* In sentences that are made of figures. */
void section_summary(document *doc, const run_analysis *a, const criteria_list *criteria);
void section_status(document *doc, const run_analysis *a);
void section_models(document *doc, const run_analysis *a);
void section_differences(document *doc, const run_analysis *a);
void section_setting(document *doc, const run_analysis *a);
void section_servers(document *doc, const run_analysis *a);
void section_records(document *doc, const run_analysis *a);
void section_criteria_brief(document *doc, const run_analysis *a, const criteria_list *criteria);
void section_criteria(document *doc, const run_analysis *a, const criteria_list *criteria);
void section_readiness(document *doc, const run_analysis *a, const criteria_list *criteria);
void section_advice(document *doc, const run_analysis *a, const criteria_list *criteria);
/* Of a stress run: the verdicts of its criteria, and faults. */
void section_stress_verdicts(document *doc, const run_analysis *a);
void section_streaming(document *doc, const run_analysis *a);
void section_preservation(document *doc, const run_analysis *a);
/* Of the facts of the summary: whether offloading preserves quality.  Nothing of models of which it was not measured.
 */
void section_preservation_sentence(document *doc, const run_analysis *a);
/* What people say of the answers. */
void section_reviews(document *doc, const run_analysis *a);
/* The same of one answer, and how to say it if nobody did. */
void section_answer_reviews(document *doc, const run_record *run, const test_record *test);
void section_review_hint(document *doc, const run_record *run);
void section_warnings(document *doc, const run_analysis *a);
void section_limits(document *doc);
/* After all tables whose columns it explains. */
void section_data(document *doc, const run_analysis *a);
void section_definitions(document *doc, const run_analysis *a);
void section_answers(document *doc, const run_analysis *a);

/* Parts of the section of one model. */
void section_tests(document *doc, const run_analysis *a, const subject_analysis *s);
void section_modes(document *doc, const run_analysis *a, const subject_analysis *s);
void section_preserved_tests(document *doc, const subject_analysis *s);
void section_goodput(document *doc, const run_analysis *a, const subject_analysis *s);
void section_memory(document *doc, const run_analysis *a, const subject_analysis *s);
void section_resources(document *doc, const run_analysis *a, const subject_analysis *s);
void section_experts(document *doc, const subject_analysis *s);
void section_quality(document *doc, const run_analysis *a, const subject_analysis *s);
void section_speed(document *doc, const subject_analysis *s);
void section_sweep(document *doc, const subject_analysis *s);
/* Stages, sessions side by side, lengths of a stress run. */
void section_stress(document *doc, const run_analysis *a, const subject_analysis *s);

#endif
