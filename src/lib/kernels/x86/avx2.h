/* avx2.h - the parts of the AVX2 table. */
#ifndef KERNELS_X86_AVX2_H
#define KERNELS_X86_AVX2_H

#include "kernels/variants.h"

void matmul_fill_avx2(kernels *k);

#endif
