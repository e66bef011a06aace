/* angles.h - the rotations of a batch's positions, made once per step for all layers. */
#ifndef FORWARD_ANGLES_H
#define FORWARD_ANGLES_H

#include "forward/compute.h"
#include "forward/rope.h"

typedef struct token_angles {
    const compute_env *env;
    rope_table of_short, of_long; // by the length of the sequence where the model has LongRoPE's factors; else the same
    float *cosines, *sines;       // (n_batch, n_rot / 2)
} token_angles;

/* Returns true if the model has LongRoPE's factors, so that a sequence's length decides between two tables. */
bool angles_by_length(const model_weights *w);

/* False when memory is short; *a may then be freed. */
bool angles_init(token_angles *a, const compute_env *env);
void angles_free(token_angles *a);

/* The angles of all tokens of a batch, by the threads of the pool. */
void angles_make(token_angles *a, const token_batch *b);

/* Rotates n heads of the batch's i-th token in place; head h begins at heads + h * apart. */
void angles_rotate(const token_angles *a, const token_batch *b, size_t i, float *heads, size_t n, size_t apart);

#endif
