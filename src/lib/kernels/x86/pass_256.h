/* pass_256.h - what the products in registers of 256 bits begin with. */
#ifndef KERNELS_X86_PASS_256_H
#define KERNELS_X86_PASS_256_H

#include "kernels/lanes/tokens.h"
#include "kernels/quantized.h"
#include "kernels/x86/avx2.h"
#include "kernels/x86/formats_avx2.h"
#include "quant/tile.h"

enum {
    DIRECT_PASS = 4, // tokens per pass over a tile: 8 sums in 16 registers
    PASS_MAX = 4,    // tokens per pass, of either kind
    HALVES = 2,      // of a tile, 8 rows each
    AHEAD = 4096     // bytes to prefetch ahead
};

INLINE __m256i broadcast4(const void *p)
{
    int32_t v;
    memcpy(&v, p, sizeof v);
    return _mm256_set1_epi32(v);
}

INLINE void store(int n, const __m256 *acc, float *y, size_t ld)
{
    UNROLL
    for (int j = 0; j < HALVES * n; j++)
        _mm256_storeu_ps(y + (size_t)(j % n) * ld + j / n * (TILE_ROWS / HALVES), acc[j]);
}

INLINE void prefetch(const uint8_t *p, size_t n)
{
    UNROLL
    for (size_t line = 0; line < n; line += 64)
        _mm_prefetch((const char *)p + line, _MM_HINT_T0);
}

#endif
