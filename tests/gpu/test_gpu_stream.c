/* Experts in RAM that the device computes for a step: the CPU's bits however a layer's experts are divided, what is
 * counted, and what becomes of failures.  The device is an emulated one, so this is about results and never about
 * speed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/model_lm.h"
#include "engine/model_lm_state.h"
#include "forward/gpu/gpu_visitors.h"
#include "forward/split_measure.h"
#include "gguf/gguf.h"
#include "support/golden.h"

/* A step of as many tokens as the switch point, of fewer, of more, and of one. */
enum { SWITCH = 5, N_STEPS = 4 };
static const size_t STEPS[N_STEPS] = {SWITCH, 4, 7, 1};

static const sw_engine_options OPTIONS = {.n_threads = 2,
                                          .n_ctx = 64,
                                          .n_seqs = 1,
                                          .n_batch = 16,
                                          .compat = SW_COMPAT_LLAMA_CPP,
                                          .cpu_moe = true,
                                          .stream_tokens = SWITCH,
                                          .devices = "emu:64MiB"};

static model_lm *opened(const golden *g, const sw_engine_options *o)
{
    gguf_file *file;
    language_model *lm = NULL;
    sw_err err = {0};
    if (gguf_open(&file, g->path, &err) != SW_OK || model_lm_open(&lm, file, o, &err) != SW_OK)
        fail_msg("%s: %s", g->name, err.msg);
    gguf_close(file);
    return (model_lm *)lm;
}

static model_lm *opened_without_device(const golden *g)
{
    const sw_engine_options o = {.n_threads = 2, .n_ctx = 64, .n_seqs = 1, .n_batch = 16, .compat = OPTIONS.compat};
    return opened(g, &o);
}

static void close_lm(model_lm *m)
{
    m->lm.ops->close(&m->lm);
}

static sw_code step(model_lm *m, const golden *g, size_t first, size_t n, const float **logits, sw_err *err)
{
    int32_t bad;
    assert_true(m->lm.ops->reserve(&m->lm, 0, (int32_t)(first + n)));
    return m->lm.ops->step(&m->lm, g->tokens + first, n, logits, &bad, err);
}

/* ---- what is to come --------------------------------------------------------------------------------------------- */

/* How many of the experts that the last step used are in RAM, and those that a rule gives to the device. */
static uint64_t count_used(const model_lm *m, size_t n)
{
    uint64_t n_used = 0;
    for (size_t l = m->h.n_layers_dense; l < m->h.n_layers; l++) {
        bool is_used[1024] = {false};
        size_t of_layer = 0;
        for (size_t p = 0; p < n * m->h.n_expert_used; p++)
            is_used[forward_chosen(&m->f, l)[p]] = true;
        for (size_t e = 0; e < m->h.n_expert; e++)
            of_layer += is_used[e] && placement_tier(&m->placement, SW_CLASS_EXPERTS, l, e) == TIER_RAM;
        n_used += m->f.division.split.rule == SPLIT_ALL    ? of_layer
                  : m->f.division.split.rule == SPLIT_EVEN ? (of_layer + 1) / 2
                                                           : 0;
    }
    return n_used;
}

static sw_engine_state state_of(const model_lm *m)
{
    sw_engine_state s = {0};
    model_lm_state(&m->lm, &s);
    model_lm_streamed(&m->lm, &s);
    return s;
}

/* ---- bits -------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name, *override_tensors;
    bool cpu_moe;
} PLACEMENTS[] = {{"--cpu-moe", NULL, true},
                  {"every second expert in RAM", "blk\\.[0-9]*\\.expert\\.[0-9]*[02468]$=CPU,exps=GPU", false},
                  {"attention in RAM", "blk\\.1\\.attn=CPU,exps=CPU", false}};

static const struct {
    const char *name;
    split_rule rule;
} RULES[] = {{"all", SPLIT_ALL}, {"half", SPLIT_EVEN}, {"none", SPLIT_NONE}};

static bool is_long(void)
{
    return getenv("SPILLWAY_LONG") != NULL;
}

/* Emulated products of quantized weights take long. */
static size_t steps_of(const golden *g)
{
    return is_long() || strstr(g->name, "-f32") != NULL ? N_STEPS : 1;
}

static void same_steps(const golden *g, model_lm *cpu, model_lm *m, const char *placement, const char *rule)
{
    for (size_t i = 0, pos = 0; i < steps_of(g); pos += STEPS[i++]) {
        const float *expected, *actual;
        sw_err err = {0};
        const sw_engine_state before = state_of(m);
        if (step(cpu, g, pos, STEPS[i], &expected, &err) != SW_OK || step(m, g, pos, STEPS[i], &actual, &err) != SW_OK)
            fail_msg("%s, %s, %s: %s", g->name, placement, rule, err.msg);
        if (memcmp(actual, expected, STEPS[i] * g->n_vocab * sizeof *actual) != 0)
            fail_msg("%s, %s, %s: other bits in step %zu", g->name, placement, rule, i);
        const uint64_t n = STEPS[i] >= SWITCH ? count_used(m, STEPS[i]) : 0;
        const sw_engine_state after = state_of(m);
        assert_int_equal(after.n_stream_experts - before.n_stream_experts, n);
        assert_int_equal(after.n_stream_steps - before.n_stream_steps, n > 0);
        assert_int_equal(after.n_stream_bytes > before.n_stream_bytes, n > 0);
    }
}

static void begin_anew(model_lm *m)
{
    m->lm.ops->truncate(&m->lm, 0, 0);
}

static void every_split(const golden *g, void *ud)
{
    size_t *const n_models = ud;
    model_lm *const cpu = opened_without_device(g);
    const size_t n_placements = steps_of(g) == N_STEPS ? sizeof PLACEMENTS / sizeof *PLACEMENTS : 1;
    for (size_t i = 0; i < n_placements && cpu->h.n_expert > 0; i++) {
        sw_engine_options o = OPTIONS;
        o.cpu_moe = PLACEMENTS[i].cpu_moe;
        o.override_tensors = PLACEMENTS[i].override_tensors;
        model_lm *const m = opened(g, &o);
        assert_int_equal(state_of(m).stream_tokens, SWITCH);
        assert_int_equal(m->f.division.split.rule, SPLIT_EVEN);
        for (size_t k = 0; k < sizeof RULES / sizeof *RULES; k++) {
            if ((i + k + *n_models) % 3 != 0 && !is_long())
                continue; // a third of the combinations, another one in the next family
            begin_anew(cpu);
            begin_anew(m);
            m->f.division.split.rule = RULES[k].rule;
            same_steps(g, cpu, m, PLACEMENTS[i].name, RULES[k].name);
        }
        close_lm(m);
    }
    *n_models += cpu->h.n_expert > 0;
    close_lm(cpu);
}

static void test_answers_do_not_depend_on_who_computes_an_expert(void **state)
{
    (void)state;
    size_t n_models = 0;
    golden_for_each(every_split, &n_models);
    assert_true(n_models >= 6);
}

/* ---- order ------------------------------------------------------------------------------------------------------ */

static device_ops hasty_ops;
static const device_ops *real_ops;

/* A copy that is done as soon as what it is to wait for allows it; the emulation itself does it as late as it can. */
static sw_code hasty_copy(device_stream *s, void *to, const void *from, size_t n_bytes, device_way way, sw_err *err)
{
    const sw_code code = real_ops->copy(s, to, from, n_bytes, way, err);
    return code == SW_OK && way == COPY_UP ? real_ops->stream_wait(s, err) : code;
}

static void hasty(const golden *g)
{
    model_lm *const cpu = opened_without_device(g), *const m = opened(g, &OPTIONS);
    device *const d = tiers_device(&m->tiers, TIER_VRAM);
    real_ops = d->ops;
    hasty_ops = *real_ops;
    hasty_ops.copy = hasty_copy;
    d->ops = &hasty_ops;
    m->f.division.split.rule = SPLIT_ALL;
    same_steps(g, cpu, m, "--cpu-moe", "copies as early as possible");
    d->ops = real_ops;
    close_lm(m);
    close_lm(cpu);
}

static void test_no_copy_overtakes_the_products_before_it(void **state)
{
    (void)state;
    golden_with("qwen3moe-f32", hasty);
    golden_with("granitemoe-shared-f32", hasty);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

/* What is planned is allocated, to the byte, and what streaming takes of it is small. */
static void bytes(const golden *g)
{
    gguf_file *file;
    language_model *plan;
    sw_err err = {0};
    sw_engine_options off = OPTIONS;
    off.stream_tokens = -1;
    model_lm *const m = opened(g, &OPTIONS), *const without = opened(g, &off);
    const sw_engine_state s = state_of(m), s_without = state_of(without);
    assert_int_equal(device_allocated(tiers_device(&m->tiers, TIER_VRAM)),
                     s.weight_bytes_vram + s.kv_bytes_vram + s.buffer_bytes_vram);
    assert_int_equal(s.buffer_bytes_vram - s_without.buffer_bytes_vram, s.stream_bytes_vram);
    assert_in_range(s.stream_bytes_vram, 1, s.expert_bytes_ram);
    assert_int_equal(s_without.stream_bytes_vram, 0);
    assert_int_equal(s_without.stream_tokens, 0);
    assert_true(s.stream_is_pinned && !s_without.stream_is_pinned);
    assert_int_equal(gguf_open(&file, g->path, &err), SW_OK);
    assert_int_equal(model_lm_plan(&plan, file, &OPTIONS, &err), SW_OK);
    const sw_engine_state planned = state_of((model_lm *)plan);
    assert_int_equal(planned.buffer_bytes_vram, s.buffer_bytes_vram);
    assert_int_equal(planned.buffer_bytes, s.buffer_bytes);
    assert_int_equal(planned.stream_tokens, SWITCH);
    plan->ops->close(plan);
    gguf_close(file);
    close_lm(m);
    close_lm(without);
}

static void test_memory_is_planned(void **state)
{
    (void)state;
    golden_with("gpt-oss-mxfp4", bytes);
    golden_with("qwen2moe-f32", bytes);
}

/* With less and less VRAM, streaming makes way before anything but experts does. */
static void any_budget(const golden *g)
{
    sw_engine_options o = OPTIONS, off = OPTIONS;
    o.cpu_moe = off.cpu_moe = false;
    off.stream_tokens = -1;
    size_t n_streaming = 0, n_not = 0;
    for (uint64_t kib = 100; kib < 4000; kib += kib / 3) {
        o.vram_bytes = off.vram_bytes = kib << 10;
        model_lm *const m = opened(g, &o), *const without = opened(g, &off);
        const sw_engine_state s = state_of(m);
        assert_true(s.weight_bytes_vram + s.kv_bytes_vram + s.buffer_bytes_vram <= kib << 10);
        assert_int_equal(s.stream_bytes_vram > 0, s.stream_tokens > 0);
        assert_memory_equal(m->placement.attention, without->placement.attention, m->h.n_layers);
        n_streaming += s.stream_tokens > 0;
        n_not += s.stream_tokens == 0;
        close_lm(m);
        close_lm(without);
    }
    assert_true(n_streaming > 0 && n_not > 1);
}

static void test_only_experts_make_way(void **state)
{
    (void)state;
    golden_with("qwen3moe-f32", any_budget);
}

/* ---- options without effect -------------------------------------------------------------------------------------- */

static void expect_note(const golden *g, sw_engine_options o, const char *expected)
{
    gguf_file *file;
    language_model *lm;
    sw_err err = {0};
    model_lm *const m = opened(g, &o);
    assert_int_equal(state_of(m).stream_tokens, 0);
    assert_string_equal(m->placement_note, expected);
    close_lm(m);
    o.is_strict = true;
    assert_int_equal(gguf_open(&file, g->path, &err), SW_OK);
    assert_int_equal(model_lm_open(&lm, file, &o, &err), SW_EINVAL);
    assert_string_equal(err.msg, expected);
    gguf_close(file);
}

static void notes_with_experts(const golden *g)
{
    sw_engine_options o = {.n_threads = 1, .n_batch = 16, .stream_tokens = 9};
    expect_note(g, o, "--stream-tokens 9 has no effect: there is no GPU, all weights are in RAM");
    o.devices = OPTIONS.devices;
    expect_note(g, o, "--stream-tokens 9 has no effect: all experts are in VRAM");
    o.stream_tokens = 17;
    o.cpu_moe = true;
    expect_note(g, o, "--stream-tokens 17 has no effect: no step has so many tokens, see --batch");
}

static void notes_without_experts(const golden *g)
{
    expect_note(g, (sw_engine_options){.n_threads = 1, .stream_tokens = 9, .devices = OPTIONS.devices},
                "--stream-tokens 9 has no effect: this model has no experts");
}

/* An emulated device has no times to measure. */
static void nothing_measured(const golden *g)
{
    sw_engine_options o = OPTIONS;
    o.stream_tokens = 0;
    model_lm *const m = opened(g, &o);
    assert_int_equal(state_of(m).stream_tokens, 0);
    assert_string_equal(m->placement_note, "");
    close_lm(m);
}

static void test_without_effect_it_is_said_or_refused(void **state)
{
    (void)state;
    golden_with("qwen3moe-f32", notes_with_experts);
    golden_with("qwen3-f32", notes_without_experts);
    golden_with("qwen3moe-f32", nothing_measured);
}

/* ---- rates ------------------------------------------------------------------------------------------------------- */

/* Measuring goes through the same operations as a step, and leaves nothing behind. */
static void measured(const golden *g)
{
    split_rates r = {0};
    sw_err err = {0};
    model_lm *const m = opened(g, &OPTIONS), *const cpu = opened_without_device(g);
    if (split_measure(&m->f, &r, &err) != SW_OK)
        fail_msg("%s", err.msg);
    assert_true(r.here.expert_us > 0 && r.device.expert_us > 0 && r.here.token_us >= 0 && r.device.token_us >= 0);
    assert_int_equal(state_of(m).n_stream_experts, 0);
    same_steps(g, cpu, m, "--cpu-moe", "after measuring");
    m->f.division.split = (expert_split){.min_tokens = 1, .rule = SPLIT_BY_RATES, .rates = r};
    begin_anew(m);
    begin_anew(cpu);
    const float *expected, *actual;
    assert_int_equal(step(cpu, g, 0, 9, &expected, &err), SW_OK);
    assert_int_equal(step(m, g, 0, 9, &actual, &err), SW_OK);
    assert_memory_equal(actual, expected, 9 * g->n_vocab * sizeof *actual);
    close_lm(m);
    close_lm(cpu);
}

static void test_rates_are_measured_on_the_model(void **state)
{
    (void)state;
    golden_with("qwen2moe-f32", measured);
    golden_with("ds2-v3ish-f32", measured);
}

/* ---- failures ---------------------------------------------------------------------------------------------------- */

/* Weights that cannot be pinned pass through a buffer, and without a buffer they are copied from where they are. */
static void without_pinning(const golden *g)
{
    model_lm *const cpu = opened_without_device(g), *const pinned = opened(g, &OPTIONS);
    sw_engine_options o = OPTIONS;
    o.devices = "emu:64MiB!pin=1";
    model_lm *const m = opened(g, &o);
    const sw_engine_state s = state_of(m);
    assert_false(s.stream_is_pinned);
    assert_non_null(strstr(m->placement_note, "the weights in RAM are not pinned, so experts come to the GPU through a "
                                              "buffer of "));
    assert_int_equal(s.buffer_bytes - state_of(pinned).buffer_bytes, s.stream_bytes_vram);
    m->f.division.split.rule = SPLIT_ALL;
    same_steps(g, cpu, m, "--cpu-moe", "not pinned");
    close_lm(m);
    close_lm(pinned);
    close_lm(cpu);
}

static void test_weights_that_are_not_pinned_pass_through_a_buffer(void **state)
{
    (void)state;
    golden_with("granitemoe-shared-f32", without_pinning);
}

/* Any copy of a step may fail: the step does, and the next one is as if nothing had been. */
static void failing_copies(const golden *g)
{
    model_lm *const cpu = opened_without_device(g);
    const float *expected, *actual;
    sw_err err = {0};
    assert_int_equal(step(cpu, g, 0, 9, &expected, &err), SW_OK);
    size_t n_failed = 0;
    for (int n = 60; n <= 200; n += 13) {
        char name[64];
        gguf_file *file;
        language_model *lm;
        sw_engine_options o = OPTIONS;
        snprintf(name, sizeof name, "emu:64MiB!copy=%d", n);
        o.devices = name;
        assert_int_equal(gguf_open(&file, g->path, &err), SW_OK);
        const sw_code opening = model_lm_open(&lm, file, &o, &err);
        gguf_close(file);
        if (opening != SW_OK)
            continue; // it was one of the weights
        model_lm *const m = (model_lm *)lm;
        m->f.division.split.rule = n % 2 ? SPLIT_ALL : SPLIT_EVEN;
        sw_err_clear(&err);
        if (step(m, g, 0, 9, &actual, &err) != SW_OK) {
            n_failed++;
            assert_int_equal(err.code, SW_ENOMEM);
            assert_non_null(strstr(err.msg, "has no memory at copy"));
            begin_anew(m);
            sw_err_clear(&err);
            if (step(m, g, 0, 9, &actual, &err) != SW_OK)
                fail_msg("%s", err.msg);
        }
        assert_memory_equal(actual, expected, 9 * g->n_vocab * sizeof *actual);
        close_lm(m);
    }
    assert_true(n_failed > 5);
    close_lm(cpu);
}

static void test_a_copy_that_fails_ends_its_step_alone(void **state)
{
    (void)state;
    golden_with("qwen2moe-f32", failing_copies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_do_not_depend_on_who_computes_an_expert),
        cmocka_unit_test(test_no_copy_overtakes_the_products_before_it),
        cmocka_unit_test(test_memory_is_planned),
        cmocka_unit_test(test_only_experts_make_way),
        cmocka_unit_test(test_without_effect_it_is_said_or_refused),
        cmocka_unit_test(test_rates_are_measured_on_the_model),
        cmocka_unit_test(test_weights_that_are_not_pinned_pass_through_a_buffer),
        cmocka_unit_test(test_a_copy_that_fails_ends_its_step_alone),
    };
    return cmocka_run_group_tests_name("experts that come for a step", tests, NULL, NULL);
}
