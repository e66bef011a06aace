/* division.c - from the tokens of each expert to the backends. */
#include "forward/division.h"

#include "base/limits.h"

static void find_tiers(division *d, size_t l)
{
    d->tiers[l] = 0;
    for (size_t e = 0; e < d->n_expert; e++)
        d->tiers[l] |= 1u << d->usual[l * d->n_expert + e];
}

bool division_init(division *d, scratch *memory, const hparams *h, const model_placement *placement,
                   backend *const *backends)
{
    const size_t n = h->n_expert;
    *d = (division){.n_expert = n, .placement = placement, .backends = backends};
    d->usual = scratch_items(memory, h->n_layers * n, sizeof *d->usual);
    d->tiers = scratch_items(memory, h->n_layers, sizeof *d->tiers);
    d->now = scratch_items(memory, n, sizeof *d->now);
    if (memory->has_failed)
        return false;
    for (size_t l = 0; l < h->n_layers; l++) {
        for (size_t e = 0; e < n; e++)
            d->usual[l * n + e] = (uint8_t)placement_tier(placement, SW_CLASS_EXPERTS, l, e);
        find_tiers(d, l);
    }
    return true;
}

void division_set(division *d, size_t l, size_t expert, weight_tier tier)
{
    d->usual[l * d->n_expert + expert] = (uint8_t)tier;
    find_tiers(d, l);
}

weight_tier division_device(const division *d, size_t l)
{
    const weight_tier home = placement_tier(d->placement, SW_CLASS_ATTENTION, l, 0);
    const weight_tier tier = home != TIER_RAM ? home : TIER_VRAM;
    const bool has_any = (d->tiers[l] & 1u << TIER_RAM) != 0;
    return has_any && d->backends[tier] != NULL && d->backends[tier]->can_stream ? tier : TIER_RAM;
}

bool division_is_open(const division *d, size_t l, size_t n)
{
    return d->split.min_tokens > 0 && n >= d->split.min_tokens && division_device(d, l) != TIER_RAM;
}

/* Tokens of the experts in RAM.  Gives the tiers of the others that have tokens, as bits. */
static unsigned count_tokens(const uint8_t *tiers, size_t n, const expert_choice *choice, uint32_t *n_tokens)
{
    unsigned others = 0;
    for (size_t p = 0; p < n * choice->n_used; p++) {
        const int e = choice->chosen[p];
        n_tokens[e] += tiers[e] == TIER_RAM;
        others |= tiers[e] != TIER_RAM ? 1u << tiers[e] : 0;
    }
    return others;
}

layer_division division_of(division *d, size_t l, size_t n, const expert_choice *choice)
{
    const uint8_t *const usual = d->usual + l * d->n_expert;
    if (!division_is_open(d, l, n))
        return (layer_division){usual, d->tiers[l]};
    uint32_t n_tokens[LIMIT_MODEL_EXPERTS] = {0};
    bool goes[LIMIT_MODEL_EXPERTS];
    const uint8_t device = (uint8_t)division_device(d, l);
    unsigned used = count_tokens(usual, n, choice, n_tokens);
    expert_split_choose(&d->split, n_tokens, d->n_expert, goes);
    for (size_t e = 0; e < d->n_expert; e++) {
        d->now[e] = goes[e] ? device : usual[e];
        used |= n_tokens[e] > 0 ? 1u << d->now[e] : 0;
    }
    return (layer_division){d->now, used};
}
