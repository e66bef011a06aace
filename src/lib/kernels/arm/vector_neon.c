/* vector_neon.c - everything that lanes of 16 compute, with NEON as every AArch64 processor has it: the table begins
 * here. */
#include "kernels/arm/lanes_neon.h"

#include "kernels/lanes/attend_body.h"
#include "kernels/lanes/plain_body.h"
#include "kernels/lanes/vector_body.h"
#include "kernels/variants.h"

void kernels_fill_neon(kernels *k)
{
    k->name = "neon";
    fill_vector(k);
    fill_attend(k);
    fill_plain(k);
    matmul_fill_neon(k);
}
