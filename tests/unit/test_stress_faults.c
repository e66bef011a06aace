/* Planted faults are found, each by its own alarm, and a sound server rarely sets one off. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "figures/stress/stress_faults.h"
#include "support/fault_maker.h"

enum { N_RUNS = 20, N_REQUESTS = 2500 };

static stress_faults search(const fault_world *world)
{
    stress_faults faults;
    assert_int_equal(stress_faults_of(world, &faults, NULL), SW_OK);
    return faults;
}

static stress_faults search_run(int fault, uint64_t seed, size_t n)
{
    const fault_plan plan = {fault, seed, n, /*n_sessions=*/3, /*pause_s=*/1, /*sample_s=*/2};
    fault_world world;
    fault_world_make(&plan, &world);
    return search(&world);
}

/* tests/faulty/ has more runs, and a server. */
static void test_each_planted_fault_is_found(void **state)
{
    (void)state;
    for (int fault = 0; fault < N_FAULTS; fault++) {
        int n_found = 0, n_others = 0;
        for (uint64_t seed = 0; seed < N_RUNS; seed++) {
            const stress_faults faults = search_run(fault, seed, N_REQUESTS);
            n_found += faults.rows[fault].is_found;
            n_others += faults.n_found > (size_t)faults.rows[fault].is_found;
        }
        assert_true(n_found >= 19 && n_others <= 1);
    }
}

static void test_a_sound_server_rarely_sets_off_an_alarm(void **state)
{
    (void)state;
    int n = 0;
    for (uint64_t seed = 0; seed < N_RUNS; seed++) {
        const stress_faults faults = search_run(-1, seed, N_REQUESTS);
        n += faults.n_found > 0;
        for (int i = 0; i < N_FAULTS; i++)
            assert_false(isnan(faults.rows[i].p_value));
    }
    assert_true(n <= 1);
}

static void test_the_alarm_says_where(void **state)
{
    (void)state;
    const stress_faults slow = search_run(FAULT_SLOWING, 1, N_REQUESTS);
    assert_true(fabs(slow.rows[FAULT_SLOWING].at - 600) < 150);
    assert_true(fabs(slow.rows[FAULT_SLOWING].effect - 0.2) < 0.04);
    const stress_faults unfair = search_run(FAULT_UNFAIR, 1, N_REQUESTS);
    assert_true(unfair.rows[FAULT_UNFAIR].at == 1);
    const stress_faults forgets = search_run(FAULT_FORGETS, 1, N_REQUESTS);
    assert_true(fabs(forgets.rows[FAULT_FORGETS].at - 2048) < 300);
    const stress_faults leak = search_run(FAULT_LEAK, 1, N_REQUESTS);
    assert_true(fabs(leak.rows[FAULT_LEAK].effect - 100e3) < 10e3);
    assert_non_null(strstr(leak.rows[FAULT_LEAK].found, "memory that a request leaves behind: "));
}

/* Small faults are no alarms, however sure they are. */
static void test_small_effects_are_no_faults(void **state)
{
    (void)state;
    const fault_plan plan = {-1, 5, N_REQUESTS, 3, 1, 2};
    fault_world world;
    fault_world_make(&plan, &world);
    fault_request *const requests = (fault_request *)(uintptr_t)world.requests;
    memory_sample *const samples = (memory_sample *)(uintptr_t)world.samples;
    for (size_t i = 0; i < world.n_requests; i++)
        requests[i].ms_per_token *= i > 1000 ? 1.02 : 1;
    for (size_t i = 0; i < world.n_samples; i++)
        samples[i].bytes = 300e6 + 4000 * (double)i; // 4 KB every two seconds, less than a KB a request
    const stress_faults faults = search(&world);
    assert_true(faults.rows[FAULT_LEAK].p_value < 1e-6 && !faults.rows[FAULT_LEAK].is_found);
    assert_false(faults.rows[FAULT_SLOWING].is_found);
}

static void test_a_server_that_is_not_reproducible_is_not_accused(void **state)
{
    (void)state;
    const fault_plan plan = {-1, 6, 400, 3, 1, 2};
    fault_world world;
    fault_world_make(&plan, &world);
    fault_request *const requests = (fault_request *)(uintptr_t)world.requests;
    for (size_t i = 0; i < world.n_requests; i++)
        requests[i].answer += i % 4;
    const fault_row row = search(&world).rows[FAULT_CHANGED];
    assert_true(isnan(row.p_value) && !row.is_found);
    assert_non_null(strstr(row.found, "not judged"));
}

/* Another interface may frame the prompt otherwise, or tell nothing. */
static void test_interfaces_may_count_differently(void **state)
{
    (void)state;
    fault_request r[12];
    for (int i = 0; i < 12; i++)
        r[i] = (fault_request){.question = 1,
                               .kind = 1,
                               .route = (uint64_t)(i % 3),
                               .answer = 5,
                               .is_completed = true,
                               .told_tokens = i % 3 == 2 ? -1 : 20,
                               .seen_tokens = 20,
                               .prompt_tokens = 30 + i % 3,
                               .distance = NAN};
    const fault_world world = {.requests = r, .n_requests = 12};
    assert_false(search(&world).rows[FAULT_USAGE].is_found);
    r[3].prompt_tokens = 31;
    assert_true(search(&world).rows[FAULT_USAGE].effect == 1);
    r[4].told_tokens = 24; // as those of its interface had 20 for this answer
    assert_true(search(&world).rows[FAULT_USAGE].effect == 2 && search(&world).rows[FAULT_USAGE].is_found);
    r[6].told_tokens = 19; // fewer than were seen
    assert_true(search(&world).rows[FAULT_USAGE].effect == 4);
}

static void test_nothing_is_judged_by_nothing(void **state)
{
    (void)state;
    const fault_world empty = {0};
    const stress_faults faults = search(&empty);
    assert_int_equal(faults.n_found, 0);
    for (int i = 0; i < N_FAULTS; i++)
        assert_true(isnan(faults.rows[i].p_value));
    for (int i = 0; i < N_FAULTS; i++)
        assert_int_equal(fault_from_name(fault_name((fault_kind)i)), i);
    assert_int_equal(fault_from_name("other"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_planted_fault_is_found),
        cmocka_unit_test(test_a_sound_server_rarely_sets_off_an_alarm),
        cmocka_unit_test(test_the_alarm_says_where),
        cmocka_unit_test(test_small_effects_are_no_faults),
        cmocka_unit_test(test_a_server_that_is_not_reproducible_is_not_accused),
        cmocka_unit_test(test_interfaces_may_count_differently),
        cmocka_unit_test(test_nothing_is_judged_by_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
