/* ends.h - the two ends of the pass: tokens become states, and states become logits or are handed out themselves. */
#ifndef FORWARD_ENDS_H
#define FORWARD_ENDS_H

#include "forward/compute.h"

/* The state of the batch's i-th token becomes its row of the embedding. */
void ends_embed(const compute_env *env, token_batch *b, size_t i);

/* The batch's i-th row of b->normed becomes the output norm of its state. */
void ends_state(const compute_env *env, token_batch *b, size_t i);

typedef struct logit_room {
    const compute_env *env;
    float *logits; // (n_rows, padded n_vocab); grows with the rows that a step wants
    size_t n_rows;
} logit_room;

/* Logits of the tokens that want them, rows of n_vocab back to back; valid until the next call.  NULL when memory is
 * short, or when no token wants any. */
const float *ends_head(logit_room *r, token_batch *b);
void ends_free(logit_room *r);

/* Bytes of room for one row of logits. */
size_t ends_row_bytes(const hparams *h);

#endif
