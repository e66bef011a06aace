/* matmul_avx512.c - quantized matrix products with AVX-512 VNNI.
 *
 * A register holds four consecutive k of the 16 rows of a tile, so that one vpdpbusd adds four products to the sums of
 * 16 rows: 64 products for one broadcast load of four activations.  It takes unsigned weights: codes are expanded with
 * the format's offset added, and the sum begins at -offset * sum(activation codes), which one vpdpwssd makes from the
 * stored sums.  All of that is exact; only the steps that follow per group round, in the order of the definition.
 *
 * Few tokens: codes are expanded in registers, straight from the tile; the read bandwidth is the limit.  Many tokens: a
 * block of K of two tiles is expanded once into a scratch of 40 KiB, and passes of six tokens multiply it: eight loads
 * per twelve vpdpbusd.
 *
 * Q8_0 reads fine codes too: the sums so far are shifted by 7 bits and the products of the fine codes added to them.
 *
 * Measured on one core of a two-core AMD EPYC (family 26), November 2026: matrix x vector at 91 to 95 % of the read
 * bandwidth (41 GB/s); 256 tokens 347 (MXFP4), 348 (Q4_K), 278 (Q6_K), 172 (Q8_0) * 10^9 multiply-adds/s.
 */
#include "kernels/lanes/operands.h"
#include "kernels/variants.h"
#include "kernels/x86/formats_avx512.h"

enum {
    DIRECT_MAX_512 = 48,        // tokens up to which multiplying straight from the tile is faster
    HALVES_DIRECT_MAX_512 = 24, // the same for formats with a scale for every 16 k
    DIRECT_PASS_512 = 8,        // tokens per pass over a tile
    SCRATCH_PASS_512 = 6,       // tokens per pass over the scratch
    SCRATCH_TILES_512 = 2,      // tiles in the scratch
    SCRATCH_GROUPS_512 = 32,    // groups of 32 k in the scratch
    AHEAD_512 = 4096,           // bytes to prefetch ahead: without, 4 and 8 tokens ran at half the speed
    WHOLE_GROUP = 2             // a part of a group: halves are 0 and 1
};

INLINE __m512i broadcast4_512(const void *p)
{
    int32_t v;
    memcpy(&v, p, sizeof v);
    return _mm512_set1_epi32(v);
}

INLINE void prefetch_512(const uint8_t *p, size_t n)
{
    UNROLL
    for (size_t line = 0; line < n; line += 64)
        _mm_prefetch((const char *)p + line, _MM_HINT_T0);
}

/* ---- one group of 32 k ------------------------------------------------------------------------------------------- */

/* The rounding steps of a format. */
typedef struct steps_512 {
    bool has_halves, has_min, is_fine;
} steps_512;

/* Group g of some tiles side by side and of some tokens.  Sums are by tile and token: [m * n + i].  The two counts are
 * constants wherever one is made. */
typedef struct group_512 {
    int n_tiles, n;                         // tiles, tokens
    const __m512i *code[SCRATCH_TILES_512]; // (TILE_CHUNKS) of each tile
    const __m512 *scale[SCRATCH_TILES_512]; // (4) of each tile
    const tokens *x;
    size_t g; // of the groups that x begins with
} group_512;

/* `to` and `factor` times the sum of the activation codes of a part of a group. */
INLINE __m512i sum_times_512(int factor, int part, __m512i sums, __m512i to)
{
    const __mmask32 words = part == 0 ? 0x55555555 : part == 1 ? 0xaaaaaaaa : 0xffffffff;
    return _mm512_dpwssd_epi32(to, _mm512_maskz_set1_epi16(words, (short)factor), sums);
}

/* Adds the chunks of a part of a group to the integer sums `dot`; `offset` was added to their weights, and x is the
 * coarse or the fine codes. */
INLINE void add_chunks_512(group_512 at, const token_codes *x, int part, int offset, __m512i *dot)
{
    const int first = part == 1 ? TILE_CHUNKS / 2 : 0, end = part == 0 ? TILE_CHUNKS / 2 : TILE_CHUNKS;
    if (offset != 0) {
        UNROLL
        for (int j = 0; j < at.n_tiles * at.n; j++)
            dot[j] = sum_times_512(-offset, part, broadcast4_512(x->sum[j % at.n] + 2 * at.g), dot[j]);
    }
    UNROLL
    for (int c = first; c < end; c++) {
        UNROLL
        for (int j = 0; j < at.n_tiles * at.n; j++) {
            const __m512i four = broadcast4_512(x->code[j % at.n] + K_GROUP * at.g + 4 * (size_t)c);
            dot[j] = _mm512_dpbusd_epi32(dot[j], at.code[j / at.n][c], four);
        }
    }
}

/* Activation scale times the sum of the codes of half h, or of the whole group, of token i. */
INLINE __m512 scaled_sum_512(steps_512 f, group_512 at, int i, int h)
{
    if (!f.has_halves)
        return _mm512_set1_ps(at.x->scaled_sum[i][at.g]);
    return _mm512_set1_ps(at.x->scale[i][at.g] * (float)at.x->coarse.sum[i][2 * at.g + (size_t)h]);
}

/* Adds a group to the float sums `acc`. */
INLINE void add_group_512(steps_512 f, int offset, group_512 at, __m512 *acc)
{
    const int n_parts = 1 + f.has_halves, n_sums = at.n_tiles * at.n;
    UNROLL
    for (int h = 0; h < n_parts; h++) {
        const int part = f.has_halves ? h : WHOLE_GROUP, own_offset = f.has_min ? 0 : offset; // with a min: unsigned
        __m512i dot[SCRATCH_TILES_512 * DIRECT_PASS_512];
        UNROLL
        for (int j = 0; j < n_sums; j++)
            dot[j] = _mm512_setzero_si512();
        add_chunks_512(at, &at.x->coarse, part, own_offset, dot);
        if (f.is_fine) {
            UNROLL
            for (int j = 0; j < n_sums; j++)
                dot[j] = _mm512_slli_epi32(dot[j], 7);
            add_chunks_512(at, &at.x->fine, part, own_offset, dot);
        }
        UNROLL
        for (int j = 0; j < n_sums; j++) {
            const __m512 s = _mm512_mul_ps(at.scale[j / at.n][h], _mm512_set1_ps(at.x->scale[j % at.n][at.g]));
            acc[j] = _mm512_fmadd_ps(s, _mm512_cvtepi32_ps(dot[j]), acc[j]);
        }
        if (!f.has_min)
            continue;
        UNROLL
        for (int j = 0; j < n_sums; j++)
            acc[j] = _mm512_fnmadd_ps(at.scale[j / at.n][n_parts + h], scaled_sum_512(f, at, j % at.n, h), acc[j]);
    }
}

/* ---- few tokens: straight from the tile -------------------------------------------------------------------------- */

/* The first tile of p times its first n tokens, which are x. */
INLINE void direct_512(const format_512 *f, int n, const tokens *x, product p)
{
    const size_t per_block = (size_t)f->n_groups, group_bytes = f->block_bytes / per_block;
    __m512 acc[DIRECT_PASS_512];
    UNROLL
    for (int i = 0; i < n; i++)
        acc[i] = _mm512_setzero_ps();
    const uint8_t *ahead = p.tiles + AHEAD_512;
    for (size_t g = 0; g < p.x->n_cols / K_GROUP; g++, ahead += group_bytes) {
        prefetch_512(ahead, group_bytes);
        const uint8_t *const block = p.tiles + g / per_block * f->block_bytes;
        __m512i code[TILE_CHUNKS];
        __m512 scale[4];
        f->codes(block, (int)(g % per_block), code);
        f->scales(block, (int)(g % per_block), scale);
        add_group_512((steps_512){f->has_halves, f->has_min, f->is_fine}, f->offset,
                      (group_512){.n_tiles = 1, .n = n, .code = {code}, .scale = {scale}, .x = x, .g = g}, acc);
    }
    UNROLL
    for (int i = 0; i < n; i++)
        _mm512_storeu_ps(p.y + (size_t)i * p.ld, acc[i]);
}

/* The first tile of p times all tokens. */
INLINE void few_tokens_512(const format_512 *f, product p)
{
    const size_t n = p.n;
    for (size_t i = 0; i < n;) {
        const size_t take = n - i < DIRECT_PASS_512 ? n - i : DIRECT_PASS_512;
        const tokens t = tokens_at(p.x, i, (int)take, 0);
        switch (take) {
        case 1: direct_512(f, 1, &t, p); break;
        case 2: direct_512(f, 2, &t, p); break;
        case 3: direct_512(f, 3, &t, p); break;
        case 4: direct_512(f, 4, &t, p); break;
        case 5: direct_512(f, 5, &t, p); break;
        case 6: direct_512(f, 6, &t, p); break;
        case 7: direct_512(f, 7, &t, p); break;
        case 8: direct_512(f, 8, &t, p); break;
        }
        i += take;
        p.y += take * p.ld;
    }
}

/* ---- many tokens: by way of a scratch ---------------------------------------------------------------------------- */

/* Some groups along K of one tile, expanded. */
typedef struct expanded_512 {
    __m512i code[SCRATCH_GROUPS_512][TILE_CHUNKS];
    __m512 scale[SCRATCH_GROUPS_512][4];
} expanded_512;

INLINE void expand_512(const format_512 *f, const uint8_t *block, int n_groups, expanded_512 *e)
{
    const size_t group_bytes = f->block_bytes / (size_t)f->n_groups;
    const uint8_t *ahead = block + SCRATCH_GROUPS_512 * group_bytes;
    for (int g = 0; g < n_groups; g++, ahead += group_bytes) {
        prefetch_512(ahead, group_bytes);
        const uint8_t *const at = block + (size_t)(g / f->n_groups) * f->block_bytes;
        f->codes(at, g % f->n_groups, e->code[g]);
        f->scales(at, g % f->n_groups, e->scale[g]);
    }
}

/* The scratch: a block of K of two tiles. */
typedef struct scratch_512 {
    expanded_512 tile[SCRATCH_TILES_512];
    int n_groups, offset;
    size_t k; // its first column
} scratch_512;

/* Adds a block to n tokens of y. */
INLINE void scratch_pass_512(steps_512 f, int n, const scratch_512 *b, const tokens *x, float *y, size_t ld)
{
    __m512 acc[SCRATCH_TILES_512 * SCRATCH_PASS_512];
    UNROLL
    for (int j = 0; j < SCRATCH_TILES_512 * n; j++) {
        const float *const from = y + (size_t)(j % n) * ld + j / n * TILE_ROWS;
        acc[j] = b->k == 0 ? _mm512_setzero_ps() : _mm512_loadu_ps(from);
    }
    for (int g = 0; g < b->n_groups; g++) {
        const group_512 at = {.n_tiles = SCRATCH_TILES_512,
                              .n = n,
                              .code = {b->tile[0].code[g], b->tile[1].code[g]},
                              .scale = {b->tile[0].scale[g], b->tile[1].scale[g]},
                              .x = x,
                              .g = (size_t)g};
        add_group_512(f, b->offset, at, acc);
    }
    UNROLL
    for (int j = 0; j < SCRATCH_TILES_512 * n; j++)
        _mm512_storeu_ps(y + (size_t)(j % n) * ld + j / n * TILE_ROWS, acc[j]);
}

/* Adds a block to all tokens. */
INLINE void all_tokens_512(steps_512 f, const scratch_512 *b, const product *p)
{
    const size_t n = p->n, ld = p->ld;
    for (size_t i = 0; i < n;) {
        const size_t left = n - i, take = left >= SCRATCH_PASS_512 ? SCRATCH_PASS_512 : left >= 2 ? 2 : 1;
        const tokens t = tokens_at(p->x, i, (int)take, b->k);
        float *const out = p->y + i * ld;
        switch (take) {
        case SCRATCH_PASS_512: scratch_pass_512(f, SCRATCH_PASS_512, b, &t, out, ld); break;
        case 2: scratch_pass_512(f, 2, b, &t, out, ld); break;
        default: scratch_pass_512(f, 1, b, &t, out, ld); break;
        }
        i += take;
    }
}

/* The kinds of steps there are, each compiled once and not per format. */
#define ALL_TOKENS(kind, ...)                                                                                          \
    static void all_tokens_512_##kind(const scratch_512 *b, const product *p)                                          \
    {                                                                                                                  \
        all_tokens_512((steps_512){__VA_ARGS__}, b, p);                                                                \
    }
ALL_TOKENS(simple, 0)
ALL_TOKENS(fine, .is_fine = true)
ALL_TOKENS(min, .has_min = true)
ALL_TOKENS(halves, .has_halves = true)
ALL_TOKENS(halves_min, .has_halves = true, .has_min = true)

typedef void (*all_tokens_fn)(const scratch_512 *b, const product *p);

INLINE all_tokens_fn all_tokens_of(const format_512 *f)
{
    if (f->is_fine)
        return all_tokens_512_fine;
    if (f->has_halves)
        return f->has_min ? all_tokens_512_halves_min : all_tokens_512_halves;
    return f->has_min ? all_tokens_512_min : all_tokens_512_simple;
}

/* The first two tiles of p times all tokens. */
INLINE void many_tokens_512(const format_512 *f, product p, size_t tile_bytes)
{
    scratch_512 b;
    b.offset = f->offset;
    const uint8_t *tile = p.tiles;
    for (b.k = 0; b.k < p.x->n_cols; b.k += SCRATCH_GROUPS_512 * K_GROUP) {
        const size_t left = (p.x->n_cols - b.k) / K_GROUP;
        b.n_groups = left < SCRATCH_GROUPS_512 ? (int)left : SCRATCH_GROUPS_512;
        for (int m = 0; m < SCRATCH_TILES_512; m++)
            expand_512(f, tile + (size_t)m * tile_bytes, b.n_groups, &b.tile[m]);
        all_tokens_of(f)(&b, &p);
        tile += f->block_bytes * SCRATCH_GROUPS_512 / (size_t)f->n_groups;
    }
}

INLINE void matmul_512(const format_512 *f, product p)
{
    const size_t tile_bytes = p.x->n_cols / K_GROUP / (size_t)f->n_groups * f->block_bytes;
    const size_t direct_max = f->has_halves ? HALVES_DIRECT_MAX_512 : DIRECT_MAX_512;
    while (p.n_tiles > 0) {
        const size_t take = p.n > direct_max && p.n_tiles >= SCRATCH_TILES_512 ? SCRATCH_TILES_512 : 1;
        if (take == SCRATCH_TILES_512)
            many_tokens_512(f, p, tile_bytes);
        else
            few_tokens_512(f, p);
        p.tiles += take * tile_bytes;
        p.n_tiles -= take;
        p.y += take * TILE_ROWS;
    }
}

#define PRODUCT_512(NAME, name) PRODUCT_FUNCTION(matmul_512_##name, matmul_512, NAME##_512)
AVX512_FORMATS(PRODUCT_512)

void matmul_fill_avx512(kernels *k)
{
#define ENTRY_512(NAME, name) k->matmul[TYPE_##NAME] = matmul_512_##name;
    AVX512_FORMATS(ENTRY_512)
}
