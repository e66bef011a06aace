/* variants.h - the tables of each instruction set, known only to table.c, to each other and to the tests.
 *
 * A table starts as a copy of the one below it, scalar at the bottom, and its function overwrites the entries that the
 * instruction set has something better for.  An entry that is not overwritten stays right.
 */
#ifndef KERNELS_VARIANTS_H
#define KERNELS_VARIANTS_H

#include "kernels/kernels.h"

void kernels_fill_scalar(kernels *k);

/* The matmul_ functions fill in the quantized products, which are files of their own. */
#if defined(__x86_64__)
void kernels_fill_avx2(kernels *k);
void matmul_fill_avx2(kernels *k);
void kernels_fill_avxvnni(kernels *k);
void kernels_fill_avx512(kernels *k);
void matmul_fill_avx512(kernels *k);
#elif defined(__aarch64__)
void kernels_fill_neon(kernels *k);
void matmul_fill_neon(kernels *k);
void kernels_fill_dotprod(kernels *k);
#endif

#endif
