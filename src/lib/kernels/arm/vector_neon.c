/* vector_neon.c - all that lanes of 16 do, with NEON as every AArch64 processor has it: the table begins here. */
#include "kernels/arm/lanes_neon.h"

#include "kernels/arm/neon.h"
#include "kernels/lanes/attend.h"
#include "kernels/lanes/plain.h"
#include "kernels/lanes/vector.h"

void kernels_fill_neon(kernels *k)
{
    k->name = "neon";
    fill_vector(k);
    fill_attend(k);
    fill_plain(k);
    matmul_fill_neon(k);
}
