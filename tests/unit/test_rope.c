/* Rotary embedding: the published frequencies of real models, sine and cosine against libm, and the rotation itself. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "forward/rope.h"

typedef struct expected_frequency {
    int pair;
    double value; // radians per position
} expected_frequency;

static void check_frequencies(const hparams *h, const expected_frequency *rows, size_t n)
{
    rope_table r;
    assert_true(rope_init(&r, h, NULL));
    for (size_t i = 0; i < n; i++) {
        const double actual = r.inv_freq[rows[i].pair];
        if (!(fabs(actual - rows[i].value) <= 5e-9 * rows[i].value))
            fail_msg("pair %d: %.10g is not %.10g", rows[i].pair, actual, rows[i].value);
    }
    rope_free(&r);
}

/* ---- YaRN ---- */

static hparams gpt_oss(bool yarn_rounds)
{
    return (hparams){.arch = {.rope = ROPE_NEOX, .yarn_rounds = yarn_rounds},
                     .n_rot = 64,
                     .rope_base = 150000,
                     .rope_scaling = SCALING_YARN,
                     .rope_factor = 32,
                     .rope_ctx_orig = 4096,
                     .rope_attn_factor = 1};
}

static void test_gpt_oss_frequencies_follow_the_original_code(void **state)
{
    (void)state;
    static const expected_frequency ROWS[] = {
        {0, 1},
        {1, 0.689044306},
        {7, 0.0737445682},
        {8, 0.0508132748},
        {9, 0.0317056962},
        {10, 0.0193350011},
        {12, 0.00679495949},
        {13, 0.00386035932},
        {16, 0.000456483919},
        {17, 0.000129318701},
        {18, 3.83088124e-05},
        {20, 1.81883367e-05},
        {31, 3.02351143e-07},
    };
    const hparams h = gpt_oss(false);
    check_frequencies(&h, ROWS, sizeof ROWS / sizeof ROWS[0]);
}

static void test_gpt_oss_frequencies_can_follow_llama_cpp(void **state)
{
    (void)state;
    static const expected_frequency ROWS[] = {
        {0, 1},
        {8, 0.0508132748},
        {9, 0.0316207523},
        {10, 0.0194509675},
        {12, 0.00701571391},
        {13, 0.00406955471},
        {16, 0.000580947502},
        {17, 0.000227947796},
        {18, 3.83088124e-05},
        {31, 3.02351143e-07},
    };
    const hparams h = gpt_oss(true);
    check_frequencies(&h, ROWS, sizeof ROWS / sizeof ROWS[0]);
}

static void test_deepseek_v2_lite_frequencies(void **state)
{
    (void)state;
    static const expected_frequency ROWS[] = {
        {5, 0.237137371},     {10, 0.0562341325},   {11, 0.0390069266}, {16, 0.0055},
        {22, 0.000177827941}, {23, 3.33380358e-05}, {24, 2.5e-05},      {31, 3.33380358e-06},
    };
    const hparams h = {.arch = {.rope = ROPE_NORM, .yarn_rounds = true},
                       .n_rot = 64,
                       .rope_base = 10000,
                       .rope_scaling = SCALING_YARN,
                       .rope_factor = 40,
                       .rope_ctx_orig = 4096,
                       .rope_attn_factor = 1};
    check_frequencies(&h, ROWS, sizeof ROWS / sizeof ROWS[0]);
}

static float magnitude(rope_scaling scaling, float factor, float attn_factor)
{
    hparams h = gpt_oss(true);
    h.rope_scaling = scaling;
    h.rope_factor = factor;
    h.rope_attn_factor = attn_factor;
    rope_table r;
    assert_true(rope_init(&r, &h, NULL));
    const float m = r.magnitude;
    rope_free(&r);
    return m;
}

static void test_magnitudes(void **state)
{
    (void)state;
    assert_float_equal(magnitude(SCALING_YARN, 32, 1), 1.3465735902799727f, 1e-7f);
    assert_float_equal(magnitude(SCALING_YARN, 32, 0.5f), 0.67328679513998635f, 1e-7f);
    assert_true(magnitude(SCALING_YARN, 1, 1) == 1.0f);
    assert_true(magnitude(SCALING_NONE, 32, 1) == 1.0f);
    assert_true(magnitude(SCALING_LINEAR, 32, 1.19023807f) == 1.19023807f); // LongRoPE's, from the file
}

/* ---- the other scalings ---- */

static void test_linear_scaling_and_factors_divide_the_frequencies(void **state)
{
    (void)state;
    static const float FACTORS[4] = {1, 2, 4, 64.5f};
    hparams h = {.arch = {.rope = ROPE_NEOX},
                 .n_rot = 8,
                 .rope_base = 10000,
                 .rope_factor = 4,
                 .rope_ctx_orig = 4096,
                 .rope_attn_factor = 1};
    static const rope_scaling SCALINGS[] = {SCALING_NONE, SCALING_LINEAR};
    for (int s = 0; s < 2; s++) {
        h.rope_scaling = SCALINGS[s];
        for (int with = 0; with < 2; with++) {
            rope_table r;
            assert_true(rope_init(&r, &h, with ? FACTORS : NULL));
            for (int i = 0; i < 4; i++) {
                const double expected = pow(10000, -i / 4.0) / (with ? (double)FACTORS[i] : 1) / (s ? 4 : 1);
                assert_true(fabs(r.inv_freq[i] - expected) <= 1e-11 * expected);
            }
            rope_free(&r);
        }
    }
}

/* ---- sine and cosine ---- */

static void check_sincos(double x)
{
    double s, c;
    rope_sincos(x, &s, &c);
    if (!(fabs(s - sin(x)) <= 1e-12) || !(fabs(c - cos(x)) <= 1e-12))
        fail_msg("x = %.17g: sine off by %.3g, cosine by %.3g", x, s - sin(x), c - cos(x));
}

static void test_sine_and_cosine_agree_with_libm(void **state)
{
    (void)state;
    static const double EDGES[] = {0, 1e-300, 0x1p-1074, 1e-9, 0.5, 1, 0x1p30, -0x1p30, 1048576, 131071.999};
    for (size_t i = 0; i < sizeof EDGES / sizeof EDGES[0]; i++)
        check_sincos(EDGES[i]);
    const double quarter = 1.57079632679489661923;
    for (int i = -2000; i <= 2000; i++) { // where the quadrant changes, and the middle of each
        check_sincos(i * quarter / 2);
        check_sincos(nextafter(i * quarter, 1e9));
        check_sincos(nextafter(i * quarter, -1e9));
    }
    rng_state rng;
    rng_seed(&rng, 1);
    for (int i = 0; i < 200000; i++) {
        const double magnitude_of_x = ldexp(1, (int)(rng_next(&rng) % 61) - 30); // 2^-30 .. 2^30
        check_sincos((2 * (double)rng_float(&rng) - 1) * magnitude_of_x);
    }
}

static void test_angles_out_of_range_are_no_numbers(void **state)
{
    (void)state;
    static const double BEYOND[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, 1e30, -1e18};
    for (size_t i = 0; i < sizeof BEYOND / sizeof BEYOND[0]; i++) {
        double s = 0, c = 0;
        rope_sincos(BEYOND[i], &s, &c);
        assert_true(isnan(s) && isnan(c)); // and the sequence that meets them ends, rather than answer nonsense
    }
}

/* ---- rotation ---- */

static void check_rotation(rope_kind kind, const int pairs[4][2])
{
    enum { N_ROT = 8, HEAD = 12, POSITION = 1000 };
    const hparams h = {.arch = {.rope = kind},
                       .n_rot = N_ROT,
                       .rope_base = 10000,
                       .rope_factor = 1,
                       .rope_scaling = SCALING_NONE,
                       .rope_ctx_orig = 4096,
                       .rope_attn_factor = 1};
    rope_table r;
    assert_true(rope_init(&r, &h, NULL));
    float cosines[N_ROT / 2], sines[N_ROT / 2], head[HEAD], original[HEAD];
    rope_angles(&r, POSITION, cosines, sines);
    for (int i = 0; i < HEAD; i++)
        head[i] = original[i] = (float)(i + 1);
    rope_apply(&r, cosines, sines, head);
    for (int i = 0; i < 4; i++) {
        const double angle = POSITION * pow(10000, -i / 4.0);
        const double a = (double)original[pairs[i][0]], b = (double)original[pairs[i][1]];
        assert_float_equal(head[pairs[i][0]], a * cos(angle) - b * sin(angle), 1e-5);
        assert_float_equal(head[pairs[i][1]], a * sin(angle) + b * cos(angle), 1e-5);
    }
    for (int i = N_ROT; i < HEAD; i++)
        assert_true(head[i] == original[i]); // beyond n_rot nothing changes
    rope_free(&r);
}

static void test_pairs_are_rotated_as_their_kind_says(void **state)
{
    (void)state;
    check_rotation(ROPE_NORM, (const int[4][2]){{0, 1}, {2, 3}, {4, 5}, {6, 7}});
    check_rotation(ROPE_NEOX, (const int[4][2]){{0, 4}, {1, 5}, {2, 6}, {3, 7}});
}

static void test_position_zero_changes_nothing(void **state)
{
    (void)state;
    const hparams h = {.arch = {.rope = ROPE_NEOX},
                       .n_rot = 4,
                       .rope_base = 10000,
                       .rope_factor = 1,
                       .rope_scaling = SCALING_LINEAR,
                       .rope_ctx_orig = 4096,
                       .rope_attn_factor = 1};
    rope_table r;
    assert_true(rope_init(&r, &h, NULL));
    float cosines[2], sines[2], head[4] = {1, -2, 3, -4};
    rope_angles(&r, 0, cosines, sines);
    rope_apply(&r, cosines, sines, head);
    assert_true(head[0] == 1 && head[1] == -2 && head[2] == 3 && head[3] == -4);
    rope_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gpt_oss_frequencies_follow_the_original_code),
        cmocka_unit_test(test_gpt_oss_frequencies_can_follow_llama_cpp),
        cmocka_unit_test(test_deepseek_v2_lite_frequencies),
        cmocka_unit_test(test_magnitudes),
        cmocka_unit_test(test_linear_scaling_and_factors_divide_the_frequencies),
        cmocka_unit_test(test_sine_and_cosine_agree_with_libm),
        cmocka_unit_test(test_angles_out_of_range_are_no_numbers),
        cmocka_unit_test(test_pairs_are_rotated_as_their_kind_says),
        cmocka_unit_test(test_position_zero_changes_nothing),
    };
    return cmocka_run_group_tests_name("rope", tests, NULL, NULL);
}
