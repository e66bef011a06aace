/* matmul_neon_body.h - the body of the quantized products with NEON.
 *
 * Included once each by matmul_neon.c and matmul_dotprod.c, which define DOTS_NEON after the part that differs:
 *     group_dots             the integer products of a part of a group
 *
 * A register holds four consecutive k of 4 rows, and every lane of a sum belongs to one row.  Codes are signed, so the
 * integer sums need no correction.  They are exact, and only the steps that follow per group round, in the order of the
 * definition.
 *
 * Few tokens: codes are expanded in registers, straight from the tile, for up to four tokens at a time: sixteen sums in
 * 32 registers.  Many tokens: a block of K of a tile is expanded once into a scratch of 24 KiB, and passes of four
 * tokens multiply it.  The number of tokens from which on the scratch is faster has not been measured on hardware yet.
 */
#ifndef DOTS_NEON
#error "define DOTS_NEON first, after group_dots: see matmul_neon.c"
#endif

#include "kernels/arm/formats_neon.h"
#include "kernels/lanes/operands.h"
#include "kernels/variants.h"
#include "quant/formats.h"

enum {
    DIRECT_MAX_NEON = 8,      // tokens that are multiplied straight from the tile
    PASS_MAX_NEON = 4,        // tokens per pass
    SCRATCH_GROUPS_NEON = 32, // groups of 32 k in the scratch
    QUANTIZED_AHEAD = 2048    // bytes to prefetch ahead
};

/* Group g of the 4 rows of a quarter and of n tokens, which is a constant wherever one is made. */
typedef struct group_neon {
    int n;
    const int8x16_t *code;    // (TILE_CHUNKS)
    const float32x4_t *scale; // (4)
    const tokens *x;
    size_t g; // of the groups that x begins with
} group_neon;

/* Adds a group to the float sums `acc`, by token. */
INLINE void add_group_neon(steps_neon f, group_neon at, float32x4_t *acc)
{
    const int n_parts = 1 + f.has_halves, n_chunks = TILE_CHUNKS / n_parts;
    UNROLL
    for (int i = 0; i < at.n; i++) {
        const float xs = at.x->scale[i][at.g];
        const int16_t *const sums = at.x->coarse.sum[i] + 2 * at.g;
        UNROLL
        for (int h = 0; h < n_parts; h++) {
            const size_t k = K_GROUP * at.g + (size_t)(K_GROUP / 2 * h);
            const int8x16_t *const part = at.code + h * n_chunks;
            int32x4_t dot = group_dots(f.n_short, part, n_chunks, at.x->coarse.code[i] + k);
            if (f.is_fine)
                dot = vaddq_s32(vshlq_n_s32(dot, 7), group_dots(f.n_short, part, n_chunks, at.x->fine.code[i] + k));
            acc[i] = vfmaq_f32(acc[i], vmulq_n_f32(at.scale[h], xs), vcvtq_f32_s32(dot));
            if (f.has_min) {
                const float sum = f.has_halves ? xs * (float)sums[h] : at.x->scaled_sum[i][at.g];
                acc[i] = vfmsq_f32(acc[i], at.scale[n_parts + h], vdupq_n_f32(sum));
            }
        }
    }
}

INLINE void prefetch_neon(const uint8_t *p, size_t bytes)
{
    UNROLL
    for (size_t line = 0; line < bytes; line += 64)
        __builtin_prefetch(p + line);
}

/* The sums of a tile and n tokens to y. */
INLINE void store_pass_neon(int n, float32x4_t acc[N_QUARTERS][PASS_MAX_NEON], float *y, size_t ld)
{
    UNROLL
    for (int q = 0; q < N_QUARTERS; q++) {
        UNROLL
        for (int i = 0; i < n; i++)
            vst1q_f32(y + (size_t)i * ld + QUARTER_ROWS * q, acc[q][i]);
    }
}

/* The sums so far, or zeros at the first block of K. */
INLINE void load_pass_neon(int n, bool is_first, const float *y, size_t ld, float32x4_t acc[N_QUARTERS][PASS_MAX_NEON])
{
    UNROLL
    for (int q = 0; q < N_QUARTERS; q++) {
        UNROLL
        for (int i = 0; i < n; i++)
            acc[q][i] = is_first ? vdupq_n_f32(0.0f) : vld1q_f32(y + (size_t)i * ld + QUARTER_ROWS * q);
    }
}

/* ---- few tokens: straight from the tile -------------------------------------------------------------------------- */

/* The first tile of p times its first n tokens, which are x. */
INLINE void direct_neon(const format_neon *f, int n, const tokens *x, product p)
{
    const size_t per_block = (size_t)f->n_groups, group_bytes = f->block_bytes / per_block;
    float32x4_t acc[N_QUARTERS][PASS_MAX_NEON];
    load_pass_neon(n, true, p.y, p.ld, acc);
    const uint8_t *ahead = p.tiles + QUANTIZED_AHEAD;
    for (size_t g = 0; g < p.x->n_cols / K_GROUP; g++, ahead += group_bytes) {
        prefetch_neon(ahead, group_bytes);
        const uint8_t *const block = p.tiles + g / per_block * f->block_bytes;
        UNROLL
        for (int q = 0; q < N_QUARTERS; q++) {
            int8x16_t code[TILE_CHUNKS];
            float32x4_t scale[4];
            f->codes(block, (int)(g % per_block), q, code);
            f->scales(block, (int)(g % per_block), q, scale);
            add_group_neon(STEPS[f->kind], (group_neon){.n = n, .code = code, .scale = scale, .x = x, .g = g}, acc[q]);
        }
    }
    store_pass_neon(n, acc, p.y, p.ld);
}

/* The first tile of p times all tokens. */
INLINE void few_tokens_neon(const format_neon *f, product p)
{
    for (size_t i = 0; i < p.n;) {
        const size_t take = p.n - i < PASS_MAX_NEON ? p.n - i : PASS_MAX_NEON;
        const tokens t = tokens_at(p.x, i, (int)take, 0);
        switch (take) {
        case 1: direct_neon(f, 1, &t, p); break;
        case 2: direct_neon(f, 2, &t, p); break;
        case 3: direct_neon(f, 3, &t, p); break;
        case 4: direct_neon(f, 4, &t, p); break;
        }
        i += take;
        p.y += take * p.ld;
    }
}

/* ---- many tokens: by way of a scratch ---------------------------------------------------------------------------- */

/* The scratch: some groups along K of one tile, expanded. */
typedef struct scratch_neon {
    int8x16_t code[SCRATCH_GROUPS_NEON][N_QUARTERS][TILE_CHUNKS];
    float32x4_t scale[SCRATCH_GROUPS_NEON][N_QUARTERS][4];
    int n_groups;
    size_t k; // its first column
} scratch_neon;

INLINE void expand_neon(const format_neon *f, const uint8_t *block, scratch_neon *e)
{
    const size_t group_bytes = f->block_bytes / (size_t)f->n_groups;
    const uint8_t *ahead = block + SCRATCH_GROUPS_NEON * group_bytes;
    for (int g = 0; g < e->n_groups; g++, ahead += group_bytes) {
        prefetch_neon(ahead, group_bytes);
        const uint8_t *const at = block + (size_t)(g / f->n_groups) * f->block_bytes;
        UNROLL
        for (int q = 0; q < N_QUARTERS; q++) {
            f->codes(at, g % f->n_groups, q, e->code[g][q]);
            f->scales(at, g % f->n_groups, q, e->scale[g][q]);
        }
    }
}

/* Adds a block to n tokens of y. */
INLINE void scratch_pass_neon(steps_neon f, int n, const scratch_neon *e, const tokens *x, float *y, size_t ld)
{
    float32x4_t acc[N_QUARTERS][PASS_MAX_NEON];
    load_pass_neon(n, e->k == 0, y, ld, acc);
    for (int g = 0; g < e->n_groups; g++) {
        UNROLL
        for (int q = 0; q < N_QUARTERS; q++) {
            const group_neon at = {.n = n, .code = e->code[g][q], .scale = e->scale[g][q], .x = x, .g = (size_t)g};
            add_group_neon(f, at, acc[q]);
        }
    }
    store_pass_neon(n, acc, y, ld);
}

/* Adds a block to all tokens. */
INLINE void all_tokens_neon(steps_neon f, const scratch_neon *e, const product *p)
{
    size_t i = 0;
    for (; i + PASS_MAX_NEON <= p->n; i += PASS_MAX_NEON) {
        const tokens t = tokens_at(p->x, i, PASS_MAX_NEON, e->k);
        scratch_pass_neon(f, PASS_MAX_NEON, e, &t, p->y + i * p->ld, p->ld);
    }
    for (; i < p->n; i++) {
        const tokens t = tokens_at(p->x, i, 1, e->k);
        scratch_pass_neon(f, 1, e, &t, p->y + i * p->ld, p->ld);
    }
}

/* Compiled once per kind of steps and not per format. */
#define ALL_TOKENS(kind)                                                                                               \
    static void all_tokens_neon_##kind(const scratch_neon *e, const product *p)                                        \
    {                                                                                                                  \
        all_tokens_neon(STEPS[kind], e, p);                                                                            \
    }
ALL_TOKENS(FINE)
ALL_TOKENS(BYTES)
ALL_TOKENS(SIMPLE)
ALL_TOKENS(MIN)
ALL_TOKENS(HALVES)
ALL_TOKENS(HALVES_MIN)

typedef void (*all_tokens_fn)(const scratch_neon *e, const product *p);
static const all_tokens_fn ALL_TOKENS_OF[] = {
    [FINE] = all_tokens_neon_FINE, [BYTES] = all_tokens_neon_BYTES,   [SIMPLE] = all_tokens_neon_SIMPLE,
    [MIN] = all_tokens_neon_MIN,   [HALVES] = all_tokens_neon_HALVES, [HALVES_MIN] = all_tokens_neon_HALVES_MIN};

/* The first tile of p times all tokens. */
INLINE void many_tokens_neon(const format_neon *f, product p)
{
    scratch_neon e;
    for (e.k = 0; e.k < p.x->n_cols; e.k += SCRATCH_GROUPS_NEON * K_GROUP) {
        const size_t left = (p.x->n_cols - e.k) / K_GROUP;
        e.n_groups = left < SCRATCH_GROUPS_NEON ? (int)left : SCRATCH_GROUPS_NEON;
        expand_neon(f, p.tiles, &e);
        ALL_TOKENS_OF[f->kind](&e, &p);
        p.tiles += f->block_bytes * SCRATCH_GROUPS_NEON / (size_t)f->n_groups;
    }
}

INLINE void matmul_neon(const format_neon *f, product p)
{
    const size_t tile_bytes = p.x->n_cols / K_GROUP / (size_t)f->n_groups * f->block_bytes;
    for (; p.n_tiles > 0; p.n_tiles--, p.tiles += tile_bytes, p.y += TILE_ROWS) {
        if (p.n > DIRECT_MAX_NEON)
            many_tokens_neon(f, p);
        else
            few_tokens_neon(f, p);
    }
}

#define PRODUCT_NEON(NAME, name) PRODUCT_FUNCTION(matmul_neon_##name, matmul_neon, NAME##_NEON)
NEON_FORMATS(PRODUCT_NEON)

/* The quantized products into table k. */
INLINE void fill_products_neon(kernels *k)
{
#define ENTRY_NEON(NAME, name) k->matmul[TYPE_##NAME] = matmul_neon_##name;
    NEON_FORMATS(ENTRY_NEON)
}
