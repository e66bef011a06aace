/* Logits of small models against those of an independent engine: every F32 model within 2e-4 relative L2 and with the
 * same top-1 at every position; and bit-identical however they were computed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/alloc.h"
#include "base/file.h"
#include "engine/model_lm.h"

enum { N_POSITIONS = 80 };

typedef struct golden {
    json_t *entry;
    char path[512];
    float *expected; // (80, n_vocab)
    size_t n_vocab;
    sw_lm_token tokens[N_POSITIONS];
    size_t n_prefill;
} golden;

static const char *text(const golden *g, const char *key)
{
    return json_string_value(json_object_get(g->entry, key));
}

static void golden_open(golden *g, json_t *entry)
{
    g->entry = entry;
    char logits[512];
    snprintf(g->path, sizeof g->path, "%s/golden/%s", SW_TEST_DATA, text(g, "model"));
    snprintf(logits, sizeof logits, "%s/golden/%s", SW_TEST_DATA, text(g, "logits"));
    g->n_vocab = (size_t)json_integer_value(json_object_get(entry, "vocab"));
    g->n_prefill = (size_t)json_integer_value(json_object_get(entry, "prefill"));
    char *data;
    size_t n;
    sw_err err = {0};
    assert_int_equal(sw_file_slurp(logits, 64 << 20, &data, &n, &err), SW_OK);
    assert_int_equal(n, N_POSITIONS * g->n_vocab * sizeof(float));
    g->expected = (float *)(void *)data;
    json_t *const ids = json_object_get(entry, "tokens");
    assert_int_equal(json_array_size(ids), N_POSITIONS);
    for (int i = 0; i < N_POSITIONS; i++)
        g->tokens[i] = (sw_lm_token){(int32_t)json_integer_value(json_array_get(ids, (size_t)i)), i, 0, true};
}

/* Opens the model and evaluates its tokens: the first n_prefill in chunks of `chunk`, the others one by one. */
static float *evaluate(const golden *g, const sw_engine_options *options, size_t chunk)
{
    sw_err err = {0};
    sw_gguf *gguf;
    sw_lm *lm;
    if (sw_gguf_open(&gguf, g->path, &err) != SW_OK || sw_model_lm_open(&lm, gguf, options, &err) != SW_OK)
        fail_msg("%s", err.msg);
    float *const all = malloc(N_POSITIONS * g->n_vocab * sizeof *all);
    assert_true(lm->ops->reserve(lm, 0, N_POSITIONS));
    for (size_t i = 0; i < N_POSITIONS;) {
        size_t n = i < g->n_prefill ? chunk : 1;
        n = i < g->n_prefill && n > g->n_prefill - i ? g->n_prefill - i : n;
        const float *logits;
        int32_t bad;
        if (lm->ops->step(lm, g->tokens + i, n, &logits, &bad, &err) != SW_OK)
            fail_msg("%s", err.msg);
        memcpy(all + i * g->n_vocab, logits, n * g->n_vocab * sizeof *all);
        i += n;
    }
    lm->ops->close(lm);
    sw_gguf_close(gguf);
    return all;
}

static size_t argmax(const float *row, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        best = row[i] > row[best] ? i : best;
    return best;
}

static void compare(const golden *g, const float *logits)
{
    for (size_t p = 0; p < N_POSITIONS; p++) {
        const float *const a = logits + p * g->n_vocab, *const b = g->expected + p * g->n_vocab;
        double difference = 0, norm = 0;
        for (size_t i = 0; i < g->n_vocab; i++) {
            difference += (double)(a[i] - b[i]) * (double)(a[i] - b[i]);
            norm += (double)b[i] * (double)b[i];
        }
        const double relative = sqrt(difference / norm);
        if (!(relative <= 2e-4) || argmax(a, g->n_vocab) != argmax(b, g->n_vocab))
            fail_msg("%s position %zu: relative L2 %.3g, top-1 %zu, expected %zu", text(g, "name"), p, relative,
                     argmax(a, g->n_vocab), argmax(b, g->n_vocab));
    }
}

static void for_each_golden(void (*test)(const golden *g))
{
    json_error_t error;
    json_t *const manifest = json_load_file(SW_TEST_DATA "/golden/manifest.json", 0, &error);
    assert_non_null(manifest);
    assert_int_equal(json_array_size(manifest), 19);
    for (size_t i = 0; i < json_array_size(manifest); i++) {
        golden g;
        golden_open(&g, json_array_get(manifest, i));
        test(&g);
        sw_free(g.expected);
    }
    json_decref(manifest);
}

static const sw_engine_options REFERENCE = {.n_ctx = 512, .kv_type = SW_KV_F32, .compat = SW_COMPAT_LLAMA_CPP};

static void matches(const golden *g)
{
    float *const logits = evaluate(g, &REFERENCE, g->n_prefill);
    compare(g, logits);
    free(logits);
}

static void test_logits_match_the_independent_engine(void **state)
{
    (void)state;
    for_each_golden(matches);
}

static void same_bits(const golden *g)
{
    sw_engine_options o = REFERENCE;
    o.kv_type = SW_KV_F16;
    o.n_threads = 1;
    float *const expected = evaluate(g, &o, g->n_prefill);
    static const size_t CHUNKS[] = {1, 7, 33};
    for (size_t i = 0; i < sizeof CHUNKS / sizeof CHUNKS[0]; i++) {
        o.n_threads = (int)i + 1;
        float *const other = evaluate(g, &o, CHUNKS[i]);
        assert_memory_equal(other, expected, N_POSITIONS * g->n_vocab * sizeof *other);
        free(other);
    }
    free(expected);
}

static void test_logits_do_not_depend_on_threads_or_chunks(void **state)
{
    (void)state;
    for_each_golden(same_bits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logits_match_the_independent_engine),
        cmocka_unit_test(test_logits_do_not_depend_on_threads_or_chunks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
