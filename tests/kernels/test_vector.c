/* test_vector.c - everything but the matrix products and attention: scalar against double precision, every variant
 * against scalar bit by bit. */
#include "kernels/check.h"

#include <stdio.h>

#include "kernels/codes.h"
#include "kernels/scalar/math.h"

enum { MAX = 4200 };

typedef float (*value_fn)(rng_state *r);

static void fill(float *x, size_t n, value_fn value, rng_state *r)
{
    for (size_t i = 0; i < n; i++)
        x[i] = value(r);
}

/* ---- quantize --------------------------------------------------------------------------------------------------- */

static void quantize_like_scalar(value_fn value, float factor, rng_state *r)
{
    enum { GROUPS = 200, COUNT = GROUPS * K_GROUP };
    static float x[COUNT];
    fill(x, COUNT, value, r);
    for (int i = 0; i < COUNT; i++)
        x[i] *= factor;
    const kernels *const *all;
    const size_t n_all = kernels_all(&all);
    code_rows expected;
    assert_true(codes_alloc(&expected, COUNT, COUNT));
    all[0]->quantize(x, COUNT, &expected);
    for (size_t v = 0; v < n_all; v++) {
        for (int has_fine = 0; has_fine < 2; has_fine++) {
            const code_rows out = {.code = check_new(COUNT),
                                   .scale = check_new(GROUPS * sizeof(float)),
                                   .sum = check_new(2 * GROUPS * sizeof(int16_t)),
                                   .scaled_sum = has_fine ? check_new(GROUPS * sizeof(float)) : NULL,
                                   .fine = has_fine ? check_new(COUNT) : NULL,
                                   .fine_sum = has_fine ? check_new(2 * GROUPS * sizeof(int16_t)) : NULL};
            all[v]->quantize(x, COUNT, &out);
            assert_memory_equal(out.code, expected.code, COUNT);
            assert_memory_equal(out.sum, expected.sum, 2 * GROUPS * sizeof(int16_t));
            check_equal("quantize", all[v]->name, expected.scale, out.scale, GROUPS);
            check_free(out.code, COUNT);
            check_free(out.scale, GROUPS * sizeof(float));
            check_free(out.sum, 2 * GROUPS * sizeof(int16_t));
            if (!has_fine)
                continue;
            check_equal("quantize, sums", all[v]->name, expected.scaled_sum, out.scaled_sum, GROUPS);
            check_free(out.scaled_sum, GROUPS * sizeof(float));
            assert_memory_equal(out.fine, expected.fine, COUNT);
            assert_memory_equal(out.fine_sum, expected.fine_sum, 2 * GROUPS * sizeof(int16_t));
            check_free(out.fine, COUNT);
            check_free(out.fine_sum, 2 * GROUPS * sizeof(int16_t));
        }
    }
    codes_free(&expected, COUNT, COUNT);
}

static void test_quantize_is_equal_to_scalar_at_every_magnitude(void **state)
{
    (void)state;
    rng_state r;
    rng_seed(&r, 1);
    for (int exponent = -149; exponent < 128; exponent++)
        quantize_like_scalar(check_unit, ldexpf(1.0f, exponent), &r);
    quantize_like_scalar(check_mixed, 1.0f, &r);
    quantize_like_scalar(check_edge, 1.0f, &r);
}

/* Halves between two codes: 127 / max is a power of two here, so that every product is exact. */
static float half_step(rng_state *r)
{
    const int i = (int)(rng_next(r) % 509) - 254;
    return (float)i * 0.25f;
}

static void test_quantize_rounds_halves_to_even(void **state)
{
    (void)state;
    rng_state r;
    rng_seed(&r, 2);
    quantize_like_scalar(half_step, 1.0f, &r);
    const float x[K_GROUP] = {127.0f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f, 3.0f + 0.5f / 128, 3.0f + 1.5f / 128};
    static const int8_t CODES[10] = {127, 0, 2, 2, 0, -2, -2, 3, 3, 0},
                        FINE[10] = {0, 64, -64, 64, -64, 64, -64, 0, 2, 0};
    int8_t code[K_GROUP], fine[K_GROUP];
    float scale;
    int16_t sum[2], fine_sum[2];
    const code_rows out = {.code = code, .scale = &scale, .sum = sum, .fine = fine, .fine_sum = fine_sum};
    const kernels *const *all;
    const size_t n_all = kernels_all(&all);
    for (size_t v = 0; v < n_all; v++) {
        all[v]->quantize(x, K_GROUP, &out);
        assert_memory_equal(code, CODES, sizeof CODES);
        assert_memory_equal(fine, FINE, sizeof FINE);
        assert_true(scale == 1.0f && sum[0] == 133 && sum[1] == 0 && fine_sum[0] == 2 && fine_sum[1] == 0);
    }
}

/* Codes alone are within half a step of a value, codes and fine codes within a 256th of one. */
static void test_fine_codes_tell_a_value_to_15_bits(void **state)
{
    (void)state;
    enum { COUNT = 100 * K_GROUP };
    static float x[COUNT];
    rng_state r;
    rng_seed(&r, 3);
    fill(x, COUNT, check_unit, &r);
    code_rows c;
    assert_true(codes_alloc(&c, COUNT, COUNT));
    const kernels *const *all;
    kernels_all(&all);
    all[0]->quantize(x, COUNT, &c);
    double coarse = 0, fine = 0;
    for (size_t i = 0; i < COUNT; i++) {
        const double step = (double)c.scale[i / K_GROUP], t = (double)x[i] / step;
        coarse = fmax(coarse, fabs(t - c.code[i]));
        fine = fmax(fine, fabs(t - c.code[i] - c.fine[i] / 128.0));
    }
    assert_true(coarse > 0.49 && coarse < 0.5001);
    assert_true(fine > 0.0038 && fine < 1.01 / 256);
    codes_free(&c, COUNT, COUNT);
}

/* ---- norms ------------------------------------------------------------------------------------------------------ */

typedef void (*norm_fn)(const float *x, const float *w, const float *b, size_t n, float eps, float *y);

static norm_fn norm_of(const kernels *k, bool is_layernorm)
{
    return is_layernorm ? k->layernorm : k->rmsnorm;
}

static void norm_like_scalar(bool is_layernorm, size_t n, bool has_bias, value_fn value, rng_state *r)
{
    float x[MAX], w[MAX], b[MAX], expected[MAX];
    fill(x, n, value, r);
    fill(w, n, check_unit, r);
    fill(b, n, check_unit, r);
    const kernels *const *all;
    const size_t n_all = kernels_all(&all);
    norm_of(all[0], is_layernorm)(x, w, has_bias ? b : NULL, n, 1e-5f, expected);
    for (size_t v = 0; v < n_all; v++) {
        float *const y = check_new(n * sizeof *y);
        norm_of(all[v], is_layernorm)(x, w, has_bias ? b : NULL, n, 1e-5f, y);
        check_equal("norm", all[v]->name, expected, y, n);
        memcpy(y, x, n * sizeof *y);
        norm_of(all[v], is_layernorm)(y, w, has_bias ? b : NULL, n, 1e-5f, y);
        check_equal("norm in place", all[v]->name, expected, y, n);
        check_free(y, n * sizeof *y);
    }
}

static void test_norms_are_equal_to_scalar(void **state)
{
    (void)state;
    static const size_t SIZES[] = {1, 2, 15, 16, 17, 31, 64, 100, 2880, 4199};
    rng_state r;
    rng_seed(&r, 3);
    for (int i = 0; i < 4; i++) {
        for (size_t j = 0; j < sizeof SIZES / sizeof *SIZES; j++) {
            norm_like_scalar(i & 1, SIZES[j], i & 2, check_unit, &r);
            norm_like_scalar(i & 1, SIZES[j], i & 2, check_mixed, &r);
        }
    }
}

static void test_scalar_norms_agree_with_double_precision(void **state)
{
    (void)state;
    enum { N = 2880 };
    rng_state r;
    rng_seed(&r, 4);
    float x[N], w[N], b[N], y[N];
    fill(x, N, check_unit, &r);
    fill(w, N, check_unit, &r);
    fill(b, N, check_unit, &r);
    const kernels *const *all;
    kernels_all(&all);
    for (int is_layernorm = 0; is_layernorm < 2; is_layernorm++) {
        double mean = 0, squares = 0;
        for (int i = 0; i < N; i++)
            mean += is_layernorm ? (double)x[i] / N : 0.0;
        for (int i = 0; i < N; i++)
            squares += ((double)x[i] - mean) * ((double)x[i] - mean);
        norm_of(all[0], is_layernorm)(x, w, b, N, 1e-5f, y);
        for (int i = 0; i < N; i++) {
            const double expected = ((double)x[i] - mean) / sqrt(squares / N + 1e-5) * (double)w[i] + (double)b[i];
            check_close("norm", expected, y[i], 2e-6);
        }
    }
}

/* ---- activation functions --------------------------------------------------------------------------------------- */

typedef void (*gate_fn)(const float *gate, const float *up, size_t n, float *y);

static void gates_like_scalar(const float *gate, const float *up, size_t n)
{
    const kernels *const *all;
    const size_t n_all = kernels_all(&all);
    float expected[MAX];
    for (int is_oai = 0; is_oai < 2; is_oai++) {
        (is_oai ? all[0]->swiglu_oai : all[0]->swiglu)(gate, up, n, expected);
        for (size_t v = 1; v < n_all; v++) {
            const gate_fn f = is_oai ? all[v]->swiglu_oai : all[v]->swiglu;
            float *const y = check_new(n * sizeof *y);
            f(gate, up, n, y);
            check_equal(is_oai ? "swiglu_oai" : "swiglu", all[v]->name, expected, y, n);
            memcpy(y, gate, n * sizeof *y);
            f(y, up, n, y);
            check_equal("swiglu in place", all[v]->name, expected, y, n);
            check_free(y, n * sizeof *y);
        }
    }
}

static void test_gates_are_equal_to_scalar(void **state)
{
    (void)state;
    static const size_t SIZES[] = {1, 7, 16, 33, 1000, 4199};
    rng_state r;
    rng_seed(&r, 5);
    float gate[MAX], up[MAX];
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        fill(gate, SIZES[i], check_mixed, &r);
        fill(up, SIZES[i], check_mixed, &r);
        gates_like_scalar(gate, up, SIZES[i]);
        fill(gate, SIZES[i], check_edge, &r);
        fill(up, SIZES[i], check_edge, &r);
        gates_like_scalar(gate, up, SIZES[i]);
    }
}

/* Every 997th float there is, as a gate: exp over its whole range. */
static void test_exp_is_equal_to_scalar_over_all_floats(void **state)
{
    (void)state;
    enum { N = 4096, STEP = 997 };
    float gate[N], up[N];
    for (int i = 0; i < N; i++)
        up[i] = 1.0f;
    for (uint64_t bits = 0; bits < UINT64_C(1) << 32;) {
        for (int i = 0; i < N; i++, bits += STEP)
            gate[i] = f32_from_bits((uint32_t)bits);
        gates_like_scalar(gate, up, N);
    }
}

static void test_exp_is_within_two_ten_millionths(void **state)
{
    (void)state;
    for (int i = -8733; i <= 8872; i++) {
        const float x = (float)i * 0.01f;
        check_close("exp", 1.0, (float)((double)math_expf(x) / exp((double)x)), 2e-7);
    }
    assert_true(math_expf(-88.0f) == 0.0f && math_expf(-INFINITY) == 0.0f && isinf(math_expf(89.0f)) &&
                isnan(math_expf(NAN)));
}

static void test_scalar_gates_agree_with_double_precision(void **state)
{
    (void)state;
    const kernels *const *all;
    kernels_all(&all);
    for (int i = -300; i <= 300; i++) {
        const float g = (float)i * 0.05f, u = (float)(i * 7 % 100) * 0.1f;
        float y;
        all[0]->swiglu(&g, &u, 1, &y);
        const double silu = (double)g / (1.0 + exp(-(double)g)) * (double)u;
        check_close("swiglu", silu, y, 1e-6 * (fabs(silu) + 1e-3));
        all[0]->swiglu_oai(&g, &u, 1, &y);
        const double clipped = fmin((double)g, 7.0), bounded = fmax(-7.0, fmin(7.0, (double)u));
        const double oai = clipped / (1.0 + exp(-1.702 * clipped)) * (bounded + 1.0);
        check_close("swiglu_oai", oai, y, 2e-6 * (fabs(oai) + 1e-3));
    }
}

/* ---- softmax ---------------------------------------------------------------------------------------------------- */

static void softmax_like_scalar(const float *x, size_t n, float max, float t)
{
    const kernels *const *all;
    const size_t n_all = kernels_all(&all);
    float expected[MAX];
    all[0]->softmax_weights(x, n, max, t, expected);
    for (size_t v = 1; v < n_all; v++) {
        float *const y = check_new(n * sizeof *y);
        all[v]->softmax_weights(x, n, max, t, y);
        check_equal("softmax_weights", all[v]->name, expected, y, n);
        memcpy(y, x, n * sizeof *y);
        all[v]->softmax_weights(y, n, max, t, y);
        check_equal("softmax_weights in place", all[v]->name, expected, y, n);
        check_free(y, n * sizeof *y);
    }
}

static void test_softmax_weights_are_equal_to_scalar(void **state)
{
    (void)state;
    static const size_t SIZES[] = {1, 7, 16, 33, 1000, 4199};
    static const float TEMPERATURES[] = {1, 0.3f, 2, 1e-38f, 0x1p-149f, 3e38f};
    rng_state r;
    rng_seed(&r, 9);
    float x[MAX];
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        for (size_t j = 0; j < sizeof TEMPERATURES / sizeof *TEMPERATURES; j++) {
            fill(x, SIZES[i], check_mixed, &r);
            softmax_like_scalar(x, SIZES[i], 10.0f, TEMPERATURES[j]);
            fill(x, SIZES[i], check_edge, &r);
            softmax_like_scalar(x, SIZES[i], FLT_MAX, TEMPERATURES[j]);
        }
    }
}

static void test_scalar_softmax_weights_agree_with_double_precision(void **state)
{
    (void)state;
    const kernels *const *all;
    kernels_all(&all);
    for (int i = 0; i <= 2000; i++) {
        const float x = 3.0f - (float)i * 0.01f;
        float y;
        all[0]->softmax_weights(&x, 1, 3.0f, 0.7f, &y);
        const double expected = exp(((double)x - 3.0) / (double)0.7f);
        check_close("softmax_weights", expected, y, 4e-6 * expected);
        assert_true(y <= 1.0f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantize_is_equal_to_scalar_at_every_magnitude),
        cmocka_unit_test(test_quantize_rounds_halves_to_even),
        cmocka_unit_test(test_fine_codes_tell_a_value_to_15_bits),
        cmocka_unit_test(test_norms_are_equal_to_scalar),
        cmocka_unit_test(test_scalar_norms_agree_with_double_precision),
        cmocka_unit_test(test_gates_are_equal_to_scalar),
        cmocka_unit_test(test_exp_is_equal_to_scalar_over_all_floats),
        cmocka_unit_test(test_exp_is_within_two_ten_millionths),
        cmocka_unit_test(test_scalar_gates_agree_with_double_precision),
        cmocka_unit_test(test_softmax_weights_are_equal_to_scalar),
        cmocka_unit_test(test_scalar_softmax_weights_agree_with_double_precision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
