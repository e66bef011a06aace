/* vector_avx512.c - all that lanes of 16 do, with AVX-512: the table of this instruction set begins here. */
#include "kernels/x86/lanes_avx512.h"

#include "kernels/lanes/attend.h"
#include "kernels/lanes/plain.h"
#include "kernels/lanes/vector.h"
#include "kernels/x86/avx512.h"

void kernels_fill_avx512(kernels *k)
{
    k->name = "avx512";
    fill_vector(k);
    fill_attend(k);
    fill_plain(k);
    matmul_fill_avx512(k);
}
