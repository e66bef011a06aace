/* neon.h - the parts of the NEON tables. */
#ifndef SW_NEON_H
#define SW_NEON_H

#include "kernels/variants.h"

void sw__matmul_fill_neon(sw_kernels *k);

#endif
