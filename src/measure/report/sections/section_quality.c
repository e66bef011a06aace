/* section_quality.c - the mark of each answer with what it is made of, and the temperature that was in effect. */
#include <math.h>

#include "figures/temperature_used.h"
#include "report/sections/anchors.h"
#include "report/sections/cells.h"
#include "report/sections/sections.h"

// clang-format off
static const doc_column MARKS[] = {
    {"test", "", "", false, 0},
    {"mark", "of 5", CONTENT_RUBRIC, true, 0},
    {"checks", "", "passed of those that ran", false, 0},
    {"technical", "", "checks on technical accuracy that passed", false, 0},
    {"lowered because", "", "why the mark is lower than the checks alone would give", false, 2},
    {"repetition", "", "share of repeated word triples", true, 0},
    {"worst window", "", "highest score of 200 words in a row", true, 1},
    {"loop", "words", "period of a loop at the end of the answer", true, 2},
    {"equal lines", "", "longest run of equal lines", true, 2},
    {"verdict", "", "on repetition", false, 1},
    {"ended by", "", "finish reason", false, 1},
};
static const doc_column FAILED[] = {
    {"test", "", "", false, 0},
    {"check", "", "", false, 0},
    {"kind", "", "", false, 1},
    {"technical", "", "", false, 2},
    {"outcome", "", "", false, 0},
    {"detail", "", "what was found or missing, or why it was not run", false, 1},
};
static const doc_column TEMPERATURES[] = {
    {"test", "", "", false, 0},
    {"asked", "", "temperature of the protocol", true, 0},
    {"in effect", "", "that the server says it sampled with, or that one-token draws show", true, 0},
    {"95 %", "", "interval of one that draws show", false, 2},
    {"known from", "", "", false, 0},
};
// clang-format on

static void put_mark(document *doc, const run_analysis *a, const summary_row *row)
{
    const repetition_score *const r = &row->metrics.repetition;
    const content_score c = content_score_of(row->test, r);
    cell_test(doc, a->run, row->test);
    cell_number(doc, c.mark);
    cell_ratio(doc, c.n_passed, c.n_run);
    cell_ratio(doc, c.n_technical_passed, c.n_technical_run);
    doc_put(doc, c.lowered != NULL ? c.lowered : "-");
    const bool has_text = row->test->answer.n_text + row->test->answer.n_reasoning > 0; // none repeats nothing
    cell_score(doc, has_text ? r->score : NAN);
    cell_score(doc, has_text ? r->window_max : NAN);
    cell_number(doc, r->tail_loop.period > 0 ? (double)r->tail_loop.period : NAN);
    doc_putf(doc, "%zu", r->line_repeat_max);
    const doc_tone tone = r->verdict == REPETITION_DEGENERATE   ? TONE_BAD
                          : r->verdict == REPETITION_SUSPICIOUS ? TONE_OPEN
                                                                : TONE_PLAIN;
    doc_put_tone(doc, tone, repetition_verdict_name(r->verdict));
    doc_put(doc, row->test->answer.finish_reason[0] != '\0' ? row->test->answer.finish_reason : "-");
}

static void put_failed_checks(document *doc, const run_analysis *a, const test_record *test)
{
    for (size_t i = 0; i < test->n_checks; i++) {
        const check_record *const c = &test->checks[i];
        if (c->outcome == CHECK_PASSED)
            continue;
        cell_test(doc, a->run, test);
        doc_put(doc, c->name);
        doc_put(doc, c->kind);
        doc_put(doc, c->is_technical ? "yes" : "no");
        doc_put_tone(doc, c->outcome == CHECK_FAILED ? TONE_BAD : TONE_OPEN, check_outcome_name(c->outcome));
        doc_put(doc, c->detail);
    }
}

/* As it is written in protocols: "0.3". */
static void put_plain(document *doc, double value)
{
    if (isfinite(value))
        doc_putf(doc, "%.3g", value);
    else
        doc_put(doc, "-");
}

static void put_temperature(document *doc, const run_analysis *a, const test_record *test)
{
    const temperature_used used = temperature_used_of(a->run, test);
    cell_test(doc, a->run, test);
    put_plain(doc, test->plan.temperature);
    put_plain(doc, used.value);
    doc_put(doc, used.interval[0] != '\0' ? used.interval : "-");
    doc_put(doc, used.source);
}

void section_quality(document *doc, const run_analysis *a, const subject_analysis *s)
{
    const run_summary *const m = &s->modes[MODE_STREAM];
    doc_heading(doc, 3, NULL, "Quality");
    section_review_hint(doc, a->run);
    if (s->n_technical_run > 0)
        doc_paragraph(doc, "%d of %d technical checks passed.", s->n_technical_passed, s->n_technical_run);
    doc_table(doc, "Marks of the streamed answers", MARKS, sizeof MARKS / sizeof *MARKS);
    doc_anchor(doc, anchor_part(s->index, "marks").text);
    for (size_t i = 0; i < m->n_rows; i++)
        put_mark(doc, a, &m->rows[i]);
    doc_table(doc, "Checks that failed or did not run", FAILED, sizeof FAILED / sizeof *FAILED);
    for (size_t i = 0; i < m->n_rows; i++)
        put_failed_checks(doc, a, m->rows[i].test);
    doc_table(doc, "Sampling temperature", TEMPERATURES, sizeof TEMPERATURES / sizeof *TEMPERATURES);
    for (size_t i = 0; i < m->n_rows; i++)
        put_temperature(doc, a, m->rows[i].test);
}
