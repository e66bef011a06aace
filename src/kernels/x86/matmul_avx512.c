/* matmul_avx512.c - quantized matrix products with AVX-512 VNNI.
 *
 * A register holds four consecutive k of the 16 rows of a tile, so that one vpdpbusd adds four products to the sums of
 * 16 rows: 64 products for one broadcast load of four activations.  It wants unsigned weights: codes are expanded with
 * the format's offset added, and the sum begins at -offset * sum(activation codes), which one vpdpwssd makes from the
 * stored sums.  All of that is exact; only the steps that follow per group round, in the order of the definition.
 *
 * Few tokens: codes are expanded in registers, on the way from memory; the read bandwidth is the limit.  Many tokens:
 * a block of K of two tiles is expanded once into a scratch that fits the first-level cache and multiplied with six
 * tokens at a time: eight loads per twelve vpdpbusd.
 */
#include "kernels/x86/avx512.h"
#include "kernels/x86/formats_avx512.h"
#include "kernels/x86/tokens.h"
#include "quant/tile.h"

enum {
    DIRECT_MAX = 48,   // tokens that are better multiplied straight from the tile
    DIRECT_PASS = 8,   // tokens per pass over a tile
    BLOCK_PASS = 6,    // tokens per pass over the scratch
    TILES = 2,         // tiles in the scratch
    BLOCK_GROUPS = 32, // groups of 32 k in the scratch
    AHEAD = 4096       // bytes to prefetch ahead; 1024 to 8192 measured alike
};

INLINE __m512i broadcast4(const void *p)
{
    int32_t v;
    memcpy(&v, p, sizeof v);
    return _mm512_set1_epi32(v);
}

/* What the integer sum begins with.  `sums` are those of the group's two halves; part 0 or 1 is one of them, 2 both. */
INLINE __m512i start(const format *f, int part, __m512i sums)
{
    if (f->offset == 0)
        return _mm512_setzero_si512();
    const __mmask32 words = part == 0 ? 0x55555555 : part == 1 ? 0xaaaaaaaa : 0xffffffff;
    return _mm512_dpwssd_epi32(_mm512_setzero_si512(), _mm512_maskz_set1_epi16(words, (short)-f->offset), sums);
}

/* One rounding step: acc + (scale * xs) * dot. */
INLINE __m512 step(__m512 acc, __m512 scale, __m512 xs, __m512i dot)
{
    return _mm512_fmadd_ps(_mm512_mul_ps(scale, xs), _mm512_cvtepi32_ps(dot), acc);
}

/* Adds group g of the n tokens to acc[m * n + i], for `tiles` tiles side by side. */
INLINE void add_group(const format *f, int tiles, int n, const __m512i *const code[TILES],
                      const __m512 *const scale[TILES], const tokens *x, size_t g, __m512 *acc)
{
    UNROLL
    for (int h = 0; h < 1 + f->has_halves; h++) {
        __m512i dot[TILES * DIRECT_PASS];
        UNROLL
        for (int i = 0; i < n; i++) {
            const __m512i first = start(f, f->has_halves ? h : 2, broadcast4(x->sum[i] + 2 * g));
            UNROLL
            for (int m = 0; m < tiles; m++)
                dot[m * n + i] = first;
        }
        const int n_chunks = N_CHUNKS / (1 + f->has_halves);
        UNROLL
        for (int c = h * n_chunks; c < (h + 1) * n_chunks; c++) {
            UNROLL
            for (int i = 0; i < n; i++) {
                const __m512i four = broadcast4(x->code[i] + SW_GROUP * g + 4 * (size_t)c);
                UNROLL
                for (int m = 0; m < tiles; m++)
                    dot[m * n + i] = _mm512_dpbusd_epi32(dot[m * n + i], code[m][c], four);
            }
        }
        UNROLL
        for (int i = 0; i < n; i++) {
            const __m512 xs = _mm512_set1_ps(x->scale[i][g]);
            UNROLL
            for (int m = 0; m < tiles; m++)
                acc[m * n + i] = step(acc[m * n + i], scale[m][h], xs, dot[m * n + i]);
        }
    }
    if (!f->has_min)
        return;
    UNROLL
    for (int i = 0; i < n; i++) {
        const __m512 xs = _mm512_set1_ps(x->scale[i][g]);
        const __m512i sum =
            _mm512_dpwssd_epi32(_mm512_setzero_si512(), _mm512_set1_epi16(1), broadcast4(x->sum[i] + 2 * g));
        UNROLL
        for (int m = 0; m < tiles; m++)
            acc[m * n + i] = _mm512_fnmadd_ps(_mm512_mul_ps(scale[m][1], xs), _mm512_cvtepi32_ps(sum), acc[m * n + i]);
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
    for (size_t g = 0; g < n_cols / SW_GROUP; g++, ahead += group_bytes) {
        UNROLL
        for (size_t line = 0; line < group_bytes; line += 64)
            _mm_prefetch((const char *)ahead + line, _MM_HINT_T0);
        const size_t per_block = (size_t)f->n_groups;
        const uint8_t *const block = tile + g / per_block * f->block_bytes;
        __m512i code[N_CHUNKS];
        __m512 scale[2];
        f->codes(block, (int)(g % per_block), code);
        f->scales(block, (int)(g % per_block), scale);
        add_group(f, 1, n, (const __m512i *const[TILES]){code}, (const __m512 *const[TILES]){scale}, x, g, acc);
    }
    UNROLL
    for (int i = 0; i < n; i++)
        _mm512_storeu_ps(y + (size_t)i * ld, acc[i]);
}

INLINE void few(const format *f, const uint8_t *tile, const sw_acts *x, size_t n, float *y, size_t ld)
{
    const size_t n_parts = (n + DIRECT_PASS - 1) / DIRECT_PASS;
    for (size_t part = 0; part < n_parts; part++) {
        const size_t first = n * part / n_parts, end = n * (part + 1) / n_parts;
        const tokens t = tokens_at(x, first, (int)(end - first), 0);
        float *const out = y + first * ld;
        switch (end - first) {
        case 1: direct(f, 1, tile, &t, x->n_cols, out, ld); break;
        case 2: direct(f, 2, tile, &t, x->n_cols, out, ld); break;
        case 3: direct(f, 3, tile, &t, x->n_cols, out, ld); break;
        case 4: direct(f, 4, tile, &t, x->n_cols, out, ld); break;
        case 5: direct(f, 5, tile, &t, x->n_cols, out, ld); break;
        case 6: direct(f, 6, tile, &t, x->n_cols, out, ld); break;
        case 7: direct(f, 7, tile, &t, x->n_cols, out, ld); break;
        case 8: direct(f, 8, tile, &t, x->n_cols, out, ld); break;
        }
    }
}

/* ---- many tokens ------------------------------------------------------------------------------------------------ */

/* Some groups along K of one tile, expanded. */
typedef struct expanded {
    __m512i code[BLOCK_GROUPS][N_CHUNKS];
    __m512 scale[BLOCK_GROUPS][2];
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

/* Adds the expanded groups to n tokens of y. */
INLINE void pass(const format *f, int tiles, int n, const expanded *e, int n_groups, const tokens *x, bool is_first,
                 float *y, size_t ld)
{
    __m512 acc[TILES * BLOCK_PASS];
    UNROLL
    for (int m = 0; m < tiles; m++) {
        UNROLL
        for (int i = 0; i < n; i++)
            acc[m * n + i] = is_first ? _mm512_setzero_ps() : _mm512_loadu_ps(y + (size_t)i * ld + m * SW_TILE_ROWS);
    }
    for (int g = 0; g < n_groups; g++)
        add_group(f, tiles, n, (const __m512i *const[TILES]){e[0].code[g], e[1].code[g]},
                  (const __m512 *const[TILES]){e[0].scale[g], e[1].scale[g]}, x, (size_t)g, acc);
    UNROLL
    for (int m = 0; m < tiles; m++) {
        UNROLL
        for (int i = 0; i < n; i++)
            _mm512_storeu_ps(y + (size_t)i * ld + m * SW_TILE_ROWS, acc[m * n + i]);
    }
}

/* One block of K times all tokens, in parts that differ by one token at most. */
INLINE void all_tokens(const format *f, int tiles, const expanded *e, int n_groups, const sw_acts *x, size_t k, size_t n,
                       float *y, size_t ld)
{
    const size_t n_parts = (n + BLOCK_PASS - 1) / BLOCK_PASS;
    for (size_t part = 0; part < n_parts; part++) {
        const size_t first = n * part / n_parts, end = n * (part + 1) / n_parts;
        const tokens t = tokens_at(x, first, (int)(end - first), k);
        float *const out = y + first * ld;
        switch (end - first) {
        case 6: pass(f, tiles, 6, e, n_groups, &t, k == 0, out, ld); break;
        case 5: pass(f, tiles, 5, e, n_groups, &t, k == 0, out, ld); break;
        case 4: pass(f, tiles, 4, e, n_groups, &t, k == 0, out, ld); break;
        case 3: pass(f, tiles, 3, e, n_groups, &t, k == 0, out, ld); break;
        }
    }
}

INLINE void many(const format *f, int tiles, const uint8_t *tile, size_t tile_bytes, const sw_acts *x, size_t n,
                 float *y, size_t ld)
{
    expanded e[TILES];
    for (size_t k = 0; k < x->n_cols; k += BLOCK_GROUPS * SW_GROUP) {
        const size_t left = (x->n_cols - k) / SW_GROUP;
        const int n_groups = left < BLOCK_GROUPS ? (int)left : BLOCK_GROUPS;
        for (int m = 0; m < tiles; m++)
            expand(f, tile + (size_t)m * tile_bytes, n_groups, &e[m]);
        all_tokens(f, tiles, e, n_groups, x, k, n, y, ld);
        tile += f->block_bytes * BLOCK_GROUPS / (size_t)f->n_groups;
    }
}

INLINE void matmul(const format *f, const uint8_t *tiles, size_t n_tiles, const sw_acts *x, size_t n, float *y,
                   size_t ld)
{
    const size_t tile_bytes = x->n_cols / SW_GROUP / (size_t)f->n_groups * f->block_bytes;
    // With two scales per group the direct form runs out of registers.
    const size_t direct_max = f->has_halves ? DIRECT_PASS : DIRECT_MAX;
    size_t t = 0;
    if (n <= direct_max) {
        for (; t < n_tiles; t++)
            few(f, tiles + t * tile_bytes, x, n, y + t * SW_TILE_ROWS, ld);
        return;
    }
    for (; t + 1 < n_tiles; t += 2)
        many(f, 2, tiles + t * tile_bytes, tile_bytes, x, n, y + t * SW_TILE_ROWS, ld);
    if (t < n_tiles)
        many(f, 1, tiles + t * tile_bytes, tile_bytes, x, n, y + t * SW_TILE_ROWS, ld);
}

static void matmul_q8_0(const uint8_t *tiles, size_t n_tiles, const sw_acts *x, size_t n, float *y, size_t ld)
{
    matmul(&Q8_0, tiles, n_tiles, x, n, y, ld);
}

static void matmul_q5_0(const uint8_t *tiles, size_t n_tiles, const sw_acts *x, size_t n, float *y, size_t ld)
{
    matmul(&Q5_0, tiles, n_tiles, x, n, y, ld);
}

static void matmul_q4_k(const uint8_t *tiles, size_t n_tiles, const sw_acts *x, size_t n, float *y, size_t ld)
{
    matmul(&Q4_K, tiles, n_tiles, x, n, y, ld);
}

static void matmul_q6_k(const uint8_t *tiles, size_t n_tiles, const sw_acts *x, size_t n, float *y, size_t ld)
{
    matmul(&Q6_K, tiles, n_tiles, x, n, y, ld);
}

static void matmul_mxfp4(const uint8_t *tiles, size_t n_tiles, const sw_acts *x, size_t n, float *y, size_t ld)
{
    matmul(&MXFP4, tiles, n_tiles, x, n, y, ld);
}

void sw__matmul_fill_avx512(sw_kernels *k)
{
    k->matmul[SW_Q8_0] = matmul_q8_0;
    k->matmul[SW_Q5_0] = matmul_q5_0;
    k->matmul[SW_Q4_K] = matmul_q4_k;
    k->matmul[SW_Q6_K] = matmul_q6_k;
    k->matmul[SW_MXFP4] = matmul_mxfp4;
}
