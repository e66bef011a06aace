/* variants.h - the tables of each instruction set, known only to table.c and to each other.
 *
 * A variant copies the table below it and overwrites what it does better.
 */
#ifndef SW_VARIANTS_H
#define SW_VARIANTS_H

#include "kernels/kernels.h"

void sw__kernels_fill_scalar(sw_kernels *k);
#if defined(__x86_64__)
void sw__kernels_fill_avx2(sw_kernels *k);
void sw__kernels_fill_avxvnni(sw_kernels *k);
void sw__kernels_fill_avx512(sw_kernels *k);
#elif defined(__aarch64__)
void sw__kernels_fill_neon(sw_kernels *k);
void sw__kernels_fill_dotprod(sw_kernels *k);
#endif

#endif
