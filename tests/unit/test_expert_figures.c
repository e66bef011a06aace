/* Figures of experts, against counts made by hand and routers of known probabilities. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/rng.h"
#include "figures/expert_figures.h"

static void assert_near(double got, double wanted)
{
    if (!(fabs(got - wanted) <= 1e-9))
        fail_msg("%.12g is not %.12g", got, wanted);
}

static test_record counted(const char *name, int index, int repeat, int n_layers, int n_experts, int n_used,
                           int64_t n_tokens, const uint64_t *counts)
{
    return (test_record){.plan = {.name = name},
                         .index = index,
                         .repeat = repeat,
                         .answer = {.experts = {n_layers, n_experts, n_used, n_tokens, counts}}};
}

static expert_figures figures_of(test_record *tests, size_t n)
{
    const run_record run = {.tests = tests, .n_tests = n};
    expert_figures f;
    assert_int_equal(expert_figures_of(&run, 0, 1, &f, NULL), SW_OK);
    return f;
}

/* Two layers of four experts, one used per token. */
static void test_figures_are_means_over_layers(void **state)
{
    (void)state;
    const uint64_t counts[] = {8, 0, 0, 0, 2, 2, 2, 2}, more[] = {0, 8, 0, 0, 2, 2, 2, 2};
    test_record tests[] = {counted("one", 0, 0, 2, 4, 1, 8, counts), counted("two", 1, 0, 2, 4, 1, 8, more)};
    expert_figures f = figures_of(tests, 2);
    assert_int_equal(f.n_tests, 2);
    assert_string_equal(f.tests[0].name, "one");
    assert_near(f.tests[0].coverage, (0.25 + 1) / 2);
    assert_near(f.tests[0].expected_coverage, 1 - pow(0.75, 8));
    assert_near(f.tests[0].entropy_ratio, 0.5);
    assert_near(f.tests[0].effective_experts, 2.5);
    assert_near(f.tests[0].top_share, (1 + 0.25) / 2);
    assert_int_equal(f.tests[0].hot_50, 2);
    assert_int_equal(f.tests[0].hot_80, 4);
    assert_int_equal(f.tests[0].hot_95, 4);
    assert_int_equal(f.all.n_tokens, 16);
    assert_near(f.all.coverage, (0.5 + 1) / 2);
    assert_int_equal(f.n_pairs, 1);
    assert_near(f.pairs[0].jsd, 0.5); // nothing in common in one layer, all in the other
    assert_near(f.heat[0], 1);
    assert_near(f.heat[8 + 1], 1);
    assert_near(f.heat[4], 0.25);
    expert_figures_free(&f);
}

static void test_only_streamed_answers_of_this_model_count(void **state)
{
    (void)state;
    const uint64_t counts[] = {1, 1};
    test_record tests[6];
    for (int i = 0; i < 6; i++)
        tests[i] = counted("t", i, 0, 1, 2, 1, 2, counts);
    tests[1].is_warmup = true;
    tests[2].mode = MODE_WHOLE;
    tests[3].subject = 1;
    tests[4].answer.experts.n_experts = 1; // another model's
    tests[5].answer.experts = (expert_counts){0};
    expert_figures f = figures_of(tests, 6);
    assert_int_equal(f.n_tests, 1);
    assert_int_equal(f.all.n_tokens, 2);
    assert_int_equal(f.n_pairs, 0);
    assert_string_equal(f.p_value_unit, "");
    expert_figures_free(&f);
    f = figures_of(tests + 5, 1);
    assert_int_equal(f.n_tests, 0);
    expert_figures_free(&f);
}

static void test_a_layer_without_choices_is_no_zero(void **state)
{
    (void)state;
    const uint64_t counts[] = {4, 4, 0, 0}, none[] = {0, 0, 0, 0};
    test_record tests[] = {counted("t", 0, 0, 2, 2, 1, 8, counts), counted("u", 1, 0, 2, 2, 1, 0, none)};
    expert_figures f = figures_of(tests, 2);
    assert_near(f.tests[0].entropy_ratio, 1);
    assert_true(isnan(f.tests[1].coverage) && isnan(f.tests[1].top_share));
    assert_near(f.tests[1].expected_coverage, 0);
    expert_figures_free(&f);
}

/* ---- simulations --------------------------------------------------------------------------------------------------
 */

enum { LAYERS = 27, EXPERTS = 64, USED = 6, CELLS = LAYERS * EXPERTS };

/* Counts of n_tokens tokens: each chooses USED experts in every layer, those of n_likely from `begin` on twice as
 * often. */
static void route(rng_state *rng, int n_layers, int n_experts, int n_used, int n_tokens, int begin, int n_likely,
                  uint64_t *counts)
{
    for (int t = 0; t < n_tokens; t++) {
        for (int l = 0; l < n_layers; l++) {
            uint64_t chosen = 0;
            for (int k = 0; k < n_used;) {
                const int drawn = (int)(rng_float(rng) * (float)(n_experts + n_likely));
                const int e = (drawn < n_experts ? drawn : begin + drawn - n_experts) % n_experts;
                if ((chosen >> e & 1) != 0)
                    continue;
                chosen |= (uint64_t)1 << e;
                counts[l * n_experts + e]++;
                k++;
            }
        }
    }
}

/* Returns how many of 400 pairs of tests with n_repeats answers have a p-value of at most 0.05. */
static int count_alarms(int n_repeats, int n_likely, const char *unit)
{
    enum { N = 400 };
    static uint64_t counts[6][32];
    rng_state rng;
    rng_seed(&rng, 11);
    int n_alarms = 0;
    for (int i = 0; i < N; i++) {
        test_record tests[6];
        memset(counts, 0, sizeof counts);
        for (int k = 0; k < 2 * n_repeats; k++) {
            route(&rng, 2, 16, 2, 120 + 10 * (k % 2), 0, k % 2 == 1 ? n_likely : 0, counts[k]);
            tests[k] = counted("t", k % 2, k / 2, 2, 16, 2, 120 + 10 * (k % 2), counts[k]);
        }
        expert_figures f = figures_of(tests, (size_t)(2 * n_repeats));
        assert_string_equal(f.p_value_unit, unit);
        n_alarms += f.pairs[0].p_value <= 0.05;
        expert_figures_free(&f);
    }
    return n_alarms;
}

static void test_equal_routers_are_rarely_called_different(void **state)
{
    (void)state;
    const int n_alarms = count_alarms(1, 0, "tokens");
    if (n_alarms > 0.07 * 400 || n_alarms == 0)
        fail_msg("%d false alarms of 400", n_alarms);
    // Three answers each: 20 divisions, of which 2 are as they are, so that no p-value is below 0.1.
    assert_true(count_alarms(3, 0, "answers") <= 0.07 * 400);
}

static void test_other_routers_are_found(void **state)
{
    (void)state;
    const int n_found = count_alarms(1, 6, "tokens");
    if (n_found < 0.8 * 400)
        fail_msg("%d found of 400", n_found);
}

/* Nine tests, three answers each; only the first two have the same probabilities.  The time is printed: reports are
 * made while a user waits. */
static void test_the_largest_model_takes_no_time(void **state)
{
    (void)state;
    static uint64_t counts[27][CELLS];
    test_record tests[27];
    rng_state rng;
    rng_seed(&rng, 3);
    for (int i = 0; i < 27; i++) {
        route(&rng, LAYERS, EXPERTS, USED, 300, i % 9 < 2 ? 0 : 7 * (i % 9 - 1), 16, counts[i]);
        tests[i] = counted("t", i % 9, i / 9, LAYERS, EXPERTS, USED, 300, counts[i]);
    }
    const clock_t begin = clock();
    expert_figures f = figures_of(tests, 27);
    print_message("answers: %.2f s\n", (double)(clock() - begin) / CLOCKS_PER_SEC);
    assert_int_equal(f.n_pairs, 36);
    for (size_t i = 0; i < 36; i++) {
        const bool differ = f.pairs[i].b > 1;
        assert_int_equal(i < 35, differ); // the most unlike first
        assert_int_equal(f.pairs[i].p_value <= 0.05, differ);
    }
    expert_figures_free(&f);
    const clock_t again = clock();
    f = figures_of(tests, 9);
    print_message("tokens: %.2f s\n", (double)(clock() - again) / CLOCKS_PER_SEC);
    assert_string_equal(f.p_value_unit, "tokens");
    for (size_t i = 0; i < 36; i++)
        assert_int_equal(f.pairs[i].p_value <= 0.05, f.pairs[i].b > 1);
    expert_figures_free(&f);
}

static void test_equal_repetitions_are_one(void **state)
{
    (void)state;
    const uint64_t a[] = {5, 1, 1, 1}, b[] = {1, 5, 1, 1};
    test_record tests[] = {counted("a", 0, 0, 1, 4, 1, 8, a), counted("b", 1, 0, 1, 4, 1, 8, b),
                           counted("a", 0, 1, 1, 4, 1, 8, a), counted("b", 1, 1, 1, 4, 1, 8, b)};
    expert_figures f = figures_of(tests, 4);
    assert_string_equal(f.p_value_unit, "tokens");
    const double p = f.pairs[0].p_value;
    assert_true(p > 0 && p <= 1);
    expert_figures_free(&f);
    f = figures_of(tests, 2);
    assert_true(f.pairs[0].p_value == p); // seeded; copies are no evidence
    expert_figures_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures_are_means_over_layers),
        cmocka_unit_test(test_only_streamed_answers_of_this_model_count),
        cmocka_unit_test(test_a_layer_without_choices_is_no_zero),
        cmocka_unit_test(test_equal_routers_are_rarely_called_different),
        cmocka_unit_test(test_other_routers_are_found),
        cmocka_unit_test(test_the_largest_model_takes_no_time),
        cmocka_unit_test(test_equal_repetitions_are_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
