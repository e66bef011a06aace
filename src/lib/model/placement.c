/* placement.c - the rule behind --cpu-moe and --n-cpu-moe, and look-ups in the table that it fills. */
#include "model/placement.h"

#include <string.h>

#include "base/alloc.h"

/* NULL where the options do what they say, or where none was given. */
static const char *note_for(const hparams *h, bool has_accelerator, const placement_options *o)
{
    if (!o->cpu_moe && o->n_cpu_moe == 0)
        return NULL;
    if (h->n_expert == 0)
        return "this model has no experts, so --cpu-moe and --n-cpu-moe have no effect";
    return has_accelerator ? NULL
                           : "there is no accelerator: all weights are in RAM, whatever --cpu-moe and "
                             "--n-cpu-moe say";
}

bool placement_init(model_placement *p, const hparams *h, const placement_machine *m, const placement_options *o)
{
    const bool has_accelerator = m->bytes[TIER_VRAM] > 0;
    const weight_tier nearest = has_accelerator ? TIER_VRAM : TIER_RAM;
    *p = (model_placement){.n_layers = h->n_layers,
                           .n_expert = h->n_expert,
                           .embedding = nearest,
                           .attention = mem_alloc(h->n_layers),
                           .ffn = mem_alloc(h->n_layers),
                           .experts = mem_alloc(h->n_layers * h->n_expert),
                           .note = note_for(h, has_accelerator, o)};
    if (p->attention == NULL || p->ffn == NULL || p->experts == NULL) {
        placement_free(p);
        return false;
    }
    // A weight_tier is a byte there, so that a layer's experts are one row of bytes.
    memset(p->attention, nearest, h->n_layers);
    memset(p->ffn, nearest, h->n_layers);
    for (size_t l = 0; l < h->n_layers; l++) {
        const bool stays = o->cpu_moe || l < (size_t)o->n_cpu_moe;
        memset(p->experts + l * h->n_expert, stays ? TIER_RAM : nearest, h->n_expert);
    }
    return true;
}

void placement_free(model_placement *p)
{
    mem_free(p->attention);
    mem_free(p->ffn);
    mem_free(p->experts);
    *p = (model_placement){0};
}

void placement_set_expert(model_placement *p, size_t layer, size_t expert, weight_tier tier)
{
    p->experts[layer * p->n_expert + expert] = (uint8_t)tier;
}

weight_tier placement_tier(const model_placement *p, sw_tensor_class cls, size_t layer, size_t expert)
{
    if (p == NULL)
        return TIER_RAM;
    switch (cls) {
    case SW_CLASS_EXPERTS: return p->experts[layer * p->n_expert + expert];
    case SW_CLASS_ATTENTION: return p->attention[layer];
    case SW_CLASS_FFN: return p->ffn[layer];
    case SW_CLASS_EMBEDDING: return p->embedding;
    default: return TIER_RAM;
    }
}

unsigned placement_expert_tiers(const model_placement *p, size_t layer)
{
    unsigned tiers = p == NULL ? 1u << TIER_RAM : 0;
    for (size_t e = 0; p != NULL && e < p->n_expert; e++)
        tiers |= 1u << p->experts[layer * p->n_expert + e];
    return tiers;
}
