/* cache_policy.c - one layer after the other; the adaptive rule, whose uploads all layers share, token by token. */
#include "cache/cache_policy.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

const char *cache_rule_name(cache_rule rule)
{
    static const char *const NAMES[N_CACHE_RULES] = {"static", "hindsight", "LRU", "LFU", "adaptive", "optimum"};
    return NAMES[rule];
}

/* The cache of one layer. */
typedef struct layer_cache {
    const cache_setting *s;
    int layer;  // its place in the trace
    bool *held; // (n_experts)
    int n_held;
    uint64_t *counts; // (n_experts): uses so far, or of a half
    size_t *last;     // (n_experts): when it was used last, a number that rises with every use; 0: never
    size_t *next;     // (n_experts): the token that uses it next; n_tokens: none does
    size_t *next_of;  // (n_tokens, n_used): the token that uses the same expert next
    size_t clock;
    uint64_t n_hits, n_uploads;
} layer_cache;

static size_t split_of(const router_trace *t)
{
    return t->n_tokens / 2;
}

/* ---- the held ones ---------------------------------------------------------------------------------------------- */

static void hold(layer_cache *c, int expert)
{
    c->held[expert] = true;
    c->n_held++;
}

static void drop(layer_cache *c, int expert)
{
    c->held[expert] = false;
    c->n_held--;
}

/* Holds the experts with the highest counts; of equals the first. */
static void hold_most_used(layer_cache *c)
{
    for (int k = 0; k < c->s->capacity; k++) {
        int best = -1;
        for (int x = 0; x < c->s->n_experts; x++) {
            if (!c->held[x] && (best < 0 || c->counts[x] > c->counts[best]))
                best = x;
        }
        hold(c, best);
    }
}

static void count_hits(layer_cache *c, const uint16_t *used)
{
    for (int i = 0; i < c->s->trace->n_used; i++)
        c->n_hits += c->held[used[i]];
}

/* ---- static ----------------------------------------------------------------------------------------------------- */

static void run_static(layer_cache *c, bool is_hindsight)
{
    const router_trace *const t = c->s->trace;
    const size_t split = split_of(t);
    const size_t first = is_hindsight ? split : 0, end = is_hindsight ? t->n_tokens : split;
    for (size_t token = first; token < end; token++) {
        for (int i = 0; i < t->n_used; i++)
            c->counts[router_trace_at(t, c->layer, token)[i]]++;
    }
    hold_most_used(c);
    for (size_t token = split; token < t->n_tokens; token++)
        count_hits(c, router_trace_at(t, c->layer, token));
}

/* ---- LRU and LFU ------------------------------------------------------------------------------------------------ */

/* The held expert that makes room. */
static int victim_of(const layer_cache *c, bool is_lfu)
{
    int victim = -1;
    for (int x = 0; x < c->s->n_experts; x++) {
        if (!c->held[x])
            continue;
        const bool is_older = victim < 0 || c->last[x] < c->last[victim];
        const bool is_rarer = victim < 0 || c->counts[x] < c->counts[victim];
        if (is_lfu ? is_rarer || (c->counts[x] == c->counts[victim] && is_older) : is_older)
            victim = x;
    }
    return victim;
}

/* Uses one expert, and uploads it if it is not held. */
static void use_one(layer_cache *c, int expert, bool is_lfu, bool counts)
{
    if (!c->held[expert] && c->s->capacity > 0) {
        if (c->n_held == c->s->capacity)
            drop(c, victim_of(c, is_lfu));
        hold(c, expert);
        c->n_uploads += counts;
    }
    c->counts[expert]++;
    c->last[expert] = ++c->clock;
}

static void run_recent(layer_cache *c, bool is_lfu)
{
    const router_trace *const t = c->s->trace;
    for (size_t token = 0; token < t->n_tokens; token++) {
        const uint16_t *const used = router_trace_at(t, c->layer, token);
        const bool counts = token >= split_of(t);
        if (counts)
            count_hits(c, used);
        for (int i = 0; i < t->n_used; i++)
            use_one(c, used[i], is_lfu, counts);
    }
}

/* ---- optimum ---------------------------------------------------------------------------------------------------- */

/* Fills next_of, and leaves in `next` the first use of each expert from the second half on. */
static void look_ahead(layer_cache *c)
{
    const router_trace *const t = c->s->trace;
    for (int x = 0; x < c->s->n_experts; x++)
        c->next[x] = t->n_tokens;
    for (size_t token = t->n_tokens; token-- > split_of(t);) {
        const uint16_t *const used = router_trace_at(t, c->layer, token);
        for (int i = 0; i < t->n_used; i++) {
            c->next_of[token * (size_t)t->n_used + (size_t)i] = c->next[used[i]];
            c->next[used[i]] = token;
        }
    }
}

/* The held expert whose next use is the farthest; -1: none is held. */
static int farthest(const layer_cache *c)
{
    int found = -1;
    for (int x = 0; x < c->s->n_experts; x++) {
        if (c->held[x] && (found < 0 || c->next[x] > c->next[found]))
            found = x;
    }
    return found;
}

/* Holds an expert if there is room, or if it is used sooner than one that is held. */
static void offer(layer_cache *c, int expert, bool counts)
{
    const int other = c->n_held < c->s->capacity ? -1 : farthest(c);
    if (c->held[expert] || c->s->capacity == 0 || (other >= 0 && c->next[other] <= c->next[expert]))
        return;
    if (other >= 0)
        drop(c, other);
    hold(c, expert);
    c->n_uploads += counts;
}

static void run_optimum(layer_cache *c)
{
    const router_trace *const t = c->s->trace;
    look_ahead(c);
    for (int x = 0; x < c->s->n_experts; x++)
        offer(c, x, /*counts=*/false);
    for (size_t token = split_of(t); token < t->n_tokens; token++) {
        const uint16_t *const used = router_trace_at(t, c->layer, token);
        count_hits(c, used);
        for (int i = 0; i < t->n_used; i++)
            c->next[used[i]] = c->next_of[token * (size_t)t->n_used + (size_t)i];
        for (int i = 0; i < t->n_used; i++)
            offer(c, used[i], /*counts=*/true);
    }
}

/* ---- layer by layer --------------------------------------------------------------------------------------------- */

static void layer_free(layer_cache *c)
{
    mem_free(c->held);
    mem_free(c->counts);
    mem_free(c->last);
    mem_free(c->next);
    mem_free(c->next_of);
}

static bool layer_alloc(layer_cache *c)
{
    const size_t n = (size_t)c->s->n_experts, n_used = (size_t)c->s->trace->n_used;
    c->held = mem_calloc(n, sizeof *c->held);
    c->counts = mem_calloc(n, sizeof *c->counts);
    c->last = mem_calloc(n, sizeof *c->last);
    c->next = mem_calloc(n, sizeof *c->next);
    c->next_of = mem_calloc(c->s->trace->n_tokens * n_used, sizeof *c->next_of);
    return c->held != NULL && c->counts != NULL && c->last != NULL && c->next != NULL && c->next_of != NULL;
}

static void run_layer(layer_cache *c, cache_rule rule)
{
    if (rule == CACHE_STATIC || rule == CACHE_HINDSIGHT)
        run_static(c, rule == CACHE_HINDSIGHT);
    else if (rule == CACHE_OPTIMUM)
        run_optimum(c);
    else
        run_recent(c, rule == CACHE_LFU);
}

static sw_code run_layers(cache_outcome *out, const cache_setting *s, cache_rule rule, uint64_t *hits, sw_err *err)
{
    sw_code code = SW_OK;
    for (int layer = 0; layer < s->trace->n_layers && code == SW_OK; layer++) {
        layer_cache c = {.s = s, .layer = layer};
        if (layer_alloc(&c))
            run_layer(&c, rule);
        else
            code = sw_fail(err, SW_ENOMEM, "out of memory simulating a cache");
        out->n_hits += c.n_hits;
        out->n_uploads += c.n_uploads;
        if (hits != NULL)
            hits[layer] = c.n_hits;
        layer_free(&c);
    }
    return code;
}

/* ---- adaptive --------------------------------------------------------------------------------------------------- */

/* Puts the static choice of the first half into a policy. */
static sw_code put_static(expert_policy *p, const cache_setting *s, sw_err *err)
{
    for (int layer = 0; layer < s->trace->n_layers; layer++) {
        layer_cache c = {.s = s, .layer = layer};
        if (!layer_alloc(&c)) {
            layer_free(&c);
            return sw_fail(err, SW_ENOMEM, "out of memory simulating a cache");
        }
        run_static(&c, /*is_hindsight=*/false);
        for (int x = 0; x < s->n_experts; x++) {
            if (c.held[x])
                expert_policy_put(p, layer, x);
        }
        layer_free(&c);
    }
    return SW_OK;
}

static void use_token(expert_policy *p, const router_trace *t, size_t token, cache_outcome *out, uint64_t *hits)
{
    for (int layer = 0; layer < t->n_layers; layer++) {
        const uint16_t *const used = router_trace_at(t, layer, token);
        for (int i = 0; i < t->n_used; i++) {
            const int expert = used[i];
            const bool is_hit = token >= split_of(t) && expert_policy_holds(p, layer, expert);
            out->n_hits += is_hit;
            if (hits != NULL)
                hits[layer] += is_hit;
            expert_policy_use(p, layer, &expert, 1);
        }
    }
}

static sw_code run_adaptive(cache_outcome *out, const cache_setting *s, uint64_t *hits, sw_err *err)
{
    const router_trace *const t = s->trace;
    const expert_policy_options options = {t->n_layers,  s->n_experts, s->capacity,
                                           s->half_life, s->margin,    s->uploads_max};
    expert_policy *const p = expert_policy_create(&options);
    expert_move *const moves = mem_calloc((size_t)s->uploads_max, sizeof *moves);
    sw_code code = p != NULL && moves != NULL ? put_static(p, s, err)
                                              : sw_fail(err, SW_ENOMEM, "out of memory simulating a cache");
    if (hits != NULL)
        memset(hits, 0, (size_t)t->n_layers * sizeof *hits);
    for (size_t token = 0; token < t->n_tokens && code == SW_OK; token++) {
        use_token(p, t, token, out, hits);
        const size_t n = expert_policy_end_token(p, moves);
        out->n_uploads += token >= split_of(t) ? n : 0;
    }
    mem_free(moves);
    expert_policy_free(p);
    return code;
}

sw_code cache_simulate(cache_outcome *out, const cache_setting *s, cache_rule rule, uint64_t *hits, sw_err *err)
{
    const router_trace *const t = s->trace;
    const uint64_t n_tokens = t->n_tokens - split_of(t);
    *out = (cache_outcome){.n_tokens = n_tokens, .n_uses = n_tokens * (uint64_t)t->n_layers * (uint64_t)t->n_used};
    return rule == CACHE_ADAPTIVE ? run_adaptive(out, s, hits, err) : run_layers(out, s, rule, hits, err);
}
