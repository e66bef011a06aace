/* placement.c - the rule behind --cpu-moe, --n-cpu-moe and --n-gpu-layers, and look-ups in the table that it fills. */
#include "model/placement.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

static bool has_accelerator(const placement_machine *m)
{
    return m->bytes[TIER_VRAM] > 0;
}

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
    const char *const why = h->n_expert == 0 ? NO_EXPERTS : has_accelerator(m) ? NULL : NO_DEVICE;
    out[0] = '\0';
    if (o->cpu_moe && why != NULL)
        add_reason(out, size, "--cpu-moe", 0, why);
    if (o->n_cpu_moe > 0 && why != NULL)
        add_reason(out, size, "--n-cpu-moe", o->n_cpu_moe, why);
    if (o->n_gpu_layers > 0 && !has_accelerator(m))
        add_reason(out, size, "--n-gpu-layers", o->n_gpu_layers, NO_DEVICE);
}

/* What is not in VRAM because of n_gpu_layers is as if there were no accelerator. */
static weight_tier nearest(const placement_machine *m, const placement_options *o, size_t n_layers, size_t layer)
{
    const size_t n = (size_t)(o->n_gpu_layers > 0 ? o->n_gpu_layers : 0);
    const bool is_far = o->n_gpu_layers < 0 || (n > 0 && layer + n < n_layers);
    return has_accelerator(m) && !is_far ? TIER_VRAM : TIER_RAM;
}

bool placement_init(model_placement *p, const hparams *h, const placement_machine *m, const placement_options *o)
{
    *p = (model_placement){.n_layers = h->n_layers,
                           .n_expert = h->n_expert,
                           // It is next to the last layer, and the first to be left out.
                           .embedding = nearest(m, o, h->n_layers + 1, 0),
                           .attention = mem_alloc(h->n_layers),
                           .ffn = mem_alloc(h->n_layers),
                           .experts = mem_alloc(h->n_layers * h->n_expert)};
    if (p->attention == NULL || p->ffn == NULL || p->experts == NULL) {
        placement_free(p);
        return false;
    }
    for (size_t l = 0; l < h->n_layers; l++) {
        const weight_tier near = nearest(m, o, h->n_layers, l);
        const bool stays = o->cpu_moe || l < (size_t)o->n_cpu_moe;
        // A weight_tier is a byte there, so that a layer's experts are one row of bytes.
        p->attention[l] = p->ffn[l] = (uint8_t)near;
        memset(p->experts + l * h->n_expert, stays ? TIER_RAM : near, h->n_expert);
    }
    return true;
}

bool placement_init_requested(model_placement *p, const hparams *h, const placement_machine *m,
                              const placement_options *o)
{
    placement_machine wanted = *m;
    if (o->n_gpu_layers > 0)
        wanted.bytes[TIER_VRAM] = UINT64_MAX;
    return placement_init(p, h, &wanted, o);
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
