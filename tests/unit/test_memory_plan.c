/* What is planned before a model is loaded is what the process takes at most when one job has filled its context. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sysinfo.h"
#include "spillway.h"
#include "support/golden.h"

/* Sanitizers keep freed memory and shadow it. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif

enum {
    CTX = 1536, // more than windowed layers keep
    PROMPT_BYTES = 1200,
    // Of the program's file the system maps more or less around a page that is touched, from one run to the next.  That
    // is 3 % of 15 MB, which the smallest models do not take.
    SYSTEM_BYTES = 450000
};

static void ignore(void *ud, const sw_event *event)
{
    (void)ud;
    if (event->type == SW_EVENT_ERROR)
        abort();
}

static bool ask(sw_engine *e, const char *prompt, int max_tokens, sw_err *err)
{
    sw_job *job;
    const sw_request request = {.prompt = prompt,
                                .sampling = {.temperature = 1, .top_p = 0.9f},
                                .max_tokens = max_tokens,
                                .ignore_eos = true,
                                .on_event = ignore};
    if (sw_engine_submit(e, &request, &job, err) != SW_OK)
        return false;
    sw_job_wait(job);
    sw_job_release(job);
    return true;
}

/* Full batches, whose size in jobs depends on how long a step takes; and a conversation: a prompt that begins as one
 * before, so that windowed layers keep two more windows, and then an answer until the context is full. */
static bool fill_context(sw_engine *e, sw_err *err)
{
    char prompt[PROMPT_BYTES + 1] = "";
    uint64_t ns;
    for (size_t i = 0; i < PROMPT_BYTES; i++)
        prompt[i] = i % 3 == 0 ? ' ' : (char)('a' + i * 7 % 26);
    if (sw_engine_time(e, &(sw_time_request){.n_prompt = CTX - 1, .n_seqs = 1}, &ns, err) != SW_OK)
        return false;
    prompt[PROMPT_BYTES / 2] = '\0';
    if (!ask(e, prompt, 1, err))
        return false;
    prompt[PROMPT_BYTES / 2] = '!';
    return ask(e, prompt, 0, err) && sw_engine_get_state(e).kv_tokens_used >= CTX - 1;
}

/* In a process of its own, since a process has one peak: returns the plan and the peak. */
static void measure(const char *path, uint64_t out[2])
{
    sw_engine *e;
    sw_err err = {0};
    const sw_engine_options options = {.n_threads = 2, .n_seqs = 1, .n_ctx = CTX};
    if (sw_engine_open(&e, path, &options, &err) != SW_OK || !fill_context(e, &err)) {
        fprintf(stderr, "%s: %s\n", path, err.msg);
        _exit(1);
    }
    out[0] = sw_engine_get_state(e).ram_bytes_max;
    out[1] = sysinfo_memory_of(0).peak;
}

static void check(const char *path)
{
    uint64_t bytes[2] = {0};
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        measure(path, bytes);
        _exit(write(ends[1], bytes, sizeof bytes) == sizeof bytes ? 0 : 1);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], bytes, sizeof bytes), sizeof bytes);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    print_message("planned %6.2f MB, peak %6.2f MB, %+.2f %%: %s\n", (double)bytes[0] / 1e6, (double)bytes[1] / 1e6,
                  100 * ((double)bytes[0] / (double)bytes[1] - 1), strrchr(path, '/') + 1);
    const double share = 0.03 * (double)bytes[1], allowed = share > SYSTEM_BYTES ? share : SYSTEM_BYTES;
    assert_in_range(bytes[0], bytes[1] - (uint64_t)allowed, bytes[1] + (uint64_t)allowed);
}

static void check_golden(const golden *g, void *ud)
{
    (void)ud;
    check(g->path);
}

static void test_the_peak_is_the_plan(void **state)
{
    (void)state;
#ifdef IS_SANITIZED
    skip();
#endif
    check(SPILLWAY_SOURCE_DIR "/models/demo-gpt-oss.gguf");
    check(SPILLWAY_SOURCE_DIR "/models/demo-phimoe.gguf");
    check(SPILLWAY_SOURCE_DIR "/models/demo-deepseek.gguf");
    assert_true(golden_for_each(check_golden, NULL) >= 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_peak_is_the_plan)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
