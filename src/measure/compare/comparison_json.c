/* comparison_json.c - everything that a comparison found, single tests included. */
#include <math.h>
#include <string.h>

#include "compare/comparison_report.h"
#include "report/json/json_parts.h"

static void put_model(json_t **j, const subject_analysis *s)
{
    json_put(j, "model", json_of_text(s->subject->name));
    json_put(j, "label", json_of_text(s->label));
}

static json_t *json_of_side(const char *name, const run_record *run)
{
    const run_info *const i = &run->info;
    json_t *side = json_object();
    json_put(&side, "name", json_of_text(name));
    json_put(&side, "id", json_integer(i->id));
    json_put(&side, "started_unix_ms", json_integer(i->started_unix_ms));
    json_put(&side, "status", json_of_text(i->status));
    json_put(&side, "spillway", json_of_text(i->version));
    json_put(&side, "fingerprint", json_of_text(i->fingerprint));
    return side;
}

/* "a\nb\n": a list of two. */
static json_t *json_of_lines(const char *lines)
{
    json_t *list = json_array();
    while (*lines != '\0') {
        const size_t n = strcspn(lines, "\n");
        json_push(&list, json_stringn(lines, n));
        lines += n + (lines[n] == '\n');
    }
    return list;
}

static json_t *json_of_differences(const run_differences *d)
{
    json_t *list = json_array();
    for (size_t i = 0; i < d->n; i++)
        json_push(&list,
                  json_pack("{s:s, s:s, s:s}", "part", d->items[i].part, "base", d->items[i].a, "new", d->items[i].b));
    return list;
}

/* {"suite", "stage"} of the stress run, or null. */
static json_t *json_of_stage(const comparison *c, int stage)
{
    if (stage < 0)
        return json_null();
    json_t *j = json_object();
    json_put(&j, "suite", json_of_text(c->a->run->stages[stage].suite));
    json_put(&j, "name", json_of_text(c->a->run->stages[stage].name));
    return j;
}

static json_t *json_of_row(const comparison *c, const change_row *row)
{
    const compare_metric_row *const metric = &COMPARE_METRIC_ROWS[row->metric];
    const bool is_model = metric->scope == SCOPE_MODEL;
    json_t *j = json_object();
    put_model(&j, &c->a->subjects[row->subject]);
    json_put(&j, "mode", is_model ? json_null() : json_string(test_mode_name(row->mode)));
    json_put(&j, "stage", json_of_stage(c, row->stage));
    json_put(&j, "metric", json_string(metric->name));
    json_put(&j, "unit", json_string(metric->unit));
    json_put(&j, "test", row->test != NULL ? json_of_text(row->test->plan.name) : json_null());
    json_put(&j, "variant", row->test != NULL ? json_of_text(row->test->variant) : json_null());
    json_put(&j, "pairs", json_integer((json_int_t)row->change.n));
    json_put_figure(&j, "base", row->change.a);
    json_put_figure(&j, "new", row->change.b);
    json_put(&j, "change_unit", json_string(metric->is_relative ? "%" : metric->unit));
    json_put_figure(&j, "change", change_row_shown(row, row->change.difference));
    json_put_figure(&j, "low", is_model ? NAN : change_row_shown(row, row->change.range.low));
    json_put_figure(&j, "high", is_model ? NAN : change_row_shown(row, row->change.range.high));
    json_put_figure(&j, "p_value", row->p_value);
    json_put_figure(&j, "allowed", row->allowed);
    json_put(&j, "verdict", json_string(change_verdict_name(row->verdict)));
    json_put(&j, "regression", json_boolean(row->is_regression));
    return j;
}

static json_t *json_of_exact(const comparison *c, const exact_change *e)
{
    json_t *j = json_object();
    put_model(&j, &c->a->subjects[e->subject]);
    if (e->pair == NULL) {
        json_put(&j, "criterion", json_string(e->check));
        return j;
    }
    const test_record *const test = e->pair->a->test;
    json_put(&j, "stage", json_of_stage(c, e->pair->stage));
    json_put(&j, "mode", json_string(test_mode_name(test->mode)));
    json_put(&j, "test", json_of_text(test->plan.name));
    json_put(&j, "variant", json_of_text(test->variant));
    json_put(&j, "repeat", json_integer(test->repeat));
    json_put(&j, "check", e->metric == COMPARE_CHECKS ? json_of_text(e->check) : json_null());
    return j;
}

static json_t *json_of_count(const comparison *c, compare_metric metric)
{
    json_t *items = json_array(), *j = json_object();
    for (size_t i = 0; i < c->exact.n; i++) {
        if (c->exact.items[i].metric == metric)
            json_push(&items, json_of_exact(c, &c->exact.items[i]));
    }
    json_put(&j, "metric", json_string(COMPARE_METRIC_ROWS[metric].name));
    json_put(&j, "compared", json_integer(c->exact.n_compared[metric]));
    json_put(&j, "changed", json_integer((json_int_t)c->n_exact[metric]));
    json_put_figure(&j, "allowed", c->options.limits.allowed[metric]);
    json_put(&j, "regression", json_boolean(comparison_count_is_regression(c, metric)));
    json_put(&j, "items", items);
    return j;
}

static json_t *json_of_verdicts(const comparison *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < c->verdicts.n; i++) {
        const verdict_pair *const p = &c->verdicts.items[i];
        json_t *j = json_object();
        put_model(&j, &c->a->subjects[p->subject]);
        json_put(&j, "criterion", json_string(p->b->criterion->id));
        json_put(&j, "base", json_string(stress_verdict_name(p->a->verdict)));
        json_put(&j, "new", json_string(stress_verdict_name(p->b->verdict)));
        json_put(&j, "base_found", json_of_text(p->a->found));
        json_put(&j, "new_found", json_of_text(p->b->found));
        json_push(&list, j);
    }
    return list;
}

sw_code comparison_json(buf *out, const comparison *c, comparison_names names, sw_err *err)
{
    json_t *j = json_object(), *changes = json_array(), *counts = json_array();
    for (size_t i = 0; i < c->n_rows; i++)
        json_push(&changes, json_of_row(c, &c->rows[i]));
    for (int m = 0; m < N_COMPARE_METRICS; m++) {
        if (COMPARE_METRIC_ROWS[m].scope == SCOPE_COUNT)
            json_push(&counts, json_of_count(c, (compare_metric)m));
    }
    json_put(&j, "schema", json_integer(1));
    json_put(&j, "outcome", json_string(comparison_outcome_name(c->outcome)));
    json_put(&j, "regressions", json_integer(comparison_count_regressions(c)));
    json_put(&j, "forced",
             json_boolean(c->options.is_forced && c->reasons.size > 0 && c->outcome != COMPARISON_REFUSED));
    json_put(&j, "shared", json_boolean(c->options.is_shared));
    json_put(&j, "emulated", json_boolean(comparison_is_emulated(c)));
    json_put(&j, "knob", c->options.knob != NULL ? json_of_text(c->options.knob) : json_null());
    json_put(&j, "reasons", json_of_lines(buf_str(&c->reasons)));
    json_put(&j, "differences", json_of_differences(&c->differences));
    json_put(&j, "base", json_of_side(names.a, c->a->run));
    json_put(&j, "new", json_of_side(names.b, c->b->run));
    json_put(&j, "pairs", json_integer((json_int_t)c->pairs.n));
    json_put(&j, "only_base", json_integer((json_int_t)c->pairs.n_only_a));
    json_put(&j, "only_new", json_integer((json_int_t)c->pairs.n_only_b));
    json_put(&j, "changes", changes);
    json_put(&j, "counts", counts);
    json_put(&j, "verdicts", json_of_verdicts(c));
    return json_append(out, j, JSON_INDENT(2), err);
}
