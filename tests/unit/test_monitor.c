/* The process behind a port is found, and its memory is seen. */
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "monitor/machine.h"
#include "monitor/sample_source.h"
#include "monitor/watch.h"
#include "unit/scripted_server.h"

// The last word of a command line that makes this program wait to be killed.
static const char SLEEP[] = "sleep-for-a-test";

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

/* A child that sleeps, with this command line. */
static pid_t start(const char *first, const char *second)
{
    const pid_t pid = fork();
    if (pid == 0) {
        execl("/proc/self/exe", first, second, SLEEP, NULL);
        _exit(127);
    }
    return pid;
}

/* Waits until the child has its command line, which exec sets. */
static bool is_server(pid_t pid, const char *wanted_name)
{
    char name[MACHINE_PROGRAM_BYTES] = "";
    bool is_known = false;
    for (int i = 0; i < 500 && strcmp(name, wanted_name) != 0; i++) {
        usleep(10000);
        is_known = machine_is_model_server(pid, name);
    }
    assert_string_equal(name, wanted_name);
    return is_known;
}

static void test_only_known_programs_hold_a_model(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second, *name;
        bool is_known;
    } ROWS[] = {
        {"/opt/bin/llama-server", "-m", "llama-server", true},
        {"./spillway", "serve", "spillway", true},
        {"/usr/bin/python3.12", "tools/koboldcpp.py", "python3.12 koboldcpp.py", true},
        {"python3", "proxy.py", "python3 proxy.py", false},
        {"nginx", "spillway", "nginx", false},
        {"ssh", "llama-server", "ssh", false},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        const pid_t pid = start(ROWS[i].first, ROWS[i].second);
        assert_int_equal(is_server(pid, ROWS[i].name), ROWS[i].is_known);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    char name[MACHINE_PROGRAM_BYTES];
    assert_false(machine_is_model_server(0x7ffffffe, name));
    assert_string_equal(name, "?");
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
    sample_source *source;
    assert_int_equal(sample_source_open(&source, &(sample_source_options){.pid = getpid()}, NULL), SW_OK);
    assert_int_equal(
        watch_start(&watch, &(watch_options){.read = sample_source_read, .ud = source, .clock = clock_system()}, NULL),
        SW_OK);
    watch_tag(watch, 7);
    const size_t n = watch_take(watch, samples, WATCH_KEPT, NULL);
    assert_true(n >= 1);
    assert_int_equal(samples[n - 1].tag, 7);
    assert_true(samples[n - 1].values.v[SAMPLE_RSS] > 0);
    assert_true(watch_take(watch, samples, 1, NULL) == 1);
    watch_stop(watch);
    sample_source_close(source);
}

static void test_a_process_that_is_not_there_gives_no_samples(void **state)
{
    (void)state;
    watch_sample sample;
    memory_watch *watch;
    sample_source *source;
    assert_int_equal(sample_source_open(&source, &(sample_source_options){.pid = 1l << 30}, NULL), SW_OK);
    assert_int_equal(
        watch_start(&watch, &(watch_options){.read = sample_source_read, .ud = source, .clock = clock_system()}, NULL),
        SW_OK);
    assert_int_equal(watch_take(watch, &sample, 1, NULL), 0);
    watch_stop(watch);
    sample_source_close(source);
}

/* ---- eight hours in no time: the watch sleeps on a clock that moves when it is slept on ---- */

static atomic_uint n_allocations;
static atomic_uint n_reads;

static void *counting_resize(void *ud, void *p, size_t size)
{
    (void)ud;
    atomic_fetch_add(&n_allocations, 1);
    if (size > 0)
        return realloc(p, size);
    free(p);
    return NULL;
}

/* A process that has grown by one byte at every look. */
static bool growing_memory(void *ud, sample_values *out)
{
    (void)ud;
    *out = sample_values_none();
    out->v[SAMPLE_RSS] = 1 + atomic_fetch_add(&n_reads, 1);
    return true;
}

static void test_eight_hours_keep_a_bounded_history_of_all_of_them(void **state)
{
    (void)state;
    static watch_sample samples[WATCH_KEPT];
    const mem_allocator counting = {counting_resize, NULL};
    const uint64_t eight_hours_ns = 8 * 3600 * 1000000000ull;
    const uint64_t interval_ns = WATCH_INTERVAL_MS * 1000000ull;
    fake_clock clock;
    fake_clock_init(&clock);
    mem_set_allocator(&counting);
    memory_watch *watch;
    assert_int_equal(watch_start(&watch, &(watch_options){.clock = &clock.clock, .read = growing_memory}, NULL), SW_OK);
    const unsigned n_at_start = atomic_load(&n_allocations);
    while (clock_now_ns(&clock.clock) < eight_hours_ns)
        sched_yield();
    const size_t n = watch_take(watch, samples, WATCH_KEPT, NULL);
    assert_int_equal(atomic_load(&n_allocations), n_at_start);
    assert_true(n > WATCH_KEPT / 2 && n <= WATCH_KEPT);
    assert_true(samples[0].t_ns == 0);
    const uint64_t apart_ns = samples[1].t_ns;
    assert_true(apart_ns >= 32 * interval_ns && apart_ns % interval_ns == 0); // 288,000 moments, 16,384 places
    size_t n_odd = 0; // watch_take's own sample is one more, and not the last if the watch went on meanwhile
    for (size_t i = 1; i + 1 < n; i++)
        n_odd += samples[i].t_ns - samples[i - 1].t_ns != apart_ns;
    assert_true(n_odd <= 2);
    assert_true(samples[n - 1].t_ns >= eight_hours_ns);
    watch_stop(watch);
    mem_set_allocator(NULL);
}

/* As much of each GPU, and one more of the second. */
static void growing_gpus(void *ud, gpu_values *out)
{
    (void)ud;
    for (size_t i = 0; i < 2; i++)
        out[i] = (gpu_values){{(double)atomic_load(&n_reads) + (double)i}};
}

/* Also after samples were dropped. */
static void test_the_values_of_gpus_stay_with_their_sample(void **state)
{
    (void)state;
    static watch_sample samples[WATCH_KEPT];
    const gpu_values *gpus;
    fake_clock clock;
    fake_clock_init(&clock);
    memory_watch *watch;
    const watch_options options = {
        .clock = &clock.clock, .read = growing_memory, .n_gpus = 2, .read_gpus = growing_gpus};
    assert_int_equal(watch_start(&watch, &options, NULL), SW_OK);
    assert_int_equal(watch_n_gpus(watch), 2);
    while (clock_now_ns(&clock.clock) < 3 * WATCH_KEPT * 100000000ull)
        sched_yield();
    for (int part = 0; part < 2; part++) {
        const size_t n = watch_take(watch, samples, 1000, &gpus);
        assert_int_equal(n, 1000);
        for (size_t i = 0; i < n; i++) {
            assert_true(gpus[2 * i].v[0] == samples[i].values.v[SAMPLE_RSS]);
            assert_true(gpus[2 * i + 1].v[0] == samples[i].values.v[SAMPLE_RSS] + 1);
        }
    }
    watch_stop(watch);
}

/* A clock that moves when it is slept on, up to a limit, and then waits for a later one. */
typedef struct gated_clock {
    sw_clock clock;
    _Atomic uint64_t now, limit;
} gated_clock;

static uint64_t gated_now(void *ud)
{
    return atomic_load(&((gated_clock *)ud)->now);
}

static void gated_sleep(void *ud, uint64_t ns)
{
    gated_clock *const c = ud;
    while (atomic_load(&c->now) + ns > atomic_load(&c->limit))
        sched_yield();
    atomic_fetch_add(&c->now, ns);
}

/* Lets this many intervals pass; then all of their samples but perhaps the last are kept. */
static void pass(gated_clock *c, uint64_t n_intervals)
{
    const uint64_t limit = atomic_load(&c->limit) + n_intervals * WATCH_INTERVAL_MS * 1000000;
    atomic_store(&c->limit, limit);
    while (atomic_load(&c->now) < limit)
        sched_yield();
}

/* After the samples of a long test were taken, the next test has ten a second again. */
static void test_the_full_rate_is_back_when_all_samples_are_taken(void **state)
{
    (void)state;
    static watch_sample samples[WATCH_KEPT];
    const uint64_t interval_ns = WATCH_INTERVAL_MS * 1000000ull;
    gated_clock c = {.clock = {.ud = &c, .now_ns = gated_now, .sleep_ns = gated_sleep}};
    memory_watch *watch;
    assert_int_equal(watch_start(&watch, &(watch_options){.clock = &c.clock, .read = growing_memory}, NULL), SW_OK);
    pass(&c, 3 * WATCH_KEPT);
    assert_true(watch_take(watch, samples, WATCH_KEPT, NULL) > WATCH_KEPT / 2);
    assert_true(samples[1].t_ns - samples[0].t_ns == 4 * interval_ns);
    pass(&c, 10);
    assert_true(watch_take(watch, samples, WATCH_KEPT, NULL) >= 10);
    for (size_t i = 2; i < 9; i++) // the first may still have been of the time before
        assert_true(samples[i].t_ns - samples[i - 1].t_ns == interval_ns);
    atomic_store(&c.limit, UINT64_MAX / 2);
    watch_stop(watch);
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[argc - 1], SLEEP) == 0) { // see start()
        pause();
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_listener_of_a_port_is_found),
        cmocka_unit_test(test_only_known_programs_hold_a_model),
        cmocka_unit_test(test_facts_of_the_machine),
        cmocka_unit_test(test_a_sample_is_there_at_once_and_carries_the_tag),
        cmocka_unit_test(test_a_process_that_is_not_there_gives_no_samples),
        cmocka_unit_test(test_eight_hours_keep_a_bounded_history_of_all_of_them),
        cmocka_unit_test(test_the_values_of_gpus_stay_with_their_sample),
        cmocka_unit_test(test_the_full_rate_is_back_when_all_samples_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
