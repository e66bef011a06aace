/* test_half.c - 16-bit floats against a second formulation in double precision, over all there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/rng.h"
#include "quant/half.h"

/* The value by the format's formula: sign, exponent, fraction. */
static double value_of_half(uint16_t h)
{
    const int exponent = h >> 10 & 31, fraction = h & 1023;
    const double magnitude = exponent == 0    ? ldexp(fraction, -24)
                             : exponent == 31 ? (fraction == 0 ? (double)INFINITY : (double)NAN)
                                              : ldexp(1024 + fraction, exponent - 25);
    return h & 0x8000 ? -magnitude : magnitude;
}

static void test_every_half_has_its_value_and_comes_back(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 65536; h++) {
        const float f = f32_from_f16((uint16_t)h);
        const double expected = value_of_half((uint16_t)h);
        if (isnan(expected)) {
            assert_true(isnan(f) && isnan(f32_from_f16(f16_from_f32(f))));
            continue;
        }
        assert_true((double)f == expected && (signbit(f) != 0) == (h >= 0x8000));
        assert_int_equal(f16_from_f32(f), h);
    }
}

/* The nearer of the two halves around a positive f, by comparing distances; ties go to the even one. */
static uint16_t nearest_half(double f)
{
    uint16_t below = 0, above = 0x7c00; // bisection over magnitudes, which are ordered as their bits
    while (above - below > 1) {
        const uint16_t middle = (uint16_t)((above + below) / 2);
        if (value_of_half(middle) <= f)
            below = middle;
        else
            above = middle;
    }
    // Infinity takes the place of 2^16.
    const double to_above = (above == 0x7c00 ? 65536.0 : value_of_half(above)) - f, to_below = f - value_of_half(below);
    return to_below < to_above || (to_below == to_above && below % 2 == 0) ? below : above;
}

static void check_rounding(float f)
{
    const uint16_t expected = nearest_half(fabs((double)f));
    assert_int_equal(f16_from_f32(f), expected | (signbit(f) ? 0x8000 : 0));
}

static void test_floats_round_to_the_nearest_half(void **state)
{
    (void)state;
    rng_state r;
    rng_seed(&r, 1);
    for (uint16_t h = 0; h < 0x7c00; h++) {
        // Just below, at and just above the middle of every two adjacent numbers, where rounding is decided.
        const double next = h == 0x7bff ? 65536.0 : value_of_half((uint16_t)(h + 1));
        const float middle = (float)((value_of_half(h) + next) / 2);
        check_rounding(middle);
        check_rounding(-nextafterf(middle, 0.0f));
        check_rounding(nextafterf(middle, INFINITY));
    }
    for (int i = 0; i < 100000; i++) {
        const float f = f32_from_bits((uint32_t)rng_next(&r));
        if (isfinite(f))
            check_rounding(f);
    }
    assert_int_equal(f16_from_f32(INFINITY), 0x7c00);
    assert_int_equal(f16_from_f32(-INFINITY), 0xfc00);
}

static void test_every_bfloat_is_the_upper_half_of_a_float(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 65536; h++)
        assert_int_equal(f32_bits(f32_from_bf16((uint16_t)h)), h << 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_half_has_its_value_and_comes_back),
        cmocka_unit_test(test_floats_round_to_the_nearest_half),
        cmocka_unit_test(test_every_bfloat_is_the_upper_half_of_a_float),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
