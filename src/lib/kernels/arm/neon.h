/* neon.h - the parts of the NEON tables. */
#ifndef KERNELS_ARM_NEON_H
#define KERNELS_ARM_NEON_H

#include "kernels/variants.h"

void matmul_fill_neon(kernels *k);

#endif
