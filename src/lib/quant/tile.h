/* tile.h - weights as the kernels want them: 16 rows side by side.
 *
 * A matrix is cut into tiles of 16 rows; inside a tile the blocks of the 16 rows at the same place along K stand
 * together, so that SIMD lanes run across output rows and every lane walks along K in block order.  The order of
 * additions of one output is then fixed by the format alone, not by batch, threads or instruction set.
 *
 * A tile takes exactly the bytes of its 16 rows in the file.  Rows missing in the last tile are zeros.  Within a block,
 * "chunk c" is the 64 bytes of four consecutive k of 16 rows: byte 4 r + i is row r, k = 4 c + i.
 *
 *   F32, F16, BF16  16 values per k
 *   Q8_0    d f16[16] | chunks 0..7, code ^ 0x80
 *   MXFP4   e u8[16]  | 4 x 64 bytes: low nibbles chunk 2 c, high nibbles chunk 2 c + 1
 *   Q4_0    d f16[16] | nibbles as MXFP4; IQ4_NL the same
 *   Q4_1    d f16[16] | m f16[16] | nibbles as MXFP4
 *   Q5_0    d f16[16] | fifth bits: u64[8], bit 4 r + i of word c is chunk c's | nibbles as MXFP4
 *   Q5_1    d f16[16] | m f16[16] | fifth bits as Q5_0 | nibbles as MXFP4
 *   Q4_K    d f16[16] | dmin f16[16]
 *           | per group g of 8: u8[16], low 4 bits of the scale | low 4 bits of the min << 4
 *           | per pair of groups p: u8[16], top 2 bits of scale 2p | min 2p << 2 | scale 2p+1 << 4 | min 2p+1 << 6
 *           | per group: nibbles as MXFP4
 *   Q2_K    d f16[16] | dmin f16[16] | u8[16 sub-groups of 16 k][16 rows], scale | min << 4
 *           | per group of 32: pairs, 2 x 64 bytes, bits 2 s of half h are chunk 4 h + s's
 *   Q3_K    d f16[16] | scales of the two sub-groups of every group as scale and min of Q4_K
 *           | per group: third bits as Q5_0's fifth, pairs as Q2_K
 *   Q5_K    d, dmin, scales and mins as Q4_K | per group: fifth bits as Q5_0, nibbles as MXFP4
 *   Q6_K    d f16[16] | scales i8[16 sub-groups of 16 k][16 rows]
 *           | per group: nibbles as MXFP4, high pairs as Q2_K
 *   IQ4_XS  d f16[16] | u16[16]: bits 2 g are the top bits of the scale of group g
 *           | per pair of groups: u8[16], low 4 bits of scale 2p | scale 2p+1 << 4 | per group: nibbles as MXFP4
 */
#ifndef QUANT_TILE_H
#define QUANT_TILE_H

#include <stdbool.h>
#include <stddef.h>

#include "gguf/types.h"

enum { TILE_ROWS = 16, TILE_K_MAX = 256 };

static inline size_t tile_count(uint64_t n_rows)
{
    return (size_t)((n_rows + TILE_ROWS - 1) / TILE_ROWS);
}

static inline size_t tile_size(tensor_type t, uint64_t n_cols)
{
    return (size_t)type_row_bytes(t, n_cols) * TILE_ROWS;
}

/* Packs n_rows rows (1..16) of n_cols elements, in file layout back to back at `src`, into one tile. */
void tile_pack(tensor_type t, const uint8_t *src, size_t n_rows, size_t n_cols, uint8_t *tile);

/* One block of a tile, opened: the definition that every kernel must agree with.  An element's value is
 * scale[g][r] * code[k][r] - min[g][r], with g = k / group. */
typedef struct tile_block {
    int n_k;      // elements along K
    int group;    // k that share a scale: 16 or 32
    bool has_min; // else every min is zero
    int8_t code[TILE_K_MAX][TILE_ROWS];
    float scale[TILE_K_MAX / 16][TILE_ROWS];
    float min[TILE_K_MAX / 16][TILE_ROWS];
} tile_block;

/* `block` points to 16 x block_bytes of a quantized type. */
void tile_open(tensor_type t, const uint8_t *block, tile_block *out);

/* Row `row` (0..15) of a tile as float32; equal to decode_row of the original. */
void tile_decode_row(tensor_type t, const uint8_t *tile, size_t n_cols, int row, float *dst);

#endif
