/* What disturbs a run is seen: clocks that step, a machine that sleeps, processes that compute. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "suite/disturbance.h"

enum { MS = 1000000 };

static clock_reading clocks;

static clock_reading read_clocks(void *ud)
{
    (void)ud;
    return clocks;
}

/* All clocks go on, and the wall clock by `step_ms` more. */
static void pass(clock_guard *g, int64_t awake_ms, int64_t suspended_ms, int64_t step_ms)
{
    clocks.monotonic += awake_ms * MS;
    clocks.boot += (awake_ms + suspended_ms) * MS;
    clocks.wall += (awake_ms + suspended_ms + step_ms) * MS;
    clock_guard_look(g);
}

static void test_a_steady_clock_has_no_steps(void **state)
{
    (void)state;
    clock_guard g;
    clock_guard_begin(&g, (clock_reader){read_clocks, NULL});
    for (int i = 0; i < 100; i++)
        pass(&g, 60000, 0, 30); // slow adjustment: 500 parts in a million
    assert_true(g.step_ms == 0 && g.suspended_ms == 0);
}

static void test_the_largest_step_counts_with_its_sign(void **state)
{
    (void)state;
    clock_guard g;
    clock_guard_begin(&g, (clock_reader){read_clocks, NULL});
    pass(&g, 100, 0, 200);
    pass(&g, 100, 0, -3600000);
    pass(&g, 100, 0, 1000);
    assert_true(g.step_ms == -3600000 && g.suspended_ms == 0);
}

static void test_suspended_time_adds_up_and_is_no_step(void **state)
{
    (void)state;
    clock_guard g;
    clock_guard_begin(&g, (clock_reader){read_clocks, NULL});
    pass(&g, 100, 7000, 0);
    pass(&g, 100, 0, 0);
    pass(&g, 100, 500, 0);
    assert_true(g.suspended_ms == 7500 && g.step_ms == 0);
}

static void test_the_system_has_such_clocks(void **state)
{
    (void)state;
    clock_guard g;
    clock_guard_begin(&g, clock_reader_system());
    clock_guard_look(&g);
    assert_true(g.last.wall > 0 && g.last.monotonic > 0 && g.last.boot >= g.last.monotonic);
}

/* ---- the load of others ------------------------------------------------------------------------------------------ */

static resource_sample sample(int64_t t_ms, int server, int test, double machine, double own_server, double client)
{
    resource_sample s = {.t_ms = t_ms, .server = server, .test_index = test, .values = sample_values_none()};
    s.values.v[SAMPLE_MACHINE_CPU] = machine;
    s.values.v[SAMPLE_SERVER_CPU] = own_server;
    s.values.v[SAMPLE_CLIENT_CPU] = client;
    return s;
}

static double load_of(resource_sample *samples, size_t n)
{
    server_record servers[2] = {{0}, {0}};
    const run_record run = {
        .info = {.n_cores = 4}, .servers = servers, .n_servers = 2, .samples = samples, .n_samples = n};
    return foreign_load_of(&run);
}

static void test_the_load_of_others_is_what_server_and_client_leave(void **state)
{
    (void)state;
    resource_sample samples[] = {
        sample(0, 0, -1, 0, 0, 0),         // loading: not counted
        sample(1000, 0, 3, 100, 0, 0),     //
        sample(2000, 0, 3, 103, 1.5, 0.5), // 1 s of others in 1 s
        sample(2500, 1, 3, 500, 90, 0),    // another server
        sample(4000, 0, 3, 107, 3.5, 1.5), // 1 s in 2 s
        sample(9000, 0, -1, 200, 3.5, 1.5),
    };
    assert_true(fabs(load_of(samples, 6) - 100 * 2 / (3 * 4.0)) < 1e-9);
}

static void test_without_figures_there_is_no_load(void **state)
{
    (void)state;
    resource_sample samples[] = {sample(0, 0, 1, 0, NAN, 0), sample(1000, 0, 1, 4, NAN, 0),
                                 sample(2000, 0, 1, 8, 1, 0)};
    assert_true(isnan(load_of(samples, 3)));
    assert_true(isnan(load_of(samples, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_steady_clock_has_no_steps),
        cmocka_unit_test(test_the_largest_step_counts_with_its_sign),
        cmocka_unit_test(test_suspended_time_adds_up_and_is_no_step),
        cmocka_unit_test(test_the_system_has_such_clocks),
        cmocka_unit_test(test_the_load_of_others_is_what_server_and_client_leave),
        cmocka_unit_test(test_without_figures_there_is_no_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
