/* lm.h - the interface between the scheduler and a language model: a batch of tokens in, logits out.
 *
 * There are two implementations: the forward pass over real weights (model_lm.c), and the stub (stub.c), which computes
 * nothing and answers deterministic tokens, so that everything above can be tested without weights.
 *
 * A *sequence* is a number 0 .. n_seqs-1 with its own cached keys and values.  One thread at a time calls these
 * functions.
 */
#ifndef ENGINE_LM_H
#define ENGINE_LM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/expert_log.h"
#include "forward/batch.h"
#include "spillway/error.h"

/* What is known of a sequence when it begins. */
typedef struct lm_plan {
    int32_t n_max; // positions that it may grow to
    int marks[2];  // positions that it may be cut back to later; -1: none
    expert_owner owner;
} lm_plan;

typedef struct language_model language_model;

typedef struct lm_ops {
    /* Evaluates n tokens.  Row i of *logits_out (n_vocab floats, valid until the next call) belongs to the i-th token
     * with wants_logits.  *bad_seq_out: on SW_ENUMERIC the sequence whose activations are not finite; the others are
     * unharmed, so the caller may try again without it. */
    sw_code (*step)(language_model *lm, const batch_token *tokens, size_t n, const float **logits_out,
                    int32_t *bad_seq_out, sw_err *err);
    /* Drops the positions from n_keep on (0: all); n_keep is at most the result of `resumable`. */
    void (*truncate)(language_model *lm, int32_t seq, int32_t n_keep);
    /* Makes room for n_tokens positions of `seq` in all.  False if the memory for keys and values is used up. */
    bool (*reserve)(language_model *lm, int32_t seq, int32_t n_tokens);
    void (*close)(language_model *lm);
    /* The number of the first n evaluated positions that a sequence which may grow to n_max can continue from.  Fewer
     * than n if positions of a window were dropped; 0 if it would have computed them differently.  NULL: always n. */
    int32_t (*resumable)(language_model *lm, int32_t seq, int32_t n, int32_t n_max);
    /* Called after truncate to 0 or to the result of `resumable` for the same n_max.  Without this call a sequence may
     * grow to n_ctx and has no marks.  NULL: the plan does not matter. */
    void (*begin)(language_model *lm, int32_t seq, const lm_plan *plan);
    /* The mean of the states that tokens of `seq` wanted since `begin` or truncate to 0, divided by its Euclidean norm:
     * n_embd floats.  SW_ENUMERIC: it has no direction.  NULL: no token may want its state. */
    sw_code (*embedding)(language_model *lm, int32_t seq, float *out, sw_err *err);
} lm_ops;

/* Implementations have this as their first member. */
struct language_model {
    const lm_ops *ops;
    int n_vocab;
    int n_ctx; // positions one sequence may hold
    int n_seqs;
    int n_batch;         // tokens of one step, at most; at least n_seqs
    int n_embd;          // of an embedding
    expert_log *experts; // what the routers chose; NULL: it has none
};

#endif
