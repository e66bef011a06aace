/* pooled.h - the mean of a sequence's last states, from which an embedding is made.
 *
 * Sums are taken on this machine, in doubles and in the order of positions, so that their bits depend neither on how a
 * prompt was divided nor on which backend computed the states.
 */
#ifndef FORWARD_POOLED_H
#define FORWARD_POOLED_H

#include "forward/batch.h"
#include "forward/scratch.h"

typedef struct pooled_states {
    double *sums; // (n_seqs, n_embd)
    size_t n_embd;
} pooled_states;

/* From `memory`, whose failure the caller checks. */
void pooled_init(pooled_states *p, scratch *memory, size_t n_seqs, size_t n_embd);
/* Empties the sum of a sequence. */
void pooled_begin(pooled_states *p, int seq);

/* Returns true if a token of the batch wants its state. */
bool pooled_wants(const token_batch *b);
/* Adds the states in b->normed of the tokens that want them to the sums of their sequences. */
void pooled_add(pooled_states *p, const token_batch *b);

/* The sum, and so the mean, of a sequence with a length of 1: *out has n_embd elements.  False: it is zero or not
 * finite, and so has no direction. */
bool pooled_direction(const pooled_states *p, int seq, float *out);
/* The same of any n numbers. */
bool pooled_unit(const double *sum, size_t n, float *out);

#endif
