/* lm.h - what the scheduler drives: a language model that turns a batch of tokens into logits.
 *
 * Two implementations: the forward pass over real weights (model_lm.c) and the stub (stub.c), which computes nothing
 * and answers deterministic tokens, so that everything above can be tested without computing.
 *
 * A *sequence* is a slot number 0 .. n_seqs-1 with its own cached keys and values.  All calls come from one thread.
 */
#ifndef ENGINE_LM_H
#define ENGINE_LM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forward/batch.h"
#include "spillway/error.h"

/* What a sequence is going to be. */
typedef struct lm_plan {
    int32_t n_max; // positions that it may grow to
    int marks[2];  // positions that it will perhaps be cut back to; -1: none
} lm_plan;

typedef struct language_model language_model;

typedef struct lm_ops {
    /* Evaluates n tokens.  Row i of *logits_out (n_vocab floats, valid until the next call) belongs to the i-th token
     * with wants_logits.  bad_seq_out: on SW_ENUMERIC the sequence whose activations are not finite (the others are
     * unharmed: call again without it). */
    sw_code (*step)(language_model *lm, const batch_token *tokens, size_t n, const float **logits_out,
                    int32_t *bad_seq_out, sw_err *err);
    /* Forgets the positions from `n_keep` on (0: everything); n_keep is at most what `resumable` says. */
    void (*truncate)(language_model *lm, int32_t seq, int32_t n_keep);
    /* Can `seq` hold n_tokens positions in all?  False when KV memory is used up. */
    bool (*reserve)(language_model *lm, int32_t seq, int32_t n_tokens);
    void (*close)(language_model *lm);
    /* How many of the first n positions, which are evaluated, a sequence that may grow to n_max can go on from: fewer
     * than n where a window's positions are gone, 0 when it would have computed them differently.  NULL: always n. */
    int32_t (*resumable)(language_model *lm, int32_t seq, int32_t n, int32_t n_max);
    /* After truncate to 0 or to what `resumable` says for the same n_max.  Without it a sequence is taken to grow to
     * n_ctx and not to be cut back.  NULL: makes no difference. */
    void (*begin)(language_model *lm, int32_t seq, const lm_plan *plan);
} lm_ops;

/* Implementations embed this as their first member. */
struct language_model {
    const lm_ops *ops;
    int n_vocab;
    int n_ctx;   // positions one sequence may hold
    int n_seqs;  // sequences
    int n_batch; // tokens per step at most (at least n_seqs)
};

#endif
