/* A device that fails under an engine: every piece of memory that it may refuse, and its loss.  The device is an
 * emulated one whose name says what fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "spillway.h"
#include "support/temp_dir.h"
#include "support/tiny_model.h"

enum { N_TOKENS = 6 };

static const int32_t PROMPT[] = {1, 5, 9, 3, 2};

static temp_path model;

static sw_code open_on(const char *device, sw_engine **out, sw_err *err)
{
    const sw_engine_options o = {.n_threads = 1, .n_ctx = 64, .n_seqs = 1, .n_batch = 8, .devices = device};
    sw_err_clear(err);
    return sw_engine_open(out, model.s, &o, err);
}

typedef struct outcome {
    sw_err error;
    int32_t tokens[N_TOKENS];
    size_t n;
} outcome;

static void on_event(void *ud, const sw_event *e)
{
    if (e->type == SW_EVENT_ERROR)
        ((outcome *)ud)->error = *e->error;
}

/* What becomes of one job. */
static outcome answer_of(sw_engine *e)
{
    outcome o = {0};
    sw_job *job;
    const int32_t *ids;
    const sw_request r = {.tokens = PROMPT,
                          .n_tokens = sizeof PROMPT / sizeof *PROMPT,
                          .max_tokens = N_TOKENS,
                          .ignore_eos = true,
                          .keep_tokens = true,
                          .on_event = on_event,
                          .ud = &o};
    assert_int_equal(sw_engine_submit(e, &r, &job, NULL), SW_OK);
    sw_job_wait(job);
    assert_int_equal(sw_job_tokens(job, &ids, &o.n, NULL), SW_OK);
    memcpy(o.tokens, ids, o.n * sizeof *ids);
    sw_job_release(job);
    return o;
}

static outcome expected(void)
{
    sw_engine *e;
    sw_err err;
    assert_int_equal(open_on("none", &e, &err), SW_OK);
    const outcome o = answer_of(e);
    assert_int_equal(o.n, N_TOKENS);
    assert_null(sw_engine_get_state(e).device_lost);
    sw_engine_close(e);
    return o;
}

static void assert_same(const outcome *a, const outcome *b)
{
    assert_int_equal(a->error.code, SW_OK);
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->tokens, b->tokens, sizeof a->tokens);
}

/* A job that is refused memory ends with an error, and the next one is answered. */
static void check_goes_on(sw_engine *e, const outcome *wanted, int *n_failed)
{
    const outcome first = answer_of(e);
    if (first.error.code != SW_OK) {
        assert_int_equal(first.error.code, SW_ENOMEM);
        assert_non_null(strstr(first.error.msg, "as its name asks for"));
        ++*n_failed;
        const outcome second = answer_of(e);
        assert_same(&second, wanted);
    } else {
        assert_same(&first, wanted);
    }
    assert_null(sw_engine_get_state(e).device_lost);
}

typedef struct failed {
    int in_open, in_job;
} failed;

/* Every `step`-th call of a kind up to number `last` fails, each in an engine of its own. */
static failed refuse_each(const char *kind, unsigned step, unsigned last)
{
    const outcome wanted = expected();
    failed f = {0};
    for (unsigned n = 1; n <= last; n += step) {
        char name[64];
        sw_engine *e;
        sw_err err;
        snprintf(name, sizeof name, "emu:64MiB!%s=%u", kind, n);
        if (open_on(name, &e, &err) == SW_OK) {
            check_goes_on(e, &wanted, &f.in_job);
            sw_engine_close(e);
        } else {
            assert_int_equal(err.code, SW_ENOMEM);
            if (strstr(err.msg, "as its name asks for") == NULL)
                fail_msg("%s: '%s'", name, err.msg);
            f.in_open++;
        }
    }
    return f;
}

static void test_memory_that_is_refused_ends_the_opening_or_one_job(void **state)
{
    (void)state;
    const failed alloc = refuse_each("alloc", 1, 12), pinned = refuse_each("pinned", 1, 12),
                 launch = refuse_each("launch", 23, 120);
    assert_true(alloc.in_open > 1 && alloc.in_job == 0);   // all device memory is taken when the engine opens
    assert_true(pinned.in_open > 0 && pinned.in_job > 0);  // that of the logits is taken when they are wanted
    assert_true(launch.in_open == 0 && launch.in_job > 3); // for which a driver may need memory
}

static void test_a_lost_device_fails_every_job_with_the_first_reason(void **state)
{
    (void)state;
    const outcome wanted = expected();
    sw_engine *e;
    sw_err err;
    assert_int_equal(open_on("emu:64MiB!lost=90", &e, &err), SW_OK);
    assert_null(sw_engine_get_state(e).device_lost);
    const outcome first = answer_of(e);
    assert_int_equal(first.error.code, SW_EIO);
    assert_true(first.n > 0 && first.n < N_TOKENS);
    assert_memory_equal(first.tokens, wanted.tokens, first.n * sizeof *first.tokens);
    assert_non_null(strstr(first.error.msg, "the model's device is lost: emu:64MiB!lost=90: it was lost at launch 90"));
    assert_non_null(sw_engine_get_state(e).device_lost);
    const outcome second = answer_of(e);
    assert_int_equal(second.error.code, SW_EIO);
    assert_int_equal(second.n, 0);
    assert_string_equal(second.error.msg, first.error.msg);
    assert_int_equal(sw_engine_logits(e, PROMPT, 2, 2, NULL, NULL, &err), SW_EIO);
    sw_engine_close(e);
}

static void test_a_failure_without_a_known_form_is_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "emu:64MiB!",        "emu:64MiB!lost",    "emu:64MiB!lost=",        "emu:64MiB!lost=0",
        "emu:64MiB!lost=-1", "emu:64MiB!lost=1x", "emu:64MiB!slow=1",       "emu:64MiB!lost =1",
        "emu:64MiB lost=1",  "emu:64MiBlost=1",   "emu:64MiB!lost=1!lost=1"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        sw_engine *e;
        sw_err err;
        assert_int_equal(open_on(BAD[i], &e, &err), SW_EINVAL);
        assert_non_null(strstr(err.msg, "emulated device"));
    }
}

static int set_up(void **state)
{
    (void)state;
    model = temp_file("tiny.gguf");
    tiny_write(model.s, TINY_GPT_OSS, TINY_NO_TOKEN);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_that_is_refused_ends_the_opening_or_one_job),
        cmocka_unit_test(test_a_lost_device_fails_every_job_with_the_first_reason),
        cmocka_unit_test(test_a_failure_without_a_known_form_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
