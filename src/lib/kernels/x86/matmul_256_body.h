/* matmul_256_body.h - the body of the quantized products in 256-bit registers, apart from Q8_0's (fine_256_body.h).
 *
 * Included once each by matmul_avx2.c and matmul_avxvnni.c, which define DOTS_256 and, before it, the parts that
 * differ:
 *     codes_of               a format's codes as the instruction set takes them
 *     integer_sums           the sums of the products of codes of a part of a group
 *     SCRATCH_PASS_256       tokens per pass over the scratch
 *
 * A register holds four consecutive k of 8 rows.  Few tokens: codes are expanded half a tile at a time, straight from
 * the tile.  Many tokens: a block of K of a tile is expanded once into a scratch that the first-level cache holds.
 */
#ifndef DOTS_256
#error "define DOTS_256 first, after codes_of, integer_sums and SCRATCH_PASS_256: see matmul_avx2.c"
#endif

enum {
    SCRATCH_MIN_256 = 8,     // tokens from which on the scratch is faster
    SCRATCH_GROUPS_256 = 32, // groups of 32 k in the scratch
};

/* ---- one group of 32 k ------------------------------------------------------------------------------------------- */

/* Activation scale times the sum of the codes of half h, or of the whole group, of token i. */
INLINE float scaled_sum_256(const format_256 *f, group_256 at, int i, int h)
{
    return f->has_halves ? at.x->scale[i][at.g] * (float)at.x->coarse.sum[i][2 * at.g + (size_t)h]
                         : at.x->scaled_sum[i][at.g];
}

/* Adds a group to the float sums `acc`. */
INLINE void add_group_256(const format_256 *f, group_256 at, __m256 *acc)
{
    const int n_parts = 1 + f->has_halves, n_sums = at.halves * at.n;
    UNROLL
    for (int h = 0; h < n_parts; h++) {
        const int part = f->has_halves ? h : WHOLE_GROUP;
        __m256i dot[HALVES * PASS_MAX_256];
        integer_sums(f, at, part, dot);
        UNROLL
        for (int j = 0; j < n_sums; j++) {
            const __m256 xs = _mm256_set1_ps(at.x->scale[j % at.n][at.g]);
            acc[j] = _mm256_fmadd_ps(_mm256_mul_ps(at.scale[j / at.n][h], xs), _mm256_cvtepi32_ps(dot[j]), acc[j]);
            if (f->has_min) {
                const __m256 sum = _mm256_set1_ps(scaled_sum_256(f, at, j % at.n, h));
                acc[j] = _mm256_fnmadd_ps(at.scale[j / at.n][n_parts + h], sum, acc[j]);
            }
        }
    }
}

/* ---- few tokens: straight from the tile -------------------------------------------------------------------------- */

/* The first tile of p times its first n tokens, which are x. */
INLINE void direct_256(const format_256 *f, int n, const tokens *x, product p)
{
    const size_t per_block = (size_t)f->n_groups, group_bytes = f->block_bytes / per_block;
    __m256 acc[HALVES * PASS_MAX_256];
    UNROLL
    for (int j = 0; j < HALVES * n; j++)
        acc[j] = _mm256_setzero_ps();
    const uint8_t *ahead = p.tiles + AHEAD_256;
    for (size_t g = 0; g < p.x->n_cols / K_GROUP; g++, ahead += group_bytes) {
        prefetch_256(ahead, group_bytes);
        const uint8_t *const block = p.tiles + g / per_block * f->block_bytes;
        UNROLL
        for (int half = 0; half < HALVES; half++) {
            __m256i code[TILE_CHUNKS];
            __m256 scale[4];
            codes_of(f, block, (int)(g % per_block), half, code);
            f->scales(block, (int)(g % per_block), half, scale);
            add_group_256(f, (group_256){.halves = 1, .n = n, .code = {code}, .scale = {scale}, .x = x, .g = g},
                          acc + half * n);
        }
    }
    store_pass_256(n, acc, p.y, p.ld);
}

/* The first tile of p times all tokens, in parts that differ by one token at most. */
INLINE void few_tokens_256(const format_256 *f, product p)
{
    const size_t n = p.n, n_parts = (n + DIRECT_PASS_256 - 1) / DIRECT_PASS_256;
    float *const y = p.y;
    for (size_t part = 0; part < n_parts; part++) {
        const size_t first = n * part / n_parts, end = n * (part + 1) / n_parts;
        const tokens t = tokens_at(p.x, first, (int)(end - first), 0);
        p.y = y + first * p.ld;
        switch (end - first) {
        case 1: direct_256(f, 1, &t, p); break;
        case 2: direct_256(f, 2, &t, p); break;
        case 3: direct_256(f, 3, &t, p); break;
        case 4: direct_256(f, 4, &t, p); break;
        }
    }
}

/* ---- many tokens: by way of a scratch ---------------------------------------------------------------------------- */

/* The scratch: some groups along K of one tile, expanded. */
typedef struct scratch_256 {
    __m256i code[SCRATCH_GROUPS_256][HALVES][TILE_CHUNKS];
    __m256 scale[SCRATCH_GROUPS_256][HALVES][4];
    int n_groups;
    bool is_first; // along K
} scratch_256;

INLINE void expand_256(const format_256 *f, const uint8_t *tile, scratch_256 *b)
{
    const size_t group_bytes = f->block_bytes / (size_t)f->n_groups;
    const uint8_t *ahead = tile + SCRATCH_GROUPS_256 * group_bytes;
    for (int g = 0; g < b->n_groups; g++, ahead += group_bytes) {
        prefetch_256(ahead, group_bytes);
        const uint8_t *const block = tile + (size_t)(g / f->n_groups) * f->block_bytes;
        UNROLL
        for (int half = 0; half < HALVES; half++) {
            codes_of(f, block, g % f->n_groups, half, b->code[g][half]);
            f->scales(block, g % f->n_groups, half, b->scale[g][half]);
        }
    }
}

/* Adds a block to n tokens of y. */
INLINE void scratch_pass_256(const format_256 *f, int n, const scratch_256 *b, const tokens *x, float *y, size_t ld)
{
    __m256 acc[HALVES * PASS_MAX_256];
    load_pass_256(n, b->is_first, y, ld, acc);
    for (int g = 0; g < b->n_groups; g++) {
        const group_256 at = {.halves = HALVES,
                              .n = n,
                              .code = {b->code[g][0], b->code[g][1]},
                              .scale = {b->scale[g][0], b->scale[g][1]},
                              .x = x,
                              .g = (size_t)g};
        add_group_256(f, at, acc);
    }
    store_pass_256(n, acc, y, ld);
}

/* The first tile of p times all tokens. */
INLINE void many_tokens_256(const format_256 *f, product p)
{
    scratch_256 b;
    for (size_t k = 0; k < p.x->n_cols; k += SCRATCH_GROUPS_256 * K_GROUP) {
        const size_t left = (p.x->n_cols - k) / K_GROUP;
        b.n_groups = left < SCRATCH_GROUPS_256 ? (int)left : SCRATCH_GROUPS_256;
        b.is_first = k == 0;
        expand_256(f, p.tiles, &b);
        size_t i = 0;
        for (; i + SCRATCH_PASS_256 <= p.n; i += SCRATCH_PASS_256) {
            const tokens t = tokens_at(p.x, i, SCRATCH_PASS_256, k);
            scratch_pass_256(f, SCRATCH_PASS_256, &b, &t, p.y + i * p.ld, p.ld);
        }
        for (; i < p.n; i++) {
            const tokens t = tokens_at(p.x, i, 1, k);
            scratch_pass_256(f, 1, &b, &t, p.y + i * p.ld, p.ld);
        }
        p.tiles += f->block_bytes * SCRATCH_GROUPS_256 / (size_t)f->n_groups;
    }
}

INLINE void matmul_256(const format_256 *f, product p)
{
    const size_t tile_bytes = p.x->n_cols / K_GROUP / (size_t)f->n_groups * f->block_bytes;
    for (; p.n_tiles > 0; p.n_tiles--, p.tiles += tile_bytes, p.y += TILE_ROWS) {
        if (p.n < SCRATCH_MIN_256)
            few_tokens_256(f, p);
        else
            many_tokens_256(f, p);
    }
}

#define PRODUCT_256(NAME, name) PRODUCT_FUNCTION(matmul_256_##name, matmul_256, NAME##_256)
COARSE_FORMATS_256(PRODUCT_256)

/* The coarse formats' products into table k. */
INLINE void fill_coarse_256(kernels *k)
{
#define ENTRY_256(NAME, name) k->matmul[TYPE_##NAME] = matmul_256_##name;
    COARSE_FORMATS_256(ENTRY_256)
}
