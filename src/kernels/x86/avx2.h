/* avx2.h - the parts of the AVX2 table. */
#ifndef SW_AVX2_H
#define SW_AVX2_H

#include "kernels/variants.h"

void sw__matmul_fill_avx2(sw_kernels *k);

#endif
