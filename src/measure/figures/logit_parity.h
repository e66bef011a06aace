/* logit_parity.h - how far two computations of the same logits are apart, position by position.
 *
 * A row is what a model says after one position: n_vocab logits.  Rows are equal if their bits are.  The divergence of
 * b from a is KL(a || b) = sum p ln(p / q), in nats, over the whole vocabulary; p and q are the softmax of the rows, in
 * doubles.  Where the two most likely tokens differ, the gap is how far each side puts its own choice above the
 * other's, in logits, the larger of both: below a threshold it is a near tie, which says little about either side.
 */
#ifndef FIGURES_LOGIT_PARITY_H
#define FIGURES_LOGIT_PARITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The FNV-1a hash of no bytes, and the same with n more bytes. */
uint64_t logit_hash_begin(void);
uint64_t logit_hash_add(uint64_t hash, const void *data, size_t n);

/* Two rows of one position. */
typedef struct logit_difference {
    bool is_equal;         // bit by bit; all below is then 0, and the tops are the same
    double kl;             // nats
    double max_difference; // of two logits
    size_t top_a, top_b;   // the most likely tokens; of equal logits the first
    double top_gap;        // 0 if they are the same
} logit_difference;

logit_difference logit_compare(const float *a, const float *b, size_t n_vocab);

/* The sums of all positions so far; begins with logit_parity_begin. */
typedef struct logit_parity {
    double near_tie; // a gap below it is a near tie
    size_t n_positions, n_equal;
    size_t first; // the first position that is not equal; n_positions if all are
    double kl_sum, kl_max;
    size_t kl_max_at;
    double max_difference;
    size_t max_difference_at;
    size_t n_top_same, n_top_near; // positions with the same most likely token; of the others, near ties
    uint64_t hash_a, hash_b;       // of all rows
} logit_parity;

logit_parity logit_parity_begin(double near_tie);
/* Adds one position without its hashes. */
void logit_parity_put(logit_parity *sums, const logit_difference *difference);
/* Compares one position and adds it, with its hashes. */
void logit_parity_add(logit_parity *sums, const float *a, const float *b, size_t n_vocab);

#endif
