/* vector_avx2.c - everything that lanes of 16 compute, with AVX2, FMA and F16C: the table of this instruction set
 * begins here. */
#include "kernels/x86/lanes_avx2.h"

#include "kernels/lanes/attend_body.h"
#include "kernels/lanes/plain_body.h"
#include "kernels/lanes/vector_body.h"
#include "kernels/variants.h"

void kernels_fill_avx2(kernels *k)
{
    k->name = "avx2";
    fill_vector(k);
    fill_attend(k);
    fill_plain(k);
    matmul_fill_avx2(k);
}
