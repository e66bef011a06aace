/* test_gpu_attend.c - keys and values in pages, and attention over them, under emulation, bit by bit against kv_store
 * and the scalar definition with spans joined as forward/attend.c joins them. */
#include "gpu/on_device.h"

#include <stdio.h>

#include "forward/kv.h"
#include "kernels/scalar/math.h"
#include "kernels/variants.h"

static kernels scalar;

enum { SEQS = 2, LAYERS = 2, LAYER = 1, TOKENS_MAX_TEST = 24 };

/* A case: heads, tokens of two sequences, and how far back they see. */
typedef struct trial {
    gpu_kv_type type;
    int d_k, d_v, n_kv, per_kv;
    int n_tokens[SEQS], n_cached[SEQS]; // tokens of the batch, and positions that were there before
    int n_window;                       // 0: all
    bool has_sinks, is_split, is_wild;
} trial;

typedef struct world {
    kv_cache kv;
    uint64_t pages[SEQS][128];
    uint64_t *on_pages;
    size_t page_bytes;
    int seq[TOKENS_MAX_TEST], position[TOKENS_MAX_TEST], begin[TOKENS_MAX_TEST], end[TOKENS_MAX_TEST];
    int n_tokens;
    float *q, *sinks;
} world;

static float number(const trial *t, rng_state *r)
{
    return t->is_wild && rng_next(r) % 64 == 0 ? check_edge(r) : 2 * check_unit(r);
}

static void *host_page(const world *w, int seq, int page)
{
    return w->kv.classes[w->kv.layers[LAYER].class].seqs[seq].pages[page];
}

/* The cache of the host, and pages of the device that hold what freed pages may. */
static void make_cache(const trial *t, world *w)
{
    static const sw_kv_type TYPES[] = {SW_KV_F16, SW_KV_F32, SW_KV_Q8_0};
    static const bool IS_WINDOWED[LAYERS] = {false, false};
    const kv_options o = {.n_layers = LAYERS,
                          .n_heads = (size_t)t->n_kv,
                          .d_k = (size_t)t->d_k,
                          .d_v = (size_t)t->d_v,
                          .type = TYPES[t->type],
                          .n_seqs = SEQS,
                          .n_ctx = 4096,
                          .is_windowed = IS_WINDOWED,
                          .n_batch = 4096};
    assert_true(kv_init(&w->kv, &o));
    w->kv.k = &scalar;
    w->page_bytes = w->kv.classes[w->kv.layers[LAYER].class].page_bytes;
    uint8_t *const dirt = malloc(w->page_bytes);
    memset(dirt, 0xff, w->page_bytes);
    for (int s = 0; s < SEQS; s++) {
        const int n = t->n_cached[s] + t->n_tokens[s];
        assert_true(kv_reserve(&w->kv, s, n));
        kv_advance(&w->kv, s, 0, n);
        for (int p = 0; p * KV_PAGE < n; p++) {
            memset(host_page(w, s, p), 0xff, w->page_bytes);
            w->pages[s][p] = (uint64_t)(uintptr_t)on_device_new(dirt, w->page_bytes);
        }
    }
    free(dirt);
    w->on_pages = on_device_new(w->pages, sizeof w->pages);
}

/* Stores n tokens of a sequence from position `first` on, here and there. */
static void store(const trial *t, world *w, int seq, int first, int n, rng_state *r)
{
    const size_t key_row = (size_t)(t->n_kv * t->d_k) + 8, value_row = (size_t)(t->n_kv * t->d_v) + 16;
    float *const key = malloc((size_t)n * key_row * 4), *const value = malloc((size_t)n * value_row * 4);
    int32_t *const seqs = malloc((size_t)n * 4), *const positions = malloc((size_t)n * 4);
    for (int i = 0; i < n; i++) {
        seqs[i] = seq;
        positions[i] = first + i;
        for (size_t k = 0; k < key_row; k++)
            key[(size_t)i * key_row + k] = number(t, r);
        for (size_t k = 0; k < value_row; k++)
            value[(size_t)i * value_row + k] = number(t, r);
        for (int h = 0; h < t->n_kv; h++)
            kv_store(&w->kv, &(kv_head){seq, LAYER, (size_t)h}, first + i, key + (size_t)i * key_row + h * t->d_k,
                     value + (size_t)i * value_row + h * t->d_v);
    }
    const gpu_store_args a = {.cache.pages = w->on_pages,
                              .key = on_device_new(key, (size_t)n * key_row * 4),
                              .value = on_device_new(value, (size_t)n * value_row * 4),
                              .seq = on_device_new(seqs, (size_t)n * 4),
                              .position = on_device_new(positions, (size_t)n * 4),
                              .n = t->d_k,
                              .d_v = t->d_v,
                              .key_token = (int)key_row,
                              .value_token = (int)value_row,
                              .ld_pages = 128,
                              .type = t->type,
                              .offset = LAYER * (size_t)t->n_kv * w->kv.head_bytes,
                              .head_bytes = w->kv.head_bytes,
                              .key_bytes = w->kv.key_bytes};
    ON_DEVICE(launch_store, &a, t->n_kv, n);
    free(key), free(value);
    on_device_wait();
    free(seqs), free(positions);
}

/* Equal bits, or both NaN: n numbers of 2 or 4 bytes. */
static void check_numbers(const uint8_t *expected, const uint8_t *got, size_t n, size_t size)
{
    for (size_t i = 0; i < n; i++) {
        const uint8_t *const a = expected + i * size, *const b = got + i * size;
        assert_true(size == 2 ? check_same(half_load(a), half_load(b))
                              : check_same(f32_from_bits(load_le32(a)), f32_from_bits(load_le32(b))));
    }
}

/* The n bytes of the keys or values of a head, of which the first n_codes are codes. */
static void check_part(gpu_kv_type type, const uint8_t *expected, const uint8_t *got, size_t n, size_t n_codes)
{
    const size_t begin = type == GPU_KV_Q8_0 ? n_codes : 0, size = type == GPU_KV_F32 ? 4 : 2;
    assert_memory_equal(expected, got, begin);
    check_numbers(expected + begin, got + begin, (n - begin) / size, size);
}

static void check_pages(const world *w, const trial *t)
{
    uint8_t *const got = malloc(w->page_bytes);
    for (int s = 0; s < SEQS; s++) {
        for (int p = 0; p * KV_PAGE < t->n_cached[s] + t->n_tokens[s]; p++) {
            on_device_get(got, (void *)(uintptr_t)w->pages[s][p], w->page_bytes);
            const uint8_t *const expected = host_page(w, s, p);
            for (size_t at = 0; at < w->page_bytes; at += w->kv.head_bytes) {
                const size_t values = at + w->kv.key_bytes;
                check_part(t->type, expected + at, got + at, w->kv.key_bytes, kv_key_codes(t->d_k));
                check_part(t->type, expected + values, got + values, w->kv.head_bytes - w->kv.key_bytes,
                           kv_value_codes(t->d_v));
            }
        }
    }
    free(got);
}

static void make_tokens(const trial *t, world *w, rng_state *r)
{
    const int heads = t->n_kv * t->per_kv;
    for (int s = 0; s < SEQS; s++) {
        for (int i = 0; i < t->n_tokens[s]; i++) {
            const int at = w->n_tokens++, end = t->n_cached[s] + i + 1;
            w->seq[at] = s;
            w->position[at] = end - 1;
            w->end[at] = end;
            w->begin[at] = t->n_window > 0 && end > t->n_window ? end - t->n_window : 0;
        }
    }
    w->q = malloc((size_t)(w->n_tokens * heads * t->d_k) * 4);
    w->sinks = malloc((size_t)heads * 4);
    for (int i = 0; i < w->n_tokens * heads * t->d_k; i++)
        w->q[i] = number(t, r);
    for (int i = 0; i < heads; i++)
        w->sinks[i] = number(t, r);
}

/* One query span by span: attend_span and join of forward/attend.c. */
static void expect(const trial *t, const world *w, int token, int head, float *answer)
{
    running_softmax total = {-INFINITY, 0};
    float out[HEAD_MAX];
    const int begin = w->begin[token], end = w->end[token], heads = t->n_kv * t->per_kv;
    for (int span = begin / (KV_SPAN * KV_PAGE); span * KV_SPAN * KV_PAGE < end; span++) {
        const int first = span * KV_SPAN > begin / KV_PAGE ? span * KV_SPAN : begin / KV_PAGE;
        const int last =
            (span + 1) * KV_SPAN < (end + KV_PAGE - 1) / KV_PAGE ? (span + 1) * KV_SPAN : (end + KV_PAGE - 1) / KV_PAGE;
        const void *keys[KV_SPAN], *values[KV_SPAN];
        attend_query query = {.q = w->q + (token * heads + head) * t->d_k, .begin = begin, .end = end, .out = out};
        kv_page_pointers(&w->kv, &(kv_head){w->seq[token], LAYER, (size_t)(head / t->per_kv)}, first, last, keys,
                         values);
        scalar.attend(&(attend_args){.type = w->kv.type,
                                     .d_k = t->d_k,
                                     .d_v = t->d_v,
                                     .scale = 0.125f,
                                     .keys = keys,
                                     .values = values,
                                     .first_page = first,
                                     .n_pages = last - first,
                                     .queries = &query,
                                     .n = 1});
        if (query.state.sum != 0)
            running_add(&total, answer, &query.state, out, t->d_v);
    }
    running_finish(&total, t->has_sinks ? &w->sinks[head] : NULL, answer, t->d_v);
}

/* Blocks of neighbouring tokens of one sequence. */
static int make_blocks(const world *w, int together, gpu_block *blocks)
{
    int n = 0;
    for (int i = 0; i < w->n_tokens; i++) {
        if (n > 0 && blocks[n - 1].n < together && w->seq[i] == w->seq[i - 1])
            blocks[n - 1].n++;
        else
            blocks[n++] = (gpu_block){i, 1};
    }
    return n;
}

static void attend_there(const trial *t, const world *w, float *got)
{
    const int heads = t->n_kv * t->per_kv, n = w->n_tokens;
    const size_t n_out = (size_t)(n * heads * t->d_v);
    gpu_block blocks[TOKENS_MAX_TEST];
    const int n_blocks = make_blocks(w, launch_attend_shape(t->d_k, t->d_v, t->per_kv).tokens_together, blocks);
    int first = INT32_MAX, end = 0;
    for (int i = 0; i < n; i++) {
        first = w->begin[i] < first ? w->begin[i] : first;
        end = w->end[i] > end ? w->end[i] : end;
    }
    const int first_span = first / 1024, n_spans = (end - 1) / 1024 + 1 - first_span;
    gpu_attend_args a = {.cache.pages = w->on_pages,
                         .blocks = on_device_new(blocks, sizeof blocks),
                         .q = on_device_new(w->q, (size_t)(n * heads * t->d_k) * 4),
                         .sinks = t->has_sinks ? on_device_new(w->sinks, (size_t)heads * 4) : NULL,
                         .seq = on_device_new(w->seq, sizeof w->seq),
                         .begin = on_device_new(w->begin, sizeof w->begin),
                         .end = on_device_new(w->end, sizeof w->end),
                         .out = on_device_new(NULL, n_out * 4),
                         .n = t->d_k,
                         .d_v = t->d_v,
                         .n_heads = heads,
                         .heads_per_kv = t->per_kv,
                         .q_token = heads * t->d_k,
                         .q_head = t->d_k,
                         .out_token = heads * t->d_v,
                         .out_head = t->d_v,
                         .ld_pages = 128,
                         .first_span = first_span,
                         .n_spans = n_spans,
                         .is_split = t->is_split,
                         .scale = 0.125f,
                         .offset = LAYER * (size_t)t->n_kv * w->kv.head_bytes,
                         .head_bytes = w->kv.head_bytes,
                         .key_bytes = w->kv.key_bytes};
    if (t->is_split) {
        a.span_out = on_device_new(NULL, n_out * (size_t)n_spans * 4);
        a.span_state = on_device_new(NULL, (size_t)(n * heads * n_spans) * 8);
    }
    ON_DEVICE(launch_attend, &a, t->type, n_blocks, t->n_kv, n);
    on_device_get(got, a.out, n_out * 4);
}

static void try(const trial *t, rng_state *r)
{
    world w = {0};
    make_cache(t, &w);
    for (int s = 0; s < SEQS; s++)
        store(t, &w, s, 0, t->n_cached[s] + t->n_tokens[s], r);
    check_pages(&w, t);
    make_tokens(t, &w, r);
    const int heads = t->n_kv * t->per_kv;
    float *const got = malloc((size_t)(w.n_tokens * heads * t->d_v) * 4), expected[HEAD_MAX];
    attend_there(t, &w, got);
    for (int i = 0; i < w.n_tokens * heads; i++) {
        char what[160];
        snprintf(what, sizeof what, "type %d, %d x %d heads of %d and %d, token %d, head %d, [%d, %d)%s", t->type,
                 t->n_kv, t->per_kv, t->d_k, t->d_v, i / heads, i % heads, w.begin[i / heads], w.end[i / heads],
                 t->is_split ? ", split" : "");
        expect(t, &w, i / heads, i % heads, expected);
        check_equal(what, "the device", expected, got + i * t->d_v, (size_t)t->d_v);
    }
    free(got), free(w.q), free(w.sinks);
    kv_free(&w.kv);
}

static void test_attention_over_any_heads_has_the_definitions_bits(void **state)
{
    (void)state;
    static const int HEADS[][4] = {{8, 8, 2, 1},      {64, 64, 2, 8},  {40, 40, 1, 3},
                                   {128, 128, 1, 5},  {7, 8, 1, 2},    {192, 128, 1, 2},
                                   {576, 512, 1, 16}, {100, 24, 3, 4}, {1024, 1024, 1, 1}};
    rng_state r;
    rng_seed(&r, 1);
    for (size_t i = 0; i < sizeof HEADS / sizeof *HEADS; i++) {
        for (int type = 0; type < 3; type++) {
            const int n_big = HEADS[i][0] > 256;
            try(&(trial){.type = (gpu_kv_type)type,
                         .d_k = HEADS[i][0],
                         .d_v = HEADS[i][1],
                         .n_kv = HEADS[i][2],
                         .per_kv = HEADS[i][3],
                         .n_tokens = {n_big ? 2 : 5, 1},
                         .n_cached = {n_big ? 31 : 60, 0},
                         .n_window = i % 3 == 1 ? 40 : 0,
                         .has_sinks = type != 1,
                         .is_split = i % 2 == 0},
                &r);
        }
    }
}

static void test_spans_are_joined_in_order(void **state)
{
    (void)state;
    rng_state r;
    rng_seed(&r, 2);
    for (int i = 0; i < 6; i++)
        try(&(trial){.type = (gpu_kv_type)(i % 3),
                     .d_k = 16,
                     .d_v = 16,
                     .n_kv = 2,
                     .per_kv = 4,
                     .n_tokens = {3, 2},
                     .n_cached = {i < 3 ? 2100 : 1022, 1500},
                     .n_window = i == 4 ? 100 : 0,
                     .has_sinks = i % 2 == 0,
                     .is_split = i < 4},
            &r);
}

/* NaN, infinities and numbers at the edges, in keys, values, queries and sinks. */
static void test_attention_over_extreme_numbers_has_the_definitions_bits(void **state)
{
    (void)state;
    rng_state r;
    rng_seed(&r, 3);
    for (int i = 0; i < 9; i++)
        try(&(trial){.type = (gpu_kv_type)(i % 3),
                     .d_k = 32,
                     .d_v = 32,
                     .n_kv = 1,
                     .per_kv = 4,
                     .n_tokens = {6, 1},
                     .n_cached = {70, 3},
                     .has_sinks = true,
                     .is_split = i % 2 == 0,
                     .is_wild = true},
            &r);
}

static void test_heads_that_no_block_has_room_for_are_refused(void **state)
{
    (void)state;
    sw_err err;
    sw_err_clear(&err);
    gpu_attend_args a = {.n = 3073, .d_v = 64, .heads_per_kv = 1};
    assert_int_equal(launch_attend(on_stream, &a, GPU_KV_F16, 1, 1, 1, &err), SW_EINVAL);
    assert_non_null(strstr(err.msg, "heads of at most 3072 elements, not 3073 and 64"));
}

#define ON(name) cmocka_unit_test_setup_teardown(name, on_device_open, on_device_close)

int main(void)
{
    kernels_fill_scalar(&scalar);
    const struct CMUnitTest tests[] = {
        ON(test_attention_over_any_heads_has_the_definitions_bits),
        ON(test_spans_are_joined_in_order),
        ON(test_attention_over_extreme_numbers_has_the_definitions_bits),
        ON(test_heads_that_no_block_has_room_for_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
