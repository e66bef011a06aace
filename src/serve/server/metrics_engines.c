/* metrics_engines.c - the families of /metrics about loaded models.
 *
 * What is not known here (the memory of keys and values in use, what is read of experts, a GPU) has no family: zero
 * would be a claim.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/evenness.h"
#include "server/metrics_view.h"

typedef const metrics_label labels[];

/* ---- engines ---------------------------------------------------------------------------------------------------- */

typedef struct engine_family {
    const char *name, *help;
    double (*value)(const metrics_engine *e);
} engine_family;

static double n_running(const metrics_engine *e)
{
    return e->state.n_jobs_running;
}

static double n_waiting(const metrics_engine *e)
{
    return e->state.n_jobs_waiting;
}

static double n_slots(const metrics_engine *e)
{
    return e->state.n_seqs;
}

static double kv_tokens(const metrics_engine *e)
{
    return (double)e->state.kv_tokens_used;
}

static double kv_tokens_max(const metrics_engine *e)
{
    return (double)e->state.n_ctx * e->state.n_seqs;
}

static double kv_bytes_max(const metrics_engine *e)
{
    return (double)e->state.kv_bytes_max;
}

static void write_engines(const metrics_view *v, metrics_text *t, const engine_family *f)
{
    metrics_text_family(t, f->name, METRICS_GAUGE, f->help);
    for (size_t i = 0; i < v->n_engines; i++)
        metrics_text_sample(t, (labels){{"model", v->engines[i].model->id}, {0}}, f->value(&v->engines[i]));
}

static void write_engine_gauges(const metrics_view *v, metrics_text *t)
{
    static const engine_family FAMILIES[] = {
        {"spillway_requests_running", "Answers that are being generated.", n_running},
        {"spillway_slots", "Sequences that can be decoded together.", n_slots},
        {"spillway_slots_busy", "Of them, those with a running answer.", n_running},
        {"spillway_kv_tokens", "Tokens in the key/value caches.", kv_tokens},
        {"spillway_kv_tokens_max", "Tokens for which the key/value caches have room.", kv_tokens_max},
        {"spillway_kv_bytes_max", "Size of the key/value caches when they are full.", kv_bytes_max},
    };
    for (size_t i = 0; i < sizeof FAMILIES / sizeof FAMILIES[0]; i++)
        write_engines(v, t, &FAMILIES[i]);
    write_engines(v, t,
                  &(engine_family){"spillway_requests_waiting",
                                   "Requests that wait for a sequence; without a model: for being read, or for a load.",
                                   n_waiting});
    metrics_text_sample(t, (labels){{"model", ""}, {0}}, intake_n_waiting(v->server->intake));
}

static void write_losses(const metrics_view *v, metrics_text *t)
{
    const model_losses losses = model_pool_losses(v->server->pool);
    metrics_text_family(t, "spillway_device_losses_total", METRICS_COUNTER,
                        "GPUs that were lost under a loaded model.");
    metrics_text_sample(t, NULL, (double)losses.n_ever);
    metrics_text_family(t, "spillway_models_without_device", METRICS_GAUGE,
                        "Models whose GPU was lost, until they are loaded or unloaded by name.");
    metrics_text_sample(t, NULL, (double)losses.n_models);
}

static const char *placement_of(const sw_engine_state *st)
{
    if (st->weight_bytes_vram == 0)
        return "ram";
    return st->weight_bytes_ram == 0 ? "vram" : "vram+ram";
}

static void write_infos(const metrics_view *v, metrics_text *t)
{
    const metrics_engine *const last = v->n_engines > 0 ? &v->engines[0] : NULL;
    metrics_text_family(t, "spillway_build_info", METRICS_GAUGE, "This build; isa and backend of the model used last.");
    metrics_text_sample(t,
                        (labels){{"version", SPILLWAY_VERSION},
                                 {"isa", last != NULL ? last->isa : ""},
                                 {"backend", last != NULL ? last->backend : ""},
                                 {0}},
                        1);
    metrics_text_family(t, "spillway_model_info", METRICS_GAUGE, "A loaded model.");
    for (size_t i = 0; i < v->n_engines; i++) {
        const metrics_engine *const e = &v->engines[i];
        metrics_text_sample(t,
                            (labels){{"model", e->model->id},
                                     {"arch", e->model->facts.arch},
                                     {"quant", e->model->facts.quant},
                                     {"placement", placement_of(&e->state)},
                                     {0}},
                            1);
    }
}

static void write_bytes(metrics_text *t, const metrics_engine *e, const char *tier, const char *kind, uint64_t bytes)
{
    if (bytes > 0)
        metrics_text_sample(t, (labels){{"model", e->model->id}, {"tier", tier}, {"kind", kind}, {0}}, (double)bytes);
}

static void write_memory(const metrics_view *v, metrics_text *t)
{
    metrics_text_family(t, "spillway_memory_bytes", METRICS_GAUGE, "What loaded models take, by kind.");
    for (size_t i = 0; i < v->n_engines; i++) {
        const metrics_engine *const e = &v->engines[i];
        const sw_engine_state *const st = &e->state;
        write_bytes(t, e, "ram", "experts", st->expert_bytes_ram);
        write_bytes(t, e, "ram", "weights", st->weight_bytes_ram - st->expert_bytes_ram);
        write_bytes(t, e, "ram", "compute", st->buffer_bytes);
        write_bytes(t, e, "vram", "weights", st->weight_bytes_vram);
        write_bytes(t, e, "vram", "kv", st->device != NULL ? st->kv_bytes_vram : 0); // pages are taken when it opens
        write_bytes(t, e, "vram", "expert_cache", st->expert_cache_bytes);
        write_bytes(t, e, "vram", "compute", st->buffer_bytes_vram);
    }
}

static void write_device(metrics_text *t, const metrics_engine *e, const sw_device_state *d, const char *kind,
                         uint64_t bytes)
{
    if (bytes > 0)
        metrics_text_sample(t, (labels){{"model", e->model->id}, {"device", d->name}, {"kind", kind}, {0}},
                            (double)bytes);
}

static void write_devices(const metrics_view *v, metrics_text *t)
{
    metrics_text_family(t, "spillway_device_memory_bytes", METRICS_GAUGE,
                        "What loaded models take of each GPU, by kind; budget is what they may take.");
    for (size_t i = 0; i < v->n_engines; i++) {
        const metrics_engine *const e = &v->engines[i];
        for (int k = 0; k < e->state.n_devices; k++) {
            const sw_device_state *const d = &e->state.devices[k];
            write_device(t, e, d, "budget", d->bytes);
            write_device(t, e, d, "experts", d->expert_bytes);
            write_device(t, e, d, "weights", d->weight_bytes - d->expert_bytes);
            write_device(t, e, d, "kv", d->kv_bytes);
            write_device(t, e, d, "compute", d->buffer_bytes);
            write_device(t, e, d, "expert_cache", d->cache_bytes);
        }
    }
}

/* ---- steps ------------------------------------------------------------------------------------------------------ */

static void write_phases(const metrics_view *v, metrics_text *t, const char *name, const char *help,
                         size_t prefill_offset, size_t decode_offset)
{
    metrics_text_family(t, name, METRICS_COUNTER, help);
    for (size_t i = 0; i < v->n_engines; i++) {
        const metrics_engine *const e = &v->engines[i];
        uint64_t prefill, decode;
        memcpy(&prefill, (const char *)&e->state + prefill_offset, sizeof prefill);
        memcpy(&decode, (const char *)&e->state + decode_offset, sizeof decode);
        metrics_text_sample(t, (labels){{"model", e->model->id}, {"phase", "prefill"}, {0}}, (double)prefill);
        metrics_text_sample(t, (labels){{"model", e->model->id}, {"phase", "decode"}, {0}}, (double)decode);
    }
}

static void write_steps(const metrics_view *v, metrics_text *t)
{
    write_phases(v, t, "spillway_decode_steps_total",
                 "Steps since the load; one with tokens of both phases is in both.",
                 offsetof(sw_engine_state, n_prompt_steps), offsetof(sw_engine_state, n_generation_steps));
    write_phases(v, t, "spillway_batch_tokens_total", "Tokens that these steps evaluated.",
                 offsetof(sw_engine_state, n_prompt_step_tokens), offsetof(sw_engine_state, n_generation_step_tokens));
}

/* ---- experts that came to a device ------------------------------------------------------------------------------ */

static double stream_steps(const metrics_engine *e)
{
    return (double)e->state.n_stream_steps;
}

static double stream_experts(const metrics_engine *e)
{
    return (double)e->state.n_stream_experts;
}

static double stream_bytes(const metrics_engine *e)
{
    return (double)e->state.n_stream_bytes;
}

static bool is_streaming(const metrics_view *v)
{
    for (size_t i = 0; i < v->n_engines; i++) {
        if (v->engines[i].state.stream_tokens > 0)
            return true;
    }
    return false;
}

static void write_streamed(const metrics_view *v, metrics_text *t)
{
    static const engine_family FAMILIES[] = {
        {"spillway_experts_streamed_total", "Experts that came from RAM to a GPU for a step, since the load.",
         stream_experts},
        {"spillway_experts_streamed_bytes_total", "Bytes of their weights.", stream_bytes},
        {"spillway_experts_streamed_steps_total", "Steps with such experts.", stream_steps},
    };
    for (size_t f = 0; f < sizeof FAMILIES / sizeof FAMILIES[0] && is_streaming(v); f++) {
        metrics_text_family(t, FAMILIES[f].name, METRICS_COUNTER, FAMILIES[f].help);
        for (size_t i = 0; i < v->n_engines; i++) {
            const metrics_engine *const e = &v->engines[i];
            if (e->state.stream_tokens > 0)
                metrics_text_sample(t, (labels){{"model", e->model->id}, {0}}, FAMILIES[f].value(e));
        }
    }
}

/* ---- graphs ------------------------------------------------------------------------------------------------------ */

static bool has_device(const metrics_view *v)
{
    for (size_t i = 0; i < v->n_engines; i++) {
        if (v->engines[i].state.device != NULL)
            return true;
    }
    return false;
}

static void write_segments(metrics_text *t, const metrics_engine *e, const char *how, uint64_t n)
{
    metrics_text_sample(t, (labels){{"model", e->model->id}, {"how", how}, {0}}, (double)n);
}

static void write_graphs(const metrics_view *v, metrics_text *t)
{
    if (!has_device(v))
        return;
    metrics_text_family(t, "spillway_gpu_segments_total", METRICS_COUNTER,
                        "Pieces of small steps that GPUs were given, by how, since the load.");
    for (size_t i = 0; i < v->n_engines; i++) {
        const metrics_engine *const e = &v->engines[i];
        if (e->state.device == NULL)
            continue;
        write_segments(t, e, "replayed", e->state.n_segments_replayed);
        write_segments(t, e, "captured", e->state.n_segments_captured);
        write_segments(t, e, "direct", e->state.n_segments_direct);
    }
}

/* ---- experts ---------------------------------------------------------------------------------------------------- */

static void write_layer(metrics_text *t, const metrics_engine *e, int row, bool is_coverage)
{
    uint64_t counts[LIMIT_MODEL_EXPERTS]; // a copy, which evenness_of sorts
    char layer[16];
    const int n = e->use->n_experts;
    for (int i = 0; i < n; i++)
        counts[i] = e->use->counts[(size_t)row * (size_t)n + (size_t)i];
    const evenness even = evenness_of(counts, (size_t)n);
    const double value = is_coverage ? even.coverage : even.entropy_ratio;
    snprintf(layer, sizeof layer, "%d", e->use->first_layer + row);
    if (even.total > 0 && isfinite(value))
        metrics_text_sample(t, (labels){{"model", e->model->id}, {"layer", layer}, {0}}, value);
}

static void write_layers(const metrics_view *v, metrics_text *t, const char *name, const char *help, bool is_coverage)
{
    metrics_text_family(t, name, METRICS_GAUGE, help);
    for (size_t i = 0; i < v->n_engines; i++) {
        const metrics_engine *const e = &v->engines[i];
        for (int row = 0; e->use != NULL && row < e->use->n_layers; row++)
            write_layer(t, e, row, is_coverage);
    }
}

static void write_activations(const metrics_engine *e, metrics_text *t)
{
    char layer[16], expert[16];
    const uint64_t *counts = e->use->counts;
    for (int row = 0; row < e->use->n_layers; row++) {
        snprintf(layer, sizeof layer, "%d", e->use->first_layer + row);
        for (int i = 0; i < e->use->n_experts; i++) {
            snprintf(expert, sizeof expert, "%d", i);
            metrics_text_sample(t, (labels){{"model", e->model->id}, {"layer", layer}, {"expert", expert}, {0}},
                                (double)*counts++);
        }
    }
}

static void write_experts(const metrics_view *v, metrics_text *t)
{
    write_layers(v, t, "spillway_expert_coverage_ratio", "Share of a layer's experts that were chosen since the load.",
                 true);
    write_layers(v, t, "spillway_expert_entropy_ratio",
                 "Entropy of a layer's choices since the load, divided by that of equal shares.", false);
    if (!v->wants_experts)
        return;
    metrics_text_family(t, "spillway_expert_activations_total", METRICS_COUNTER,
                        "How often an expert was chosen since the load.");
    for (size_t i = 0; i < v->n_engines; i++) {
        if (v->engines[i].use != NULL)
            write_activations(&v->engines[i], t);
    }
}

void metrics_write_engines(const metrics_view *v, metrics_text *t)
{
    write_infos(v, t);
    write_engine_gauges(v, t);
    write_memory(v, t);
    write_devices(v, t);
    write_losses(v, t);
    write_steps(v, t);
    write_streamed(v, t);
    write_graphs(v, t);
    write_experts(v, t);
}
