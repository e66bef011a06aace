/* matmul_avx512.c - quantized matrix products with AVX-512 VNNI.
 *
 * A register holds four consecutive k of the 16 rows of a tile, so that one vpdpbusd adds four products to the sums of
 * 16 rows: 64 products for one broadcast load of four activations.  It wants unsigned weights: codes are expanded with
 * the format's offset added, and the sum begins at -offset * sum(activation codes), which one vpdpwssd makes from the
 * stored sums.  All of that is exact; only the steps that follow per group round, in the order of the definition.
 *
 * Few tokens: codes are expanded in registers, on the way from memory; the read bandwidth is the limit.  Many tokens:
 * a block of K of two tiles is expanded once into a scratch of 40 KiB and multiplied with six tokens at a time: eight
 * loads per twelve vpdpbusd.
 *
 * Q8_0 reads fine codes too: the sums so far are shifted by 7 bits and the products of the fine codes added to them.
 *
 * Measured on one core of a two-core AMD EPYC (family 26), November 2026: matrix x vector at 91 to 95 % of the read
 * bandwidth (41 GB/s); 256 tokens 347 (MXFP4), 348 (Q4_K), 278 (Q6_K), 172 (Q8_0) * 10^9 multiply-adds/s.
 */
#include "kernels/lanes/tokens.h"
#include "kernels/quantized.h"
#include "kernels/x86/avx512.h"
#include "kernels/x86/formats_avx512.h"
#include "quant/tile.h"

enum {
    DIRECT_MAX = 48,        // tokens that are better multiplied straight from the tile
    HALVES_DIRECT_MAX = 24, // the same for formats with a scale for every 16 k
    DIRECT_PASS = 8,        // tokens per pass over a tile
    BLOCK_PASS = 6,         // tokens per pass over the scratch
    TILES = 2,              // tiles in the scratch
    BLOCK_GROUPS = 32,      // groups of 32 k in the scratch
    AHEAD = 4096            // bytes to prefetch ahead: without, 4 and 8 tokens ran at half the speed
};

INLINE __m512i broadcast4(const void *p)
{
    int32_t v;
    memcpy(&v, p, sizeof v);
    return _mm512_set1_epi32(v);
}

/* What the rounding steps of a format are like. */
typedef struct steps {
    bool has_halves, has_min, is_fine;
} steps;

enum { BOTH = 2 }; // halves of a group

/* `to` and `factor` times the sum of the activation codes of one half (0, 1) of a group or of BOTH. */
INLINE __m512i sum_times(int factor, int part, __m512i sums, __m512i to)
{
    const __mmask32 words = part == 0 ? 0x55555555 : part == 1 ? 0xaaaaaaaa : 0xffffffff;
    return _mm512_dpwssd_epi32(to, _mm512_maskz_set1_epi16(words, (short)factor), sums);
}

/* Scale times the sum of the codes of half h of group g of token i. */
INLINE __m512 scaled_half(const tokens *x, int i, size_t g, int h)
{
    return _mm512_set1_ps(x->scale[i][g] * (float)x->coarse.sum[i][2 * g + (size_t)h]);
}

/* Adds chunks [first, end) of group g of the n tokens to dot[m * n + i], for `tiles` tiles side by side; `part` of the
 * group is what they are, and `offset` what was added to their weights. */
INLINE void add_chunks(int offset, int part, int tiles, int n, const __m512i *const code[TILES], const token_codes *x,
                       size_t g, int first, int end, __m512i *dot)
{
    if (offset != 0) {
        UNROLL
        for (int j = 0; j < tiles * n; j++)
            dot[j] = sum_times(-offset, part, broadcast4(x->sum[j % n] + 2 * g), dot[j]);
    }
    UNROLL
    for (int c = first; c < end; c++) {
        UNROLL
        for (int j = 0; j < tiles * n; j++) {
            const __m512i four = broadcast4(x->code[j % n] + K_GROUP * g + 4 * (size_t)c);
            dot[j] = _mm512_dpbusd_epi32(dot[j], code[j / n][c], four);
        }
    }
}

/* Adds group g of the n tokens to acc[m * n + i], for `tiles` tiles side by side. */
INLINE void add_group(steps f, int offset, int tiles, int n, const __m512i *const code[TILES],
                      const __m512 *const scale[TILES], const tokens *x, size_t g, __m512 *acc)
{
    const int n_parts = 1 + f.has_halves;
    UNROLL
    for (int h = 0; h < n_parts; h++) {
        const int n_chunks = N_CHUNKS / n_parts, first = h * n_chunks, end = first + n_chunks;
        const int part = f.has_halves ? h : BOTH, own_offset = f.has_min ? 0 : offset; // those with a min are unsigned
        __m512i dot[TILES * DIRECT_PASS];
        UNROLL
        for (int j = 0; j < tiles * n; j++)
            dot[j] = _mm512_setzero_si512();
        add_chunks(own_offset, part, tiles, n, code, &x->coarse, g, first, end, dot);
        if (f.is_fine) {
            UNROLL
            for (int j = 0; j < tiles * n; j++)
                dot[j] = _mm512_slli_epi32(dot[j], 7);
            add_chunks(own_offset, part, tiles, n, code, &x->fine, g, first, end, dot);
        }
        UNROLL
        for (int j = 0; j < tiles * n; j++) {
            const __m512 s = _mm512_mul_ps(scale[j / n][h], _mm512_set1_ps(x->scale[j % n][g]));
            acc[j] = _mm512_fmadd_ps(s, _mm512_cvtepi32_ps(dot[j]), acc[j]);
        }
        if (!f.has_min)
            continue;
        UNROLL
        for (int j = 0; j < tiles * n; j++) {
            const __m512 sum = f.has_halves ? scaled_half(x, j % n, g, h) : _mm512_set1_ps(x->scaled_sum[j % n][g]);
            acc[j] = _mm512_fnmadd_ps(scale[j / n][n_parts + h], sum, acc[j]);
        }
    }
}

/* ---- few tokens ------------------------------------------------------------------------------------------------- */

INLINE void direct(const format *f, int n, const uint8_t *tile, const tokens *x, size_t n_cols, float *y, size_t ld)
{
    const size_t group_bytes = f->block_bytes / (size_t)f->n_groups;
    __m512 acc[DIRECT_PASS];
    UNROLL
    for (int i = 0; i < n; i++)
        acc[i] = _mm512_setzero_ps();
    const uint8_t *ahead = tile + AHEAD;
    for (size_t g = 0; g < n_cols / K_GROUP; g++, ahead += group_bytes) {
        UNROLL
        for (size_t line = 0; line < group_bytes; line += 64)
            _mm_prefetch((const char *)ahead + line, _MM_HINT_T0);
        const size_t per_block = (size_t)f->n_groups;
        const uint8_t *const block = tile + g / per_block * f->block_bytes;
        __m512i code[N_CHUNKS];
        __m512 scale[4];
        f->codes(block, (int)(g % per_block), code);
        f->scales(block, (int)(g % per_block), scale);
        add_group((steps){f->has_halves, f->has_min, f->is_fine}, f->offset, 1, n, (const __m512i *const[TILES]){code},
                  (const __m512 *const[TILES]){scale}, x, g, acc);
    }
    UNROLL
    for (int i = 0; i < n; i++)
        _mm512_storeu_ps(y + (size_t)i * ld, acc[i]);
}

INLINE void few(const format *f, const uint8_t *tile, const act_rows *x, size_t n, float *y, size_t ld)
{
    for (size_t i = 0; i < n;) {
        const size_t take = n - i < DIRECT_PASS ? n - i : DIRECT_PASS;
        const tokens t = tokens_at(x, i, (int)take, 0);
        float *const out = y + i * ld;
        switch (take) {
        case 1: direct(f, 1, tile, &t, x->n_cols, out, ld); break;
        case 2: direct(f, 2, tile, &t, x->n_cols, out, ld); break;
        case 3: direct(f, 3, tile, &t, x->n_cols, out, ld); break;
        case 4: direct(f, 4, tile, &t, x->n_cols, out, ld); break;
        case 5: direct(f, 5, tile, &t, x->n_cols, out, ld); break;
        case 6: direct(f, 6, tile, &t, x->n_cols, out, ld); break;
        case 7: direct(f, 7, tile, &t, x->n_cols, out, ld); break;
        case 8: direct(f, 8, tile, &t, x->n_cols, out, ld); break;
        }
        i += take;
    }
}

/* ---- many tokens ------------------------------------------------------------------------------------------------ */

/* Some groups along K of one tile, expanded. */
typedef struct expanded {
    __m512i code[BLOCK_GROUPS][N_CHUNKS];
    __m512 scale[BLOCK_GROUPS][4];
} expanded;

INLINE void expand(const format *f, const uint8_t *block, int n_groups, expanded *e)
{
    const size_t group_bytes = f->block_bytes / (size_t)f->n_groups;
    const uint8_t *ahead = block + BLOCK_GROUPS * group_bytes;
    for (int g = 0; g < n_groups; g++, ahead += group_bytes) {
        UNROLL
        for (size_t line = 0; line < group_bytes; line += 64)
            _mm_prefetch((const char *)ahead + line, _MM_HINT_T0);
        const uint8_t *const at = block + (size_t)(g / f->n_groups) * f->block_bytes;
        f->codes(at, g % f->n_groups, e->code[g]);
        f->scales(at, g % f->n_groups, e->scale[g]);
    }
}

/* A block of K of TILES tiles, and where its products go. */
typedef struct k_block {
    expanded tile[TILES];
    int n_groups, offset;
    bool is_first; // along K
    size_t ld;
} k_block;

/* Adds a block to n tokens of y. */
INLINE void pass(steps f, int n, const k_block *b, const tokens *x, float *y)
{
    __m512 acc[TILES * BLOCK_PASS];
    UNROLL
    for (int j = 0; j < TILES * n; j++) {
        const float *const from = y + (size_t)(j % n) * b->ld + j / n * TILE_ROWS;
        acc[j] = b->is_first ? _mm512_setzero_ps() : _mm512_loadu_ps(from);
    }
    for (int g = 0; g < b->n_groups; g++) {
        const __m512i *const code[TILES] = {b->tile[0].code[g], b->tile[1].code[g]};
        const __m512 *const scale[TILES] = {b->tile[0].scale[g], b->tile[1].scale[g]};
        add_group(f, b->offset, TILES, n, code, scale, x, (size_t)g, acc);
    }
    UNROLL
    for (int j = 0; j < TILES * n; j++)
        _mm512_storeu_ps(y + (size_t)(j % n) * b->ld + j / n * TILE_ROWS, acc[j]);
}

/* A block times all tokens, from column k on. */
INLINE void all_tokens(steps f, const k_block *b, const act_rows *x, size_t k, size_t n, float *y)
{
    for (size_t i = 0; i < n;) {
        const size_t left = n - i, take = left >= BLOCK_PASS ? BLOCK_PASS : left >= 2 ? 2 : 1;
        const tokens t = tokens_at(x, i, (int)take, k);
        float *const out = y + i * b->ld;
        switch (take) {
        case BLOCK_PASS: pass(f, BLOCK_PASS, b, &t, out); break;
        case 2: pass(f, 2, b, &t, out); break;
        default: pass(f, 1, b, &t, out); break;
        }
        i += take;
    }
}

/* The kinds of steps there are, each compiled once and not per format. */
#define ALL_TOKENS(kind, ...)                                                                                          \
    static void all_tokens_##kind(const k_block *b, const act_rows *x, size_t k, size_t n, float *y)                   \
    {                                                                                                                  \
        all_tokens((steps){__VA_ARGS__}, b, x, k, n, y);                                                               \
    }
ALL_TOKENS(simple, 0)
ALL_TOKENS(fine, .is_fine = true)
ALL_TOKENS(min, .has_min = true)
ALL_TOKENS(halves, .has_halves = true)
ALL_TOKENS(halves_min, .has_halves = true, .has_min = true)

typedef void (*all_tokens_fn)(const k_block *b, const act_rows *x, size_t k, size_t n, float *y);

INLINE all_tokens_fn all_tokens_of(const format *f)
{
    if (f->is_fine)
        return all_tokens_fine;
    if (f->has_halves)
        return f->has_min ? all_tokens_halves_min : all_tokens_halves;
    return f->has_min ? all_tokens_min : all_tokens_simple;
}

INLINE void many(const format *f, const uint8_t *tile, size_t tile_bytes, const act_rows *x, size_t n, float *y,
                 size_t ld)
{
    k_block b;
    b.offset = f->offset;
    b.ld = ld;
    for (size_t k = 0; k < x->n_cols; k += BLOCK_GROUPS * K_GROUP) {
        const size_t left = (x->n_cols - k) / K_GROUP;
        b.n_groups = left < BLOCK_GROUPS ? (int)left : BLOCK_GROUPS;
        b.is_first = k == 0;
        for (int m = 0; m < TILES; m++)
            expand(f, tile + (size_t)m * tile_bytes, b.n_groups, &b.tile[m]);
        all_tokens_of(f)(&b, x, k, n, y);
        tile += f->block_bytes * BLOCK_GROUPS / (size_t)f->n_groups;
    }
}

INLINE void matmul(const format *f, const uint8_t *tiles, size_t n_tiles, const act_rows *x, size_t n, float *y,
                   size_t ld)
{
    const size_t tile_bytes = x->n_cols / K_GROUP / (size_t)f->n_groups * f->block_bytes;
    const size_t direct_max = f->has_halves ? HALVES_DIRECT_MAX : DIRECT_MAX;
    size_t t = 0;
    for (; n > direct_max && t + TILES <= n_tiles; t += TILES)
        many(f, tiles + t * tile_bytes, tile_bytes, x, n, y + t * TILE_ROWS, ld);
    for (; t < n_tiles; t++)
        few(f, tiles + t * tile_bytes, x, n, y + t * TILE_ROWS, ld);
}

QUANTIZED_FORMATS(QUANTIZED_PRODUCT)

void matmul_fill_avx512(kernels *k)
{
    QUANTIZED_FORMATS(QUANTIZED_ENTRY)
}
