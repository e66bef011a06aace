/* tile.h - weights in the order in which the kernels read them: 16 rows side by side.
 *
 * A matrix is cut into tiles of 16 rows.  Inside a tile the blocks of the 16 rows at the same place along K are
 * together, so that SIMD lanes run across output rows and every lane walks along K in block order.  The order of
 * additions of one output is then fixed by the format alone, not by batch, threads or instruction set.
 *
 * A tile takes exactly the bytes of its 16 rows in the file.  Rows missing in the last tile are zeros.  The
 * bytes of a block are drawn in tile_layout.h.
 */
#ifndef QUANT_TILE_H
#define QUANT_TILE_H

#include <stdbool.h>
#include <stddef.h>

#include "gguf/types.h"
#include "quant/tile_layout.h"

/* Tiles that n_rows rows take. */
static inline size_t tile_count(uint64_t n_rows)
{
    return (size_t)((n_rows + TILE_ROWS - 1) / TILE_ROWS);
}

/* Bytes of a tile of n_cols columns, a multiple of the type's block. */
static inline size_t tile_size(tensor_type t, uint64_t n_cols)
{
    return (size_t)type_row_bytes(t, n_cols) * TILE_ROWS;
}

/* Packs n_rows rows (1..16) of n_cols elements, which are in the file's layout back to back at `src`, into one tile,
 * which is aligned to 4 bytes. */
void tile_pack(tensor_type t, const uint8_t *src, size_t n_rows, size_t n_cols, uint8_t *tile);

/* One block of a tile, opened: the definition that every kernel must agree with.  An element's value is
 * scale[g][r] * code[k][r] - min[g][r], with g = k / group. */
typedef struct tile_block {
    int n_k;      // elements along K
    int group;    // k that share a scale: 16 or 32
    bool has_min; // else every min is zero
    int8_t code[TILE_BLOCK][TILE_ROWS];
    float scale[TILE_BLOCK / 16][TILE_ROWS];
    float min[TILE_BLOCK / 16][TILE_ROWS];
} tile_block;

/* Opens a block, 16 x block_bytes, of a tile of a quantized type.  `block` is aligned to 2 bytes. */
void tile_open(tensor_type t, const void *block, tile_block *out);

/* Decodes row `row` (0..15) of a tile to n_cols floats, equal to decode_row of the original. */
void tile_decode_row(tensor_type t, const uint8_t *tile, size_t n_cols, int row, float *dst);

#endif
