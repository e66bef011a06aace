#include "support/golden.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/alloc.h"
#include "base/file.h"
#include "engine/model_lm.h"

enum { N = GOLDEN_POSITIONS };

const sw_engine_options GOLDEN_OPTIONS = {.n_ctx = 512, .kv_type = SW_KV_F32, .compat = SW_COMPAT_LLAMA_CPP};

static const char *folder(void)
{
    const char *const other = getenv("SPILLWAY_GOLDEN");
    return other != NULL ? other : SPILLWAY_TEST_DATA "/golden";
}

static void open_entry(golden *g, const json_t *entry)
{
    char path[512];
    const char *const model = json_string_value(json_object_get(entry, "model"));
    const char *const logits = json_string_value(json_object_get(entry, "logits"));
    assert_true(model != NULL && logits != NULL);
    snprintf(g->name, sizeof g->name, "%s", json_string_value(json_object_get(entry, "name")));
    snprintf(g->path, sizeof g->path, "%s/%s", folder(), model);
    snprintf(path, sizeof path, "%s/%s", folder(), logits);
    g->n_vocab = (size_t)json_integer_value(json_object_get(entry, "vocab"));
    g->n_prefill = (size_t)json_integer_value(json_object_get(entry, "prefill"));
    g->peer_kl = json_real_value(json_object_get(json_object_get(entry, "peer"), "kl_mean"));
    char *data;
    size_t n;
    sw_err err = {0};
    assert_int_equal(file_slurp(path, 64 << 20, &data, &n, &err), SW_OK);
    assert_int_equal(n, N * g->n_vocab * sizeof(float));
    g->expected = (float *)(void *)data;
    const json_t *const ids = json_object_get(entry, "tokens");
    assert_int_equal(json_array_size(ids), N);
    for (int i = 0; i < N; i++)
        g->tokens[i] = (batch_token){
            .id = (int32_t)json_integer_value(json_array_get(ids, (size_t)i)), .pos = i, .wants_logits = true};
}

size_t golden_for_each(void (*test)(const golden *g, void *ud), void *ud)
{
    char path[512];
    snprintf(path, sizeof path, "%s/manifest.json", folder());
    json_error_t error;
    json_t *const manifest = json_load_file(path, 0, &error);
    assert_non_null(manifest);
    const size_t n = json_array_size(manifest);
    for (size_t i = 0; i < n; i++) {
        golden g = {0};
        open_entry(&g, json_array_get(manifest, i));
        test(&g, ud);
        mem_free(g.expected);
    }
    json_decref(manifest);
    return n;
}

typedef struct named {
    const char *name;
    void (*test)(const golden *g);
    bool found;
} named;

static void if_named(const golden *g, void *ud)
{
    named *const n = ud;
    if (strcmp(g->name, n->name) != 0)
        return;
    n->found = true;
    n->test(g);
}

void golden_with(const char *name, void (*test)(const golden *g))
{
    named n = {name, test, false};
    golden_for_each(if_named, &n);
    if (!n.found)
        fail_msg("there is no golden model '%s'", name);
}

float *golden_evaluate(const golden *g, const char *path, const sw_engine_options *options, size_t chunk)
{
    sw_err err = {0};
    gguf_file *gguf;
    language_model *lm = NULL;
    if (gguf_open(&gguf, path, &err) != SW_OK || model_lm_open(&lm, gguf, options, &err) != SW_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(lm->n_vocab, g->n_vocab);
    float *const all = malloc(N * g->n_vocab * sizeof *all);
    assert_non_null(all);
    assert_true(lm->ops->reserve(lm, 0, N));
    for (size_t i = 0; i < N;) {
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
    gguf_close(gguf);
    return all;
}

static size_t argmax(const float *row, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        best = row[i] > row[best] ? i : best;
    return best;
}

void golden_expect(const golden *g, const float *logits)
{
    for (size_t p = 0; p < N; p++) {
        const float *const a = logits + p * g->n_vocab, *const b = g->expected + p * g->n_vocab;
        double difference = 0, norm = 0;
        for (size_t i = 0; i < g->n_vocab; i++) {
            difference += (double)(a[i] - b[i]) * (double)(a[i] - b[i]);
            norm += (double)b[i] * (double)b[i];
        }
        const double relative = sqrt(difference / norm);
        if (!(relative <= 2e-4) || argmax(a, g->n_vocab) != argmax(b, g->n_vocab))
            fail_msg("%s position %zu: relative L2 %.3g, top-1 %zu, expected %zu", g->name, p, relative,
                     argmax(a, g->n_vocab), argmax(b, g->n_vocab));
    }
}

/* log(sum(exp(row))) */
static double log_sum_exp(const float *row, size_t n)
{
    const double max = (double)row[argmax(row, n)];
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += exp((double)row[i] - max);
    return max + log(sum);
}

double golden_mean_kl(const golden *g, const float *logits)
{
    double kl = 0;
    for (size_t p = 0; p < N; p++) {
        const float *const a = g->expected + p * g->n_vocab, *const b = logits + p * g->n_vocab;
        const double za = log_sum_exp(a, g->n_vocab), zb = log_sum_exp(b, g->n_vocab);
        for (size_t i = 0; i < g->n_vocab; i++) {
            const double la = (double)a[i] - za, lb = (double)b[i] - zb;
            kl += exp(la) * (la - lb);
        }
    }
    return kl / N;
}
