/* placement_decide.c - the rules behind --cpu-moe, --n-cpu-moe, --n-gpu-layers and --override-tensor, and which options
 * make a model fit; placement_fill.c finds the devices. */
#include "model/placement_decide.h"

#include <stdio.h>
#include <string.h>

#include "model/placement_fill.h"

/* ---- what options ask for ---------------------------------------------------------------------------------------- */

/* The tier that n_gpu_layers and n_cpu_moe give the unit that is `from_end` layers before the end, the last layer 1,
 * the output head as if it came before the first. */
static uint8_t asked_tier(const placement_machine *m, const placement_options *o, size_t from_end)
{
    const bool is_far = o->n_gpu_layers < 0 || (o->n_gpu_layers > 0 && from_end > (size_t)o->n_gpu_layers);
    if (!placement_has_vram(m) || is_far)
        return TIER_RAM;
    return o->n_gpu_layers > 0 || o->n_cpu_moe > 0 ? TIER_ANY : TIER_UNDECIDED;
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
    if (o->rules != NULL && placement_has_vram(m))
        apply_rules(p, o->rules);
    if (h->ties_output)
        p->embedding = p->output;
}

/* ---- placements -------------------------------------------------------------------------------------------------- */

bool placement_init(model_placement *p, const hparams *h, const placement_sizes *sizes, const placement_machine *m,
                    const placement_options *o)
{
    if (!placement_init_undecided(p, h))
        return false;
    ask(p, h, m, o);
    if (placement_fill(p, h, sizes, m, o->heat))
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
    const bool fits = placement_short_device(&p, sizes, m) == TIER_RAM;
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
    const bool has_accelerator = placement_has_vram(m);
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
    if (o->has_vram_bytes && !has_accelerator)
        add_reason(out, size, "--vram", 0, NO_DEVICE);
    if (o->heat != NULL && !has_accelerator)
        add_reason(out, size, "the profile of experts", 0, NO_DEVICE);
}
