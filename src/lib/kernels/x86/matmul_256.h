/* matmul_256.h - quantized matrix products in registers of 256 bits, written once for the instruction sets that have
 * them. A register holds four consecutive k of 8 rows.  Included by matmul_avx2.c and matmul_avxvnni.c behind what they
 * do differently: `offset_of`, `codes_of` and `dots`.
 *
 * Few tokens: codes are expanded half a tile at a time, on the way from memory.  Many tokens: a block of K of a tile is
 * expanded once into a scratch that the first-level cache holds.
 */
#ifndef KERNELS_X86_MATMUL_256_H
#define KERNELS_X86_MATMUL_256_H

enum {
    BLOCK_MIN = 8,     // tokens from which on the scratch pays
    BLOCK_GROUPS = 32, // groups of 32 k in the scratch
};

enum { BOTH = 2 }; // halves of a group

/* `factor` times the sum of the activation codes of one half (0, 1) of a group or of BOTH. */
INLINE __m256i sum_times(int factor, int part, __m256i sums)
{
    const int low = part == 1 ? 0 : factor & 0xffff, high = part == 0 ? 0 : factor * 0x10000;
    return _mm256_madd_epi16(sums, _mm256_set1_epi32(low | high));
}

/* Adds group g of the n tokens to acc[m * n + i], for `halves` halves of a tile. */
INLINE void add_group(const format *f, int halves, int n, const __m256i *const code[HALVES],
                      const __m256 *const scale[HALVES], const tokens *x, size_t g, __m256 *acc)
{
    const int n_parts = 1 + f->has_halves;
    UNROLL
    for (int h = 0; h < n_parts; h++) {
        const int n_chunks = N_CHUNKS / n_parts, first = h * n_chunks, end = first + n_chunks;
        const int part = f->has_halves ? h : BOTH;
        __m256i dot[HALVES * PASS_MAX];
        UNROLL
        for (int j = 0; j < halves * n; j++)
            dot[j] = offset_of(f) == 0 ? _mm256_setzero_si256()
                                       : sum_times(-offset_of(f), part, broadcast4(x->coarse.sum[j % n] + 2 * g));
        dots(f, halves, n, code, first, end, &x->coarse, K_GROUP * g, dot);
        UNROLL
        for (int j = 0; j < halves * n; j++) {
            const __m256 xs = _mm256_set1_ps(x->scale[j % n][g]);
            acc[j] = _mm256_fmadd_ps(_mm256_mul_ps(scale[j / n][h], xs), _mm256_cvtepi32_ps(dot[j]), acc[j]);
            if (f->has_min) {
                const float sum = f->has_halves ? x->scale[j % n][g] * (float)x->coarse.sum[j % n][2 * g + (size_t)h]
                                                : x->scaled_sum[j % n][g];
                acc[j] = _mm256_fnmadd_ps(scale[j / n][n_parts + h], _mm256_set1_ps(sum), acc[j]);
            }
        }
    }
}

/* ---- few tokens ------------------------------------------------------------------------------------------------- */

INLINE void direct(const format *f, int n, const uint8_t *tile, const tokens *x, size_t n_cols, float *y, size_t ld)
{
    const size_t per_block = (size_t)f->n_groups, group_bytes = f->block_bytes / per_block;
    __m256 acc[HALVES * PASS_MAX];
    UNROLL
    for (int j = 0; j < HALVES * n; j++)
        acc[j] = _mm256_setzero_ps();
    const uint8_t *ahead = tile + AHEAD;
    for (size_t g = 0; g < n_cols / K_GROUP; g++, ahead += group_bytes) {
        prefetch(ahead, group_bytes);
        const uint8_t *const block = tile + g / per_block * f->block_bytes;
        UNROLL
        for (int half = 0; half < HALVES; half++) {
            __m256i code[N_CHUNKS];
            __m256 scale[4];
            codes_of(f, block, (int)(g % per_block), half, code);
            f->scales(block, (int)(g % per_block), half, scale);
            add_group(f, 1, n, (const __m256i *const[HALVES]){code}, (const __m256 *const[HALVES]){scale}, x, g,
                      acc + half * n);
        }
    }
    store(n, acc, y, ld);
}

/* One tile times all tokens, in parts that differ by one token at most. */
INLINE void few(const format *f, const uint8_t *tile, const act_rows *x, size_t n, float *y, size_t ld)
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
        }
    }
}

/* ---- many tokens ------------------------------------------------------------------------------------------------ */

/* Some groups along K of one tile, expanded, and where its products go. */
typedef struct k_block {
    __m256i code[BLOCK_GROUPS][HALVES][N_CHUNKS];
    __m256 scale[BLOCK_GROUPS][HALVES][4];
    int n_groups;
    bool is_first; // along K
    size_t ld;
} k_block;

INLINE void expand(const format *f, const uint8_t *tile, k_block *b)
{
    const size_t group_bytes = f->block_bytes / (size_t)f->n_groups;
    const uint8_t *ahead = tile + BLOCK_GROUPS * group_bytes;
    for (int g = 0; g < b->n_groups; g++, ahead += group_bytes) {
        prefetch(ahead, group_bytes);
        const uint8_t *const block = tile + (size_t)(g / f->n_groups) * f->block_bytes;
        UNROLL
        for (int half = 0; half < HALVES; half++) {
            codes_of(f, block, g % f->n_groups, half, b->code[g][half]);
            f->scales(block, g % f->n_groups, half, b->scale[g][half]);
        }
    }
}

/* Adds a block to n tokens of y. */
INLINE void block_pass(const format *f, int n, const k_block *b, const tokens *x, float *y)
{
    __m256 acc[HALVES * PASS_MAX];
    UNROLL
    for (int j = 0; j < HALVES * n; j++) {
        const float *const from = y + (size_t)(j % n) * b->ld + j / n * (TILE_ROWS / HALVES);
        acc[j] = b->is_first ? _mm256_setzero_ps() : _mm256_loadu_ps(from);
    }
    for (int g = 0; g < b->n_groups; g++) {
        const __m256i *const code[HALVES] = {b->code[g][0], b->code[g][1]};
        const __m256 *const scale[HALVES] = {b->scale[g][0], b->scale[g][1]};
        add_group(f, HALVES, n, code, scale, x, (size_t)g, acc);
    }
    store(n, acc, y, b->ld);
}

INLINE void many(const format *f, const uint8_t *tile, const act_rows *x, size_t n, float *y, size_t ld)
{
    k_block b;
    b.ld = ld;
    for (size_t k = 0; k < x->n_cols; k += BLOCK_GROUPS * K_GROUP) {
        const size_t left = (x->n_cols - k) / K_GROUP;
        b.n_groups = left < BLOCK_GROUPS ? (int)left : BLOCK_GROUPS;
        b.is_first = k == 0;
        expand(f, tile, &b);
        size_t i = 0;
        for (; i + BLOCK_PASS <= n; i += BLOCK_PASS) {
            const tokens t = tokens_at(x, i, BLOCK_PASS, k);
            block_pass(f, BLOCK_PASS, &b, &t, y + i * ld);
        }
        for (; i < n; i++) {
            const tokens t = tokens_at(x, i, 1, k);
            block_pass(f, 1, &b, &t, y + i * ld);
        }
        tile += f->block_bytes * BLOCK_GROUPS / (size_t)f->n_groups;
    }
}

INLINE void matmul(const format *f, const uint8_t *tiles, size_t n_tiles, const act_rows *x, size_t n, float *y,
                   size_t ld)
{
    const size_t tile_bytes = x->n_cols / K_GROUP / (size_t)f->n_groups * f->block_bytes;
    for (size_t t = 0; t < n_tiles; t++) {
        const uint8_t *const tile = tiles + t * tile_bytes;
        if (n < BLOCK_MIN)
            few(f, tile, x, n, y + t * TILE_ROWS, ld);
        else
            many(f, tile, x, n, y + t * TILE_ROWS, ld);
    }
}

COARSE_FORMATS(QUANTIZED_PRODUCT)

INLINE void fill_matmul(kernels *k)
{
    QUANTIZED_FORMATS(QUANTIZED_ENTRY)
}

#endif
