/* json_model.c - what was found about one model: its memory, experts, speed, resources, sweep, warnings. */
#include "figures/resource_figures.h"
#include "figures/run_warnings.h"
#include "report/json/json_parts.h"

/* ---- memory and resources ---------------------------------------------------------------------------------------- */

static json_t *memory_json(const memory_figures *m)
{
    static const char *const KINDS[] = {"none", "computed", "measured"};
    json_t *json = json_pack("{s:s, s:s, s:s}", "kind", KINDS[m->kind], "source", m->source != NULL ? m->source : "",
                             "note", m->note != NULL ? m->note : "");
    json_put_figure(&json, "claim_low_pct", m->claim_low_pct);
    json_put_figure(&json, "claim_high_pct", m->claim_high_pct);
    json_put_figure(&json, "ceiling_pct", m->ceiling_pct);
    json_put_figure(&json, "ceiling_without_table_pct", m->ceiling_without_table_pct);
    json_put_figure(&json, "saved_pct", m->saved_pct);
    json_put_figure(&json, "vram_offloaded_bytes", m->vram_offloaded_bytes);
    json_put_figure(&json, "vram_reference_bytes", m->vram_reference_bytes);
    json_put_figure(&json, "plan_vram_bytes", m->plan_vram_bytes);
    json_put_figure(&json, "plan_ram_bytes", m->plan_ram_bytes);
    json_put_figure(&json, "ram_offloaded_bytes", m->ram_offloaded_bytes);
    json_put_figure(&json, "ram_reference_bytes", m->ram_reference_bytes);
    json_put_figure(&json, "vram_allocated_bytes", m->vram_allocated_bytes);
    json_put_figure(&json, "vram_process_bytes", m->vram_process_bytes);
    json_put_figure(&json, "vram_allocated_reference_bytes", m->vram_allocated_reference_bytes);
    json_put_figure(&json, "vram_process_reference_bytes", m->vram_process_reference_bytes);
    return json;
}

/* The figures from `first` on, (n); those without samples are left out. */
static json_t *figures_json(const resource_figure *figures, int first, int n)
{
    json_t *json = json_object();
    for (int i = 0; i < n; i++) {
        const resource_figure *const f = &figures[i];
        const sample_figure_id *const id = &SAMPLE_FIGURE_IDS[first + i];
        if (f->n == 0)
            continue;
        json_t *figure = json_pack("{s:s, s:I}", "unit", id->unit, "samples", (json_int_t)f->n);
        json_put_figure(&figure, "min", f->min);
        json_put_figure(&figure, "median", f->median);
        json_put_figure(&figure, "max", f->max);
        json_put_figure(&figure, "added", f->growth);
        json_put_figure(&figure, "per_s", f->per_s);
        json_put(&json, id->name, figure);
    }
    return json;
}

/* NULL when memory is short. */
static json_t *resources_json(const run_record *run, int subject, bool is_reference)
{
    resource_figures r;
    if (resource_figures_of(run, subject, is_reference, &r, NULL) != SW_OK)
        return NULL;
    return figures_json(r.figures, 0, N_SAMPLE_FIGURES);
}

/* Of several GPUs, on both sides of the model. */
static json_t *gpus_json(const run_record *run, int subject)
{
    json_t *list = json_array();
    for (int gpu = 0; gpu < resource_n_gpus(run); gpu++) {
        resource_figure here[N_GPU_FIGURES], reference[N_GPU_FIGURES];
        if (resource_gpu_figures_of(run, subject, false, gpu, here, NULL) != SW_OK ||
            resource_gpu_figures_of(run, subject, true, gpu, reference, NULL) != SW_OK) {
            json_decref(list);
            return NULL;
        }
        json_push(&list, json_pack("{s:i, s:o, s:o}", "gpu", gpu, "resources",
                                   figures_json(here, SAMPLE_GPU_PROCESS, N_GPU_FIGURES), "resources_reference",
                                   figures_json(reference, SAMPLE_GPU_PROCESS, N_GPU_FIGURES)));
    }
    return list;
}

/* ---- experts, speed, sweep --------------------------------------------------------------------------------------- */

static json_t *use_json(const expert_use_figures *u)
{
    json_t *json = json_pack("{s:s, s:I, s:i, s:i, s:i}", "name", u->name, "tokens", (json_int_t)u->n_tokens, "hot_50",
                             u->hot_50, "hot_80", u->hot_80, "hot_95", u->hot_95);
    json_put_figure(&json, "coverage", u->coverage);
    json_put_figure(&json, "expected_coverage", u->expected_coverage);
    json_put_figure(&json, "entropy_ratio", u->entropy_ratio);
    json_put_figure(&json, "effective_experts", u->effective_experts);
    json_put_figure(&json, "top_share", u->top_share);
    return json;
}

/* null for a model that says nothing of its experts. */
static json_t *experts_json(const expert_figures *f)
{
    if (f->n_tests == 0)
        return json_null();
    json_t *tests = json_array(), *pairs = json_array();
    for (size_t i = 0; i < f->n_tests; i++)
        json_push(&tests, use_json(&f->tests[i]));
    for (size_t i = 0; i < f->n_pairs; i++) {
        const expert_divergence *const p = &f->pairs[i];
        json_push(&pairs, json_pack("{s:s, s:s, s:o, s:o}", "a", f->tests[p->a].name, "b", f->tests[p->b].name,
                                    "divergence", json_figure(p->jsd), "p_value", json_figure(p->p_value)));
    }
    return json_pack("{s:i, s:i, s:i, s:s, s:o, s:o, s:o}", "layers", f->n_layers, "experts", f->n_experts, "used",
                     f->n_used, "p_value_unit", f->p_value_unit, "all", use_json(&f->all), "tests", tests,
                     "divergences", pairs);
}

static json_t *speed_json(const speed_cause *c)
{
    json_t *json = json_pack("{s:s, s:s, s:b}", "bottleneck", bottleneck_name(c->which), "why", c->why, "throttled",
                             c->is_throttled);
    json_put_figure(&json, "token_bytes", c->token_bytes);
    json_put_figure(&json, "token_expert_bytes", c->token_expert_bytes);
    json_put_figure(&json, "kv_bytes", c->kv_bytes);
    json_put_figure(&json, "mean_context", c->mean_context);
    json_put_figure(&json, "busy_share", c->busy_share);
    json_put_figure(&json, "effective_bandwidth", c->effective_bandwidth);
    json_put_figure(&json, "machine_bandwidth", c->machine_bandwidth);
    json_put_figure(&json, "bandwidth_share", c->share);
    json_put_figure(&json, "roofline_tps", c->roofline_tps);
    json_put_figure(&json, "server_cpu_share", c->server_cpu_share);
    json_put_figure(&json, "major_faults_per_s", c->major_faults_per_s);
    json_put_figure(&json, "stall_share", c->stall_share);
    json_put_figure(&json, "foreign_load_share", c->foreign_load_share);
    json_put_figure(&json, "psi_memory_pct", c->psi_memory_pct);
    return json;
}

static json_t *sweep_json(const subject_analysis *s)
{
    json_t *list = json_array();
    for (size_t i = 0; i < s->n_sweep; i++) {
        const sweep_point *const p = &s->sweep[i];
        json_t *point =
            json_pack("{s:s, s:i, s:i}", "variant", p->variant, "completed", p->n, "degenerate", p->n_degenerate);
        json_put_figure(&point, "value", p->value);
        json_put_figure(&point, "repetition_mean", p->repetition_mean);
        json_put_figure(&point, "repetition_max", p->repetition_max);
        json_put_figure(&point, "mark_mean", p->mark_mean);
        json_push(&list, point);
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
            json_push(&list, json_string(warnings.items[i].sentence));
    }
    run_warnings_free(&warnings);
    if (code == SW_OK)
        return list;
    json_decref(list);
    return NULL;
}

json_t *json_of_model(const run_analysis *a, const criteria_list *criteria, const subject_analysis *s)
{
    json_t *json = identity_json(s->subject);
    json_put_figure(&json, "steadiness", s->steadiness);
    json_put_figure(&json, "steadiness_low", s->steadiness_low);
    json_put_figure(&json, "steadiness_high", s->steadiness_high);
    json_put_figure(&json, "mark_mean", s->mark_mean);
    json_put_figure(&json, "technical_accuracy", s->technical_accuracy);
    json_put_figure(&json, "cold_ttft_ms", s->cold_ttft_ms);
    json_put(&json, "technical_passed", json_integer(s->n_technical_passed));
    json_put(&json, "technical_run", json_integer(s->n_technical_run));
    json_put(&json, "modes", json_of_modes(a, s));
    json_put(&json, "readiness", json_of_readiness(a, criteria, s));
    json_put(&json, "recommendations", json_of_recommendations(a, criteria, s));
    json_put(&json, "preservation", json_of_preservation(s));
    json_put(&json, "memory", memory_json(&s->memory));
    json_put(&json, "experts", experts_json(&s->experts));
    json_put(&json, "speed", speed_json(&s->cause));
    json_put(&json, "sweep", sweep_json(s));
    json_put(&json, "resources", resources_json(a->run, s->index, false));
    json_put(&json, "resources_reference", resources_json(a->run, s->index, true));
    if (resource_n_gpus(a->run) > 0)
        json_put(&json, "gpus", gpus_json(a->run, s->index));
    json_put(&json, "facts", json_of_facts(a->run, s->index, -1));
    json_put(&json, "warnings", warnings_json(a, s));
    if (s->stress != NULL)
        json_put(&json, "stress", json_of_stress(s->stress));
    return json;
}
