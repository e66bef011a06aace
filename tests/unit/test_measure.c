/* test_measure.c - measuring a machine, and the bytes that a token reads: every weight type, exact byte counts, memory
 * that runs out. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "quant/decode.h"
#include "spillway.h"
#include "support/faults.h"

static void test_every_weight_type_has_a_peak(void **state)
{
    (void)state;
    for (uint32_t t = 0; t < TYPE_N; t++) {
        if (!decode_supports((tensor_type)t))
            continue;
        sw_multiply_probe *probe;
        sw_err err = {0};
        assert_int_equal(sw_multiply_probe_create(&probe, type_get(t)->name, 1 + (int)t % 3, &err), SW_OK);
        const double rate = sw_multiply_probe_run(probe);
        assert_true(isfinite(rate) && rate > 0);
        sw_multiply_probe_free(probe);
    }
    static const char *const BAD[] = {"none", "", "Q8_1", "I32", "q4_k"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        sw_multiply_probe *probe;
        sw_err err = {0};
        assert_int_equal(sw_multiply_probe_create(&probe, BAD[i], 1, &err), SW_EINVAL);
        assert_null(probe);
        assert_non_null(strstr(err.msg, BAD[i]));
    }
    sw_multiply_probe_free(NULL);
}

static void test_a_probe_without_memory_leaves_nothing(void **state)
{
    (void)state;
    long n_live, n_failed = 0;
    for (sw_code code = SW_ENOMEM; code != SW_OK; n_failed++) {
        assert_in_range(n_failed, 0, 100);
        sw_multiply_probe *probe;
        sw_err err = {0};
        faults_alloc_begin(n_failed);
        code = sw_multiply_probe_create(&probe, "MXFP4", 2, &err);
        sw_multiply_probe_free(probe);
        faults_alloc_end(&n_live);
        assert_int_equal(n_live, 0);
        assert_true(code == SW_OK || code == SW_ENOMEM);
    }
    assert_true(n_failed > 3);
}

static void assert_reads(const char *file, sw_kv_type type, int n, uint64_t bytes)
{
    sw_engine *e;
    sw_err err = {0};
    const sw_engine_options options = {.n_threads = 1, .n_ctx = 512, .n_seqs = 1, .kv_type = type};
    assert_int_equal(sw_engine_open(&e, file, &options, &err), SW_OK);
    assert_int_equal(sw_engine_kv_bytes_read(e, n), bytes);
    sw_engine_close(e);
}

static void test_a_token_reads_what_it_sees(void **state)
{
    (void)state;
    // Four layers of two heads with keys and values of 64; every second layer sees a window of 16.
    static const char GPT_OSS[] = SPILLWAY_TEST_DATA "/golden/gpt-oss-mxfp4.gguf";
    enum { F16 = 2 * (64 + 64) * 2, Q8_0 = 2 * (64 + 64 + 2 * 4) };
    assert_reads(GPT_OSS, SW_KV_F16, 1, 4 * F16);
    assert_reads(GPT_OSS, SW_KV_F16, 16, 4 * 16 * F16);
    assert_reads(GPT_OSS, SW_KV_F16, 17, 2 * (16 + 17) * F16);
    assert_reads(GPT_OSS, SW_KV_F16, 400, 2 * (16 + 400) * F16);
    assert_reads(GPT_OSS, SW_KV_F32, 400, 2 * (16 + 400) * 2 * F16);
    assert_reads(GPT_OSS, SW_KV_Q8_0, 100, 2 * (16 + 100) * Q8_0);
    // Latent attention: one key of 32 + 16 and one value of 32 for all heads.
    assert_reads(SPILLWAY_TEST_DATA "/golden/ds2-v2ish-groups-f32.gguf", SW_KV_F32, 10, 4 * 10 * (48 + 32) * 4);
    assert_reads("stub:", SW_KV_F16, 10, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_weight_type_has_a_peak),
        cmocka_unit_test(test_a_probe_without_memory_leaves_nothing),
        cmocka_unit_test(test_a_token_reads_what_it_sees),
    };
    return cmocka_run_group_tests_name("measure", tests, NULL, NULL);
}
