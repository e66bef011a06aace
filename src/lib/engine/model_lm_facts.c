/* model_lm_facts.c - what an open or planned model says of itself. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "engine/model_lm.h"
#include "engine/model_lm_state.h"
#include "gpu/segments.h"

void model_lm_describe_devices(model_lm *m)
{
    for (int i = 0; i < m->tiers.n_devices && m->tiers.devices[i].device != NULL; i++) {
        const device *const d = m->tiers.devices[i].device;
        const weight_tier tier = tier_of_device(i);
        const size_t n = strlen(m->devices_text);
        m->devices[m->n_devices++] =
            (sw_device_state){.name = d->name,
                              .model = d->model,
                              .is_emulated = d->is_emulated,
                              .bytes = d->budget,
                              .weight_bytes = m->w.blocks[tier].n_bytes,
                              .expert_bytes = m->w.blocks[tier].expert_bytes,
                              .kv_bytes = kv_tier_bytes(&m->kv, tier, m->lm.n_ctx) * (uint64_t)m->lm.n_seqs,
                              .buffer_bytes = m->buffer_bytes[tier],
                              .cache_bytes = tier == TIER_VRAM ? m->cache_plan.bytes : 0};
        snprintf(m->devices_text + n, sizeof m->devices_text - n, "%s%s", n > 0 ? "," : "", d->name);
    }
}

/* All devices as one. */
static void put_devices(const model_lm *m, sw_engine_state *state)
{
    if (m->n_devices == 0)
        return;
    state->devices = m->devices;
    state->n_devices = m->n_devices;
    state->device = m->devices_text;
    state->device_model = m->devices[0].model;
    for (int i = 0; i < m->n_devices; i++) {
        state->device_bytes += m->devices[i].bytes;
        state->is_emulated = state->is_emulated || m->devices[i].is_emulated;
    }
}

/* What is in VRAM, of all devices together, and of memory that tests have in their place. */
static void put_vram(const model_lm *m, sw_engine_state *state)
{
    for (int i = 0; i < m->tiers.n_devices; i++) {
        const weight_tier tier = tier_of_device(i);
        state->weight_bytes_vram += m->w.blocks[tier].n_bytes;
        state->kv_bytes_vram += kv_tier_bytes(&m->kv, tier, m->lm.n_ctx) * (uint64_t)m->lm.n_seqs;
        state->buffer_bytes_vram += m->buffer_bytes[tier];
        state->stream_bytes_vram += m->w.blocks[tier].n_bytes > 0 ? m->stream.vram_bytes : 0;
    }
    state->stream_tokens = m->stream.n_tokens;
    state->stream_is_pinned = m->stream.is_pinned;
}

void model_lm_state(const language_model *lm, sw_engine_state *state)
{
    const model_lm *const m = (const model_lm *)lm;
    *state = (sw_engine_state){.n_threads = pool_n_threads(m->pool)};
    state->n_ctx = lm->n_ctx;
    state->n_seqs = lm->n_seqs;
    state->n_batch = lm->n_batch;
    state->kv_type = m->kv_type;
    state->isa = kernels_get()->name;
    state->backend = m->backend_name;
    state->weight_bytes_ram = m->w.blocks[TIER_RAM].n_bytes;
    state->expert_bytes_ram = m->w.blocks[TIER_RAM].expert_bytes;
    state->kv_bytes_per_token = kv_bytes(&m->kv, lm->n_ctx) / (uint64_t)lm->n_ctx;
    state->kv_bytes_max = kv_bytes(&m->kv, lm->n_ctx) * (uint64_t)lm->n_seqs;
    state->buffer_bytes = m->buffer_bytes[TIER_RAM];
    state->expert_cache_bytes = m->cache_plan.bytes;
    state->expert_cache_slots = cache_plan_slots(&m->cache_plan, m->h.n_layers);
    put_devices(m, state);
    put_vram(m, state);
    state->loading_bytes = m->loading_bytes;
    state->process_bytes = m->process_bytes;
    const uint64_t job = state->kv_bytes_max - state->kv_bytes_vram + state->buffer_bytes;
    state->ram_bytes_max =
        m->process_bytes + state->weight_bytes_ram + (state->loading_bytes > job ? state->loading_bytes : job);
    state->weights = m->classes.rows;
    state->n_weights = m->classes.n;
    state->masked = m->mask.list;
    state->n_masked = m->mask.n;
    state->placement_effect = m->placement_effect;
    state->placement_note = m->placement_note[0] != '\0' ? m->placement_note : NULL;
    state->load_ms = m->load_ms;
}

void model_lm_streamed(const language_model *lm, sw_engine_state *state)
{
    const model_lm *const m = (const model_lm *)lm;
    state->n_stream_steps = state->n_stream_experts = state->n_stream_bytes = 0;
    for (int t = 0; t < N_TIERS; t++) {
        if (m->backends[t] == NULL)
            continue;
        const backend_streamed s = backend_streamed_so_far(m->backends[t]);
        state->n_stream_steps += s.n_steps;
        state->n_stream_experts += s.n_experts;
        state->n_stream_bytes += s.n_bytes;
    }
}

void model_lm_graphs(const language_model *lm, sw_engine_state *state)
{
    const model_lm *const m = (const model_lm *)lm;
    state->n_segments_replayed = state->n_segments_captured = state->n_segments_direct = 0;
    state->graph_note = NULL;
    for (int t = 0; t < N_TIERS; t++) {
        const segments *const s = m->backends[t] != NULL ? m->backends[t]->segments : NULL;
        if (s == NULL)
            continue;
        const segments_counts c = segments_counted(s);
        state->n_segments_replayed += c.n_replayed;
        state->n_segments_captured += c.n_captured;
        state->n_segments_direct += c.n_direct;
        if (state->graph_note == NULL)
            state->graph_note = segments_failure(s);
    }
}

const char *model_lm_device_lost(const language_model *lm)
{
    model_lm *const m = (model_lm *)(uintptr_t)lm; // atomics are not const
    return atomic_load(&m->is_lost) ? m->lost : NULL;
}

sw_code model_lm_placement(const language_model *lm, sw_placement_detail detail, sw_placement_row **rows_out,
                           size_t *n_out, sw_err *err)
{
    const model_lm *const m = (const model_lm *)lm;
    placement_rows table = {0};
    *rows_out = NULL;
    *n_out = 0;
    if (!placement_rows_fill(&table, &m->w, &m->requested, detail)) {
        mem_free(table.rows);
        return sw_fail(err, SW_ENOMEM, "out of memory for the table of the placement");
    }
    *rows_out = table.rows;
    *n_out = table.n;
    return SW_OK;
}

sw_code model_lm_expert_cache(const language_model *lm, sw_expert_cache **out, sw_err *err)
{
    const model_lm *const m = (const model_lm *)lm;
    *out = NULL;
    if (m->cache == NULL)
        return SW_OK;
    *out = expert_cache_read(m->cache);
    return *out != NULL ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory for the state of the cache of experts");
}

uint64_t model_lm_kv_bytes_read(const language_model *lm, int n)
{
    const model_lm *const m = (const model_lm *)lm;
    const uint64_t layer_bytes = m->kv.head_bytes / KV_PAGE * m->kv.n_heads;
    uint64_t sum = 0;
    for (size_t l = 0; l < m->h.n_layers; l++)
        sum += layer_bytes * (uint64_t)(hparams_is_windowed(&m->h, l) && n > m->h.n_window ? m->h.n_window : n);
    return sum;
}
