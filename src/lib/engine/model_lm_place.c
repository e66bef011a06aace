/* model_lm_place.c - decides from the header where a model's weights are to be: what the options ask for, what fits the
 * accelerator, and what to say when it does not. */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/size_text.h"
#include "base/sysinfo.h"
#include "engine/model_lm.h"
#include "engine/placing.h"
#include "model/placement_rules.h"

static sw_code out_of_memory(const placing *p, sw_err *err)
{
    return sw_fail(err, SW_ENOMEM, "out of memory preparing %s", gguf_path(p->g));
}

/* What the options allow of device i; 0: what is free. */
static uint64_t wanted_of(const sw_engine_options *o, int i)
{
    return o->vram_list != NULL ? o->vram_list[i] : o->vram_bytes;
}

static bool wants_vram(const sw_engine_options *o)
{
    bool wants = o->vram_list == NULL && o->vram_bytes > 0;
    for (int i = 0; i < o->n_vram && o->vram_list != NULL; i++)
        wants = wants || o->vram_list[i] > 0;
    return wants;
}

/* The bytes of each tier that the model may fill. */
static sw_code find_machine(placing *p, sw_err *err)
{
    const engine_tiers *const t = &p->m->tiers;
    const device_names names = tiers_names(t);
    p->machine.bytes[TIER_RAM] = sysinfo_memory_available().bytes;
    if (p->o->vram_list != NULL && t->n_devices > 0 && t->n_devices != p->o->n_vram)
        return sw_fail(err, SW_EINVAL,
                       "--vram has %d sizes, but there are %d devices: give one for each, or one for all", p->o->n_vram,
                       t->n_devices);
    for (int i = 0; i < t->n_devices; i++) {
        const uint64_t wanted = wanted_of(p->o, i), free_bytes = t->devices[i].vram_bytes;
        if (wanted > free_bytes && free_bytes > 0)
            return sw_fail(err, SW_ENOMEM, "--vram asks for %s of %s, but only %s of it are free",
                           size_text_of(wanted).text, names.names[i], size_text_of(free_bytes).text);
        const uint64_t bytes = wanted > 0 && free_bytes > 0 ? wanted : free_bytes;
        p->machine.bytes[tier_of_device(i)] = bytes;
        if (t->devices[i].device != NULL)
            t->devices[i].device->budget = (size_t)bytes; // whatever was planned, no more is taken
    }
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
    const device_names names = tiers_names(&m->tiers);
    sw_code code = placement_rules_parse(p->o->override_tensors, &names, &rules, err);
    if (code != SW_OK)
        return code;
    if (placement_has_vram(&p->machine))
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

static sw_code decide(placing *p, sw_err *err)
{
    sw_code code = placement_has_vram(&p->machine) ? measure(p, err) : SW_OK;
    if (code == SW_OK)
        code = check_heat(p, err);
    if (code == SW_OK && p->o->override_tensors != NULL)
        code = decide_rules(p, err);
    return code != SW_OK || placing_decide(p) ? code : out_of_memory(p, err);
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
    char why[sizeof m->placement_note], cache[192];
    placement_explain(why, sizeof why, &m->h, &p->machine, &p->options);
    model_lm_explain_stream(m, o, why, sizeof why);
    placing_explain_cache(p, cache, sizeof cache);
    add_note(m, why);
    add_note(m, cache);
    const bool is_given = o->cpu_moe || o->n_cpu_moe > 0 || o->n_gpu_layers != 0 || wants_vram(o) ||
                          o->override_tensors != NULL || o->expert_heat != NULL || o->expert_cache_bytes != 0 ||
                          o->stream_tokens != 0;
    m->placement_effect = why[0] != '\0' || cache[0] != '\0' ? "none" : is_given ? "full" : "default";
    return o->is_strict && m->placement_note[0] != '\0' ? sw_fail(err, SW_EINVAL, "%s", m->placement_note) : SW_OK;
}

/* What the options ask for fits every device; else the error says what would. */
static sw_code check_room(const placing *p, sw_err *err)
{
    char advice[64];
    const model_lm *const m = p->m;
    const bool has_accelerator = placement_has_vram(&p->machine);
    const weight_tier at = has_accelerator ? placement_short_device(&m->placement, &p->sizes, &p->machine) : TIER_RAM;
    if (at == TIER_RAM)
        return SW_OK;
    const device_names names = tiers_names(&m->tiers);
    const bool is_one = m->tiers.n_devices == 1;
    placement_suggest(advice, sizeof advice, &m->h, &p->sizes, &p->machine);
    return sw_fail(
        err, SW_ENOMEM,
        "%s needs %s of VRAM with these options%s%s (with keys and values of %d sequences of %d tokens, and %s to work "
        "in), but may take only %s%s%s%s%s",
        gguf_path(p->g), size_text_of(placement_vram_bytes(&m->placement, &p->sizes, at)).text, is_one ? "" : " on ",
        is_one ? "" : names.names[tier_device(at)], m->lm.n_seqs, m->lm.n_ctx, size_text_of(p->sizes.working).text,
        size_text_of(p->machine.bytes[at]).text, is_one ? "" : " there", advice[0] != '\0' ? "; it fits with " : "",
        advice, advice[0] != '\0' ? "" : "; a smaller --ctx-size or --parallel, or --kv-type q8_0 lowers it");
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
                             .has_vram_bytes = wants_vram(o),
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
        code = placing_check_cache(&p, err);
    if (code == SW_OK && tiers->place != NULL)
        tiers->place(tiers->ud, &m->h, &m->placement);
    placement_free(&p.rules);
    placement_sizes_free(&p.sizes);
    weights_free(&p.whole);
    return code;
}
