/* Sessions side by side and requests that arrive on their own, in worlds with known laws. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "figures/stress/degradation_law.h"
#include "figures/stress/fairness.h"
#include "figures/stress/pareto_front.h"
#include "figures/stress/saturation.h"
#include "support/draws.h"

/* ---- the degradation law ----------------------------------------------------------------------------------------- */

static const int SESSIONS[] = {1, 2, 3, 4, 5, 8, 16};
enum { N_LEVELS = sizeof SESSIONS / sizeof *SESSIONS };

static degradation_law observe_law(double alone, double cost, double noise, uint64_t seed)
{
    session_rate points[N_LEVELS];
    rng_state rng;
    rng_seed(&rng, seed);
    for (int i = 0; i < N_LEVELS; i++) {
        const double r = alone / (1 + (SESSIONS[i] - 1) * cost);
        points[i] = (session_rate){SESSIONS[i], r * exp(noise * normal(&rng))};
    }
    return degradation_law_of(points, N_LEVELS);
}

static void test_the_law_is_recovered(void **state)
{
    (void)state;
    const double costs[] = {0, 0.1, 0.5, 1, 1.6, -0.02};
    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++) {
        const degradation_law law = observe_law(30, costs[i], 0, 0);
        assert_close(law.alone_tps, 30, 1e-9);
        assert_close(law.cost, costs[i], 1e-9);
        assert_close(law.worst, 0, 1e-9);
        assert_close(degradation_at(&law, 4), 30 / (1 + 3 * costs[i]), 1e-9);
    }
    assert_close(observe_law(30, 0.5, 0, 0).capacity_tps, 60, 1e-9);
    assert_true(isinf(observe_law(30, -0.02, 0, 0).capacity_tps));
}

static void test_intervals_of_the_cost_hold_the_truth(void **state)
{
    (void)state;
    const double costs[] = {0.05, 0.4, 1};
    for (size_t k = 0; k < 3; k++) {
        int n_inside = 0;
        for (uint64_t seed = 0; seed < 1000; seed++) {
            const interval r = observe_law(30, costs[k], 0.03, seed).cost_range;
            n_inside += r.low <= costs[k] && r.high >= costs[k];
        }
        assert_in_range(n_inside, 920, 975);
    }
}

static void test_a_point_off_the_law_is_named(void **state)
{
    (void)state;
    session_rate points[] = {{1, 30}, {2, 27}, {4, 23}, {8, 9}, {3, 25}, {5, 0}};
    const degradation_law law = degradation_law_of(points, 6);
    assert_int_equal(law.n, 5); // a rate of 0 is left out
    assert_int_equal(law.worst_at, 8);
    assert_true(law.worst > 0.1);
    assert_true(isnan(degradation_law_of(points, 1).cost));
    assert_true(isnan(degradation_law_of(points, 2).cost_range.low));
}

/* ---- fairness ---------------------------------------------------------------------------------------------------- */

static void test_jains_index_of_known_rates(void **state)
{
    (void)state;
    const double equal[] = {5, 5, 5}, one[] = {9, 0, 0}, uneven[] = {1, 2, 3};
    assert_close(fairness_of(equal, 3).jain, 1, 1e-12);
    assert_close(fairness_of(one, 3).jain, 1.0 / 3, 1e-12);
    const fairness f = fairness_of(uneven, 3);
    assert_close(f.jain, 36.0 / (3 * 14), 1e-12);
    assert_close(f.least, 0.5, 1e-12);
    assert_int_equal(f.least_at, 0);
    assert_true(isnan(fairness_of(equal, 0).jain));
}

/* Four groups of five, from R's documentation of kruskal.test by hand: ranks of 1 to 20 in order give 17.857. */
static void test_sessions_in_order_differ_surely(void **state)
{
    (void)state;
    session_value v[20];
    for (int i = 0; i < 20; i++)
        v[i] = (session_value){i / 5, i};
    assert_close(sessions_p_value(v, 20), 0.000471, 1e-6);
    session_value many[4000];
    for (int i = 0; i < 4000; i++)
        many[i] = (session_value){i / 1000, i};
    assert_close(sessions_p_value(many, 4000), 0, 0);
    session_value same[4] = {{0, 1}, {0, 1}, {1, 1}, {1, 1}};
    assert_close(sessions_p_value(same, 4), 1, 1e-12);
    assert_true(isnan(sessions_p_value(same, 2))); // of one session
    assert_true(isnan(sessions_p_value(same, 0)));
}

static int count_alarms(double slowed, int n_each)
{
    int n = 0;
    for (uint64_t seed = 0; seed < 1000; seed++) {
        session_value v[200];
        rng_state rng;
        rng_seed(&rng, seed);
        for (int i = 0; i < 4 * n_each; i++)
            v[i] = (session_value){i % 4, 20 * (i % 4 == 2 ? slowed : 1) * exp(0.15 * normal(&rng))};
        n += sessions_p_value(v, (size_t)(4 * n_each)) < 0.05;
    }
    return n;
}

static void test_equal_sessions_rarely_seem_different(void **state)
{
    (void)state;
    assert_in_range(count_alarms(1, 25), 30, 70);
    assert_true(count_alarms(0.8, 25) > 950);
}

/* ---- saturation -------------------------------------------------------------------------------------------------- */

enum { N_REQUESTS = 300 };

/* Four slots of a second each on average; `load` of what they can serve arrives, by Poisson. */
static void queue_world(double load, uint64_t seed, arrived_request *out)
{
    double t = 0, is_free[4] = {0};
    rng_state rng;
    rng_seed(&rng, seed);
    for (int i = 0; i < N_REQUESTS; i++) {
        int slot = 0;
        t += -log(1 - (double)rng_float(&rng)) / (4 * load);
        for (int k = 1; k < 4; k++)
            slot = is_free[k] < is_free[slot] ? k : slot;
        const double begin = fmax(t, is_free[slot]);
        is_free[slot] = begin + 0.5 + (double)rng_float(&rng);
        out[i] = (arrived_request){t, is_free[slot], 1000 * (begin - t) + 100};
    }
}

static int count_saturated(double load)
{
    int n = 0;
    for (uint64_t seed = 0; seed < 300; seed++) {
        arrived_request requests[N_REQUESTS];
        saturation s;
        queue_world(load, seed, requests);
        assert_int_equal(saturation_of(requests, N_REQUESTS, &s, NULL), SW_OK);
        assert_true(s.is_judged && s.in_flight_mean > 0.5 && s.in_flight_max >= s.in_flight_mean);
        n += s.is_saturated;
    }
    return n;
}

static void test_a_server_that_falls_behind_is_saturated(void **state)
{
    (void)state;
    assert_true(count_saturated(0.5) <= 3); // of 300; 0.7: one in twenty; 1: half of them
    assert_true(count_saturated(0.7) <= 18);
    assert_true(count_saturated(1.2) >= 290);
    assert_int_equal(count_saturated(1.5), 300);
}

static void test_few_requests_are_not_judged(void **state)
{
    (void)state;
    arrived_request requests[N_REQUESTS];
    saturation s;
    queue_world(2, 1, requests);
    assert_int_equal(saturation_of(requests, 8, &s, NULL), SW_OK);
    assert_true(!s.is_judged && !s.is_saturated);
    assert_int_equal(saturation_of(requests, 0, &s, NULL), SW_OK);
    assert_true(!s.is_judged && s.n == 0);
}

static void test_recovery_is_when_answers_stay_quick(void **state)
{
    (void)state;
    arrived_request r[20];
    for (int i = 0; i < 20; i++) // slow until 5, once more at 8
        r[i] = (arrived_request){i, i + 0.5, i < 5 || i == 8 ? 4000 : 200};
    assert_close(recovery_s(r, 20, 2, 400), 9.5 - 2, 1e-12);
    assert_close(recovery_s(r, 20, 9, 400), 0, 0);
    assert_true(isnan(recovery_s(r, 13, 2, 400)));
    assert_true(isnan(recovery_s(r, 0, 2, 400)));
    r[10].ttft_ms = NAN; // a failure is not quick
    assert_close(recovery_s(r, 20, 2, 400), 11.5 - 2, 1e-12);
}

/* ---- Pareto ------------------------------------------------------------------------------------------------------ */

static void test_the_front_holds_what_nothing_beats(void **state)
{
    (void)state;
    pareto_point p[] = {{4, 10, false}, {2, 5, false},    {2, 5, false},   {3, 5, false},
                        {4, 8, false},  {NAN, 99, false}, {9, 10.5, false}};
    assert_int_equal(pareto_front(p, 7), 4);
    const bool wanted[] = {true, true, true, false, false, false, true};
    for (int i = 0; i < 7; i++)
        assert_int_equal(p[i].is_on_front, wanted[i]);
    assert_int_equal(pareto_front(p, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_law_is_recovered),
        cmocka_unit_test(test_intervals_of_the_cost_hold_the_truth),
        cmocka_unit_test(test_a_point_off_the_law_is_named),
        cmocka_unit_test(test_jains_index_of_known_rates),
        cmocka_unit_test(test_sessions_in_order_differ_surely),
        cmocka_unit_test(test_equal_sessions_rarely_seem_different),
        cmocka_unit_test(test_a_server_that_falls_behind_is_saturated),
        cmocka_unit_test(test_few_requests_are_not_judged),
        cmocka_unit_test(test_recovery_is_when_answers_stay_quick),
        cmocka_unit_test(test_the_front_holds_what_nothing_beats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
