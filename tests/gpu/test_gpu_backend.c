/* The backend of a GPU behind the forward pass's seam, beside that of the CPU: wherever an operation ran, every golden
 * family's logits have the same bits, and so have states and choices of experts.  The device is an emulated one, or the
 * one that SPILLWAY_TEST_DEVICE names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "forward/cpu_backend.h"
#include "forward/forward.h"
#include "forward/gpu/gpu_backend.h"
#include "forward/gpu/gpu_slab.h"
#include "gpu/devices.h"
#include "gpu/segments.h"
#include "gpu/vram.h"
#include "model/placement_decide.h"
#include "support/golden.h"
#include "support/temp_dir.h"
#include "support/tiny_model.h"

enum { CTX = 512, BATCH = 64, CHUNK = 33, N_SEQS = 3, EMBD_MAX = 1024 };

static void ok(sw_code code, const sw_err *err)
{
    if (code != SW_OK)
        fail_msg("%s", err->msg);
}

/* ---- a model on both --------------------------------------------------------------------------------------------- */

typedef struct both {
    gguf_file *g;
    hparams h;
    model_placement placement;
    model_weights w;
    thread_pool *pool;
    kv_cache kv;
    device *device;
    vram *memory;
    gpu_slab slab;
    backend *cpu, *gpu; // gpu NULL: all is in RAM
    forward f;
} both;

static bool without_graphs; // of what is opened from now on

/* Changes a placement that has everything in RAM; NULL: does not. */
typedef void (*place_fn)(const hparams *h, model_placement *p);

static void open_cache(both *m, sw_kv_type type)
{
    bool is_windowed[512];
    for (size_t l = 0; l < m->h.n_layers; l++)
        is_windowed[l] = hparams_is_windowed(&m->h, l);
    assert_true(kv_init(&m->kv, &(kv_options){.n_layers = m->h.n_layers,
                                              .n_heads = hparams_cache_heads(&m->h),
                                              .d_k = hparams_cache_key(&m->h),
                                              .d_v = hparams_cache_value(&m->h),
                                              .type = type,
                                              .n_seqs = N_SEQS,
                                              .n_ctx = CTX,
                                              .n_window = m->h.n_window,
                                              .is_windowed = is_windowed,
                                              .n_batch = BATCH,
                                              .tiers = m->placement.attention,
                                              .memory = {[TIER_VRAM] = gpu_slab_memory(&m->slab)}}));
    const tier_memory memory = vram_memory(m->memory);
    assert_true(gpu_slab_reserve(&m->slab, &memory, kv_tier_bytes(&m->kv, TIER_VRAM, CTX) * N_SEQS));
}

static void open_backends(both *m)
{
    sw_err err = {0};
    const size_t before = device_allocated(m->device);
    m->cpu = cpu_backend_open(
        &(cpu_backend_options){.h = &m->h, .w = &m->w, .pool = m->pool, .kv = &m->kv, .n_batch = BATCH});
    assert_non_null(m->cpu);
    if (m->w.blocks[TIER_VRAM].n_bytes == 0)
        return;
    ok(gpu_backend_open(&m->gpu,
                        &(gpu_backend_options){.h = &m->h,
                                               .w = &m->w,
                                               .pool = m->pool,
                                               .kv = &m->kv,
                                               .device = m->device,
                                               .tier = TIER_VRAM,
                                               .n_batch = BATCH,
                                               .n_seqs = N_SEQS,
                                               .n_ctx = CTX,
                                               .without_graphs = without_graphs},
                        &err),
       &err);
    assert_int_equal(device_allocated(m->device) - before, gpu_backend_bytes(&m->h, BATCH, N_SEQS, CTX));
}

static void open_both(both *m, const char *path, place_fn place, sw_kv_type kv_type)
{
    static const placement_machine MACHINE = {.bytes = {[TIER_RAM] = 1 << 30}};
    sw_err err = {0};
    const char *const name = getenv("SPILLWAY_TEST_DEVICE");
    *m = (both){.pool = pool_create(2)};
    ok(device_open(name != NULL ? name : "emu:256MiB", NULL, &m->device, &err), &err);
    ok(vram_open(m->device, &m->memory, &err), &err);
    ok(gguf_open(&m->g, path, &err), &err);
    ok(hparams_read(m->g, true, &m->h, &err), &err);
    assert_true(placement_init(&m->placement, &m->h, NULL, &MACHINE, &(placement_options){0}));
    if (place != NULL)
        place(&m->h, &m->placement);
    ok(weights_plan(m->g, &m->h, &m->placement, &m->w, &err), &err);
    const weights_load_options loading = {.pool = m->pool, .memory = {[TIER_VRAM] = vram_memory(m->memory)}};
    ok(weights_load(&m->w, m->g, &loading, &err), &err);
    ok(vram_check(m->memory, &err), &err);
    open_cache(m, kv_type);
    open_backends(m);
    assert_true(forward_init(&m->f, &(forward_options){.h = &m->h,
                                                       .w = &m->w,
                                                       .kv = &m->kv,
                                                       .backends = {[TIER_RAM] = m->cpu, [TIER_VRAM] = m->gpu},
                                                       .n_batch = BATCH,
                                                       .n_seqs = N_SEQS,
                                                       .n_ctx = CTX,
                                                       .by_context = true}));
}

static void close_both(both *m)
{
    forward_free(&m->f);
    m->cpu->ops->close(m->cpu);
    if (m->gpu != NULL)
        m->gpu->ops->close(m->gpu);
    kv_free(&m->kv);
    weights_free(&m->w);
    placement_free(&m->placement);
    gpu_slab_free(&m->slab);
    vram_close(m->memory);
    assert_int_equal(device_allocated(m->device), 0);
    device_close(m->device);
    pool_free(m->pool);
    gguf_close(m->g);
}

/* ---- what an evaluation gives ------------------------------------------------------------------------------------ */

typedef struct result {
    size_t n;       // positions
    float *logits;  // (n, n_vocab)
    int *chosen;    // (n, n_picks)
    size_t n_picks; // of all layers
    float embedding[EMBD_MAX];
} result;

static bool is_plain(const golden *g)
{
    return strstr(g->name, "-f32") != NULL;
}

/* Emulation takes long, of products of quantized weights longest: a short check has fewer positions. */
static size_t positions_of(const golden *g)
{
    return getenv("SPILLWAY_LONG") != NULL ? GOLDEN_POSITIONS : is_plain(g) ? 44 : 7;
}

static result new_result(const golden *g, const hparams *h)
{
    result r = {.n = positions_of(g), .n_picks = h->n_layers * h->n_expert_used};
    r.logits = malloc(r.n * g->n_vocab * sizeof(float));
    r.chosen = calloc(r.n * r.n_picks + 1, sizeof *r.chosen);
    assert_true(r.logits != NULL && r.chosen != NULL && h->n_embd <= EMBD_MAX);
    return r;
}

static void keep_chosen(const both *m, result *r, size_t first, size_t n)
{
    const size_t k = m->h.n_expert_used;
    for (size_t l = m->h.n_layers_dense; l < m->h.n_layers && k > 0; l++) {
        for (size_t i = 0; i < n; i++)
            memcpy(r->chosen + ((first + i) * m->h.n_layers + l) * k, forward_chosen(&m->f, l) + i * k,
                   k * sizeof(int));
    }
}

/* In a step of `chunk` tokens, then in single ones and some of few; every token wants its logits and its state. */
static void evaluate(both *m, const golden *g, size_t chunk, result *r)
{
    size_t n_steps = 0;
    sw_err err = {0};
    assert_true(kv_reserve(&m->kv, 0, GOLDEN_POSITIONS));
    for (size_t i = 0, n; i < r->n; i += n, n_steps++) {
        n = n_steps == 0 ? chunk : n_steps % 4 ? 1 : 8;
        n = n > r->n - i ? r->n - i : n;
        batch_token tokens[BATCH];
        memcpy(tokens, g->tokens + i, n * sizeof *tokens);
        for (size_t k = 0; k < n; k++)
            tokens[k].wants_state = true;
        const float *logits;
        int32_t bad;
        if (forward_step(&m->f, tokens, n, &logits, &bad, &err) != SW_OK)
            fail_msg("%s: %s", g->name, err.msg);
        memcpy(r->logits + i * g->n_vocab, logits, n * g->n_vocab * sizeof *logits);
        keep_chosen(m, r, i, n);
    }
    ok(forward_embedding(&m->f, 0, r->embedding, &err), &err);
}

/* Steps of one token came often enough to be graphs. */
static void expect_replays(const both *m, const golden *g, size_t n_single)
{
    if (m->gpu != NULL && n_single > 2 && segments_counted(m->gpu->segments).n_replayed == 0)
        fail_msg("%s: no graph was replayed", g->name);
}

static result evaluate_as(const golden *g, place_fn place, sw_kv_type type, size_t chunk)
{
    both m;
    open_both(&m, g->path, place, type);
    result r = new_result(g, &m.h);
    evaluate(&m, g, chunk, &r);
    expect_replays(&m, g, r.n - (chunk < r.n ? chunk : r.n));
    close_both(&m);
    return r;
}

static void free_result(result *r)
{
    free(r->logits);
    free(r->chosen);
}

static void expect_same(const golden *g, const char *what, const result *a, const result *b)
{
    for (size_t i = 0; i < a->n; i++) {
        const size_t pick = i * a->n_picks, logit = i * g->n_vocab;
        if (memcmp(a->chosen + pick, b->chosen + pick, a->n_picks * sizeof *a->chosen) != 0)
            fail_msg("%s, %s: other experts at position %zu", g->name, what, i);
        if (memcmp(a->logits + logit, b->logits + logit, g->n_vocab * sizeof(float)) != 0)
            fail_msg("%s, %s: other bits at position %zu", g->name, what, i);
    }
    if (memcmp(a->embedding, b->embedding, sizeof a->embedding) != 0)
        fail_msg("%s, %s: another embedding", g->name, what);
}

/* ---- placements -------------------------------------------------------------------------------------------------- */

static void place_cpu_moe(const hparams *h, model_placement *p)
{
    p->output = TIER_VRAM;
    p->embedding = h->ties_output ? TIER_VRAM : TIER_RAM;
    memset(p->attention, TIER_VRAM, h->n_layers);
    memset(p->ffn, TIER_VRAM, h->n_layers);
}

static void place_all(const hparams *h, model_placement *p)
{
    place_cpu_moe(h, p);
    p->embedding = TIER_VRAM;
    memset(p->experts, TIER_VRAM, h->n_layers * h->n_expert);
}

/* The attention and the shared or dense part of odd layers, and every third expert of all. */
static void place_mixed(const hparams *h, model_placement *p)
{
    for (size_t l = 0; l < h->n_layers; l++) {
        p->attention[l] = l % 2 ? TIER_VRAM : TIER_RAM;
        p->ffn[l] = l % 2 ? TIER_VRAM : TIER_RAM;
        for (size_t e = 0; e < h->n_expert; e += 3)
            placement_set_expert(p, l, e, TIER_VRAM);
    }
}

/* The shared experts or the dense block away from attention, and the experts that the mixed placement leaves. */
static void place_crossed(const hparams *h, model_placement *p)
{
    for (size_t l = 0; l < h->n_layers; l++) {
        p->attention[l] = l % 2 ? TIER_VRAM : TIER_RAM;
        p->ffn[l] = l % 2 ? TIER_RAM : TIER_VRAM;
        for (size_t e = 0; e < h->n_expert; e++)
            placement_set_expert(p, l, e, e % 3 ? TIER_VRAM : TIER_RAM);
    }
    p->output = TIER_VRAM;
    p->embedding = h->ties_output ? TIER_VRAM : TIER_RAM;
}

static const struct {
    const char *name;
    place_fn place;
} PLACEMENTS[] = {{"all", place_all}, {"cpu-moe", place_cpu_moe}, {"mixed", place_mixed}, {"crossed", place_crossed}};
enum { N_PLACEMENTS = sizeof PLACEMENTS / sizeof PLACEMENTS[0] };

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static void same_bits(const golden *g, void *ud)
{
    (void)ud;
    const bool is_short = positions_of(g) < CHUNK;
    const size_t chunk = is_short ? 5 : CHUNK;
    result expected = evaluate_as(g, NULL, SW_KV_F32, chunk);
    for (int i = 0; i < N_PLACEMENTS; i += is_short ? 2 : 1) {
        result actual = evaluate_as(g, PLACEMENTS[i].place, SW_KV_F32, chunk);
        expect_same(g, PLACEMENTS[i].name, &actual, &expected);
        free_result(&actual);
    }
    free_result(&expected);
}

static void test_logits_have_the_same_bits_wherever_operations_ran(void **state)
{
    (void)state;
    assert_true(golden_for_each(same_bits, NULL) >= 8);
}

/* The smaller types of keys and values, one long step, and single tokens. */
static void same_bits_of_kv(const golden *g, void *ud)
{
    (void)ud;
    static const sw_kv_type TYPES[] = {SW_KV_F16, SW_KV_Q8_0};
    static const size_t CHUNKS[] = {BATCH, 1};
    if (!is_plain(g))
        return;
    for (int i = 0; i < 2; i++) {
        result expected = evaluate_as(g, NULL, TYPES[i], CHUNKS[i]);
        result actual = evaluate_as(g, place_mixed, TYPES[i], CHUNKS[i]);
        expect_same(g, sw_kv_type_name(TYPES[i]), &actual, &expected);
        free_result(&actual);
        free_result(&expected);
    }
}

static void test_pages_of_every_type_have_the_same_bits(void **state)
{
    (void)state;
    assert_true(golden_for_each(same_bits_of_kv, NULL) >= 8);
}

/* A step of a model that is open twice, here and on the device: the same logits, or the same failure. */
static void step_both(both *a, both *b, const batch_token *tokens, size_t n)
{
    const float *expected, *actual;
    int32_t bad;
    sw_err err = {0};
    size_t n_rows = 0;
    for (size_t i = 0; i < n; i++)
        n_rows += tokens[i].wants_logits;
    ok(forward_step(&a->f, tokens, n, &expected, &bad, &err), &err);
    ok(forward_step(&b->f, tokens, n, &actual, &bad, &err), &err);
    assert_int_equal(expected == NULL, actual == NULL);
    if (n_rows > 0)
        assert_memory_equal(expected, actual, n_rows * a->h.n_vocab * sizeof *actual);
}

static void reserve_both(both *a, both *b, int seq, int n)
{
    assert_true(kv_reserve(&a->kv, seq, n) && kv_reserve(&b->kv, seq, n));
}

/* Tokens of a sequence from one position on; the last wants its logits. */
static size_t put_tokens(const golden *g, batch_token *out, int seq, int first, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = g->tokens[first + (int)i];
        out[i].seq = seq;
        out[i].wants_logits = i + 1 == n;
    }
    return n;
}

/* Two sequences in one step, of which one is cut back, goes on, and is begun anew. */
static void several_sequences(const golden *g)
{
    both a, b;
    batch_token tokens[BATCH];
    open_both(&a, g->path, NULL, SW_KV_F16);
    open_both(&b, g->path, place_mixed, SW_KV_F16);
    reserve_both(&a, &b, 0, 80);
    reserve_both(&a, &b, 1, 80);
    size_t n = put_tokens(g, tokens, 1, 0, 40);
    step_both(&a, &b, tokens, n);
    n = put_tokens(g, tokens, 0, 0, 21);
    n += put_tokens(g, tokens + n, 1, 40, 3);
    step_both(&a, &b, tokens, n);
    n = put_tokens(g, tokens, 1, 43, 1);
    n += put_tokens(g, tokens + n, 0, 21, 1);
    step_both(&a, &b, tokens, n);
    const int kept = kv_resumable(&a.kv, 1, 37);
    assert_int_equal(kept, kv_resumable(&b.kv, 1, 37));
    kv_truncate(&a.kv, 1, kept);
    kv_truncate(&b.kv, 1, kept);
    reserve_both(&a, &b, 1, 80);
    n = put_tokens(g, tokens, 0, 22, 2);
    n += put_tokens(g, tokens + n, 1, kept, 9);
    tokens[0].wants_logits = false;
    step_both(&a, &b, tokens, n);
    tokens[1].wants_logits = false;
    n = put_tokens(g, tokens, 0, 24, 2);
    tokens[1].wants_logits = false;
    step_both(&a, &b, tokens, n);
    close_both(&a);
    close_both(&b);
}

static void test_sequences_share_steps_and_are_cut_back(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"qwen3moe-f32", "ds2-v3ish-f32", "phi3-long-f32", "granitemoe-shared-f32"};
    for (int i = 0; i < 4; i++)
        golden_with(NAMES[i], several_sequences);
}

/* Expert e of a layer, copied to the device and computed there; or here again. */
static void move_expert(both *m, size_t l, size_t e, bool is_up, void **copies, size_t *n_copies)
{
    const layer_weights *const layer = &m->w.layers[l];
    const mat *const stacks[] = {&layer->gate_exps, &layer->up_exps, &layer->down_exps};
    const tier_memory memory = vram_memory(m->memory);
    gpu_expert_place place = {0};
    for (int i = 0; i < 3 && is_up; i++) {
        const size_t n_tiles = stacks[i]->n_tiles * stacks[i]->tile_bytes, n_bias = mat_padded_rows(stacks[i]) * 4;
        uint8_t *const copy = copies[(*n_copies)++] = tier_alloc(&memory, n_tiles + n_bias);
        assert_non_null(copy);
        memory.write(memory.ud, copy, mat_tiles(stacks[i], e), n_tiles);
        place.tiles[i] = copy;
        if (mat_bias(stacks[i], e) == NULL)
            continue;
        memory.write(memory.ud, copy + n_tiles, mat_bias(stacks[i], e), n_bias);
        place.bias[i] = copy + n_tiles;
    }
    gpu_backend_set_expert(m->gpu, l, e, is_up ? &place : NULL);
    forward_set_expert(&m->f, l, e, is_up ? TIER_VRAM : TIER_RAM);
}

/* Experts come to the device and leave it between steps, until a layer is whole and until none is there. */
static void moving(const golden *g)
{
    enum { LAYER = 1, STEPS = 5 };
    both a, b;
    batch_token tokens[BATCH];
    void *copies[3 * 64];
    size_t n_copies = 0;
    open_both(&a, g->path, NULL, SW_KV_F16);
    open_both(&b, g->path, place_cpu_moe, SW_KV_F16);
    reserve_both(&a, &b, 0, 40);
    const uint64_t before = backend_counted(b.gpu, OP_EXPERTS).n_items;
    for (int i = 0, pos = 0; i < STEPS; i++) {
        const size_t n = i % 2 ? 1 : 7;
        step_both(&a, &b, tokens, put_tokens(g, tokens, 0, pos, n));
        pos += (int)n;
        for (size_t e = 0; e < b.h.n_expert; e++) {
            if (i == 0 ? e % 2 == 0 : i == 1 ? e % 2 == 1 : i == 2)
                move_expert(&b, LAYER, e, i < 2, copies, &n_copies);
        }
    }
    const uint64_t n_used = b.h.n_expert_used, n_pairs = backend_counted(b.gpu, OP_EXPERTS).n_items - before;
    assert_in_range(n_pairs, 7 * n_used, 8 * n_used); // some of the second step, all of the third
    const tier_memory memory = vram_memory(b.memory);
    for (size_t i = 0; i < n_copies; i++) {
        const mat *const stacks[] = {&b.w.layers[LAYER].gate_exps, &b.w.layers[LAYER].up_exps,
                                     &b.w.layers[LAYER].down_exps};
        const mat *const m = stacks[i % 3];
        tier_free(&memory, copies[i], m->n_tiles * m->tile_bytes + mat_padded_rows(m) * 4);
    }
    close_both(&a);
    close_both(&b);
}

static void test_experts_move_between_steps(void **state)
{
    (void)state;
    golden_with("qwen3moe-f32", moving);
    golden_with("gpt-oss-mxfp4", moving);
    golden_with("granitemoe-shared-f32", moving);
}

/* ---- graphs ------------------------------------------------------------------------------------------------------ */

enum { ROUNDS = 4 };

/* One token more of every sequence that is in the mask. */
static void step_of(both *a, both *b, const golden *g, unsigned mask, int at[N_SEQS])
{
    batch_token tokens[BATCH];
    size_t n = 0;
    for (int seq = 0; seq < N_SEQS; seq++) {
        if (mask >> seq & 1)
            n += put_tokens(g, tokens + n, seq, at[seq]++, 1);
    }
    step_both(a, b, tokens, n);
}

/* Sequences join and leave; those that left begin anew. */
static segments_counts joining_and_leaving(const golden *g, place_fn place)
{
    static const unsigned MASKS[] = {1, 3, 7, 6, 4, 5};
    both a, b;
    int at[N_SEQS] = {0};
    open_both(&a, g->path, NULL, SW_KV_F16);
    open_both(&b, g->path, place, SW_KV_F16);
    for (size_t i = 0; i < sizeof MASKS / sizeof *MASKS; i++) {
        for (int seq = 0; seq < N_SEQS; seq++) {
            if (!(MASKS[i] >> seq & 1))
                continue;
            if (i > 0 && !(MASKS[i - 1] >> seq & 1)) {
                kv_truncate(&a.kv, seq, at[seq] = 0);
                kv_truncate(&b.kv, seq, 0);
            }
            reserve_both(&a, &b, seq, at[seq] + ROUNDS);
        }
        for (int k = 0; k < ROUNDS; k++)
            step_of(&a, &b, g, MASKS[i], at);
    }
    const segments_counts c = b.gpu->segments != NULL ? segments_counted(b.gpu->segments) : (segments_counts){0};
    close_both(&a);
    close_both(&b);
    return c;
}

static void with_graphs(const golden *g)
{
    const bool is_latent = strstr(g->name, "ds2") != NULL;
    for (int i = is_latent ? 3 : 0; i < N_PLACEMENTS; i++) {
        const segments_counts c = joining_and_leaving(g, PLACEMENTS[i].place);
        if (c.n_captured == 0 || c.n_replayed == 0)
            fail_msg("%s, %s: no graphs", g->name, PLACEMENTS[i].name);
    }
}

static void test_steps_that_are_alike_are_graphs(void **state)
{
    (void)state;
    golden_with("qwen3moe-f32", with_graphs);
    golden_with("ds2-v3ish-f32", with_graphs);
}

static void without(const golden *g)
{
    without_graphs = true;
    const segments_counts c = joining_and_leaving(g, place_mixed);
    without_graphs = false;
    assert_true(c.n_direct + c.n_captured + c.n_replayed == 0);
}

static void test_graphs_can_be_left_out(void **state)
{
    (void)state;
    golden_with("granitemoe-shared-f32", without);
}

static void test_a_state_that_is_not_finite_is_found_on_the_device(void **state)
{
    (void)state;
    const temp_path path = temp_file("inf.gguf");
    tiny_write(path.s, TINY_GPT_OSS, 7);
    for (int i = 0; i < N_PLACEMENTS; i++) {
        both m;
        open_both(&m, path.s, PLACEMENTS[i].place, SW_KV_F16);
        assert_true(kv_reserve(&m.kv, 0, 1));
        const batch_token token = {.id = 7, .wants_logits = true};
        const float *logits;
        int32_t bad;
        sw_err err = {0};
        assert_int_equal(forward_step(&m.f, &token, 1, &logits, &bad, &err), SW_ENUMERIC);
        assert_int_equal(bad, 0);
        assert_non_null(strstr(err.msg, "layer 0"));
        close_both(&m);
    }
}

/* ---- a device that is lost --------------------------------------------------------------------------------------- */

static device_ops failing_ops;
static const device_ops *real_ops;
static int launches_left;

static sw_code failing_launch(device_stream *s, const device_launch *l, sw_err *err)
{
    if (launches_left-- > 0)
        return real_ops->launch(s, l, err);
    return sw_fail(err, SW_EIO, "%s is lost: cuLaunchKernel", s->device->name);
}

/* Whichever launch of a step is the first to fail, the step fails with the device's words, and the forward pass ends.
 */
static void losing(const golden *g)
{
    for (int i = 0; i < N_PLACEMENTS; i++) {
        bool has_ended = false;
        for (int n = 0; !has_ended; n += 5) {
            both m;
            open_both(&m, g->path, PLACEMENTS[i].place, SW_KV_F16);
            assert_true(kv_reserve(&m.kv, 0, 3));
            real_ops = m.device->ops;
            failing_ops = *real_ops;
            failing_ops.launch = failing_launch;
            launches_left = n;
            m.device->ops = &failing_ops;
            const float *logits;
            int32_t bad;
            sw_err err = {0};
            const sw_code code = forward_step(&m.f, g->tokens, 3, &logits, &bad, &err);
            has_ended = launches_left >= 0; // there were no more
            assert_int_equal(code, has_ended ? SW_OK : SW_EIO);
            assert_true(has_ended || (logits == NULL && strstr(err.msg, "is lost: cuLaunchKernel") != NULL));
            m.device->ops = real_ops;
            close_both(&m);
        }
    }
}

static void test_a_lost_device_ends_the_step(void **state)
{
    (void)state;
    golden_with("qwen2moe-f32", losing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logits_have_the_same_bits_wherever_operations_ran),
        cmocka_unit_test(test_pages_of_every_type_have_the_same_bits),
        cmocka_unit_test(test_sequences_share_steps_and_are_cut_back),
        cmocka_unit_test(test_experts_move_between_steps),
        cmocka_unit_test(test_steps_that_are_alike_are_graphs),
        cmocka_unit_test(test_graphs_can_be_left_out),
        cmocka_unit_test(test_a_state_that_is_not_finite_is_found_on_the_device),
        cmocka_unit_test(test_a_lost_device_ends_the_step),
    };
    return cmocka_run_group_tests_name("the backend of a GPU", tests, NULL, NULL);
}
