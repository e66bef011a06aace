/* Engines with several devices: layers are split over them, each has its own budget, and the bits are those of the CPU
 * and of one device, whatever is where.  The devices are emulated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "engine/model_lm.h"
#include "engine/model_lm_state.h"
#include "gguf/gguf.h"
#include "support/golden.h"

static const char TWO[] = "emu:64MiB,emu:64MiB", THREE[] = "emu:64MiB,emu:64MiB,emu:64MiB";

static const sw_engine_options OPTIONS = {
    .n_threads = 1, .n_ctx = 128, .n_seqs = 2, .n_batch = 64, .compat = SW_COMPAT_LLAMA_CPP};

static bool is_long(void)
{
    return getenv("SPILLWAY_LONG") != NULL;
}

static gguf_file *file_of(const golden *g)
{
    gguf_file *file;
    sw_err err = {0};
    if (gguf_open(&file, g->path, &err) != SW_OK)
        fail_msg("%s", err.msg);
    return file;
}

static model_lm *opened(const golden *g, const sw_engine_options *o, bool is_plan)
{
    language_model *lm = NULL;
    sw_err err = {0};
    gguf_file *const file = file_of(g);
    if ((is_plan ? model_lm_plan : model_lm_open)(&lm, file, o, &err) != SW_OK)
        fail_msg("%s: %s", g->name, err.msg);
    gguf_close(file);
    return (model_lm *)lm;
}

static void close_lm(model_lm *m)
{
    m->lm.ops->close(&m->lm);
}

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

/* What is allocated of each device is what was planned and is reported of it, to the byte, and the sums are sums. */
static void check_bytes(const golden *g, const sw_engine_options *o, int n_devices)
{
    sw_engine_state s, planned;
    model_lm *const m = opened(g, o, false), *const plan = opened(g, o, true);
    uint64_t weights = 0, kv = 0, buffers = 0;
    model_lm_state(&m->lm, &s);
    model_lm_state(&plan->lm, &planned);
    assert_int_equal(s.n_devices, n_devices);
    assert_int_equal(planned.n_devices, n_devices);
    for (int i = 0; i < n_devices; i++) {
        const sw_device_state *const d = &s.devices[i], *const p = &planned.devices[i];
        assert_string_equal(d->name, p->name);
        const uint64_t taken = d->weight_bytes + d->kv_bytes + d->buffer_bytes + d->cache_bytes;
        assert_int_equal(device_allocated(m->tiers.devices[i].device), taken);
        assert_true(taken <= d->bytes);
        assert_int_equal(d->weight_bytes, p->weight_bytes);
        assert_int_equal(d->expert_bytes, p->expert_bytes);
        assert_int_equal(d->kv_bytes, p->kv_bytes);
        assert_int_equal(d->buffer_bytes, p->buffer_bytes);
        assert_int_equal(d->cache_bytes, p->cache_bytes);
        weights += d->weight_bytes;
        kv += d->kv_bytes;
        buffers += d->buffer_bytes;
    }
    assert_int_equal(s.weight_bytes_vram, weights);
    assert_int_equal(s.kv_bytes_vram, kv);
    assert_int_equal(s.buffer_bytes_vram, buffers);
    close_lm(plan);
    close_lm(m);
}

/* Options that put something on every device. */
static void expect_all_used(const golden *g, const sw_engine_options *o)
{
    sw_engine_state s;
    model_lm *const plan = opened(g, o, true);
    model_lm_state(&plan->lm, &s);
    for (int i = 0; i < s.n_devices; i++)
        assert_true(s.devices[i].weight_bytes > 0 && s.devices[i].kv_bytes > 0 && s.devices[i].buffer_bytes > 0);
    close_lm(plan);
}

/* ---- bits -------------------------------------------------------------------------------------------------------- */

static void same_bits(const golden *g, const sw_engine_options *o, size_t chunk)
{
    sw_engine_options none = *o;
    none.devices = "none";
    none.override_tensors = NULL;
    none.vram_list = NULL;
    none.stream_tokens = 0;
    float *const expected = golden_evaluate(g, g->path, &none, g->n_prefill);
    float *const actual = golden_evaluate(g, g->path, o, chunk);
    for (size_t i = 0; i < GOLDEN_POSITIONS; i++) {
        if (memcmp(actual + i * g->n_vocab, expected + i * g->n_vocab, g->n_vocab * sizeof *actual) != 0)
            fail_msg("%s on %s: other bits at position %zu", g->name, o->devices, i);
    }
    free(actual);
    free(expected);
}

typedef struct variant {
    const char *devices;
    int n_devices;
    bool cpu_moe;
    const char *rules;
    sw_kv_type kv_type;
    size_t chunk;
    int stream_tokens;
} variant;

static const variant VARIANTS[] = {
    {TWO, 2, false, NULL, SW_KV_F16, 64, 0},
    // Experts of a chunk come to the device of their layer.
    {THREE, 3, true, NULL, SW_KV_Q8_0, 17, 8},
    // Routers of one device, experts of every memory, shared ones of another.
    {TWO, 2, false, "blk\\.[0-9]*\\.expert\\.[0-2]$=GPU0,blk\\.[0-9]*\\.expert\\.3$=CPU,shexp=GPU1", SW_KV_F16, 33, 0},
    // Layers that go back and forth, the head and the embedding not where they would be.
    {THREE, 3, false, "blk\\.0\\.attn=GPU2,blk\\.1\\.attn=CPU,blk\\.2\\.attn=GPU0,token_embd=GPU1,^output=GPU1",
     SW_KV_F32, 40, 0},
};

enum { N_VARIANTS = sizeof VARIANTS / sizeof *VARIANTS };

/* Every family has one of them, and in a long check all; quantized products take long under emulation. */
static void any_placement(const golden *g, void *ud)
{
    size_t *const n = ud;
    for (size_t i = 0; i < N_VARIANTS; i++) {
        const variant *const v = &VARIANTS[i];
        sw_engine_options o = OPTIONS;
        o.devices = v->devices;
        o.cpu_moe = v->cpu_moe;
        o.override_tensors = v->rules;
        o.kv_type = v->kv_type;
        o.stream_tokens = v->stream_tokens;
        if (!is_long() && (i != *n % N_VARIANTS || strstr(g->name, "-f32") == NULL))
            continue;
        check_bytes(g, &o, v->n_devices);
        same_bits(g, &o, v->chunk);
    }
    ++*n;
}

static void test_every_family_has_the_bits_of_the_cpu(void **state)
{
    (void)state;
    size_t n = 0;
    assert_true(golden_for_each(any_placement, &n) >= 8);
}

static void used(const golden *g)
{
    sw_engine_options o = OPTIONS;
    o.devices = TWO;
    expect_all_used(g, &o);
    o.devices = THREE;
    o.cpu_moe = true;
    expect_all_used(g, &o);
}

static void test_every_device_is_used(void **state)
{
    (void)state;
    golden_with("gpt-oss-mxfp4", used);
}

/* From a first device on which nothing fits to one on which everything would. */
static void uneven(const golden *g)
{
    enum { STEPS = 4 };
    sw_engine_options o = OPTIONS;
    sw_engine_state s;
    o.devices = "emu:64MiB";
    model_lm *const plan = opened(g, &o, true);
    model_lm_state(&plan->lm, &s);
    close_lm(plan);
    const uint64_t rest = s.weight_bytes_vram + s.kv_bytes_vram;
    o.devices = TWO;
    for (uint64_t i = 0; i <= STEPS; i++) {
        const uint64_t budgets[] = {s.buffer_bytes_vram + rest * i / STEPS,
                                    s.buffer_bytes_vram + rest * (STEPS - i) / STEPS / 2};
        o.vram_list = budgets;
        o.n_vram = 2;
        check_bytes(g, &o, 2);
        if (i == 1 || i == 3)
            same_bits(g, &o, 30);
    }
}

static void test_budgets_may_differ(void **state)
{
    (void)state;
    golden_with("qwen3moe-f32", uneven);
}

/* ---- names and refusals ------------------------------------------------------------------------------------------ */

static void names(const golden *g)
{
    sw_engine_options o = OPTIONS;
    o.devices = "emu:64MiB,emu:32MiB,emu:64MiB,emu:64MiB";
    model_lm *const m = opened(g, &o, true);
    sw_engine_state s;
    model_lm_state(&m->lm, &s);
    assert_string_equal(s.device, "emu:64MiB,emu:32MiB,emu:64MiB#2,emu:64MiB#3");
    assert_int_equal(s.device_bytes, 224 << 20);
    assert_true(s.is_emulated);
    // The list of names gives the same devices again.
    o.devices = s.device;
    model_lm *const again = opened(g, &o, true);
    model_lm_state(&again->lm, &s);
    assert_string_equal(s.device, o.devices);
    close_lm(again);
    close_lm(m);
}

static void test_devices_of_one_size_have_names_of_their_own(void **state)
{
    (void)state;
    golden_with("qwen3moe-f32", names);
}

static void expect_refused(const golden *g, const sw_engine_options *o, sw_code code, const char *expected)
{
    language_model *lm;
    sw_err err = {0};
    gguf_file *const file = file_of(g);
    assert_int_equal(model_lm_open(&lm, file, o, &err), code);
    if (strstr(err.msg, expected) == NULL)
        fail_msg("%s", err.msg);
    gguf_close(file);
}

static void refusals(const golden *g)
{
    sw_engine_options o = OPTIONS;
    o.devices = "emu:64MiB,emu:2MiB";
    o.override_tensors = "blk\\.0\\.attn=GPU1";
    expect_refused(g, &o, SW_ENOMEM, "of VRAM with these options on emu:2MiB");
    o.override_tensors = "blk\\.0\\.attn=GPU2";
    expect_refused(g, &o, SW_EINVAL, "a device is CPU or GPU, GPU0 (emu:64MiB), GPU1 (emu:2MiB), not 'GPU2'");
    o.override_tensors = NULL;
    o.vram_list = (uint64_t[]){1 << 20, 3 << 20};
    o.n_vram = 2;
    expect_refused(g, &o, SW_ENOMEM, "of emu:2MiB, but only");
    o.n_vram = 1;
    expect_refused(g, &o, SW_EINVAL, "--vram has 1 sizes, but there are 2 devices");
    o = OPTIONS;
    o.devices = "emu:64MiB,,emu:64MiB";
    expect_refused(g, &o, SW_EINVAL, "a device is cuda:NUMBER");
    o.devices = "emu:64MiB,auto";
    expect_refused(g, &o, SW_EINVAL, "a device is cuda:NUMBER");
}

static void test_what_is_wrong_is_named(void **state)
{
    (void)state;
    golden_with("qwen3moe-f32", refusals);
}

static void as_many(const golden *g)
{
    char list[(LIMIT_DEVICES + 1) * 10] = "emu:64MiB";
    sw_engine_options o = OPTIONS;
    o.devices = list;
    for (int i = 1; i < LIMIT_DEVICES; i++)
        strcat(list, ",emu:64MiB");
    check_bytes(g, &o, LIMIT_DEVICES);
    strcat(list, ",emu:64MiB");
    expect_refused(g, &o, SW_EINVAL, "at most 8 devices");
}

static void test_as_many_devices_as_there_may_be(void **state)
{
    (void)state;
    golden_with("qwen3moe-f32", as_many);
}

/* ---- one of them is lost ----------------------------------------------------------------------------------------- */

static device_ops lost_ops;

static sw_code lost_launch(device_stream *s, const device_launch *l, sw_err *err)
{
    (void)l;
    return sw_fail(err, SW_EIO, "%s: cuLaunchKernel: the device is lost", s->device->name);
}

/* Whichever it is, the step fails with its words, and the engine can be closed. */
static void lost(const golden *g)
{
    for (int i = 0; i < 2; i++) {
        sw_engine_options o = OPTIONS;
        sw_err err = {0};
        const float *logits;
        int32_t bad;
        o.devices = "emu:64MiB,emu:32MiB";
        model_lm *const m = opened(g, &o, false);
        device *const d = m->tiers.devices[i].device;
        lost_ops = *d->ops;
        lost_ops.launch = lost_launch;
        d->ops = &lost_ops;
        assert_true(m->lm.ops->reserve(&m->lm, 0, 8));
        assert_int_equal(m->lm.ops->step(&m->lm, g->tokens, 2, &logits, &bad, &err), SW_EIO);
        assert_non_null(strstr(err.msg, i == 0 ? "emu:64MiB: cuLaunchKernel" : "emu:32MiB: cuLaunchKernel"));
        close_lm(m);
    }
}

static void test_a_lost_device_is_named(void **state)
{
    (void)state;
    golden_with("qwen2moe-f32", lost);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_family_has_the_bits_of_the_cpu),
        cmocka_unit_test(test_every_device_is_used),
        cmocka_unit_test(test_budgets_may_differ),
        cmocka_unit_test(test_devices_of_one_size_have_names_of_their_own),
        cmocka_unit_test(test_what_is_wrong_is_named),
        cmocka_unit_test(test_as_many_devices_as_there_may_be),
        cmocka_unit_test(test_a_lost_device_is_named),
    };
    return cmocka_run_group_tests_name("engines with several devices", tests, NULL, NULL);
}
