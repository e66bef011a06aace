/* code_room.h - how much room quantized activations need: what the products of one batch read at once, at most. */
#ifndef FORWARD_CODE_ROOM_H
#define FORWARD_CODE_ROOM_H

#include "model/weights.h"

/* Values, as codes_alloc takes them. */
typedef struct code_room {
    size_t n, n_fine; // of which the first n_fine can have fine codes, which few formats read
} code_room;

/* Of the planned or loaded weights `w`, for batches of n_batch tokens. */
code_room code_room_of(const hparams *h, const model_weights *w, size_t n_batch);

#endif
