/* tile_parts.h - the parts that the tiles of all formats are made of (tile.h draws them), for packing and opening. */
#ifndef QUANT_TILE_PARTS_H
#define QUANT_TILE_PARTS_H

#include "quant/tile.h"

/* Sizes in bytes, for 16 rows and a group of 32 k. */
enum {
    R = TILE_ROWS,
    CHUNK = 64,    // four consecutive k, a byte each
    NIBBLES = 256, // four bits of every code
    PAIRS = 128,   // two bits of every code
    BITS = 64,     // one bit of every code
    SIX_BITS = 192 // two numbers of 6 bits for each of 8 groups
};

#endif
