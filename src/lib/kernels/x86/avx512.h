/* avx512.h - the parts of the AVX-512 table. */
#ifndef KERNELS_X86_AVX512_H
#define KERNELS_X86_AVX512_H

#include "kernels/variants.h"

void matmul_fill_avx512(kernels *k);

#endif
