/* model_lm_stream.c - experts in RAM that a device computes for a step: whether there is room for them, from how many
 * tokens on they come, and that they come from pinned memory. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/size_text.h"
#include "engine/model_lm_state.h"
#include "forward/gpu/gpu_slots.h"
#include "forward/gpu/gpu_visitors.h"
#include "forward/split_measure.h"

/* The device that is asked: all are of one kind. */
static device *first_device(const model_lm *m)
{
    return tiers_device(&m->tiers, TIER_VRAM);
}

/* ---- is there room? ---------------------------------------------------------------------------------------------- */

uint64_t model_lm_stream_bytes(const model_lm *m, const sw_engine_options *o, const model_weights *w)
{
    const device *const d = first_device(m);
    const bool is_off = o->stream_tokens < 0 || o->stream_tokens > m->lm.n_batch;
    const bool is_unknown = o->stream_tokens == 0 && d != NULL && d->is_emulated; // its times say nothing
    return d == NULL || is_off || is_unknown ? 0 : gpu_visitors_bytes(&m->h, w);
}

bool model_lm_has_experts_in_ram(const model_lm *m)
{
    for (size_t l = m->h.n_layers_dense; l < m->h.n_layers && m->h.n_expert > 0; l++) {
        if ((placement_expert_tiers(&m->placement, l) & 1u << TIER_RAM) != 0)
            return true;
    }
    return false;
}

void model_lm_explain_stream(const model_lm *m, const sw_engine_options *o, char *out, size_t size)
{
    const size_t n = strlen(out);
    const char *why = NULL;
    if (o->stream_tokens <= 0 || m->stream.vram_bytes > 0)
        return;
    if (m->h.n_expert == 0)
        why = "this model has no experts";
    else if (first_device(m) == NULL)
        why = "there is no GPU, all weights are in RAM";
    else if (o->stream_tokens > m->lm.n_batch)
        why = "no step has so many tokens, see --batch";
    else if (!model_lm_has_experts_in_ram(m))
        why = "all experts are in VRAM";
    else
        why = "there is no room in VRAM for experts that come and go";
    snprintf(out + n, size - n, "%s--stream-tokens %d has no effect: %s", n > 0 ? "; " : "", o->stream_tokens, why);
}

/* ---- pinned weights ---------------------------------------------------------------------------------------------- */

/* Whole pages, as they were allocated. */
static size_t pinned_bytes(const weight_block *b)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (b->n_bytes + page - 1) / page * page;
}

void model_lm_pin_weights(model_lm *m)
{
    const weight_block *const b = &m->w.blocks[TIER_RAM];
    const size_t n = strlen(m->placement_note);
    const uint64_t buffer = m->stream.vram_bytes > 0 ? m->stream.vram_bytes : gpu_slots_pinned_bytes(false);
    sw_err why;
    sw_err_clear(&why);
    if (!m->stream.is_pinned || b->data == NULL)
        return;
    m->stream.is_pinned = device_pin(first_device(m), b->data, pinned_bytes(b), &why) == SW_OK;
    if (m->stream.is_pinned)
        m->stream.pinned = b->data;
    else
        snprintf(m->placement_note + n, sizeof m->placement_note - n,
                 "%sthe weights in RAM are not pinned, so experts come to the GPU through a buffer of %s: %s",
                 n > 0 ? "; " : "", size_text_of(buffer).text, why.msg);
}

void model_lm_unpin_weights(model_lm *m)
{
    if (m->stream.pinned != NULL)
        device_unpin(first_device(m), m->stream.pinned);
    m->stream.pinned = NULL;
}

/* ---- from how many tokens on? ------------------------------------------------------------------------------------ */

sw_code model_lm_start_stream(model_lm *m, const sw_engine_options *o, sw_err *err)
{
    expert_split *const split = &m->f.division.split;
    m->stream.n_tokens = 0;
    if (m->stream.vram_bytes == 0 || !split_is_possible(&m->f))
        return SW_OK;
    *split = (expert_split){.min_tokens = (size_t)o->stream_tokens, .rule = SPLIT_EVEN};
    if (!first_device(m)->is_emulated) {
        const sw_code code = split_measure(&m->f, &split->rates, err);
        if (code != SW_OK)
            return code;
        split->rule = SPLIT_BY_RATES;
        if (o->stream_tokens == 0)
            split->min_tokens =
                expert_split_point(&split->rates, m->h.n_expert, m->h.n_expert_used, (size_t)m->lm.n_batch);
    }
    m->stream.n_tokens = (int)split->min_tokens;
    return SW_OK;
}
