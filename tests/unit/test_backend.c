/* The line at which another processor enters: a second backend, with memory of its own for the residual stream and a
 * thread of its own, computes the attention of some layers and some experts of every layer while the first computes the
 * others.  The logits have the same bits wherever an operation ran. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "forward/cpu_backend.h"
#include "forward/forward.h"
#include "model/placement_decide.h"
#include "support/golden.h"
#include "support/temp_dir.h"
#include "support/tiny_model.h"

enum { CTX = 512, BATCH = 64, CHUNK = 33, EMBD_MAX = 1024 };

/* ---- two that are inside at the same time ------------------------------------------------------------------------ */

/* How often each side has arrived; a side goes on when the other has arrived as often, or after a deadline that only a
 * forward pass which lets the sides wait for each other would reach. */
typedef struct meeting {
    _Atomic int arrived[2];
    _Atomic bool has_failed;
} meeting;

static void meet(meeting *m, int side)
{
    const int n = ++m->arrived[side];
    for (int n_waits = 0; m->arrived[1 - side] < n && !m->has_failed; n_waits++) {
        nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
        m->has_failed = m->has_failed || n_waits > 100000;
    }
}

/* Returns true if both sides have experts of a layer. */
static bool is_split(const hparams *h, const expert_share *share)
{
    unsigned tiers = 0;
    for (size_t e = 0; share->tiers != NULL && e < h->n_expert; e++)
        tiers |= 1u << share->tiers[e];
    return tiers == (1u << TIER_RAM | 1u << TIER_VRAM);
}

/* ---- the second backend ------------------------------------------------------------------------------------------ */

typedef struct elsewhere {
    backend base;
    backend *inner; // computes, on this backend's thread
    const hparams *h;
    thread_pool *pool;
    token_batch own; // its residual stream is not b->x
    meeting *meeting;
    sw_code failure; // what the next step ends with
    // What the thread is to do, one operation at a time.
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    void (*task)(struct elsewhere *e); // NULL: done
    bool stops;
    size_t layer;
    const expert_share *share;
    const expert_choice *choice;
    const expert_answers *answers;
    const float *logits;
} elsewhere;

static void *thread_main(void *ud)
{
    elsewhere *const e = ud;
    pthread_mutex_lock(&e->mutex);
    while (!e->stops) {
        if (e->task != NULL) {
            pthread_mutex_unlock(&e->mutex);
            e->task(e);
            pthread_mutex_lock(&e->mutex);
            e->task = NULL;
            pthread_cond_broadcast(&e->changed);
        } else {
            pthread_cond_wait(&e->changed, &e->mutex);
        }
    }
    pthread_mutex_unlock(&e->mutex);
    return NULL;
}

static void submit(elsewhere *e, void (*task)(elsewhere *e))
{
    pthread_mutex_lock(&e->mutex);
    e->task = task;
    pthread_cond_broadcast(&e->changed);
    pthread_mutex_unlock(&e->mutex);
}

static void wait_for(elsewhere *e)
{
    pthread_mutex_lock(&e->mutex);
    while (e->task != NULL)
        pthread_cond_wait(&e->changed, &e->mutex);
    pthread_mutex_unlock(&e->mutex);
}

static void do_and_wait(elsewhere *e, size_t layer, void (*task)(elsewhere *e))
{
    e->layer = layer;
    submit(e, task);
    wait_for(e);
}

static void no_numbers(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = NAN;
}

static void do_begin(elsewhere *e)
{
    e->inner->ops->begin(e->inner, &e->own);
}

static void begin(backend *be, const token_batch *b)
{
    elsewhere *const e = (elsewhere *)be;
    e->own.tokens = b->tokens;
    e->own.n = b->n;
    e->own.is_long = b->is_long;
    e->own.normed = b->normed; // shared: both backends read what routing leaves there
    for (size_t i = 0; i < b->n; i++)
        e->own.bad_layer[i] = -1;
    no_numbers(e->own.x, b->n * e->h->n_embd);
    do_and_wait(e, 0, do_begin);
}

static sw_code end(backend *be, token_batch *b, sw_err *err)
{
    elsewhere *const e = (elsewhere *)be;
    for (size_t i = 0; i < b->n; i++) {
        const int32_t own = e->own.bad_layer[i];
        if (own >= 0 && (b->bad_layer[i] < 0 || own < b->bad_layer[i]))
            b->bad_layer[i] = own;
    }
    return e->failure != SW_OK ? sw_fail(err, e->failure, "elsewhere: lost") : e->inner->ops->end(e->inner, b, err);
}

static void take_state(backend *be, const token_batch *b)
{
    elsewhere *const e = (elsewhere *)be;
    memcpy(e->own.x, b->x, b->n * e->h->n_embd * sizeof *b->x);
    no_numbers(b->x, b->n * e->h->n_embd);
}

static void give_state(backend *be, token_batch *b)
{
    elsewhere *const e = (elsewhere *)be;
    memcpy(b->x, e->own.x, b->n * e->h->n_embd * sizeof *b->x);
    no_numbers(e->own.x, b->n * e->h->n_embd);
}

static void do_embed(elsewhere *e)
{
    e->inner->ops->embed(e->inner, &e->own);
}

static void embed(backend *be, token_batch *b)
{
    (void)b;
    do_and_wait((elsewhere *)be, 0, do_embed);
}

static void do_attention(elsewhere *e)
{
    e->inner->ops->attention(e->inner, &e->own, e->layer);
}

static void attention(backend *be, token_batch *b, size_t layer)
{
    (void)b;
    do_and_wait((elsewhere *)be, layer, do_attention);
}

static void do_dense(elsewhere *e)
{
    e->inner->ops->dense(e->inner, &e->own, e->layer);
}

static void dense(backend *be, token_batch *b, size_t layer)
{
    (void)b;
    do_and_wait((elsewhere *)be, layer, do_dense);
}

static void do_route(elsewhere *e)
{
    e->inner->ops->route(e->inner, &e->own, e->layer, e->choice);
}

static void route(backend *be, token_batch *b, size_t layer, const expert_choice *choice)
{
    (void)b;
    ((elsewhere *)be)->choice = choice;
    do_and_wait((elsewhere *)be, layer, do_route);
}

static void do_experts(elsewhere *e)
{
    if (e->meeting != NULL && is_split(e->h, e->share))
        meet(e->meeting, 1);
    e->inner->ops->experts_begin(e->inner, &e->own, e->layer, e->share);
}

static size_t experts_begin(backend *be, const token_batch *b, size_t layer, const expert_share *share)
{
    elsewhere *const e = (elsewhere *)be;
    size_t n_pairs = 0;
    for (size_t p = 0; p < b->n * share->choice->n_used; p++)
        n_pairs += share->tiers == NULL || share->tiers[share->choice->chosen[p]] == share->tier;
    e->share = share;
    e->layer = layer;
    submit(e, do_experts);
    return n_pairs;
}

static void experts_finish(backend *be, const token_batch *b, size_t layer, const expert_share *share,
                           expert_answers *out)
{
    elsewhere *const e = (elsewhere *)be;
    wait_for(e);
    e->inner->ops->experts_finish(e->inner, b, layer, share, out);
}

static void do_join(elsewhere *e)
{
    e->inner->ops->join(e->inner, &e->own, e->layer, e->choice, e->answers);
}

static void join(backend *be, token_batch *b, size_t layer, const expert_choice *choice, const expert_answers *answers)
{
    (void)b;
    ((elsewhere *)be)->choice = choice;
    ((elsewhere *)be)->answers = answers;
    do_and_wait((elsewhere *)be, layer, do_join);
}

static void do_head(elsewhere *e)
{
    e->logits = e->inner->ops->head(e->inner, &e->own);
}

static const float *head(backend *be, token_batch *b)
{
    (void)b;
    do_and_wait((elsewhere *)be, 0, do_head);
    return ((elsewhere *)be)->logits;
}

static void do_states(elsewhere *e)
{
    e->inner->ops->states(e->inner, &e->own);
}

static void states(backend *be, token_batch *b)
{
    (void)b;
    do_and_wait((elsewhere *)be, 0, do_states);
}

static void close_elsewhere(backend *be)
{
    elsewhere *const e = (elsewhere *)be;
    pthread_mutex_lock(&e->mutex);
    e->stops = true;
    pthread_cond_broadcast(&e->changed);
    pthread_mutex_unlock(&e->mutex);
    pthread_join(e->thread, NULL);
    e->inner->ops->close(e->inner);
    pool_free(e->pool);
    free(e->own.x);
    free(e->own.out);
    free(e->own.bad_layer);
}

static const backend_ops ELSEWHERE_OPS = {
    .close = close_elsewhere,
    .begin = begin,
    .end = end,
    .take_state = take_state,
    .give_state = give_state,
    .embed = embed,
    .attention = attention,
    .dense = dense,
    .route = route,
    .experts_begin = experts_begin,
    .experts_finish = experts_finish,
    .join = join,
    .head = head,
    .states = states,
};

static void open_elsewhere(elsewhere *e, const cpu_backend_options *o)
{
    cpu_backend_options inner = *o;
    *e = (elsewhere){.base = {.ops = &ELSEWHERE_OPS, .name = "elsewhere"},
                     .h = o->h,
                     .pool = pool_create(2),
                     .own = {.x = malloc(o->n_batch * o->h->n_embd * sizeof(float)),
                             .out = malloc(o->n_batch * padded_length(o->h->n_embd) * sizeof(float)),
                             .bad_layer = malloc(o->n_batch * sizeof(int32_t))}};
    inner.pool = e->pool;
    e->inner = cpu_backend_open(&inner);
    assert_true(e->pool != NULL && e->inner != NULL && e->own.x != NULL && e->own.out != NULL);
    pthread_mutex_init(&e->mutex, NULL);
    pthread_cond_init(&e->changed, NULL);
    assert_int_equal(pthread_create(&e->thread, NULL, thread_main, e), 0);
}

/* ---- the first, which says when it computes experts -------------------------------------------------------------- */

static backend_ops watched_ops;
static const backend_ops *cpu_ops;
static meeting *watched_meeting;
static const hparams *watched_h;

static size_t watched_experts(backend *be, const token_batch *b, size_t layer, const expert_share *share)
{
    if (is_split(watched_h, share))
        meet(watched_meeting, 0);
    return cpu_ops->experts_begin(be, b, layer, share);
}

static void watch(backend *cpu, const hparams *h, meeting *m)
{
    watched_h = h;
    cpu_ops = cpu->ops;
    watched_ops = *cpu->ops;
    watched_ops.experts_begin = watched_experts;
    watched_meeting = m;
    cpu->ops = &watched_ops;
}

/* ---- a model on both --------------------------------------------------------------------------------------------- */

typedef struct both {
    gguf_file *g;
    hparams h;
    model_placement placement;
    model_weights w;
    thread_pool *pool;
    kv_cache kv;
    backend *cpu;
    elsewhere other;
    forward f;
} both;

static int n_pages_elsewhere;

/* Changes a placement that has everything in RAM. */
typedef void (*place_fn)(const hparams *h, model_placement *p);

/* The second backend's pages: NaN until it has stored something there. */
static void *alloc_page(void *ud, size_t n_bytes)
{
    (void)ud;
    n_pages_elsewhere++;
    void *const page = mem_big_alloc(n_bytes);
    if (page != NULL)
        memset(page, 0xff, n_bytes);
    return page;
}

static void free_page(void *ud, void *page, size_t n_bytes)
{
    (void)ud;
    n_pages_elsewhere--;
    mem_big_free(page, n_bytes);
}

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
                                              .n_seqs = 1,
                                              .n_ctx = CTX,
                                              .n_window = m->h.n_window,
                                              .is_windowed = is_windowed,
                                              .n_batch = BATCH,
                                              .tiers = m->placement.attention,
                                              .memory = {[TIER_VRAM] = {.alloc = alloc_page, .free = free_page}}}));
}

static void open_both(both *m, const char *path, place_fn place)
{
    static const placement_machine MACHINE = {.bytes = {[TIER_RAM] = 1 << 30}};
    sw_err err = {0};
    *m = (both){.pool = pool_create(2)};
    if (gguf_open(&m->g, path, &err) != SW_OK || hparams_read(m->g, true, &m->h, &err) != SW_OK)
        fail_msg("%s", err.msg);
    assert_true(placement_init(&m->placement, &m->h, NULL, &MACHINE, &(placement_options){0}));
    place(&m->h, &m->placement);
    if (weights_plan(m->g, &m->h, &m->placement, &m->w, &err) != SW_OK ||
        weights_load(&m->w, m->g, &(weights_load_options){.pool = m->pool}, &err) != SW_OK)
        fail_msg("%s", err.msg);
    open_cache(m, SW_KV_F32);
    const cpu_backend_options o = {.h = &m->h, .w = &m->w, .pool = m->pool, .kv = &m->kv, .n_batch = BATCH};
    m->cpu = cpu_backend_open(&o);
    assert_non_null(m->cpu);
    open_elsewhere(&m->other, &o);
    assert_true(forward_init(&m->f, &(forward_options){.h = &m->h,
                                                       .w = &m->w,
                                                       .kv = &m->kv,
                                                       .backends = {[TIER_RAM] = m->cpu, [TIER_VRAM] = &m->other.base},
                                                       .n_batch = BATCH,
                                                       .n_seqs = 1,
                                                       .n_ctx = CTX,
                                                       .by_context = true}));
}

static void close_both(both *m)
{
    forward_free(&m->f);
    m->cpu->ops->close(m->cpu);
    m->other.base.ops->close(&m->other.base);
    kv_free(&m->kv);
    weights_free(&m->w);
    placement_free(&m->placement);
    pool_free(m->pool);
    gguf_close(m->g);
}

/* Logits after every position, in steps of many, few and single tokens; gives the number of steps.  Every token wants
 * its state, too. */
static size_t evaluate(both *m, const golden *g, float *out)
{
    size_t n_steps = 0;
    assert_true(kv_reserve(&m->kv, 0, GOLDEN_POSITIONS));
    for (size_t i = 0, n; i < GOLDEN_POSITIONS; i += n, n_steps++) {
        n = n_steps == 0 ? CHUNK : n_steps % 2 ? 1 : 7;
        n = n > GOLDEN_POSITIONS - i ? GOLDEN_POSITIONS - i : n;
        batch_token tokens[CHUNK];
        memcpy(tokens, g->tokens + i, n * sizeof *tokens);
        for (size_t k = 0; k < n; k++)
            tokens[k].wants_state = true;
        const float *logits;
        int32_t bad;
        sw_err err = {0};
        if (forward_step(&m->f, tokens, n, &logits, &bad, &err) != SW_OK)
            fail_msg("%s: %s", g->name, err.msg);
        memcpy(out + i * g->n_vocab, logits, n * g->n_vocab * sizeof *out);
    }
    return n_steps;
}

/* ---- placements -------------------------------------------------------------------------------------------------- */

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

/* The shared experts away from the router, and the experts that the mixed placement leaves here. */
static void place_crossed(const hparams *h, model_placement *p)
{
    for (size_t l = 0; l < h->n_layers; l++) {
        p->attention[l] = l % 2 ? TIER_VRAM : TIER_RAM;
        p->ffn[l] = l % 2 ? TIER_RAM : TIER_VRAM;
        for (size_t e = 0; e < h->n_expert; e++)
            placement_set_expert(p, l, e, e % 3 ? TIER_VRAM : TIER_RAM);
    }
}

/* As --cpu-moe with an accelerator: everything elsewhere but the experts. */
static void place_cpu_moe(const hparams *h, model_placement *p)
{
    p->embedding = p->output = TIER_VRAM;
    memset(p->attention, TIER_VRAM, h->n_layers);
    memset(p->ffn, TIER_VRAM, h->n_layers);
}

static void place_all(const hparams *h, model_placement *p)
{
    place_cpu_moe(h, p);
    memset(p->experts, TIER_VRAM, h->n_layers * h->n_expert);
}

static const place_fn PLACEMENTS[] = {place_mixed, place_crossed, place_cpu_moe, place_all};
enum { N_PLACEMENTS = sizeof PLACEMENTS / sizeof PLACEMENTS[0] };

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static uint64_t items(const backend *be, backend_op op)
{
    return backend_counted(be, op).n_items;
}

/* What the backends counted is what the placement says. */
static void check_counts(const both *m, size_t n_steps)
{
    const backend *const other = &m->other.base;
    uint64_t attention_there = 0, layers_with_experts = 0;
    for (size_t l = 0; l < m->h.n_layers; l++) {
        attention_there += m->placement.attention[l] == TIER_VRAM;
        layers_with_experts += hparams_has_experts(&m->h, l);
    }
    assert_int_equal(backend_counted(other, OP_ATTENTION).n_calls, attention_there * n_steps);
    assert_int_equal(backend_counted(m->cpu, OP_ATTENTION).n_calls, (m->h.n_layers - attention_there) * n_steps);
    assert_int_equal(items(other, OP_ATTENTION), attention_there * GOLDEN_POSITIONS);
    assert_int_equal(items(m->cpu, OP_EXPERTS) + items(other, OP_EXPERTS),
                     layers_with_experts * GOLDEN_POSITIONS * m->h.n_expert_used);
    assert_int_equal(items(m->cpu, OP_ROUTE) + items(other, OP_ROUTE), layers_with_experts * GOLDEN_POSITIONS);
    assert_int_equal(backend_counted(m->cpu, OP_MOVE).n_calls, backend_counted(other, OP_MOVE).n_calls);
    assert_int_equal(items(m->placement.embedding == TIER_VRAM ? other : m->cpu, OP_HEAD), GOLDEN_POSITIONS);
    assert_int_equal(items(m->placement.embedding == TIER_VRAM ? other : m->cpu, OP_STATES), GOLDEN_POSITIONS);
}

/* Gives the embedding of what was evaluated, which is the same in every placement. */
static void check_embedding(const both *m, float *own, const float *first)
{
    sw_err err = {0};
    assert_true(m->h.n_embd <= EMBD_MAX);
    assert_int_equal(forward_embedding(&m->f, 0, own, &err), SW_OK);
    assert_memory_equal(own, first, m->h.n_embd * sizeof *own);
}

static void same_bits(const golden *g, void *ud)
{
    sw_engine_options o = GOLDEN_OPTIONS;
    o.n_threads = 1;
    float *const expected = golden_evaluate(g, g->path, &o, g->n_prefill);
    float *const actual = malloc(GOLDEN_POSITIONS * g->n_vocab * sizeof *actual);
    assert_non_null(actual);
    float embeddings[N_PLACEMENTS][EMBD_MAX];
    for (int i = 0; i < N_PLACEMENTS; i++) {
        both m;
        meeting inside = {0};
        open_both(&m, g->path, PLACEMENTS[i]);
        m.other.meeting = &inside;
        watch(m.cpu, &m.h, &inside);
        const size_t n_steps = evaluate(&m, g, actual);
        if (memcmp(actual, expected, GOLDEN_POSITIONS * g->n_vocab * sizeof *actual) != 0)
            fail_msg("%s: placement %d gives other bits", g->name, i);
        check_embedding(&m, embeddings[i], embeddings[0]);
        check_counts(&m, n_steps);
        assert_true(n_pages_elsewhere > 0); // each layer's keys and values are where its attention is
        // Both sides were inside one layer at the same time, in every layer that is split.
        assert_false(inside.has_failed);
        assert_int_equal(inside.arrived[0], inside.arrived[1]);
        *(int *)ud += inside.arrived[0];
        close_both(&m);
        assert_int_equal(n_pages_elsewhere, 0);
    }
    free(actual);
    free(expected);
}

static void test_logits_have_the_same_bits_wherever_operations_ran(void **state)
{
    (void)state;
    int n_met = 0;
    assert_true(golden_for_each(same_bits, &n_met) >= 8);
    assert_true(n_met > 500);
}

static void failing(const golden *g)
{
    both m;
    open_both(&m, g->path, place_mixed);
    assert_true(kv_reserve(&m.kv, 0, 2));
    const float *logits;
    int32_t bad;
    sw_err err = {0};
    m.other.failure = SW_EIO;
    assert_int_equal(forward_step(&m.f, g->tokens, 2, &logits, &bad, &err), SW_EIO);
    assert_null(logits);
    assert_string_equal(err.msg, "elsewhere: lost");
    m.other.failure = SW_OK;
    sw_err_clear(&err);
    assert_int_equal(forward_step(&m.f, g->tokens, 2, &logits, &bad, &err), SW_OK);
    assert_non_null(logits);
    close_both(&m);
}

static void test_a_failure_elsewhere_ends_the_step(void **state)
{
    (void)state;
    golden_with("gpt-oss-mxfp4", failing);
}

static void test_a_state_that_is_not_finite_is_found_wherever_it_is(void **state)
{
    (void)state;
    const temp_path path = temp_file("inf.gguf");
    tiny_write(path.s, TINY_GPT_OSS, 7);
    for (int i = 0; i < N_PLACEMENTS; i++) {
        both m;
        open_both(&m, path.s, PLACEMENTS[i]);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logits_have_the_same_bits_wherever_operations_ran),
        cmocka_unit_test(test_a_failure_elsewhere_ends_the_step),
        cmocka_unit_test(test_a_state_that_is_not_finite_is_found_wherever_it_is),
    };
    return cmocka_run_group_tests_name("backends", tests, NULL, NULL);
}
