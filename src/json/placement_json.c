/* placement_json.c - all sizes are bytes; members that a row has no use for are left out. */
#include "json/placement_json.h"

#include <math.h>

#include "json/json_out.h"

static json_t *bytes_json(uint64_t bytes)
{
    return json_integer((json_int_t)bytes);
}

/* {"ram": ..., "vram": ...} */
static json_t *tiers_json(uint64_t ram, uint64_t vram)
{
    return json_pack("{s:o, s:o}", sw_tier_name(SW_TIER_RAM), bytes_json(ram), sw_tier_name(SW_TIER_VRAM),
                     bytes_json(vram));
}

/* "device" is there if a GPU has the bytes. */
static json_t *row_json(const sw_placement_row *r, const sw_engine_state *s)
{
    json_t *row = json_pack("{s:s}", "class", sw_tensor_class_name(r->cls));
    if (r->layer >= 0)
        json_put(&row, "layer", json_integer(r->layer));
    if (r->expert >= 0) {
        json_put(&row, "expert", json_integer(r->expert));
        json_put(&row, "n_experts", json_integer(r->n_experts));
    }
    json_put(&row, "bytes", bytes_json(r->bytes));
    json_put(&row, "requested", json_string(sw_tier_name(r->requested)));
    json_put(&row, "effective", json_string(sw_tier_name(r->effective)));
    if (r->device >= 0 && r->device < s->n_devices)
        json_put(&row, "device", json_string(s->devices[r->device].name));
    return row;
}

static json_t *effect_json(const sw_engine_state *s)
{
    json_t *effect = json_pack("{s:s}", "effect", s->placement_effect);
    if (s->placement_note != NULL)
        json_put(&effect, "reason", json_string(s->placement_note));
    return effect;
}

/* Experts in RAM that a device computes for a step. */
static json_t *stream_json(const sw_engine_state *s)
{
    return json_pack("{s:i, s:o, s:b, s:o, s:o, s:o}", "tokens", s->stream_tokens, "vram_bytes",
                     bytes_json(s->stream_bytes_vram), "pinned", s->stream_is_pinned, "steps",
                     json_integer((json_int_t)s->n_stream_steps), "experts",
                     json_integer((json_int_t)s->n_stream_experts), "bytes", bytes_json(s->n_stream_bytes));
}

static json_t *device_json(const sw_device_state *d)
{
    return json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "name", d->name, "model", d->model, "emulated",
                     d->is_emulated, "bytes", bytes_json(d->bytes), "weight_bytes", bytes_json(d->weight_bytes),
                     "expert_bytes", bytes_json(d->expert_bytes), "kv_bytes", bytes_json(d->kv_bytes), "buffer_bytes",
                     bytes_json(d->buffer_bytes), "cache_bytes", bytes_json(d->cache_bytes));
}

static json_t *devices_json(const sw_engine_state *s)
{
    json_t *list = json_array();
    for (int i = 0; i < s->n_devices; i++)
        json_push(&list, device_json(&s->devices[i]));
    return list;
}

/* NULL: no work was worth a graph yet. */
static json_t *graphs_json(const sw_engine_state *s)
{
    if (s->n_segments_replayed + s->n_segments_captured + s->n_segments_direct == 0)
        return NULL;
    json_t *graphs = json_pack("{s:o, s:o, s:o}", "replayed", json_integer((json_int_t)s->n_segments_replayed),
                               "captured", json_integer((json_int_t)s->n_segments_captured), "direct",
                               json_integer((json_int_t)s->n_segments_direct));
    if (s->graph_note != NULL)
        json_put(&graphs, "note", json_string(s->graph_note));
    return graphs;
}

static json_t *compute_json(const sw_engine_state *s)
{
    json_t *compute = json_pack("{s:s, s:s, s:i, s:i}", "backend", s->backend, "isa", s->isa, "threads", s->n_threads,
                                "batch", s->n_batch);
    if (s->device == NULL)
        return compute;
    json_put(&compute, "device",
             json_pack("{s:s, s:s, s:b, s:o}", "name", s->device, "model", s->device_model, "emulated", s->is_emulated,
                       "bytes", bytes_json(s->device_bytes)));
    json_put(&compute, "devices", devices_json(s));
    if (s->stream_bytes_vram > 0)
        json_put(&compute, "stream", stream_json(s));
    json_t *const graphs = graphs_json(s);
    if (graphs != NULL)
        json_put(&compute, "graphs", graphs);
    return compute;
}

static json_t *kv_json(const sw_engine_state *s)
{
    json_t *kv = json_pack("{s:i, s:i, s:s, s:o}", "sequences", s->n_seqs, "tokens", s->n_ctx, "type",
                           sw_kv_type_name(s->kv_type), "bytes_per_token", bytes_json(s->kv_bytes_per_token));
    json_put(&kv, "bytes_max", bytes_json(s->kv_bytes_max));
    json_put(&kv, "tiers", tiers_json(s->kv_bytes_max - s->kv_bytes_vram, s->kv_bytes_vram));
    return kv;
}

/* {"layer": 3, "experts": [0, 7]} of n experts of one layer. */
static json_t *layer_json(const sw_expert_id *of, size_t n)
{
    json_t *experts = json_array();
    for (size_t i = 0; i < n; i++)
        json_push(&experts, json_integer(of[i].expert));
    return json_pack("{s:i, s:o}", "layer", of[0].layer, "experts", experts);
}

/* A row for every layer; `of` is sorted by it. */
static json_t *layers_json(const sw_expert_id *of, size_t n)
{
    json_t *rows = json_array();
    for (size_t first = 0, end; first < n; first = end) {
        for (end = first + 1; end < n && of[end].layer == of[first].layer;)
            end++;
        json_push(&rows, layer_json(&of[first], end - first));
    }
    return rows;
}

/* What is planned; of an open engine expert_cache_json says more. */
static json_t *cache_json(const sw_engine_state *s)
{
    return json_pack("{s:o, s:i}", "bytes", bytes_json(s->expert_cache_bytes), "slots", s->expert_cache_slots);
}

json_t *placement_json(json_t *object, const sw_engine_state *s, const sw_placement_row *rows, size_t n_rows)
{
    json_t *weights = json_array();
    for (size_t i = 0; i < n_rows; i++)
        json_push(&weights, row_json(&rows[i], s));
    json_put(&object, "placement", effect_json(s));
    json_put(&object, "compute", compute_json(s));
    json_put(&object, "weights", weights);
    json_put(&object, "kv", kv_json(s));
    json_put(&object, "buffers",
             json_pack("{s:o, s:o, s:o}", "bytes", bytes_json(s->buffer_bytes), "vram_bytes",
                       bytes_json(s->buffer_bytes_vram), "loading_bytes", bytes_json(s->loading_bytes)));
    if (s->n_masked > 0)
        json_put(&object, "masked_experts", layers_json(s->masked, s->n_masked));
    if (s->expert_cache_bytes > 0)
        json_put(&object, "expert_cache", cache_json(s));
    json_put(&object, "process", json_pack("{s:o}", "bytes", bytes_json(s->process_bytes)));
    json_put(&object, "total",
             tiers_json(s->ram_bytes_max,
                        s->weight_bytes_vram + s->kv_bytes_vram + s->buffer_bytes_vram + s->expert_cache_bytes));
    return object;
}

/* ---- the cache of an open engine --------------------------------------------------------------------------------- */

json_t *expert_cache_json(const sw_expert_cache *c)
{
    const uint64_t n_pairs = c->n_hits + c->n_misses;
    json_t *cache = json_pack("{s:s, s:o, s:i, s:I, s:o}", "state", sw_expert_cache_state_name(c->state), "bytes",
                              bytes_json(c->bytes), "slots", c->n_slots, "held", (json_int_t)c->n_copies, "experts",
                              layers_json(c->copies, c->n_copies));
    if (c->reason[0] != '\0')
        json_put(&cache, "reason", json_string(c->reason));
    json_put(&cache, "hits", bytes_json(c->n_hits));
    json_put(&cache, "misses", bytes_json(c->n_misses));
    json_put_figure(&cache, "marginal_hit_rate", n_pairs > 0 ? (double)c->n_hits / (double)n_pairs : NAN);
    json_put(&cache, "uploads", bytes_json(c->n_uploads));
    json_put(&cache, "upload_bytes", bytes_json(c->n_upload_bytes));
    json_put(&cache, "watched", json_boolean(c->is_watched));
    json_put(&cache, "trials", bytes_json(c->n_trials));
    json_put(&cache, "stops", bytes_json(c->n_stops));
    json_put_figure(&cache, "step_ms_with", c->n_trials > 0 ? c->with_ms : NAN);
    json_put_figure(&cache, "step_ms_without", c->n_trials > 0 ? c->without_ms : NAN);
    return cache;
}
