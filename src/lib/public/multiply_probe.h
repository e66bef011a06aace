/* multiply_probe.h - weights and activations for measuring, where only the speed of a product counts. */
#ifndef PUBLIC_MULTIPLY_PROBE_H
#define PUBLIC_MULTIPLY_PROBE_H

#include "kernels/kernels.h"

/* Fills n bytes (a multiple of 8) with packed weights of any type that are ordinary numbers. */
void probe_fill_tiles(uint8_t *tiles, size_t n);

/* Fills n activations (a multiple of K_GROUP) with numbers between -1 and 1, and their codes. */
void probe_fill_acts(const kernels *k, size_t n, float *f32, const code_rows *codes);

#endif
