/* product_work.h - what a block of a product works on: one matrix, and some places of its slot. */
#ifndef GPU_KERNELS_PRODUCT_WORK_H
#define GPU_KERNELS_PRODUCT_WORK_H

#include "gpu/kernels/fragments.h"

typedef struct product_work {
    const uint8_t *tiles; // of the slot's matrix
    const float *bias;    // (16 n_tiles), or 0
    int first, end;       // places of the slot, from this block's first one on
} product_work;

/* Of the block's slot, block_z; a block has n_together places. */
DEVICE product_work work_of(const gpu_product_args *a, const int n_together)
{
    const int slot = block_z(), matrix = a->matrix != 0 ? a->matrix[slot] : slot;
    const int begin = a->first != 0 ? a->first[slot] : slot * a->n_places;
    product_work w = {0, 0, begin + block_y() * n_together, a->first != 0 ? a->first[slot + 1] : begin + a->n_places};
    w.tiles = a->tiles_of != 0 ? (const uint8_t *)pointer_of(a->tiles_of[matrix])
                               : a->tiles + (uint64_t)matrix * a->matrix_bytes;
    if (a->bias_of != 0)
        w.bias = (const float *)pointer_of(a->bias_of[matrix]);
    else if (a->bias != 0)
        w.bias = a->bias + (uint64_t)matrix * (uint64_t)(a->n_tiles * TILE_ROWS);
    return w;
}

/* The row of x at a place. */
DEVICE uint64_t row_of(const gpu_product_args *a, int place)
{
    return (uint64_t)(a->index != 0 ? a->index[place] : place);
}

/* Writes one element, of a row of the matrix and a place. */
DEVICE void store_output(const gpu_product_args *a, const product_work *w, int place, int row, float sum)
{
    a->y[(uint64_t)place * (uint64_t)a->y_row + (uint64_t)row] = w->bias != 0 ? sum + w->bias[row] : sum;
}

#endif
