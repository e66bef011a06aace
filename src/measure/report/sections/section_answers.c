/* section_answers.c - every prompt with its answers: what was asked and expected, what came, and what the checks found.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "report/format.h"
#include "report/sections/anchors.h"
#include "report/sections/sections.h"

enum { EVENTS_BYTES_MAX = 4096, TITLE_BYTES_MAX = 65536 };

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

/* After how long the parts of an answer were there: ": the first after 12 ms, a quarter after ...". */
static void put_arrivals(linked_text *out, const answer_record *answer)
{
    static const struct {
        double share;
        const char *name;
    } PARTS[] = {{0, "the first"}, {0.25, "a quarter"}, {0.5, "half"}, {0.75, "three quarters"}, {1, "the last"}};
    const size_t n = answer->n_arrivals, n_parts = n == 0 ? 0 : n == 1 ? 1 : sizeof PARTS / sizeof *PARTS;
    char after[CELL_BYTES];
    for (size_t i = 0; i < n_parts; i++) {
        const size_t k = (size_t)((double)(n - 1) * PARTS[i].share);
        format_by_unit(after, (double)answer->arrivals[k].t_ns / 1e6, "ms");
        linked_text_printf(out, "%s %s after %s", i == 0 ? ":" : ",", PARTS[i].name, after);
    }
}

/* When its pieces came.  The row of the test is made of them. */
static void put_events(document *doc, const run_analysis *a, const test_record *test)
{
    const size_t n = test->answer.n_arrivals;
    linked_text text;
    linked_text_init(&text, EVENTS_BYTES_MAX);
    linked_text_link(&text, anchor_of_test("test", a->run, test).text, "Row of its figures");
    linked_text_printf(&text, "; %zu ", n);
    linked_text_link(&text, "query-events", "event%s", n == 1 ? "" : "s");
    put_arrivals(&text, &test->answer);
    if (test->mode == MODE_STREAM && n > 1) {
        linked_text_puts(&text, " (");
        linked_text_link(&text, anchor_part(test->subject, "charts").text, "curve");
        linked_text_puts(&text, ")");
    }
    linked_text_puts(&text, ".");
    doc_paragraph_linked(doc, &text);
    doc_anchor(doc, anchor_of_test("events", a->run, test).text);
    linked_text_free(&text);
}

/* ---- what was there before --------------------------------------------------------------------------------------- */

typedef bool is_alike_fn(const test_record *a, const test_record *b);

static bool is_same_question(const test_record *a, const test_record *b)
{
    return strcmp(a->plan.prompt, b->plan.prompt) == 0;
}

static bool is_same_text(const char *a, size_t n_a, const char *b, size_t n_b)
{
    return n_a == n_b && (n_a == 0 || memcmp(a, b, n_a) == 0);
}

/* Of an answer without a word nothing can be said. */
static bool is_same_answer(const test_record *a, const test_record *b)
{
    const answer_record *const x = &a->answer, *const y = &b->answer;
    return x->n_text + x->n_reasoning > 0 && is_same_text(x->text, x->n_text, y->text, y->n_text) &&
           is_same_text(x->reasoning, x->n_reasoning, y->reasoning, y->n_reasoning);
}

static bool has_same_checks(const test_record *a, const test_record *b)
{
    bool is_same = a->n_checks == b->n_checks;
    for (size_t i = 0; is_same && i < a->n_checks; i++)
        is_same = a->checks[i].outcome == b->checks[i].outcome;
    return is_same;
}

/* The first answer of the model to the same test that is alike, in the order of this section; it may be `test`. */
static const test_record *first_alike(const subject_analysis *s, const test_record *test, is_alike_fn *is_alike)
{
    for (int mode = 0; mode <= (int)test->mode; mode++) {
        for (size_t i = 0; i < s->modes[mode].n_rows; i++) {
            const test_record *const t = s->modes[mode].rows[i].test;
            if (t == test || (t->index == test->index && is_alike(t, test)))
                return t;
        }
    }
    return test;
}

/* "As for code generation, stream": where it is. */
static void put_reference(document *doc, const run_analysis *a, const char *what, const test_record *to,
                          const char *rest)
{
    linked_text text;
    buf name;
    buf_init(&name, TITLE_BYTES_MAX);
    linked_text_init(&text, 2 * TITLE_BYTES_MAX);
    format_name(&name, to);
    linked_text_puts(&text, what);
    linked_text_link(&text, anchor_of_test("answer", a->run, to).text, "%s, %s", doc_str(doc, &name),
                     test_mode_name(to->mode));
    linked_text_puts(&text, rest);
    doc_paragraph_linked(doc, &text);
    linked_text_free(&text);
    buf_free(&name);
}

/* ---- one answer -------------------------------------------------------------------------------------------------- */

static void put_question(document *doc, const run_analysis *a, const subject_analysis *s, const test_record *test)
{
    const test_record *const before = first_alike(s, test, is_same_question);
    if (before != test) {
        put_reference(doc, a, "Asked and expected: see ", before, ".");
        return;
    }
    doc_text(doc, "Asked", test->plan.prompt, strlen(test->plan.prompt));
    if (test->plan.expected != NULL && test->plan.expected[0] != '\0')
        doc_text(doc, "Expected", test->plan.expected, strlen(test->plan.expected));
}

/* The same text is printed once. */
static void put_text(document *doc, const run_analysis *a, const subject_analysis *s, const test_record *test)
{
    const answer_record *const answer = &test->answer;
    const test_record *const before = first_alike(s, test, is_same_answer);
    const bool is_known = before != test, is_judged_alike = is_known && has_same_checks(before, test);
    if (is_known)
        put_reference(doc, a, "The answer is that of ", before,
                      is_judged_alike ? ", character by character, and so are its checks."
                                      : ", character by character.");
    if (!is_known && answer->n_reasoning > 0)
        doc_text(doc, "Reasoning", answer->reasoning, answer->n_reasoning);
    if (!is_known)
        doc_text(doc, "Answered", answer->text, answer->n_text);
    if (!is_judged_alike)
        put_checks(doc, test);
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
    buf title;
    buf_init(&title, TITLE_BYTES_MAX);
    format_name(&title, test);
    put_title_rest(&title, row);
    doc_fold_begin(doc, anchor_of_test("answer", a->run, test).text, doc_str(doc, &title));
    buf_free(&title);
    put_figures(doc, row);
    put_events(doc, a, test);
    if (test->answer.error[0] != '\0')
        doc_remark(doc, TONE_BAD, "%s", test->answer.error);
    put_question(doc, a, s, test);
    put_text(doc, a, s, test);
    section_answer_reviews(doc, a->run, test);
    doc_fold_end(doc);
}

/* ---- which of them ----------------------------------------------------------------------------------------------- */

/* A stress run has answers by the thousand: of each stage the first few are shown, and of those that failed, or are
 * wrong, some more. */
enum { STAGE_GOOD = 2, STAGE_BAD = 8 };

/* Answers of each stage that were shown; NULL: all are. */
typedef struct answer_quota {
    int *n_good, *n_bad; // (n_stages)
} answer_quota;

static answer_quota begin_quota(document *doc, const run_record *run)
{
    const size_t size = run->n_stages * sizeof(int);
    int *const counts = run->n_stages > 0 && !doc->has_failed ? arena_alloc(doc->keep, 2 * size) : NULL;
    doc->has_failed |= run->n_stages > 0 && counts == NULL;
    if (counts == NULL)
        return (answer_quota){NULL, NULL};
    memset(counts, 0, 2 * size);
    return (answer_quota){counts, counts + run->n_stages};
}

static bool is_bad(const test_record *t)
{
    bool is = t->answer.status != TEST_COMPLETED;
    for (size_t i = 0; i < t->n_checks; i++)
        is = is || t->checks[i].outcome == CHECK_FAILED;
    return is;
}

static bool may_show(const answer_quota *quota, const test_record *t)
{
    if (quota->n_good == NULL || t->stage < 0)
        return true;
    return is_bad(t) ? quota->n_bad[t->stage]++ < STAGE_BAD : quota->n_good[t->stage]++ < STAGE_GOOD;
}

static void put_mode(document *doc, const run_analysis *a, const subject_analysis *s, test_mode mode)
{
    const run_summary *const m = &s->modes[mode];
    const answer_quota quota = begin_quota(doc, a->run);
    char title[CELL_BYTES];
    if (m->n_rows == 0)
        return;
    snprintf(title, sizeof title, "%s: %zu answer%s", test_mode_name(mode), m->n_rows, m->n_rows == 1 ? "" : "s");
    doc_group_begin(doc, title);
    for (size_t r = 0; r < m->n_rows; r++) {
        if (may_show(&quota, m->rows[r].test))
            put_answer(doc, a, s, &m->rows[r]);
    }
    doc_group_end(doc);
}

void section_answers(document *doc, const run_analysis *a)
{
    doc_heading(doc, 2, "answers", "Answers");
    if (a->run->n_stages > 0)
        doc_paragraph(doc, "Of each stage %d answers, and %d that failed or are wrong; the store has all.", STAGE_GOOD,
                      STAGE_BAD);
    for (size_t i = 0; i < a->n_subjects; i++) {
        const subject_analysis *const s = &a->subjects[i];
        doc_heading(doc, 3, NULL, s->label);
        for (int mode = 0; mode < N_TEST_MODES; mode++)
            put_mode(doc, a, s, (test_mode)mode);
    }
}
