/* The sampler against its definition written down plainly: sort everything, walk along it, for every combination of
 * filters and for shapes of distributions that a fast selection could stumble over. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/sampler.h"
#include "kernels/scalar/math.h"

enum { N_MAX = 5000 };

typedef struct token {
    double key; // the lower, the earlier
    float logit;
    uint64_t weight; // 2^-40
    int32_t id;
} token;

static int by_rank(const void *a, const void *b)
{
    const token *const x = a, *const y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->id - y->id;
}

static int by_id(const void *a, const void *b)
{
    return ((const token *)a)->id - ((const token *)b)->id;
}

static uint64_t mass_of(const token *list, int n)
{
    uint64_t sum = 0;
    for (int i = 0; i < n; i++)
        sum += list[i].weight;
    return sum;
}

/* How many of the first ones reach a share of the mass. */
static int reach(const token *list, int n, float share)
{
    const double need = (double)share * (double)mass_of(list, n);
    uint64_t sum = 0;
    int kept = 0;
    while (kept < n && (kept == 0 || (double)sum < need))
        sum += list[kept++].weight;
    return kept;
}

/* The definition in sampler.h, word by word. */
static int32_t pick_plainly(const sw_sampling *s, const float *logits, int n, double uniform)
{
    static token list[N_MAX];
    float max = logits[0];
    for (int i = 0; i < n; i++)
        max = logits[i] > max ? logits[i] : max;
    int m = 0;
    for (int i = 0; i < n; i++) {
        const uint64_t weight = (uint64_t)(math_expf((logits[i] - max) / s->temperature) * 0x1p40f);
        if (weight > 0)
            list[m++] = (token){.key = -(double)logits[i], .logit = logits[i], .weight = weight, .id = i};
    }
    qsort(list, (size_t)m, sizeof *list, by_rank);
    if (s->top_k > 0 && s->top_k < m)
        m = s->top_k;
    if (s->typical_p > 0 && s->typical_p < 1) {
        double mean = 0;
        qsort(list, (size_t)m, sizeof *list, by_id);
        for (int i = 0; i < m; i++)
            mean += (double)list[i].weight * (double)((list[i].logit - max) / s->temperature);
        mean /= (double)mass_of(list, m);
        for (int i = 0; i < m; i++)
            list[i].key = (double)(float)fabs(mean - (double)((list[i].logit - max) / s->temperature));
        qsort(list, (size_t)m, sizeof *list, by_rank);
        m = reach(list, m, s->typical_p);
        for (int i = 0; i < m; i++)
            list[i].key = -(double)list[i].logit;
        qsort(list, (size_t)m, sizeof *list, by_rank);
    }
    if (s->top_p > 0 && s->top_p < 1)
        m = reach(list, m, s->top_p);
    uint64_t best = 0;
    for (int i = 0; i < m; i++)
        best = list[i].weight > best ? list[i].weight : best;
    int kept = 0;
    for (int i = 0; i < m; i++) {
        if (s->min_p == 0 || (float)list[i].weight >= s->min_p * (float)best)
            list[kept++] = list[i];
    }
    qsort(list, (size_t)kept, sizeof *list, by_id);
    const double mark = floor(uniform * (double)mass_of(list, kept));
    uint64_t sum = 0;
    for (int i = 0; i < kept - 1; i++) {
        sum += list[i].weight;
        if (mark < (double)sum)
            return list[i].id;
    }
    return list[kept - 1].id;
}

/* ---- distributions ----------------------------------------------------------------------------------------------- */

typedef float (*shape_fn)(int i, int n, rng_state *r);

static float flat(int i, int n, rng_state *r)
{
    (void)i, (void)n, (void)r;
    return 0.5f;
}

static float noise(int i, int n, rng_state *r)
{
    (void)i, (void)n;
    return 2 * rng_float(r);
}

/* As language models are: a few tokens far above many. */
static float peaked(int i, int n, rng_state *r)
{
    (void)i, (void)n;
    const float u = rng_float(r);
    return 25 * u * u * u * u;
}

static float few_values(int i, int n, rng_state *r)
{
    (void)i, (void)n;
    return (float)(rng_next(r) % 5);
}

static float rising(int i, int n, rng_state *r)
{
    (void)r;
    return (float)i * 20 / (float)n;
}

/* All but equal: every token in one bucket. */
static float hair(int i, int n, rng_state *r)
{
    (void)i, (void)n;
    return 1 + 1e-6f * rng_float(r);
}

static float one_alone(int i, int n, rng_state *r)
{
    (void)r;
    return i == n / 2 ? 3e38f : -3e38f;
}

static const shape_fn SHAPES[] = {flat, noise, peaked, few_values, rising, hair, one_alone};

/* ---- the comparison ---------------------------------------------------------------------------------------------- */

static void compare(sw_sampling params, const float *logits, int n, int n_draws, const sampler_scratch *scratch)
{
    params.seed = 5;
    sampler s;
    sw_err err = {0};
    assert_int_equal(sampler_init(&s, &params, 1, &err), SW_OK);
    const sampler_input input = {.logits = logits, .n_vocab = n};
    for (int i = 0; i < n_draws; i++) {
        rng_state rng = s.rng; // the number that the sampler will take
        const int32_t expected = pick_plainly(&params, logits, n, (double)(rng_next(&rng) >> 11) * 0x1p-53);
        int32_t id = -1;
        assert_int_equal(sampler_pick(&s, &input, scratch, &id, &err), SW_OK);
        if (id != expected)
            fail_msg("draw %d of %d tokens at temperature %g, top-k %d, typical %g, top-p %g, min-p %g: %d, not %d", i,
                     n, (double)params.temperature, params.top_k, (double)params.typical_p, (double)params.top_p,
                     (double)params.min_p, id, expected);
    }
    sampler_free(&s);
}

static void compare_filters(float temperature, const float *logits, int n, const sampler_scratch *scratch)
{
    static const int TOP_K[] = {0, 1, 40, 1000};
    static const float TYPICAL[] = {1, 0.5f, 0.95f}, TOP_P[] = {1, 1e-6f, 0.5f, 0.95f, 0.9999f};
    static const float MIN_P[] = {0, 0.05f, 1};
    for (int k = 0; k < 4; k++) {
        for (int t = 0; t < 3; t++) {
            for (int p = 0; p < 5; p++) {
                for (int m = 0; m < 3; m++) {
                    const sw_sampling params = {.temperature = temperature,
                                                .top_k = TOP_K[k],
                                                .typical_p = TYPICAL[t],
                                                .top_p = TOP_P[p],
                                                .min_p = MIN_P[m]};
                    compare(params, logits, n, 3, scratch);
                }
            }
        }
    }
}

static void test_every_combination_of_filters_gives_what_sorting_gives(void **state)
{
    (void)state;
    static const int SIZES[] = {1, 2, 3, 100, 1025};
    static const float TEMPERATURES[] = {0.3f, 1, 2.5f};
    static float logits[N_MAX];
    rng_state r;
    rng_seed(&r, 11);
    for (size_t shape = 0; shape < sizeof SHAPES / sizeof *SHAPES; shape++) {
        for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
            const int n = SIZES[i];
            sampler_scratch scratch;
            assert_true(sampler_scratch_init(&scratch, n));
            for (int j = 0; j < n; j++)
                logits[j] = SHAPES[shape](j, n, &r);
            for (size_t t = 0; t < sizeof TEMPERATURES / sizeof *TEMPERATURES; t++)
                compare_filters(TEMPERATURES[t], logits, n, &scratch);
            sampler_scratch_free(&scratch);
        }
    }
}

static void test_every_share_cuts_where_sorting_cuts(void **state)
{
    (void)state;
    static float logits[N_MAX];
    rng_state r;
    rng_seed(&r, 12);
    sampler_scratch scratch;
    assert_true(sampler_scratch_init(&scratch, N_MAX));
    for (size_t shape = 0; shape < sizeof SHAPES / sizeof *SHAPES; shape++) {
        for (int j = 0; j < N_MAX; j++)
            logits[j] = SHAPES[shape](j, N_MAX, &r);
        for (int share = 1; share < 40; share++)
            compare((sw_sampling){.temperature = 1, .top_p = (float)share / 40}, logits, N_MAX, 2, &scratch);
        for (int k = 1; k < N_MAX; k += 1 + k / 2)
            compare((sw_sampling){.temperature = 1, .top_k = k}, logits, N_MAX, 2, &scratch);
    }
    sampler_scratch_free(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_combination_of_filters_gives_what_sorting_gives),
        cmocka_unit_test(test_every_share_cuts_where_sorting_cuts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
