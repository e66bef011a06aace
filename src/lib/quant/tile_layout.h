/* tile_layout.h - the bytes of a packed tile: one struct per format, and the only place that defines them.
 *
 * Read by packing, by the scalar definition and by the products of every instruction set, and fit for device code:
 * plain data in the common part of C11 and C++11, with no function, no include of the project and no padding.  The
 * purpose of tiles: tile.h.
 *
 * A tile is a row of blocks along K.  A block holds the blocks of 16 rows of the file at the same place along K, in the
 * same number of bytes; of plain types it is one k.  Scales come first, 16 side by side, so that a register loads those
 * of all rows.  Codes follow in groups of 32 k, each cut into chunks:
 *
 *     chunk c of a group: the codes of k = 4 c .. 4 c + 3 of 16 rows, a byte each
 *
 *     byte   0       1       2       3       4       5              60       61       62       63
 *          | r0 k0 | r0 k1 | r0 k2 | r0 k3 | r1 k0 | r1 k1 | ... | r15 k0 | r15 k1 | r15 k2 | r15 k3 |
 *
 * Codes of fewer than 8 bits are stored in parts, each a fraction of the eight chunks of a group: tile_nibbles (four
 * bits), tile_pairs (two) and tile_bits (one).  Sizes are multiples of 16 bytes, so that every block is as aligned as
 * the start of the tile, up to 16.  Numbers are little-endian; f16 is IEEE binary16, kept as its bits.
 */
#ifndef QUANT_TILE_LAYOUT_H
#define QUANT_TILE_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

enum {
    TILE_ROWS = 16,
    TILE_GROUP = 32,                        // k per group of codes
    TILE_BLOCK = 256,                       // k per block of the K formats and IQ4_XS; the others have one group
    TILE_GROUPS = TILE_BLOCK / TILE_GROUP,  // groups in such a block
    TILE_CHUNK_K = 4,                       // k per chunk
    TILE_CHUNKS = TILE_GROUP / TILE_CHUNK_K // chunks in a group
};

#ifdef __cplusplus
#define TILE_ASSERT(condition) static_assert(condition, #condition)
#else
#define TILE_ASSERT(condition) _Static_assert(condition, #condition)
#endif

/* ---- parts, which the formats are made of ------------------------------------------------------------------------ */

/* Four consecutive k of 16 rows, a byte each: what one 512-bit register holds. */
typedef struct tile_chunk {
    uint8_t row[TILE_ROWS][TILE_CHUNK_K];
} tile_chunk;

/* Four bits of each code of a group: the low nibbles of chunk[c] are chunk 2 c, the high ones chunk 2 c + 1. */
typedef struct tile_nibbles {
    tile_chunk chunk[TILE_CHUNKS / 2];
} tile_nibbles;

/* Two bits of each code of a group: bits 2 s and 2 s + 1 of chunk[h] are chunk 4 h + s. */
typedef struct tile_pairs {
    tile_chunk chunk[TILE_CHUNKS / 4];
} tile_pairs;

/* One bit of each code of a group: bit 4 r + i of the 64 bits of chunk[c] is row r, k = 4 c + i.  They are kept as four
 * words of four rows each, since some registers hold fewer than 16 rows. */
typedef struct tile_bits {
    uint16_t chunk[TILE_CHUNKS][TILE_ROWS / 4];
} tile_bits;

/* Two numbers a and b of six bits for each of the 8 groups of a block:
 *     low[g]   bits 0..3: low 4 bits of a;  4..7: low 4 bits of b
 *     high[p]  bits 0, 1: top 2 bits of a of group 2 p;  2, 3: of b of group 2 p;  4..7: the same of group 2 p + 1 */
typedef struct tile_six_bits {
    uint8_t low[TILE_GROUPS][TILE_ROWS];
    uint8_t high[TILE_GROUPS / 2][TILE_ROWS];
} tile_six_bits;

TILE_ASSERT(sizeof(tile_chunk) == 64);
TILE_ASSERT(sizeof(tile_nibbles) == 256);
TILE_ASSERT(sizeof(tile_pairs) == 128);
TILE_ASSERT(sizeof(tile_bits) == 64);
TILE_ASSERT(sizeof(tile_six_bits) == 192);

/* ---- plain types: one k ------------------------------------------------------------------------------------------ */

typedef struct tile_f32 {
    float row[TILE_ROWS]; // @0
} tile_f32;               // 64 bytes

typedef struct tile_f16 {
    uint16_t row[TILE_ROWS]; // @0
} tile_f16;                  // 32 bytes

/* The upper halves of float32. */
typedef struct tile_bf16 {
    uint16_t row[TILE_ROWS]; // @0
} tile_bf16;                 // 32 bytes

TILE_ASSERT(sizeof(tile_f32) == TILE_ROWS * 4);
TILE_ASSERT(sizeof(tile_f16) == TILE_ROWS * 2);
TILE_ASSERT(sizeof(tile_bf16) == TILE_ROWS * 2);

/* ---- blocks of 32 k ---------------------------------------------------------------------------------------------- */

/* value = d (code - 128) */
typedef struct tile_q8_0 {
    uint16_t d[TILE_ROWS];         // @0    f16
    tile_chunk chunk[TILE_CHUNKS]; // @32   the file's signed code ^ 0x80
} tile_q8_0;                       // 544 bytes

/* value = d (code - 8) */
typedef struct tile_q4_0 {
    uint16_t d[TILE_ROWS]; // @0    f16
    tile_nibbles nibbles;  // @32
} tile_q4_0;               // 288 bytes

/* value = d code + m */
typedef struct tile_q4_1 {
    uint16_t d[TILE_ROWS]; // @0    f16
    uint16_t m[TILE_ROWS]; // @32   f16
    tile_nibbles nibbles;  // @64
} tile_q4_1;               // 320 bytes

/* value = d (code - 16) */
typedef struct tile_q5_0 {
    uint16_t d[TILE_ROWS]; // @0    f16
    tile_bits fifth;       // @32   bit 4 of the codes
    tile_nibbles nibbles;  // @96
} tile_q5_0;               // 352 bytes

/* value = d code + m */
typedef struct tile_q5_1 {
    uint16_t d[TILE_ROWS]; // @0    f16
    uint16_t m[TILE_ROWS]; // @32   f16
    tile_bits fifth;       // @64   bit 4 of the codes
    tile_nibbles nibbles;  // @128
} tile_q5_1;               // 384 bytes

/* value = d IQ4_VALUES[code] */
typedef struct tile_iq4_nl {
    uint16_t d[TILE_ROWS]; // @0    f16
    tile_nibbles nibbles;  // @32
} tile_iq4_nl;             // 288 bytes

/* value = 2^(e - 128) E2M1_DOUBLED[code] */
typedef struct tile_mxfp4 {
    uint8_t e[TILE_ROWS]; // @0
    tile_nibbles nibbles; // @16
} tile_mxfp4;             // 272 bytes

TILE_ASSERT(sizeof(tile_q8_0) == TILE_ROWS * 34);
TILE_ASSERT(sizeof(tile_q4_0) == TILE_ROWS * 18);
TILE_ASSERT(sizeof(tile_q4_1) == TILE_ROWS * 20);
TILE_ASSERT(sizeof(tile_q5_0) == TILE_ROWS * 22);
TILE_ASSERT(sizeof(tile_q5_1) == TILE_ROWS * 24);
TILE_ASSERT(sizeof(tile_iq4_nl) == TILE_ROWS * 18);
TILE_ASSERT(sizeof(tile_mxfp4) == TILE_ROWS * 17);

/* ---- blocks of 256 k --------------------------------------------------------------------------------------------- */

/* Sub-group s is k = 16 s .. 16 s + 15: value = d (low 4 bits of its byte) code - dmin (high 4 bits). */
typedef struct tile_q2_k {
    uint16_t d[TILE_ROWS];                         // @0    f16
    uint16_t dmin[TILE_ROWS];                      // @32   f16
    uint8_t scale_min[2 * TILE_GROUPS][TILE_ROWS]; // @64   by sub-group: scale | min << 4
    tile_pairs group[TILE_GROUPS];                 // @320, 448, ... 1216
} tile_q2_k;                                       // 1344 bytes

typedef struct tile_q3_k_group {
    tile_bits third;  // @0    bit 2 of the codes
    tile_pairs pairs; // @64
} tile_q3_k_group;    // 192 bytes

/* value = d (scale - 32) (code - 4); a and b of `scales` are the scales of the two sub-groups of a group. */
typedef struct tile_q3_k {
    uint16_t d[TILE_ROWS];              // @0    f16
    tile_six_bits scales;               // @32
    tile_q3_k_group group[TILE_GROUPS]; // @224, 416, ... 1568
} tile_q3_k;                            // 1760 bytes

/* value = d scale code - dmin min; a and b of `scales` are scale and min. */
typedef struct tile_q4_k {
    uint16_t d[TILE_ROWS];           // @0    f16
    uint16_t dmin[TILE_ROWS];        // @32   f16
    tile_six_bits scales;            // @64
    tile_nibbles group[TILE_GROUPS]; // @256, 512, ... 2048
} tile_q4_k;                         // 2304 bytes

typedef struct tile_q5_k_group {
    tile_bits fifth;      // @0    bit 4 of the codes
    tile_nibbles nibbles; // @64
} tile_q5_k_group;        // 320 bytes

/* As Q4_K. */
typedef struct tile_q5_k {
    uint16_t d[TILE_ROWS];              // @0    f16
    uint16_t dmin[TILE_ROWS];           // @32   f16
    tile_six_bits scales;               // @64
    tile_q5_k_group group[TILE_GROUPS]; // @256, 576, ... 2496
} tile_q5_k;                            // 2816 bytes

typedef struct tile_q6_k_group {
    tile_nibbles low; // @0
    tile_pairs high;  // @256  bits 4 and 5 of the codes
} tile_q6_k_group;    // 384 bytes

/* value = d scale (code - 32) */
typedef struct tile_q6_k {
    uint16_t d[TILE_ROWS];                    // @0    f16
    int8_t scale[2 * TILE_GROUPS][TILE_ROWS]; // @32   by sub-group of 16 k
    tile_q6_k_group group[TILE_GROUPS];       // @288, 672, ... 2976
} tile_q6_k;                                  // 3360 bytes

/* value = d (scale - 32) IQ4_VALUES[code] */
typedef struct tile_iq4_xs {
    uint16_t d[TILE_ROWS];                   // @0    f16
    uint16_t top[TILE_ROWS];                 // @32   bits 2 g and 2 g + 1: bits 4 and 5 of the scale of group g
    uint8_t low[TILE_GROUPS / 2][TILE_ROWS]; // @64   low 4 bits of the scales: group 2 p | group 2 p + 1 << 4
    tile_nibbles group[TILE_GROUPS];         // @128, 384, ... 1920
} tile_iq4_xs;                               // 2176 bytes

TILE_ASSERT(sizeof(tile_q2_k) == TILE_ROWS * 84);
TILE_ASSERT(sizeof(tile_q3_k) == TILE_ROWS * 110);
TILE_ASSERT(sizeof(tile_q4_k) == TILE_ROWS * 144);
TILE_ASSERT(sizeof(tile_q5_k) == TILE_ROWS * 176);
TILE_ASSERT(sizeof(tile_q6_k) == TILE_ROWS * 210);
TILE_ASSERT(sizeof(tile_iq4_xs) == TILE_ROWS * 136);

#undef TILE_ASSERT

#endif
