/* placement_sizes.c - sums the items of a plan by unit, and units by device. */
#include "model/placement_sizes.h"

#include "base/alloc.h"
#include "model/weights_item.h"

enum { ALIGN = 64 }; // of what is a piece of its own

void placement_sizes_free(placement_sizes *s)
{
    mem_free(s->attention);
    mem_free(s->ffn);
    mem_free(s->expert);
    *s = (placement_sizes){0};
}

/* The part of one expert, if it is elsewhere than its neighbours and so begins a cache line. */
static uint64_t expert_part(const weights_item *item)
{
    const uint64_t part = (item->n_bytes + item->n_stacked - 1) / item->n_stacked;
    return (part + ALIGN - 1) / ALIGN * ALIGN;
}

static void add(placement_sizes *s, const weights_item *item)
{
    switch (item->cls) {
    case SW_CLASS_EXPERTS: s->expert[item->layer] += item->first == 0 ? expert_part(item) : 0; break;
    case SW_CLASS_ATTENTION: s->attention[item->layer] += item->n_bytes; break;
    case SW_CLASS_FFN: s->ffn[item->layer] += item->n_bytes; break;
    case SW_CLASS_EMBEDDING: s->embedding += item->n_bytes; break;
    case SW_CLASS_OUTPUT: s->output += item->n_bytes; break;
    default: break;
    }
}

bool placement_sizes_init(placement_sizes *s, const hparams *h, const model_weights *whole, const uint64_t *kv_bytes,
                          uint64_t working)
{
    *s = (placement_sizes){.attention = mem_calloc(h->n_layers, sizeof *s->attention),
                           .ffn = mem_calloc(h->n_layers, sizeof *s->ffn),
                           .expert = mem_calloc(h->n_layers, sizeof *s->expert),
                           .working = working};
    if (s->attention == NULL || s->ffn == NULL || s->expert == NULL) {
        placement_sizes_free(s);
        return false;
    }
    for (size_t i = 0; i < whole->n_items; i++)
        add(s, &whole->items[i]);
    for (size_t l = 0; l < h->n_layers; l++)
        s->attention[l] += kv_bytes[l];
    return true;
}

bool placement_has_vram(const placement_machine *m)
{
    bool has = false;
    for (int t = TIER_VRAM; t < N_TIERS; t++)
        has = has || m->bytes[t] > 0;
    return has;
}

/* One tensor is both, if the head is the embedding; its bytes are the embedding's then, and never counted twice. */
uint64_t placement_vram_bytes(const model_placement *p, const placement_sizes *sizes, weight_tier device)
{
    uint64_t sum = p->embedding == device ? sizes->embedding : 0;
    sum += p->output == device ? sizes->output : 0;
    for (size_t l = 0; l < p->n_layers; l++) {
        sum += p->attention[l] == device ? sizes->attention[l] : 0;
        sum += p->ffn[l] == device ? sizes->ffn[l] : 0;
        for (size_t e = 0; e < p->n_expert; e++)
            sum += p->experts[l * p->n_expert + e] == device ? sizes->expert[l] : 0;
    }
    return sum > 0 ? sum + sizes->working : 0;
}

weight_tier placement_short_device(const model_placement *p, const placement_sizes *sizes, const placement_machine *m)
{
    for (weight_tier t = TIER_VRAM; t < N_TIERS; t++) {
        if (placement_vram_bytes(p, sizes, t) > m->bytes[t])
            return t;
    }
    return TIER_RAM;
}
