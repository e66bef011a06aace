/* trend_json.c - the runs, those left out, and every row with its values. */
#include <math.h>

#include "compare/trend_report.h"
#include "report/json/json_parts.h"

static json_t *json_of_trend_run(const trend_run *run)
{
    json_t *j = json_object();
    json_put(&j, "name", json_of_text(run->name));
    json_put(&j, "started_unix_ms", json_integer(run->started_unix_ms));
    json_put(&j, "spillway", json_of_text(run->version));
    json_put(&j, "status", json_of_text(run->status));
    json_put(&j, "changed", json_of_text(run->changed));
    return j;
}

static json_t *json_of_left_out(const trend_left_out *run)
{
    json_t *j = json_object();
    json_put(&j, "name", json_of_text(run->name));
    json_put(&j, "started_unix_ms", json_integer(run->started_unix_ms));
    json_put(&j, "why", json_of_text(run->why));
    return j;
}

static json_t *json_of_steps(const run_trend *t, const trend_row *row)
{
    json_t *list = json_array();
    for (size_t i = 0; i < row->n_steps; i++) {
        const level_step *const s = &row->steps[i];
        json_t *j = json_object();
        json_put(&j, "at", json_integer((json_int_t)s->at));
        json_put(&j, "run", json_of_text(t->runs[s->at].name));
        json_put_figure(&j, "before", s->before);
        json_put_figure(&j, "after", s->after);
        json_put_figure(&j, "p_value", s->p_value);
        json_push(&list, j);
    }
    return list;
}

static void set_values(json_t **j, const run_trend *t, const trend_row *row)
{
    json_t *values = json_array(), *low = json_array(), *high = json_array();
    for (size_t i = 0; i < t->n_runs; i++) {
        const trend_value v = run_trend_value(row, i);
        json_push(&values, json_figure(v.value));
        json_push(&low, json_figure(v.low));
        json_push(&high, json_figure(v.high));
    }
    json_put(j, "values", values);
    json_put(j, "low_quartiles", low);
    json_put(j, "high_quartiles", high);
}

static json_t *json_of_row(const run_trend *t, const trend_row *row)
{
    const compare_metric_row *const metric = &COMPARE_METRIC_ROWS[row->metric];
    json_t *j = json_object();
    json_put(&j, "model", json_of_text(row->model));
    json_put(&j, "label", json_of_text(row->label));
    json_put(&j, "mode", metric->scope == SCOPE_MODEL ? json_null() : json_string(test_mode_name(row->mode)));
    json_put(&j, "stage", row->stage[0] != '\0' ? json_of_text(row->stage) : json_null());
    json_put(&j, "metric", json_string(metric->name));
    json_put(&j, "unit", json_string(metric->unit));
    set_values(&j, t, row);
    json_put_figure(&j, "median", row->median);
    json_put(&j, "slope_unit", json_string(metric->is_relative ? "%" : metric->unit));
    json_put_figure(&j, "slope", row->is_judged ? row->slope : NAN);
    json_put_figure(&j, "low", row->is_judged ? row->range.low : NAN);
    json_put_figure(&j, "high", row->is_judged ? row->range.high : NAN);
    json_put_figure(&j, "tau", row->is_judged ? row->test.tau : NAN);
    json_put_figure(&j, "p_value", row->p_value);
    json_put(&j, "exact", json_boolean(row->test.is_exact));
    json_put(&j, "trend", json_string(row->verdict == CHANGE_UNCLEAR ? "none" : change_verdict_name(row->verdict)));
    json_put(&j, "direction", json_string(run_trend_direction(row)));
    json_put(&j, "steps", json_of_steps(t, row));
    return j;
}

sw_code trend_json(buf *out, const run_trend *t, sw_err *err)
{
    json_t *j = json_object(), *runs = json_array(), *left_out = json_array(), *rows = json_array();
    for (size_t i = 0; i < t->n_runs; i++)
        json_push(&runs, json_of_trend_run(&t->runs[i]));
    for (size_t i = 0; i < t->n_left_out; i++)
        json_push(&left_out, json_of_left_out(&t->left_out[i]));
    for (size_t i = 0; i < t->n_rows; i++)
        json_push(&rows, json_of_row(t, &t->rows[i]));
    json_put(&j, "schema", json_integer(1));
    json_put(&j, "runs", runs);
    json_put(&j, "left_out_invalid", json_integer((json_int_t)t->n_invalid));
    json_put(&j, "left_out_unlike", json_integer((json_int_t)t->n_unlike));
    json_put(&j, "left_out", left_out);
    json_put(&j, "trends", rows);
    return json_append(out, j, JSON_INDENT(2), err);
}
