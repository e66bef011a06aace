/* matmul_avx2.c - quantized matrix products with AVX2.
 *
 * vpmaddubsw multiplies unsigned by signed bytes and adds pairs in 16 bits, which saturate: a format says how many such
 * pairs may be added up before they are widened, and those whose unsigned codes would not fit even one (IQ4) keep
 * signed codes and move their sign to the activations (|w| <= 127 and |x| <= 127, so the pair is at most 32,258).  So
 * the integer sums are exact, as the definition requires.
 */
#include "kernels/x86/pass_256.h"

/* ---- what matmul_256_body.h takes from this file ----------------------------------------------------------------- */

enum { SCRATCH_PASS_256 = 4 }; // tokens per pass over the scratch

INLINE void codes_of(const format_256 *f, const uint8_t *block, int g, int half, __m256i code[TILE_CHUNKS])
{
    f->codes(block, g, half, code);
}

/* Sums of two products of codes, in 16 bits. */
INLINE __m256i two_products(const format_256 *f, __m256i code, __m256i x)
{
    return f->is_signed ? _mm256_maddubs_epi16(_mm256_abs_epi8(code), _mm256_sign_epi8(x, code))
                        : _mm256_maddubs_epi16(code, x);
}

/* The sums of the products of codes of a part of a group.  The offset joins them last: before, its sums would take
 * registers that the products need. */
INLINE void integer_sums(const format_256 *f, group_256 at, int part, __m256i *dot)
{
    const int first = first_chunk_256(part), end = end_chunk_256(part);
    UNROLL
    for (int wide = first; wide < end; wide += f->n_wide) {
        __m256i sums[HALVES * PASS_MAX_256]; // of two products each, in 16 bits
        UNROLL
        for (int c = wide; c < wide + f->n_wide; c++) {
            UNROLL
            for (int i = 0; i < at.n; i++) {
                const __m256i four = broadcast4_256(at.x->coarse.code[i] + K_GROUP * at.g + 4 * (size_t)c);
                UNROLL
                for (int m = 0; m < at.halves; m++) {
                    const __m256i two = two_products(f, at.code[m][c], four);
                    sums[m * at.n + i] = c == wide ? two : _mm256_add_epi16(sums[m * at.n + i], two);
                }
            }
        }
        UNROLL
        for (int j = 0; j < at.halves * at.n; j++) {
            const __m256i four_products = _mm256_madd_epi16(sums[j], _mm256_set1_epi16(1));
            dot[j] = wide == first ? four_products : _mm256_add_epi32(dot[j], four_products);
        }
    }
    if (f->offset == 0)
        return;
    UNROLL
    for (int j = 0; j < at.halves * at.n; j++)
        dot[j] = _mm256_add_epi32(dot[j], offset_sum_256(f->offset, at, part, j % at.n));
}

#define DOTS_256
#include "kernels/x86/matmul_256_body.h"

/* ---- and fine_256_body.h ----------------------------------------------------------------------------------------- */

INLINE __m256i add_products(__m256i dot, __m256i a, __m256i b)
{
    return _mm256_add_epi32(dot, _mm256_madd_epi16(a, b));
}

#define PRODUCTS_256
#include "kernels/x86/fine_256_body.h"

static void matmul_256_q8_0(const uint8_t *tiles, size_t n_tiles, const act_rows *x, size_t n, float *y, size_t ld)
{
    matmul_fine_256((product){tiles, n_tiles, x, n, y, ld});
}

void matmul_fill_avx2(kernels *k)
{
    fill_coarse_256(k);
    k->matmul[TYPE_Q8_0] = matmul_256_q8_0;
}
