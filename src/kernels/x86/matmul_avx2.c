/* matmul_avx2.c - quantized matrix products with AVX2.
 *
 * A register holds four consecutive k of 8 rows.  vpmaddubsw multiplies unsigned by signed bytes and adds pairs in
 * 16 bits, which saturate: a format says how many such pairs may be added up before they are widened, and those whose
 * unsigned codes would not fit even one (Q8_0, IQ4) keep signed codes and move their sign to the activations
 * (|w| <= 128 and |x| <= 127, so the pair is at most 32,512).  So the integer sums are exact, as the definition wants.
 */
#include "kernels/lanes/tokens.h"
#include "kernels/quantized.h"
#include "kernels/x86/avx2.h"
#include "kernels/x86/formats_avx2.h"
#include "quant/tile.h"

enum {
    PASS_MAX = 4, // tokens per pass over a tile: 8 sums in 16 registers
    HALVES = 2,   // of a tile, 8 rows each
    AHEAD = 4096  // bytes to prefetch ahead
};

INLINE __m256i broadcast4(const void *p)
{
    int32_t v;
    memcpy(&v, p, sizeof v);
    return _mm256_set1_epi32(v);
}

enum { BOTH = 2 }; // halves of a group

/* `factor` times the sum of the activation codes of one half (0, 1) of a group or of BOTH. */
INLINE __m256i sum_times(int factor, int part, __m256i sums)
{
    const int low = part == 1 ? 0 : factor & 0xffff, high = part == 0 ? 0 : factor * 0x10000;
    return _mm256_madd_epi16(sums, _mm256_set1_epi32(low | high));
}

/* Sums of two products of codes, in 16 bits. */
INLINE __m256i pairs_of(const format *f, __m256i code, __m256i x)
{
    return f->is_signed ? _mm256_maddubs_epi16(_mm256_abs_epi8(code), _mm256_sign_epi8(x, code))
                        : _mm256_maddubs_epi16(code, x);
}

/* The integer sum of the chunks [first, end) of token i. */
INLINE __m256i dot_of(const format *f, const __m256i code[N_CHUNKS], int first, int end, const int8_t *x, __m256i dot)
{
    UNROLL
    for (int c = first; c < end; c += f->n_wide) {
        __m256i pairs = pairs_of(f, code[c], broadcast4(x + 4 * c));
        UNROLL
        for (int j = c + 1; j < c + f->n_wide; j++)
            pairs = _mm256_add_epi16(pairs, pairs_of(f, code[j], broadcast4(x + 4 * j)));
        dot = _mm256_add_epi32(dot, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
    }
    return dot;
}

/* Adds group g of the n tokens, for 8 rows. */
INLINE void add_group(const format *f, int n, const __m256i code[N_CHUNKS], const __m256 scale[4], const tokens *x,
                      size_t g, __m256 acc[PASS_MAX])
{
    const int n_parts = 1 + f->has_halves;
    UNROLL
    for (int i = 0; i < n; i++) {
        const __m256 xs = _mm256_set1_ps(x->scale[i][g]);
        const __m256i sums = broadcast4(x->sum[i] + 2 * g);
        UNROLL
        for (int h = 0; h < n_parts; h++) {
            const int n_chunks = N_CHUNKS / n_parts, part = f->has_halves ? h : BOTH;
            const __m256i dot = dot_of(f, code, h * n_chunks, (h + 1) * n_chunks, x->code[i] + SW_GROUP * g,
                                       sum_times(-f->offset, part, sums));
            acc[i] = _mm256_fmadd_ps(_mm256_mul_ps(scale[h], xs), _mm256_cvtepi32_ps(dot), acc[i]);
            if (f->has_min) {
                const __m256 min = _mm256_mul_ps(scale[n_parts + h], xs);
                acc[i] = _mm256_fnmadd_ps(min, _mm256_cvtepi32_ps(sum_times(1, part, sums)), acc[i]);
            }
        }
    }
}

INLINE void pass(const format *f, int n, const uint8_t *tile, const tokens *x, size_t n_cols, float *y, size_t ld)
{
    const size_t per_block = (size_t)f->n_groups, group_bytes = f->block_bytes / per_block;
    __m256 acc[HALVES][PASS_MAX];
    UNROLL
    for (int i = 0; i < n; i++)
        acc[0][i] = acc[1][i] = _mm256_setzero_ps();
    const uint8_t *ahead = tile + AHEAD;
    for (size_t g = 0; g < n_cols / SW_GROUP; g++, ahead += group_bytes) {
        UNROLL
        for (size_t line = 0; line < group_bytes; line += 64)
            _mm_prefetch((const char *)ahead + line, _MM_HINT_T0);
        const uint8_t *const block = tile + g / per_block * f->block_bytes;
        UNROLL
        for (int half = 0; half < HALVES; half++) {
            __m256i code[N_CHUNKS];
            __m256 scale[4];
            f->codes(block, (int)(g % per_block), half, code);
            f->scales(block, (int)(g % per_block), half, scale);
            add_group(f, n, code, scale, x, g, acc[half]);
        }
    }
    UNROLL
    for (int i = 0; i < n; i++) {
        _mm256_storeu_ps(y + (size_t)i * ld, acc[0][i]);
        _mm256_storeu_ps(y + (size_t)i * ld + SW_TILE_ROWS / HALVES, acc[1][i]);
    }
}

/* One tile times all tokens, in parts that differ by one token at most. */
INLINE void tile_product(const format *f, const uint8_t *tile, const sw_acts *x, size_t n, float *y, size_t ld)
{
    const size_t n_parts = (n + PASS_MAX - 1) / PASS_MAX;
    for (size_t part = 0; part < n_parts; part++) {
        const size_t first = n * part / n_parts, end = n * (part + 1) / n_parts;
        const tokens t = tokens_at(x, first, (int)(end - first), 0);
        float *const out = y + first * ld;
        switch (end - first) {
        case 1: pass(f, 1, tile, &t, x->n_cols, out, ld); break;
        case 2: pass(f, 2, tile, &t, x->n_cols, out, ld); break;
        case 3: pass(f, 3, tile, &t, x->n_cols, out, ld); break;
        case 4: pass(f, 4, tile, &t, x->n_cols, out, ld); break;
        }
    }
}

INLINE void matmul(const format *f, const uint8_t *tiles, size_t n_tiles, const sw_acts *x, size_t n, float *y,
                   size_t ld)
{
    const size_t tile_bytes = x->n_cols / SW_GROUP / (size_t)f->n_groups * f->block_bytes;
    for (size_t t = 0; t < n_tiles; t++)
        tile_product(f, tiles + t * tile_bytes, x, n, y + t * SW_TILE_ROWS, ld);
}

#define PRODUCT(format)                                                                                                \
    static void matmul_##format(const uint8_t *tiles, size_t n_tiles, const sw_acts *x, size_t n, float *y, size_t ld) \
    {                                                                                                                  \
        matmul(&format, tiles, n_tiles, x, n, y, ld);                                                                  \
    }
SW_QUANTIZED_FORMATS(PRODUCT)

void sw__matmul_fill_avx2(sw_kernels *k)
{
#define ENTRY(format) k->matmul[SW_##format] = matmul_##format;
    SW_QUANTIZED_FORMATS(ENTRY)
}
