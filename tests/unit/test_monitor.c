/* The process behind a port is found, and its memory is seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "monitor/machine.h"
#include "monitor/watch.h"
#include "unit/scripted_server.h"

static void test_the_listener_of_a_port_is_found(void **state)
{
    (void)state;
    scripted_server server = {.script = ""};
    assert_true(scripted_server_start(&server));
    const int port = (int)strtol(strrchr(server.url, ':') + 1, NULL, 10);
    assert_int_equal(machine_pid_listening_on(port), getpid());
    scripted_server_stop(&server);
    assert_int_equal(machine_pid_listening_on(port), 0);
}

static void test_facts_of_the_machine(void **state)
{
    (void)state;
    const machine_info m = machine_facts();
    assert_true(m.n_cores >= 1 && m.memory_bytes > 0);
    assert_true(m.cpu[0] != '\0' && m.os[0] != '\0');
}

static void test_a_sample_is_there_at_once_and_carries_the_tag(void **state)
{
    (void)state;
    static watch_sample samples[WATCH_KEPT];
    memory_watch *watch;
    assert_int_equal(watch_start(&watch, &(watch_options){.pid = getpid(), .clock = clock_system()}, NULL), SW_OK);
    watch_tag(watch, 7);
    const size_t n = watch_take(watch, samples, WATCH_KEPT);
    assert_true(n >= 1);
    assert_int_equal(samples[n - 1].tag, 7);
    assert_true(samples[n - 1].memory.rss > 0 && samples[n - 1].memory.peak >= samples[n - 1].memory.anon);
    assert_true(watch_take(watch, samples, 1) == 1);
    watch_stop(watch);
}

static void test_a_process_that_is_not_there_gives_no_samples(void **state)
{
    (void)state;
    watch_sample sample;
    memory_watch *watch;
    assert_int_equal(watch_start(&watch, &(watch_options){.pid = 1l << 30, .clock = clock_system()}, NULL), SW_OK);
    assert_int_equal(watch_take(watch, &sample, 1), 0);
    watch_stop(watch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_listener_of_a_port_is_found),
        cmocka_unit_test(test_facts_of_the_machine),
        cmocka_unit_test(test_a_sample_is_there_at_once_and_carries_the_tag),
        cmocka_unit_test(test_a_process_that_is_not_there_gives_no_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
