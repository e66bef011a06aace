/* The cache of experts without bytes: which slot has which expert, how many slots there are, what the rule makes of
 * steps with many tokens, and when the cache stops, in simulated hours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/expert_policy.h"
#include "base/rng.h"
#include "engine/cache_plan.h"
#include "engine/cache_watch.h"
#include "engine/expert_slots.h"

/* ---- slots ------------------------------------------------------------------------------------------------------- */

enum { LAYERS = 3, EXPERTS = 8 };

/* No slot has two experts, none is beyond the layer's, and only what has a slot is held. */
static void check_slots(const expert_slots *s)
{
    for (size_t l = 0; l < s->n_layers; l++) {
        int users[EXPERTS] = {0};
        for (int e = 0; e < s->n_experts; e++) {
            const int slot = expert_slots_find(s, l, e);
            assert_true(slot >= -1 && slot < s->n_slots[l]);
            assert_true(slot >= 0 || !expert_slots_holds(s, l, e));
            if (slot >= 0)
                assert_int_equal(++users[slot], 1);
        }
    }
}

static void test_an_expert_that_leaves_gives_its_slot_to_the_one_that_comes(void **state)
{
    (void)state;
    static const int N_SLOTS[LAYERS] = {1, 0, EXPERTS};
    expert_slots s;
    assert_true(expert_slots_init(&s, LAYERS, EXPERTS, N_SLOTS));
    assert_int_equal(expert_slots_begin(&s, 0, 5, -1), 0);
    assert_false(expert_slots_holds(&s, 0, 5)); // being filled
    expert_slots_fill(&s, 0, 5);
    assert_true(expert_slots_holds(&s, 0, 5));
    assert_int_equal(expert_slots_begin(&s, 0, 6, -1), -1); // none is free
    assert_int_equal(expert_slots_begin(&s, 0, 6, 5), 0);
    assert_false(expert_slots_holds(&s, 0, 5));
    assert_int_equal(expert_slots_find(&s, 0, 5), -1);
    assert_int_equal(expert_slots_begin(&s, 0, 6, 6), -1); // it has one
    assert_int_equal(expert_slots_begin(&s, 0, 7, 5), -1); // which has none
    assert_int_equal(expert_slots_begin(&s, 1, 0, -1), -1);
    expert_slots_fill(&s, 1, 0); // never begun
    assert_false(expert_slots_holds(&s, 1, 0));
    for (int e = 0; e < EXPERTS; e++)
        assert_int_equal(expert_slots_begin(&s, 2, e, -1), e);
    check_slots(&s);
    expert_slots_free(&s);
}

static void test_slots_follow_the_rule_through_a_storm(void **state)
{
    (void)state;
    static const int N_SLOTS[LAYERS] = {2, 2, 2};
    const expert_policy_options o = {LAYERS, EXPERTS, 2, .half_life = 2, .margin = 0, .uploads_max = 3};
    expert_policy *const policy = expert_policy_create(&o);
    expert_slots s;
    rng_state r;
    rng_seed(&r, 7);
    size_t n_moves = 0;
    assert_non_null(policy);
    assert_true(expert_slots_init(&s, LAYERS, EXPERTS, N_SLOTS));
    for (int token = 0; token < 2000; token++) {
        expert_move moves[3];
        for (int l = 0; l < LAYERS; l++) {
            const int first = (int)(rng_next(&r) % EXPERTS);
            expert_policy_use(policy, l, (int[]){first, (first + 1) % EXPERTS}, 2);
        }
        const size_t n = expert_policy_end_token(policy, token % 5 != 4 ? moves : NULL);
        for (size_t i = 0; i < n; i++) {
            const size_t l = (size_t)moves[i].layer;
            assert_true(moves[i].out < 0 || expert_slots_holds(&s, l, moves[i].out));
            assert_true(expert_slots_begin(&s, l, moves[i].in, moves[i].out) >= 0);
            expert_slots_fill(&s, l, moves[i].in);
            assert_true(expert_policy_holds(policy, moves[i].layer, moves[i].in));
        }
        n_moves += n;
        check_slots(&s);
    }
    assert_true(n_moves > 1000);
    expert_slots_free(&s);
    expert_policy_free(policy);
}

/* ---- the rule, with steps of many tokens ------------------------------------------------------------------------- */

static void test_tokens_of_one_step_are_counted_one_after_another(void **state)
{
    (void)state;
    const expert_policy_options o = {1, EXPERTS, 1, .half_life = 1, .margin = 0, .uploads_max = 2};
    expert_policy *const p = expert_policy_create(&o);
    expert_move moves[2];
    assert_non_null(p);
    // Expert 3 was used twice, but each token halves what was before: expert 4 is ahead.
    for (int i = 0; i < 2; i++) {
        expert_policy_use(p, 0, (int[]){3}, 1);
        expert_policy_add_token(p);
    }
    expert_policy_add_token(p);
    expert_policy_use(p, 0, (int[]){4}, 1);
    assert_int_equal(expert_policy_end_token(p, moves), 1);
    assert_int_equal(moves[0].in, 4);
    // What a step without uploads used is not uploaded by the next.
    for (int i = 0; i < 9; i++)
        expert_policy_use(p, 0, (int[]){5}, 1);
    assert_int_equal(expert_policy_end_token(p, NULL), 0);
    assert_int_equal(expert_policy_end_token(p, moves), 0);
    expert_policy_use(p, 0, (int[]){5}, 1);
    assert_int_equal(expert_policy_end_token(p, moves), 1);
    assert_true(moves[0].in == 5 && moves[0].out == 4);
    expert_policy_free(p);
}

/* ---- how many slots ---------------------------------------------------------------------------------------------- */

static void test_slots_fill_what_is_left_and_no_more(void **state)
{
    (void)state;
    enum { ALL = 4 };
    uint8_t attention[ALL] = {TIER_VRAM, TIER_RAM, TIER_VRAM, TIER_VRAM}, experts[ALL * EXPERTS];
    uint64_t bytes[ALL] = {0, 100, 100, 30};
    const hparams h = {.n_layers = ALL, .n_layers_dense = 1, .n_expert = EXPERTS, .n_expert_used = 2};
    const placement_sizes sizes = {.expert = bytes};
    const model_placement p = {.n_layers = ALL, .n_expert = EXPERTS, .attention = attention, .experts = experts};
    cache_plan plan;
    memset(experts, TIER_RAM, sizeof experts);
    memset(experts + 3 * EXPERTS, TIER_VRAM, EXPERTS - 2); // two of the last layer may be cached
    assert_int_equal(cache_plan_least(&h, &p, &sizes), 130);
    cache_plan_make(&plan, &h, &p, &sizes, 129);
    assert_true(plan.bytes == 0 && plan.capacity == 0 && cache_plan_slots(&plan, ALL) == 0);
    for (uint64_t room = 130; room < 2000; room++) {
        cache_plan_make(&plan, &h, &p, &sizes, room);
        assert_true(plan.bytes <= room && plan.n_slots[0] == 0 && plan.n_slots[1] == 0);
        assert_int_equal(plan.n_slots[2], plan.capacity);
        assert_int_equal(plan.n_slots[3], plan.capacity < 2 ? plan.capacity : 2);
        assert_true(plan.capacity == EXPERTS || room - plan.bytes < 130);
        assert_int_equal(plan.bytes, (uint64_t)plan.n_slots[2] * 100 + (uint64_t)plan.n_slots[3] * 30);
    }
    assert_int_equal(plan.capacity, EXPERTS);
    memset(experts, TIER_VRAM, sizeof experts);
    cache_plan_make(&plan, &h, &p, &sizes, 100000);
    assert_int_equal(plan.bytes, 0);
}

/* ---- does it pay? ------------------------------------------------------------------------------------------------ */

/* Steps of an engine in simulated time. */
typedef struct simulation {
    cache_watch w;
    uint64_t now_ns;
    uint64_t n_steps, n_with, n_stops;
} simulation;

static bool one_step(simulation *s, double with_ms, double without_ms, size_t n_tokens, bool is_generation)
{
    const bool is_with = cache_watch_allows(&s->w, s->now_ns);
    const double ms = is_with ? with_ms : without_ms;
    s->now_ns += (uint64_t)(ms * 1e6);
    s->n_steps++;
    s->n_with += is_with;
    const bool has_stopped =
        cache_watch_add(&s->w, &(cache_step){n_tokens, is_generation, .ms = ms, .end_ns = s->now_ns});
    s->n_stops += has_stopped;
    assert_int_equal(s->w.n_stops, s->n_stops);
    return has_stopped;
}

static void run(simulation *s, int n_steps, double with_ms, double without_ms)
{
    for (int i = 0; i < n_steps; i++)
        one_step(s, with_ms, without_ms, 1, true);
}

static simulation begun(void)
{
    simulation s = {.now_ns = 5};
    cache_watch_init(&s.w);
    return s;
}

static void test_a_cache_that_pays_is_used_nearly_always(void **state)
{
    (void)state;
    simulation s = begun();
    run(&s, 100000, 9, 10);
    assert_int_equal(s.n_stops, 0);
    assert_true(s.w.n_trials >= 20 && s.n_steps - s.n_with == 2 * WATCH_BLOCK_STEPS * s.w.n_trials);
    assert_true(s.n_with > s.n_steps * 99 / 100);
    assert_true(s.w.with_ms == 9 && s.w.without_ms == 10);
}

static void test_a_cache_that_costs_stops_soon_and_does_not_flap(void **state)
{
    (void)state;
    simulation s = begun();
    while (!one_step(&s, 10.5, 10, 1, true))
        assert_true(s.n_steps < WATCH_PERIOD_MIN + WATCH_CONFIRM_STEPS + 2 * WATCH_BLOCKS * WATCH_BLOCK_STEPS + 8);
    assert_int_equal(s.w.n_trials, 2); // one trial alone decides nothing
    const uint64_t n_with = s.n_with, stopped_ns = s.now_ns;
    while (s.now_ns < stopped_ns + WATCH_REST_NS - 11000000)
        run(&s, 1, 10.5, 10);
    assert_int_equal(s.n_with, n_with);
    while (s.now_ns < UINT64_C(24) * 3600 * 1000000000) // a day
        run(&s, 1, 10.5, 10);
    assert_in_range(s.n_stops, 5, 15); // after 10, 20, 40, 80, 160, 160 ... minutes
    assert_true(s.n_with < s.n_steps / 500);
}

static void test_a_cache_that_costs_nothing_goes_on(void **state)
{
    (void)state;
    simulation s = begun();
    run(&s, 20000, 10, 10);
    run(&s, 20000, 10.1, 10); // within the tolerance
    assert_int_equal(s.n_stops, 0);
}

static void test_what_began_to_cost_stops_and_is_tried_again(void **state)
{
    (void)state;
    simulation s = begun();
    run(&s, 50000, 9, 10);
    run(&s, WATCH_PERIOD_MAX + 1000, 11, 10);
    assert_int_equal(s.n_stops, 1);
    assert_int_equal(s.w.phase, WATCH_STOPPED);
    s.now_ns += WATCH_REST_NS;
    const uint64_t n_with = s.n_with;
    run(&s, 5000, 9, 10);
    assert_int_equal(s.n_stops, 1);
    assert_true(s.n_with > n_with + 4000);
}

static void test_one_slow_step_or_noise_decides_nothing(void **state)
{
    (void)state;
    simulation s = begun();
    rng_state r;
    rng_seed(&r, 3);
    for (int i = 0; i < 200000; i++) {
        const double noise = (double)(rng_next(&r) % 1000) / 1000; // up to a tenth of a step
        const double hiccup = i % 37 == 0 ? 30 : 0;                // less than once in a block
        one_step(&s, 9.9 + noise + hiccup, 9.9 + noise, 1, true);
    }
    assert_true(s.w.n_trials > 40);
    assert_int_equal(s.n_stops, 0);
}

static void test_a_sequence_that_grows_favours_neither_side(void **state)
{
    (void)state;
    simulation s = begun();
    for (int i = 0; i < 60000; i++)
        one_step(&s, 1 + i % 5000 * 0.01, 1 + i % 5000 * 0.01, 1, true);
    assert_true(s.w.n_trials > 10);
    assert_int_equal(s.n_stops, 0);
}

static void test_only_steps_of_one_kind_are_compared(void **state)
{
    (void)state;
    simulation s = begun();
    run(&s, WATCH_PERIOD_MIN, 9, 10);
    assert_int_equal(s.w.phase, WATCH_TRIAL);
    for (int i = 0; s.w.phase == WATCH_TRIAL; i++) { // steps of two tokens and of prompts are slower, whoever computes
        one_step(&s, 9, 10, 1, true);
        one_step(&s, 90, 90, 2, true);
        one_step(&s, 900, 900, 2, false);
        assert_true(i < 1000);
    }
    assert_true(s.w.n_trials == 1 && s.w.with_ms == 9 && s.w.without_ms == 10);
    // A trial whose kind of step does not come again is given up.
    s = begun();
    run(&s, WATCH_PERIOD_MIN + 3, 9, 10);
    for (int i = 0; i <= WATCH_ODD_STEPS_MAX; i++)
        one_step(&s, 9, 10, 2, true);
    assert_int_equal(s.w.phase, WATCH_USING);
    assert_int_equal(s.w.n_trials, 0);
    // Steps of prompts alone begin none.
    s = begun();
    for (int i = 0; i < 10 * WATCH_PERIOD_MIN; i++)
        one_step(&s, 900, 9, 64, false);
    assert_int_equal(s.w.phase, WATCH_USING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_expert_that_leaves_gives_its_slot_to_the_one_that_comes),
        cmocka_unit_test(test_slots_follow_the_rule_through_a_storm),
        cmocka_unit_test(test_tokens_of_one_step_are_counted_one_after_another),
        cmocka_unit_test(test_slots_fill_what_is_left_and_no_more),
        cmocka_unit_test(test_a_cache_that_pays_is_used_nearly_always),
        cmocka_unit_test(test_a_cache_that_costs_stops_soon_and_does_not_flap),
        cmocka_unit_test(test_a_cache_that_costs_nothing_goes_on),
        cmocka_unit_test(test_what_began_to_cost_stops_and_is_tried_again),
        cmocka_unit_test(test_one_slow_step_or_noise_decides_nothing),
        cmocka_unit_test(test_a_sequence_that_grows_favours_neither_side),
        cmocka_unit_test(test_only_steps_of_one_kind_are_compared),
    };
    return cmocka_run_group_tests_name("the cache of experts, without bytes", tests, NULL, NULL);
}
