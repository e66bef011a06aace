/* Weights: the plan checks every tensor before anything is read, and what is loaded is what stands in the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model/weights.h"
#include "quant/tile.h"
#include "support/gguf_case.h"
#include "support/tiny_model.h"

static sw_code plan_built(gguf_file **g, model_weights *w, sw_err *err)
{
    hparams h;
    *g = gguf_opened(&gguf_built);
    *w = (model_weights){0};
    const sw_code code = hparams_read(*g, false, &h, err);
    return code == SW_OK ? weights_plan(*g, &h, NULL, w, err) : code;
}

static void refused(sw_code expected, const char *named)
{
    gguf_file *g;
    model_weights w;
    sw_err err = {0};
    const sw_code code = plan_built(&g, &w, &err);
    if (code != expected || strstr(err.msg, named) == NULL || strstr(err.msg, ".gguf: tensor '") == NULL)
        fail_msg("code '%s', message '%s'; expected '%s'", sw_code_name(code), err.msg, named);
    weights_free(&w);
    gguf_close(g);
}

/* Where the description of a tensor stands: behind its name. */
static char *description(const char *name)
{
    const size_t n = strlen(name);
    for (size_t i = 0; i + n <= gguf_built.infos.size; i++) {
        if (memcmp(gguf_built.infos.data + i, name, n) == 0)
            return gguf_built.infos.data + i;
    }
    fail_msg("no tensor %s", name);
    return NULL;
}

static const char *const REQUIRED[TINY_N_ARCHS][5] = {
    {"output_norm.weight", "blk.1.attn_q.weight", "blk.0.post_attention_norm.weight", "blk.1.ffn_gate_inp.weight",
     "blk.0.ffn_down_exps.weight"},
    {"token_embd.weight", "blk.0.attn_norm.weight", "blk.1.ffn_norm.weight", "blk.0.attn_output.weight",
     "blk.1.ffn_up_exps.weight"},
    {"blk.0.ffn_gate.weight", "blk.0.ffn_down.weight", "blk.1.ffn_gate_shexp.weight", "blk.1.ffn_down_shexp.weight",
     "blk.1.attn_v.weight"},
};

static void test_a_missing_tensor_is_named(void **state)
{
    (void)state;
    for (int arch = 0; arch < TINY_N_ARCHS; arch++) {
        for (int i = 0; i < 5; i++) {
            if (strncmp(REQUIRED[arch][i], "token", 5) == 0)
                continue; // without it there is no model at all: tests of hparams
            gguf_again(&gguf_built);
            tiny_build(&gguf_built, (tiny_arch)arch, TINY_NO_TOKEN);
            description(REQUIRED[arch][i])[0] = 'X';
            char message[96];
            snprintf(message, sizeof message, "'%s' is missing", REQUIRED[arch][i]);
            refused(SW_EFORMAT, message);
        }
    }
}

static void test_a_tensor_of_another_shape_is_named(void **state)
{
    (void)state;
    for (int arch = 0; arch < TINY_N_ARCHS; arch++) {
        for (int i = 0; i < 5; i++) {
            gguf_again(&gguf_built);
            tiny_build(&gguf_built, (tiny_arch)arch, TINY_NO_TOKEN);
            // One element less in the first dimension: still inside the file.
            char *const ne0 = description(REQUIRED[arch][i]) + strlen(REQUIRED[arch][i]) + 4;
            uint64_t n;
            memcpy(&n, ne0, sizeof n);
            n--;
            memcpy(ne0, &n, sizeof n);
            refused(SW_EFORMAT, REQUIRED[arch][i]);
        }
    }
}

static void test_optional_tensors_must_have_their_shape_too(void **state)
{
    (void)state;
    static const struct {
        tiny_arch arch;
        const char *name;
    } ROWS[] = {{TINY_GPT_OSS, "blk.0.attn_sinks.weight"}, {TINY_GPT_OSS, "blk.1.ffn_up_exps.bias"},
                {TINY_PHIMOE, "rope_factors_long.weight"}, {TINY_PHIMOE, "output.bias"},
                {TINY_PHIMOE, "blk.0.attn_norm.bias"},     {TINY_DEEPSEEK, "output.weight"}};
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        gguf_again(&gguf_built);
        tiny_build(&gguf_built, ROWS[i].arch, TINY_NO_TOKEN);
        char *const ne0 = description(ROWS[i].name) + strlen(ROWS[i].name) + 4;
        memset(ne0, 0, 8);
        ne0[0] = 1;
        refused(SW_EFORMAT, ROWS[i].name);
    }
}

static void test_types_without_kernels_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t type;
    } ROWS[] = {{"blk.0.attn_q.weight", TYPE_F64},
                {"blk.0.attn_q.weight", TYPE_I8},
                {"blk.1.ffn_up_exps.weight", TYPE_I32},
                {"blk.1.attn_norm.weight", TYPE_Q8_0},
                {"output_norm.weight", TYPE_I16}};
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        gguf_again(&gguf_built);
        tiny_build(&gguf_built, TINY_DEEPSEEK, TINY_NO_TOKEN);
        char *const info = description(ROWS[i].name) + strlen(ROWS[i].name);
        uint32_t n_dims;
        memcpy(&n_dims, info, sizeof n_dims);
        memcpy(info + 4 + 8 * (size_t)n_dims, &ROWS[i].type, sizeof ROWS[i].type);
        if (ROWS[i].type == TYPE_F64) // would be twice as large as its place
            memcpy(info + 8 + 8 * (size_t)n_dims, &(uint64_t){gguf_built.data.size}, 8);
        for (int pad = 0; ROWS[i].type == TYPE_F64 && pad < 32 * 32 * 8; pad++)
            buf_putc(&gguf_built.data, '\0');
        refused(SW_EUNSUPPORTED, ROWS[i].name);
    }
}

/* ---- loading ---- */

static uint64_t bytes_seen, bytes_expected;

static void on_load(void *ud, uint64_t done, uint64_t total)
{
    (void)ud;
    assert_true(done > bytes_seen && done <= total);
    bytes_seen = done;
    bytes_expected = total;
}

static void check_matrix(const gguf_file *g, const mat *m, const char *name, size_t n_stacked)
{
    const gguf_tensor *const t = gguf_find_tensor(g, name);
    assert_non_null(t);
    const size_t d = m->n_cols;
    sw_err err = {0};
    for (size_t e = 0; e < n_stacked; e++) {
        for (size_t row = 0; row < m->n_rows; row++) {
            float expected[64], actual[64];
            const size_t at = (e * m->n_rows + row) * d * sizeof *expected;
            assert_int_equal(gguf_read(g, t, at, expected, d * sizeof *expected, &err), SW_OK);
            tile_decode_row(TYPE_F32, mat_tiles(m, e) + row / 16 * m->tile_bytes, d, (int)(row % 16), actual);
            assert_memory_equal(actual, expected, d * sizeof *expected);
        }
    }
}

static void check_vector(const gguf_file *g, const float *v, const char *name, size_t n)
{
    float expected[64];
    sw_err err = {0};
    assert_int_equal(gguf_read(g, gguf_find_tensor(g, name), 0, expected, n * sizeof *expected, &err), SW_OK);
    assert_memory_equal(v, expected, n * sizeof *expected);
}

static void test_what_is_loaded_is_what_the_file_holds(void **state)
{
    (void)state;
    tiny_build(&gguf_built, TINY_GPT_OSS, TINY_NO_TOKEN);
    gguf_file *g;
    model_weights w;
    sw_err err = {0};
    assert_int_equal(plan_built(&g, &w, &err), SW_OK);
    assert_null(w.blocks[TIER_RAM].data); // planned, not read
    assert_true(w.blocks[TIER_RAM].expert_bytes > 0 && w.blocks[TIER_RAM].expert_bytes < w.blocks[TIER_RAM].n_bytes);
    assert_int_equal(w.blocks[TIER_VRAM].n_bytes, 0);
    thread_pool *const pool = pool_create(2);
    bytes_seen = 0;
    if (weights_load(&w, g, &(weights_load_options){.pool = pool, .on_load = on_load}, &err) != SW_OK)
        fail_msg("%s", err.msg);
    assert_true(bytes_seen > 0 && bytes_seen <= bytes_expected);
    check_matrix(g, &w.embd, "token_embd.weight", 1);
    check_matrix(g, &w.output, "output.weight", 1);
    check_vector(g, w.output_norm.weight, "output_norm.weight", TINY_EMBD);
    for (int l = 0; l < TINY_LAYERS; l++) {
        const layer_weights *const layer = &w.layers[l];
        char name[64];
        snprintf(name, sizeof name, "blk.%d.attn_k.weight", l);
        check_matrix(g, &layer->k, name, 1);
        snprintf(name, sizeof name, "blk.%d.ffn_down_exps.weight", l);
        check_matrix(g, &layer->down_exps, name, TINY_EXPERTS);
        snprintf(name, sizeof name, "blk.%d.attn_sinks.weight", l);
        check_vector(g, layer->sinks, name, TINY_HEADS);
        snprintf(name, sizeof name, "blk.%d.attn_v.bias", l);
        check_vector(g, layer->v.bias, name, TINY_HEADS_KV * TINY_HEAD);
        snprintf(name, sizeof name, "blk.%d.ffn_gate_exps.bias", l);
        check_vector(g, layer->gate_exps.bias, name, TINY_FF); // of the first expert
        assert_null(layer->gate.tiles);
    }
    pool_free(pool);
    weights_free(&w);
    gguf_close(g);
}

static void test_a_missing_output_layer_is_the_embedding(void **state)
{
    (void)state;
    tiny_build(&gguf_built, TINY_DEEPSEEK, TINY_NO_TOKEN);
    description("output.weight")[0] = 'X';
    gguf_file *g;
    model_weights w;
    sw_err err = {0};
    assert_int_equal(plan_built(&g, &w, &err), SW_OK);
    thread_pool *const pool = pool_create(1);
    assert_int_equal(weights_load(&w, g, &(weights_load_options){.pool = pool}, &err), SW_OK);
    assert_ptr_equal(w.output.tiles, w.embd.tiles);
    pool_free(pool);
    weights_free(&w);
    gguf_close(g);
}

#define T(name) cmocka_unit_test_setup_teardown(name, gguf_case_begin, gguf_case_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_a_missing_tensor_is_named),
        T(test_a_tensor_of_another_shape_is_named),
        T(test_optional_tensors_must_have_their_shape_too),
        T(test_types_without_kernels_are_refused),
        T(test_what_is_loaded_is_what_the_file_holds),
        T(test_a_missing_output_layer_is_the_embedding),
    };
    return cmocka_run_group_tests_name("weights", tests, NULL, NULL);
}
