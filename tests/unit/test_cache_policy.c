/* Rules of a cache of experts: known small traces by hand, random ones against slow plain references, and the optimum
 * against a search of all that a cache could have held. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "cache/cache_policy.h"

enum { LAYERS_MAX = 3, TOKENS_MAX = 80, USED_MAX = 3, EXPERTS_MAX = 8 };

/* A trace in static memory. */
typedef struct small_trace {
    router_trace t;
    int layers[LAYERS_MAX];
    uint16_t experts[LAYERS_MAX * TOKENS_MAX * USED_MAX];
} small_trace;

static small_trace by_hand(const char *tokens)
{
    small_trace s = {.t = {.n_layers = 1, .n_used = 1, .n_tokens = strlen(tokens), .n_experts = EXPERTS_MAX}};
    for (size_t i = 0; i < s.t.n_tokens; i++)
        s.experts[i] = (uint16_t)(tokens[i] - 'a');
    return s;
}

static cache_setting setting_of(small_trace *s, int capacity)
{
    s->t.layers = s->layers;
    s->t.experts = s->experts;
    return (cache_setting){.trace = &s->t,
                           .n_experts = EXPERTS_MAX,
                           .capacity = capacity,
                           .half_life = 17.3,
                           .margin = 0.5,
                           .uploads_max = 2};
}

static uint64_t hits_of(small_trace *s, int capacity, cache_rule rule)
{
    const cache_setting setting = setting_of(s, capacity);
    cache_outcome o;
    uint64_t per_layer[LAYERS_MAX] = {0}, sum = 0;
    sw_err err = {0};
    assert_int_equal(cache_simulate(&o, &setting, rule, per_layer, &err), SW_OK);
    for (int i = 0; i < s->t.n_layers; i++)
        sum += per_layer[i];
    assert_true(sum == o.n_hits && o.n_hits <= o.n_uses);
    return o.n_hits;
}

/* The second half, after the bar, counts. */
static void test_known_traces(void **state)
{
    (void)state;
    small_trace s = by_hand("aaab"
                            "abab");
    assert_int_equal(hits_of(&s, 1, CACHE_STATIC), 2);    // a
    assert_int_equal(hits_of(&s, 1, CACHE_HINDSIGHT), 2); // a or b
    assert_int_equal(hits_of(&s, 1, CACHE_LRU), 0);       // always the other one
    assert_int_equal(hits_of(&s, 2, CACHE_LRU), 4);
    assert_int_equal(hits_of(&s, 1, CACHE_LFU), 0); // so it is here: a miss is always uploaded
    assert_int_equal(hits_of(&s, 1, CACHE_OPTIMUM), 2);
    assert_int_equal(hits_of(&s, 1, CACHE_ADAPTIVE), 2); // a is ahead of b all the time
    assert_int_equal(hits_of(&s, 0, CACHE_OPTIMUM), 0);
    s = by_hand("aaaa"
                "bbbb");
    assert_int_equal(hits_of(&s, 1, CACHE_STATIC), 0);
    assert_int_equal(hits_of(&s, 1, CACHE_HINDSIGHT), 4);
    assert_int_equal(hits_of(&s, 1, CACHE_LRU), 3);
    assert_int_equal(hits_of(&s, 1, CACHE_OPTIMUM), 4); // b is there from the beginning
    s = by_hand("abcd"
                "abcabc");
    assert_int_equal(hits_of(&s, 2, CACHE_LRU), 0);     // a circle of three in room for two
    assert_int_equal(hits_of(&s, 2, CACHE_OPTIMUM), 4); // of "bcabc" all but a
}

/* ---- plain references ------------------------------------------------------------------------------------------- */

static double below(rng_state *r, int n)
{
    return (double)(rng_next(r) % (uint64_t)n);
}

static small_trace random_trace(rng_state *r, int n_layers, int n_tokens, int n_used)
{
    small_trace s = {
        .t = {.n_layers = n_layers, .n_used = n_used, .n_tokens = (size_t)n_tokens, .n_experts = EXPERTS_MAX}};
    for (int row = 0; row < n_layers * n_tokens; row++) {
        bool taken[EXPERTS_MAX] = {false};
        for (int i = 0; i < n_used; i++) {
            int x;
            do // low numbers more often, and a drift
                x = (int)(fmin(below(r, EXPERTS_MAX), below(r, EXPERTS_MAX)) + row / 40) % EXPERTS_MAX;
            while (taken[x]);
            taken[x] = true;
            s.experts[row * n_used + i] = (uint16_t)x;
        }
    }
    return s;
}

/* LRU and LFU as a list of what is held, in the order of last use. */
static uint64_t plain_recent(const router_trace *t, int capacity, bool is_lfu)
{
    uint64_t hits = 0;
    for (int layer = 0; layer < t->n_layers; layer++) {
        int list[EXPERTS_MAX + 1], n = 0, counts[EXPERTS_MAX] = {0};
        for (size_t token = 0; token < t->n_tokens; token++) {
            const uint16_t *const used = router_trace_at(t, layer, token);
            for (int i = 0; i < t->n_used && token >= t->n_tokens / 2; i++) {
                for (int k = 0; k < n; k++)
                    hits += list[k] == used[i];
            }
            for (int i = 0; i < t->n_used && capacity > 0; i++) {
                int at = 0;
                while (at < n && list[at] != used[i])
                    at++;
                if (at == n && n == capacity) { // the oldest, or of the rarest the oldest
                    at = 0;
                    for (int k = 1; k < n && is_lfu; k++)
                        at = counts[list[k]] < counts[list[at]] ? k : at;
                } else if (at == n) {
                    n++;
                }
                memmove(list + at, list + at + 1, (size_t)(n - 1 - at) * sizeof *list);
                list[n - 1] = used[i];
                counts[used[i]]++;
            }
        }
    }
    return hits;
}

/* The sum of uses of an expert until now, each halved for every half_life tokens since. */
static double faded(const router_trace *t, int layer, size_t now, int x, double half_life)
{
    double sum = 0;
    for (size_t token = 0; token <= now; token++) {
        for (int i = 0; i < t->n_used; i++)
            sum += router_trace_at(t, layer, token)[i] == x ? exp2(-(double)(now - token) / half_life) : 0;
    }
    return sum;
}

/* The best exchange of a layer; returns its gain. */
static double plain_exchange(const cache_setting *s, int layer, size_t now, const bool *held, int *in, int *out)
{
    double best_in = -1, best_out = INFINITY;
    int n_held = 0;
    *in = *out = -1;
    for (int x = 0; x < s->n_experts; x++) {
        const double count = faded(s->trace, layer, now, x, s->half_life);
        bool is_used = false;
        for (int i = 0; i < s->trace->n_used; i++)
            is_used = is_used || router_trace_at(s->trace, layer, now)[i] == x;
        n_held += held[x];
        if (held[x] && count < best_out - 1e-12) {
            best_out = count;
            *out = x;
        } else if (!held[x] && is_used && count > best_in + 1e-12) {
            best_in = count;
            *in = x;
        }
    }
    if (n_held < s->capacity) {
        *out = -1;
        return *in >= 0 ? best_in : -1;
    }
    return *in >= 0 && s->capacity > 0 ? best_in - best_out - s->margin : -1;
}

static void plain_static(const router_trace *t, int layer, int capacity, bool *held)
{
    int counts[EXPERTS_MAX] = {0};
    for (size_t token = 0; token < t->n_tokens / 2; token++) {
        for (int i = 0; i < t->n_used; i++)
            counts[router_trace_at(t, layer, token)[i]]++;
    }
    for (int k = 0; k < capacity; k++) {
        int best = -1;
        for (int x = 0; x < EXPERTS_MAX; x++)
            best = !held[x] && (best < 0 || counts[x] > counts[best]) ? x : best;
        held[best] = true;
    }
}

static uint64_t plain_adaptive(const cache_setting *s)
{
    const router_trace *const t = s->trace;
    bool held[LAYERS_MAX][EXPERTS_MAX] = {{false}};
    uint64_t hits = 0;
    for (int layer = 0; layer < t->n_layers; layer++)
        plain_static(t, layer, s->capacity, held[layer]);
    for (size_t now = 0; now < t->n_tokens; now++) {
        for (int layer = 0; layer < t->n_layers && now >= t->n_tokens / 2; layer++) {
            for (int i = 0; i < t->n_used; i++)
                hits += held[layer][router_trace_at(t, layer, now)[i]];
        }
        for (int upload = 0; upload < s->uploads_max; upload++) {
            double best = 1e-12;
            int at = -1, in = 0, out = 0;
            for (int layer = 0; layer < t->n_layers; layer++) {
                int x, y;
                const double gain = plain_exchange(s, layer, now, held[layer], &x, &y);
                if (gain > best + 1e-12) {
                    best = gain;
                    at = layer;
                    in = x;
                    out = y;
                }
            }
            if (at < 0)
                break;
            held[at][in] = true;
            if (out >= 0)
                held[at][out] = false;
        }
    }
    return hits;
}

static void test_random_traces_agree_with_plain_references(void **state)
{
    (void)state;
    rng_state r;
    rng_seed(&r, 7);
    for (int round = 0; round < 40; round++) {
        small_trace s = random_trace(&r, 1 + round % LAYERS_MAX, 20 + round, 1 + round % USED_MAX);
        for (int capacity = 0; capacity <= EXPERTS_MAX; capacity++) {
            cache_setting setting = setting_of(&s, capacity);
            assert_int_equal(hits_of(&s, capacity, CACHE_LRU), plain_recent(&s.t, capacity, false));
            assert_int_equal(hits_of(&s, capacity, CACHE_LFU), plain_recent(&s.t, capacity, true));
            assert_int_equal(hits_of(&s, capacity, CACHE_ADAPTIVE), plain_adaptive(&setting));
        }
    }
}

static void test_no_rule_has_more_hits_than_the_optimum(void **state)
{
    (void)state;
    rng_state r;
    rng_seed(&r, 8);
    for (int round = 0; round < 200; round++) {
        small_trace s = random_trace(&r, 1 + round % LAYERS_MAX, 10 + round % 60, 1 + round % USED_MAX);
        for (int capacity = 0; capacity <= EXPERTS_MAX; capacity++) {
            const uint64_t optimum = hits_of(&s, capacity, CACHE_OPTIMUM);
            const uint64_t hindsight = hits_of(&s, capacity, CACHE_HINDSIGHT);
            for (cache_rule rule = 0; rule < N_CACHE_RULES; rule++)
                assert_true(hits_of(&s, capacity, rule) <= optimum);
            assert_true(hits_of(&s, capacity, CACHE_STATIC) <= hindsight);
        }
    }
}

/* The most hits from a token on, if `held` (a set of bits) is held when it begins: after it any part of what is held
 * and of what it used may be. */
static int search(const router_trace *t, size_t token, unsigned held, int capacity, int memo[TOKENS_MAX][1 << 5])
{
    if (token == t->n_tokens)
        return 0;
    int *const known = &memo[token][held];
    if (*known >= 0)
        return *known;
    unsigned used = 0;
    for (int i = 0; i < t->n_used; i++)
        used |= 1u << router_trace_at(t, 0, token)[i];
    int best = 0;
    for (unsigned next = 0; next < 1u << 5; next++) {
        if ((next & ~(held | used)) != 0 || __builtin_popcount(next) > capacity)
            continue;
        const int hits = search(t, token + 1, next, capacity, memo);
        best = hits > best ? hits : best;
    }
    return *known = best + __builtin_popcount(held & used);
}

static void test_the_optimum_is_what_a_search_of_everything_finds(void **state)
{
    (void)state;
    static int memo[TOKENS_MAX][1 << 5];
    rng_state r;
    rng_seed(&r, 9);
    for (int round = 0; round < 60; round++) {
        small_trace s = random_trace(&r, 1, 24, 1 + round % USED_MAX);
        for (size_t i = 0; i < s.t.n_tokens * (size_t)s.t.n_used; i += (size_t)s.t.n_used) {
            for (int k = 0; k < s.t.n_used; k++) // five experts, different ones in a token
                s.experts[i + (size_t)k] = (uint16_t)((s.experts[i] % 5 + k) % 5);
        }
        for (int capacity = 0; capacity <= 4; capacity++) {
            const uint64_t optimum = hits_of(&s, capacity, CACHE_OPTIMUM);
            int best = 0;
            memset(memo, -1, sizeof memo);
            for (unsigned held = 0; held < 1u << 5; held++) {
                if (__builtin_popcount(held) > capacity)
                    continue;
                const int hits = search(&s.t, s.t.n_tokens / 2, held, capacity, memo);
                best = hits > best ? hits : best;
            }
            assert_int_equal(optimum, best);
        }
    }
}

/* ---- the policy itself ------------------------------------------------------------------------------------------ */

static void use(expert_policy *p, int layer, int expert)
{
    expert_policy_use(p, layer, &expert, 1);
}

static void test_uploads_are_limited_and_what_gains_most_comes_first(void **state)
{
    (void)state;
    const expert_policy_options options = {3, 4, 1, 100, 0.5, 2};
    expert_policy *const p = expert_policy_create(&options);
    expert_move moves[2];
    use(p, 0, 0);
    use(p, 1, 1);
    use(p, 1, 1);
    use(p, 2, 2);
    assert_int_equal(expert_policy_end_token(p, moves), 2);
    assert_true(moves[0].layer == 1 && moves[0].in == 1 && moves[0].out == -1);
    assert_true(moves[1].layer == 0 && moves[1].in == 0);
    assert_true(expert_policy_holds(p, 1, 1) && !expert_policy_holds(p, 2, 2));
    assert_int_equal(expert_policy_end_token(p, moves), 0); // what no token used is not uploaded
    expert_policy_free(p);
}

static void test_experts_that_are_used_alike_do_not_replace_each_other(void **state)
{
    (void)state;
    const expert_policy_options options = {1, 2, 1, 1000, 1.5, 4};
    expert_policy *const p = expert_policy_create(&options);
    expert_move moves[4];
    size_t n = 0;
    for (int token = 0; token < 500; token++) {
        use(p, 0, token % 2);
        n += expert_policy_end_token(p, moves);
    }
    assert_int_equal(n, 1); // the first one, when the cache was empty
    expert_policy_free(p);
}

static void test_old_uses_fade_and_the_counts_never_overflow(void **state)
{
    (void)state;
    const expert_policy_options options = {1, 2,   1,
                                           1, 0.1, 1}; // half after each token: 2^350 is beyond the weight's range
    expert_policy *const p = expert_policy_create(&options);
    expert_move move;
    for (int token = 0; token < 3000; token++) {
        use(p, 0, 0);
        expert_policy_end_token(p, &move);
    }
    assert_true(expert_policy_holds(p, 0, 0));
    use(p, 0, 1);
    assert_int_equal(expert_policy_end_token(p, &move), 0); // 1 against 1 (2, halved) and the margin
    use(p, 0, 1);
    assert_int_equal(expert_policy_end_token(p, &move), 1);
    assert_true(move.in == 1 && move.out == 0);
    expert_policy_free(p);
}

static void test_a_cache_takes_no_more_than_its_room(void **state)
{
    (void)state;
    const expert_policy_options options = {1, 4, 2, 100, 0, 4};
    expert_policy *const p = expert_policy_create(&options);
    for (int x = 0; x < 4; x++)
        expert_policy_put(p, 0, x);
    assert_true(expert_policy_holds(p, 0, 0) && expert_policy_holds(p, 0, 1));
    assert_true(!expert_policy_holds(p, 0, 2) && !expert_policy_holds(p, 0, 3));
    expert_policy_free(p);
    expert_policy_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_traces),
        cmocka_unit_test(test_random_traces_agree_with_plain_references),
        cmocka_unit_test(test_no_rule_has_more_hits_than_the_optimum),
        cmocka_unit_test(test_the_optimum_is_what_a_search_of_everything_finds),
        cmocka_unit_test(test_uploads_are_limited_and_what_gains_most_comes_first),
        cmocka_unit_test(test_experts_that_are_used_alike_do_not_replace_each_other),
        cmocka_unit_test(test_old_uses_fade_and_the_counts_never_overflow),
        cmocka_unit_test(test_a_cache_takes_no_more_than_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
