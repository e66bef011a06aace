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

/* One token of a batch.  Tokens of one sequence stand in rising, gapless positions. */
typedef struct sw_lm_token {
    int32_t id;
    int32_t pos;
    int32_t seq;
    bool wants_logits;
} sw_lm_token;

typedef struct sw_lm sw_lm;

typedef struct sw_lm_ops {
    /* Evaluates n tokens.  Row i of *logits_out (n_vocab floats, valid until the next call) belongs to the i-th token
     * with wants_logits.  bad_seq_out: on SW_ENUMERIC the sequence whose activations are not finite (the others are
     * unharmed: call again without it). */
    sw_code (*step)(sw_lm *lm, const sw_lm_token *tokens, size_t n, const float **logits_out, int32_t *bad_seq_out,
                    sw_err *err);
    /* Forgets the positions from `n_keep` on (0: everything). */
    void (*truncate)(sw_lm *lm, int32_t seq, int32_t n_keep);
    /* Can `seq` hold n_tokens positions in all?  False when KV memory is used up. */
    bool (*reserve)(sw_lm *lm, int32_t seq, int32_t n_tokens);
    void (*close)(sw_lm *lm);
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
