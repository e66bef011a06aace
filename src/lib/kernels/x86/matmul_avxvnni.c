/* matmul_avxvnni.c - quantized matrix products with AVX2 and AVX-VNNI, for processors without AVX-512.
 *
 * vpdpbusd adds four products of unsigned by signed bytes to the sums of 8 rows, without the 16 bits that saturate in
 * matmul_avx2.c.  Codes that formats_avx2.h leaves signed (IQ4) get 128 added, and the sums begin at
 * -offset * sum(activation codes), as in matmul_avx512.c.
 */
#include "kernels/x86/pass_256.h"

/* ---- what matmul_256_body.h takes from this file ----------------------------------------------------------------- */

enum { SCRATCH_PASS_256 = 3 }; // tokens per pass over the scratch: 6 float and 6 integer sums in 16 registers

INLINE void codes_of(const format_256 *f, const uint8_t *block, int g, int half, __m256i code[TILE_CHUNKS])
{
    f->codes(block, g, half, code);
    UNROLL
    for (int c = 0; c < TILE_CHUNKS; c++)
        code[c] = f->is_signed ? _mm256_xor_si256(code[c], _mm256_set1_epi8(-128)) : code[c];
}

/* The sums of the products of codes of a part of a group. */
INLINE void integer_sums(const format_256 *f, group_256 at, int part, __m256i *dot)
{
    const int offset = f->is_signed ? 128 : f->offset;
    UNROLL
    for (int j = 0; j < at.halves * at.n; j++)
        dot[j] = offset == 0 ? _mm256_setzero_si256() : offset_sum_256(offset, at, part, j % at.n);
    UNROLL
    for (int c = first_chunk_256(part); c < end_chunk_256(part); c++) {
        UNROLL
        for (int i = 0; i < at.n; i++) {
            const __m256i four = broadcast4_256(at.x->coarse.code[i] + K_GROUP * at.g + 4 * (size_t)c);
            UNROLL
            for (int m = 0; m < at.halves; m++)
                dot[m * at.n + i] = _mm256_dpbusd_avx_epi32(dot[m * at.n + i], at.code[m][c], four);
        }
    }
}

#define DOTS_256
#include "kernels/x86/matmul_256_body.h"

/* ---- and fine_256_body.h ----------------------------------------------------------------------------------------- */

INLINE __m256i add_products(__m256i dot, __m256i a, __m256i b)
{
    return _mm256_dpwssd_avx_epi32(dot, a, b);
}

#define PRODUCTS_256
#include "kernels/x86/fine_256_body.h"

static void matmul_256_q8_0(const uint8_t *tiles, size_t n_tiles, const act_rows *x, size_t n, float *y, size_t ld)
{
    matmul_fine_256((product){tiles, n_tiles, x, n, y, ld});
}

void kernels_fill_avxvnni(kernels *k)
{
    k->name = "avxvnni";
    fill_coarse_256(k);
    k->matmul[TYPE_Q8_0] = matmul_256_q8_0;
}
