/* placement_fill.c - layers get a home, then units go there by what they are worth. */
#include "model/placement_fill.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

typedef struct filling {
    model_placement *p;
    const hparams *h;
    const placement_sizes *sizes; // NULL: everything fits
    const double *heat;
    weight_tier first, last; // devices with memory
    uint64_t room[N_TIERS];  // bytes that are free
    uint8_t *home;           // (n_layers): the device of what a layer has in VRAM
    uint64_t *cost;          // (n_layers): bytes that are to go there, while homes are looked for
} filling;

static bool is_open(uint8_t tier)
{
    return tier == TIER_UNDECIDED || tier == TIER_ANY;
}

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

static uint64_t attention_bytes(const filling *f, size_t l)
{
    return f->sizes != NULL ? f->sizes->attention[l] : 0;
}

static uint64_t ffn_bytes(const filling *f, size_t l)
{
    return f->sizes != NULL ? f->sizes->ffn[l] : 0;
}

static uint64_t expert_bytes(const filling *f, size_t l)
{
    return f->sizes != NULL ? f->sizes->expert[l] : 0;
}

/* One tensor is both, if the head is the embedding. */
static uint64_t head_bytes(const filling *f)
{
    if (f->sizes == NULL)
        return 0;
    return f->sizes->output + (f->h->ties_output ? f->sizes->embedding : 0);
}

/* What a device has beside what computing takes there and what is decided. */
static uint64_t free_bytes(const filling *f, const placement_machine *m, weight_tier device)
{
    const uint64_t budget = m->bytes[device], taken = placement_vram_bytes(f->p, f->sizes, device);
    const uint64_t used = taken > 0 ? taken : f->sizes->working;
    return budget > used ? budget - used : 0;
}

static void put(filling *f, uint8_t *tier, weight_tier device, uint64_t bytes)
{
    *tier = (uint8_t)device;
    f->room[device] -= bytes < f->room[device] ? bytes : f->room[device];
}

/* ---- homes ------------------------------------------------------------------------------------------------------- */

/* What is to fit, from the least to all of it: as much as can be decides how layers are split. */
typedef enum extent { ATTENTION, AND_HEAD, AND_FFN, AND_EXPERTS } extent;

static uint64_t cost_of(const filling *f, size_t l, extent e)
{
    const model_placement *const p = f->p;
    uint64_t sum = is_open(p->attention[l]) ? attention_bytes(f, l) : 0;
    sum += e >= AND_FFN && is_open(p->ffn[l]) ? ffn_bytes(f, l) : 0;
    for (size_t i = 0; i < p->n_expert && e >= AND_EXPERTS && hparams_has_experts(f->h, l); i++)
        sum += is_open(p->experts[l * p->n_expert + i]) ? expert_bytes(f, l) : 0;
    return sum;
}

/* Gives layers to devices from the last ones on, each until a fraction of its room is full; a layer whose attention
 * is decided stays there.  Returns true if all fit. */
static bool split(filling *f, uint64_t head, double fraction)
{
    double space[N_TIERS];
    for (int t = 0; t < N_TIERS; t++)
        space[t] = fraction * (double)f->room[t];
    space[f->last] -= (double)head;
    bool fits = head <= f->room[f->last];
    for (size_t l = 0; l < f->p->n_layers; l++) {
        f->home[l] = f->p->attention[l];
        if (tier_is_vram(f->home[l]))
            space[f->home[l]] -= (double)f->cost[l];
    }
    for (size_t l = f->p->n_layers, device = f->last; l-- > 0;) {
        if (tier_is_vram(f->home[l]))
            continue;
        while ((double)f->cost[l] > space[device] && device > f->first)
            device--;
        fits = fits && (double)f->cost[l] <= space[device];
        space[device] -= (double)f->cost[l];
        f->home[l] = (uint8_t)device;
    }
    return fits;
}

/* All devices are filled to the least share with which everything fits, or as much as can be; if not even all
 * attention fits, one after the other is filled. */
static void find_homes(filling *f)
{
    enum { HALVINGS = 24 };
    uint64_t head = 0;
    bool fits = false;
    for (int e = AND_EXPERTS; e >= ATTENTION && !fits; e--) {
        head = e >= AND_HEAD && is_open(f->p->output) ? head_bytes(f) : 0;
        for (size_t l = 0; l < f->p->n_layers; l++)
            f->cost[l] = cost_of(f, l, (extent)e);
        fits = split(f, head, 1);
    }
    double enough = 1, step = 0.5;
    for (int i = 0; i < HALVINGS && fits; i++, step /= 2)
        enough -= split(f, head, enough - step) ? step : 0;
    (void)split(f, head, enough);
}

/* ---- what is asked for ------------------------------------------------------------------------------------------- */

/* A device that has room for an expert, its layer's if possible; TIER_RAM: none. */
static weight_tier roomy_device(const filling *f, size_t l)
{
    weight_tier best = (weight_tier)f->home[l];
    const uint64_t bytes = expert_bytes(f, l);
    if (bytes <= f->room[best])
        return best;
    for (weight_tier t = f->first; t <= f->last; t++)
        best = f->room[t] > f->room[best] ? t : best;
    return bytes <= f->room[best] ? best : TIER_RAM;
}

static void put_asked_experts(filling *f, size_t l)
{
    for (size_t e = 0; e < f->p->n_expert; e++) {
        uint8_t *const tier = &f->p->experts[l * f->p->n_expert + e];
        const weight_tier there = *tier == TIER_ANY ? roomy_device(f, l) : TIER_RAM;
        if (*tier == TIER_ANY)
            put(f, tier, there != TIER_RAM ? there : (weight_tier)f->home[l], expert_bytes(f, l));
    }
}

/* Whether or not it fits. */
static void put_asked(filling *f)
{
    model_placement *const p = f->p;
    for (size_t l = p->n_layers; l-- > 0;) {
        const weight_tier home = (weight_tier)f->home[l];
        if (p->attention[l] == TIER_ANY)
            put(f, &p->attention[l], home, attention_bytes(f, l));
        if (p->ffn[l] == TIER_ANY)
            put(f, &p->ffn[l], home, ffn_bytes(f, l));
    }
    if (p->output == TIER_ANY)
        put(f, &p->output, f->last, head_bytes(f));
    if (f->h->ties_output)
        p->embedding = p->output;
    else if (p->embedding == TIER_ANY)
        put(f, &p->embedding, f->first, f->sizes != NULL ? f->sizes->embedding : 0);
    for (size_t l = p->n_layers; l-- > 0;)
        put_asked_experts(f, l);
}

/* ---- the rest ---------------------------------------------------------------------------------------------------- */

/* Decides one unit; returns true if it is in VRAM. */
static bool take(filling *f, uint8_t *tier, weight_tier device, uint64_t bytes)
{
    if (*tier == TIER_UNDECIDED && bytes <= f->room[device])
        put(f, tier, device, bytes);
    else if (*tier == TIER_UNDECIDED)
        *tier = TIER_RAM;
    return tier_is_vram(*tier);
}

/* What every token uses.  Neighbours stay together, so that the residual stream moves seldom: after the first layer
 * that does not fit its device, no earlier one of that device is tried. */
static void fill_layers(filling *f)
{
    model_placement *const p = f->p;
    bool is_full[N_TIERS] = {false};
    for (size_t l = p->n_layers; l-- > 0;) {
        const weight_tier home = (weight_tier)f->home[l];
        if (p->attention[l] != TIER_UNDECIDED)
            continue;
        p->attention[l] = is_full[home] ? TIER_RAM : TIER_UNDECIDED;
        is_full[home] = !take(f, &p->attention[l], home, attention_bytes(f, l));
    }
    (void)take(f, &p->output, f->last, head_bytes(f));
    if (f->h->ties_output)
        p->embedding = p->output;
    for (size_t l = p->n_layers; l-- > 0;) {
        if (p->attention[l] == TIER_RAM && p->ffn[l] == TIER_UNDECIDED)
            p->ffn[l] = TIER_RAM;
        (void)take(f, &p->ffn[l], (weight_tier)f->home[l], ffn_bytes(f, l));
    }
}

/* An expert that may come to VRAM. */
typedef struct candidate {
    double value; // uses per token and byte
    size_t layer, expert;
} candidate;

/* The most valuable first; of equal ones, those of the last layer, so that whole layers need no other processor. */
static int compare_candidates(const void *a, const void *b)
{
    const candidate *const x = a, *const y = b;
    if (x->value != y->value)
        return x->value > y->value ? -1 : 1;
    if (x->layer != y->layer)
        return x->layer > y->layer ? -1 : 1;
    return x->expert < y->expert ? -1 : x->expert > y->expert;
}

/* The experts that are undecided, from the first one that exists; those of a layer whose router is in RAM stay with it.
 */
static size_t list_candidates(filling *f, size_t first, candidate *out)
{
    model_placement *const p = f->p;
    size_t n = 0;
    for (size_t i = first; i < p->n_layers * p->n_expert; i++) {
        const size_t layer = i / p->n_expert;
        const uint64_t bytes = expert_bytes(f, layer);
        if (p->experts[i] != TIER_UNDECIDED)
            continue;
        if (p->attention[layer] == TIER_RAM)
            p->experts[i] = TIER_RAM;
        else
            out[n++] = (candidate){(f->heat != NULL ? f->heat[i - first] : 1) / (double)(bytes > 0 ? bytes : 1), layer,
                                   i - layer * p->n_expert};
    }
    return n;
}

/* Experts that are alike fill their layers' devices before they look for others; hot ones go wherever there is room. */
static void take_experts(filling *f, const candidate *list, size_t n)
{
    for (size_t i = 0; i < n && f->heat == NULL; i++) {
        const size_t l = list[i].layer;
        if (expert_bytes(f, l) <= f->room[f->home[l]])
            put(f, &f->p->experts[l * f->p->n_expert + list[i].expert], (weight_tier)f->home[l], expert_bytes(f, l));
    }
    for (size_t i = 0; i < n; i++) {
        const size_t l = list[i].layer;
        uint8_t *const tier = &f->p->experts[l * f->p->n_expert + list[i].expert];
        if (*tier == TIER_UNDECIDED)
            put(f, tier, roomy_device(f, l), expert_bytes(f, l));
    }
}

static bool fill_experts(filling *f)
{
    const model_placement *const p = f->p;
    candidate *const list = mem_alloc((p->n_layers * p->n_expert + 1) * sizeof *list);
    if (list == NULL)
        return false;
    const size_t first = f->h->n_layers_dense * p->n_expert;
    if (first > 0)
        memset(p->experts, TIER_RAM, first); // of layers that have none
    const size_t n = list_candidates(f, first, list);
    qsort(list, n, sizeof *list, compare_candidates);
    take_experts(f, list, n);
    mem_free(list);
    return true;
}

/* The devices that have memory, and how much of it is free. */
static void find_room(filling *f, const placement_machine *m)
{
    f->first = f->last = TIER_VRAM;
    for (int t = N_TIERS - 1; t >= TIER_VRAM; t--)
        f->first = m->bytes[t] > 0 ? (weight_tier)t : f->first;
    for (int t = TIER_VRAM; t < N_TIERS; t++) {
        f->last = m->bytes[t] > 0 ? (weight_tier)t : f->last;
        f->room[t] = f->sizes != NULL && m->bytes[t] > 0 ? free_bytes(f, m, (weight_tier)t) : 0;
    }
    if (f->sizes == NULL)
        f->last = f->first;
}

bool placement_fill(model_placement *p, const hparams *h, const placement_sizes *sizes, const placement_machine *m,
                    const double *heat)
{
    filling f = {.p = p, .h = h, .sizes = sizes, .heat = heat};
    f.home = mem_calloc(h->n_layers, sizeof *f.home);
    f.cost = mem_calloc(h->n_layers, sizeof *f.cost);
    bool ok = f.home != NULL && f.cost != NULL;
    if (ok) {
        find_room(&f, m);
        find_homes(&f);
        put_asked(&f);
        fill_layers(&f);
        ok = fill_experts(&f);
    }
    mem_free(f.home);
    mem_free(f.cost);
    return ok;
}
