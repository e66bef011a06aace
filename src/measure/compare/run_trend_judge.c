/* run_trend_judge.c - each row is tested, then all together. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "compare/run_trend.h"

enum { STEP_SEED = 18 };

static const double P_MAX = 0.05;

static void keep_rows(run_trend *t, const char *model, int metric)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n_rows; i++) {
        const trend_row row = t->rows[i];
        const bool is_kept = (model == NULL || strcmp(row.model, model) == 0 || strcmp(row.label, model) == 0) &&
                             (metric < 0 || row.metric == (compare_metric)metric);
        if (!is_kept) {
            mem_free(row.values);
            continue;
        }
        t->rows[n] = row;
        t->rows[n++].is_judged = row.n >= TREND_RUNS_MIN;
    }
    t->n_rows = n;
}

/* Rows whose values are all equal can show neither a trend nor a step, and take no part in corrections. */
static bool is_varying(const trend_row *row)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < row->cap; i++) {
        low = fmin(low, row->values[i].value); // both ignore a NAN
        high = fmax(high, row->values[i].value);
    }
    return row->is_judged && low < high;
}

static size_t count_varying(const run_trend *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n_rows; i++)
        n += is_varying(&t->rows[i]);
    return n;
}

/* x counts runs, y are their numbers; each list has a place for every run.  Steps are counted in runs, too. */
static sw_code test_row(trend_row *row, size_t n_runs, double alpha, double *x, double *y, sw_err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < n_runs; i++) {
        x[n] = (double)i;
        y[n] = run_trend_value(row, i).value;
        n += !isnan(y[n]);
    }
    if (!row->is_judged) {
        row->median = figure_median(y, n);
        return SW_OK;
    }
    trend slope;
    sw_code code = trend_of(x, y, n, &slope, err);
    if (code == SW_OK)
        code = mann_kendall_of(y, n, &row->test, err);
    if (code == SW_OK)
        code = level_steps_of(y, n, alpha, STEP_SEED, row->steps, TREND_STEPS_MAX, &row->n_steps, err);
    for (size_t i = 0; i < row->n_steps; i++)
        row->steps[i].at = (size_t)x[row->steps[i].at];
    for (size_t i = 0; i < n; i++)
        x[i] = y[i] - slope.slope * x[i]; // the line halves these
    row->intercept = figure_median(x, n);
    row->median = figure_median(y, n);
    const double scale = COMPARE_METRIC_ROWS[row->metric].is_relative ? 100 / row->median : 1;
    row->slope = slope.slope * scale;
    row->range = (interval){slope.range.low * scale, slope.range.high * scale};
    row->p_value = row->test.p_value;
    return code;
}

static change_verdict verdict_of(const trend_row *row)
{
    const bool is_sure = row->is_judged && row->p_value < P_MAX && row->slope != 0;
    if (!is_sure)
        return CHANGE_UNCLEAR;
    return (row->slope > 0) == COMPARE_METRIC_ROWS[row->metric].higher_is_better ? CHANGE_BETTER : CHANGE_WORSE;
}

static sw_code correct(run_trend *t, double *p_values, sw_err *err)
{
    for (size_t i = 0; i < t->n_rows; i++)
        p_values[i] = is_varying(&t->rows[i]) ? t->rows[i].p_value : NAN;
    const sw_code code = holm_correct(p_values, t->n_rows, err);
    for (size_t i = 0; code == SW_OK && i < t->n_rows; i++) {
        trend_row *const row = &t->rows[i];
        row->p_value = !row->is_judged ? NAN : isnan(p_values[i]) ? 1 : p_values[i];
        row->verdict = verdict_of(row);
    }
    return code;
}

const char *run_trend_direction(const trend_row *row)
{
    if (!row->is_judged)
        return "too few runs";
    return row->verdict == CHANGE_UNCLEAR ? "steady" : row->slope > 0 ? "rising" : "falling";
}

const char *run_trend_place(const trend_row *row)
{
    if (COMPARE_METRIC_ROWS[row->metric].scope == SCOPE_MODEL)
        return "-";
    return row->stage[0] != '\0' ? row->stage : test_mode_name(row->mode);
}

size_t run_trend_count_judged(const run_trend *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n_rows; i++)
        n += t->rows[i].is_judged;
    return n;
}

sw_code run_trend_judge(run_trend *t, const char *model, int metric, sw_err *err)
{
    keep_rows(t, model, metric);
    double *const x = mem_calloc(t->n_runs + 1, sizeof *x), *const y = mem_calloc(t->n_runs + 1, sizeof *y),
                  *const p_values = mem_calloc(t->n_rows + 1, sizeof *p_values);
    sw_code code = x != NULL && y != NULL && p_values != NULL
                       ? SW_OK
                       : sw_fail(err, SW_ENOMEM, "out of memory for the trend of runs");
    t->n_corrected = (int)count_varying(t);
    const double alpha = P_MAX / fmax(1, t->n_corrected);
    for (size_t i = 0; code == SW_OK && i < t->n_rows; i++)
        code = test_row(&t->rows[i], t->n_runs, alpha, x, y, err);
    if (code == SW_OK)
        code = correct(t, p_values, err);
    mem_free(x);
    mem_free(y);
    mem_free(p_values);
    return code;
}
