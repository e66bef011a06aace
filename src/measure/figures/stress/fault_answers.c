/* fault_answers.c - faults that show in what is answered: loops, changes, usage, what is forgotten, unused experts. */
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "figures/stress/fault_judges.h"
#include "figures/stress/graded_share.h"

/* ---- the same question ------------------------------------------------------------------------------------------- */

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_answer(const void *a, const void *b)
{
    const fault_request *const x = *(const fault_request *const *)a, *const y = *(const fault_request *const *)b;
    return x->question != y->question ? compare(x->question, y->question) : compare(x->answer, y->answer);
}

/* The completed requests, those of one question together and its equal answers together; NULL without memory. */
static const fault_request **by_question(const fault_world *w, size_t *n_out)
{
    const fault_request **const sorted = mem_calloc(w->n_requests + 1, sizeof *sorted);
    size_t n = 0;
    for (size_t i = 0; sorted != NULL && i < w->n_requests; i++) {
        if (w->requests[i].is_completed)
            sorted[n++] = &w->requests[i];
    }
    *n_out = n;
    if (sorted != NULL)
        qsort(sorted, n, sizeof *sorted, by_answer);
    return sorted;
}

static size_t end_of_question(const fault_request *const *sorted, size_t begin, size_t n)
{
    size_t end = begin;
    while (end < n && sorted[end]->question == sorted[begin]->question)
        end++;
    return end;
}

/* ---- loops ------------------------------------------------------------------------------------------------------- */

static const double LOOPS_OF_A_SOUND_MODEL = 0.01;

/* P(X >= k) of n tries with probability p each. */
static double at_least(size_t k, size_t n, double p)
{
    double below = 0;
    for (size_t i = 0; i < k; i++)
        below += exp(lgamma((double)n + 1) - lgamma((double)i + 1) - lgamma((double)(n - i) + 1) + (double)i * log(p) +
                     (double)(n - i) * log1p(-p));
    return fmax(0, 1 - below);
}

/* A question that was asked again counts once: a server that is reproducible answers it as before. */
sw_code fault_judge_loops(const fault_world *w, fault_row *row, sw_err *err)
{
    size_t n, n_loops = 0;
    const fault_request **const sorted = by_question(w, &n);
    if (sorted == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the loops of %zu requests", w->n_requests);
    for (size_t begin = 0, end; begin < n; begin = end, row->n++) {
        size_t n_own = 0;
        end = end_of_question(sorted, begin, n);
        for (size_t i = begin; i < end; i++)
            n_own += sorted[i]->is_degenerate;
        n_loops += 2 * n_own > end - begin;
    }
    mem_free(sorted);
    if (row->n == 0)
        return SW_OK;
    row->effect = (double)n_loops / (double)row->n;
    row->p_value = at_least(n_loops, row->n, LOOPS_OF_A_SOUND_MODEL);
    return SW_OK;
}

/* ---- changed answers -------------------------------------------------------------------------------------------- */

static const double CHANGED_MAX = 0.1; // of repeats: a server that changes more is not reproducible, which is no fault

static uint64_t answer_of(const fault_request *r)
{
    return r->answer;
}

static uint64_t told_of(const fault_request *r)
{
    return (uint64_t)r->told_tokens;
}

/* How many of them have the value that most have; equal values follow each other. */
static size_t count_usual(const fault_request *const *sorted, size_t n, uint64_t (*value)(const fault_request *))
{
    size_t most = 0;
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin; end < n && value(sorted[end]) == value(sorted[begin]); end++) {
        }
        most = end - begin > most ? end - begin : most;
    }
    return most;
}

sw_code fault_judge_changed(const fault_world *w, fault_row *row, sw_err *err)
{
    size_t n, n_changed = 0;
    const fault_request **const sorted = by_question(w, &n);
    if (sorted == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the answers of %zu requests", w->n_requests);
    for (size_t begin = 0, end; begin < n; begin = end) {
        end = end_of_question(sorted, begin, n);
        row->n += end - begin >= 3 ? end - begin : 0; // of two, none is the usual one
        n_changed += end - begin >= 3 ? end - begin - count_usual(sorted + begin, end - begin, answer_of) : 0;
    }
    mem_free(sorted);
    row->effect = (double)n_changed;
    if (row->n > 0 && (double)n_changed <= CHANGED_MAX * (double)row->n)
        row->p_value = n_changed > 0 ? 0 : 1;
    return SW_OK;
}

/* ---- usage ------------------------------------------------------------------------------------------------------- */

/* Requests of one question and route together, of these equal answers, and of these equal usage. */
static int by_usage(const void *a, const void *b)
{
    const fault_request *const x = *(const fault_request *const *)a, *const y = *(const fault_request *const *)b;
    const uint64_t of_x[] = {x->question, x->route, x->answer, (uint64_t)x->told_tokens};
    const uint64_t of_y[] = {y->question, y->route, y->answer, (uint64_t)y->told_tokens};
    int order = 0;
    for (int i = 0; i < 4 && order == 0; i++)
        order = compare(of_x[i], of_y[i]);
    return order;
}

/* More tokens were seen than are told, or more are told than were allowed, or twice as many as were seen: some tokens
 * have no text (the end of an answer, the header of a channel), but never most of them. */
static bool contradicts(const fault_request *r)
{
    const int64_t told = r->told_tokens, seen = r->seen_tokens;
    return (r->max_tokens > 0 && told > r->max_tokens) || (seen >= 0 && (seen > told || told > 2 * seen + 16));
}

static bool is_alike(const fault_request *a, const fault_request *b, bool has_equal_answers)
{
    return a->question == b->question && a->route == b->route && (!has_equal_answers || a->answer == b->answer);
}

/* Equal answers that are told to have different lengths: all but the usual one. */
static size_t count_odd_lengths(const fault_request *const *sorted, size_t n)
{
    size_t n_odd = 0;
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin; end < n && is_alike(sorted[end], sorted[begin], true); end++) {
        }
        n_odd += end - begin - count_usual(sorted + begin, end - begin, told_of);
    }
    return n_odd;
}

/* Equal prompts that are told to have another length than the first of them. */
static size_t count_odd_prompts(const fault_request *const *sorted, size_t n)
{
    size_t n_odd = 0;
    for (size_t i = 1, first = 0; i < n; i++) {
        first = is_alike(sorted[i], sorted[first], false) ? first : i;
        n_odd += sorted[i]->prompt_tokens != sorted[first]->prompt_tokens;
    }
    return n_odd;
}

sw_code fault_judge_usage(const fault_world *w, fault_row *row, sw_err *err)
{
    size_t n, n_wrong = 0;
    const fault_request **const sorted = by_question(w, &n);
    if (sorted == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the usage of %zu requests", w->n_requests);
    for (size_t i = 0; i < n; i++) {
        if (sorted[i]->told_tokens >= 0)
            sorted[row->n++] = sorted[i];
    }
    qsort(sorted, row->n, sizeof *sorted, by_usage);
    for (size_t i = 0; i < row->n; i++)
        n_wrong += contradicts(sorted[i]);
    n_wrong += count_odd_prompts(sorted, row->n) + count_odd_lengths(sorted, row->n);
    mem_free(sorted);
    row->effect = (double)n_wrong;
    if (row->n > 0)
        row->p_value = n_wrong > 0 ? 0 : 1;
    return SW_OK;
}

/* ---- what is remembered ------------------------------------------------------------------------------------------ */

/* Here, too, a question counts once. */
static size_t take_facts(const fault_request *const *sorted, size_t n, graded *out)
{
    size_t n_facts = 0;
    for (size_t begin = 0, end; begin < n; begin = end) {
        size_t n_right = 0;
        end = end_of_question(sorted, begin, n);
        for (size_t i = begin; i < end; i++)
            n_right += sorted[i]->is_right;
        if (!isnan(sorted[begin]->distance))
            out[n_facts++] = (graded){sorted[begin]->distance, 2 * n_right > end - begin};
    }
    return n_facts;
}

sw_code fault_judge_forgets(const fault_world *w, fault_row *row, sw_err *err)
{
    size_t n;
    const fault_request **const sorted = by_question(w, &n);
    graded *const values = mem_calloc(w->n_requests + 1, sizeof *values);
    const bool ok = sorted != NULL && values != NULL;
    row->n = ok ? take_facts(sorted, n, values) : 0;
    const graded_loss loss = graded_loss_of(values, row->n);
    mem_free(sorted);
    mem_free(values);
    row->p_value = loss.p_value;
    row->at = loss.key;
    if (!isnan(loss.p_value))
        row->effect =
            (double)loss.n_right_before / (double)loss.n_before - (double)loss.n_right_beyond / (double)loss.n_beyond;
    return ok ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory for the facts of %zu requests", w->n_requests);
}

/* ---- experts ----------------------------------------------------------------------------------------------------- */

/* Neighbouring tokens choose alike: eight of them count as one, and an expert in use as chosen a tenth as often as the
 * mean.  A sound model may have experts that are rarer. */
static const double TOKENS_ALIKE = 8, RARE = 0.1;

sw_code fault_judge_unused(const fault_world *w, fault_row *row, sw_err *err)
{
    (void)err;
    const fault_experts *const e = &w->experts;
    const size_t n_cells = e->n_layers * e->n_experts;
    size_t n_unused = 0;
    for (size_t i = 0; i < n_cells; i++) {
        n_unused += e->counts[i] == 0;
        row->at = e->counts[i] == 0 && isnan(row->at) ? (double)i : row->at;
    }
    row->n = n_cells > 0 ? (size_t)e->n_tokens : 0;
    if (n_cells == 0)
        return SW_OK;
    row->effect = (double)n_unused;
    const double share = RARE * (double)e->n_used / (double)e->n_experts;
    const double chance = (double)n_cells * exp((double)e->n_tokens / TOKENS_ALIKE * log1p(-share));
    row->p_value = n_unused > 0 ? fmin(1, chance) : 1;
    return SW_OK;
}
