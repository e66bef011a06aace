/* matmul_neon.c - quantized matrix products for every AArch64 processor.
 *
 * Products of codes are added up in 16 bits as long as the format allows, then widened: two adjacent products belong to
 * one row, so that one pairwise addition at the end leaves a sum per row.
 */
#include "kernels/arm/formats_neon.h"
#include "kernels/variants.h"

/* Four activations, for each of 4 rows. */
INLINE int8x16_t broadcast4_neon(const int8_t *p)
{
    int32_t v;
    memcpy(&v, p, sizeof v);
    return vreinterpretq_s8_s32(vdupq_n_s32(v));
}

/* The integer sums of n_chunks * 4 products, for 4 rows (the part of matmul_neon_body.h that differs). */
INLINE int32x4_t group_dots(int n_short, const int8x16_t *code, int n_chunks, const int8_t *x)
{
    int32x4_t lo = vdupq_n_s32(0), hi = vdupq_n_s32(0); // of rows 0 and 1, 2 and 3
    UNROLL
    for (int c = 0; c < n_chunks; c += n_short) {
        const int8x16_t first = broadcast4_neon(x + 4 * c);
        int16x8_t s0 = vmull_s8(vget_low_s8(code[c]), vget_low_s8(first)), s1 = vmull_high_s8(code[c], first);
        UNROLL
        for (int j = c + 1; j < c + n_short; j++) {
            const int8x16_t four = broadcast4_neon(x + 4 * j);
            s0 = vmlal_s8(s0, vget_low_s8(code[j]), vget_low_s8(four));
            s1 = vmlal_high_s8(s1, code[j], four);
        }
        lo = vpadalq_s16(lo, s0);
        hi = vpadalq_s16(hi, s1);
    }
    return vpaddq_s32(lo, hi);
}

#define DOTS_NEON
#include "kernels/arm/matmul_neon_body.h"

void matmul_fill_neon(kernels *k)
{
    fill_products_neon(k);
}
