/* run_trend.c - rows grow by one value for each run. */
#include "compare/run_trend.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

enum { LINE_BYTES_MAX = 1 << 20 };

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
    mem_free(t->left_out);
    arena_free(t->keep);
    *t = (run_trend){0};
}

static const char *copy(run_trend *t, const char *text)
{
    return arena_copy(t->keep, text, strlen(text));
}

/* The row of that figure, which is made if it is not there; NULL when memory is short. */
static trend_row *find_row(run_trend *t, const trend_row *like)
{
    for (size_t i = 0; i < t->n_rows; i++) {
        trend_row *const r = &t->rows[i];
        if (r->mode == like->mode && r->metric == like->metric && r->twin == like->twin &&
            strcmp(r->model, like->model) == 0 && strcmp(r->stage, like->stage) == 0)
            return r;
    }
    const char *const name = copy(t, like->model), *const stage = copy(t, like->stage);
    if (name == NULL || stage == NULL || !mem_grow(&t->rows, &t->cap_rows, t->n_rows + 1, sizeof *t->rows))
        return NULL;
    t->rows[t->n_rows] = *like;
    t->rows[t->n_rows].model = name;
    t->rows[t->n_rows].stage = stage;
    t->rows[t->n_rows].label = "";
    return &t->rows[t->n_rows++];
}

/* Sets the label, which changes seldom. */
static bool put_label(run_trend *t, trend_row *row, const char *label)
{
    if (strcmp(row->label, label) != 0)
        row->label = copy(t, label);
    return row->label != NULL;
}

/* The value of the run that was added last; earlier ones that have none are NAN. */
static sw_code put_value(run_trend *t, const trend_row *like, trend_value value, sw_err *err)
{
    if (!isfinite(value.value))
        return SW_OK;
    trend_row *const row = find_row(t, like);
    const size_t n_before = row != NULL ? row->cap : 0;
    if (row == NULL || !put_label(t, row, like->label) ||
        !mem_grow(&row->values, &row->cap, t->n_runs, sizeof *row->values))
        return out_of_memory(err);
    for (size_t i = n_before; i < row->cap; i++)
        row->values[i] = (trend_value){NAN, NAN, NAN};
    row->n += isnan(row->values[t->n_runs - 1].value);
    row->values[t->n_runs - 1] = value;
    return SW_OK;
}

/* `values` has a place for each answer; stage -1: of all. */
static trend_value value_of(const run_record *run, const run_summary *summary, int stage, compare_metric metric,
                            double *values)
{
    size_t n = 0;
    for (size_t i = 0; i < summary->n_rows; i++) {
        const test_record *const test = summary->rows[i].test;
        const bool is_taken = test->answer.status == TEST_COMPLETED && (stage < 0 || test->stage == stage);
        const double value = is_taken ? compare_metric_of(metric, run, &summary->rows[i]) : NAN;
        if (isfinite(value))
            values[n++] = value;
    }
    if (n == 0)
        return (trend_value){NAN, NAN, NAN};
    const double median = stats_of(values, n).p50; // sorts them
    if (n < 2)
        return (trend_value){median, NAN, NAN};
    return (trend_value){median, stats_percentile(values, n, 25), stats_percentile(values, n, 75)};
}

/* `like` is taken for each metric of the mode. */
static sw_code add_mode(run_trend *t, const run_record *run, const run_summary *summary, int stage, trend_row like,
                        double *values, sw_err *err)
{
    sw_code code = SW_OK;
    for (int m = 0; summary->n_rows > 0 && m < N_COMPARE_METRICS && code == SW_OK; m++) {
        like.metric = (compare_metric)m;
        if (compare_metric_is_of(like.metric, like.mode))
            code = put_value(t, &like, value_of(run, summary, stage, like.metric, values), err);
    }
    return code;
}

/* A row for each stage: they ask different things. */
static sw_code add_stages(run_trend *t, const run_record *run, const subject_analysis *s, trend_row like,
                          double *values, sw_err *err)
{
    sw_code code = SW_OK;
    buf name;
    buf_init(&name, LINE_BYTES_MAX);
    for (size_t i = 0; code == SW_OK && i < run->n_stages; i++) {
        if (run->stages[i].subject != s->index)
            continue;
        buf_clear(&name);
        buf_printf(&name, "%s: %s", run->stages[i].suite, run->stages[i].name);
        if (like.mode != MODE_STREAM)
            buf_printf(&name, ", %s", test_mode_name(like.mode));
        like.stage = buf_str(&name);
        code = name.failed == SW_OK ? add_mode(t, run, &s->modes[like.mode], (int)i, like, values, err)
                                    : out_of_memory(err);
    }
    buf_free(&name);
    return code;
}

static int count_twins_before(const run_record *run, int subject)
{
    int n = 0;
    for (int i = 0; i < subject; i++)
        n += strcmp(run->subjects[i].name, run->subjects[subject].name) == 0;
    return n;
}

static sw_code add_subject(run_trend *t, const run_record *run, const subject_analysis *s, double *values, sw_err *err)
{
    trend_row like = {
        .model = s->subject->name, .twin = count_twins_before(run, s->index), .label = s->label, .stage = ""};
    sw_code code = SW_OK;
    for (int mode = 0; mode < N_TEST_MODES && code == SW_OK; mode++) {
        like.mode = (test_mode)mode;
        code = run->n_stages > 0 ? add_stages(t, run, s, like, values, err)
                                 : add_mode(t, run, &s->modes[mode], -1, like, values, err);
    }
    like.mode = MODE_STREAM;
    for (int m = 0; m < N_COMPARE_METRICS && code == SW_OK; m++) {
        like.metric = (compare_metric)m;
        if (COMPARE_METRIC_ROWS[m].scope == SCOPE_MODEL)
            code = put_value(t, &like, (trend_value){compare_metric_of_model(like.metric, run, s), NAN, NAN}, err);
    }
    return code;
}

/* Values of several servers end with a separator, which is left out. */
static int length_of(const char *value)
{
    size_t n = strlen(value);
    while (n > 1 && strchr("; ", value[n - 1]) != NULL)
        n--;
    return (int)n;
}

/* All differences in one line. */
static const char *copy_changes(run_trend *t, const run_differences *d)
{
    buf line;
    buf_init(&line, LINE_BYTES_MAX);
    for (size_t i = 0; d != NULL && i < d->n; i++) {
        const run_difference *const item = &d->items[i];
        buf_printf(&line, "%s%s: %.*s to %.*s", i > 0 ? "; " : "", item->part, length_of(item->a), item->a,
                   length_of(item->b), item->b);
    }
    const char *const copied = line.failed == SW_OK ? copy(t, buf_str(&line)) : NULL;
    buf_free(&line);
    return copied;
}

sw_code run_trend_add(run_trend *t, const run_analysis *a, const char *name, const run_differences *differences,
                      sw_err *err)
{
    const run_info *const info = &a->run->info;
    double *const values = mem_calloc(a->run->n_tests + 1, sizeof *values);
    const bool has_changed = differences != NULL && differences->n > 0;
    const trend_run run = {
        copy(t, name),         info->started_unix_ms,        copy(t, info->version),
        copy(t, info->status), copy_changes(t, differences), copy(t, has_changed ? differences->items[0].b : "")};
    sw_code code = SW_OK;
    if (values == NULL || run.name == NULL || run.version == NULL || run.status == NULL || run.changed == NULL ||
        run.label == NULL || !mem_grow(&t->runs, &t->cap_runs, t->n_runs + 1, sizeof *t->runs))
        code = out_of_memory(err);
    else
        t->runs[t->n_runs++] = run;
    for (size_t i = 0; code == SW_OK && i < a->n_subjects; i++)
        code = add_subject(t, a->run, &a->subjects[i], values, err);
    mem_free(values);
    return code;
}

sw_code run_trend_leave_out(run_trend *t, const char *name, int64_t started_unix_ms, bool is_unlike, const char *why,
                            sw_err *err)
{
    const trend_left_out run = {copy(t, name), started_unix_ms, is_unlike, copy(t, why)};
    if (run.name == NULL || run.why == NULL ||
        !mem_grow(&t->left_out, &t->cap_left_out, t->n_left_out + 1, sizeof *t->left_out))
        return out_of_memory(err);
    t->left_out[t->n_left_out++] = run;
    *(is_unlike ? &t->n_unlike : &t->n_invalid) += 1;
    return SW_OK;
}

trend_value run_trend_value(const trend_row *row, size_t run)
{
    return run < row->cap ? row->values[run] : (trend_value){NAN, NAN, NAN};
}
