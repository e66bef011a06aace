/* cache_plan.c - tries one slot more per layer until they do not fit. */
#include "engine/cache_plan.h"

/* Experts of a layer that the cache may hold. */
static int n_candidates(const hparams *h, const model_placement *p, size_t l)
{
    int n = 0;
    if (!hparams_has_experts(h, l) || p->attention[l] != TIER_VRAM)
        return 0;
    for (size_t e = 0; e < p->n_expert; e++)
        n += p->experts[l * p->n_expert + e] == TIER_RAM;
    return n;
}

/* Fills *out for a number of slots per layer. */
static void fill(cache_plan *out, const hparams *h, const model_placement *p, const placement_sizes *sizes,
                 int capacity)
{
    *out = (cache_plan){.bytes = 0};
    for (size_t l = 0; l < h->n_layers; l++) {
        const int n = n_candidates(h, p, l), n_slots = n < capacity ? n : capacity;
        out->n_slots[l] = n_slots;
        out->slot_bytes[l] = sizes->expert[l];
        out->bytes += (uint64_t)n_slots * sizes->expert[l];
        out->capacity = n_slots > out->capacity ? n_slots : out->capacity;
    }
}

void cache_plan_make(cache_plan *out, const hparams *h, const model_placement *p, const placement_sizes *sizes,
                     uint64_t n_bytes)
{
    *out = (cache_plan){.bytes = 0};
    for (int n = 1; n <= (int)h->n_expert; n++) {
        cache_plan larger;
        fill(&larger, h, p, sizes, n);
        if (larger.bytes > n_bytes || larger.capacity < n)
            return;
        *out = larger;
    }
}

uint64_t cache_plan_least(const hparams *h, const model_placement *p, const placement_sizes *sizes)
{
    cache_plan least;
    fill(&least, h, p, sizes, 1);
    return least.bytes;
}

int cache_plan_slots(const cache_plan *plan, size_t n_layers)
{
    int n = 0;
    for (size_t l = 0; l < n_layers; l++)
        n += plan->n_slots[l];
    return n;
}
