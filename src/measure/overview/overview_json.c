/* overview_json.c - everything that the page of several runs is made of, test by test. */
#include <math.h>

#include "figures/run_alike.h"
#include "overview/overview_report.h"
#include "report/json/json_parts.h"

static json_t *json_of_run_part(const overview_run *run)
{
    json_t *j = json_object();
    json_put(&j, "name", json_of_text(run->name));
    json_put(&j, "started_unix_ms", json_integer(run->started_unix_ms));
    json_put(&j, "status", json_of_text(run->status));
    json_put(&j, "emulated", json_boolean(run->is_emulated));
    json_put(&j, "ranked", json_boolean(run->is_ranked));
    json_put(&j, "reasons", json_of_text(run->reasons));
    json_put(&j, "fingerprint", json_of_text(run->fingerprint));
    json_put(&j, "spillway", json_of_text(run->version));
    json_put(&j, "command", json_of_text(run->command));
    return j;
}

static json_t *json_of_metric(const overview *o, const overview_entry *e, compare_metric metric)
{
    const overview_figure *const f = &e->figures[metric];
    const bool is_compared = f->gap.n > 0;
    json_t *j = json_object();
    json_put(&j, "metric", json_string(COMPARE_METRIC_ROWS[metric].name));
    json_put(&j, "unit", json_string(COMPARE_METRIC_ROWS[metric].unit));
    json_put(&j, "answers", json_integer((json_int_t)f->n));
    json_put_figure(&j, "median", f->median);
    json_put_figure(&j, "low", f->range.low);
    json_put_figure(&j, "high", f->range.high);
    json_put(&j, "relative", json_boolean(COMPARE_METRIC_ROWS[metric].is_relative));
    json_put(&j, "pairs", json_integer((json_int_t)f->gap.n));
    json_put_figure(&j, "from_best", is_compared ? f->gap.difference : NAN);
    json_put_figure(&j, "from_best_low", is_compared ? f->gap.range.low : NAN);
    json_put_figure(&j, "from_best_high", is_compared ? f->gap.range.high : NAN);
    json_put_figure(&j, "p_value", f->p_value);
    json_put(&j, "verdict", json_string(overview_verdict(o, e, metric)));
    return j;
}

static json_t *json_of_test_part(const overview *o, const overview_test *t)
{
    json_t *j = json_object();
    json_put(&j, "test", json_of_text(o->tests[t->test].name));
    json_put(&j, "completed", json_integer(t->n_completed));
    json_put(&j, "asked", json_integer(t->n_asked));
    json_put_figure(&j, "overall_tps", t->overall_tps);
    json_put_figure(&j, "ttft_ms", t->ttft_ms);
    json_put(&j, "checks_passed", json_integer(t->n_passed));
    json_put(&j, "checks_run", json_integer(t->n_run));
    return j;
}

static json_t *json_of_conditions(const overview *o, const overview_entry *e)
{
    json_t *j = json_object();
    for (size_t i = 0; i < N_CONDITIONS; i++)
        json_put(&j, condition_key((condition)i), json_of_text(o->texts[e->conditions[i]]));
    return j;
}

static json_t *json_of_verdicts(const overview *o, const overview_entry *e)
{
    json_t *j = json_object();
    for (size_t i = 0; i < o->n_criteria; i++) {
        if (e->criteria[i] >= 0)
            json_put(&j, o->criteria[i], json_string(criterion_verdict_name((criterion_verdict)e->criteria[i])));
    }
    return j;
}

static json_t *json_of_experts(const overview_entry *e)
{
    if (e->n_expert_tests == 0)
        return json_null();
    json_t *j = json_object();
    json_put(&j, "n_experts", json_integer(e->n_experts));
    json_put(&j, "n_used", json_integer(e->n_experts_used));
    json_put(&j, "tokens", json_integer(e->experts.n_tokens));
    json_put_figure(&j, "coverage", e->experts.coverage);
    json_put_figure(&j, "expected_coverage", e->experts.expected_coverage);
    json_put_figure(&j, "entropy_ratio", e->experts.entropy_ratio);
    json_put_figure(&j, "effective_experts", e->experts.effective_experts);
    return j;
}

static json_t *json_of_preserved(const overview_preserved *p)
{
    if (p->verdict == PRESERVED_NOT_MEASURED)
        return json_null();
    json_t *j = json_object();
    json_put(&j, "verdict", json_string(preservation_verdict_name(p->verdict)));
    json_put(&j, "because", json_of_text(p->why));
    json_put(&j, "equal", json_integer(p->all.n_equal));
    json_put(&j, "pairs", json_integer(p->all.n_pairs));
    json_put_figure(&j, "common_share", p->all.common_share);
    json_put(&j, "checks", json_integer(p->all.n_checks));
    json_put(&j, "checks_won", json_integer(p->all.n_won));
    json_put(&j, "checks_lost", json_integer(p->all.n_lost));
    json_put_figure(&j, "mark_change", p->mark);
    json_put_figure(&j, "low", p->range.low);
    json_put_figure(&j, "high", p->range.high);
    return j;
}

static json_t *json_of_people(const review_group *g)
{
    if (g->n == 0)
        return json_null();
    json_t *j = json_object(), *flags = json_object();
    json_put(&j, "scored", json_integer((json_int_t)g->n));
    for (int i = 0; i < N_REVIEW_SCORES; i++)
        json_put_figure(&j, review_score_name((review_score)i), g->means[i]);
    json_put_figure(&j, "automatic", g->mark);
    for (int i = 0; i < N_REVIEW_FLAGS; i++)
        json_put(&flags, review_flag_name((review_flag)i), json_integer((json_int_t)g->n_flags[i]));
    json_put(&j, "flags", flags);
    return j;
}

static void set_figures(json_t **j, const overview_entry *e)
{
    static const char *const SAVINGS[] = {"none", "computed", "measured"};
    json_put_figure(j, "n_parameters", e->n_parameters > 0 ? e->n_parameters : NAN);
    json_put_figure(j, "n_active_parameters", e->n_active_parameters > 0 ? e->n_active_parameters : NAN);
    json_put(j, "saving_kind", json_string(SAVINGS[e->memory.kind]));
    json_put_figure(j, "saved_pct", e->memory.kind != SAVING_NONE ? e->memory.saved_pct : NAN);
    json_put_figure(j, "memory_bytes", e->memory_bytes);
    json_put_figure(j, "overall_tps", e->overall_tps);
    json_put_figure(j, "decode_tps", e->decode_tps);
    json_put_figure(j, "ttft_p50_ms", e->ttft_ms);
    json_put_figure(j, "mark_mean", e->mark_mean);
    json_put(j, "technical_passed", json_integer(e->n_technical_passed));
    json_put(j, "technical_run", json_integer(e->n_technical_run));
    json_put_figure(j, "repetition_mean", e->mean_repetition);
    json_put(j, "completed", json_integer(e->n_completed));
    json_put(j, "planned", json_integer(e->n_planned));
}

static json_t *json_of_entry(const overview *o, const overview_entry *e)
{
    json_t *j = json_object(), *metrics = json_array(), *tests = json_array();
    for (int m = 0; m < N_COMPARE_METRICS; m++) {
        if (overview_has_metric((compare_metric)m))
            json_push(&metrics, json_of_metric(o, e, (compare_metric)m));
    }
    for (size_t i = 0; i < e->n_tests; i++)
        json_push(&tests, json_of_test_part(o, &e->tests[i]));
    json_put(&j, "run", json_integer(e->run + 1));
    json_put(&j, "model_name", json_of_text(e->model));
    json_put(&j, "group", e->group >= 0 ? json_integer(e->group + 1) : json_null());
    set_figures(&j, e);
    json_put(&j, "readiness", json_string(readiness_name(e->readiness)));
    json_put(&j, "readiness_rows", json_of_text(e->limits));
    json_put(&j, "conditions", json_of_conditions(o, e));
    json_put(&j, "criteria", json_of_verdicts(o, e));
    json_put(&j, "experts", json_of_experts(e));
    json_put(&j, "preservation", json_of_preserved(&e->preserved));
    json_put(&j, "reviews", json_of_people(&e->reviews));
    json_put(&j, "metrics", metrics);
    json_put(&j, "tests", tests);
    return j;
}

static json_t *json_of_untold(const overview *o)
{
    json_t *list = json_array();
    for (size_t i = 0; i < OVERVIEW_PARTS_MAX && run_part_name(i) != NULL; i++) {
        if (o->is_untold[i])
            json_push(&list, json_string(run_part_name(i)));
    }
    return list;
}

sw_code overview_json(buf *out, const overview *o, sw_err *err)
{
    json_t *j = json_object(), *runs = json_array(), *lost = json_array(), *entries = json_array();
    for (size_t i = 0; i < o->n_runs; i++)
        json_push(&runs, json_of_run_part(&o->runs[i]));
    for (size_t i = 0; i < o->n_lost; i++)
        json_push(&lost,
                  json_pack("{s:o, s:o}", "name", json_of_text(o->lost[i].name), "why", json_of_text(o->lost[i].why)));
    for (size_t i = 0; i < o->n_entries; i++)
        json_push(&entries, json_of_entry(o, &o->entries[i]));
    json_put(&j, "schema", json_integer(1));
    json_put(&j, "knob", o->knob != NULL ? json_string(o->knob) : json_null());
    json_put(&j, "groups", json_integer(o->n_groups));
    json_put(&j, "not_told", json_of_untold(o));
    json_put(&j, "runs", runs);
    json_put(&j, "left_out", lost);
    json_put(&j, "entries", entries);
    return json_append(out, j, JSON_INDENT(2), err);
}
