/* matmul_avx2.c - quantized matrix products with AVX2.
 *
 * vpmaddubsw multiplies unsigned by signed bytes and adds pairs in 16 bits, which saturate: a format says how many such
 * pairs may be added up before they are widened, and those whose unsigned codes would not fit even one (IQ4) keep
 * signed codes and move their sign to the activations (|w| <= 127 and |x| <= 127, so the pair is at most 32,258).  So
 * the integer sums are exact, as the definition wants.
 */
#include "kernels/x86/pass_256.h"

enum { BLOCK_PASS = 4 }; // tokens per pass over the scratch

INLINE int offset_of(const format *f)
{
    return f->offset;
}

INLINE void codes_of(const format *f, const uint8_t *block, int g, int half, __m256i code[N_CHUNKS])
{
    f->codes(block, g, half, code);
}

/* Sums of two products of codes, in 16 bits. */
INLINE __m256i pairs_of(const format *f, __m256i code, __m256i x)
{
    return f->is_signed ? _mm256_maddubs_epi16(_mm256_abs_epi8(code), _mm256_sign_epi8(x, code))
                        : _mm256_maddubs_epi16(code, x);
}

/* Adds the chunks [first, end) of n tokens, whose group begins at column k, to dot[m * n + i]. */
INLINE void dots(const format *f, int halves, int n, const __m256i *const code[HALVES], int first, int end,
                 const token_codes *x, size_t k, __m256i *dot)
{
    UNROLL
    for (int wide = first; wide < end; wide += f->n_wide) {
        __m256i pairs[HALVES * PASS_MAX]; // sums of two products each, in 16 bits
        UNROLL
        for (int c = wide; c < wide + f->n_wide; c++) {
            UNROLL
            for (int i = 0; i < n; i++) {
                const __m256i four = broadcast4(x->code[i] + k + 4 * (size_t)c);
                UNROLL
                for (int m = 0; m < halves; m++) {
                    const __m256i two = pairs_of(f, code[m][c], four);
                    pairs[m * n + i] = c == wide ? two : _mm256_add_epi16(pairs[m * n + i], two);
                }
            }
        }
        UNROLL
        for (int j = 0; j < halves * n; j++)
            dot[j] = _mm256_add_epi32(dot[j], _mm256_madd_epi16(pairs[j], _mm256_set1_epi16(1)));
    }
}

/* Adds products of pairs of 16-bit numbers. */
INLINE __m256i add_products(__m256i dot, __m256i a, __m256i b)
{
    return _mm256_add_epi32(dot, _mm256_madd_epi16(a, b));
}

#include "kernels/x86/fine_256.h"
#include "kernels/x86/matmul_256.h"

void matmul_fill_avx2(kernels *k)
{
    fill_matmul(k);
}
