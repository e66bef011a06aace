/* matmul_avxvnni.c - quantized matrix products with AVX2 and AVX-VNNI: processors with neither AVX-512 nor the
 * saturating detour of AVX2.
 *
 * vpdpbusd adds four products of unsigned by signed bytes to the sums of 8 rows.  Codes that the formats of AVX2 leave
 * signed (IQ4) get 128 added, and the sums begin at -offset * sum(activation codes), as in matmul_avx512.c.
 */
#include "kernels/x86/pass_256.h"

enum { BLOCK_PASS = 3 }; // tokens per pass over the scratch: 6 float and 6 integer sums in 16 registers

INLINE int offset_of(const format *f)
{
    return f->is_signed ? 128 : f->offset;
}

INLINE void codes_of(const format *f, const uint8_t *block, int g, int half, __m256i code[N_CHUNKS])
{
    f->codes(block, g, half, code);
    UNROLL
    for (int c = 0; c < N_CHUNKS; c++)
        code[c] = f->is_signed ? _mm256_xor_si256(code[c], _mm256_set1_epi8(-128)) : code[c];
}

/* Adds the chunks [first, end) of n tokens, whose group begins at column k, to dot[m * n + i]. */
INLINE void dots(const format *f, int halves, int n, const __m256i *const code[HALVES], int first, int end,
                 const token_codes *x, size_t k, __m256i *dot)
{
    (void)f;
    UNROLL
    for (int c = first; c < end; c++) {
        UNROLL
        for (int i = 0; i < n; i++) {
            const __m256i four = broadcast4(x->code[i] + k + 4 * (size_t)c);
            UNROLL
            for (int m = 0; m < halves; m++)
                dot[m * n + i] = _mm256_dpbusd_avx_epi32(dot[m * n + i], code[m][c], four);
        }
    }
}

/* Adds products of pairs of 16-bit numbers. */
INLINE __m256i add_products(__m256i dot, __m256i a, __m256i b)
{
    return _mm256_dpwssd_avx_epi32(dot, a, b);
}

#include "kernels/x86/fine_256.h"
#include "kernels/x86/matmul_256.h"

void kernels_fill_avxvnni(kernels *k)
{
    k->name = "avxvnni";
    fill_matmul(k);
}
