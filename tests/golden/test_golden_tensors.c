/* What every model of a family has must be there, and what is there must have a use: each tensor of every golden model
 * is left out, or given a name that nobody knows, and the file is then refused by the name of a tensor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/weights.h"
#include "support/golden.h"
#include "support/model_copy.h"
#include "support/temp_dir.h"

/* Plans the weights of a copy; *err has the message. */
static sw_code plan(const model_copy *m, sw_err *err)
{
    const temp_path path = temp_file("model.gguf");
    gguf_file *g;
    hparams h;
    model_weights w = {0};
    model_copy_write(m, path.s, NULL, NULL);
    sw_err_clear(err);
    assert_int_equal(gguf_open(&g, path.s, err), SW_OK);
    sw_code code = hparams_read(g, false, &h, err);
    if (code == SW_OK)
        code = weights_plan(g, &h, NULL, &w, err);
    weights_free(&w);
    gguf_close(g);
    return code;
}

static void refused(const model_copy *m, const char *named)
{
    sw_err err = {0};
    const sw_code code = plan(m, &err);
    if ((code != SW_EFORMAT && code != SW_EUNSUPPORTED) || strstr(err.msg, named) == NULL)
        fail_msg("%s: '%s', '%s'", named, sw_code_name(code), err.msg);
}

static void accepted(const model_copy *m, const char *what)
{
    sw_err err = {0};
    if (plan(m, &err) != SW_OK)
        fail_msg("%s: %s", what, err.msg);
}

/* The embedding takes the place of the output layer, but not in a family that never ties them. */
static bool is_optional(const char *model, const char *name)
{
    static const char *const UNTIED[] = {"gpt-oss", "phimoe", "qwen2moe", "olmoe"};
    bool is_tied = strcmp(name, "output.weight") == 0;
    for (size_t i = 0; i < sizeof UNTIED / sizeof UNTIED[0]; i++)
        is_tied = is_tied && strncmp(model, UNTIED[i], strlen(UNTIED[i])) != 0;
    return is_tied;
}

/* Of every kind of tensor one: those of layer 1, and the global ones. */
static bool is_tried(const char *name)
{
    return strncmp(name, "blk.1.", 6) == 0 || (strncmp(name, "blk.", 4) != 0 && strncmp(name, "token_embd", 10) != 0);
}

static void change_each(const golden *g, void *ud)
{
    (void)ud;
    model_copy *const m = model_copy_open(g->path);
    accepted(m, g->name);
    for (size_t i = 0; i < m->n_tensors; i++) {
        model_tensor *const t = &m->tensors[i];
        char name[64], original[64];
        if (!is_tried(t->name))
            continue;
        memcpy(name, t->name, sizeof name);
        memcpy(original, t->name, sizeof original);
        // Left out: a global name that no model has is no part of it.
        snprintf(t->name, sizeof t->name, "other.%zu", i);
        if (strncmp(name, "blk.1.attn_qkv", 14) == 0)
            name[12] = '\0'; // without it there would be attn_q, attn_k and attn_v
        if (is_optional(g->name, name))
            accepted(m, name);
        else
            refused(m, name);
        // Under a wrong name of the same layer.
        if (strncmp(name, "blk.", 4) == 0) {
            snprintf(t->name, sizeof t->name, "%.50sx", original);
            refused(m, is_optional(g->name, name) ? t->name : name);
        }
        memcpy(t->name, original, sizeof original);
    }
    model_copy_close(m);
}

static void test_every_tensor_of_a_family_is_needed_by_its_name(void **state)
{
    (void)state;
    assert_true(golden_for_each(change_each, NULL) > 10);
}

static void with_more(const golden *g)
{
    static const struct {
        int layer;
        const char *name;
        bool is_refused;
    } ROWS[] = {
        {0, "attn_output.scale", true},     {0, "ffn_post_norm.weight", true},    {1, "ffn_gate.0.weight", true},
        {77, "attn_q.weight", true},        {-1, "token_embd_norm.weight", true}, {-1, "output.scale", true},
        {-1, "v.patch_embd.weight", false}, {0, "attn_rot_embd.freqs", false},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        model_copy *const m = model_copy_open(g->path);
        model_copy_add(m, ROWS[i].layer, ROWS[i].name, TYPE_F32, (uint64_t[4]){32, 0, 0, 0});
        if (ROWS[i].is_refused)
            refused(m, ROWS[i].name);
        else
            accepted(m, ROWS[i].name);
        model_copy_close(m);
    }
}

static void test_a_tensor_without_a_use_is_refused_by_its_name(void **state)
{
    (void)state;
    golden_with("qwen3moe-f32", with_more);
}

static void without_head_norms(const golden *g)
{
    model_copy *const m = model_copy_open(g->path);
    for (int layer = 0; model_copy_find(m, layer, "attn_q_norm.weight") != NULL; layer++) {
        model_copy_remove(m, layer, "attn_q_norm.weight");
        model_copy_remove(m, layer, "attn_k_norm.weight");
    }
    accepted(m, "GLM-4.5-Air has no norms of queries and keys");
    model_copy_close(m);
}

static void without_rope_factors(const golden *g)
{
    model_copy *const m = model_copy_open(g->path);
    model_copy_remove(m, -1, "rope_factors_long.weight");
    model_copy_remove(m, -1, "rope_factors_short.weight");
    accepted(m, "Phi-3-mini-4k has no rope factors");
    model_copy_close(m);
}

static void test_optional_tensors_can_be_missing_together(void **state)
{
    (void)state;
    golden_with("glm4moe-f32", without_head_norms);
    golden_with("phi3-long-f32", without_rope_factors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_tensor_of_a_family_is_needed_by_its_name),
        cmocka_unit_test(test_a_tensor_without_a_use_is_refused_by_its_name),
        cmocka_unit_test(test_optional_tensors_can_be_missing_together),
    };
    return cmocka_run_group_tests_name("golden_tensors", tests, NULL, NULL);
}
