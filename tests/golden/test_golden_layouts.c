/* The same model written in another way gives the same logits: weights in F16 and BF16, fused tensors, the older layout
 * of latent attention, the other set of LongRoPE factors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/golden.h"
#include "support/model_copy.h"
#include "support/temp_dir.h"

static void same_logits(const golden *g, const char *path, const float *expected)
{
    float *const logits = golden_evaluate(g, path, &GOLDEN_OPTIONS, g->n_prefill);
    assert_memory_equal(logits, expected, GOLDEN_POSITIONS * g->n_vocab * sizeof *logits);
    free(logits);
}

/* The golden logits as this engine computes them. */
static float *own_logits(const golden *g)
{
    float *const logits = golden_evaluate(g, g->path, &GOLDEN_OPTIONS, g->n_prefill);
    golden_expect(g, logits);
    return logits;
}

/* ---- half floats: nothing but the weights is rounded ---- */

static const temp_path *written(const model_copy *m, const char *name)
{
    static temp_path path;
    path = temp_file(name);
    model_copy_write(m, path.s, NULL, NULL);
    return &path;
}

static void convert_matrices(model_copy *m, tensor_type type)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n_tensors; i++) {
        if (m->tensors[i].n_dims < 2)
            continue;
        model_tensor_convert(&m->tensors[i], type);
        n++;
    }
    assert_true(n >= 10);
}

static void in_half_floats(const golden *g)
{
    static const tensor_type TYPES[] = {TYPE_F16, TYPE_BF16};
    for (size_t i = 0; i < 2; i++) {
        model_copy *const m = model_copy_open(g->path);
        convert_matrices(m, TYPES[i]);
        float *const halves = golden_evaluate(g, written(m, "half.gguf")->s, &GOLDEN_OPTIONS, g->n_prefill);
        convert_matrices(m, TYPE_F32); // the same rounded values
        same_logits(g, written(m, "single.gguf")->s, halves);
        float *const original = own_logits(g);
        assert_true(memcmp(original, halves, GOLDEN_POSITIONS * g->n_vocab * sizeof *halves) != 0);
        free(original);
        free(halves);
        model_copy_close(m);
    }
}

static void test_f16_and_bf16_weights_are_used_as_they_are(void **state)
{
    (void)state;
    golden_with("glm4moe-f32", in_half_floats);
    golden_with("ds2-v3ish-f32", in_half_floats);
}

/* ---- query, key and value in one tensor ---- */

static void fuse(model_copy *m, int layer, const char *suffix)
{
    static const char *const PARTS[3] = {"attn_q", "attn_k", "attn_v"};
    char base[3][32], fused[32];
    uint64_t ne[4] = {0};
    size_t n_bytes = 0;
    const bool is_vector = strcmp(suffix, "bias") == 0;
    for (int i = 0; i < 3; i++) {
        snprintf(base[i], sizeof base[i], "%s.%s", PARTS[i], suffix);
        const model_tensor *const t = model_copy_find(m, layer, base[i]);
        assert_non_null(t);
        ne[0] = is_vector ? ne[0] + t->ne[0] : t->ne[0];
        ne[1] += is_vector ? 0 : t->ne[1];
    }
    snprintf(fused, sizeof fused, "attn_qkv.%s", suffix);
    uint8_t *const data = model_copy_add(m, layer, fused, TYPE_F32, ne)->data;
    for (int i = 0; i < 3; i++) {
        const model_tensor *const t = model_copy_find(m, layer, base[i]);
        memcpy(data + n_bytes, t->data, t->n_bytes);
        n_bytes += t->n_bytes;
        model_copy_remove(m, layer, base[i]);
    }
}

static void with_fused_qkv(const golden *g)
{
    float *const expected = own_logits(g);
    model_copy *const m = model_copy_open(g->path);
    int layer = 0;
    for (; model_copy_find(m, layer, "attn_q.weight") != NULL; layer++) {
        fuse(m, layer, "weight");
        fuse(m, layer, "bias");
    }
    assert_true(layer >= 2);
    same_logits(g, written(m, "fused.gguf")->s, expected);
    model_copy_close(m);
    free(expected);
}

static void test_query_key_and_value_may_stand_in_one_tensor(void **state)
{
    (void)state;
    golden_with("qwen2moe-f32", with_fused_qkv);
}

/* ---- latent attention as older files hold it ---- */

static const char *const NEW_KEYS[] = {
    "deepseek2.attention.key_length",     "deepseek2.attention.value_length",     "deepseek2.attention.head_count_kv",
    "deepseek2.attention.key_length_mla", "deepseek2.attention.value_length_mla", NULL,
};
static uint32_t n_heads, head_k, head_v; // of the model at hand

static void put_old_keys(gguf_writer *w)
{
    gguf_put_u32(w, "deepseek2.attention.key_length", head_k);
    gguf_put_u32(w, "deepseek2.attention.value_length", head_v);
    gguf_put_u32(w, "deepseek2.attention.head_count_kv", n_heads);
}

/* attn_kv_b, which expands a latent vector: per head `nope` rows of keys, then head_v rows of values. */
static void merge_kv_b(model_copy *m, int layer)
{
    const model_tensor *const k = model_copy_find(m, layer, "attn_k_b.weight");
    const model_tensor *const v = model_copy_find(m, layer, "attn_v_b.weight");
    assert_true(k->type == TYPE_F32 && v->type == TYPE_F32);
    const size_t nope = (size_t)k->ne[0], latent = (size_t)k->ne[1], values = (size_t)v->ne[1];
    const float *const kb = (const float *)(const void *)k->data, *const vb = (const float *)(const void *)v->data;
    n_heads = (uint32_t)k->ne[2];
    head_v = (uint32_t)values;
    const uint64_t ne[4] = {latent, n_heads * (nope + values)};
    float *row = (float *)(void *)model_copy_add(m, layer, "attn_kv_b.weight", TYPE_F32, ne)->data;
    for (size_t a = 0; a < n_heads; a++) {
        for (size_t n = 0; n < nope; n++, row += latent) {
            for (size_t l = 0; l < latent; l++)
                row[l] = kb[(a * latent + l) * nope + n];
        }
        for (size_t d = 0; d < values; d++, row += latent)
            memcpy(row, vb + (a * values + d) * latent, latent * sizeof *row);
    }
    model_copy_remove(m, layer, "attn_k_b.weight");
    model_copy_remove(m, layer, "attn_v_b.weight");
}

/* The way back: k_b in F32 and v_b in the type of kv_b, with exactly its values. */
static void split_kv_b(model_copy *m, int layer)
{
    model_tensor *const both = model_copy_find(m, layer, "attn_kv_b.weight");
    const size_t latent = (size_t)both->ne[0], values = head_v, nope = (size_t)both->ne[1] / n_heads - values;
    const size_t row_bytes = (size_t)type_row_bytes(both->type, latent);
    const uint64_t ne_k[4] = {nope, latent, n_heads}, ne_v[4] = {latent, values, n_heads};
    uint8_t *const v = model_copy_add(m, layer, "attn_v_b.weight", both->type, ne_v)->data;
    for (size_t a = 0; a < n_heads; a++)
        memcpy(v + a * values * row_bytes, both->data + (a * (nope + values) + nope) * row_bytes, values * row_bytes);
    model_tensor_convert(both, TYPE_F32);
    const float *const rows = (const float *)(const void *)both->data;
    float *const k = (float *)(void *)model_copy_add(m, layer, "attn_k_b.weight", TYPE_F32, ne_k)->data;
    for (size_t i = 0; i < n_heads * latent * nope; i++) {
        const size_t n = i % nope, l = i / nope % latent, a = i / nope / latent;
        k[i] = rows[(a * (nope + values) + n) * latent + l];
    }
    model_copy_remove(m, layer, "attn_kv_b.weight");
}

static void in_the_older_layout(const golden *g)
{
    static const tensor_type TYPES[] = {TYPE_F32, TYPE_F16, TYPE_BF16, TYPE_Q8_0, TYPE_Q4_0};
    const temp_path older = temp_file("older.gguf"), newer = temp_file("newer.gguf");
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        model_copy *const m = model_copy_open(g->path);
        const model_tensor *q = model_copy_find(m, 0, "attn_q_b.weight");
        int layer = 0;
        for (; model_copy_find(m, layer, "attn_k_b.weight") != NULL; layer++) {
            merge_kv_b(m, layer);
            model_tensor_convert(model_copy_find(m, layer, "attn_kv_b.weight"), TYPES[i]);
        }
        assert_true(layer >= 2);
        head_k = (uint32_t)q->ne[1] / n_heads;
        model_copy_write(m, older.s, NEW_KEYS, put_old_keys);
        for (int l = 0; l < layer; l++)
            split_kv_b(m, l);
        model_copy_write(m, newer.s, NULL, NULL);
        model_copy_close(m);
        float *const expected = golden_evaluate(g, newer.s, &GOLDEN_OPTIONS, g->n_prefill);
        if (TYPES[i] == TYPE_F32)
            golden_expect(g, expected);
        same_logits(g, older.s, expected);
        free(expected);
    }
}

static void test_the_older_layout_of_latent_attention_gives_the_same(void **state)
{
    (void)state;
    golden_with("ds2-v3ish-f32", in_the_older_layout);
    golden_with("ds2-v2ish-groups-f32", in_the_older_layout);
}

/* ---- LongRoPE: with the original context as long as the sequence's, the short factors hold ---- */

static const char *const ORIGINAL_CONTEXT[] = {"phi3.rope.scaling.original_context_length", NULL};

static void put_long_original_context(gguf_writer *w)
{
    gguf_put_u32(w, ORIGINAL_CONTEXT[0], (uint32_t)GOLDEN_OPTIONS.n_ctx);
}

static void with_factors_exchanged(const golden *g)
{
    float *const expected = own_logits(g);
    const temp_path path = temp_file("short.gguf");
    model_copy *const m = model_copy_open(g->path);
    model_tensor *const a = model_copy_find(m, -1, "rope_factors_long.weight");
    model_tensor *const b = model_copy_find(m, -1, "rope_factors_short.weight");
    assert_true(a->n_bytes == b->n_bytes && memcmp(a->data, b->data, a->n_bytes) != 0);
    uint8_t *const longs = a->data;
    a->data = b->data;
    b->data = longs;
    model_copy_write(m, path.s, ORIGINAL_CONTEXT, put_long_original_context);
    same_logits(g, path.s, expected);
    model_copy_close(m);
    free(expected);
}

static void test_short_factors_hold_up_to_the_original_context(void **state)
{
    (void)state;
    golden_with("phi3-long-f32", with_factors_exchanged);
}

/* ---- a tensor for every expert ---- */

/* Replaces the stack by its matrices, the last expert's first. */
static void unstack(model_copy *m, int layer, const char *part)
{
    char base[32], one[40];
    snprintf(base, sizeof base, "ffn_%s_exps.weight", part);
    const model_tensor *const t = model_copy_find(m, layer, base);
    assert_non_null(t);
    const tensor_type type = t->type;
    const uint64_t ne[4] = {t->ne[0], t->ne[1], 0, 0};
    const size_t n = t->ne[2], n_bytes = t->n_bytes / n;
    uint8_t *const stack = malloc(t->n_bytes);
    assert_non_null(stack);
    memcpy(stack, t->data, t->n_bytes);
    model_copy_remove(m, layer, base);
    for (size_t e = n; e-- > 0;) {
        snprintf(one, sizeof one, "ffn_%s.%zu.weight", part, e);
        memcpy(model_copy_add(m, layer, one, type, ne)->data, stack + e * n_bytes, n_bytes);
    }
    free(stack);
}

static void with_experts_apart(const golden *g)
{
    float *const expected = own_logits(g);
    model_copy *const m = model_copy_open(g->path);
    int layer = 0;
    for (; model_copy_find(m, layer, "ffn_gate_exps.weight") != NULL; layer++) {
        unstack(m, layer, "gate");
        unstack(m, layer, "up");
        unstack(m, layer, "down");
    }
    assert_true(layer >= 2);
    same_logits(g, written(m, "apart.gguf")->s, expected);
    model_copy_close(m);
    free(expected);
}

static void test_every_expert_may_be_a_tensor(void **state)
{
    (void)state;
    golden_with("mixtral-f32", with_experts_apart);
    golden_with("qwen3moe-f32", with_experts_apart);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_f16_and_bf16_weights_are_used_as_they_are),
        cmocka_unit_test(test_query_key_and_value_may_stand_in_one_tensor),
        cmocka_unit_test(test_the_older_layout_of_latent_attention_gives_the_same),
        cmocka_unit_test(test_short_factors_hold_up_to_the_original_context),
        cmocka_unit_test(test_every_expert_may_be_a_tensor),
    };
    return cmocka_run_group_tests_name("one model, several layouts", tests, NULL, NULL);
}
