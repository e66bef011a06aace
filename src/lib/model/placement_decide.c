/* placement_decide.c - the rules behind --cpu-moe, --n-cpu-moe, --n-gpu-layers and --override-tensor, the order in
 * which VRAM is filled, and which options make a model fit. */
#include "model/placement_decide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* ---- what options ask for ---------------------------------------------------------------------------------------- */

/* The tier that n_gpu_layers and n_cpu_moe give the unit that is `from_end` layers before the end, the last layer 1,
 * the output head as if it came before the first. */
static uint8_t asked_tier(const placement_machine *m, const placement_options *o, size_t from_end)
{
    const bool is_far = o->n_gpu_layers < 0 || (o->n_gpu_layers > 0 && from_end > (size_t)o->n_gpu_layers);
    if (m->bytes[TIER_VRAM] == 0 || is_far)
        return TIER_RAM;
    return o->n_gpu_layers > 0 || o->n_cpu_moe > 0 ? TIER_VRAM : TIER_UNDECIDED;
}

/* A rule's tier counts, if there is one. */
static void overrule(uint8_t *tier, uint8_t rule)
{
    if (rule != TIER_UNDECIDED)
        *tier = rule;
}

static void apply_rules(model_placement *p, const model_placement *rules)
{
    overrule(&p->embedding, rules->embedding);
    overrule(&p->output, rules->output);
    for (size_t l = 0; l < p->n_layers; l++) {
        overrule(&p->attention[l], rules->attention[l]);
        overrule(&p->ffn[l], rules->ffn[l]);
    }
    for (size_t i = 0; i < p->n_layers * p->n_expert; i++)
        overrule(&p->experts[i], rules->experts[i]);
}

/* Decides every unit that the options speak of; the others of *p stay undecided. */
static void ask(model_placement *p, const hparams *h, const placement_machine *m, const placement_options *o)
{
    p->embedding = h->ties_output ? TIER_UNDECIDED : TIER_RAM;
    p->output = asked_tier(m, o, h->n_layers + 1);
    for (size_t l = 0; l < p->n_layers; l++) {
        const bool stays = o->cpu_moe || l < (size_t)o->n_cpu_moe;
        const uint8_t tier = asked_tier(m, o, h->n_layers - l);
        p->attention[l] = p->ffn[l] = tier;
        for (size_t e = 0; e < p->n_expert; e++)
            p->experts[l * p->n_expert + e] = stays ? TIER_RAM : tier;
    }
    if (o->rules != NULL && m->bytes[TIER_VRAM] > 0)
        apply_rules(p, o->rules);
    if (h->ties_output)
        p->embedding = p->output;
}

/* ---- filling ----------------------------------------------------------------------------------------------------- */

/* One tensor is both, if the head is the embedding; its bytes are the embedding's then, and never counted twice. */
uint64_t placement_vram_bytes(const model_placement *p, const placement_sizes *sizes)
{
    uint64_t sum = p->embedding == TIER_VRAM ? sizes->embedding : 0;
    sum += p->output == TIER_VRAM ? sizes->output : 0;
    for (size_t l = 0; l < p->n_layers; l++) {
        sum += p->attention[l] == TIER_VRAM ? sizes->attention[l] : 0;
        sum += p->ffn[l] == TIER_VRAM ? sizes->ffn[l] : 0;
        for (size_t e = 0; e < p->n_expert; e++)
            sum += p->experts[l * p->n_expert + e] == TIER_VRAM ? sizes->expert[l] : 0;
    }
    return sum > 0 ? sum + sizes->working : 0;
}

/* VRAM that is still free; `all`: without sizes nothing is asked. */
typedef struct room {
    uint64_t bytes;
    bool is_endless;
} room;

/* Decides one unit; returns true if it went to VRAM. */
static bool take(room *r, uint8_t *tier, uint64_t bytes)
{
    if (*tier != TIER_UNDECIDED)
        return *tier == TIER_VRAM;
    const bool fits = r->is_endless || bytes <= r->bytes;
    *tier = fits ? TIER_VRAM : TIER_RAM;
    r->bytes -= fits && !r->is_endless ? bytes : 0;
    return fits;
}

/* What every token uses.  Neighbours stay together, so that the residual stream moves once: after the first layer that
 * does not fit, no earlier one is tried. */
static void fill_layers(model_placement *p, const placement_sizes *sizes, room *r)
{
    bool is_open = true;
    for (size_t l = p->n_layers; l-- > 0;) {
        if (p->attention[l] != TIER_UNDECIDED)
            continue;
        p->attention[l] = is_open ? TIER_UNDECIDED : TIER_RAM;
        is_open = take(r, &p->attention[l], sizes != NULL ? sizes->attention[l] : 0);
    }
    const bool is_tied = p->embedding == TIER_UNDECIDED;
    (void)take(r, &p->output, sizes == NULL ? 0 : sizes->output + (is_tied ? sizes->embedding : 0));
    if (is_tied)
        p->embedding = p->output;
    for (size_t l = p->n_layers; l-- > 0;) {
        if (p->attention[l] == TIER_RAM && p->ffn[l] == TIER_UNDECIDED)
            p->ffn[l] = TIER_RAM;
        (void)take(r, &p->ffn[l], sizes != NULL ? sizes->ffn[l] : 0);
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
static size_t list_candidates(model_placement *p, size_t first, const placement_sizes *sizes, const double *heat,
                              candidate *out)
{
    size_t n = 0;
    for (size_t i = first; i < p->n_layers * p->n_expert; i++) {
        const size_t layer = i / p->n_expert;
        const uint64_t bytes = sizes != NULL ? sizes->expert[layer] : 1;
        if (p->experts[i] != TIER_UNDECIDED)
            continue;
        if (p->attention[layer] == TIER_RAM)
            p->experts[i] = TIER_RAM;
        else
            out[n++] = (candidate){(heat != NULL ? heat[i - first] : 1) / (double)(bytes > 0 ? bytes : 1), layer,
                                   i - layer * p->n_expert};
    }
    return n;
}

static bool fill_experts(model_placement *p, const hparams *h, const placement_sizes *sizes, const double *heat,
                         room *r)
{
    candidate *const list = mem_alloc((p->n_layers * p->n_expert + 1) * sizeof *list);
    if (list == NULL)
        return false;
    const size_t first = h->n_layers_dense * p->n_expert;
    if (first > 0)
        memset(p->experts, TIER_RAM, first); // of layers that have none
    const size_t n = list_candidates(p, first, sizes, heat, list);
    qsort(list, n, sizeof *list, compare_candidates);
    for (size_t i = 0; i < n; i++)
        (void)take(r, &p->experts[list[i].layer * p->n_expert + list[i].expert],
                   sizes != NULL ? sizes->expert[list[i].layer] : 0);
    mem_free(list);
    return true;
}

/* Decides the others so that all in VRAM takes at most `budget` bytes, as far as that is not taken already.  False when
 * memory is short. */
static bool fill(model_placement *p, const hparams *h, const placement_sizes *sizes, uint64_t budget,
                 const double *heat)
{
    room r = {.is_endless = sizes == NULL};
    if (sizes != NULL) {
        const uint64_t taken = placement_vram_bytes(p, sizes);
        const uint64_t used = taken > 0 ? taken : sizes->working;
        r.bytes = budget > used ? budget - used : 0;
    }
    fill_layers(p, sizes, &r);
    return fill_experts(p, h, sizes, heat, &r);
}

bool placement_init(model_placement *p, const hparams *h, const placement_sizes *sizes, const placement_machine *m,
                    const placement_options *o)
{
    if (!placement_init_undecided(p, h))
        return false;
    ask(p, h, m, o);
    if (fill(p, h, sizes, m->bytes[TIER_VRAM], o->heat))
        return true;
    placement_free(p);
    return false;
}

bool placement_init_requested(model_placement *p, const hparams *h, const placement_sizes *sizes,
                              const placement_machine *m, const placement_options *o)
{
    placement_machine wanted = *m;
    if (o->n_gpu_layers > 0)
        wanted.bytes[TIER_VRAM] = UINT64_MAX;
    return placement_init(p, h, sizes, &wanted, o);
}

/* ---- what would fit ---------------------------------------------------------------------------------------------- */

/* Returns true if these options ask for no more VRAM than there is. */
static bool is_possible(const hparams *h, const placement_sizes *sizes, const placement_machine *m,
                        const placement_options *o)
{
    model_placement p;
    if (!placement_init(&p, h, sizes, m, o))
        return false;
    const bool fits = placement_vram_bytes(&p, sizes) <= m->bytes[TIER_VRAM];
    placement_free(&p);
    return fits;
}

void placement_suggest(char *out, size_t size, const hparams *h, const placement_sizes *sizes,
                       const placement_machine *m)
{
    const int n = (int)h->n_layers;
    out[0] = '\0';
    for (int k = 1; k <= n && h->n_expert > 0 && out[0] == '\0'; k++) {
        if (is_possible(h, sizes, m, &(placement_options){.n_cpu_moe = k}))
            snprintf(out, size, "--n-cpu-moe %d", k);
    }
    for (int k = n; k > 0 && out[0] == '\0'; k--) {
        if (is_possible(h, sizes, m, &(placement_options){.n_gpu_layers = k, .cpu_moe = h->n_expert > 0}))
            snprintf(out, size, "%s--n-gpu-layers %d", h->n_expert > 0 ? "--cpu-moe " : "", k);
    }
}

/* ---- options without effect -------------------------------------------------------------------------------------- */

/* Appends "OPTION has no effect: why" to a text that fills at most `size`. */
static void add_reason(char *out, size_t size, const char *option, int value, const char *why)
{
    const size_t n = strlen(out);
    char number[16] = "";
    if (value > 0)
        snprintf(number, sizeof number, " %d", value);
    snprintf(out + n, size - n, "%s%s%s has no effect: %s", n > 0 ? "; " : "", option, number, why);
}

void placement_explain(char *out, size_t size, const hparams *h, const placement_machine *m, const placement_options *o)
{
    static const char NO_EXPERTS[] = "this model has no experts";
    static const char NO_DEVICE[] = "there is no accelerator, all weights are in RAM";
    const bool has_accelerator = m->bytes[TIER_VRAM] > 0;
    const char *const why = h->n_expert == 0 ? NO_EXPERTS : has_accelerator ? NULL : NO_DEVICE;
    out[0] = '\0';
    if (o->cpu_moe && why != NULL)
        add_reason(out, size, "--cpu-moe", 0, why);
    if (o->n_cpu_moe > 0 && why != NULL)
        add_reason(out, size, "--n-cpu-moe", o->n_cpu_moe, why);
    if (o->n_gpu_layers > 0 && !has_accelerator)
        add_reason(out, size, "--n-gpu-layers", o->n_gpu_layers, NO_DEVICE);
    if (o->rules != NULL && !has_accelerator)
        add_reason(out, size, "--override-tensor", 0, NO_DEVICE);
    if (o->vram_bytes > 0 && !has_accelerator)
        add_reason(out, size, "--vram", 0, NO_DEVICE);
    if (o->heat != NULL && !has_accelerator)
        add_reason(out, size, "the profile of experts", 0, NO_DEVICE);
}
