/* multiply_probe.h - weights for measuring, where only the speed of a product counts. */
#ifndef SW_MULTIPLY_PROBE_H
#define SW_MULTIPLY_PROBE_H

#include <stddef.h>
#include <stdint.h>

/* Fills n bytes (a multiple of 8) with packed weights of any type that are ordinary numbers. */
void sw_fill_any_tiles(uint8_t *tiles, size_t n);

#endif
