/* block_layout.h - the bytes of a quantized block as it is in a file: one struct per format.
 *
 * Members are bytes, since blocks begin at any address: numbers of 16 bits (f16 is IEEE binary16) and more are
 * little-endian and read with half.h.  Codes are read with blocks.h.
 */
#ifndef QUANT_BLOCK_LAYOUT_H
#define QUANT_BLOCK_LAYOUT_H

#include <stdint.h>

#include "gguf/types.h"
#include "quant/formats.h"

/* ---- blocks of 32 elements --------------------------------------------------------------------------------------- */

typedef struct block_q8_0 {
    uint8_t d[2]; // f16
    int8_t code[32];
} block_q8_0;

typedef struct block_q4_0 {
    uint8_t d[2];        // f16
    uint8_t nibbles[16]; // element j low, element j + 16 high
} block_q4_0;

typedef block_q4_0 block_iq4_nl;

typedef struct block_q4_1 {
    uint8_t d[2]; // f16
    uint8_t m[2]; // f16
    uint8_t nibbles[16];
} block_q4_1;

/* Codes of five bits. */
typedef struct block_five_bits {
    uint8_t fifth[4]; // u32: bit i is bit 4 of element i
    uint8_t nibbles[16];
} block_five_bits;

typedef struct block_q5_0 {
    uint8_t d[2]; // f16
    block_five_bits codes;
} block_q5_0;

typedef struct block_q5_1 {
    uint8_t d[2]; // f16
    uint8_t m[2]; // f16
    block_five_bits codes;
} block_q5_1;

typedef struct block_mxfp4 {
    uint8_t e; // exponent, E8M0
    uint8_t nibbles[16];
} block_mxfp4;

/* ---- blocks of 256 elements -------------------------------------------------------------------------------------- */

typedef struct block_q2_k {
    uint8_t scale_min[16]; // by sub-group of 16: scale | min << 4
    uint8_t pairs[64];     // 32 bytes hold four groups of 32, from the low bits up
    uint8_t d[2];          // f16
    uint8_t dmin[2];       // f16
} block_q2_k;

typedef struct block_q3_k {
    uint8_t third[32];     // bit g of byte l: bit 2 of element l of group g
    uint8_t pairs[64];     // as Q2_K
    uint8_t scale_low[8];  // sub-group s: low 4 bits, in nibble s / 8 of byte s % 8
    uint8_t scale_high[4]; // and top 2 bits, in pair s / 4 of byte s % 4
    uint8_t d[2];          // f16
} block_q3_k;

/* Eight scales and mins of 6 bits.  Those of groups 0..3 are the low 6 bits of scale[g] and min[g]; those of groups
 * 4..7 have their low 4 bits in low[g - 4] (scale | min << 4) and their top 2 in bits 6 and 7 of scale[g - 4] and
 * min[g - 4]. */
typedef struct block_k_scales {
    uint8_t scale[4], min[4], low[4];
} block_k_scales;

typedef struct block_q4_k {
    uint8_t d[2];    // f16
    uint8_t dmin[2]; // f16
    block_k_scales scales;
    uint8_t nibbles[128]; // 32 bytes hold a group of 32 low, the next one high
} block_q4_k;

typedef struct block_q5_k {
    uint8_t d[2];    // f16
    uint8_t dmin[2]; // f16
    block_k_scales scales;
    uint8_t fifth[32];    // bit g of byte l: bit 4 of element l of group g
    uint8_t nibbles[128]; // as Q4_K
} block_q5_k;

typedef struct block_q6_k {
    uint8_t low[2][64];  // nibbles of each half: byte l (0..63) has element l low, element l + 64 high
    uint8_t high[2][32]; // bit pairs of each half: byte l has those of elements l, l + 32, l + 64, l + 96
    int8_t scale[16];    // by sub-group of 16
    uint8_t d[2];        // f16
} block_q6_k;

typedef struct block_iq4_xs {
    uint8_t d[2];           // f16
    uint8_t top[2];         // u16: bits 2 g and 2 g + 1 are bits 4 and 5 of the scale of group g
    uint8_t low[4];         // low 4 bits of the scales: group 2 p | group 2 p + 1 << 4
    uint8_t nibbles[8][16]; // of each group, as Q4_0
} block_iq4_xs;

#define SIZE_CHECK(NAME, name) _Static_assert(sizeof(block_##name) == TYPE_BYTES_##NAME, #name);
QUANTIZED_FORMATS(SIZE_CHECK)
#undef SIZE_CHECK

#endif
