/* Which experts go to the device: by measured rates, and by rules without times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/rng.h"
#include "forward/expert_split.h"

static double later(double a, double b)
{
    return a > b ? a : b;
}

/* When a layer ends that is divided like this. */
static double time_of(const split_rates *r, const uint32_t *n_tokens, const bool *goes, size_t n)
{
    double here = 0, copies = 0, products = 0;
    for (size_t e = 0; e < n; e++) {
        if (n_tokens[e] == 0)
            continue;
        here += goes[e] ? 0 : r->here.expert_us + n_tokens[e] * r->here.token_us;
        copies += goes[e] ? r->device.expert_us : 0;
        products += goes[e] ? n_tokens[e] * r->device.token_us : 0;
    }
    return later(here, later(copies, products));
}

/* The best of all 2^n ways. */
static double best_time(const split_rates *r, const uint32_t *n_tokens, size_t n)
{
    double best = 1e300;
    for (uint32_t way = 0; way < 1u << n; way++) {
        bool goes[16];
        for (size_t e = 0; e < n; e++)
            goes[e] = (way >> e & 1) != 0;
        const double us = time_of(r, n_tokens, goes, n);
        best = us < best ? us : best;
    }
    return best;
}

static void test_dividing_by_rates_is_near_the_best_of_all_ways(void **state)
{
    (void)state;
    enum { N = 9, ROUNDS = 300 };
    rng_state r;
    rng_seed(&r, 14);
    double sum = 0, sum_best = 0;
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t n_tokens[N];
        bool goes[N];
        for (size_t e = 0; e < N; e++)
            n_tokens[e] = (uint32_t)(rng_next(&r) % 40) * (rng_next(&r) % 4 > 0);
        const expert_split s = {.rates = {.here = {(double)(rng_next(&r) % 100), (double)(rng_next(&r) % 20)},
                                          .device = {(double)(rng_next(&r) % 300), (double)(rng_next(&r) % 3)}}};
        const size_t n_going = expert_split_choose(&s, n_tokens, N, goes);
        size_t n_counted = 0;
        for (size_t e = 0; e < N; e++) {
            assert_true(!goes[e] || n_tokens[e] > 0);
            n_counted += goes[e];
        }
        const bool none[N] = {false};
        const double us = time_of(&s.rates, n_tokens, goes, N);
        assert_int_equal(n_going, n_counted);
        assert_true(us <= time_of(&s.rates, n_tokens, none, N));
        sum += us;
        sum_best += best_time(&s.rates, n_tokens, N);
    }
    assert_true(sum <= 1.05 * sum_best);
}

static void test_the_most_used_experts_go(void **state)
{
    (void)state;
    const uint32_t n_tokens[] = {3, 0, 90, 4, 90, 1};
    const expert_split s = {.rates = {.here = {10, 10}, .device = {100, 1}}};
    bool goes[6];
    assert_int_equal(expert_split_choose(&s, n_tokens, 6, goes), 2);
    assert_true(goes[2] && goes[4]);
}

static void test_rules_without_times_are_fixed(void **state)
{
    (void)state;
    const uint32_t n_tokens[] = {0, 1, 5, 0, 2, 7};
    const bool even[] = {false, true, false, false, true, false}, all[] = {false, true, true, false, true, true};
    bool goes[6];
    assert_int_equal(expert_split_choose(&(expert_split){.rule = SPLIT_EVEN}, n_tokens, 6, goes), 2);
    assert_memory_equal(goes, even, sizeof goes);
    assert_int_equal(expert_split_choose(&(expert_split){.rule = SPLIT_ALL}, n_tokens, 6, goes), 4);
    assert_memory_equal(goes, all, sizeof goes);
    assert_int_equal(expert_split_choose(&(expert_split){.rule = SPLIT_NONE}, n_tokens, 6, goes), 0);
}

/* The switch point is where dividing begins to pay: earlier with faster copies, never with copies that take for ever.
 */
static void test_the_switch_point_follows_the_rates(void **state)
{
    (void)state;
    split_rates r = {.here = {40, 20}, .device = {0, 0.1}};
    size_t before = 0;
    for (double copy_us = 25; copy_us < 1e5; copy_us *= 2) {
        r.device.expert_us = copy_us;
        const size_t point = expert_split_point(&r, 32, 4, 512);
        if (point == 0) {
            assert_true(copy_us > 1000);
            before = 513;
            continue;
        }
        assert_in_range(point, before, 512);
        before = point;
    }
    assert_int_equal(before, 513);
    r = (split_rates){.here = {40, 20}, .device = {10, 30}}; // a device that is slower at everything but the copy
    assert_in_range(expert_split_point(&r, LIMIT_MODEL_EXPERTS, 8, 64), 1, 64); // still helps: both compute
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dividing_by_rates_is_near_the_best_of_all_ways),
        cmocka_unit_test(test_the_most_used_experts_go),
        cmocka_unit_test(test_rules_without_times_are_fixed),
        cmocka_unit_test(test_the_switch_point_follows_the_rates),
    };
    return cmocka_run_group_tests_name("which experts go to the device", tests, NULL, NULL);
}
