/* check.h - shared by the kernel tests: numbers at the edges, guarded outputs, comparison bit by bit. */
#ifndef KERNEL_CHECK_H
#define KERNEL_CHECK_H

// <cmocka.h> needs these four before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "kernels/kernels.h"
#include "quant/half.h"

enum { CHECK_GUARD = 64, CHECK_CANARY = 0xa5 };

/* An output buffer between guard bytes; everything in it is canary before the kernel runs. */
static inline void *check_new(size_t bytes)
{
    uint8_t *const p = malloc(bytes + 2 * CHECK_GUARD);
    assert_non_null(p);
    memset(p, CHECK_CANARY, bytes + 2 * CHECK_GUARD);
    return p + CHECK_GUARD;
}

/* Frees a buffer of check_new after looking at its guards. */
static inline void check_free(void *buffer, size_t bytes)
{
    uint8_t *const p = (uint8_t *)buffer - CHECK_GUARD;
    for (size_t i = 0; i < CHECK_GUARD; i++) {
        assert_int_equal(p[i], CHECK_CANARY);
        assert_int_equal(p[CHECK_GUARD + bytes + i], CHECK_CANARY);
    }
    free(p);
}

/* Equal bits, or both NaN: which NaN is not part of the definition. */
static inline bool check_same(float a, float b)
{
    return f32_bits(a) == f32_bits(b) || (isnan(a) && isnan(b));
}

static inline void check_equal(const char *what, const char *variant, const float *expected, const float *got, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!check_same(expected[i], got[i]))
            fail_msg("%s: %s gives %a at %zu of %zu, scalar %a", what, variant, (double)got[i], i, n,
                     (double)expected[i]);
    }
}

static inline void check_close(const char *what, double expected, float got, double tolerance)
{
    if (!(fabs((double)got - expected) <= tolerance))
        fail_msg("%s: %.9g instead of %.9g, more than %g off", what, (double)got, expected, tolerance);
}

/* In (-1, 1). */
static inline float check_unit(rng_state *r)
{
    return 2.0f * rng_float(r) - 1.0f;
}

/* A value from the edges of float32. */
static inline float check_edge(rng_state *r)
{
    static const float EDGES[] = {0.0f,     -0.0f,     INFINITY,   -INFINITY, NAN,      FLT_MIN,
                                  -FLT_MIN, 0x1p-149f, -0x1p-130f, FLT_MAX,   -FLT_MAX, 1.0f,
                                  -1.0f,    7.0f,      -7.0f,      88.72283f, 88.8f,    -87.33654f,
                                  -87.4f,   -88.8f,    0x1p-119f,  0x1p-120f, 65504.0f, 1e30f};
    return EDGES[rng_next(r) % (sizeof EDGES / sizeof *EDGES)];
}

/* Mostly ordinary values, some edges. */
static inline float check_mixed(rng_state *r)
{
    return rng_next(r) % 8 == 0 ? check_edge(r) : 10.0f * check_unit(r);
}

#endif
