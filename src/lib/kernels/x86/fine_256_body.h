/* fine_256_body.h - the body of the product of Q8_0, which reads fine codes too, in 256-bit registers.
 *
 * Included once each by matmul_avx2.c and matmul_avxvnni.c, which define PRODUCTS_256 after
 *     add_products           adds the products of pairs of 16-bit numbers
 *
 * An activation's two codes are one number of 15 bits (128 code + fine), and 16-bit products need no offsets for their
 * signs.  Weights are widened too: of the bytes of four consecutive k, the even ones become one register of pairs and
 * the odd ones another, so activations are laid out the same way: k, k + 2, k + 1, k + 3.
 *
 * Few tokens: weights are widened straight from the tile.  Many tokens: a block of K of two tiles is widened once into
 * a scratch of 17 KiB, and passes of four tokens multiply it.
 */
#ifndef PRODUCTS_256
#error "define PRODUCTS_256 first, after add_products: see matmul_avx2.c"
#endif

enum {
    FINE_TILES = 2,     // in the scratch
    FINE_GROUPS = 8,    // groups of 32 k in the scratch
    FINE_DIRECT = 32,   // groups whose activations are widened at once without a scratch
    FINE_DIRECT_MAX = 7 // tokens up to which multiplying straight from the tile is faster
};

/* Some activations of a few tokens, widened. */
typedef struct wide_tokens {
    int16_t code[PASS_MAX_256][FINE_DIRECT * K_GROUP];
    const float *scale[PASS_MAX_256];
} wide_tokens;

INLINE void widen_tokens(const tokens *x, int n, size_t n_groups, wide_tokens *out)
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

/* The even and the odd k of one half of a chunk. */
INLINE void widen_chunk(const tile_chunk *chunk, int half, __m256i even_odd[2])
{
    const __m256i code = load_chunk_256(chunk, half);
    const __m256i sign = _mm256_xor_si256(code, _mm256_set1_epi8(-128));
    even_odd[0] = _mm256_srai_epi16(_mm256_slli_epi16(sign, 8), 8);
    even_odd[1] = _mm256_srai_epi16(sign, 8);
}

/* Of 128ths, as the codes are. */
INLINE __m256 fine_scale(const tile_q8_0 *block, int half)
{
    return _mm256_mul_ps(load_f16_256(block->d, half), _mm256_set1_ps(1.0f / 128));
}

/* Adds the sums of group `at` of token i to 8 rows. */
INLINE __m256 add_scaled(__m256 scale, const wide_tokens *x, int i, size_t at, __m256i dot, __m256 acc)
{
    return _mm256_fmadd_ps(_mm256_mul_ps(scale, _mm256_set1_ps(x->scale[i][at])), _mm256_cvtepi32_ps(dot), acc);
}

/* ---- few tokens: straight from the tile -------------------------------------------------------------------------- */

/* The integer sums of one group of half a tile and n tokens; g is the group among those of w. */
INLINE void fine_dots(int n, const tile_q8_0 *block, int half, const wide_tokens *w, size_t g, __m256i *dot)
{
    UNROLL
    for (int i = 0; i < n; i++)
        dot[i] = _mm256_setzero_si256();
    UNROLL
    for (int c = 0; c < TILE_CHUNKS; c++) {
        __m256i even_odd[2];
        widen_chunk(&block->chunk[c], half, even_odd);
        UNROLL
        for (int i = 0; i < n; i++) {
            const int16_t *const four = w->code[i] + g * K_GROUP + 4 * c;
            dot[i] = add_products(dot[i], even_odd[0], broadcast4_256(four));
            dot[i] = add_products(dot[i], even_odd[1], broadcast4_256(four + 2));
        }
    }
}

/* The first tile of p times n tokens from place `first` on; p.y is where they go. */
INLINE void fine_direct(int n, product p, size_t first)
{
    __m256 acc[HALVES * PASS_MAX_256];
    UNROLL
    for (int j = 0; j < HALVES * n; j++)
        acc[j] = _mm256_setzero_ps();
    const size_t n_groups = p.x->n_cols / K_GROUP;
    for (size_t g0 = 0; g0 < n_groups; g0 += FINE_DIRECT) {
        const size_t n_here = n_groups - g0 < FINE_DIRECT ? n_groups - g0 : FINE_DIRECT;
        const tokens t = tokens_at(p.x, first, n, g0 * K_GROUP);
        wide_tokens w;
        widen_tokens(&t, n, n_here, &w);
        for (size_t g = 0; g < n_here; g++, p.tiles += sizeof(tile_q8_0)) {
            const tile_q8_0 *const block = (const void *)p.tiles;
            prefetch_256(p.tiles + AHEAD_256, sizeof(tile_q8_0));
            UNROLL
            for (int half = 0; half < HALVES; half++) {
                __m256i dot[PASS_MAX_256];
                fine_dots(n, block, half, &w, g, dot);
                const __m256 scale = fine_scale(block, half);
                UNROLL
                for (int i = 0; i < n; i++)
                    acc[half * n + i] = add_scaled(scale, &w, i, g, dot[i], acc[half * n + i]);
            }
        }
    }
    store_pass_256(n, acc, p.y, p.ld);
}

/* The first tile of p times all tokens. */
INLINE void fine_few_tokens(product p)
{
    for (size_t i = 0; i < p.n;) {
        const size_t take = p.n - i < PASS_MAX_256 ? p.n - i : PASS_MAX_256;
        switch (take) {
        case 1: fine_direct(1, p, i); break;
        case 2: fine_direct(2, p, i); break;
        case 3: fine_direct(3, p, i); break;
        case 4: fine_direct(4, p, i); break;
        }
        i += take;
        p.y += take * p.ld;
    }
}

/* ---- many tokens: by way of a scratch ---------------------------------------------------------------------------- */

/* Some groups along K of one tile, widened. */
typedef struct wide_block {
    __m256i code[FINE_GROUPS][TILE_CHUNKS][2][HALVES]; // even and odd
    __m256 scale[FINE_GROUPS][HALVES];
    size_t n_groups;
    bool is_first; // along K
} wide_block;

INLINE void widen_block(const uint8_t *tile, wide_block *b)
{
    for (size_t g = 0; g < b->n_groups; g++, tile += sizeof(tile_q8_0)) {
        const tile_q8_0 *const block = (const void *)tile;
        prefetch_256(tile + FINE_GROUPS * sizeof(tile_q8_0), sizeof(tile_q8_0));
        UNROLL
        for (int half = 0; half < HALVES; half++) {
            b->scale[g][half] = fine_scale(block, half);
            UNROLL
            for (int c = 0; c < TILE_CHUNKS; c++) {
                __m256i even_odd[2];
                widen_chunk(&block->chunk[c], half, even_odd);
                b->code[g][c][0][half] = even_odd[0];
                b->code[g][c][1][half] = even_odd[1];
            }
        }
    }
}

/* Adds a block to n tokens of y. */
INLINE void fine_pass(int n, const wide_block *b, const wide_tokens *x, float *y, size_t ld)
{
    __m256 acc[HALVES * PASS_MAX_256];
    load_pass_256(n, b->is_first, y, ld, acc);
    for (size_t g = 0; g < b->n_groups; g++) {
        __m256i dot[HALVES * PASS_MAX_256];
        UNROLL
        for (int j = 0; j < HALVES * n; j++)
            dot[j] = _mm256_setzero_si256();
        UNROLL
        for (int pair = 0; pair < 2 * TILE_CHUNKS; pair++) {
            UNROLL
            for (int i = 0; i < n; i++) {
                const __m256i two = broadcast4_256(x->code[i] + g * K_GROUP + 2 * pair);
                UNROLL
                for (int m = 0; m < HALVES; m++)
                    dot[m * n + i] = add_products(dot[m * n + i], b->code[g][pair / 2][pair % 2][m], two);
            }
        }
        UNROLL
        for (int j = 0; j < HALVES * n; j++)
            acc[j] = add_scaled(b->scale[g][j / n], x, j % n, g, dot[j], acc[j]);
    }
    store_pass_256(n, acc, y, ld);
}

/* The first n_tiles tiles of p, at most FINE_TILES, times all tokens. */
INLINE void fine_many_tokens(product p, size_t n_tiles, size_t tile_bytes)
{
    wide_block b[FINE_TILES];
    wide_tokens w;
    for (size_t k = 0; k < p.x->n_cols; k += FINE_GROUPS * K_GROUP, p.tiles += FINE_GROUPS * sizeof(tile_q8_0)) {
        const size_t left = (p.x->n_cols - k) / K_GROUP, n_groups = left < FINE_GROUPS ? left : FINE_GROUPS;
        for (size_t m = 0; m < n_tiles; m++) {
            b[m].n_groups = n_groups;
            b[m].is_first = k == 0;
            widen_block(p.tiles + m * tile_bytes, &b[m]);
        }
        for (size_t i = 0; i < p.n;) {
            const size_t take = p.n - i < PASS_MAX_256 ? 1 : PASS_MAX_256;
            const tokens t = tokens_at(p.x, i, (int)take, k);
            widen_tokens(&t, (int)take, n_groups, &w);
            for (size_t m = 0; m < n_tiles; m++) {
                float *const out = p.y + i * p.ld + m * TILE_ROWS;
                if (take == PASS_MAX_256)
                    fine_pass(PASS_MAX_256, &b[m], &w, out, p.ld);
                else
                    fine_pass(1, &b[m], &w, out, p.ld);
            }
            i += take;
        }
    }
}

/* The product with Q8_0, for the files that include this body. */
INLINE void matmul_fine_256(product p)
{
    const size_t tile_bytes = p.x->n_cols / K_GROUP * sizeof(tile_q8_0);
    while (p.n_tiles > 0) {
        const size_t take = p.n > FINE_DIRECT_MAX && p.n_tiles >= FINE_TILES ? FINE_TILES : 1;
        if (p.n > FINE_DIRECT_MAX)
            fine_many_tokens(p, take, tile_bytes);
        else
            fine_few_tokens(p);
        p.tiles += take * tile_bytes;
        p.n_tiles -= take;
        p.y += take * TILE_ROWS;
    }
}
