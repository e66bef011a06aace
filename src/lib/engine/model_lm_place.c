/* model_lm_place.c - decides from the header where a model's weights are to be: what the options ask for, what fits the
 * accelerator, and what to say when it does not. */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/size_text.h"
#include "base/sysinfo.h"
#include "engine/model_lm.h"
#include "engine/model_lm_state.h"
#include "model/placement_decide.h"
#include "model/placement_rules.h"
#include "model/placement_sizes.h"

/* What deciding needs, and frees. */
typedef struct placing {
    model_lm *m;
    const gguf_file *g;
    const sw_engine_options *o;
    placement_machine machine;
    placement_options options;
    model_weights whole; // the plan of the model with everything in RAM
    placement_sizes sizes;
    model_placement rules;
} placing;

static sw_code out_of_memory(const placing *p, sw_err *err)
{
    return sw_fail(err, SW_ENOMEM, "out of memory preparing %s", gguf_path(p->g));
}

/* The bytes of each tier that the model may fill. */
static sw_code find_machine(placing *p, sw_err *err)
{
    engine_device *const d = &p->m->tiers.devices[0];
    const uint64_t wanted = p->o->vram_bytes, free_bytes = d->vram_bytes;
    if (wanted > free_bytes && free_bytes > 0)
        return sw_fail(err, SW_ENOMEM, "--vram asks for %s, but only %s of the accelerator are free",
                       size_text_of(wanted).text, size_text_of(free_bytes).text);
    p->machine.bytes[TIER_RAM] = sysinfo_memory_available().bytes;
    p->machine.bytes[TIER_VRAM] = wanted > 0 && free_bytes > 0 ? wanted : free_bytes;
    if (d->device != NULL)
        d->device->budget = (size_t)p->machine.bytes[TIER_VRAM]; // whatever was planned, no more is taken
    return SW_OK;
}

/* Bytes of what stays together. */
static sw_code measure(placing *p, sw_err *err)
{
    const hparams *const h = &p->m->h;
    uint64_t kv[LIMIT_MODEL_LAYERS];
    const sw_code code = weights_plan(p->g, h, NULL, &p->whole, err);
    if (code != SW_OK)
        return code;
    const tier_load load = model_lm_tier_load(p->m);
    const uint64_t working = tiers_working_bytes(&p->m->tiers, &load);
    model_lm_kv_bytes_by_layer(p->m, kv);
    return placement_sizes_init(&p->sizes, h, &p->whole, kv, working) ? SW_OK : out_of_memory(p, err);
}

/* The rules of --override-tensor; what is odd about them is noted. */
static sw_code decide_rules(placing *p, sw_err *err)
{
    placement_rules *rules;
    model_lm *const m = p->m;
    sw_code code = placement_rules_parse(p->o->override_tensors, &rules, err);
    if (code != SW_OK)
        return code;
    if (p->machine.bytes[TIER_VRAM] > 0)
        code = placement_rules_decide(rules, &m->h, &p->whole, &p->rules, m->placement_note, sizeof m->placement_note,
                                      err);
    placement_rules_free(rules);
    p->options.rules = &p->rules;
    return code;
}

/* Uses of experts are told for the layers that have any. */
static sw_code check_heat(const placing *p, sw_err *err)
{
    const hparams *const h = &p->m->h;
    const size_t n_layers = h->n_layers - h->n_layers_dense;
    if (p->o->expert_heat == NULL ||
        ((size_t)p->o->heat_layers == n_layers && (size_t)p->o->heat_experts == h->n_expert))
        return SW_OK;
    return sw_fail(err, SW_EINVAL,
                   "the profile of experts is of a model with %d layers of %d experts; %s has %zu layers of %zu",
                   p->o->heat_layers, p->o->heat_experts, gguf_path(p->g), h->n_expert > 0 ? n_layers : 0, h->n_expert);
}

/* The machine without VRAM that is kept for the cache of experts. */
static placement_machine without(const placing *p, uint64_t n_kept)
{
    placement_machine rest = p->machine;
    rest.bytes[TIER_VRAM] -= n_kept;
    return rest;
}

/* Decides the placement beside that.  False when memory is short. */
static bool place(placing *p, uint64_t n_kept)
{
    model_lm *const m = p->m;
    const placement_sizes *const sizes = p->machine.bytes[TIER_VRAM] > 0 ? &p->sizes : NULL;
    const placement_machine rest = without(p, n_kept);
    placement_free(&m->requested);
    placement_free(&m->placement);
    return placement_init_requested(&m->requested, &m->h, sizes, &rest, &p->options) &&
           placement_init(&m->placement, &m->h, sizes, &rest, &p->options);
}

/* Returns true if all but the routed experts is where it was. */
static bool is_same_but_experts(const model_placement *a, const model_placement *b)
{
    return a->embedding == b->embedding && a->output == b->output &&
           memcmp(a->attention, b->attention, a->n_layers) == 0 && memcmp(a->ffn, b->ffn, a->n_layers) == 0;
}

/* Where experts stay in RAM, some VRAM is for those that come for a step.  Only experts make way for that, which would
 * otherwise be there for good.  False when memory is short. */
static bool make_room_to_stream(placing *p, uint64_t n_kept)
{
    model_lm *const m = p->m;
    const uint64_t bytes = model_lm_stream_bytes(m, p->o, &p->whole);
    const placement_machine rest = without(p, n_kept);
    model_placement with;
    if (bytes == 0 || !model_lm_has_experts_in_ram(m))
        return true;
    p->sizes.working += bytes;
    if (!placement_init(&with, &m->h, &p->sizes, &rest, &p->options))
        return false;
    if (is_same_but_experts(&with, &m->placement) && placement_vram_bytes(&with, &p->sizes) <= rest.bytes[TIER_VRAM]) {
        placement_free(&m->placement);
        m->placement = with;
        m->stream.vram_bytes = bytes;
        m->stream.n_tokens = p->o->stream_tokens;
        return true;
    }
    p->sizes.working -= bytes;
    placement_free(&with);
    return true;
}

/* Bytes of the experts that are in VRAM if so much of each device's may be filled.  False when memory is short. */
static bool expert_bytes_within(const placing *p, const placement_machine *machine, uint64_t *out)
{
    const hparams *const h = &p->m->h;
    model_placement placed;
    if (!placement_init(&placed, h, &p->sizes, machine, &p->options))
        return false;
    *out = 0;
    for (size_t i = 0; i < h->n_layers * h->n_expert; i++)
        *out += tier_is_vram(placed.experts[i]) ? p->sizes.expert[i / h->n_expert] : 0;
    placement_free(&placed);
    return true;
}

/* The machine with so much VRAM on each device that it has. */
static placement_machine with_vram(const placement_machine *m, uint64_t bytes)
{
    placement_machine other = *m;
    for (int t = TIER_VRAM; t < N_TIERS; t++)
        other.bytes[t] = m->bytes[t] > 0 ? bytes : 0;
    return other;
}

/* Bytes of VRAM that no weights are put in, because the cache of experts is to have them: what is asked for, or a share
 * of what the experts would fill that no option speaks of, if not all of these fit.  False when memory is short. */
static bool find_kept(const placing *p, uint64_t *out)
{
    const int64_t wanted = p->o->expert_cache_bytes;
    const uint64_t there = p->machine.bytes[TIER_VRAM];
    const bool is_share = wanted == 0 || wanted == SW_EXPERT_CACHE_ALL;
    const placement_machine none = with_vram(&p->machine, 1), endless = with_vram(&p->machine, UINT64_MAX / N_TIERS);
    uint64_t asked, filled, all;
    *out = is_share || wanted < 0 ? 0 : (uint64_t)wanted < there ? (uint64_t)wanted : there - 1;
    if (!is_share || p->m->h.n_expert == 0)
        return true;
    if (!expert_bytes_within(p, &none, &asked) || !expert_bytes_within(p, &p->machine, &filled) ||
        !expert_bytes_within(p, &endless, &all))
        return false;
    if (filled < all)
        *out = (filled - asked) / (wanted == 0 ? 2 : 1);
    *out = *out < there ? *out : there - 1; // of several devices only the first has a cache
    return true;
}

/* What is left of VRAM, or of what was kept, becomes slots. */
static void plan_cache(placing *p, uint64_t n_kept)
{
    model_lm *const m = p->m;
    const uint64_t used = placement_vram_bytes(&m->placement, &p->sizes), there = p->machine.bytes[TIER_VRAM];
    const uint64_t left = used < there ? there - used : 0;
    const int64_t wanted = p->o->expert_cache_bytes;
    const uint64_t most = wanted > 0 ? (uint64_t)wanted : n_kept > 0 ? left : 0;
    cache_plan_make(&m->cache_plan, &m->h, &m->placement, &p->sizes, most < left ? most : left);
}

/* The placement, and beside it room for experts that come for a step and for the cache. */
static bool place_with(placing *p, uint64_t n_kept)
{
    p->sizes.working -= p->m->stream.vram_bytes;
    p->m->stream = (model_stream){.vram_bytes = 0};
    if (!place(p, n_kept) || !make_room_to_stream(p, n_kept))
        return false;
    plan_cache(p, n_kept);
    p->m->stream.is_pinned = p->m->stream.vram_bytes + p->m->cache_plan.bytes > 0;
    return true;
}

/* What was kept for a cache and does not suffice for one goes back, unless it was asked for. */
static bool place_all(placing *p)
{
    uint64_t n_kept;
    if (tiers_device(&p->m->tiers, TIER_VRAM) == NULL)
        return place(p, 0);
    if (!find_kept(p, &n_kept) || !place_with(p, n_kept))
        return false;
    return p->m->cache_plan.bytes > 0 || n_kept == 0 || p->o->expert_cache_bytes > 0 || place_with(p, 0);
}

static sw_code decide(placing *p, sw_err *err)
{
    sw_code code = p->machine.bytes[TIER_VRAM] > 0 ? measure(p, err) : SW_OK;
    if (code == SW_OK)
        code = check_heat(p, err);
    if (code == SW_OK && p->o->override_tensors != NULL)
        code = decide_rules(p, err);
    return code != SW_OK || place_all(p) ? code : out_of_memory(p, err);
}

/* Why there is no cache of experts although one was asked for. */
static void explain_cache(char *out, size_t size, const placing *p)
{
    const model_lm *const m = p->m;
    static const char PREFIX[] = "--expert-cache has no effect:";
    const bool is_measured = p->machine.bytes[TIER_VRAM] > 0;
    const uint64_t least = is_measured ? cache_plan_least(&m->h, &m->placement, &p->sizes) : 0;
    if (m->h.n_expert == 0)
        snprintf(out, size, "%s this model has no experts", PREFIX);
    else if (tiers_device(&m->tiers, TIER_VRAM) == NULL)
        snprintf(out, size, "%s there is no accelerator, all weights are in RAM", PREFIX);
    else if (least == 0)
        snprintf(out, size, "%s no layer that computes on %s has experts in RAM", PREFIX,
                 tiers_device(&m->tiers, TIER_VRAM)->name);
    else
        snprintf(out, size, "%s one expert of each layer takes %s", PREFIX, size_text_of(least).text);
}

/* Adds a sentence to the model's note. */
static void add_note(model_lm *m, const char *text)
{
    const size_t n = strlen(m->placement_note);
    if (text[0] != '\0')
        snprintf(m->placement_note + n, sizeof m->placement_note - n, "%s%s", n > 0 ? "; " : "", text);
}

/* Says what has no effect, or, if options are strict, refuses it. */
static sw_code note(placing *p, sw_err *err)
{
    model_lm *const m = p->m;
    const sw_engine_options *const o = p->o;
    char why[sizeof m->placement_note], cache[160] = "";
    placement_explain(why, sizeof why, &m->h, &p->machine, &p->options);
    model_lm_explain_stream(m, o, why, sizeof why);
    if (o->expert_cache_bytes > 0 && m->cache_plan.bytes == 0)
        explain_cache(cache, sizeof cache, p);
    add_note(m, why);
    add_note(m, cache);
    const bool is_given = o->cpu_moe || o->n_cpu_moe > 0 || o->n_gpu_layers != 0 || o->vram_bytes > 0 ||
                          o->override_tensors != NULL || o->expert_heat != NULL || o->expert_cache_bytes != 0 ||
                          o->stream_tokens != 0;
    m->placement_effect = why[0] != '\0' || cache[0] != '\0' ? "none" : is_given ? "full" : "default";
    return o->is_strict && m->placement_note[0] != '\0' ? sw_fail(err, SW_EINVAL, "%s", m->placement_note) : SW_OK;
}

/* What the options ask for fits the accelerator; else the error says what would. */
static sw_code check_room(const placing *p, sw_err *err)
{
    char advice[64];
    const uint64_t there = p->machine.bytes[TIER_VRAM];
    const uint64_t needed = there > 0 ? placement_vram_bytes(&p->m->placement, &p->sizes) : 0;
    if (needed <= there)
        return SW_OK;
    placement_suggest(advice, sizeof advice, &p->m->h, &p->sizes, &p->machine);
    return sw_fail(
        err, SW_ENOMEM,
        "%s needs %s of VRAM with these options (with keys and values of %d sequences of %d tokens, and %s to work "
        "in), but may take only %s%s%s%s",
        gguf_path(p->g), size_text_of(needed).text, p->m->lm.n_seqs, p->m->lm.n_ctx,
        size_text_of(p->sizes.working).text, size_text_of(there).text, advice[0] != '\0' ? "; it fits with " : "",
        advice, advice[0] != '\0' ? "" : "; a smaller --ctx-size or --parallel, or --kv-type q8_0 lowers it");
}

/* The cache that is asked for fits beside what every token uses and what options put in VRAM. */
static sw_code check_cache(const placing *p, sw_err *err)
{
    const int64_t wanted = p->o->expert_cache_bytes;
    const uint64_t there = p->machine.bytes[TIER_VRAM];
    placement_options options = p->options;
    model_placement without;
    options.cpu_moe = true;
    if (wanted <= 0 || wanted == SW_EXPERT_CACHE_ALL || tiers_device(&p->m->tiers, TIER_VRAM) == NULL)
        return SW_OK;
    if (!placement_init(&without, &p->m->h, &p->sizes, &p->machine, &options))
        return out_of_memory(p, err);
    const uint64_t shared = placement_vram_bytes(&without, &p->sizes),
                   placed = placement_vram_bytes(&p->m->placement, &p->sizes);
    const uint64_t used = shared > placed ? shared : placed;
    placement_free(&without);
    if (used <= there && (uint64_t)wanted <= there - used)
        return SW_OK;
    return sw_fail(err, SW_ENOMEM,
                   "--expert-cache asks for %s, but of %s of VRAM only %s are left beside what every token uses",
                   size_text_of((uint64_t)wanted).text, size_text_of(there).text,
                   size_text_of(used < there ? there - used : 0).text);
}

sw_code model_lm_place(model_lm *m, const gguf_file *g, const sw_engine_options *o, sw_err *err)
{
    const engine_tiers *const tiers = &m->tiers;
    placing p = {.m = m,
                 .g = g,
                 .o = o,
                 .options = {.cpu_moe = o->cpu_moe,
                             .n_cpu_moe = o->n_cpu_moe,
                             .n_gpu_layers = o->n_gpu_layers,
                             .vram_bytes = o->vram_bytes,
                             .heat = o->expert_heat}};
    sw_code code = find_machine(&p, err);
    if (code == SW_OK)
        code = decide(&p, err);
    if (code == SW_OK)
        code = note(&p, err);
    if (code == SW_OK)
        add_note(m, m->tiers.note); // a device that is there and not used, which no option asked for
    if (code == SW_OK)
        code = check_room(&p, err);
    if (code == SW_OK)
        code = check_cache(&p, err);
    if (code == SW_OK && tiers->place != NULL)
        tiers->place(tiers->ud, &m->h, &m->placement);
    placement_free(&p.rules);
    placement_sizes_free(&p.sizes);
    weights_free(&p.whole);
    return code;
}
