/* json_model.c - what was found about one model: its modes, memory, experts, speed, resources, sweep, warnings. */
#include "figures/resource_figures.h"
#include "figures/run_warnings.h"
#include "report/json/json_parts.h"
#include "report/run_objectives.h"
#include "report/test_figures.h"

/* ---- modes ------------------------------------------------------------------------------------------------------- */

static json_t *spread_json(const spread *s)
{
    json_t *json = json_pack("{s:I}", "n", (json_int_t)s->n);
    json_set_figure(&json, "mean", s->mean);
    json_set_figure(&json, "sd", s->sd);
    json_set_figure(&json, "cv", s->cv);
    json_set_figure(&json, "low", s->range.low);
    json_set_figure(&json, "high", s->range.high);
    return json;
}

/* Of every test, its repetitions together. */
static json_t *spreads_json(const run_summary *m)
{
    json_t *all = json_array();
    for (size_t i = 0; i < m->n_tests; i++) {
        const test_spread *const t = &m->tests[i];
        json_t *test = json_pack("{s:s, s:s, s:i, s:i, s:i}", "name", t->test->plan.name, "variant",
                                 t->test->variant != NULL ? t->test->variant : "", "index", t->test->index, "asked",
                                 t->n_asked, "completed", t->n_completed);
        json_set(&test, "decode_tps", spread_json(&t->decode_tps));
        json_set(&test, "overall_tps", spread_json(&t->overall_tps));
        json_set(&test, "ttft_ms", spread_json(&t->ttft_ms));
        json_set(&test, "itl_p50_ms", spread_json(&t->itl_p50_ms));
        json_set(&test, "e2e_ms", spread_json(&t->e2e_ms));
        json_set(&test, "repetition", spread_json(&t->repetition));
        json_add(&all, test);
    }
    return all;
}

/* null without objectives. */
static json_t *goodput_json(const run_summary *m, const objectives *slo)
{
    if (!objectives_are_set(slo))
        return json_null();
    const goodput g = goodput_of(m, slo);
    json_t *json = json_pack("{s:i, s:i}", "good", g.n_good, "asked", g.n_asked);
    json_set_figure(&json, "attainment", g.attainment);
    json_set_figure(&json, "low", g.range.low);
    json_set_figure(&json, "high", g.range.high);
    json_set_figure(&json, "per_s", g.per_s);
    return json;
}

static json_t *mode_json(const run_summary *m, const objectives *slo)
{
    json_t *json = json_object();
    for (int i = 0; i < N_MODE_FIGURES; i++)
        json_set_figure(&json, MODE_FIGURES[i].name, MODE_FIGURES[i].value(m));
    json_set(&json, "test_decode_tps", json_of_stats(&m->test_decode_tps));
    json_set(&json, "ttft_ms", json_of_stats(&m->ttft_ms));
    json_set(&json, "itl_ms", json_of_stats(&m->itl_ms));
    json_set(&json, "memory_private_peak_bytes",
             m->has_memory ? json_integer((json_int_t)m->peak_private_bytes) : json_null());
    json_set(&json, "memory_rss_peak_bytes", m->has_memory ? json_integer((json_int_t)m->peak_rss_bytes) : json_null());
    json_set(&json, "goodput", goodput_json(m, slo));
    json_set(&json, "tests", spreads_json(m));
    return json;
}

static json_t *modes_json(const run_analysis *a, const subject_analysis *s)
{
    const objectives slo = run_objectives(a->run);
    json_t *modes = json_object();
    for (int mode = 0; mode < N_TEST_MODES; mode++) {
        if (s->modes[mode].n_rows > 0)
            json_set(&modes, test_mode_name((test_mode)mode), mode_json(&s->modes[mode], &slo));
    }
    return modes;
}

/* ---- memory and resources ---------------------------------------------------------------------------------------- */

static json_t *memory_json(const memory_figures *m)
{
    static const char *const KINDS[] = {"none", "computed", "measured"};
    json_t *json = json_pack("{s:s, s:s}", "kind", KINDS[m->kind], "note", m->note != NULL ? m->note : "");
    json_set_figure(&json, "claim_low_pct", m->claim_low_pct);
    json_set_figure(&json, "claim_high_pct", m->claim_high_pct);
    json_set_figure(&json, "ceiling_pct", m->ceiling_pct);
    json_set_figure(&json, "ceiling_without_table_pct", m->ceiling_without_table_pct);
    json_set_figure(&json, "saved_pct", m->saved_pct);
    json_set_figure(&json, "vram_offloaded_bytes", m->vram_offloaded_bytes);
    json_set_figure(&json, "vram_reference_bytes", m->vram_reference_bytes);
    json_set_figure(&json, "plan_vram_bytes", m->plan_vram_bytes);
    json_set_figure(&json, "plan_ram_bytes", m->plan_ram_bytes);
    json_set_figure(&json, "ram_offloaded_bytes", m->ram_offloaded_bytes);
    json_set_figure(&json, "ram_reference_bytes", m->ram_reference_bytes);
    return json;
}

/* Figures without samples are left out; NULL when memory is short. */
static json_t *resources_json(const run_record *run, int subject, bool is_reference)
{
    resource_figures r;
    if (resource_figures_of(run, subject, is_reference, &r, NULL) != SW_OK)
        return NULL;
    json_t *json = json_object();
    for (int i = 0; i < N_SAMPLE_FIGURES; i++) {
        const resource_figure *const f = &r.figures[i];
        if (f->n == 0)
            continue;
        json_t *figure = json_pack("{s:s, s:I}", "unit", SAMPLE_FIGURE_IDS[i].unit, "samples", (json_int_t)f->n);
        json_set_figure(&figure, "min", f->min);
        json_set_figure(&figure, "median", f->median);
        json_set_figure(&figure, "max", f->max);
        json_set_figure(&figure, "added", f->growth);
        json_set_figure(&figure, "per_s", f->per_s);
        json_set(&json, SAMPLE_FIGURE_IDS[i].name, figure);
    }
    return json;
}

/* ---- experts, speed, sweep --------------------------------------------------------------------------------------- */

static json_t *use_json(const expert_use_figures *u)
{
    json_t *json = json_pack("{s:s, s:I, s:i, s:i, s:i}", "name", u->name, "tokens", (json_int_t)u->n_tokens, "hot_50",
                             u->hot_50, "hot_80", u->hot_80, "hot_95", u->hot_95);
    json_set_figure(&json, "coverage", u->coverage);
    json_set_figure(&json, "expected_coverage", u->expected_coverage);
    json_set_figure(&json, "entropy_ratio", u->entropy_ratio);
    json_set_figure(&json, "effective_experts", u->effective_experts);
    json_set_figure(&json, "top_share", u->top_share);
    return json;
}

/* null for a model that says nothing of its experts. */
static json_t *experts_json(const expert_figures *f)
{
    if (f->n_tests == 0)
        return json_null();
    json_t *tests = json_array(), *pairs = json_array();
    for (size_t i = 0; i < f->n_tests; i++)
        json_add(&tests, use_json(&f->tests[i]));
    for (size_t i = 0; i < f->n_pairs; i++) {
        const expert_divergence *const p = &f->pairs[i];
        json_add(&pairs, json_pack("{s:s, s:s, s:o, s:o}", "a", f->tests[p->a].name, "b", f->tests[p->b].name,
                                   "divergence", json_of_figure(p->jsd), "p_value", json_of_figure(p->p_value)));
    }
    return json_pack("{s:i, s:i, s:i, s:s, s:o, s:o, s:o}", "layers", f->n_layers, "experts", f->n_experts, "used",
                     f->n_used, "p_value_unit", f->p_value_unit, "all", use_json(&f->all), "tests", tests,
                     "divergences", pairs);
}

static json_t *speed_json(const speed_cause *c)
{
    json_t *json = json_pack("{s:s, s:s, s:b}", "bottleneck", bottleneck_name(c->which), "why", c->why, "throttled",
                             c->is_throttled);
    json_set_figure(&json, "token_bytes", c->token_bytes);
    json_set_figure(&json, "token_expert_bytes", c->token_expert_bytes);
    json_set_figure(&json, "kv_bytes", c->kv_bytes);
    json_set_figure(&json, "mean_context", c->mean_context);
    json_set_figure(&json, "busy_share", c->busy_share);
    json_set_figure(&json, "effective_bandwidth", c->effective_bandwidth);
    json_set_figure(&json, "machine_bandwidth", c->machine_bandwidth);
    json_set_figure(&json, "bandwidth_share", c->share);
    json_set_figure(&json, "roofline_tps", c->roofline_tps);
    json_set_figure(&json, "server_cpu_share", c->server_cpu_share);
    json_set_figure(&json, "major_faults_per_s", c->major_faults_per_s);
    json_set_figure(&json, "stall_share", c->stall_share);
    json_set_figure(&json, "foreign_load_share", c->foreign_load_share);
    json_set_figure(&json, "psi_memory_pct", c->psi_memory_pct);
    return json;
}

static json_t *sweep_json(const subject_analysis *s)
{
    json_t *list = json_array();
    for (size_t i = 0; i < s->n_sweep; i++) {
        const sweep_point *const p = &s->sweep[i];
        json_t *point =
            json_pack("{s:s, s:i, s:i}", "variant", p->variant, "completed", p->n, "degenerate", p->n_degenerate);
        json_set_figure(&point, "value", p->value);
        json_set_figure(&point, "repetition_mean", p->repetition_mean);
        json_set_figure(&point, "repetition_max", p->repetition_max);
        json_set_figure(&point, "mark_mean", p->mark_mean);
        json_add(&list, point);
    }
    return list;
}

/* ---- the model --------------------------------------------------------------------------------------------------- */

static json_t *identity_json(const subject_record *s)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:i, s:i, s:i, s:i, s:i}", "name", s->name, "family",
                     s->family, "file_name", s->file_name, "file_hash", s->file_hash, "quantization", s->quantization,
                     "file_bytes", (json_int_t)s->file_bytes, "parameters", (json_int_t)s->n_parameters,
                     "active_parameters", (json_int_t)s->n_active_parameters, "layers", s->n_layers,
                     "experts_per_layer", s->n_experts, "experts_used", s->n_experts_used, "experts_shared",
                     s->n_experts_shared, "context_trained", s->n_ctx_train);
}

static json_t *warnings_json(const run_analysis *a, const subject_analysis *s)
{
    json_t *list = json_array();
    run_warnings warnings;
    const sw_code code = run_warnings_of(a, &warnings, NULL);
    for (size_t i = 0; i < warnings.n; i++) {
        if (warnings.items[i].subject < 0 || warnings.items[i].subject == s->index)
            json_add(&list, json_string(warnings.items[i].sentence));
    }
    run_warnings_free(&warnings);
    if (code == SW_OK)
        return list;
    json_decref(list);
    return NULL;
}

json_t *json_of_model(const run_analysis *a, const subject_analysis *s)
{
    json_t *json = identity_json(s->subject);
    json_set_figure(&json, "steadiness", s->steadiness);
    json_set_figure(&json, "steadiness_low", s->steadiness_low);
    json_set_figure(&json, "steadiness_high", s->steadiness_high);
    json_set_figure(&json, "mark_mean", s->mark_mean);
    json_set_figure(&json, "technical_accuracy", s->technical_accuracy);
    json_set_figure(&json, "cold_ttft_ms", s->cold_ttft_ms);
    json_set(&json, "technical_passed", json_integer(s->n_technical_passed));
    json_set(&json, "technical_run", json_integer(s->n_technical_run));
    json_set(&json, "equal_to_reference", json_integer(s->n_equal_to_reference));
    json_set(&json, "reference_pairs", json_integer(s->n_reference_pairs));
    json_set(&json, "equal_streamed", json_integer(s->n_equal_streamed));
    json_set(&json, "streamed_pairs", json_integer(s->n_streamed_pairs));
    json_set(&json, "modes", modes_json(a, s));
    json_set(&json, "memory", memory_json(&s->memory));
    json_set(&json, "experts", experts_json(&s->experts));
    json_set(&json, "speed", speed_json(&s->cause));
    json_set(&json, "sweep", sweep_json(s));
    json_set(&json, "resources", resources_json(a->run, s->index, false));
    json_set(&json, "resources_reference", resources_json(a->run, s->index, true));
    json_set(&json, "facts", json_of_facts(a->run, s->index, -1));
    json_set(&json, "warnings", warnings_json(a, s));
    return json;
}
