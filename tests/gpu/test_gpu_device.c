/* test_gpu_device.c - the device interface, and how strict its emulation is: what a backend may do wrongly must show.
 */
#include "gpu/on_device.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static sw_err last;

static sw_code open_device(const char *name, size_t budget, device **out)
{
    sw_err_clear(&last);
    return device_open(name, &(device_options){.budget = budget}, out, &last);
}

static void assert_says(const char *words)
{
    if (strstr(last.msg, words) == NULL)
        fail_msg("'%s' does not say '%s'", last.msg, words);
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static void test_a_name_without_a_known_form_is_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {"",           "gpu",     "emu:",
                                      "emu:0",      "emu:-1",  "emu:64MB",
                                      "emu:64MiBx", "emu: 64", "emu:99999999999999999999",
                                      "cuda:",      "cuda:x",  "cuda:-1",
                                      "cuda:1024",  "cuda:0x"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        device *d = (device *)(void *)&last;
        assert_int_equal(open_device(BAD[i], 0, &d), SW_EINVAL);
        assert_null(d);
        assert_int_equal(last.code, SW_EINVAL);
    }
}

static void test_an_emulated_device_says_what_it_is(void **state)
{
    (void)state;
    size_t free_bytes, total;
    device *d;
    assert_int_equal(open_device("emu:64MiB", 0, &d), SW_OK);
    assert_string_equal(d->name, "emu:64MiB");
    assert_true(d->is_emulated);
    assert_int_equal(device_memory(d, &free_bytes, &total, &last), SW_OK);
    assert_int_equal(total, 64 << 20);
    assert_int_equal(free_bytes, 64 << 20);
    device_close(d);
    device_close(NULL);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static void test_memory_ends_where_the_device_and_the_budget_say(void **state)
{
    (void)state;
    device *d;
    void *a, *b;
    assert_int_equal(open_device("emu:1MiB", 600000, &d), SW_OK);
    assert_int_equal(device_alloc(d, "weights", 500000, &a, &last), SW_OK);
    assert_int_equal((uintptr_t)a % DEVICE_ALIGNMENT, 0);
    assert_int_equal(device_alloc(d, "keys", 100001, &b, &last), SW_ENOMEM);
    assert_null(b);
    assert_says("100001 bytes for keys are not within the budget of 600000 bytes, of which 500000 are taken");
    assert_int_equal(device_allocated(d), 500000);
    assert_int_equal(device_alloc(d, "keys", 100000, &b, &last), SW_OK);
    assert_int_equal(device_allocated(d), 600000);
    device_free(d, a, 500000);
    device_free(d, b, 100000);
    device_free(d, NULL, 7);
    assert_int_equal(device_allocated(d), 0);
    device_close(d);

    assert_int_equal(open_device("emu:1MiB", 0, &d), SW_OK);
    assert_int_equal(device_alloc(d, "weights", (1 << 20) + 1, &a, &last), SW_ENOMEM);
    assert_says("no memory for weights, 1048577 bytes: 0 of 1048576 bytes are taken");
    assert_int_equal(device_allocated(d), 0);
    assert_int_equal(device_alloc(d, "weights", 1 << 20, &a, &last), SW_OK);
    device_free(d, a, 1 << 20);
    device_close(d);
}

/* In a child, since it ends the process. */
static void test_device_memory_cannot_be_read_by_this_processor(void **state)
{
    (void)state;
    volatile const char *const p = on_device_new(NULL, 64);
    const pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        fclose(stderr);
        _exit(p[0] == 0 ? 1 : 2);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) < 3); // a sanitizer exits with its own code
}

static void test_copies_outside_of_device_memory_are_refused(void **state)
{
    (void)state;
    char here[64] = {0}, *const there = on_device_new(NULL, 64);
    sw_err_clear(&last);
    assert_int_equal(device_copy(on_stream, here, here, 64, COPY_UP, &last), SW_EINVAL);
    assert_int_equal(device_copy(on_stream, there + 1, here, 64, COPY_UP, &last), SW_EINVAL);
    assert_int_equal(device_copy(on_stream, here, here, 64, COPY_DOWN, &last), SW_EINVAL);
    assert_int_equal(device_copy(on_stream, there, here, 64, COPY_WITHIN, &last), SW_EINVAL);
    assert_int_equal(device_fill(on_stream, here, 0, 64, &last), SW_EINVAL);
    sw_err_clear(&last);
    assert_int_equal(device_copy(on_stream, here, here, 0, COPY_UP, &last), SW_OK); // nothing
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

static void test_nothing_happens_before_it_is_waited_for(void **state)
{
    (void)state;
    char from[4] = "abc", to[4] = "...";
    char *const there = on_device_new(NULL, 4);
    on_device_ok(device_copy(on_stream, there, from, 4, COPY_UP, &last), &last);
    on_device_ok(device_copy(on_stream, to, there, 4, COPY_DOWN, &last), &last);
    assert_string_equal(to, "...");
    memcpy(from, "xyz", 4); // too early: the copy has not been waited for
    on_device_ok(device_stream_wait(on_stream, &last), &last);
    assert_string_equal(to, "xyz");
}

static void test_an_event_orders_two_streams(void **state)
{
    (void)state;
    device_stream *other;
    device_event *e;
    char to[4] = "...";
    char *const there = on_device_new("old", 4);
    on_device_ok(device_stream_open(on_device, &other, &last), &last);
    on_device_ok(device_event_open(on_device, &e, &last), &last);
    on_device_ok(device_event_wait(e, &last), &last); // recorded nowhere: passed
    on_device_ok(device_copy(on_stream, there, "new", 4, COPY_UP, &last), &last);
    on_device_ok(device_event_record(e, on_stream, &last), &last);
    on_device_ok(device_fill(on_stream, there, 'x', 3, &last), &last); // behind the event
    on_device_ok(device_event_join(e, other, &last), &last);
    on_device_ok(device_copy(other, to, there, 4, COPY_DOWN, &last), &last);
    on_device_ok(device_stream_wait(other, &last), &last);
    assert_string_equal(to, "new");
    on_device_ok(device_event_wait(e, &last), &last);
    on_device_ok(device_stream_wait(on_stream, &last), &last);
    on_device_get(to, there, 4);
    assert_string_equal(to, "xxx");
    double us = -1;
    on_device_ok(device_event_us(e, e, &us, &last), &last);
    assert_true(us == 0);
    device_event_close(e);
    device_event_close(NULL);
    device_stream_close(other);
    device_stream_close(NULL);
}

static void test_an_event_that_is_asked_passes_without_a_wait(void **state)
{
    (void)state;
    enum { COPIES = 100 };
    device_event *e;
    char to[4] = "...";
    bool has_passed = false;
    char *const there = on_device_new("abc", 4);
    on_device_ok(device_event_open(on_device, &e, &last), &last);
    on_device_ok(device_event_passed(e, &has_passed, &last), &last);
    assert_true(has_passed); // recorded nowhere
    for (int i = 0; i < COPIES; i++)
        on_device_ok(device_copy(on_stream, to, there, 4, COPY_DOWN, &last), &last);
    on_device_ok(device_event_record(e, on_stream, &last), &last);
    on_device_ok(device_fill(on_stream, there, 'x', 3, &last), &last); // behind the event
    for (has_passed = false; !has_passed;)
        on_device_ok(device_event_passed(e, &has_passed, &last), &last);
    assert_string_equal(to, "abc");
    on_device_ok(device_stream_wait(on_stream, &last), &last);
    device_event_close(e);
}

static void test_a_graph_does_again_what_was_recorded(void **state)
{
    (void)state;
    device_graph *g;
    float y[3] = {8, 16, 24};
    float *const there = on_device_new(y, sizeof y);
    on_device_ok(device_capture_begin(on_stream, &last), &last);
    sw_err_clear(&last);
    assert_int_equal(device_capture_begin(on_stream, &last), SW_EINVAL);
    sw_err_clear(&last);
    assert_int_equal(device_stream_wait(on_stream, &last), SW_EINVAL);
    ON_DEVICE(launch_divide, (&(gpu_divide_args){.y = there, .n = 3, .by = 2}));
    on_device_ok(device_capture_end(on_stream, &g, &last), &last);
    on_device_get(y, there, sizeof y);
    assert_true(y[0] == 8); // recorded, not done
    on_device_ok(device_graph_launch(g, on_stream, &last), &last);
    on_device_ok(device_graph_launch(g, on_stream, &last), &last);
    on_device_get(y, there, sizeof y);
    assert_true(y[0] == 2 && y[1] == 4 && y[2] == 6);
    device_graph_close(g);
    device_graph_close(NULL);
    sw_err_clear(&last);
    assert_int_equal(device_capture_end(on_stream, &g, &last), SW_EINVAL);
}

static void test_two_devices_know_only_their_own_memory(void **state)
{
    (void)state;
    device *other;
    device_stream *s;
    float y = 6;
    float *const there = on_device_new(&y, sizeof y);
    assert_int_equal(open_device("emu:1MiB", 0, &other), SW_OK);
    on_device_ok(device_stream_open(other, &s, &last), &last);
    assert_int_equal(device_copy(s, there, &y, sizeof y, COPY_UP, &last), SW_EINVAL);
    sw_err_clear(&last);
    on_device_ok(launch_divide(s, &(gpu_divide_args){.y = there, .n = 1, .by = 2}, &last), &last);
    assert_int_equal(device_stream_wait(s, &last), SW_EIO);
    assert_says("kernel divide_rows: pointer 0");
    assert_says("is not the device's memory");
    device_stream_close(s);
    device_close(other);
    on_device_get(&y, there, sizeof y);
    assert_true(y == 6);
}

/* ---- launches ---------------------------------------------------------------------------------------------------- */

static void test_grids_that_no_gpu_has_are_refused(void **state)
{
    (void)state;
    static const device_launch BAD[] = {
        {.grid = {0, 1, 1}, .n_threads = 32},       {.grid = {1, 65536, 1}, .n_threads = 32},
        {.grid = {1, 1, 65536}, .n_threads = 32},   {.grid = {1, 1, 1}, .n_threads = 0},
        {.grid = {1, 1, 1}, .n_threads = 33},       {.grid = {1, 1, 1}, .n_threads = 1056},
        {.grid = {1u << 31, 1, 1}, .n_threads = 32}};
    gpu_norm_args args = {.n = 1};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        device_launch l = BAD[i];
        l.kernel = KERNEL_norm_rows;
        l.args = &args;
        sw_err_clear(&last);
        assert_int_equal(device_run(on_stream, &l, &last), SW_EINVAL);
        assert_says("kernel norm_rows cannot have a grid");
    }
}

static void test_a_device_is_lost_once_a_kernel_failed(void **state)
{
    (void)state;
    float here = 1;
    float *const there = on_device_new(&here, sizeof here);
    sw_err_clear(&last);
    on_device_ok(launch_divide(on_stream, &(gpu_divide_args){.y = &here, .n = 1, .by = 2}, &last), &last);
    assert_int_equal(device_stream_wait(on_stream, &last), SW_EIO);
    sw_err_clear(&last);
    assert_int_equal(device_copy(on_stream, &here, there, sizeof here, COPY_DOWN, &last), SW_EIO);
    assert_says("is lost: kernel divide_rows");
    assert_true(here == 1);
}

#define ON(name) cmocka_unit_test_setup_teardown(name, on_device_open, on_device_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_name_without_a_known_form_is_refused),
        cmocka_unit_test(test_an_emulated_device_says_what_it_is),
        cmocka_unit_test(test_memory_ends_where_the_device_and_the_budget_say),
        ON(test_device_memory_cannot_be_read_by_this_processor),
        ON(test_copies_outside_of_device_memory_are_refused),
        ON(test_nothing_happens_before_it_is_waited_for),
        ON(test_an_event_orders_two_streams),
        ON(test_an_event_that_is_asked_passes_without_a_wait),
        ON(test_a_graph_does_again_what_was_recorded),
        ON(test_two_devices_know_only_their_own_memory),
        ON(test_grids_that_no_gpu_has_are_refused),
        ON(test_a_device_is_lost_once_a_kernel_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
