/* findings_consistency.c - the same questions on both sides of offloading, and again on one side.
 *
 * Until two answers part, both sides have seen the same text: so each token before that place is a choice that both
 * made alike, and the token at it one that they did not.  What follows says nothing.  So answers tell how often both
 * choose the same token after the same text, without asking for probabilities; it needs tokens, not bytes.
 */
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "figures/equal_sides.h"
#include "figures/equality.h"
#include "figures/forced_agreement.h"
#include "figures/stress/stress_findings.h"

/* A completed answer and what it answers. */
typedef struct asked_answer {
    uint64_t question, answer;
    const test_record *test;
    bool is_reference;
} asked_answer;

/* Sums over pairs of one question. */
typedef struct pair_sums {
    size_t n_pairs, n_equal, n_by_tokens;
    double *alike, *choices; // (n_pairs) tokens that both chose; those that both had to choose
    int server_a, server_b;  // of the latest pair
} pair_sums;

static bool is_of_reference(const stress_rows *rows, const test_record *t)
{
    const bool has_server = t->server >= 0 && (size_t)t->server < rows->run->n_servers;
    return t->mode == MODE_REFERENCE || (has_server && rows->run->servers[t->server].side == SIDE_REFERENCE);
}

static int by_question(const void *a, const void *b)
{
    const asked_answer *const x = a, *const y = b;
    if (x->question != y->question)
        return (x->question > y->question) - (x->question < y->question);
    if (x->is_reference != y->is_reference)
        return x->is_reference - y->is_reference;
    return (x->answer > y->answer) - (x->answer < y->answer);
}

static size_t collect(const stress_rows *rows, asked_answer *out)
{
    size_t n = 0;
    for (size_t i = 0; i < rows->n; i++) {
        const test_record *const t = rows->rows[i].test;
        if (t->answer.status == TEST_COMPLETED && answer_is_known(&t->answer))
            out[n++] = (asked_answer){stress_question_of(t), stress_answer_of(&t->answer), t, is_of_reference(rows, t)};
    }
    qsort(out, n, sizeof *out, by_question);
    return n;
}

/* ---- both sides -------------------------------------------------------------------------------------------------- */

static void add_pair(const test_record *reference, const test_record *offloaded, pair_sums *sums)
{
    const answer_agreement g = answer_agreement_of(&reference->answer, &offloaded->answer);
    sums->server_a = reference->server;
    sums->server_b = offloaded->server;
    sums->alike[sums->n_pairs] = (double)g.first_difference;
    sums->choices[sums->n_pairs++] = (double)g.first_difference + !g.is_equal;
    sums->n_equal += g.is_equal;
    sums->n_by_tokens += g.by_tokens;
}

static void sum_pairs(const asked_answer *answers, size_t n, pair_sums *sums)
{
    for (size_t i = 1; i < n; i++) { // the first of each side follow each other where the sides meet
        if (answers[i].question == answers[i - 1].question && answers[i].is_reference && !answers[i - 1].is_reference)
            add_pair(answers[i].test, answers[i - 1].test, sums);
    }
}

static void lack_sides(const stress_rows *rows, const pair_sums *sums, stress_figures *out)
{
    const fact_record *const skipped = run_fact(rows->run, -1, -1, FACT_REFERENCE_SKIPPED);
    const char *const why = skipped != NULL ? skipped->text : "no server without offloading was asked";
    const bool is_void = sums->n_pairs > 0;
    const char *const place = is_void ? sides_experts_place(rows->run, rows->subject, sums->server_a) : "";
    for (int k = 0; k < 2; k++) {
        const stress_figure_id id = k == 0 ? FIGURE_EXACT_MATCH : FIGURE_TOP_AGREEMENT;
        if (is_void)
            stress_figure_lack(out, id, FIGURE_VOID, "both servers had their experts %s", place);
        else
            stress_figure_lack(out, id, FIGURE_MISSING, "%s", why);
    }
}

/* Of answers that are all equal, draws would all be 1: then each answer is one trial. */
static sw_code agreement_range(const pair_sums *sums, interval *out, sw_err *err)
{
    if (sums->n_equal == sums->n_pairs) {
        *out = share_interval(sums->n_pairs, sums->n_pairs);
        return SW_OK;
    }
    return bootstrap_ratio(sums->alike, sums->choices, sums->n_pairs, BOOTSTRAP_DRAWS, /*seed=*/15, out, err);
}

/* Texts that both servers were given tell it without any answer; positions of one text are not independent, but there
 * are many more of them than answers.  Returns false if these servers told nothing. */
static bool tell_forced(const stress_rows *rows, const pair_sums *sums, stress_figures *out)
{
    const forced_agreement f = forced_agreement_of(rows->run, rows->subject, sums->server_a, sums->server_b);
    if (f.n_positions == 0)
        return false;
    const size_t n = (size_t)f.n_positions, n_same = (size_t)f.n_same;
    stress_figure_set(out, FIGURE_TOP_AGREEMENT, (double)n_same / (double)n, share_interval(n_same, n), n, "tokens");
    stress_figure_remark(out, FIGURE_TOP_AGREEMENT, "of fixed texts; %zu of %zu answers are equal", sums->n_equal,
                         sums->n_pairs);
    return true;
}

static sw_code tell_sides(const stress_rows *rows, const pair_sums *sums, stress_figures *out, sw_err *err)
{
    const double n = (double)sums->n_pairs;
    stress_figure_set(out, FIGURE_EXACT_MATCH, (double)sums->n_equal / n, share_interval(sums->n_equal, sums->n_pairs),
                      sums->n_pairs, "answers");
    if (tell_forced(rows, sums, out))
        return SW_OK;
    if (sums->n_by_tokens < sums->n_pairs) {
        stress_figure_lack(out, FIGURE_TOP_AGREEMENT, FIGURE_MISSING,
                           "the servers do not report the tokens of answers");
        return SW_OK;
    }
    interval range;
    double alike = 0, choices = 0;
    for (size_t i = 0; i < sums->n_pairs; i++) {
        alike += sums->alike[i];
        choices += sums->choices[i];
    }
    const sw_code code = agreement_range(sums, &range, err);
    stress_figure_set(out, FIGURE_TOP_AGREEMENT, alike / choices, range, (size_t)choices, "tokens");
    stress_figure_remark(out, FIGURE_TOP_AGREEMENT, "%zu of %zu answers are equal", sums->n_equal, sums->n_pairs);
    return code;
}

/* ---- one side ---------------------------------------------------------------------------------------------------- */

/* Answers equal to the most frequent one to their question, where it was asked twice or more on one side. */
static void find_repeats(const asked_answer *answers, size_t n, stress_figures *out)
{
    size_t n_repeats = 0, n_usual = 0;
    for (size_t begin = 0, end; begin < n; begin = end) {
        size_t most = 0, run = 0;
        for (end = begin; end < n && answers[end].question == answers[begin].question &&
                          answers[end].is_reference == answers[begin].is_reference;
             end++) {
            run = end > begin && answers[end].answer == answers[end - 1].answer ? run + 1 : 1;
            most = run > most ? run : most;
        }
        n_repeats += end - begin > 1 ? end - begin - 1 : 0;
        n_usual += end - begin > 1 ? most - 1 : 0;
    }
    if (n_repeats > 0)
        stress_figure_set(out, FIGURE_REPEATED_MATCH, (double)n_usual / (double)n_repeats,
                          share_interval(n_usual, n_repeats), n_repeats, "repeated answers");
    else
        stress_figure_lack(out, FIGURE_REPEATED_MATCH, FIGURE_MISSING, "no question was asked twice");
}

sw_code findings_consistency(const stress_rows *rows, stress_figures *out, sw_err *err)
{
    asked_answer *const answers = mem_calloc(rows->n + 1, sizeof *answers);
    pair_sums sums = {.alike = mem_calloc(rows->n + 1, sizeof(double)),
                      .choices = mem_calloc(rows->n + 1, sizeof(double))};
    sw_code code = SW_OK;
    if (answers != NULL && sums.alike != NULL && sums.choices != NULL) {
        const size_t n = collect(rows, answers);
        sum_pairs(answers, n, &sums);
        find_repeats(answers, n, out);
        if (sums.n_pairs == 0 || sides_are_equal(rows->run, rows->subject, sums.server_a, sums.server_b))
            lack_sides(rows, &sums, out);
        else
            code = tell_sides(rows, &sums, out, err);
    } else {
        code = sw_fail(err, SW_ENOMEM, "out of memory for the answers of %zu requests", rows->n);
    }
    mem_free(answers);
    mem_free(sums.alike);
    mem_free(sums.choices);
    return code;
}
