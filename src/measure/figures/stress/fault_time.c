/* fault_time.c - faults that show in times and memory: leaks, slowing down, one session served worse. */
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "figures/interval.h"
#include "figures/stats.h"
#include "figures/stress/fairness.h"
#include "figures/stress/fault_judges.h"
#include "figures/stress/relative_values.h"
#include "figures/stress/steady_slope.h"

static const double SKIPPED = 0.1;     // of the run: caches fill
static const double REQUESTS_MIN = 90; // after it: they fill for longer

/* ---- memory ------------------------------------------------------------------------------------------------------ */

/* Requests that had ended when each sample was taken: requests are in the order of their ends. */
static void count_ended(const fault_world *w, double *ended, double *bytes)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n_samples; i++) {
        while (n < w->n_requests && w->requests[n].end_s <= w->samples[i].t_s)
            n++;
        ended[i] = (double)n;
        bytes[i] = w->samples[i].bytes;
    }
}

sw_code fault_judge_leak(const fault_world *w, fault_row *row, sw_err *err)
{
    double *const ended = mem_calloc(w->n_samples + 1, sizeof *ended);
    double *const bytes = mem_calloc(w->n_samples + 1, sizeof *bytes);
    steady_slope slope;
    sw_code code = SW_ENOMEM;
    if (ended != NULL && bytes != NULL) {
        count_ended(w, ended, bytes);
        code = steady_slope_of(ended, bytes, w->n_samples, SKIPPED, &slope, err);
    } else {
        sw_fail(err, code, "out of memory for %zu samples", w->n_samples);
    }
    mem_free(ended);
    mem_free(bytes);
    if (code != SW_OK)
        return code;
    row->n = slope.n;
    if (!(slope.end_x - slope.begin_x >= REQUESTS_MIN))
        return SW_OK;
    row->p_value = slope.p_rise;
    row->effect = fmin(slope.slope, slope.late); // what goes on to the end
    return SW_OK;
}

/* ---- values of requests ------------------------------------------------------------------------------------------ */

typedef double value_of_request(const fault_request *request);

static double value_ms_per_token(const fault_request *r)
{
    return r->ms_per_token;
}

static double value_tps(const fault_request *r)
{
    return r->tps;
}

/* Relative values of all completed requests of the steady stretch that have one; NULL without memory. */
static asked_value *relative_of(const fault_world *w, value_of_request *value, size_t *n_out)
{
    asked_value *const values = mem_calloc(w->n_requests + 1, sizeof *values);
    size_t n = 0;
    for (size_t i = 0; values != NULL && i < w->n_requests; i++) {
        const fault_request *const r = &w->requests[i];
        if (r->is_completed && r->is_steady && value(r) > 0)
            values[n++] = (asked_value){r->kind, value(r), i};
    }
    *n_out = n;
    if (values != NULL && relative_values(values, n, NULL) == SW_OK)
        return values;
    mem_free(values);
    return NULL;
}

/* ---- slowing down ------------------------------------------------------------------------------------------------ */

static int by_place(const void *a, const void *b)
{
    const size_t x = ((const asked_value *)a)->at, y = ((const asked_value *)b)->at;
    return (x > y) - (x < y);
}

enum { BLOCKS = 24, BLOCK_MIN = 4, SIDE_MIN = 3 };

/* Medians of equal parts of the run: neighbours share what disturbs the machine. */
static void fill_blocks(const asked_value *values, size_t n, double *scratch, double *blocks)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        const size_t begin = i * n / BLOCKS, end = (i + 1) * n / BLOCKS;
        for (size_t k = begin; k < end; k++)
            scratch[k - begin] = values[k].value;
        blocks[i] = stats_of(scratch, end - begin).p50;
    }
}

static double mean_of(const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return sum / (double)n;
}

/* Student's t of the blocks after the cut against those before, one-sided; *change: of the mean. */
static double p_of_cut(const double *blocks, size_t cut, double *change)
{
    const double before = mean_of(blocks, cut), after = mean_of(blocks + cut, BLOCKS - cut);
    double squares = 0;
    for (size_t i = 0; i < BLOCKS; i++) {
        const double left = blocks[i] - (i < cut ? before : after);
        squares += left * left;
    }
    *change = after / before - 1;
    const double error = sqrt(squares / (BLOCKS - 2) * (1 / (double)cut + 1 / (double)(BLOCKS - cut)));
    if (!(error > 0))
        return *change > 0 ? 0 : 1;
    const double tails = student_t_tails((after - before) / error, BLOCKS - 2);
    return *change > 0 ? tails / 2 : 1 - tails / 2;
}

/* The surest of all places where a slower part may begin, times their number. */
static void judge_cuts(const fault_world *w, const asked_value *values, size_t n, const double *blocks, fault_row *row)
{
    double surest = INFINITY;
    for (size_t cut = SIDE_MIN; cut <= BLOCKS - SIDE_MIN; cut++) {
        double change;
        const double p = p_of_cut(blocks, cut, &change);
        if (p >= surest)
            continue;
        surest = p;
        row->effect = change;
        row->at = w->requests[values[cut * n / BLOCKS].at].start_s;
    }
    row->p_value = fmin(1, surest * (BLOCKS - 2 * SIDE_MIN + 1));
}

sw_code fault_judge_slowing(const fault_world *w, fault_row *row, sw_err *err)
{
    size_t n;
    asked_value *const values = relative_of(w, value_ms_per_token, &n);
    double *const scratch = mem_calloc(w->n_requests + 1, sizeof *scratch);
    const bool ok = values != NULL && scratch != NULL;
    row->n = n;
    if (ok && n >= BLOCKS * BLOCK_MIN) {
        double blocks[BLOCKS];
        qsort(values, n, sizeof *values, by_place);
        fill_blocks(values, n, scratch, blocks);
        judge_cuts(w, values, n, blocks, row);
    }
    mem_free(values);
    mem_free(scratch);
    return ok ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory for the times of %zu requests", w->n_requests);
}

/* ---- sessions ---------------------------------------------------------------------------------------------------- */

static int by_session(const void *a, const void *b)
{
    const session_value *const x = a, *const y = b;
    return x->session != y->session ? x->session - y->session : (x->value > y->value) - (x->value < y->value);
}

/* How much the median of the slowest session is below the median of all, and which it is. */
static void find_slowest(session_value *rates, size_t n, fault_row *row)
{
    row->effect = 0;
    qsort(rates, n, sizeof *rates, by_session);
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin; end < n && rates[end].session == rates[begin].session; end++) {
        }
        const double median = rates[begin + (end - begin) / 2].value; // relative: that of all is 1
        if (1 - median > row->effect) {
            row->effect = 1 - median;
            row->at = rates[begin].session;
        }
    }
}

sw_code fault_judge_unfair(const fault_world *w, fault_row *row, sw_err *err)
{
    size_t n;
    asked_value *const values = relative_of(w, value_tps, &n);
    session_value *const rates = mem_calloc(w->n_requests + 1, sizeof *rates);
    const bool ok = values != NULL && rates != NULL;
    row->n = n;
    if (ok) {
        for (size_t i = 0; i < n; i++)
            rates[i] = (session_value){w->requests[values[i].at].session, values[i].value};
        find_slowest(rates, n, row);
        row->p_value = sessions_p_value(rates, n);
    }
    mem_free(values);
    mem_free(rates);
    return ok ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory for the rates of %zu requests", w->n_requests);
}
