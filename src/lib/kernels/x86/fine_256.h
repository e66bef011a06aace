/* fine_256.h - the product of Q8_0, which reads fine codes too, in registers of 256 bits: written once, included by
 * matmul_avx2.c and matmul_avxvnni.c behind `add_products`.
 *
 * An activation's two codes are one number of 15 bits (128 code + fine), and 16-bit products need neither offsets nor
 * care for signs.  Weights are widened too: of the bytes of four consecutive k, the even ones become one register of
 * pairs and the odd ones another, so activations are laid out the same way: k, k + 2, k + 1, k + 3.
 *
 * Few tokens: weights are widened on the way from memory.  Many tokens: a block of K of two tiles is widened once into
 * a scratch of 17 KiB, and four tokens at a time pass over it.
 */
#ifndef KERNELS_X86_FINE_256_H
#define KERNELS_X86_FINE_256_H

#include "kernels/x86/pass_256.h"

enum {
    FINE_BYTES = 544,   // of a block: a group of 16 rows
    FINE_TILES = 2,     // in the scratch
    FINE_GROUPS = 8,    // groups of 32 k in the scratch
    FINE_DIRECT = 32,   // groups whose activations are widened at once when there is no scratch
    FINE_DIRECT_MAX = 7 // tokens that are better multiplied straight from the tile
};

/* Some activations of a few tokens, widened. */
typedef struct wide {
    int16_t code[PASS_MAX][FINE_DIRECT * K_GROUP];
    const float *scale[PASS_MAX];
} wide;

INLINE void widen_tokens(const tokens *x, int n, size_t n_groups, wide *out)
{
    const __m256i even_first =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15));
    for (int i = 0; i < n; i++) {
        out->scale[i] = x->scale[i];
        for (size_t k = 0; k < n_groups * K_GROUP; k += 16) {
            const __m128i code = _mm_loadu_si128((const __m128i *)(const void *)(x->coarse.code[i] + k));
            const __m128i fine = _mm_loadu_si128((const __m128i *)(const void *)(x->fine.code[i] + k));
            const __m256i both =
                _mm256_add_epi16(_mm256_slli_epi16(_mm256_cvtepi8_epi16(code), 7), _mm256_cvtepi8_epi16(fine));
            _mm256_storeu_si256((__m256i *)(void *)(out->code[i] + k), _mm256_shuffle_epi8(both, even_first));
        }
    }
}

/* The even and the odd k of chunk c of one half of a tile. */
INLINE void widen_chunk(const uint8_t *block, int c, int half, __m256i even_odd[2])
{
    const __m256i code = load_bytes(block + 32 + CHUNK * c + CHUNK / 2 * half);
    const __m256i sign = _mm256_xor_si256(code, _mm256_set1_epi8(-128));
    even_odd[0] = _mm256_srai_epi16(_mm256_slli_epi16(sign, 8), 8);
    even_odd[1] = _mm256_srai_epi16(sign, 8);
}

/* Of 128ths, as the codes are. */
INLINE __m256 fine_scale(const uint8_t *block, int half)
{
    return _mm256_mul_ps(load_f16(block, half), _mm256_set1_ps(1.0f / 128));
}

/* Adds the sums of group g of one token to 8 rows. */
INLINE __m256 add_scaled(__m256 scale, const wide *x, int i, size_t at, __m256i dot, __m256 acc)
{
    return _mm256_fmadd_ps(_mm256_mul_ps(scale, _mm256_set1_ps(x->scale[i][at])), _mm256_cvtepi32_ps(dot), acc);
}

/* ---- few tokens ------------------------------------------------------------------------------------------------- */

INLINE void fine_direct(int n, const uint8_t *tile, const act_rows *x, size_t first, float *y, size_t ld)
{
    __m256 acc[HALVES * PASS_MAX];
    UNROLL
    for (int j = 0; j < HALVES * n; j++)
        acc[j] = _mm256_setzero_ps();
    const size_t n_groups = x->n_cols / K_GROUP;
    for (size_t g0 = 0; g0 < n_groups; g0 += FINE_DIRECT) {
        const size_t n_here = n_groups - g0 < FINE_DIRECT ? n_groups - g0 : FINE_DIRECT;
        const tokens t = tokens_at(x, first, n, g0 * K_GROUP);
        wide w;
        widen_tokens(&t, n, n_here, &w);
        for (size_t g = 0; g < n_here; g++, tile += FINE_BYTES) {
            prefetch(tile + AHEAD, FINE_BYTES);
            UNROLL
            for (int half = 0; half < HALVES; half++) {
                __m256i dot[PASS_MAX];
                UNROLL
                for (int i = 0; i < n; i++)
                    dot[i] = _mm256_setzero_si256();
                UNROLL
                for (int c = 0; c < N_CHUNKS; c++) {
                    __m256i even_odd[2];
                    widen_chunk(tile, c, half, even_odd);
                    UNROLL
                    for (int i = 0; i < n; i++) {
                        const int16_t *const four = w.code[i] + g * K_GROUP + 4 * c;
                        dot[i] = add_products(dot[i], even_odd[0], broadcast4(four));
                        dot[i] = add_products(dot[i], even_odd[1], broadcast4(four + 2));
                    }
                }
                const __m256 scale = fine_scale(tile, half);
                UNROLL
                for (int i = 0; i < n; i++)
                    acc[half * n + i] = add_scaled(scale, &w, i, g, dot[i], acc[half * n + i]);
            }
        }
    }
    store(n, acc, y, ld);
}

INLINE void fine_few(const uint8_t *tile, const act_rows *x, size_t n, float *y, size_t ld)
{
    for (size_t i = 0; i < n;) {
        const size_t take = n - i < PASS_MAX ? n - i : PASS_MAX;
        switch (take) {
        case 1: fine_direct(1, tile, x, i, y + i * ld, ld); break;
        case 2: fine_direct(2, tile, x, i, y + i * ld, ld); break;
        case 3: fine_direct(3, tile, x, i, y + i * ld, ld); break;
        case 4: fine_direct(4, tile, x, i, y + i * ld, ld); break;
        }
        i += take;
    }
}

/* ---- many tokens ------------------------------------------------------------------------------------------------ */

/* Some groups along K of one tile, widened. */
typedef struct wide_block {
    __m256i code[FINE_GROUPS][N_CHUNKS][2][HALVES]; // even and odd
    __m256 scale[FINE_GROUPS][HALVES];
} wide_block;

INLINE void widen_block(const uint8_t *tile, size_t n_groups, wide_block *b)
{
    for (size_t g = 0; g < n_groups; g++, tile += FINE_BYTES) {
        prefetch(tile + FINE_GROUPS * FINE_BYTES, FINE_BYTES);
        UNROLL
        for (int half = 0; half < HALVES; half++) {
            b->scale[g][half] = fine_scale(tile, half);
            UNROLL
            for (int c = 0; c < N_CHUNKS; c++) {
                __m256i even_odd[2];
                widen_chunk(tile, c, half, even_odd);
                b->code[g][c][0][half] = even_odd[0];
                b->code[g][c][1][half] = even_odd[1];
            }
        }
    }
}

/* Adds a block to n tokens of y. */
INLINE void fine_pass(int n, const wide_block *b, size_t n_groups, const wide *x, bool is_first, float *y, size_t ld)
{
    __m256 acc[HALVES * PASS_MAX];
    UNROLL
    for (int j = 0; j < HALVES * n; j++) {
        const float *const from = y + (size_t)(j % n) * ld + j / n * (TILE_ROWS / HALVES);
        acc[j] = is_first ? _mm256_setzero_ps() : _mm256_loadu_ps(from);
    }
    for (size_t g = 0; g < n_groups; g++) {
        __m256i dot[HALVES * PASS_MAX];
        UNROLL
        for (int j = 0; j < HALVES * n; j++)
            dot[j] = _mm256_setzero_si256();
        UNROLL
        for (int pair = 0; pair < 2 * N_CHUNKS; pair++) {
            UNROLL
            for (int i = 0; i < n; i++) {
                const __m256i two = broadcast4(x->code[i] + g * K_GROUP + 2 * pair);
                UNROLL
                for (int m = 0; m < HALVES; m++)
                    dot[m * n + i] = add_products(dot[m * n + i], b->code[g][pair / 2][pair % 2][m], two);
            }
        }
        UNROLL
        for (int j = 0; j < HALVES * n; j++)
            acc[j] = add_scaled(b->scale[g][j / n], x, j % n, g, dot[j], acc[j]);
    }
    store(n, acc, y, ld);
}

INLINE void fine_many(const uint8_t *tile, size_t tile_bytes, size_t n_tiles, const act_rows *x, size_t n, float *y,
                      size_t ld)
{
    wide_block b[FINE_TILES];
    wide w;
    for (size_t k = 0; k < x->n_cols; k += FINE_GROUPS * K_GROUP, tile += FINE_GROUPS * FINE_BYTES) {
        const size_t left = (x->n_cols - k) / K_GROUP, n_groups = left < FINE_GROUPS ? left : FINE_GROUPS;
        for (size_t m = 0; m < n_tiles; m++)
            widen_block(tile + m * tile_bytes, n_groups, &b[m]);
        for (size_t i = 0; i < n;) {
            const size_t take = n - i < PASS_MAX ? 1 : PASS_MAX;
            const tokens t = tokens_at(x, i, (int)take, k);
            widen_tokens(&t, (int)take, n_groups, &w);
            for (size_t m = 0; m < n_tiles; m++) {
                float *const out = y + i * ld + m * TILE_ROWS;
                if (take == PASS_MAX)
                    fine_pass(PASS_MAX, &b[m], n_groups, &w, k == 0, out, ld);
                else
                    fine_pass(1, &b[m], n_groups, &w, k == 0, out, ld);
            }
            i += take;
        }
    }
}

static void matmul_Q8_0(const uint8_t *tiles, size_t n_tiles, const act_rows *x, size_t n, float *y, size_t ld)
{
    const size_t tile_bytes = x->n_cols / K_GROUP * FINE_BYTES;
    for (size_t t = 0; t < n_tiles;) {
        const size_t take = n > FINE_DIRECT_MAX && n_tiles - t >= FINE_TILES ? FINE_TILES : 1;
        const uint8_t *const tile = tiles + t * tile_bytes;
        float *const out = y + t * TILE_ROWS;
        if (n > FINE_DIRECT_MAX)
            fine_many(tile, tile_bytes, take, x, n, out, ld);
        else
            fine_few(tile, x, n, out, ld);
        t += take;
    }
}

#endif
