/* The presets of `spillway synth` against the published sizes of the models they stand for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "convert/synth_tensors.h"
#include "spillway.h"

static double billions_of_parameters(const preset *p)
{
    synth_tensors s;
    assert_true(synth_tensors_list(p, &s));
    double n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += (double)s.items[i].ne[0] * (double)s.items[i].ne[1] * (double)s.items[i].ne[2];
    mem_free(s.items);
    return n / 1e9;
}

static void presets_have_the_published_number_of_parameters(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double billions;
    } PUBLISHED[] = {{"gpt-oss-20b", 20.91},      {"gpt-oss-120b", 116.83},    {"phi-3.5-moe", 41.87},
                     {"deepseek-moe-16b", 16.38}, {"deepseek-v2-lite", 15.71}, {"qwen3-30b-a3b", 30.53},
                     {"olmoe-1b-7b", 6.92},       {"mixtral-8x7b", 46.70}};
    for (size_t i = 0; i < sizeof PUBLISHED / sizeof PUBLISHED[0]; i++) {
        const preset *const p = preset_find(PUBLISHED[i].name);
        assert_non_null(p);
        assert_float_equal(billions_of_parameters(p), PUBLISHED[i].billions, 0.006);
    }
}

static void options_beyond_their_limits_are_refused_before_a_file_is_opened(void **state)
{
    (void)state;
    sw_err err = {0};
    const sw_synth_options large = {.preset = "tiny-phimoe", .n_vocab = LIMIT_VOCAB_TOKENS + 1};
    assert_int_equal(sw_synth(&large, "/no/such/folder/x.gguf", &err), SW_EINVAL);
    sw_err_clear(&err);
    const sw_quantize_options many = {.type = "Q8_0", .n_threads = LIMIT_THREADS + 1};
    assert_int_equal(sw_quantize("/no/such/file.gguf", "/no/such/folder/x.gguf", &many, &err), SW_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presets_have_the_published_number_of_parameters),
        cmocka_unit_test(options_beyond_their_limits_are_refused_before_a_file_is_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
