/* What a sequence is must not show in what it computes: windowed layers that drop pages, prefixes that are used again
 * after that, types of the cache, and LongRoPE's factors per sequence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "engine/model_lm.h"
#include "support/temp_dir.h"
#include "support/tiny_model.h"

enum { CTX = 2048, LENGTH = 1500, ROW = TINY_VOCAB * sizeof(float), SHORT = 64 };

static language_model *open_with(tiny_arch arch, const sw_engine_options *options)
{
    const temp_path path = temp_file("windows.gguf");
    tiny_write_as(path.s, &(tiny_options){.arch = arch,
                                          .n_layers = TINY_LAYERS,
                                          .n_ctx = CTX,
                                          .n_ctx_original = arch == TINY_PHIMOE ? SHORT : 0});
    gguf_file *g;
    language_model *lm = NULL;
    sw_err err = {0};
    if (gguf_open(&g, path.s, &err) != SW_OK || model_lm_open(&lm, g, options, &err) != SW_OK)
        fail_msg("%s", err.msg);
    gguf_close(g);
    return lm;
}

/* Pseudo-random tokens; `seed` tells sequences apart from position `from` on. */
static int32_t token(int position, int from, int seed)
{
    rng_state r;
    rng_seed(&r, (uint64_t)(position * 31 + (position >= from ? seed : 0)));
    return (int32_t)(rng_next(&r) % TINY_VOCAB);
}

typedef struct tokens {
    int from, seed;
} tokens;

static void evaluate(language_model *lm, tokens of, int seq, int begin, int end, int chunk, float (*out)[TINY_VOCAB])
{
    batch_token batch[512];
    for (int at = begin; at < end; at += chunk) {
        const int n = at + chunk < end ? chunk : end - at;
        for (int i = 0; i < n; i++)
            batch[i] =
                (batch_token){.id = token(at + i, of.from, of.seed), .pos = at + i, .seq = seq, .wants_logits = true};
        assert_true(lm->ops->reserve(lm, seq, at + n));
        const float *logits;
        int32_t bad;
        sw_err err = {0};
        if (lm->ops->step(lm, batch, (size_t)n, &logits, &bad, &err) != SW_OK)
            fail_msg("%s", err.msg);
        memcpy(out[at], logits, (size_t)n * ROW);
    }
}

static void begin(language_model *lm, int seq, int n_keep, int n_max, int mark, int other)
{
    assert_int_equal(lm->ops->resumable(lm, seq, n_keep, n_max), n_keep);
    lm->ops->truncate(lm, seq, n_keep);
    lm->ops->begin(lm, seq, &(lm_plan){.n_max = n_max, .marks = {mark, other}});
}

static float expected[CTX][TINY_VOCAB], got[CTX][TINY_VOCAB];

static uint64_t cache_bytes(const language_model *lm)
{
    sw_engine_state state = {0};
    model_lm_state(lm, &state);
    return state.kv_bytes_max / (uint64_t)lm->n_seqs;
}

/* ---- windowed layers -------------------------------------------------------------------------------------------- */

static const sw_kv_type TYPES[] = {SW_KV_F16, SW_KV_F32, SW_KV_Q8_0};
enum { N_TYPES = sizeof TYPES / sizeof *TYPES };

/* A batch so large that nothing is dropped. */
static language_model *open_undropped(sw_kv_type type)
{
    return open_with(TINY_GPT_OSS,
                     &(sw_engine_options){.n_threads = 1, .n_ctx = CTX, .n_seqs = 1, .n_batch = 4096, .kv_type = type});
}

static language_model *open_dropping(sw_kv_type type, int n_threads, int n_batch)
{
    return open_with(
        TINY_GPT_OSS,
        &(sw_engine_options){.n_threads = n_threads, .n_ctx = CTX, .n_seqs = 2, .n_batch = n_batch, .kv_type = type});
}

static void test_dropping_pages_changes_no_bit(void **state)
{
    (void)state;
    for (int t = 0; t < N_TYPES; t++) {
        language_model *const all = open_undropped(TYPES[t]);
        evaluate(all, (tokens){0, 1}, 0, 0, LENGTH, 500, expected);
        static const int CHUNKS[] = {1, 16, 130}; // the window is 8
        for (int c = 0; c < 3; c++) {
            language_model *const lm = open_dropping(TYPES[t], c + 1, CHUNKS[c] > 16 ? CHUNKS[c] : 16);
            assert_true(cache_bytes(lm) < cache_bytes(all) * 2 / 3); // one of two layers keeps only its window
            evaluate(lm, (tokens){0, 1}, 1, 0, LENGTH, CHUNKS[c], got);
            assert_memory_equal(got, expected, LENGTH * ROW);
            lm->ops->close(lm);
        }
        all->ops->close(all);
    }
}

static void test_a_prefix_is_used_again_after_a_long_answer(void **state)
{
    (void)state;
    enum { PROMPT = 700, SYSTEM = 100 };
    language_model *const all = open_undropped(SW_KV_F16), *const lm = open_dropping(SW_KV_F16, 2, 64);
    begin(lm, 0, 0, CTX, SYSTEM, PROMPT - 1);
    evaluate(lm, (tokens){CTX, 1}, 0, 0, LENGTH, 64, got);
    // The same prompt again, another answer; then one that shares only its first part.
    static const int KEPT[] = {PROMPT, PROMPT - 1, SYSTEM};
    for (int k = 0; k < 3; k++) {
        const tokens of = {KEPT[k], 2 + k};
        all->ops->truncate(all, 0, 0);
        evaluate(all, of, 0, 0, LENGTH, 500, expected);
        begin(lm, 0, KEPT[k], CTX, SYSTEM, PROMPT - 1);
        evaluate(lm, of, 0, KEPT[k], LENGTH, 33, got);
        assert_memory_equal(got[KEPT[k]], expected[KEPT[k]], (size_t)(LENGTH - KEPT[k]) * ROW);
    }
    // What was dropped is not offered: a mark or the end of its page below, or nothing.
    const int n = lm->ops->resumable(lm, 0, PROMPT + 300, CTX);
    assert_true(n >= PROMPT && n < PROMPT + 32);
    assert_int_equal(lm->ops->resumable(lm, 0, SYSTEM - 50, CTX), 0);
    lm->ops->truncate(lm, 0, 0);
    evaluate(lm, (tokens){SYSTEM, 4}, 0, 0, LENGTH, 64, got);
    assert_memory_equal(got, expected, LENGTH * ROW);
    all->ops->close(all);
    lm->ops->close(lm);
}

/* ---- LongRoPE --------------------------------------------------------------------------------------------------- */

static language_model *open_phimoe(int n_ctx, sw_compat compat)
{
    return open_with(TINY_PHIMOE, &(sw_engine_options){
                                      .n_threads = 2, .n_ctx = n_ctx, .n_seqs = 2, .n_batch = 16, .compat = compat});
}

static void test_factors_follow_the_length_of_the_sequence(void **state)
{
    (void)state;
    language_model *const small = open_phimoe(SHORT, SW_COMPAT_ORIGINAL), *const large =
                                                                              open_phimoe(CTX, SW_COMPAT_ORIGINAL);
    static float of_short[CTX][TINY_VOCAB], of_long[CTX][TINY_VOCAB];
    evaluate(small, (tokens){0, 1}, 0, 0, 40, 16, of_short);
    begin(large, 0, 0, SHORT, -1, -1);
    evaluate(large, (tokens){0, 1}, 0, 0, 40, 16, got);
    assert_memory_equal(got, of_short, 40 * ROW);
    begin(large, 1, 0, SHORT + 1, -1, -1);
    evaluate(large, (tokens){0, 1}, 1, 0, 40, 16, of_long);
    assert_memory_not_equal(of_long[39], of_short[39], ROW);
    // A prefix serves only sequences of the same kind.
    assert_int_equal(large->ops->resumable(large, 0, 30, SHORT), 30);
    assert_int_equal(large->ops->resumable(large, 0, 30, SHORT + 1), 0);
    assert_int_equal(large->ops->resumable(large, 1, 30, SHORT), 0);
    assert_int_equal(large->ops->resumable(large, 1, 30, CTX), 30);
    // Unless it is said, a sequence may fill the context.
    large->ops->truncate(large, 0, 0);
    evaluate(large, (tokens){0, 1}, 0, 0, 40, 16, got);
    assert_memory_equal(got, of_long, 40 * ROW);
    // Both kinds in one batch, token by token.
    begin(large, 0, 0, SHORT, -1, -1);
    begin(large, 1, 0, CTX, -1, -1);
    for (int p = 0; p < 40; p++) {
        const batch_token batch[2] = {{.id = token(p, 0, 1), .pos = p, .wants_logits = true},
                                      {.id = token(p, 0, 1), .pos = p, .seq = 1, .wants_logits = true}};
        assert_true(large->ops->reserve(large, 0, p + 1) && large->ops->reserve(large, 1, p + 1));
        const float *logits;
        int32_t bad;
        sw_err err = {0};
        assert_int_equal(large->ops->step(large, batch, 2, &logits, &bad, &err), SW_OK);
        assert_memory_equal(logits, of_short[p], ROW);
        assert_memory_equal(logits + TINY_VOCAB, of_long[p], ROW);
    }
    small->ops->close(small);
    large->ops->close(large);
}

static void test_llama_cpp_chooses_by_the_context(void **state)
{
    (void)state;
    language_model *const lm = open_phimoe(CTX, SW_COMPAT_LLAMA_CPP), *const small =
                                                                          open_phimoe(SHORT, SW_COMPAT_LLAMA_CPP);
    begin(lm, 0, 0, CTX, -1, -1);
    evaluate(lm, (tokens){0, 1}, 0, 0, 40, 16, expected);
    assert_int_equal(lm->ops->resumable(lm, 0, 40, 41), 40);
    begin(lm, 1, 0, 40, -1, -1);
    evaluate(lm, (tokens){0, 1}, 1, 0, 40, 16, got);
    assert_memory_equal(got, expected, 40 * ROW);
    begin(small, 0, 0, 40, -1, -1);
    evaluate(small, (tokens){0, 1}, 0, 0, 40, 16, got);
    assert_memory_not_equal(got[39], expected[39], ROW);
    lm->ops->close(lm);
    small->ops->close(small);
}

static void test_other_families_have_one_kind(void **state)
{
    (void)state;
    language_model *const lm = open_dropping(SW_KV_F16, 1, 16);
    begin(lm, 0, 0, 20, -1, -1);
    evaluate(lm, (tokens){0, 1}, 0, 0, 20, 16, expected);
    assert_int_equal(lm->ops->resumable(lm, 0, 20, CTX), 20);
    lm->ops->close(lm);
}

/* ---- types of the cache ----------------------------------------------------------------------------------------- */

static void test_q8_0_stays_near(void **state)
{
    (void)state;
    for (int arch = 0; arch < TINY_N_ARCHS; arch++) {
        double difference = 0, norm = 0;
        for (int t = 0; t < 2; t++) {
            const sw_engine_options o = {
                .n_threads = 1, .n_ctx = 256, .n_seqs = 1, .kv_type = t == 0 ? SW_KV_F32 : SW_KV_Q8_0};
            language_model *const lm = open_with((tiny_arch)arch, &o);
            evaluate(lm, (tokens){0, 1}, 0, 0, 200, 100, t == 0 ? expected : got);
            lm->ops->close(lm);
        }
        for (int i = 0; i < 200 * TINY_VOCAB; i++) {
            const double e = (double)expected[i / TINY_VOCAB][i % TINY_VOCAB];
            const double d = (double)got[i / TINY_VOCAB][i % TINY_VOCAB] - e;
            difference += d * d;
            norm += e * e;
        }
        assert_true(difference > 0);
        assert_true(difference < 0.1 * 0.1 * norm);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dropping_pages_changes_no_bit),
        cmocka_unit_test(test_a_prefix_is_used_again_after_a_long_answer),
        cmocka_unit_test(test_factors_follow_the_length_of_the_sequence),
        cmocka_unit_test(test_llama_cpp_chooses_by_the_context),
        cmocka_unit_test(test_other_families_have_one_kind),
        cmocka_unit_test(test_q8_0_stays_near),
    };
    return cmocka_run_group_tests_name("windows and lengths", tests, NULL, NULL);
}
