/* placing.c - weights first; of what experts would fill the cache has its share, and experts make way for the room that
 * others need for a step. */
#include "engine/placing.h"

#include <stdio.h>
#include <string.h>

#include "base/size_text.h"

/* The device that has the cache; NULL: there is none. */
static const device *cache_device(const placing *p)
{
    return p->machine.bytes[TIER_VRAM] > 0 ? tiers_device(&p->m->tiers, TIER_VRAM) : NULL;
}

/* ---- weights ----------------------------------------------------------------------------------------------------- */

/* The machine without VRAM that is kept for the cache of experts. */
static placement_machine without(const placing *p, uint64_t n_kept)
{
    placement_machine rest = p->machine;
    rest.bytes[TIER_VRAM] -= n_kept;
    return rest;
}

/* Decides the placement beside that. */
static bool place(placing *p, uint64_t n_kept)
{
    model_lm *const m = p->m;
    const placement_sizes *const sizes = placement_has_vram(&p->machine) ? &p->sizes : NULL;
    const placement_machine rest = without(p, n_kept);
    placement_free(&m->requested);
    placement_free(&m->placement);
    return placement_init_requested(&m->requested, &m->h, sizes, &rest, &p->options) &&
           placement_init(&m->placement, &m->h, sizes, &rest, &p->options);
}

/* ---- experts that come for a step -------------------------------------------------------------------------------- */

/* Returns true if nothing but routed experts is in RAM in `b` that is in VRAM in `a`. */
static bool is_as_good_but_experts(const model_placement *a, const model_placement *b)
{
    bool is = tier_is_vram(a->output) <= tier_is_vram(b->output);
    for (size_t l = 0; l < a->n_layers; l++)
        is = is && tier_is_vram(a->attention[l]) <= tier_is_vram(b->attention[l]) &&
             tier_is_vram(a->ffn[l]) <= tier_is_vram(b->ffn[l]);
    return is;
}

/* Where experts stay in RAM, some VRAM is for those that come for a step.  Only experts make way for that, which would
 * otherwise be there for good. */
static bool make_room_to_stream(placing *p, uint64_t n_kept)
{
    model_lm *const m = p->m;
    const uint64_t bytes = placement_has_vram(&p->machine) ? model_lm_stream_bytes(m, p->o, &p->whole) : 0;
    const placement_machine rest = without(p, n_kept);
    model_placement with;
    if (bytes == 0 || !model_lm_has_experts_in_ram(m))
        return true;
    p->sizes.working += bytes;
    if (!placement_init(&with, &m->h, &p->sizes, &rest, &p->options))
        return false;
    if (is_as_good_but_experts(&m->placement, &with) && placement_short_device(&with, &p->sizes, &rest) == TIER_RAM) {
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

/* ---- the cache of experts ---------------------------------------------------------------------------------------- */

/* Bytes of experts in VRAM: of the cache's device, and of all. */
typedef struct expert_bytes {
    uint64_t first, all;
} expert_bytes;

/* Of a placement on this machine. */
static bool sum_experts(const placing *p, const placement_machine *machine, expert_bytes *out)
{
    const hparams *const h = &p->m->h;
    model_placement placed;
    *out = (expert_bytes){0};
    if (!placement_init(&placed, h, &p->sizes, machine, &p->options))
        return false;
    for (size_t i = 0; i < h->n_layers * h->n_expert; i++) {
        const uint64_t bytes = p->sizes.expert[i / h->n_expert];
        out->first += placed.experts[i] == TIER_VRAM ? bytes : 0;
        out->all += tier_is_vram(placed.experts[i]) ? bytes : 0;
    }
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

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Bytes of VRAM that no weights are put in, because the cache is to have them: what is asked for, or a share of what
 * the experts would fill that no option speaks of, if not all of these fit. */
static bool find_kept(const placing *p, uint64_t *out)
{
    const int64_t wanted = p->o->expert_cache_bytes;
    const uint64_t most = p->machine.bytes[TIER_VRAM] - 1; // none would be a machine without the device
    const placement_machine none = with_vram(&p->machine, 1), endless = with_vram(&p->machine, UINT64_MAX / N_TIERS);
    expert_bytes asked, filled, wished;
    *out = 0;
    if (p->m->h.n_expert == 0 || wanted < 0)
        return true;
    if (wanted > 0 && wanted != SW_EXPERT_CACHE_ALL) {
        *out = least((uint64_t)wanted, most);
        return true;
    }
    if (!sum_experts(p, &none, &asked) || !sum_experts(p, &p->machine, &filled) || !sum_experts(p, &endless, &wished))
        return false;
    if (filled.all < wished.all && filled.first > asked.first)
        *out = least((filled.first - asked.first) / (wanted == 0 ? 2 : 1), most);
    return true;
}

/* What is left of VRAM, or of what was kept, becomes slots. */
static void plan_cache(placing *p, uint64_t n_kept)
{
    model_lm *const m = p->m;
    const uint64_t used = placement_vram_bytes(&m->placement, &p->sizes, TIER_VRAM),
                   there = p->machine.bytes[TIER_VRAM];
    const uint64_t left = used < there ? there - used : 0;
    const int64_t wanted = p->o->expert_cache_bytes;
    const uint64_t most = wanted > 0 ? (uint64_t)wanted : n_kept > 0 ? left : 0;
    cache_plan_make(&m->cache_plan, &m->h, &m->placement, &p->sizes, least(most, left));
}

void placing_explain_cache(const placing *p, char *out, size_t size)
{
    static const char PREFIX[] = "--expert-cache has no effect:";
    const model_lm *const m = p->m;
    const device *const d = cache_device(p);
    const uint64_t bytes = d != NULL ? cache_plan_least(&m->h, &m->placement, &p->sizes) : 0;
    out[0] = '\0';
    if (p->o->expert_cache_bytes <= 0 || m->cache_plan.bytes > 0)
        return;
    if (m->h.n_expert == 0)
        snprintf(out, size, "%s this model has no experts", PREFIX);
    else if (d == NULL)
        snprintf(out, size, "%s there is no accelerator, all weights are in RAM", PREFIX);
    else if (bytes == 0)
        snprintf(out, size, "%s no layer that computes on %s has experts in RAM", PREFIX, d->name);
    else
        snprintf(out, size, "%s one expert of each layer takes %s", PREFIX, size_text_of(bytes).text);
}

sw_code placing_check_cache(const placing *p, sw_err *err)
{
    const int64_t wanted = p->o->expert_cache_bytes;
    const uint64_t there = p->machine.bytes[TIER_VRAM];
    placement_options options = p->options;
    model_placement offloaded;
    options.cpu_moe = true;
    if (wanted <= 0 || wanted == SW_EXPERT_CACHE_ALL || cache_device(p) == NULL)
        return SW_OK;
    if (!placement_init(&offloaded, &p->m->h, &p->sizes, &p->machine, &options))
        return sw_fail(err, SW_ENOMEM, "out of memory preparing %s", gguf_path(p->g));
    const uint64_t shared = placement_vram_bytes(&offloaded, &p->sizes, TIER_VRAM),
                   placed = placement_vram_bytes(&p->m->placement, &p->sizes, TIER_VRAM);
    const uint64_t left = there - least(shared > placed ? shared : placed, there);
    placement_free(&offloaded);
    if ((uint64_t)wanted <= left)
        return SW_OK;
    return sw_fail(err, SW_ENOMEM,
                   "--expert-cache asks for %s, but of %s of VRAM only %s are left beside what every token uses",
                   size_text_of((uint64_t)wanted).text, size_text_of(there).text, size_text_of(left).text);
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static bool place_with(placing *p, uint64_t n_kept)
{
    p->sizes.working -= p->m->stream.vram_bytes;
    p->m->stream = (model_stream){.vram_bytes = 0};
    if (!place(p, n_kept) || !make_room_to_stream(p, n_kept))
        return false;
    if (cache_device(p) != NULL)
        plan_cache(p, n_kept);
    p->m->stream.is_pinned = p->m->stream.vram_bytes + p->m->cache_plan.bytes > 0;
    return true;
}

/* What was kept for a cache and does not suffice for one goes back, unless it was asked for. */
bool placing_decide(placing *p)
{
    uint64_t n_kept = 0;
    if (cache_device(p) != NULL && !find_kept(p, &n_kept))
        return false;
    if (!place_with(p, n_kept))
        return false;
    return p->m->cache_plan.bytes > 0 || n_kept == 0 || p->o->expert_cache_bytes > 0 || place_with(p, 0);
}
