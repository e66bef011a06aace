/* variants.h - the tables of each instruction set, known only to table.c and to each other.
 *
 * A variant copies the table below it and overwrites what it does better.
 */
#ifndef KERNELS_VARIANTS_H
#define KERNELS_VARIANTS_H

#include "kernels/kernels.h"

void kernels_fill_scalar(kernels *k);
#if defined(__x86_64__)
void kernels_fill_avx2(kernels *k);
void kernels_fill_avxvnni(kernels *k);
void kernels_fill_avx512(kernels *k);
#elif defined(__aarch64__)
void kernels_fill_neon(kernels *k);
void kernels_fill_dotprod(kernels *k);
#endif

#endif
