/* forward.h - the forward pass: a batch of tokens through all layers.
 *
 * Reads like the paper: attention, then experts or a dense block, layer by layer.  It computes nothing itself: every
 * operation is a backend's, chosen by the tier that holds the operation's weights.  All memory is taken at init; a step
 * allocates nothing unless it wants more rows of logits than any step before.
 */
#ifndef FORWARD_FORWARD_H
#define FORWARD_FORWARD_H

#include "forward/division.h"
#include "forward/kv.h"
#include "forward/pooled.h"
#include "forward/scratch.h"
#include "model/weights.h"

typedef struct forward_options {
    const hparams *h;
    const model_weights *w;
    kv_cache *kv;
    backend *backends[N_TIERS]; // by the tier whose weights they compute with; NULL: the tier holds none
    size_t n_batch;             // tokens of a step, at most
    int n_seqs, n_ctx;
    bool by_context; // LongRoPE's factors are chosen once, by n_ctx, and not per sequence
} forward_options;

typedef struct forward {
    forward_options o;
    bool has_lengths;      // LongRoPE: the length of a sequence decides how it is computed
    bool *is_long;         // (n_seqs)
    token_batch batch;     // being evaluated; its arrays have room for n_batch tokens
    backend *holder;       // of the residual stream
    division division;     // of the experts
    int *chosen;           // (n_layers, n_batch, n_expert_used)
    float *weights;        // (n_layers, n_batch, n_expert_used): of the chosen experts
    const float **answers; // (n_batch, n_expert_used): of one layer's pairs
    pooled_states pooled;
    scratch memory;
} forward;

/* Keeps the options' pointers.  False when memory is short; *f is then still to be freed. */
bool forward_init(forward *f, const forward_options *o);
void forward_free(forward *f);

/* Evaluates tokens[0..n), n <= n_batch; their positions are reserved in the cache.  As lm_ops.step. */
SW_NODISCARD sw_code forward_step(forward *f, const batch_token *tokens, size_t n, const float **logits_out,
                                  int32_t *bad_seq_out, sw_err *err);

/* From the next step on an expert is computed by a tier's backend, which has its weights.  At first each is computed
 * where the placement has it.  Between steps only. */
void forward_set_expert(forward *f, size_t layer, size_t expert, weight_tier tier);

/* As lm_ops.embedding. */
SW_NODISCARD sw_code forward_embedding(const forward *f, int seq, float *out, sw_err *err);

/* From now on a sequence is computed as one that may grow to n_max positions; those that it holds were computed so
 * (forward_same_kind).  Before the first call it is taken to grow to n_ctx.  The sum of its states is empty. */
void forward_begin_sequence(forward *f, int seq, int n_max);

/* Returns true if what a sequence holds was computed as it is for one that may grow to n_max positions. */
bool forward_same_kind(const forward *f, int seq, int n_max);

/* The experts that layer l's router chose for the last step's tokens: (n, n_expert_used).  The next layer's follow
 * after n_batch tokens. */
const int *forward_chosen(const forward *f, size_t l);
/* Their weights, likewise. */
const float *forward_chosen_weights(const forward *f, size_t l);

#endif
