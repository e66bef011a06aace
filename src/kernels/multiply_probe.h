/* multiply_probe.h - weights and activations for measuring, where only the speed of a product counts. */
#ifndef SW_MULTIPLY_PROBE_H
#define SW_MULTIPLY_PROBE_H

#include "kernels/kernels.h"

/* Fills n bytes (a multiple of 8) with packed weights of any type that are ordinary numbers. */
void sw_fill_any_tiles(uint8_t *tiles, size_t n);

/* Fills n activations (a multiple of SW_GROUP) with numbers between -1 and 1, and their codes. */
void sw_fill_any_acts(const sw_kernels *k, size_t n, float *f32, const sw_codes *codes);

#endif
