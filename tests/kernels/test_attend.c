/* test_attend.c - attention over a span of pages: scalar against double precision, every variant against scalar bit by
 * bit, and the same answer to a query in any call. */
#include "kernels/check.h"

#include <stdio.h>

#include "kernels/scalar/math.h"

typedef float (*value_fn)(rng_state *r);

enum { PAGES = 12, D_MAX = 576, PAGE_BYTES = KV_PAGE * D_MAX * 4, QUERIES = ATTEND_QUERIES };

static const tensor_type TYPES[] = {TYPE_F16, TYPE_F32, TYPE_Q8_0};
enum { N_TYPES = sizeof TYPES / sizeof *TYPES };

/* The pages of one KV head, and their contents as floats. */
typedef struct cache {
    _Alignas(64) uint8_t key[PAGES][PAGE_BYTES], value[PAGES][PAGE_BYTES];
    float key_f32[PAGES * KV_PAGE][D_MAX], value_f32[PAGES * KV_PAGE][D_MAX];
    const void *keys[PAGES], *values[PAGES];
    float q[QUERIES][D_MAX];
} cache;

static cache kv; // large

/* ---- filling pages ---- */

/* Codes and F16 scales of a vector; `back` gets the values that they represent. */
static void quantize(const float *x, int n, int8_t *code, uint16_t *scale, float *back)
{
    const kernels *const *all;
    kernels_all(&all);
    float padded[D_MAX] = {0}, scales[D_MAX / K_GROUP];
    int16_t sums[D_MAX / 16];
    memcpy(padded, x, (size_t)n * sizeof *x);
    all[0]->quantize(padded, kv_groups(n) * K_GROUP, &(code_rows){.code = code, .scale = scales, .sum = sums});
    for (size_t g = 0; g < kv_groups(n); g++)
        scale[g] = f16_from_f32(scales[g]);
    for (int i = 0; i < n; i++)
        back[i] = (float)code[i] * f32_from_f16(scale[i / K_GROUP]);
}

static void put_key(tensor_type type, int position, int d_k, const float *x)
{
    uint8_t *const page = kv.key[position / KV_PAGE];
    const size_t at = (size_t)position % KV_PAGE;
    float *const back = kv.key_f32[position];
    if (type == TYPE_Q8_0) {
        int8_t code[D_MAX];
        uint16_t scale[D_MAX / K_GROUP];
        quantize(x, d_k, code, scale, back);
        for (size_t i = 0; i < kv_groups(d_k) * K_GROUP; i++)
            page[(i / 4 * KV_PAGE + at) * 4 + i % 4] = (uint8_t)code[i];
        for (size_t g = 0; g < kv_groups(d_k); g++)
            memcpy(page + kv_key_codes(d_k) + 2 * (g * KV_PAGE + at), &scale[g], 2);
        return;
    }
    for (int i = 0; i < d_k; i++) {
        const size_t element = (size_t)i * KV_PAGE + at;
        back[i] = type == TYPE_F16 ? f32_from_f16(f16_from_f32(x[i])) : x[i];
        if (type == TYPE_F16)
            half_store(page + 2 * element, x[i]);
        else
            memcpy(page + 4 * element, &x[i], 4);
    }
}

static void put_value(tensor_type type, int position, int d_v, const float *x)
{
    uint8_t *const page = kv.value[position / KV_PAGE];
    const size_t at = (size_t)position % KV_PAGE, d = (size_t)d_v;
    float *const back = kv.value_f32[position];
    if (type == TYPE_Q8_0) {
        int8_t code[D_MAX];
        uint16_t scale[D_MAX / K_GROUP];
        quantize(x, d_v, code, scale, back);
        memcpy(page + at * d, code, d);
        for (size_t g = 0; g < kv_groups(d_v); g++)
            memcpy(page + kv_value_codes(d_v) + 2 * (g * KV_PAGE + at), &scale[g], 2);
        return;
    }
    for (int i = 0; i < d_v; i++) {
        back[i] = type == TYPE_F16 ? f32_from_f16(f16_from_f32(x[i])) : x[i];
        if (type == TYPE_F16)
            half_store(page + 2 * (at * d + (size_t)i), x[i]);
        else
            memcpy(page + 4 * (at * d + (size_t)i), &x[i], 4);
    }
}

static void fill(float *x, size_t n, value_fn value, rng_state *r)
{
    for (size_t i = 0; i < n; i++)
        x[i] = value(r);
}

/* Fills positions [begin, end); all others are NaN (bytes of 0xff), as a reused page might be. */
static void fill_cache(const attend_args *a, int begin, int end, value_fn value, rng_state *r)
{
    memset(kv.key, 0xff, sizeof kv.key);
    memset(kv.value, 0xff, sizeof kv.value);
    float x[D_MAX];
    for (int p = begin; p < end; p++) {
        fill(x, (size_t)a->d_k, value, r);
        put_key(a->type, p, a->d_k, x);
        fill(x, (size_t)a->d_v, value, r);
        put_value(a->type, p, a->d_v, x);
    }
    for (int p = 0; p < PAGES; p++) {
        kv.keys[p] = kv.key[p];
        kv.values[p] = kv.value[p];
    }
}

/* ---- calls ---- */

/* A call of n queries that see [begin, end), each begin and end moved on by `step` from one query to the next. */
typedef struct call {
    attend_args a;
    attend_query queries[QUERIES];
    float out[QUERIES][D_MAX];
} call;

static void make_call(call *c, tensor_type type, int d_k, int d_v, int n, int begin, int end, int step)
{
    *c = (call){.a = {.type = type, .d_k = d_k, .d_v = d_v, .scale = 1.0f / sqrtf((float)d_k), .n = n}};
    for (int i = 0; i < n; i++)
        c->queries[i] = (attend_query){.q = kv.q[i], .begin = begin + i * step, .end = end + i * step};
    const int last = c->queries[n - 1].end;
    c->a.queries = c->queries;
    c->a.first_page = begin / KV_PAGE;
    c->a.n_pages = (last + KV_PAGE - 1) / KV_PAGE - c->a.first_page;
    c->a.keys = kv.keys + c->a.first_page;
    c->a.values = kv.values + c->a.first_page;
}

static void run(call *c, const kernels *k)
{
    for (int i = 0; i < c->a.n; i++) {
        c->queries[i].out = check_new((size_t)c->a.d_v * sizeof(float));
        c->queries[i].state = (running_softmax){12345, 54321};
    }
    k->attend(&c->a);
    for (int i = 0; i < c->a.n; i++) {
        memcpy(c->out[i], c->queries[i].out, (size_t)c->a.d_v * sizeof(float));
        check_free(c->queries[i].out, (size_t)c->a.d_v * sizeof(float));
    }
}

static void compare(const char *what, const char *name, const call *expected, int first, const call *got)
{
    const attend_args *const a = &got->a;
    char text[160];
    for (int i = 0; i < a->n; i++) {
        const attend_query *const e = &expected->queries[first + i], *const q = &got->queries[i];
        snprintf(text, sizeof text, "attend %s, type %d, d %d and %d, query %d of %d, [%d, %d)", what, (int)a->type,
                 a->d_k, a->d_v, i, a->n, q->begin, q->end);
        check_equal(text, name, expected->out[first + i], got->out[i], (size_t)a->d_v);
        check_equal(text, name, &e->state.max, &q->state.max, 1);
        check_equal(text, name, &e->state.sum, &q->state.sum, 1);
    }
}

static void like_scalar(call *c, const char *what)
{
    static call expected, got;
    const kernels *const *all;
    const size_t n_all = kernels_all(&all);
    expected = *c;
    expected.a.queries = expected.queries;
    run(&expected, all[0]);
    for (size_t v = 1; v < n_all; v++) {
        got = *c;
        got.a.queries = got.queries;
        run(&got, all[v]);
        compare(what, all[v]->name, &expected, 0, &got);
    }
}

static void make_queries(value_fn value, rng_state *r)
{
    for (int i = 0; i < QUERIES; i++)
        fill(kv.q[i], D_MAX, value, r);
}

static const int HEADS[][2] = {{8, 8},   {16, 16}, {24, 24},   {40, 40},   {64, 64},   {72, 72},   {80, 80},
                               {96, 96}, {7, 8},   {112, 112}, {128, 128}, {192, 128}, {576, 512}, {100, 24}};
enum { N_HEADS = sizeof HEADS / sizeof *HEADS };

static void test_any_window_is_equal_to_scalar(void **state)
{
    (void)state;
    static const int WINDOWS[][2] = {{0, 1},   {0, 32},   {0, 33},    {31, 32},   {31, 33},   {5, 6},  {40, 41},
                                     {0, 128}, {17, 300}, {100, 384}, {128, 256}, {200, 384}, {1, 384}};
    static call c;
    rng_state r;
    rng_seed(&r, 6);
    make_queries(check_unit, &r);
    for (int i = 0; i < N_HEADS; i++) {
        for (size_t j = 0; j < sizeof WINDOWS / sizeof *WINDOWS; j++) {
            make_call(&c, TYPES[(size_t)(i + (int)j) % N_TYPES], HEADS[i][0], HEADS[i][1], 1, WINDOWS[j][0],
                      WINDOWS[j][1], 0);
            fill_cache(&c.a, WINDOWS[j][0], WINDOWS[j][1], check_unit, &r);
            like_scalar(&c, "alone");
        }
    }
}

static void test_any_number_of_queries_is_equal_to_scalar(void **state)
{
    (void)state;
    static call c;
    rng_state r;
    rng_seed(&r, 9);
    make_queries(check_unit, &r);
    for (int n = 2; n <= QUERIES; n++) {
        for (int type = 0; type < N_TYPES; type++) {
            const int head = (n + 5 * type) % (N_HEADS - 2), step = n % 3;
            make_call(&c, TYPES[type], HEADS[head][0], HEADS[head][1], n, 20 * (n % 4), 64 + 37 * (n % 5), step);
            fill_cache(&c.a, c.queries[0].begin, c.queries[n - 1].end, check_unit, &r);
            like_scalar(&c, "together");
        }
    }
    for (int type = 0; type < N_TYPES; type++) { // windows that do not meet: some see nothing of some pages
        make_call(&c, TYPES[type], 64, 64, 9, 0, 30, 40);
        fill_cache(&c.a, 0, PAGES * KV_PAGE, check_unit, &r);
        like_scalar(&c, "apart");
        make_call(&c, TYPES[type], 576, 512, 16, 0, 300, 0);
        fill_cache(&c.a, 0, 300, check_unit, &r);
        like_scalar(&c, "latent");
    }
}

static void test_an_answer_does_not_depend_on_the_other_queries(void **state)
{
    (void)state;
    static call together, alone;
    rng_state r;
    rng_seed(&r, 10);
    make_queries(check_unit, &r);
    const kernels *const *all;
    const size_t n_all = kernels_all(&all);
    for (int type = 0; type < N_TYPES; type++) {
        for (size_t v = 0; v < n_all; v++) {
            make_call(&together, TYPES[type], 80, 80, 13, 35, 200, 5);
            fill_cache(&together.a, 35, 260, check_unit, &r);
            run(&together, all[v]);
            for (int i = 0; i < 13; i++) {
                make_call(&alone, TYPES[type], 80, 80, 1, 35 + 5 * i, 200 + 5 * i, 0);
                alone.queries[0].q = kv.q[i];
                run(&alone, all[v]);
                compare("one of many", all[v]->name, &together, i, &alone);
            }
        }
    }
}

static void test_extreme_numbers_are_equal_to_scalar(void **state)
{
    (void)state;
    static call c;
    rng_state r;
    rng_seed(&r, 7);
    for (int i = 0; i < 300; i++) {
        const int begin = (int)(rng_next(&r) % 300), end = begin + 1 + (int)(rng_next(&r) % 80);
        const int d = 8 * (1 + i % 8);
        make_queries(check_unit, &r);
        make_call(&c, TYPES[i % N_TYPES], d, d, 1 + i % 5, begin, end, i % 2);
        fill_cache(&c.a, begin, end + 4, check_unit, &r);
        // A few keys and values at the edges: not so many that every result is NaN.
        for (int j = 0; j < i % 5; j++) {
            float x[D_MAX];
            fill(x, (size_t)d, check_unit, &r);
            x[rng_next(&r) % (uint64_t)d] = check_edge(&r);
            const int position = begin + (int)(rng_next(&r) % (uint64_t)(end - begin));
            if (rng_next(&r) % 2 == 0)
                put_key(c.a.type, position, d, x);
            else
                put_value(c.a.type, position, d, x);
        }
        like_scalar(&c, "extreme");
        for (int k = 0; k < d; k++)
            kv.q[0][k] = i % 3 == 0 ? 1e30f : check_edge(&r);
        like_scalar(&c, "extreme query");
    }
    for (int type = 0; type < N_TYPES; type++) {
        make_queries(check_edge, &r);
        make_call(&c, TYPES[type], 64, 64, 3, 3, 90, 0);
        fill_cache(&c.a, 3, 90, check_edge, &r);
        like_scalar(&c, "edges only");
    }
}

/* ---- against double precision ---- */

/* The query as Q8_0 keys meet it. */
static void rounded_query(const attend_args *a, int i, float *q)
{
    int8_t code[D_MAX];
    float scale[D_MAX / K_GROUP], padded[D_MAX] = {0};
    int16_t sum[D_MAX / 16];
    const kernels *const *all;
    kernels_all(&all);
    memcpy(q, kv.q[i], (size_t)a->d_k * sizeof *q);
    if (a->type != TYPE_Q8_0)
        return;
    memcpy(padded, q, (size_t)a->d_k * sizeof *q);
    all[0]->quantize(padded, kv_groups(a->d_k) * K_GROUP, &(code_rows){.code = code, .scale = scale, .sum = sum});
    for (int k = 0; k < a->d_k; k++)
        q[k] = (float)code[k] * scale[k / K_GROUP];
}

static void near_double(tensor_type type, int d_k, int d_v, rng_state *r)
{
    static call c;
    make_queries(check_unit, r);
    for (int i = 0; i < d_k; i++)
        kv.q[1][i] *= 20.0f; // weights from almost none to almost all
    make_call(&c, type, d_k, d_v, 3, 40, 333, 7);
    fill_cache(&c.a, 40, 347, check_unit, r);
    const kernels *const *all;
    kernels_all(&all);
    run(&c, all[0]);
    for (int i = 0; i < 3; i++) {
        const attend_query *const q = &c.queries[i];
        double expected[D_MAX] = {0}, sum = 0;
        float rounded[D_MAX];
        rounded_query(&c.a, i, rounded);
        for (int t = q->begin; t < q->end; t++) {
            double score = 0;
            for (int k = 0; k < d_k; k++)
                score += (double)kv.key_f32[t][k] * (double)rounded[k];
            const double weight = exp(score * (double)c.a.scale - (double)q->state.max);
            sum += weight;
            for (int k = 0; k < d_v; k++)
                expected[k] += weight * (double)kv.value_f32[t][k];
        }
        check_close("sum", sum, q->state.sum, 2e-5 * sum);
        for (int k = 0; k < d_v; k++)
            check_close("attention", expected[k] / sum, c.out[i][k] / q->state.sum, 6e-6);
    }
}

static void test_scalar_agrees_with_double_precision(void **state)
{
    (void)state;
    rng_state r;
    rng_seed(&r, 8);
    for (int type = 0; type < N_TYPES; type++) {
        near_double(TYPES[type], 64, 64, &r);
        near_double(TYPES[type], 80, 112, &r);
    }
}

static void test_parts_join_to_the_whole(void **state)
{
    (void)state;
    // e^1 * 2 + e^3 * 5 with values 7 and 11, then a sink of 2.
    running_softmax s = {-INFINITY, 0};
    float out = 99;
    const float first = 7 * 2, second = 11 * 5, sink = 2;
    running_add(&s, &out, &(running_softmax){1, 2}, &first, 1);
    assert_true(s.max == 1 && s.sum == 2 && out == 14);
    running_add(&s, &out, &(running_softmax){3, 5}, &second, 1);
    running_finish(&s, &sink, &out, 1);
    const double whole = (14 * exp(1) + 55 * exp(3)) / (2 * exp(1) + 5 * exp(3) + exp(2));
    check_close("joined", whole, out, 1e-5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_window_is_equal_to_scalar),
        cmocka_unit_test(test_any_number_of_queries_is_equal_to_scalar),
        cmocka_unit_test(test_an_answer_does_not_depend_on_the_other_queries),
        cmocka_unit_test(test_extreme_numbers_are_equal_to_scalar),
        cmocka_unit_test(test_scalar_agrees_with_double_precision),
        cmocka_unit_test(test_parts_join_to_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
