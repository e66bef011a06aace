/* What is planned before a model is loaded is what the process takes at most when one job has filled its context. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/sysinfo.h"
#include "spillway.h"

/* Sanitizers keep freed memory and shadow it. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif

/* One program, one peak: the model with the largest buffers and cache beside its weights. */
static void test_the_peak_is_the_plan(void **state)
{
    (void)state;
#ifdef IS_SANITIZED
    skip();
#endif
    sw_engine *e;
    sw_err err = {0};
    const sw_engine_options options = {.n_threads = 2, .n_seqs = 1};
    if (sw_engine_open(&e, SPILLWAY_SOURCE_DIR "/models/demo-phimoe.gguf", &options, &err) != SW_OK)
        fail_msg("%s", err.msg);
    const sw_engine_state s = sw_engine_get_state(e);
    const uint64_t plan = s.process_bytes + s.weight_bytes_ram + s.kv_bytes_max + s.buffer_bytes;
    uint64_t ns;
    const sw_time_request fill = {.n_prompt = s.n_ctx - 1, .n_seqs = 1};
    if (sw_engine_time(e, &fill, &ns, &err) != SW_OK)
        fail_msg("%s", err.msg);
    const uint64_t peak = sysinfo_memory_of(0).peak;
    print_message("planned %.2f MB (process %.2f, weights %.2f, cache %.2f, buffers %.2f), peak %.2f MB\n",
                  (double)plan / 1e6, (double)s.process_bytes / 1e6, (double)s.weight_bytes_ram / 1e6,
                  (double)s.kv_bytes_max / 1e6, (double)s.buffer_bytes / 1e6, (double)peak / 1e6);
    assert_in_range(peak, (uint64_t)(0.97 * (double)plan), (uint64_t)(1.03 * (double)plan));
    sw_engine_close(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_peak_is_the_plan)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
