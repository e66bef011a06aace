/* findings_speed.c - how long, how fast in the slowest minute, how many failures, and whether it gets slower. */
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "figures/gaps.h"
#include "figures/stress/relative_values.h"
#include "figures/stress/slowest_window.h"
#include "figures/stress/steady_slope.h"
#include "figures/stress/stress_findings.h"

static const double WINDOW_S = 60, SKIPPED = 0.1, SPAN_MIN_H = 1.0 / 6;
static const char *const LONG_WORK[] = {"long-form", "marathon", NULL};
static const interval EXACT = {NAN, NAN};

/* ---- time and failures ------------------------------------------------------------------------------------------- */

/* Of the stages; of a run without any, from the first request to the last answer. */
static double run_seconds(const stress_rows *rows)
{
    double sum = 0, end = 0;
    for (size_t i = 0; i < rows->run->n_stages; i++)
        sum += rows->run->stages[i].subject == rows->subject ? (double)rows->run->stages[i].spent_ms / 1e3 : 0;
    for (size_t i = 0; i < rows->n; i++)
        end = fmax(end, stress_row_end_s(&rows->rows[i]));
    return rows->run->n_stages > 0 ? sum : end - stress_row_begin_s(&rows->rows[0]);
}

static void find_failures(const stress_rows *rows, stress_figures *out)
{
    size_t n_failed = 0;
    for (size_t i = 0; i < rows->n; i++) {
        const test_status status = rows->rows[i].test->answer.status;
        n_failed += status != TEST_COMPLETED && status != TEST_CANCELED; // canceled by the workload itself
    }
    const double share = (double)n_failed / (double)rows->n;
    stress_figure_set(out, FIGURE_FAILED_SHARE, share, EXACT, rows->n, "requests");
}

/* ---- the slowest minute ------------------------------------------------------------------------------------------ */

static int by_time(const void *a, const void *b)
{
    const double x = ((const token_arrival *)a)->t_s, y = ((const token_arrival *)b)->t_s;
    return (x > y) - (x < y);
}

/* Events with their tokens, or one each where nothing is told. */
static size_t add_arrivals(const summary_row *row, token_arrival *out)
{
    const answer_record *const a = &row->test->answer;
    const bool has_counts = gaps_have_counts(a);
    for (size_t i = 0; i < a->n_arrivals; i++)
        out[i] = (token_arrival){stress_row_begin_s(row) + (double)a->arrivals[i].t_ns / 1e9,
                                 has_counts ? a->arrivals[i].n_tokens : 1};
    return a->n_arrivals;
}

static size_t count_arrivals(const stress_rows *rows)
{
    size_t n = 0;
    for (size_t i = 0; i < rows->n; i++)
        n += rows->rows[i].test->answer.n_arrivals;
    return n;
}

static void tell_window(const slowest_window *w, stress_figures *out)
{
    const size_t n_windows = (size_t)(w->busy_s / WINDOW_S);
    stress_figure_set(out, FIGURE_BUSY_S, w->busy_s, EXACT, n_windows, "min");
    stress_figure_set(out, FIGURE_MEAN_TPS, w->mean_tps, EXACT, n_windows, "min");
    if (isnan(w->tps)) {
        stress_figure_lack(out, FIGURE_SUSTAINED_TPS, FIGURE_MISSING, "%.0f s of work are less than a minute",
                           w->busy_s);
        return;
    }
    stress_figure_set(out, FIGURE_SUSTAINED_TPS, w->tps, EXACT, n_windows, "min of work");
    stress_figure_remark(out, FIGURE_SUSTAINED_TPS, "it begins %.0f s after the run", w->begin_s);
}

static sw_code find_window(const stress_rows *rows, stress_figures *out, sw_err *err)
{
    token_arrival *const tokens = mem_calloc(count_arrivals(rows) + 1, sizeof *tokens);
    work_span *const spans = mem_calloc(rows->n + 1, sizeof *spans);
    size_t n_tokens = 0, n_spans = 0;
    slowest_window window;
    sw_code code = SW_ENOMEM;
    for (size_t i = 0; tokens != NULL && spans != NULL && i < rows->n; i++) {
        const summary_row *const row = &rows->rows[i];
        if (!stress_row_is_of(rows, row->test, LONG_WORK) || row->test->answer.end_ns <= 0)
            continue;
        n_tokens += add_arrivals(row, tokens + n_tokens);
        spans[n_spans++] = (work_span){stress_row_begin_s(row), stress_row_end_s(row)};
    }
    if (tokens != NULL && spans != NULL) {
        qsort(tokens, n_tokens, sizeof *tokens, by_time);
        code = slowest_window_of(tokens, n_tokens, spans, n_spans, WINDOW_S, &window, err);
    } else {
        sw_fail(err, code, "out of memory for the arrivals of %zu requests", rows->n);
    }
    mem_free(tokens);
    mem_free(spans);
    if (code == SW_OK && n_spans > 0)
        tell_window(&window, out);
    return code;
}

/* ---- drift ------------------------------------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
    const size_t x = ((const asked_value *)a)->at, y = ((const asked_value *)b)->at;
    return (x > y) - (x < y);
}

/* Times per token, relative to those of the same kind, over hours. */
static sw_code slope_of_times(const stress_rows *rows, asked_value *values, double *hours, double *relative,
                              steady_slope *out, sw_err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < rows->n; i++) {
        const summary_row *const row = &rows->rows[i];
        if (stress_row_is_of(rows, row->test, LONG_WORK) && stress_row_is_completed(row) && row->metrics.tpot_ms > 0)
            values[n++] = (asked_value){stress_kind_of(row->test), row->metrics.tpot_ms, i};
    }
    const sw_code code = relative_values(values, n, err);
    if (code != SW_OK)
        return code;
    qsort(values, n, sizeof *values, by_place);
    for (size_t i = 0; i < n; i++) {
        hours[i] = stress_row_begin_s(&rows->rows[values[i].at]) / 3600;
        relative[i] = values[i].value;
    }
    return steady_slope_of(hours, relative, n, SKIPPED, out, err);
}

static sw_code find_drift(const stress_rows *rows, stress_figures *out, sw_err *err)
{
    asked_value *const values = mem_calloc(rows->n + 1, sizeof *values);
    double *const hours = mem_calloc(rows->n + 1, sizeof *hours);
    double *const relative = mem_calloc(rows->n + 1, sizeof *relative);
    steady_slope slope = {.begin_x = NAN};
    const sw_code code = values != NULL && hours != NULL && relative != NULL
                             ? slope_of_times(rows, values, hours, relative, &slope, err)
                             : sw_fail(err, SW_ENOMEM, "out of memory for the drift of %zu requests", rows->n);
    mem_free(values);
    mem_free(hours);
    mem_free(relative);
    if (!(slope.end_x - slope.begin_x >= SPAN_MIN_H) || isnan(slope.range.low))
        stress_figure_lack(out, FIGURE_HOURLY_CHANGE, FIGURE_MISSING, "%zu answers of less than ten minutes", slope.n);
    else
        stress_figure_set(out, FIGURE_HOURLY_CHANGE, slope.slope, slope.range, slope.n, "answers");
    return code;
}

sw_code findings_speed(const stress_rows *rows, stress_figures *out, sw_err *err)
{
    if (rows->n == 0)
        return SW_OK;
    stress_figure_set(out, FIGURE_RUN_S, run_seconds(rows), EXACT, 1, "run");
    find_failures(rows, out);
    const sw_code code = find_window(rows, out, err);
    return code == SW_OK ? find_drift(rows, out, err) : code;
}
