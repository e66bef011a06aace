/* pass_256.h - the parts that all products in 256-bit registers share: widths, groups, loads and stores of a pass. */
#ifndef KERNELS_X86_PASS_256_H
#define KERNELS_X86_PASS_256_H

#include "kernels/lanes/operands.h"
#include "kernels/variants.h"
#include "kernels/x86/formats_avx2.h"

enum {
    DIRECT_PASS_256 = 4, // tokens per pass over a tile: 8 sums in 16 registers
    PASS_MAX_256 = 4,    // tokens per pass, over a tile or over the scratch
    HALVES = 2,          // of a tile, 8 rows each
    AHEAD_256 = 4096,    // bytes to prefetch ahead
    WHOLE_GROUP = 2      // a part of a group of 32 k: halves are 0 and 1
};

/* Group g of `halves` halves of a tile and of some tokens.  Sums are by half and token: [m * n + i].  The two counts
 * are constants wherever one is made. */
typedef struct group_256 {
    int halves, n;
    const __m256i *code[HALVES]; // (TILE_CHUNKS) of each half
    const __m256 *scale[HALVES]; // (4) of each half
    const tokens *x;
    size_t g; // of the groups that x begins with
} group_256;

/* The chunks [first, end) of a part of a group. */
INLINE int first_chunk_256(int part)
{
    return part == 1 ? TILE_CHUNKS / 2 : 0;
}

INLINE int end_chunk_256(int part)
{
    return part == 0 ? TILE_CHUNKS / 2 : TILE_CHUNKS;
}

INLINE __m256i broadcast4_256(const void *p)
{
    int32_t v;
    memcpy(&v, p, sizeof v);
    return _mm256_set1_epi32(v);
}

/* -offset times the sum of the activation codes of a part of a group of token i: what `offset`, added to the weights'
 * codes, adds to the products, taken away. */
INLINE __m256i offset_sum_256(int offset, group_256 at, int part, int i)
{
    const int low = part == 1 ? 0 : -offset & 0xffff, high = part == 0 ? 0 : -offset * 0x10000;
    return _mm256_madd_epi16(broadcast4_256(at.x->coarse.sum[i] + 2 * at.g), _mm256_set1_epi32(low | high));
}

/* The sums of both halves of a tile and of n tokens to y. */
INLINE void store_pass_256(int n, const __m256 *acc, float *y, size_t ld)
{
    UNROLL
    for (int j = 0; j < HALVES * n; j++)
        _mm256_storeu_ps(y + (size_t)(j % n) * ld + j / n * HALF_ROWS, acc[j]);
}

/* The sums so far, or zeros at the first block of K. */
INLINE void load_pass_256(int n, bool is_first, const float *y, size_t ld, __m256 *acc)
{
    UNROLL
    for (int j = 0; j < HALVES * n; j++) {
        const float *const from = y + (size_t)(j % n) * ld + j / n * HALF_ROWS;
        acc[j] = is_first ? _mm256_setzero_ps() : _mm256_loadu_ps(from);
    }
}

INLINE void prefetch_256(const uint8_t *p, size_t n)
{
    UNROLL
    for (size_t line = 0; line < n; line += 64)
        _mm_prefetch((const char *)p + line, _MM_HINT_T0);
}

#endif
