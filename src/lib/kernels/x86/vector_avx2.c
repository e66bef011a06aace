/* vector_avx2.c - all that lanes of 16 do, with AVX2, FMA and F16C: the table of this instruction set begins here. */
#include "kernels/x86/lanes_avx2.h"

#include "kernels/lanes/attend.h"
#include "kernels/lanes/plain.h"
#include "kernels/lanes/vector.h"
#include "kernels/x86/avx2.h"

void kernels_fill_avx2(kernels *k)
{
    k->name = "avx2";
    fill_vector(k);
    fill_attend(k);
    fill_plain(k);
    matmul_fill_avx2(k);
}
