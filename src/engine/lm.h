/* lm.h - what the scheduler drives: a language model that turns a batch of tokens into logits.
 *
 * Two implementations: the forward pass over real weights (engine.c) and the stub (stub.c), which computes nothing and
 * answers deterministic tokens, so that everything above can be tested without computing.
 *
 * A *sequence* is a slot number 0 .. n_seqs-1 with its own cached keys and values.  All calls come from one thread.
 */
#ifndef SW_LM_H
#define SW_LM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spillway/error.h"

/* One token of a batch.  Tokens of one sequence stand together, in rising, gapless positions. */
typedef struct sw_lm_token {
    int32_t id;
    int32_t pos;
    int32_t seq;
    bool wants_logits;
} sw_lm_token;

/* What a sequence is going to be. */
typedef struct sw_lm_plan {
    int32_t n_max; // positions that it may grow to
    int marks[2];  // positions that it will perhaps be cut back to; -1: none
} sw_lm_plan;

typedef struct sw_lm sw_lm;

typedef struct sw_lm_ops {
    /* Evaluates n tokens.  Row i of *logits_out (n_vocab floats, valid until the next call) belongs to the i-th token
     * with wants_logits.  bad_seq_out: on SW_ENUMERIC the sequence whose activations are not finite (the others are
     * unharmed: call again without it). */
    sw_code (*step)(sw_lm *lm, const sw_lm_token *tokens, size_t n, const float **logits_out, int32_t *bad_seq_out,
                    sw_err *err);
    /* Forgets the positions from `n_keep` on (0: everything); n_keep is at most what `resumable` says. */
    void (*truncate)(sw_lm *lm, int32_t seq, int32_t n_keep);
    /* Can `seq` hold n_tokens positions in all?  False when KV memory is used up. */
    bool (*reserve)(sw_lm *lm, int32_t seq, int32_t n_tokens);
    void (*close)(sw_lm *lm);
    /* How many of the first n positions, which are evaluated, a sequence that may grow to n_max can go on from: fewer
     * than n where a window's positions are gone, 0 when it would have computed them differently.  NULL: always n. */
    int32_t (*resumable)(sw_lm *lm, int32_t seq, int32_t n, int32_t n_max);
    /* After truncate to 0 or to what `resumable` says for the same n_max.  Without it a sequence is taken to grow to
     * n_ctx and not to be cut back.  NULL: makes no difference. */
    void (*begin)(sw_lm *lm, int32_t seq, const sw_lm_plan *plan);
} sw_lm_ops;

/* Implementations embed this as their first member. */
struct sw_lm {
    const sw_lm_ops *ops;
    int n_vocab;
    int n_ctx;   // positions one sequence may hold
    int n_seqs;  // sequences
    int n_batch; // tokens per step at most (at least n_seqs)
};

#endif
