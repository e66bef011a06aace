/* overview_json.c - everything that the page of several runs is made of, test by test. */
#include <math.h>

#include "figures/run_alike.h"
#include "overview/overview_report.h"
#include "report/json/json_parts.h"

/* Texts of a command line need not be UTF-8. */
static json_t *json_of_text(const char *text)
{
    json_t *const j = json_string(text);
    return j != NULL ? j : json_string("\xef\xbf\xbd");
}

static json_t *json_of_run_part(const overview_run *run)
{
    json_t *j = json_object();
    json_set(&j, "name", json_of_text(run->name));
    json_set(&j, "started_unix_ms", json_integer(run->started_unix_ms));
    json_set(&j, "status", json_of_text(run->status));
    json_set(&j, "ranked", json_boolean(run->is_ranked));
    json_set(&j, "reasons", json_of_text(run->reasons));
    json_set(&j, "fingerprint", json_of_text(run->fingerprint));
    json_set(&j, "spillway", json_of_text(run->version));
    json_set(&j, "command", json_of_text(run->command));
    return j;
}

static json_t *json_of_metric(const overview *o, const overview_entry *e, compare_metric metric)
{
    const overview_figure *const f = &e->figures[metric];
    const bool is_compared = f->gap.n > 0;
    json_t *j = json_object();
    json_set(&j, "metric", json_string(COMPARE_METRIC_ROWS[metric].name));
    json_set(&j, "unit", json_string(COMPARE_METRIC_ROWS[metric].unit));
    json_set(&j, "answers", json_integer((json_int_t)f->n));
    json_set_figure(&j, "median", f->median);
    json_set_figure(&j, "low", f->range.low);
    json_set_figure(&j, "high", f->range.high);
    json_set(&j, "relative", json_boolean(COMPARE_METRIC_ROWS[metric].is_relative));
    json_set(&j, "pairs", json_integer((json_int_t)f->gap.n));
    json_set_figure(&j, "from_best", is_compared ? f->gap.difference : NAN);
    json_set_figure(&j, "from_best_low", is_compared ? f->gap.range.low : NAN);
    json_set_figure(&j, "from_best_high", is_compared ? f->gap.range.high : NAN);
    json_set_figure(&j, "p_value", f->p_value);
    json_set(&j, "verdict", json_string(overview_verdict(o, e, metric)));
    return j;
}

static json_t *json_of_test_part(const overview *o, const overview_test *t)
{
    json_t *j = json_object();
    json_set(&j, "test", json_of_text(o->tests[t->test].name));
    json_set(&j, "completed", json_integer(t->n_completed));
    json_set(&j, "asked", json_integer(t->n_asked));
    json_set_figure(&j, "overall_tps", t->overall_tps);
    json_set_figure(&j, "ttft_ms", t->ttft_ms);
    json_set(&j, "checks_passed", json_integer(t->n_passed));
    json_set(&j, "checks_run", json_integer(t->n_run));
    return j;
}

static json_t *json_of_conditions(const overview *o, const overview_entry *e)
{
    json_t *j = json_object();
    for (size_t i = 0; i < N_OVERVIEW_CONDITIONS; i++)
        json_set(&j, overview_condition_name(i), json_of_text(o->texts[e->conditions[i]]));
    return j;
}

static json_t *json_of_verdicts(const overview *o, const overview_entry *e)
{
    json_t *j = json_object();
    for (size_t i = 0; i < o->n_criteria; i++) {
        if (e->criteria[i] >= 0)
            json_set(&j, o->criteria[i], json_string(criterion_verdict_name((criterion_verdict)e->criteria[i])));
    }
    return j;
}

static json_t *json_of_experts(const overview_entry *e)
{
    if (e->n_expert_tests == 0)
        return json_null();
    json_t *j = json_object();
    json_set(&j, "n_experts", json_integer(e->n_experts));
    json_set(&j, "n_used", json_integer(e->n_experts_used));
    json_set(&j, "tokens", json_integer(e->experts.n_tokens));
    json_set_figure(&j, "coverage", e->experts.coverage);
    json_set_figure(&j, "expected_coverage", e->experts.expected_coverage);
    json_set_figure(&j, "entropy_ratio", e->experts.entropy_ratio);
    json_set_figure(&j, "effective_experts", e->experts.effective_experts);
    return j;
}

static void set_figures(json_t **j, const overview_entry *e)
{
    static const char *const SAVINGS[] = {"none", "computed", "measured"};
    json_set_figure(j, "n_parameters", e->n_parameters > 0 ? e->n_parameters : NAN);
    json_set_figure(j, "n_active_parameters", e->n_active_parameters > 0 ? e->n_active_parameters : NAN);
    json_set(j, "saving_kind", json_string(SAVINGS[e->memory.kind]));
    json_set_figure(j, "saved_pct", e->memory.kind != SAVING_NONE ? e->memory.saved_pct : NAN);
    json_set_figure(j, "memory_bytes", e->memory_bytes);
    json_set_figure(j, "overall_tps", e->overall_tps);
    json_set_figure(j, "decode_tps", e->decode_tps);
    json_set_figure(j, "ttft_p50_ms", e->ttft_ms);
    json_set_figure(j, "mark_mean", e->mark_mean);
    json_set(j, "technical_passed", json_integer(e->n_technical_passed));
    json_set(j, "technical_run", json_integer(e->n_technical_run));
    json_set_figure(j, "repetition_mean", e->mean_repetition);
    json_set(j, "completed", json_integer(e->n_completed));
    json_set(j, "planned", json_integer(e->n_planned));
}

static json_t *json_of_entry(const overview *o, const overview_entry *e)
{
    json_t *j = json_object(), *metrics = json_array(), *tests = json_array();
    for (int m = 0; m < N_COMPARE_METRICS; m++) {
        if (overview_has_metric((compare_metric)m))
            json_add(&metrics, json_of_metric(o, e, (compare_metric)m));
    }
    for (size_t i = 0; i < e->n_tests; i++)
        json_add(&tests, json_of_test_part(o, &e->tests[i]));
    json_set(&j, "run", json_integer(e->run + 1));
    json_set(&j, "model_name", json_of_text(e->model));
    json_set(&j, "group", e->group >= 0 ? json_integer(e->group + 1) : json_null());
    set_figures(&j, e);
    json_set(&j, "readiness", json_string(readiness_name(e->readiness)));
    json_set(&j, "readiness_rows", json_of_text(e->limits));
    json_set(&j, "conditions", json_of_conditions(o, e));
    json_set(&j, "criteria", json_of_verdicts(o, e));
    json_set(&j, "experts", json_of_experts(e));
    json_set(&j, "metrics", metrics);
    json_set(&j, "tests", tests);
    return j;
}

static json_t *json_of_untold(const overview *o)
{
    json_t *list = json_array();
    for (size_t i = 0; i < OVERVIEW_PARTS_MAX && run_part_name(i) != NULL; i++) {
        if (o->is_untold[i])
            json_add(&list, json_string(run_part_name(i)));
    }
    return list;
}

sw_code overview_json(buf *out, const overview *o, sw_err *err)
{
    json_t *j = json_object(), *runs = json_array(), *lost = json_array(), *entries = json_array();
    for (size_t i = 0; i < o->n_runs; i++)
        json_add(&runs, json_of_run_part(&o->runs[i]));
    for (size_t i = 0; i < o->n_lost; i++)
        json_add(&lost,
                 json_pack("{s:o, s:o}", "name", json_of_text(o->lost[i].name), "why", json_of_text(o->lost[i].why)));
    for (size_t i = 0; i < o->n_entries; i++)
        json_add(&entries, json_of_entry(o, &o->entries[i]));
    json_set(&j, "schema", json_integer(1));
    json_set(&j, "knob", o->knob != NULL ? json_string(o->knob) : json_null());
    json_set(&j, "groups", json_integer(o->n_groups));
    json_set(&j, "not_told", json_of_untold(o));
    json_set(&j, "runs", runs);
    json_set(&j, "left_out", lost);
    json_set(&j, "entries", entries);
    return json_append(out, j, JSON_INDENT(2), err);
}
