/* weights_item.h - what planning a model's weights hands to loading them. */
#ifndef MODEL_WEIGHTS_ITEM_H
#define MODEL_WEIGHTS_ITEM_H

#include "model/weights.h"

/* A tensor, or some rows of some of its matrices, on its way to its place in a block. */
struct weights_item {
    const gguf_tensor *tensor;
    void **target; // receives the address: a matrix's tiles or a vector's floats
    weight_tier tier;
    size_t offset;  // in the tier's block
    size_t n_bytes; // there, with what aligns the next item
    sw_tensor_class cls;
    int layer;      // -1: of no layer
    bool is_matrix; // else rows of float32, padded to whole tiles
    bool is_turned; // the tensor holds the matrices' columns as rows; they become float32, which loses nothing
    size_t row;     // first row in the tensor's matrices
    size_t n_rows, n_cols;
    size_t first, n_stacked; // which of the tensor's matrices (or rows of floats)
    size_t rows_apart;       // rows of the tensor from one matrix of the stack to the next
    const uint8_t *is_off;   // (n_cols): floats that become minus infinity; or NULL
    bool is_made;            // the floats are not read: they are 0 where they are not off
};

#endif
