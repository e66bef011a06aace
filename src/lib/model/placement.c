/* placement.c - the table of a placement, and look-ups in it. */
#include "model/placement.h"

#include <string.h>

#include "base/alloc.h"

bool placement_init_undecided(model_placement *p, const hparams *h)
{
    const size_t n_experts = h->n_layers * h->n_expert;
    *p = (model_placement){.n_layers = h->n_layers,
                           .n_expert = h->n_expert,
                           .embedding = TIER_UNDECIDED,
                           .output = TIER_UNDECIDED,
                           .attention = mem_alloc(h->n_layers),
                           .ffn = mem_alloc(h->n_layers),
                           .experts = mem_alloc(n_experts)};
    if (p->attention == NULL || p->ffn == NULL || p->experts == NULL) {
        placement_free(p);
        return false;
    }
    memset(p->attention, TIER_UNDECIDED, h->n_layers);
    memset(p->ffn, TIER_UNDECIDED, h->n_layers);
    memset(p->experts, TIER_UNDECIDED, n_experts);
    return true;
}

void placement_free(model_placement *p)
{
    mem_free(p->attention);
    mem_free(p->ffn);
    mem_free(p->experts);
    *p = (model_placement){0};
}

/* ---- look-ups ---------------------------------------------------------------------------------------------------- */

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
    case SW_CLASS_OUTPUT: return p->output;
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
