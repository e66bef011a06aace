/* avx512.h - the parts of the AVX-512 table. */
#ifndef SW_AVX512_H
#define SW_AVX512_H

#include "kernels/variants.h"

void sw__matmul_fill_avx512(sw_kernels *k);

#endif
