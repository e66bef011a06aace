/* stream.h - the residual stream: norms of it, and what blocks add to it. */
#ifndef FORWARD_STREAM_H
#define FORWARD_STREAM_H

#include "forward/compute.h"

/* y = the norm of one token's state x; (n_embd) each. */
void stream_norm_row(const compute_env *env, const norm_weights *norm, const float *x, float *y);

/* b->normed becomes the norm of b->x. */
void stream_norm(const compute_env *env, token_batch *b, const norm_weights *norm);

/* Adds `out` (n_embd) times the family's residual scale to the state of the batch's i-th token, and remembers the first
 * layer that leaves it with a value that is not finite. */
void stream_add_row(const compute_env *env, token_batch *b, size_t i, const float *out, size_t layer);

/* The same for b->out and all tokens. */
void stream_add(const compute_env *env, token_batch *b, size_t layer);

#endif
