/* section_answers.c - every prompt with its answers: what was asked and expected, what came, and what the checks found.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "report/format.h"
#include "report/sections/sections.h"

// clang-format off
static const doc_column CHECKS[] = {
    {"check", "", "", false, 0},
    {"kind", "", "", false, 1},
    {"technical", "", "counts for technical accuracy", false, 2},
    {"weight", "", "in the mark", true, 2},
    {"outcome", "", "", false, 0},
    {"detail", "", "what was found or missing, or why it was not run", false, 1},
};
// clang-format on

static void put_checks(document *doc, const test_record *test)
{
    char weight[CELL_BYTES];
    doc_table(doc, "Checks", CHECKS, sizeof CHECKS / sizeof *CHECKS);
    for (size_t i = 0; i < test->n_checks; i++) {
        const check_record *const c = &test->checks[i];
        const doc_tone tone = c->outcome == CHECK_PASSED   ? TONE_GOOD
                              : c->outcome == CHECK_FAILED ? TONE_BAD
                                                           : TONE_OPEN;
        doc_put(doc, c->name);
        doc_put(doc, c->kind);
        doc_put(doc, c->is_technical ? "yes" : "no");
        format_number(weight, c->weight);
        doc_put(doc, weight);
        doc_put_tone(doc, tone, check_outcome_name(c->outcome));
        doc_put(doc, c->detail);
    }
}

/* The line below a prompt; a rate that does not exist is replaced by the reason. */
static void put_figures(document *doc, const summary_row *row)
{
    const test_metrics *const m = &row->metrics;
    const answer_record *const a = &row->test->answer;
    const char *const no_rate = metrics_decode_reason(m->decode);
    const content_score content = content_score_of(row->test, &m->repetition);
    char first[CELL_BYTES], rate[CELL_BYTES], seconds[CELL_BYTES], mark[CELL_BYTES];
    format_by_unit(first, m->ttft_ms, "ms");
    format_unit(rate, m->decode_tps, "tok/s");
    format_unit(seconds, m->e2e_ms / 1000, "s");
    format_number(mark, content.mark);
    doc_paragraph(doc,
                  "%lld of at most %d tokens; first after %s; %s%s%s; %s in all; ended by %s; repetition %.3f (%s), "
                  "worst window %.3f; mark %s of 5.",
                  (long long)m->n_tokens, row->test->plan.max_tokens, first,
                  no_rate != NULL ? "no decode rate (" : rate, no_rate != NULL ? no_rate : "",
                  no_rate != NULL ? ")" : "", seconds, a->finish_reason[0] != '\0' ? a->finish_reason : "nothing",
                  m->repetition.score, repetition_verdict_name(m->repetition.verdict), m->repetition.window_max, mark);
}

/* The streamed answer to the same prompt, if its text is the same; NULL. */
static const test_record *same_text(const subject_analysis *s, const test_record *test)
{
    const run_summary *const m = &s->modes[MODE_STREAM];
    for (size_t i = 0; test->mode != MODE_STREAM && i < m->n_rows; i++) {
        const test_record *const t = m->rows[i].test;
        if (t->index == test->index && t->repeat == test->repeat && test->answer.n_text > 0 &&
            t->answer.n_text == test->answer.n_text &&
            memcmp(t->answer.text, test->answer.text, test->answer.n_text) == 0)
            return t;
    }
    return NULL;
}

static void put_texts(document *doc, const subject_analysis *s, const test_record *test)
{
    const answer_record *const a = &test->answer;
    if (same_text(s, test) != NULL) {
        doc_paragraph(doc, "The answer is the streamed one, character by character.");
        return;
    }
    doc_text(doc, "Asked", test->plan.prompt, strlen(test->plan.prompt));
    if (test->plan.expected != NULL && test->plan.expected[0] != '\0')
        doc_text(doc, "Expected", test->plan.expected, strlen(test->plan.expected));
    if (a->n_reasoning > 0)
        doc_text(doc, "Reasoning", a->reasoning, a->n_reasoning);
    doc_text(doc, "Answered", a->text, a->n_text);
}

/* After the test's name: the mode, and the outcome in brief. */
static void put_title_rest(buf *title, const summary_row *row)
{
    char mark[CELL_BYTES];
    buf_printf(title, ", %s: ", test_mode_name(row->test->mode));
    if (row->test->answer.status != TEST_COMPLETED) {
        buf_puts(title, test_status_name(row->test->answer.status));
        return;
    }
    format_number(mark, content_score_of(row->test, &row->metrics.repetition).mark);
    buf_printf(title, "%lld tokens", (long long)row->metrics.n_tokens);
    if (mark[0] != '-')
        buf_printf(title, ", mark %s", mark);
}

static void put_answer(document *doc, const run_analysis *a, const subject_analysis *s, const summary_row *row)
{
    const test_record *const test = row->test;
    char anchor[32];
    buf title;
    buf_init(&title, 65536);
    format_name(&title, test);
    put_title_rest(&title, row);
    doc_fold_begin(doc, answer_anchor(anchor, a->run, test), doc_str(doc, &title));
    buf_free(&title);
    put_figures(doc, row);
    if (test->answer.error[0] != '\0')
        doc_remark(doc, TONE_BAD, "%s", test->answer.error);
    put_texts(doc, s, test);
    put_checks(doc, test);
    doc_fold_end(doc);
}

static void put_mode(document *doc, const run_analysis *a, const subject_analysis *s, test_mode mode)
{
    const run_summary *const m = &s->modes[mode];
    char title[CELL_BYTES];
    if (m->n_rows == 0)
        return;
    snprintf(title, sizeof title, "%s: %zu answer%s", test_mode_name(mode), m->n_rows, m->n_rows == 1 ? "" : "s");
    doc_group_begin(doc, title);
    for (size_t r = 0; r < m->n_rows; r++)
        put_answer(doc, a, s, &m->rows[r]);
    doc_group_end(doc);
}

void section_answers(document *doc, const run_analysis *a)
{
    doc_heading(doc, 2, "answers", "Answers");
    for (size_t i = 0; i < a->n_subjects; i++) {
        const subject_analysis *const s = &a->subjects[i];
        doc_heading(doc, 3, NULL, format_model(s->subject->name));
        for (int mode = 0; mode < N_TEST_MODES; mode++)
            put_mode(doc, a, s, (test_mode)mode);
    }
}
