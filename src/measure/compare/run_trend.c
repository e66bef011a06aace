/* run_trend.c - rows grow by one value for each run; then each is tested. */
#include "compare/run_trend.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"

enum { STEP_SEED = 18 };

static const double P_MAX = 0.05;

static sw_code out_of_memory(sw_err *err)
{
    return sw_fail(err, SW_ENOMEM, "out of memory for the trend of runs");
}

sw_code run_trend_init(run_trend *t, sw_err *err)
{
    *t = (run_trend){.keep = arena_create()};
    return t->keep != NULL ? SW_OK : out_of_memory(err);
}

void run_trend_free(run_trend *t)
{
    for (size_t i = 0; i < t->n_rows; i++)
        mem_free(t->rows[i].values);
    mem_free(t->rows);
    mem_free(t->runs);
    arena_free(t->keep);
    *t = (run_trend){0};
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

/* The row of that figure, which is made if it is not there; NULL when memory is short. */
static trend_row *find_row(run_trend *t, const char *model, test_mode mode, compare_metric metric)
{
    for (size_t i = 0; i < t->n_rows; i++) {
        trend_row *const r = &t->rows[i];
        if (r->mode == mode && r->metric == metric && strcmp(r->model, model) == 0)
            return r;
    }
    const char *const copy = arena_copy(t->keep, model, strlen(model));
    if (copy == NULL || !mem_grow(&t->rows, &t->cap_rows, t->n_rows + 1, sizeof *t->rows))
        return NULL;
    t->rows[t->n_rows] = (trend_row){.model = copy, .mode = mode, .metric = metric};
    return &t->rows[t->n_rows++];
}

/* The value of the run that was added last; earlier ones that have none are NAN. */
static sw_code put_value(run_trend *t, const char *model, test_mode mode, compare_metric metric, double value,
                         sw_err *err)
{
    if (!isfinite(value))
        return SW_OK;
    trend_row *const row = find_row(t, model, mode, metric);
    const size_t n_before = row != NULL ? row->cap : 0;
    if (row == NULL || !mem_grow(&row->values, &row->cap, t->n_runs, sizeof *row->values))
        return out_of_memory(err);
    for (size_t i = n_before; i < row->cap; i++)
        row->values[i] = NAN;
    row->n += isnan(row->values[t->n_runs - 1]);
    row->values[t->n_runs - 1] = value;
    return SW_OK;
}

static double median_of(const run_record *run, const run_summary *summary, compare_metric metric, double *values)
{
    size_t n = 0;
    for (size_t i = 0; i < summary->n_rows; i++) {
        const bool is_completed = summary->rows[i].test->answer.status == TEST_COMPLETED;
        const double value = is_completed ? compare_metric_of(metric, run, &summary->rows[i]) : NAN;
        if (isfinite(value))
            values[n++] = value;
    }
    return figure_median(values, n);
}

static sw_code add_subject(run_trend *t, const run_record *run, const subject_analysis *s, double *values, sw_err *err)
{
    const char *const model = s->subject->name;
    sw_code code = SW_OK;
    for (int mode = 0; mode < N_TEST_MODES; mode++) {
        for (int m = 0; code == SW_OK && m < N_COMPARE_METRICS; m++) {
            if (!compare_metric_is_of((compare_metric)m, (test_mode)mode) || s->modes[mode].n_rows == 0)
                continue;
            const double value = median_of(run, &s->modes[mode], (compare_metric)m, values);
            code = put_value(t, model, (test_mode)mode, (compare_metric)m, value, err);
        }
    }
    for (int m = 0; code == SW_OK && m < N_COMPARE_METRICS; m++) {
        if (COMPARE_METRIC_ROWS[m].scope == SCOPE_MODEL)
            code = put_value(t, model, MODE_STREAM, (compare_metric)m,
                             compare_metric_of_model((compare_metric)m, run, s->index), err);
    }
    return code;
}

sw_code run_trend_add(run_trend *t, const run_analysis *a, const char *name, sw_err *err)
{
    double *const values = mem_calloc(a->run->n_tests + 1, sizeof *values);
    const trend_run run = {arena_copy(t->keep, name, strlen(name)), a->run->info.started_unix_ms,
                           arena_copy(t->keep, a->run->info.version, strlen(a->run->info.version))};
    sw_code code = SW_OK;
    if (values == NULL || run.name == NULL || run.version == NULL ||
        !mem_grow(&t->runs, &t->cap_runs, t->n_runs + 1, sizeof *t->runs))
        code = out_of_memory(err);
    else
        t->runs[t->n_runs++] = run;
    for (size_t i = 0; code == SW_OK && i < a->n_subjects; i++)
        code = add_subject(t, a->run, &a->subjects[i], values, err);
    mem_free(values);
    return code;
}

/* ---- judgement --------------------------------------------------------------------------------------------------- */

static void keep_rows(run_trend *t, const char *model, int metric)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n_rows; i++) {
        const trend_row row = t->rows[i];
        const bool is_kept = row.n >= TREND_RUNS_MIN && (model == NULL || strcmp(row.model, model) == 0) &&
                             (metric < 0 || row.metric == (compare_metric)metric);
        if (is_kept)
            t->rows[n++] = row;
        else
            mem_free(row.values);
    }
    t->n_rows = n;
}

/* Rows whose values are all equal can show neither a trend nor a step, and take no part in corrections. */
static bool is_varying(const trend_row *row)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < row->cap; i++) {
        low = fmin(low, row->values[i]); // both ignore a NAN
        high = fmax(high, row->values[i]);
    }
    return low < high;
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
    for (size_t i = 0; i < n_runs && i < row->cap; i++) {
        if (isnan(row->values[i]))
            continue;
        x[n] = (double)i;
        y[n++] = row->values[i];
    }
    trend slope;
    sw_code code = trend_of(x, y, n, &slope, err);
    if (code == SW_OK)
        code = mann_kendall_of(y, n, &row->test, err);
    if (code == SW_OK)
        code = level_steps_of(y, n, alpha, STEP_SEED, row->steps, TREND_STEPS_MAX, &row->n_steps, err);
    for (size_t i = 0; i < row->n_steps; i++)
        row->steps[i].at = (size_t)x[row->steps[i].at];
    row->median = figure_median(y, n);
    const double scale = COMPARE_METRIC_ROWS[row->metric].is_relative ? 100 / row->median : 1;
    row->slope = slope.slope * scale;
    row->range = (interval){slope.range.low * scale, slope.range.high * scale};
    row->p_value = row->test.p_value;
    return code;
}

static change_verdict verdict_of(const trend_row *row)
{
    const bool is_sure = row->p_value < P_MAX && row->slope != 0;
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
        t->rows[i].p_value = isnan(p_values[i]) ? 1 : p_values[i];
        t->rows[i].verdict = verdict_of(&t->rows[i]);
    }
    return code;
}

sw_code run_trend_judge(run_trend *t, const char *model, int metric, sw_err *err)
{
    keep_rows(t, model, metric);
    double *const x = mem_calloc(t->n_runs + 1, sizeof *x), *const y = mem_calloc(t->n_runs + 1, sizeof *y),
                  *const p_values = mem_calloc(t->n_rows + 1, sizeof *p_values);
    sw_code code = x != NULL && y != NULL && p_values != NULL ? SW_OK : out_of_memory(err);
    const double alpha = P_MAX / fmax(1, (double)count_varying(t));
    for (size_t i = 0; code == SW_OK && i < t->n_rows; i++)
        code = test_row(&t->rows[i], t->n_runs, alpha, x, y, err);
    if (code == SW_OK)
        code = correct(t, p_values, err);
    mem_free(x);
    mem_free(y);
    mem_free(p_values);
    return code;
}
