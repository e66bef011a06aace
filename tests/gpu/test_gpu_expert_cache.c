/* Engines whose cache of experts changes while sequences run, on an emulated device: the CPU's bits whatever it holds,
 * what is told of it, uploads that fail or never end, and a cache that stops because it does not pay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "engine/cache_watch.h"
#include "engine/model_lm.h"
#include "engine/model_lm_state.h"
#include "gguf/gguf.h"
#include "support/golden.h"
#include "support/temp_dir.h"
#include "support/tiny_model.h"

static const sw_engine_options OPTIONS = {.n_threads = 1,
                                          .n_ctx = 128,
                                          .n_seqs = 2,
                                          .n_batch = 64,
                                          .compat = SW_COMPAT_LLAMA_CPP,
                                          .devices = "emu:64MiB",
                                          .cpu_moe = true,
                                          .expert_cache_bytes = SW_EXPERT_CACHE_ALL};

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

/* The bytes of n slots in every layer. */
static int64_t bytes_of_slots(const golden *g, int n)
{
    model_lm *const m = opened(g, &OPTIONS);
    uint64_t sum = 0;
    for (size_t l = 0; l < m->h.n_layers; l++)
        sum += m->cache_plan.n_slots[l] > 0 ? m->cache_plan.slot_bytes[l] : 0;
    m->lm.ops->close(&m->lm);
    return (int64_t)sum * n;
}

static sw_expert_cache *told(const model_lm *m)
{
    sw_expert_cache *c;
    assert_int_equal(model_lm_expert_cache(&m->lm, &c, NULL), SW_OK);
    return c;
}

static sw_code step(model_lm *m, const batch_token *tokens, size_t n, const float **logits, sw_err *err)
{
    int32_t bad;
    return m->lm.ops->step(&m->lm, tokens, n, logits, &bad, err);
}

/* Begins sequence 0 anew. */
static void restart(model_lm *m)
{
    m->lm.ops->truncate(&m->lm, 0, 0);
    assert_true(m->lm.ops->reserve(&m->lm, 0, GOLDEN_POSITIONS));
}

/* Evaluates the tokens [first, end) one by one, and compares the logits with those expected. */
static void generate(model_lm *m, const golden *g, size_t first, size_t end, const float *expected)
{
    sw_err err = {0};
    const float *logits;
    for (size_t i = first; i < end; i++) {
        if (step(m, &g->tokens[i], 1, &logits, &err) != SW_OK)
            fail_msg("%s: %s", g->name, err.msg);
        if (memcmp(logits, expected + i * g->n_vocab, g->n_vocab * sizeof *logits) != 0)
            fail_msg("%s: other bits at position %zu", g->name, i);
    }
}

/* What the CPU alone computes for every position. */
static float *expected_of(const golden *g)
{
    sw_engine_options o = OPTIONS;
    o.devices = "none";
    o.cpu_moe = false;
    o.expert_cache_bytes = 0;
    return golden_evaluate(g, g->path, &o, g->n_prefill);
}

/* ---- the same bits ----------------------------------------------------------------------------------------------- */

/* What is told adds up. */
static void check_told(const model_lm *m, size_t n_tokens)
{
    sw_expert_cache *const c = told(m);
    const size_t n_layers = m->h.n_layers - m->h.n_layers_dense;
    int in_layer[LIMIT_MODEL_LAYERS] = {0};
    assert_int_equal(c->n_hits + c->n_misses, n_tokens * n_layers * m->h.n_expert_used); // all experts are in RAM
    assert_true(c->n_hits > 0 && c->n_misses > 0 && c->n_uploads >= c->n_copies && c->n_copies > 0);
    assert_true(c->n_copies <= (size_t)c->n_slots && c->bytes == m->cache_plan.bytes);
    assert_true(c->n_upload_bytes > 0 && c->state == SW_EXPERT_CACHE_ACTIVE && c->reason[0] == '\0');
    assert_true(!c->is_watched && c->n_trials == 0);
    for (size_t i = 0; i < c->n_copies; i++)
        assert_true(++in_layer[c->copies[i].layer] <= m->cache_plan.n_slots[c->copies[i].layer]);
    sw_expert_cache_free(c);
}

/* One slot per layer: experts leave again and again. */
static void storm(const golden *g)
{
    float *const expected = expected_of(g);
    sw_engine_options o = OPTIONS;
    o.expert_cache_bytes = bytes_of_slots(g, 1);
    model_lm *const m = opened(g, &o);
    sw_engine_state s = {0};
    assert_int_equal(m->cache_plan.capacity, 1);
    assert_int_equal(m->cache_plan.bytes, (uint64_t)o.expert_cache_bytes);
    restart(m);
    generate(m, g, 0, GOLDEN_POSITIONS, expected);
    check_told(m, GOLDEN_POSITIONS);
    sw_expert_cache *const c = told(m);
    assert_true(c->n_uploads > (uint64_t)c->n_slots); // some were replaced
    sw_expert_cache_free(c);
    model_lm_state(&m->lm, &s);
    assert_int_equal(device_allocated(m->tiers.devices[0].device),
                     s.weight_bytes_vram + s.kv_bytes_vram + s.buffer_bytes_vram + s.expert_cache_bytes);
    m->lm.ops->close(&m->lm);
    free(expected);
}

/* Room for all: layers that were in RAM are on the device as a whole in the end. */
static void fill(const golden *g)
{
    float *const expected = expected_of(g);
    model_lm *const m = opened(g, &OPTIONS);
    const float *logits;
    sw_err err = {0};
    assert_true(m->lm.ops->reserve(&m->lm, 0, GOLDEN_POSITIONS));
    assert_int_equal(step(m, g->tokens, 20, &logits, &err), SW_OK); // a prompt's experts count too
    generate(m, g, 20, GOLDEN_POSITIONS, expected);
    check_told(m, GOLDEN_POSITIONS);
    m->lm.ops->close(&m->lm);
    free(expected);
}

static void test_experts_that_move_in_mid_stream_change_no_bit(void **state)
{
    (void)state;
    static const char *const LONG[] = {"ds2-v2ish-groups-f32", "glm4moe-f32", "granitemoe-shared-f32",
                                       "mixtral-f32",          "olmoe-f32",   "qwen2moe-f32",
                                       "gpt-oss-mxfp4",        "phimoe-q4_k", "deepseek-q4_k"};
    golden_with("qwen3moe-f32", storm);
    golden_with("ds2-v3ish-f32", storm); // latent attention, a dense layer, shared experts
    golden_with("qwen2moe-f32", fill);
    for (size_t i = 0; getenv("SPILLWAY_LONG") != NULL && i < sizeof LONG / sizeof *LONG; i++) {
        golden_with(LONG[i], storm);
        golden_with(LONG[i], fill);
    }
}

/* Two sequences, one of which is a prompt now and then, and is begun anew. */
static float *two_sequences(const golden *g, const sw_engine_options *o)
{
    enum { STEPS = 40 };
    model_lm *const m = opened(g, o);
    float *const out = calloc(2 * STEPS * g->n_vocab, sizeof *out);
    sw_err err = {0};
    assert_non_null(out);
    for (int i = 0, pos = 0; i < STEPS; i++) {
        batch_token tokens[16];
        const float *logits;
        const int n = i % 8 == 0 ? 9 : 1;
        size_t n_all = 1;
        if (i % 8 == 0)
            m->lm.ops->truncate(&m->lm, 1, pos = 0);
        assert_true(m->lm.ops->reserve(&m->lm, 0, i + 1) && m->lm.ops->reserve(&m->lm, 1, pos + n));
        tokens[0] = (batch_token){.id = g->tokens[i].id, .pos = i, .seq = 0, .wants_logits = true};
        for (int k = 0; k < n; k++, pos++)
            tokens[n_all++] = (batch_token){
                .id = g->tokens[(pos + i) % GOLDEN_POSITIONS].id, .pos = pos, .seq = 1, .wants_logits = k + 1 == n};
        if (step(m, tokens, n_all, &logits, &err) != SW_OK)
            fail_msg("%s: %s", g->name, err.msg);
        memcpy(out + (size_t)(2 * i) * g->n_vocab, logits, 2 * g->n_vocab * sizeof *out);
    }
    sw_expert_cache *const c = told(m);
    assert_true(c == NULL || c->n_hits > 0);
    sw_expert_cache_free(c);
    m->lm.ops->close(&m->lm);
    return out;
}

static void sequences(const golden *g)
{
    sw_engine_options none = OPTIONS, small = OPTIONS;
    none.devices = "none";
    small.expert_cache_bytes = bytes_of_slots(g, 2);
    float *const expected = two_sequences(g, &none), *const actual = two_sequences(g, &small);
    assert_memory_equal(actual, expected, 80 * g->n_vocab * sizeof *actual);
    free(actual);
    free(expected);
}

static void test_sequences_that_share_steps_have_the_bits_of_the_cpu(void **state)
{
    (void)state;
    golden_with("granitemoe-shared-f32", sequences);
}

/* ---- by default -------------------------------------------------------------------------------------------------- */

static uint64_t planned(const golden *g, const char *overrides, int64_t cache, uint64_t most, uint64_t *experts)
{
    sw_engine_options o = OPTIONS;
    o.cpu_moe = false;
    o.override_tensors = overrides;
    o.expert_cache_bytes = cache;
    o.vram_bytes = most;
    model_lm *const m = opened(g, &o);
    sw_engine_state s = {0};
    model_lm_state(&m->lm, &s);
    assert_true(most == 0 ||
                s.weight_bytes_vram + s.kv_bytes_vram + s.buffer_bytes_vram + s.expert_cache_bytes <= most);
    *experts = m->w.blocks[TIER_VRAM].expert_bytes;
    m->lm.ops->close(&m->lm);
    return s.expert_cache_bytes;
}

/* Half of what experts would fill, if not all fit and no option says where they are. */
static void shares(const golden *g)
{
    uint64_t all, some, half, none;
    assert_int_equal(planned(g, NULL, 0, 0, &all), 0); // all experts fit
    assert_true(all > 0);
    sw_engine_options o = OPTIONS;
    o.cpu_moe = false;
    model_lm *const m = opened(g, &o);
    const uint64_t most = device_allocated(m->tiers.devices[0].device) - all * 2 / 3;
    m->lm.ops->close(&m->lm);
    assert_int_equal(planned(g, NULL, SW_EXPERT_CACHE_OFF, most, &some), 0);
    const uint64_t cache = planned(g, NULL, 0, most, &half);
    assert_true(half < some && half + cache <= all / 3 && cache > some / 3 && half > some / 3);
    assert_true(planned(g, NULL, SW_EXPERT_CACHE_ALL, most, &none) > cache);
    assert_int_equal(none, 0);
    assert_int_equal(planned(g, "exps=CPU", 0, most, &none), 0); // an option says where they are
    assert_true(planned(g, "exps=CPU", SW_EXPERT_CACHE_ALL, most, &none) > 0);
}

static void test_a_share_of_the_vram_of_experts_is_the_cache(void **state)
{
    (void)state;
    golden_with("qwen3moe-f32", shares);
}

/* ---- uploads that fail, or do not end ---------------------------------------------------------------------------- */

static device_ops changed;
static sw_code (*event_passed)(device_event *e, bool *out, sw_err *err);
static int n_asked;

static sw_code never(device_event *e, bool *out, sw_err *err)
{
    (void)e, (void)err;
    n_asked++;
    *out = false;
    return SW_OK;
}

static sw_code fails_later(device_event *e, bool *out, sw_err *err)
{
    if (n_asked++ < 20)
        return event_passed(e, out, err);
    return sw_fail(err, SW_EIO, "%s: cuEventQuery: the device is lost", e->device->name);
}

static void change_asking(model_lm *m, sw_code (*asked)(device_event *e, bool *out, sw_err *err))
{
    n_asked = 0;
    changed = *m->tiers.devices[0].device->ops;
    event_passed = changed.event_passed;
    changed.event_passed = asked;
    m->tiers.devices[0].device->ops = &changed;
}

/* Nothing waits for them, and the engine is closed while they run. */
static void endless(const golden *g)
{
    float *const expected = expected_of(g);
    model_lm *const m = opened(g, &OPTIONS);
    change_asking(m, never);
    restart(m);
    generate(m, g, 0, 20, expected);
    sw_expert_cache *const c = told(m);
    assert_true(n_asked > 10 && c->n_upload_bytes > 0 && c->n_uploads == 0 && c->n_hits == 0 && c->n_copies == 0);
    sw_expert_cache_free(c);
    m->lm.ops->close(&m->lm);
    free(expected);
}

static char notice[512];
static int n_notices;

static void take_notice(void *ud, const char *text)
{
    assert_ptr_equal(ud, notice);
    snprintf(notice, sizeof notice, "%s", text);
    n_notices++;
}

static sw_engine_options noticed(void)
{
    sw_engine_options o = OPTIONS;
    o.on_notice = take_notice;
    o.ud = notice;
    n_notices = 0;
    return o;
}

/* What it holds is computed in RAM again. */
static void failing(const golden *g)
{
    float *const expected = expected_of(g);
    const sw_engine_options o = noticed();
    model_lm *const m = opened(g, &o);
    change_asking(m, fails_later);
    restart(m);
    generate(m, g, 0, GOLDEN_POSITIONS, expected);
    sw_expert_cache *const c = told(m);
    assert_int_equal(c->state, SW_EXPERT_CACHE_FAILED);
    assert_true(c->n_hits > 0 && n_notices == 1);
    assert_string_equal(c->reason, notice);
    assert_non_null(strstr(notice, "the device is lost"));
    for (size_t i = 0; i < m->h.n_layers * m->h.n_expert; i++)
        assert_int_equal(m->f.division.usual[i], TIER_RAM);
    sw_expert_cache_free(c);
    m->lm.ops->close(&m->lm);
    free(expected);
}

static void test_uploads_that_fail_or_never_end_harm_no_stream(void **state)
{
    (void)state;
    golden_with("qwen3moe-f32", endless);
    golden_with("qwen3moe-f32", failing);
}

/* ---- a cache that does not pay ----------------------------------------------------------------------------------- */

/* A clock that is read twice a step, and by which a step with the cache takes longer. */
typedef struct slow_clock {
    sw_clock clock;
    uint64_t now;
    const forward *f; // of the engine; NULL: not yet
    uint64_t n_with;
} slow_clock;

static bool is_cache_used(const forward *f)
{
    for (size_t i = 0; f != NULL && i < f->o.h->n_layers * f->o.h->n_expert; i++) {
        if (f->division.usual[i] == TIER_VRAM)
            return true;
    }
    return false;
}

static uint64_t read_slow(void *ud)
{
    slow_clock *const c = ud;
    const bool is_used = is_cache_used(c->f);
    c->n_with += is_used;
    return c->now += is_used ? 1200000 : 1000000;
}

static int64_t unix_slow(void *ud)
{
    return (int64_t)(((slow_clock *)ud)->now / 1000000000);
}

static void sleep_slow(void *ud, uint64_t ns)
{
    ((slow_clock *)ud)->now += ns;
}

/* A model whose steps are quick, with biases. */
static golden tiny_golden(const char *path)
{
    golden g = {.name = "tiny", .n_vocab = TINY_VOCAB, .n_prefill = 20};
    tiny_write(path, TINY_GPT_OSS, TINY_NO_TOKEN);
    snprintf(g.path, sizeof g.path, "%s", path);
    for (int i = 0; i < GOLDEN_POSITIONS; i++)
        g.tokens[i] = (batch_token){.id = i * 7 % TINY_VOCAB, .pos = i, .wants_logits = true};
    return g;
}

static void test_a_cache_with_which_steps_are_slower_stops_and_says_so(void **state)
{
    (void)state;
    enum { STEPS = WATCH_PERIOD_MIN + WATCH_CONFIRM_STEPS + 2 * WATCH_BLOCKS * WATCH_BLOCK_STEPS + 20, RUN = 70 };
    const temp_path path = temp_file("tiny.gguf");
    const golden g = tiny_golden(path.s);
    float *const expected = expected_of(&g);
    slow_clock clock = {.clock = {read_slow, unix_slow, sleep_slow, &clock}};
    sw_engine_options o = noticed();
    o.clock = &clock.clock;
    model_lm *const m = opened(&g, &o);
    clock.f = &m->f;
    int n = 0;
    for (; n < STEPS; n += RUN) { // one sequence after another
        restart(m);
        generate(m, &g, 0, RUN, expected);
    }
    sw_expert_cache *c = told(m);
    assert_true(c->is_watched && c->state == SW_EXPERT_CACHE_STOPPED && c->n_stops == 1 && n_notices == 1);
    assert_true(c->with_ms > c->without_ms * 1.02 && c->n_trials == 2);
    assert_non_null(strstr(c->reason, "stops for 10 minutes, because steps took "));
    assert_string_equal(c->reason, notice);
    assert_true(c->n_copies > 0); // they stay, and are not used
    assert_false(is_cache_used(&m->f));
    sw_expert_cache_free(c);
    clock.now += WATCH_REST_NS;
    restart(m);
    generate(m, &g, 0, 5, expected);
    c = told(m);
    assert_true(c->state == SW_EXPERT_CACHE_ACTIVE && c->reason[0] == '\0' && is_cache_used(&m->f));
    sw_expert_cache_free(c);
    m->lm.ops->close(&m->lm);
    free(expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_experts_that_move_in_mid_stream_change_no_bit),
        cmocka_unit_test(test_sequences_that_share_steps_have_the_bits_of_the_cpu),
        cmocka_unit_test(test_a_share_of_the_vram_of_experts_is_the_cache),
        cmocka_unit_test(test_uploads_that_fail_or_never_end_harm_no_stream),
        cmocka_unit_test(test_a_cache_with_which_steps_are_slower_stops_and_says_so),
    };
    return cmocka_run_group_tests_name("the cache of experts", tests, NULL, NULL);
}
