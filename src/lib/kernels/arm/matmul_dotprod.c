/* matmul_dotprod.c - quantized matrix products with the dot product instructions of ARMv8.2 and later: one sdot adds
 * four products to the sums of 4 rows.  The rest of the table is NEON's. */
#include "kernels/arm/formats_neon.h"
#include "kernels/variants.h"

/* The integer sums of n_chunks * 4 products, for 4 rows (the part of matmul_neon_body.h that differs). */
INLINE int32x4_t group_dots(int n_short, const int8x16_t *code, int n_chunks, const int8_t *x)
{
    (void)n_short;
    int32x4_t dot = vdupq_n_s32(0);
    UNROLL
    for (int c = 0; c < n_chunks; c += 4) {
        const int8x16_t four = vld1q_s8(x + 4 * c); // times four activations; each sdot takes one quarter
        dot = vdotq_laneq_s32(dot, code[c], four, 0);
        dot = vdotq_laneq_s32(dot, code[c + 1], four, 1);
        dot = vdotq_laneq_s32(dot, code[c + 2], four, 2);
        dot = vdotq_laneq_s32(dot, code[c + 3], four, 3);
    }
    return dot;
}

#define DOTS_NEON
#include "kernels/arm/matmul_neon_body.h"

void kernels_fill_dotprod(kernels *k)
{
    k->name = "dotprod";
    fill_products_neon(k);
}
