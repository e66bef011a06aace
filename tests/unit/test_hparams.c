/* A model's dimensions from its metadata: defaults, every limit at N and at N + 1, and values that no model can have.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "model/hparams.h"
#include "support/gguf_case.h"
#include "support/tiny_model.h"

/* One key that a case gives another value; NULL key: none. */
typedef struct change {
    const char *key; // without the architecture
    double value;
} change;

static double value_of(const change *changes, size_t n, const char *key, double otherwise)
{
    for (size_t i = 0; i < n; i++) {
        if (changes[i].key != NULL && strcmp(changes[i].key, key) == 0)
            return changes[i].value;
    }
    return otherwise;
}

/* The keys that every case has, in the numbers of a small model; a value of -1 leaves the key out. */
static const change USUAL[] = {
    {"block_count", 2},
    {"context_length", 4096},
    {"embedding_length", 64},
    {"attention.head_count", 4},
    {"attention.head_count_kv", 2},
    {"attention.key_length", 16},
    {"attention.value_length", 16},
    {"expert_count", 8},
    {"expert_used_count", 2},
    {"expert_feed_forward_length", 32},
    {"feed_forward_length", 32},
};

static bool is_usual(const char *key)
{
    for (size_t i = 0; i < sizeof USUAL / sizeof USUAL[0]; i++) {
        if (strcmp(key, USUAL[i].key) == 0)
            return true;
    }
    return false;
}

static void put_number(const char *arch, const char *key, double value)
{
    char full[96];
    snprintf(full, sizeof full, "%s.%s", arch, key);
    if (value == floor(value) && value >= 0)
        builder_u32(&gguf_built, full, (uint32_t)value);
    else
        builder_f32(&gguf_built, full, (float)value);
}

/* The header of a model with some keys changed; its embedding has n_vocab rows of one byte. */
static void build(const char *arch, const change *changes, size_t n, uint64_t n_vocab)
{
    gguf_again(&gguf_built);
    builder_str(&gguf_built, "general.architecture", arch);
    for (size_t i = 0; i < sizeof USUAL / sizeof USUAL[0]; i++) {
        const double value = value_of(changes, n, USUAL[i].key, USUAL[i].value);
        if (value != -1)
            put_number(arch, USUAL[i].key, value);
    }
    for (size_t i = 0; i < n; i++) {
        if (changes[i].key != NULL && !is_usual(changes[i].key))
            put_number(arch, changes[i].key, changes[i].value);
    }
    builder_tensor(&gguf_built, "token_embd.weight", TYPE_I8, (uint64_t[4]){1, n_vocab}, NULL, (size_t)n_vocab);
}

static sw_code read_built(bool as_llama_cpp, hparams *h, sw_err *err)
{
    gguf_file *const g = gguf_opened(&gguf_built);
    const sw_code code = hparams_read(g, as_llama_cpp, h, err);
    gguf_close(g);
    return code;
}

static void accepted(const change *changes, size_t n, hparams *h)
{
    build("gpt-oss", changes, n, 10);
    sw_err err = {0};
    if (read_built(false, h, &err) != SW_OK)
        fail_msg("%s", err.msg);
}

static void refused(const change *changes, size_t n, const char *named)
{
    build("gpt-oss", changes, n, 10);
    hparams h;
    sw_err err = {0};
    const sw_code code = read_built(false, &h, &err);
    if (code != SW_EFORMAT || strstr(err.msg, named) == NULL || strstr(err.msg, ".gguf: ") == NULL)
        fail_msg("%s %g: code '%s', message '%s'", changes[0].key, changes[0].value, sw_code_name(code), err.msg);
}

/* ---- limits ---- */

static void test_every_count_is_accepted_at_its_limit_and_not_beyond(void **state)
{
    (void)state;
    static const struct {
        change at;    // the limit
        change other; // what must fit it
    } ROWS[] = {
        {{"block_count", LIMIT_MODEL_LAYERS}, {0}},
        {{"embedding_length", LIMIT_MODEL_DIM}, {0}},
        {{"expert_feed_forward_length", LIMIT_MODEL_DIM}, {0}},
        {{"feed_forward_length", LIMIT_MODEL_DIM}, {0}},
        {{"attention.head_count", LIMIT_MODEL_HEADS}, {0}},
        {{"attention.head_count_kv", LIMIT_MODEL_HEADS}, {"attention.head_count", LIMIT_MODEL_HEADS}},
        {{"expert_count", LIMIT_MODEL_EXPERTS}, {0}},
        {{"expert_used_count", LIMIT_MODEL_EXPERTS_USED}, {"expert_count", LIMIT_MODEL_EXPERTS_USED + 8}},
        {{"expert_used_count", 8}, {"expert_count", 8}},
        {{"expert_shared_count", LIMIT_MODEL_EXPERTS_SHARED}, {0}},
        {{"expert_group_count", LIMIT_MODEL_EXPERT_GROUPS}, {"expert_count", LIMIT_MODEL_EXPERT_GROUPS * 2}},
        {{"attention.key_length", LIMIT_HEAD}, {0}},
        {{"attention.value_length", LIMIT_HEAD}, {0}},
        {{"context_length", INT32_MAX}, {0}},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        change changes[] = {ROWS[i].at, ROWS[i].other};
        hparams h;
        accepted(changes, 2, &h);
        changes[0].value++;
        refused(changes, 2, changes[0].key);
    }
}

static void test_counts_of_zero_are_refused(void **state)
{
    (void)state;
    static const char *const KEYS[] = {"block_count",          "embedding_length",          "context_length",
                                       "attention.head_count", "attention.head_count_kv",   "expert_used_count",
                                       "attention.key_length", "expert_feed_forward_length"};
    for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++)
        refused(&(change){KEYS[i], 0}, 1, KEYS[i]);
}

static void test_missing_keys_are_named(void **state)
{
    (void)state;
    static const char *const KEYS[] = {"block_count", "embedding_length", "context_length", "expert_used_count",
                                       "expert_feed_forward_length"};
    for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++)
        refused(&(change){KEYS[i], -1}, 1, KEYS[i]);
    refused(&(change){"attention.head_count", -1}, 1, "attention heads is missing");
}

static void test_the_vocabulary_is_accepted_at_its_limit_and_not_beyond(void **state)
{
    (void)state;
    hparams h;
    sw_err err = {0};
    build("gpt-oss", NULL, 0, LIMIT_VOCAB_TOKENS);
    assert_int_equal(read_built(false, &h, &err), SW_OK);
    assert_int_equal(h.n_vocab, LIMIT_VOCAB_TOKENS);
    build("gpt-oss", NULL, 0, LIMIT_VOCAB_TOKENS + 1);
    assert_int_equal(read_built(false, &h, &err), SW_EFORMAT);
    assert_non_null(strstr(err.msg, "vocabulary"));
}

/* ---- combinations ---- */

static void test_dimensions_that_do_not_fit_each_other_are_refused(void **state)
{
    (void)state;
    refused((change[]){{"attention.head_count_kv", 3}}, 1, "no multiple");
    refused((change[]){{"attention.value_length", 12}}, 1, "no multiple of 8");
    refused((change[]){{"rope.dimension_count", 18}}, 1, "rope.dimension_count");
    refused((change[]){{"rope.dimension_count", 7}}, 1, "odd");
    refused((change[]){{"leading_dense_block_count", 3}}, 1, "leading_dense_block_count");
    hparams h;
    accepted((change[]){{"leading_dense_block_count", 2}}, 1, &h);
    assert_false(hparams_has_experts(&h, 1));
}

static void test_reals_must_be_finite_and_above_zero(void **state)
{
    (void)state;
    static const char *const KEYS[] = {"attention.layer_norm_rms_epsilon", "rope.freq_base",
                                       "rope.scaling.attn_factor"};
    for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++) {
        refused(&(change){KEYS[i], 0}, 1, KEYS[i]);
        refused(&(change){KEYS[i], -0.5}, 1, KEYS[i]);
        refused(&(change){KEYS[i], (double)NAN}, 1, KEYS[i]);
        refused(&(change){KEYS[i], (double)INFINITY}, 1, KEYS[i]);
    }
    refused(&(change){"rope.scaling.factor", (double)NAN}, 1, "rope.scaling.factor");
}

static void test_defaults_stand_for_absent_keys(void **state)
{
    (void)state;
    hparams h;
    accepted((change[]){{"attention.key_length", -1}, {"attention.value_length", -1}, {"attention.head_count_kv", -1}},
             3, &h);
    assert_int_equal(h.head_k, 16); // 64 / 4
    assert_int_equal(h.n_head_kv, 4);
    assert_int_equal(h.n_rot, 16);
    assert_true(h.rope_base == 10000.0f);
    assert_true(h.rope_factor == 1.0f);
    assert_int_equal(h.rope_ctx_orig, 4096);
    assert_true(h.expert_scale == 1.0f);
    assert_int_equal(h.n_window, 0);
    assert_int_equal(h.n_vocab, 10);
    accepted((change[]){{"expert_weights_scale", 0}, {"rope.scaling.factor", 0}}, 2, &h); // both mean "none"
    assert_true(h.expert_scale == 1.0f && h.rope_factor == 1.0f);
    accepted((change[]){{"expert_count", -1}}, 1, &h);
    assert_int_equal(h.n_expert, 0);
}

static void test_windowed_layers_follow_the_pattern(void **state)
{
    (void)state;
    hparams h;
    accepted((change[]){{"attention.sliding_window", 128}}, 1, &h);
    assert_true(hparams_is_windowed(&h, 0));
    assert_false(hparams_is_windowed(&h, 1));
    accepted((change[]){{"attention.sliding_window", 128}, {"attention.sliding_window_pattern", 0}}, 2, &h);
    assert_true(hparams_is_windowed(&h, 1));
    accepted((change[]){{"attention.sliding_window", 128}, {"attention.sliding_window_pattern", 3}}, 2, &h);
    assert_true(hparams_is_windowed(&h, 1) && !hparams_is_windowed(&h, 2));
    build("gpt-oss", (change[]){{"attention.sliding_window", 128}}, 1, 10);
    builder_array(&gguf_built, "gpt-oss.attention.sliding_window_pattern", GGUF_BOOL, 2, "\x01\x01", 2);
    assert_int_equal(read_built(false, &h, NULL), SW_OK);
    assert_int_equal(h.window_period, 2); // an array belongs to other families
}

static void test_numbers_per_layer_must_be_equal(void **state)
{
    (void)state;
    hparams h;
    sw_err err = {0};
    build("gpt-oss", (change[]){{"attention.head_count", -1}}, 1, 10);
    builder_array(&gguf_built, "gpt-oss.attention.head_count", GGUF_I32, 2, (int32_t[]){4, 4}, 8);
    assert_int_equal(read_built(false, &h, &err), SW_OK);
    assert_int_equal(h.n_head, 4);
    build("gpt-oss", (change[]){{"attention.head_count", -1}}, 1, 10);
    builder_array(&gguf_built, "gpt-oss.attention.head_count", GGUF_I32, 2, (int32_t[]){4, 2}, 8);
    assert_int_equal(read_built(false, &h, &err), SW_EUNSUPPORTED);
    assert_non_null(strstr(err.msg, "differs between layers"));
    build("gpt-oss", (change[]){{"attention.head_count", -1}}, 1, 10);
    builder_array(&gguf_built, "gpt-oss.attention.head_count", GGUF_I64, 1, (int64_t[]){-4}, 8);
    sw_err_clear(&err);
    assert_int_equal(read_built(false, &h, &err), SW_EFORMAT);
    assert_non_null(strstr(err.msg, "is -4"));
}

/* Converters write one number per layer where all layers are equal. */
static void test_a_uniform_array_is_as_good_as_a_number(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        int32_t value;
    } INTS[] = {{"embedding_length", 64},
                {"context_length", 4096},
                {"attention.head_count", 4},
                {"attention.head_count_kv", 2},
                {"attention.key_length", 16},
                {"attention.value_length", 16},
                {"expert_count", 8},
                {"expert_used_count", 2},
                {"expert_feed_forward_length", 32},
                {"feed_forward_length", 32},
                {"leading_dense_block_count", 1},
                {"rope.dimension_count", 8},
                {"attention.sliding_window", 9},
                {"block_count", 2}};
    for (size_t i = 0; i < sizeof INTS / sizeof INTS[0]; i++) {
        char full[96];
        hparams h, expected;
        sw_err err = {0};
        const int32_t v = INTS[i].value, mixed[2] = {v, v + 1};
        accepted(&(change){INTS[i].key, v}, 1, &expected);
        snprintf(full, sizeof full, "gpt-oss.%s", INTS[i].key);
        build("gpt-oss", &(change){INTS[i].key, -1}, is_usual(INTS[i].key), 10);
        builder_array(&gguf_built, full, GGUF_I32, 2, (int32_t[]){v, v}, 8);
        if (read_built(false, &h, &err) != SW_OK)
            fail_msg("%s", err.msg);
        assert_memory_equal(&h, &expected, sizeof h);
        build("gpt-oss", &(change){INTS[i].key, -1}, is_usual(INTS[i].key), 10);
        builder_array(&gguf_built, full, GGUF_I32, 2, mixed, 8);
        assert_int_equal(read_built(false, &h, &err), SW_EUNSUPPORTED);
        assert_non_null(strstr(err.msg, INTS[i].key));
    }
    hparams h;
    build("granitemoe", NULL, 0, 10);
    builder_array(&gguf_built, "granitemoe.rope.freq_base", GGUF_F32, 2, (float[]){5000, 5000}, 8);
    builder_array(&gguf_built, "granitemoe.rope.scaling.finetuned", GGUF_BOOL, 2, "\0\0", 2);
    assert_int_equal(read_built(false, &h, NULL), SW_OK);
    assert_true(h.rope_base == 5000.0f);
    assert_int_equal(h.n_rot, 0);
    build("gpt-oss", NULL, 0, 10);
    builder_array(&gguf_built, "gpt-oss.rope.freq_base", GGUF_F32, 1, (float[]){(float)NAN}, 4);
    assert_int_equal(read_built(false, &h, NULL), SW_EFORMAT);
}

/* ---- architectures ---- */

static void test_unknown_architectures_are_refused_with_the_known_ones(void **state)
{
    (void)state;
    hparams h;
    sw_err err = {0};
    build("mamba", NULL, 0, 10);
    assert_int_equal(read_built(false, &h, &err), SW_EUNSUPPORTED);
    assert_non_null(strstr(err.msg, "'mamba'"));
    assert_non_null(strstr(err.msg, "gpt-oss, phimoe, deepseek"));
    gguf_again(&gguf_built);
    sw_err_clear(&err);
    assert_int_equal(read_built(false, &h, &err), SW_EFORMAT);
    assert_non_null(strstr(err.msg, "general.architecture"));
}

static void test_a_file_without_weights_is_refused(void **state)
{
    (void)state;
    hparams h;
    sw_err err = {0};
    build("gpt-oss", NULL, 0, 1);
    memcpy(strstr(gguf_built.infos.data + 8, "token_embd"), "other_embd", 10);
    assert_int_equal(read_built(false, &h, &err), SW_EFORMAT);
    assert_non_null(strstr(err.msg, "token_embd.weight"));
}

static void test_unknown_rope_scaling_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        rope_scaling expected;
    } KNOWN[] = {
        {"none", SCALING_NONE}, {"linear", SCALING_LINEAR}, {"longrope", SCALING_LINEAR}, {"yarn", SCALING_YARN}};
    hparams h;
    sw_err err = {0};
    for (size_t i = 0; i < sizeof KNOWN / sizeof KNOWN[0]; i++) {
        build("gpt-oss", NULL, 0, 10);
        builder_str(&gguf_built, "gpt-oss.rope.scaling.type", KNOWN[i].type);
        assert_int_equal(read_built(false, &h, &err), SW_OK);
        assert_int_equal(h.rope_scaling, KNOWN[i].expected);
    }
    build("gpt-oss", NULL, 0, 10);
    builder_str(&gguf_built, "gpt-oss.rope.scaling.type", "dynamic");
    assert_int_equal(read_built(false, &h, &err), SW_EFORMAT);
    assert_non_null(strstr(err.msg, "rope scaling type"));
}

static void test_the_switch_chooses_whom_to_agree_with(void **state)
{
    (void)state;
    hparams original, other;
    build("phimoe", NULL, 0, 10);
    assert_int_equal(read_built(false, &original, NULL), SW_OK);
    assert_int_equal(read_built(true, &other, NULL), SW_OK);
    assert_int_equal(original.arch.norm, NORM_LAYER);
    assert_int_equal(other.arch.norm, NORM_RMS);
    assert_int_equal(original.arch.gating, GATE_SPARSEMIXER);
    assert_int_equal(other.arch.gating, GATE_SOFTMAX);
    assert_true(other.arch.renormalise && !original.arch.renormalise);
    build("gpt-oss", NULL, 0, 10);
    assert_int_equal(read_built(false, &original, NULL), SW_OK);
    assert_int_equal(read_built(true, &other, NULL), SW_OK);
    assert_true(other.arch.yarn_rounds && !original.arch.yarn_rounds);
}

static void test_the_sparse_mixer_needs_exactly_two_experts(void **state)
{
    (void)state;
    hparams h;
    sw_err err = {0};
    build("phimoe", (change[]){{"expert_used_count", 3}}, 1, 10);
    assert_int_equal(read_built(false, &h, &err), SW_EFORMAT);
    assert_non_null(strstr(err.msg, "two experts"));
    assert_int_equal(read_built(true, &h, NULL), SW_OK);
}

#define T(name) cmocka_unit_test_setup_teardown(name, gguf_case_begin, gguf_case_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_every_count_is_accepted_at_its_limit_and_not_beyond),
        T(test_counts_of_zero_are_refused),
        T(test_missing_keys_are_named),
        T(test_the_vocabulary_is_accepted_at_its_limit_and_not_beyond),
        T(test_dimensions_that_do_not_fit_each_other_are_refused),
        T(test_reals_must_be_finite_and_above_zero),
        T(test_defaults_stand_for_absent_keys),
        T(test_windowed_layers_follow_the_pattern),
        T(test_numbers_per_layer_must_be_equal),
        T(test_a_uniform_array_is_as_good_as_a_number),
        T(test_unknown_architectures_are_refused_with_the_known_ones),
        T(test_a_file_without_weights_is_refused),
        T(test_unknown_rope_scaling_is_refused),
        T(test_the_switch_chooses_whom_to_agree_with),
        T(test_the_sparse_mixer_needs_exactly_two_experts),
    };
    return cmocka_run_group_tests_name("hparams", tests, NULL, NULL);
}
