/* Memory that runs out at any allocation is an error value, leaks nothing, and leaves the engine usable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "spillway.h"

/* Allocations that still succeed; negative: all do. */
static atomic_long n_left = -1;

static void *failing_resize(void *ud, void *p, size_t size)
{
    (void)ud;
    if (size == 0) {
        free(p);
        return NULL;
    }
    if (atomic_load(&n_left) == 0)
        return NULL;
    if (atomic_load(&n_left) > 0)
        atomic_fetch_sub(&n_left, 1);
    return realloc(p, size);
}

static void note_last(void *ud, const sw_event *e)
{
    sw_code *const code = ud;
    if (e->type == SW_EVENT_DONE)
        *code = SW_OK;
    if (e->type == SW_EVENT_ERROR)
        *code = e->error->code;
}

/* Runs one job while only n allocations succeed; returns how it ended. */
static sw_code run_with(sw_engine *engine, long n)
{
    static const sw_message MESSAGE = {.role = SW_ROLE_USER, .content = "hello"};
    static const char *const STOP[] = {"never", "in any answer"};
    sw_code last = SW_EINVAL;
    const sw_request request = {
        .messages = &MESSAGE, .n_messages = 1, .stop = STOP, .n_stop = 2, .on_event = note_last, .ud = &last};
    sw_job *job;
    sw_err err = {0};
    atomic_store(&n_left, n);
    sw_code code = sw_engine_submit(engine, &request, &job, &err);
    if (code == SW_OK) {
        sw_job_wait(job);
        code = last;
        sw_job_release(job);
    }
    atomic_store(&n_left, -1);
    return code;
}

static void test_a_job_survives_every_failing_allocation(void **state)
{
    (void)state;
    sw_engine *engine;
    sw_err err = {0};
    assert_int_equal(sw_engine_open(&engine, "stub:", NULL, &err), SW_OK);
    long n = 0;
    for (; run_with(engine, n) != SW_OK; n++) {
        assert_true(n < 1000);
        assert_int_equal(run_with(engine, -1), SW_OK);
    }
    assert_true(n > 5); // it did fail
    sw_engine_close(engine);
}

static void test_opening_survives_every_failing_allocation(void **state)
{
    (void)state;
    sw_engine *engine = NULL;
    long n = 0;
    for (sw_code code = SW_ENOMEM; code != SW_OK; n++) {
        sw_err err = {0};
        assert_true(n < 10000);
        atomic_store(&n_left, n);
        code = sw_engine_open(&engine, "stub:", NULL, &err);
        atomic_store(&n_left, -1);
        if (code != SW_OK) {
            assert_int_equal(code, SW_ENOMEM);
            assert_int_equal(err.code, SW_ENOMEM);
            assert_null(engine);
        }
    }
    assert_true(n > 5);
    sw_engine_close(engine);
}

int main(void)
{
    const mem_allocator failing = {failing_resize, NULL};
    mem_set_allocator(&failing);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_job_survives_every_failing_allocation),
        cmocka_unit_test(test_opening_survives_every_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
