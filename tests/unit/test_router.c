/* Which experts are chosen, whatever the logits are, and their weights against the formulas in double precision. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "forward/router.h"

enum { N_MAX = 128, K_MAX = 16 };

static const gating_kind GATINGS[] = {GATE_SOFTMAX, GATE_SIGMOID, GATE_TOPK_SOFTMAX, GATE_SPARSEMIXER};

/* Routes without groups and bias. */
static void route(gating_kind gating, bool renormalise, float scale, const float *logits, int n, int k, int *chosen,
                  float *weights)
{
    const router_rule rule = {.gating = gating,
                              .renormalise = renormalise,
                              .scale = scale,
                              .n_expert = n,
                              .n_used = k,
                              .n_groups = 1,
                              .n_groups_used = 1};
    float scores[N_MAX];
    router_choose(&rule, logits, scores, chosen, weights);
}

/* k distinct indices below n. */
static void check_distinct(const int *chosen, int k, int n)
{
    bool seen[N_MAX] = {false};
    for (int j = 0; j < k; j++) {
        assert_in_range(chosen[j], 0, n - 1);
        assert_false(seen[chosen[j]]);
        seen[chosen[j]] = true;
    }
}

static void route_everywhere(const float *logits, int n)
{
    for (size_t g = 0; g < sizeof GATINGS / sizeof GATINGS[0]; g++) {
        for (int k = 1; k <= n && k <= K_MAX; k++) {
            if (GATINGS[g] == GATE_SPARSEMIXER && k != 2)
                continue;
            int chosen[K_MAX];
            float weights[K_MAX];
            memset(chosen, 0x7f, sizeof chosen);
            route(GATINGS[g], g == 0, 1, logits, n, k, chosen, weights);
            check_distinct(chosen, k, n);
        }
    }
}

static void test_experts_are_valid_and_distinct_for_any_logits(void **state)
{
    (void)state;
    static const float STRANGE[] = {NAN, INFINITY, -INFINITY, 0, -0.0f, 1e38f, -1e38f, 1e-40f};
    rng_state rng;
    rng_seed(&rng, 1);
    for (int round = 0; round < 400; round++) {
        float logits[N_MAX];
        const int n = 1 + (int)(rng_next(&rng) % 40);
        for (int e = 0; e < n; e++)
            logits[e] = round % 2 == 0 ? STRANGE[rng_next(&rng) % 8] : 20 * rng_float(&rng) - 10;
        route_everywhere(logits, n);
    }
    for (size_t s = 0; s < sizeof STRANGE / sizeof STRANGE[0]; s++) {
        float logits[N_MAX];
        for (int e = 0; e < N_MAX; e++)
            logits[e] = STRANGE[s];
        route_everywhere(logits, N_MAX);
    }
}

static void test_ties_go_to_the_lower_index(void **state)
{
    (void)state;
    static const float LOGITS[6] = {1, 3, 3, 2, 3, 2};
    static const float EQUAL[6] = {-5, -5, -5, -5, -5, -5};
    int chosen[6];
    float weights[6];
    route(GATE_SOFTMAX, false, 1, LOGITS, 6, 6, chosen, weights);
    assert_memory_equal(chosen, ((int[]){1, 2, 4, 3, 5, 0}), sizeof chosen);
    route(GATE_SOFTMAX, false, 1, EQUAL, 6, 6, chosen, weights);
    assert_memory_equal(chosen, ((int[]){0, 1, 2, 3, 4, 5}), sizeof chosen);
}

static void test_what_is_no_number_or_minus_infinity_is_chosen_last(void **state)
{
    (void)state;
    static const float LOGITS[5] = {NAN, -INFINITY, -3, NAN, INFINITY};
    int chosen[5];
    float weights[5];
    route(GATE_TOPK_SOFTMAX, false, 1, LOGITS, 5, 5, chosen, weights);
    assert_memory_equal(chosen, ((int[]){4, 2, 0, 1, 3}), sizeof chosen);
}

static void random_logits(rng_state *rng, float *logits, int n)
{
    for (int e = 0; e < n; e++)
        logits[e] = 12 * rng_float(rng) - 6;
}

static void check_close(float actual, double expected)
{
    if (!(fabs((double)actual - expected) <= 1e-6 * fmax(1, fabs(expected))))
        fail_msg("%.9g is not %.9g", (double)actual, expected);
}

static void test_softmax_over_all_experts_agrees_with_double_precision(void **state)
{
    (void)state;
    rng_state rng;
    rng_seed(&rng, 2);
    for (int round = 0; round < 100; round++) {
        float logits[64], weights[6], scaled[6];
        int chosen[6], again[6];
        random_logits(&rng, logits, 64);
        double sum = 0, kept = 0;
        for (int e = 0; e < 64; e++)
            sum += exp((double)logits[e]);
        route(GATE_SOFTMAX, false, 1, logits, 64, 6, chosen, weights);
        for (int j = 0; j < 6; j++) {
            check_close(weights[j], exp((double)logits[chosen[j]]) / sum);
            kept += exp((double)logits[chosen[j]]) / sum;
            assert_true(j == 0 || logits[chosen[j]] <= logits[chosen[j - 1]]);
        }
        route(GATE_SOFTMAX, true, 2.5f, logits, 64, 6, again, scaled);
        assert_memory_equal(again, chosen, sizeof chosen);
        for (int j = 0; j < 6; j++)
            check_close(scaled[j], 2.5 * exp((double)logits[chosen[j]]) / sum / kept);
    }
}

static void test_softmax_over_the_chosen_agrees_with_double_precision(void **state)
{
    (void)state;
    rng_state rng;
    rng_seed(&rng, 3);
    for (int round = 0; round < 100; round++) {
        float logits[32], weights[4];
        int chosen[4];
        random_logits(&rng, logits, 32);
        route(GATE_TOPK_SOFTMAX, false, 1, logits, 32, 4, chosen, weights);
        double sum = 0;
        for (int j = 0; j < 4; j++)
            sum += exp((double)logits[chosen[j]]);
        for (int j = 0; j < 4; j++)
            check_close(weights[j], exp((double)logits[chosen[j]]) / sum);
    }
}

static void test_large_logits_do_not_overflow(void **state)
{
    (void)state;
    static const float LOGITS[4] = {1e30f, 3e38f, -3e38f, 3e38f};
    int chosen[2];
    float weights[2];
    route(GATE_SOFTMAX, false, 1, LOGITS, 4, 2, chosen, weights);
    assert_int_equal(chosen[0], 1);
    check_close(weights[0], 0.5);
    route(GATE_TOPK_SOFTMAX, false, 1, LOGITS, 4, 2, chosen, weights);
    check_close(weights[1], 0.5);
}

static void test_sigmoid_weights_agree_with_double_precision(void **state)
{
    (void)state;
    rng_state rng;
    rng_seed(&rng, 5);
    for (int round = 0; round < 100; round++) {
        float logits[64], weights[8];
        int chosen[8];
        random_logits(&rng, logits, 64);
        route(GATE_SIGMOID, true, 2.5f, logits, 64, 8, chosen, weights);
        double sum = 0;
        for (int j = 0; j < 8; j++)
            sum += 1 / (1 + exp(-(double)logits[chosen[j]]));
        for (int j = 0; j < 8; j++)
            check_close(weights[j], 2.5 / (1 + exp(-(double)logits[chosen[j]])) / sum);
    }
}

static void test_a_selection_bias_chooses_but_does_not_weigh(void **state)
{
    (void)state;
    static const float LOGITS[4] = {0, 1, 2, 3}, BIAS[4] = {9, 0, 0, 0};
    const router_rule rule = {.gating = GATE_SIGMOID,
                              .scale = 1,
                              .n_expert = 4,
                              .n_used = 2,
                              .n_groups = 1,
                              .n_groups_used = 1,
                              .selection_bias = BIAS};
    float scores[4], weights[2];
    int chosen[2];
    router_choose(&rule, LOGITS, scores, chosen, weights);
    assert_memory_equal(chosen, ((int[]){0, 3}), sizeof chosen);
    check_close(weights[0], 0.5);
    check_close(weights[1], 1 / (1 + exp(-3.0)));
}

static void test_only_experts_of_the_best_groups_are_chosen(void **state)
{
    (void)state;
    // Groups of four: by their two best, 3 + 2 beats 4 + 0; by their best alone, 4 wins.
    static const float LOGITS[12] = {4, 0, -9, -9, 3, 2, 1, -9, 2.5f, 2.4f, -9, -9};
    router_rule rule = {.gating = GATE_TOPK_SOFTMAX,
                        .scale = 1,
                        .n_expert = 12,
                        .n_used = 3,
                        .n_groups = 3,
                        .n_groups_used = 1,
                        .groups_by_top_two = true};
    float scores[12], weights[3];
    int chosen[3];
    router_choose(&rule, LOGITS, scores, chosen, weights);
    assert_memory_equal(chosen, ((int[]){4, 5, 6}), sizeof chosen);
    rule.n_groups_used = 2;
    router_choose(&rule, LOGITS, scores, chosen, weights);
    assert_memory_equal(chosen, ((int[]){4, 8, 9}), sizeof chosen);
    rule.n_groups_used = 1;
    rule.groups_by_top_two = false;
    router_choose(&rule, LOGITS, scores, chosen, weights);
    assert_memory_equal(chosen, ((int[]){0, 1, 2}), sizeof chosen);
}

static void test_groups_of_strange_logits_still_give_valid_experts(void **state)
{
    (void)state;
    static const float STRANGE[] = {NAN, INFINITY, -INFINITY, 0};
    rng_state rng;
    rng_seed(&rng, 6);
    for (int round = 0; round < 200; round++) {
        float logits[16], scores[16], weights[4];
        int chosen[4];
        for (int e = 0; e < 16; e++)
            logits[e] = STRANGE[rng_next(&rng) % 4];
        const router_rule rule = {.gating = GATINGS[round % 3],
                                  .scale = 1,
                                  .n_expert = 16,
                                  .n_used = 4,
                                  .n_groups = 4,
                                  .groups_by_top_two = round % 2 == 0,
                                  .n_groups_used = 1 + round % 4};
        router_choose(&rule, logits, scores, chosen, weights);
        check_distinct(chosen, 4, 16);
    }
}

/* Logits and biases of the experts that are left, in their order; `of` receives which they are. */
static size_t keep_finite(const float *logits, const float *bias, size_t n, float *kept, float *kept_bias, int *of)
{
    size_t n_kept = 0;
    for (size_t e = 0; e < n; e++) {
        if (logits[e] == -INFINITY)
            continue;
        kept[n_kept] = logits[e];
        kept_bias[n_kept] = bias[e];
        of[n_kept++] = (int)e;
    }
    return n_kept;
}

/* The same bits as a router that does not have the masked experts.  Groups stay equally large: each loses two. */
static void mask_some(gating_kind gating, bool has_groups, rng_state *rng)
{
    enum { N = 24, GROUPS = 4, GROUP = N / GROUPS };
    float logits[N], bias[N], kept[N], kept_bias[N], scores[N], weights[2][4];
    int of[N], chosen[2][4];
    const bool has_bias = rng_next(rng) % 2 == 0;
    for (int e = 0; e < N; e++) {
        logits[e] = (float)(rng_next(rng) % 2000) / 100 - 10;
        bias[e] = (float)(rng_next(rng) % 100) / 10;
    }
    if (rng_next(rng) % 2 == 0) // scores of 0 are not better than none
        for (int e = 0; e < N; e++)
            logits[e] = e % GROUP < 2 ? logits[e] : logits[e] - 95 * (e % 3);
    for (int g = 0; g < GROUPS; g++) {
        const int first = (int)(rng_next(rng) % GROUP);
        logits[g * GROUP + first] = logits[g * GROUP + (first + 1 + (int)(rng_next(rng) % (GROUP - 1))) % GROUP] =
            -INFINITY;
    }
    router_rule rule = {.gating = gating,
                        .renormalise = rng_next(rng) % 2 == 0,
                        .scale = 1.5f,
                        .n_expert = N,
                        .n_used = gating == GATE_SPARSEMIXER ? 2 : 4,
                        .n_groups = has_groups ? GROUPS : 1,
                        .n_groups_used = has_groups ? 2 : 1,
                        .groups_by_top_two = rng_next(rng) % 2 == 0,
                        .selection_bias = has_bias ? bias : NULL};
    const size_t n_bytes = rule.n_used * sizeof(float);
    router_choose(&rule, logits, scores, chosen[0], weights[0]);
    rule.n_expert = keep_finite(logits, bias, N, kept, kept_bias, of);
    rule.selection_bias = has_bias ? kept_bias : NULL;
    router_choose(&rule, kept, scores, chosen[1], weights[1]);
    for (size_t j = 0; j < rule.n_used; j++)
        chosen[1][j] = of[chosen[1][j]];
    assert_memory_equal(chosen[0], chosen[1], n_bytes);
    assert_memory_equal(weights[0], weights[1], n_bytes);
}

static void test_a_logit_of_minus_infinity_is_an_expert_that_does_not_exist(void **state)
{
    (void)state;
    rng_state rng;
    rng_seed(&rng, 8);
    for (int round = 0; round < 400; round++)
        mask_some(GATINGS[round % 4], round % 8 >= 4, &rng);
}

/* ---- SparseMixer ---- */

/* The published formula, in double precision: masked where (max - s) / max(|s|, max) > 0.02. */
static double sparsemixer(const float *s, int n, int winner, int excluded)
{
    const double m = (double)s[winner];
    double sum = 0;
    for (int e = 0; e < n; e++) {
        const double against = fmax(fabs((double)s[e]), m);
        if (e != excluded && !((m - (double)s[e]) / against > 0.02))
            sum += exp((double)s[e] - m);
    }
    return 1 / sum;
}

static void check_sparsemixer(const float *s, int n)
{
    int chosen[2];
    float weights[2];
    route(GATE_SPARSEMIXER, false, 1, s, n, 2, chosen, weights);
    check_close(weights[0], sparsemixer(s, n, chosen[0], -1));
    check_close(weights[1], sparsemixer(s, n, chosen[1], chosen[0]));
}

static void test_the_sparse_mixer_gives_the_weights_of_its_example(void **state)
{
    (void)state;
    float s[16] = {5.0f, 4.95f, 3.0f};
    for (int e = 3; e < 16; e++)
        s[e] = -10;
    int chosen[2];
    float weights[2];
    route(GATE_SPARSEMIXER, false, 1, s, 16, 2, chosen, weights);
    assert_int_equal(chosen[0], 0);
    assert_int_equal(chosen[1], 1);
    check_close(weights[0], 1 / (1 + exp(-0.05)));
    check_close(weights[1], 1);
    route(GATE_SOFTMAX, true, 1, s, 16, 2, chosen, weights); // what llama.cpp computes
    check_close(weights[0], 0.5124973964842103);
    check_close(weights[1], 0.4875026035157897);
}

static void test_the_sparse_mixer_agrees_with_double_precision(void **state)
{
    (void)state;
    rng_state rng;
    rng_seed(&rng, 4);
    for (int round = 0; round < 300; round++) {
        float s[16];
        for (int e = 0; e < 16; e++) // narrow, so that several are near the maximum, of either sign
            s[e] = (round % 2 == 0 ? 1.0f : -1.0f) * (3 + 0.2f * rng_float(&rng));
        check_sparsemixer(s, 16);
    }
    static const float ALL_ZERO[16];
    check_sparsemixer(ALL_ZERO, 16); // equal logits share the weight, also where the formula divides zero by zero
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_experts_are_valid_and_distinct_for_any_logits),
        cmocka_unit_test(test_ties_go_to_the_lower_index),
        cmocka_unit_test(test_what_is_no_number_or_minus_infinity_is_chosen_last),
        cmocka_unit_test(test_softmax_over_all_experts_agrees_with_double_precision),
        cmocka_unit_test(test_softmax_over_the_chosen_agrees_with_double_precision),
        cmocka_unit_test(test_large_logits_do_not_overflow),
        cmocka_unit_test(test_sigmoid_weights_agree_with_double_precision),
        cmocka_unit_test(test_a_selection_bias_chooses_but_does_not_weigh),
        cmocka_unit_test(test_a_logit_of_minus_infinity_is_an_expert_that_does_not_exist),
        cmocka_unit_test(test_only_experts_of_the_best_groups_are_chosen),
        cmocka_unit_test(test_groups_of_strange_logits_still_give_valid_experts),
        cmocka_unit_test(test_the_sparse_mixer_gives_the_weights_of_its_example),
        cmocka_unit_test(test_the_sparse_mixer_agrees_with_double_precision),
    };
    return cmocka_run_group_tests_name("router", tests, NULL, NULL);
}
