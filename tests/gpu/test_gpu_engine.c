/* Whole engines with a device: what options place where, from plans to allocations, and the CPU's bits in every golden
 * family.  The device is an emulated one, so this is about results and never about speed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/model_lm.h"
#include "engine/model_lm_state.h"
#include "gguf/gguf.h"
#include "support/golden.h"
#include "support/temp_dir.h"
#include "support/tiny_model.h"

static const char DEVICE[] = "emu:64MiB";

static const sw_engine_options OPTIONS = {
    .n_threads = 1, .n_ctx = 128, .n_seqs = 2, .n_batch = 64, .compat = SW_COMPAT_LLAMA_CPP, .devices = DEVICE};

/* Quantized products take long under emulation: test_gpu_backend has them with fewer positions. */
static bool is_quick(const golden *g)
{
    return strstr(g->name, "-f32") != NULL || getenv("SPILLWAY_LONG") != NULL;
}

static model_lm *opened(const char *path, const sw_engine_options *o)
{
    gguf_file *g;
    language_model *lm = NULL;
    sw_err err = {0};
    if (gguf_open(&g, path, &err) != SW_OK || model_lm_open(&lm, g, o, &err) != SW_OK)
        fail_msg("%s", err.msg);
    gguf_close(g);
    return (model_lm *)lm;
}

/* ---- placements -------------------------------------------------------------------------------------------------- */

/* What is allocated is what was planned, to the byte, and computed where `name` says (NULL: anywhere).  Of *out only
 * numbers stay. */
static void check_bytes(const golden *g, const sw_engine_options *o, const char *name, sw_engine_state *out)
{
    gguf_file *file;
    language_model *plan;
    sw_err err = {0};
    model_lm *const m = opened(g->path, o);
    sw_engine_state planned = {0};
    model_lm_state(&m->lm, out);
    assert_int_equal(device_allocated(m->tiers.devices[0].device),
                     out->weight_bytes_vram + out->kv_bytes_vram + out->buffer_bytes_vram + out->expert_cache_bytes);
    assert_true(out->is_emulated);
    assert_int_equal(gguf_open(&file, g->path, &err), SW_OK);
    if (model_lm_plan(&plan, file, o, &err) != SW_OK)
        fail_msg("%s", err.msg);
    model_lm_state(plan, &planned);
    assert_int_equal(planned.weight_bytes_vram, out->weight_bytes_vram);
    assert_int_equal(planned.weight_bytes_ram, out->weight_bytes_ram);
    assert_int_equal(planned.kv_bytes_vram, out->kv_bytes_vram);
    assert_int_equal(planned.buffer_bytes_vram, out->buffer_bytes_vram);
    assert_int_equal(planned.expert_cache_bytes, out->expert_cache_bytes);
    assert_int_equal(planned.expert_cache_slots, out->expert_cache_slots);
    assert_string_equal(planned.backend, out->backend);
    assert_true(name == NULL || strcmp(out->backend, name) == 0);
    plan->ops->close(plan);
    gguf_close(file);
    m->lm.ops->close(&m->lm);
}

typedef struct variant {
    const char *name;
    sw_engine_options o;
    size_t chunk;
    bool is_long; // only in a long check
} variant;

static const variant VARIANTS[] = {
    {"all", {.kv_type = SW_KV_F16}, 64, false},
    {"--cpu-moe", {.cpu_moe = true, .kv_type = SW_KV_Q8_0}, 17, false},
    {"--n-cpu-moe 1", {.n_cpu_moe = 1, .kv_type = SW_KV_F16}, 1, true},
    {"-ngl 1", {.n_gpu_layers = 1, .kv_type = SW_KV_F32}, 33, true},
    {"some experts in RAM", {.override_tensors = "blk\\.[0-9]*\\.expert\\.[0-2]$=CPU", .kv_type = SW_KV_F16}, 40, true},
    {"attention in RAM", {.override_tensors = "blk\\.1\\.attn=CPU", .kv_type = SW_KV_Q8_0}, 64, true},
};

static sw_engine_options options_of(const variant *v, const char *name)
{
    sw_engine_options o = OPTIONS;
    o.devices = name;
    o.kv_type = v->o.kv_type;
    o.cpu_moe = v->o.cpu_moe;
    o.n_cpu_moe = v->o.n_cpu_moe;
    o.n_gpu_layers = v->o.n_gpu_layers;
    o.override_tensors = v->o.override_tensors;
    return o;
}

static void same_bits(const golden *g, const sw_engine_options *o, const char *what, size_t chunk)
{
    sw_engine_options none = {.n_threads = 1, .n_ctx = o->n_ctx, .compat = o->compat, .kv_type = o->kv_type};
    none.devices = "none";
    float *const expected = golden_evaluate(g, g->path, &none, g->n_prefill);
    float *const actual = golden_evaluate(g, g->path, o, chunk);
    for (size_t i = 0; i < GOLDEN_POSITIONS; i++) {
        if (memcmp(actual + i * g->n_vocab, expected + i * g->n_vocab, g->n_vocab * sizeof *actual) != 0)
            fail_msg("%s, %s: other bits at position %zu", g->name, what, i);
    }
    free(actual);
    free(expected);
}

static void every_placement(const golden *g, void *ud)
{
    sw_engine_state s;
    (void)ud;
    for (size_t i = 0; i < sizeof VARIANTS / sizeof *VARIANTS; i++) {
        const variant *const v = &VARIANTS[i];
        const sw_engine_options o = options_of(v, DEVICE);
        check_bytes(g, &o, NULL, &s);
        assert_true(s.weight_bytes_vram > 0);
        assert_true(!v->o.cpu_moe || s.expert_bytes_ram == 0 || s.weight_bytes_ram >= s.expert_bytes_ram);
        if (is_quick(g) && (!v->is_long || getenv("SPILLWAY_LONG") != NULL))
            same_bits(g, &o, v->name, v->chunk);
    }
}

static void test_every_placement_has_the_bits_of_the_cpu(void **state)
{
    (void)state;
    assert_true(golden_for_each(every_placement, NULL) >= 8);
}

/* From the least with which anything is on the device to everything: no step takes more than there is. */
static void any_budget(const golden *g)
{
    enum { STEPS = 5 };
    sw_engine_state s;
    sw_engine_options o = OPTIONS;
    check_bytes(g, &o, NULL, &s);
    const uint64_t working = s.buffer_bytes_vram, rest = s.weight_bytes_vram + s.kv_bytes_vram;
    for (uint64_t i = 0; i <= STEPS; i++) {
        o.vram_bytes = working + rest * i / STEPS;
        check_bytes(g, &o, i == 0 ? "cpu" : "cpu+emu:64MiB", &s);
        assert_true(s.weight_bytes_vram + s.kv_bytes_vram + s.buffer_bytes_vram + s.expert_cache_bytes <= o.vram_bytes);
        assert_true(i < STEPS || s.weight_bytes_vram + s.kv_bytes_vram == rest);
        if (i == 2)
            same_bits(g, &o, "two fifths of the VRAM", 30);
    }
}

/* The router's weights are where the masked experts are switched off: on the device, and beside a processor's experts.
 */
static void masked(const golden *g)
{
    sw_engine_options o = OPTIONS, none = {.n_threads = 1, .n_ctx = 128, .compat = o.compat, .devices = "none"};
    float *const plain = golden_evaluate(g, g->path, &none, g->n_prefill);
    none.mask_experts = o.mask_experts = "1:0,1:1";
    float *const expected = golden_evaluate(g, g->path, &none, g->n_prefill);
    for (int cpu_moe = 0; cpu_moe < 2; cpu_moe++) {
        o.cpu_moe = cpu_moe != 0;
        float *const actual = golden_evaluate(g, g->path, &o, 40);
        assert_memory_equal(actual, expected, GOLDEN_POSITIONS * g->n_vocab * sizeof *actual);
        free(actual);
    }
    assert_memory_not_equal(plain, expected, GOLDEN_POSITIONS * g->n_vocab * sizeof *plain);
    free(plain);
    free(expected);
}

static void test_masked_experts_are_those_of_the_cpu(void **state)
{
    (void)state;
    golden_with("ds2-v3ish-f32", masked);
}

static void test_any_budget_is_filled(void **state)
{
    (void)state;
    golden_with("qwen3moe-f32", any_budget);
    golden_with("ds2-v3ish-f32", any_budget);
}

/* ---- what is refused --------------------------------------------------------------------------------------------- */

static void expect_refused(const golden *g, sw_engine_options o, sw_code code, const char *expected)
{
    gguf_file *file;
    language_model *lm;
    sw_err err = {0};
    o.n_threads = 1;
    assert_int_equal(gguf_open(&file, g->path, &err), SW_OK);
    assert_int_equal(model_lm_open(&lm, file, &o, &err), code);
    if (strstr(err.msg, expected) == NULL)
        fail_msg("%s", err.msg);
    gguf_close(file);
}

static void refusals(const golden *g)
{
    expect_refused(g, (sw_engine_options){.devices = "emu:8MiB", .n_gpu_layers = 99, .n_ctx = 512, .n_seqs = 64},
                   SW_ENOMEM, "of VRAM with these options");
    expect_refused(g, (sw_engine_options){.devices = "emu:1MiB", .n_gpu_layers = 99}, SW_ENOMEM, "but may take only");
    expect_refused(g, (sw_engine_options){.devices = "emu:1MiB", .vram_bytes = 2 << 20}, SW_ENOMEM, "--vram asks for");
    expect_refused(g, (sw_engine_options){.devices = "emu:large"}, SW_EINVAL, "emu:SIZE");
    expect_refused(g, (sw_engine_options){.devices = "gpu"}, SW_EINVAL, "a device is cuda:NUMBER");
    expect_refused(g, (sw_engine_options){.devices = "emu:8MiB,"}, SW_EINVAL, "a device is cuda:NUMBER");
    expect_refused(g, (sw_engine_options){.devices = "none", .cpu_moe = true, .is_strict = true}, SW_EINVAL,
                   "--cpu-moe has no effect: there is no accelerator");
}

static void test_what_does_not_fit_is_refused(void **state)
{
    (void)state;
    golden_with("qwen3moe-f32", refusals);
}

/* ---- several sequences ------------------------------------------------------------------------------------------- */

static sw_code step(model_lm *m, const batch_token *tokens, size_t n, const float **logits, sw_err *err)
{
    int32_t bad;
    return m->lm.ops->step(&m->lm, tokens, n, logits, &bad, err);
}

/* Logits of two sequences of an engine: together, cut back, and begun anew. */
static float *sequences(const golden *g, const char *name)
{
    enum { ROWS = 6 };
    sw_engine_options o = OPTIONS;
    o.devices = name;
    model_lm *const m = opened(g->path, &o);
    float *const out = calloc(ROWS * g->n_vocab, sizeof *out);
    batch_token tokens[64];
    sw_err err = {0};
    const float *logits;
    assert_non_null(out);
    for (int round = 0; round < 3; round++) {
        const int kept = round == 0 ? 0 : m->lm.ops->resumable(&m->lm, 1, 20 * round - 7, 128);
        size_t n = 0;
        m->lm.ops->truncate(&m->lm, 1, kept);
        if (round == 2)
            m->lm.ops->truncate(&m->lm, 0, 0);
        assert_true(m->lm.ops->reserve(&m->lm, 0, 60) && m->lm.ops->reserve(&m->lm, 1, 60));
        for (int i = kept; i < 20 * round + 20; i++, n++)
            tokens[n] = (batch_token){.id = g->tokens[i].id, .pos = i, .seq = 1, .wants_logits = i == 20 * round + 19};
        for (int i = 0; i < 5; i++, n++) {
            const int pos = round == 2 ? i : 5 * round + i;
            tokens[n] = (batch_token){.id = g->tokens[pos + 3].id, .pos = pos, .seq = 0, .wants_logits = i == 4};
        }
        if (step(m, tokens, n, &logits, &err) != SW_OK)
            fail_msg("%s: %s", g->name, err.msg);
        memcpy(out + (size_t)(2 * round) * g->n_vocab, logits, 2 * g->n_vocab * sizeof *out);
    }
    m->lm.ops->close(&m->lm);
    return out;
}

static void same_sequences(const golden *g)
{
    float *const expected = sequences(g, "none"), *const actual = sequences(g, DEVICE);
    assert_memory_equal(actual, expected, 6 * g->n_vocab * sizeof *actual);
    free(actual);
    free(expected);
}

static void test_sequences_that_share_steps_are_cut_back_and_begun_anew(void **state)
{
    (void)state;
    golden_with("qwen2moe-f32", same_sequences);
    golden_with("ds2-v2ish-groups-f32", same_sequences);
    golden_with("phi3-long-f32", same_sequences);
}

/* ---- more positions than one span -------------------------------------------------------------------------------- */

enum { LONG_PROMPT = 1088, LONG_STEPS = 3 };

/* Logits after a prompt of more than one span of 1,024 positions, and after single tokens, whose spans are computed
 * side by side. */
static void long_logits(const char *path, const char *name, float out[1 + LONG_STEPS][TINY_VOCAB])
{
    sw_engine_options o = OPTIONS;
    o.devices = name;
    o.n_ctx = 2048;
    model_lm *const m = opened(path, &o);
    sw_err err = {0};
    int row = 0;
    assert_true(m->lm.ops->reserve(&m->lm, 0, LONG_PROMPT + LONG_STEPS));
    for (int i = 0, n; i < LONG_PROMPT + LONG_STEPS; i += n) {
        batch_token tokens[64];
        const float *logits;
        n = i < LONG_PROMPT ? 64 : 1;
        for (int k = 0; k < n; k++)
            tokens[k] = (batch_token){
                .id = (i + k) * 7 % TINY_VOCAB, .pos = i + k, .wants_logits = k + 1 == n && i + n >= LONG_PROMPT};
        if (step(m, tokens, (size_t)n, &logits, &err) != SW_OK)
            fail_msg("%s", err.msg);
        if (i + n >= LONG_PROMPT)
            memcpy(out[row++], logits, sizeof out[0]);
    }
    assert_int_equal(row, 1 + LONG_STEPS);
    m->lm.ops->close(&m->lm);
}

static void test_spans_side_by_side_have_the_same_bits(void **state)
{
    (void)state;
    const temp_path path = temp_file("long.gguf");
    static const tiny_arch ARCHS[] = {TINY_GPT_OSS, TINY_DEEPSEEK};
    for (int i = 0; i < 2; i++) {
        float expected[1 + LONG_STEPS][TINY_VOCAB], actual[1 + LONG_STEPS][TINY_VOCAB];
        tiny_write_as(path.s, &(tiny_options){.arch = ARCHS[i], .n_layers = 2, .n_ctx = 2048});
        long_logits(path.s, "none", expected);
        long_logits(path.s, DEVICE, actual);
        assert_memory_equal(actual, expected, sizeof actual);
    }
}

/* ---- a device that is lost while the engine is open -------------------------------------------------------------- */

static device_ops lost_ops;

static sw_code lost_launch(device_stream *s, const device_launch *l, sw_err *err)
{
    (void)l;
    return sw_fail(err, SW_EIO, "%s: cuLaunchKernel: the device is lost", s->device->name);
}

/* Steps fail with the device's words, the engine can be closed, and another one be opened. */
static void lost(const golden *g)
{
    sw_err err = {0};
    const float *logits;
    model_lm *const m = opened(g->path, &OPTIONS);
    device *const d = m->tiers.devices[0].device;
    lost_ops = *d->ops;
    lost_ops.launch = lost_launch;
    d->ops = &lost_ops;
    assert_true(m->lm.ops->reserve(&m->lm, 0, 8));
    for (int i = 0; i < 2; i++) {
        sw_err_clear(&err);
        assert_int_equal(step(m, g->tokens, 2, &logits, &err), SW_EIO);
        assert_non_null(strstr(err.msg, "the device is lost"));
    }
    m->lm.ops->close(&m->lm);
    same_sequences(g);
}

static void test_a_lost_device_fails_its_steps_and_nothing_else(void **state)
{
    (void)state;
    golden_with("qwen2moe-f32", lost);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_placement_has_the_bits_of_the_cpu),
        cmocka_unit_test(test_masked_experts_are_those_of_the_cpu),
        cmocka_unit_test(test_any_budget_is_filled),
        cmocka_unit_test(test_what_does_not_fit_is_refused),
        cmocka_unit_test(test_sequences_that_share_steps_are_cut_back_and_begun_anew),
        cmocka_unit_test(test_spans_side_by_side_have_the_same_bits),
        cmocka_unit_test(test_a_lost_device_fails_its_steps_and_nothing_else),
    };
    return cmocka_run_group_tests_name("engines with a device", tests, NULL, NULL);
}
