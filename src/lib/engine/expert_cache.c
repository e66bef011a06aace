/* expert_cache.c - the engine's thread changes everything; a lock is held while it does, for those who read. */
#include "engine/expert_cache.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/expert_policy.h"
#include "engine/cache_watch.h"
#include "engine/expert_slots.h"
#include "forward/gpu/gpu_backend.h"
#include "forward/gpu/gpu_slots.h"

_Static_assert((int)EXPERT_POLICY_UPLOADS_MAX <= (int)GPU_SLOT_UPLOADS_MAX,
               "the slots' queue holds one step's uploads");

struct expert_cache {
    expert_cache_options o;
    expert_policy *policy;
    gpu_slots *gpu;
    uint64_t begin_ns;                            // of the step
    expert_move moves[EXPERT_POLICY_UPLOADS_MAX]; // whose uploads are under way
    size_t n_moves;
    bool has_news; // `reason` is to be told

    pthread_mutex_t lock; // of what follows
    expert_slots slots;
    cache_watch watch;
    bool is_used;    // in the step: the experts that are held are computed on the device
    bool has_failed; // no upload works any more
    uint64_t n_hits, n_misses, n_uploads;
    char reason[sizeof((sw_expert_cache *)NULL)->reason];
};

/* ---- who computes ------------------------------------------------------------------------------------------------ */

static bool is_in_ram(const expert_cache *c, size_t l, int expert)
{
    return placement_tier(c->o.w->placement, SW_CLASS_EXPERTS, l, (size_t)expert) == TIER_RAM;
}

/* Of the experts that are held, from the next step on. */
static void use(expert_cache *c, bool is_used)
{
    for (size_t l = 0; l < c->o.h->n_layers; l++) {
        for (int e = 0; e < c->slots.n_experts; e++) {
            if (expert_slots_holds(&c->slots, l, e))
                forward_set_expert(c->o.f, l, (size_t)e, is_used ? TIER_VRAM : TIER_RAM);
        }
    }
    c->is_used = is_used;
}

void expert_cache_begin(expert_cache *c)
{
    c->begin_ns = clock_now_ns(c->o.clock);
    pthread_mutex_lock(&c->lock);
    const bool is_allowed = !c->has_failed && (!c->o.is_watched || cache_watch_allows(&c->watch, c->begin_ns));
    if (is_allowed != c->is_used)
        use(c, is_allowed);
    pthread_mutex_unlock(&c->lock);
}

/* ---- what the step used ------------------------------------------------------------------------------------------ */

/* The choice of one layer for one token. */
static void note_choice(expert_cache *c, size_t l, const int *chosen)
{
    int used[LIMIT_MODEL_EXPERTS_USED];
    size_t n = 0;
    for (size_t i = 0; i < c->o.h->n_expert_used; i++) {
        if (!is_in_ram(c, l, chosen[i]))
            continue;
        const bool is_hit = c->is_used && expert_slots_holds(&c->slots, l, chosen[i]);
        c->n_hits += is_hit;
        c->n_misses += !is_hit;
        used[n++] = chosen[i];
    }
    if (c->o.plan->n_slots[l] > 0)
        expert_policy_use(c->policy, (int)l, used, n);
}

/* All choices; the last token stays under way. */
static void note_choices(expert_cache *c, size_t n_tokens)
{
    const hparams *const h = c->o.h;
    for (size_t i = 0; i < n_tokens; i++) {
        if (i > 0)
            expert_policy_add_token(c->policy);
        for (size_t l = h->n_layers_dense; l < h->n_layers; l++)
            note_choice(c, l, forward_chosen(c->o.f, l) + i * h->n_expert_used);
    }
}

/* ---- uploads ----------------------------------------------------------------------------------------------------- */

static void fail(expert_cache *c, const sw_err *why)
{
    c->has_failed = true;
    snprintf(c->reason, sizeof c->reason, "the cache of experts ends, because an upload failed: %.160s", why->msg);
    c->has_news = true;
}

/* The experts whose uploads are done are computed on the device. */
static void admit(expert_cache *c)
{
    for (size_t i = 0; i < c->n_moves; i++) {
        const size_t l = (size_t)c->moves[i].layer;
        const int expert = c->moves[i].in;
        const gpu_expert_place place = gpu_slots_place(c->gpu, l, expert_slots_find(&c->slots, l, expert));
        expert_slots_fill(&c->slots, l, expert);
        gpu_backend_set_expert(c->o.backend, l, (size_t)expert, &place);
        if (c->is_used)
            forward_set_expert(c->o.f, l, (size_t)expert, TIER_VRAM);
    }
    c->n_uploads += c->n_moves;
    c->n_moves = 0;
}

/* One expert makes room for another, whose upload begins. */
static sw_code move(expert_cache *c, const expert_move *m, sw_err *err)
{
    const size_t l = (size_t)m->layer;
    if (m->out >= 0) {
        forward_set_expert(c->o.f, l, (size_t)m->out, TIER_RAM);
        gpu_backend_set_expert(c->o.backend, l, (size_t)m->out, NULL);
    }
    return gpu_slots_upload(c->gpu, l, expert_slots_begin(&c->slots, l, m->in, m->out), m->in, err);
}

/* Ends the step for the rule, which may ask for uploads if those before are done. */
static void go_on(expert_cache *c)
{
    sw_err err = {0};
    bool is_done = false;
    sw_code code = c->has_failed ? SW_OK : gpu_slots_poll(c->gpu, &is_done, &err);
    if (is_done)
        admit(c);
    const bool may_move = is_done && c->is_used;
    const size_t n = expert_policy_end_token(c->policy, may_move ? c->moves : NULL);
    for (size_t i = 0; i < n && code == SW_OK; i++)
        code = move(c, &c->moves[i], &err);
    c->n_moves += n;
    if (code != SW_OK)
        fail(c, &err);
}

/* ---- does it pay? ------------------------------------------------------------------------------------------------ */

/* Returns true if the step took one token of each of some sequences. */
static bool is_generation(const batch_token *tokens, size_t n)
{
    bool is = true;
    for (size_t i = 0; i < n; i++)
        is = is && tokens[i].wants_logits && (i == 0 || tokens[i].seq != tokens[i - 1].seq);
    return is;
}

static void watch(expert_cache *c, const batch_token *tokens, size_t n)
{
    const uint64_t now = clock_now_ns(c->o.clock);
    const cache_step step = {
        .n_tokens = n, .is_generation = is_generation(tokens, n), .ms = ns_to_ms(now - c->begin_ns), .end_ns = now};
    if (!c->o.is_watched || !cache_watch_add(&c->watch, &step))
        return;
    snprintf(c->reason, sizeof c->reason,
             "the cache of experts stops for %.0f minutes, because steps took %.3f ms with it and %.3f ms without it",
             (double)(c->watch.resume_ns - now) / 60e9, c->watch.with_ms, c->watch.without_ms);
    c->has_news = true;
}

void expert_cache_end(expert_cache *c, const batch_token *tokens, size_t n)
{
    pthread_mutex_lock(&c->lock);
    note_choices(c, n);
    go_on(c);
    watch(c, tokens, n);
    pthread_mutex_unlock(&c->lock);
    if (c->has_news && c->o.on_notice != NULL)
        c->o.on_notice(c->o.ud, c->reason); // which only this thread changes
    c->has_news = false;
}

/* ---- what is told ------------------------------------------------------------------------------------------------ */

static sw_expert_cache_state state_of(const expert_cache *c)
{
    if (c->has_failed)
        return SW_EXPERT_CACHE_FAILED;
    return c->watch.phase == WATCH_STOPPED ? SW_EXPERT_CACHE_STOPPED : SW_EXPERT_CACHE_ACTIVE;
}

static void list_copies(const expert_cache *c, sw_expert_cache *out)
{
    for (size_t l = 0; l < c->slots.n_layers; l++) {
        for (int e = 0; e < c->slots.n_experts; e++) {
            if (expert_slots_holds(&c->slots, l, e))
                out->copies[out->n_copies++] = (sw_expert_id){.layer = (int)l, .expert = e};
        }
    }
}

sw_expert_cache *expert_cache_read(expert_cache *c)
{
    const int n_slots = cache_plan_slots(c->o.plan, c->o.h->n_layers);
    sw_expert_cache *const out = mem_calloc(1, sizeof *out + (size_t)n_slots * sizeof *out->copies);
    if (out == NULL)
        return NULL;
    pthread_mutex_lock(&c->lock);
    *out = (sw_expert_cache){.state = state_of(c),
                             .bytes = c->o.plan->bytes,
                             .n_slots = n_slots,
                             .is_watched = c->o.is_watched,
                             .n_hits = c->n_hits,
                             .n_misses = c->n_misses,
                             .n_uploads = c->n_uploads,
                             .n_upload_bytes = gpu_slots_uploaded(c->gpu),
                             .n_trials = c->watch.n_trials,
                             .n_stops = c->watch.n_stops,
                             .with_ms = c->watch.with_ms,
                             .without_ms = c->watch.without_ms,
                             .copies = (sw_expert_id *)(out + 1)};
    if (out->state != SW_EXPERT_CACHE_ACTIVE)
        memcpy(out->reason, c->reason, sizeof out->reason);
    list_copies(c, out);
    pthread_mutex_unlock(&c->lock);
    return out;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static expert_policy_options policy_options(const expert_cache_options *o)
{
    return (expert_policy_options){.n_layers = (int)o->h->n_layers,
                                   .n_experts = (int)o->h->n_expert,
                                   .capacity = o->plan->capacity,
                                   .half_life = EXPERT_POLICY_HALF_LIFE,
                                   .margin = EXPERT_POLICY_MARGIN,
                                   .uploads_max = EXPERT_POLICY_UPLOADS_MAX};
}

static sw_code open_parts(expert_cache *c, sw_err *err)
{
    const expert_cache_options *const o = &c->o;
    const expert_policy_options policy = policy_options(o);
    c->policy = expert_policy_create(&policy);
    if (!expert_slots_init(&c->slots, o->h->n_layers, (int)o->h->n_expert, o->plan->n_slots) || c->policy == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the cache of experts");
    return gpu_slots_open(&c->gpu,
                          &(gpu_slots_options){.h = o->h,
                                               .w = o->w,
                                               .device = o->device,
                                               .is_pinned = o->is_pinned,
                                               .n_slots = o->plan->n_slots,
                                               .slot_bytes = o->plan->slot_bytes},
                          err);
}

sw_code expert_cache_open(expert_cache **out, const expert_cache_options *o, sw_err *err)
{
    expert_cache *const c = mem_calloc(1, sizeof *c);
    *out = NULL;
    if (c == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the cache of experts");
    c->o = *o;
    pthread_mutex_init(&c->lock, NULL);
    cache_watch_init(&c->watch);
    const sw_code code = open_parts(c, err);
    if (code == SW_OK)
        *out = c;
    else
        expert_cache_close(c);
    return code;
}

void expert_cache_close(expert_cache *c)
{
    if (c == NULL)
        return;
    gpu_slots_close(c->gpu);
    expert_slots_free(&c->slots);
    expert_policy_free(c->policy);
    pthread_mutex_destroy(&c->lock);
    mem_free(c);
}

size_t expert_cache_ram_bytes(const cache_plan *plan, const hparams *h, bool is_pinned)
{
    const size_t per_expert = sizeof(double) + 2 * sizeof(bool) + sizeof(int) + sizeof(bool);
    if (plan->bytes == 0)
        return 0;
    return sizeof(expert_cache) + h->n_layers * h->n_expert * per_expert + gpu_slots_pinned_bytes(is_pinned);
}
