/* heads.h - what both kinds of attention share: rooms for queries, keys, values and answers, and the way back. */
#ifndef FORWARD_HEADS_H
#define FORWARD_HEADS_H

#include "forward/compute.h"

typedef struct head_rooms {
    float *q;        // (n_batch, all query heads, padded)
    float *key;      // (n_batch, all cached keys, padded)
    float *value;    // (n_batch, all cached values, padded)
    float *attended; // (n_batch, n_head * head_v)
} head_rooms;

void heads_init(head_rooms *r, const compute_env *env);

/* b->out becomes the output projection of r->attended. */
void heads_output(const compute_env *env, const head_rooms *r, token_batch *b, size_t layer);

#endif
