/* batch.h - what one step of a model evaluates, and what all of its blocks share. */
#ifndef FORWARD_BATCH_H
#define FORWARD_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One token of a batch.  The tokens of one sequence follow each other, at rising positions without a gap. */
typedef struct batch_token {
    int32_t id;
    int32_t pos;
    int32_t seq;
    bool wants_logits;
    bool wants_state; // the norm of its last state is added to the sum of its sequence (pooled.h)
} batch_token;

/* A batch on its way through the layers. */
typedef struct token_batch {
    const batch_token *tokens; // (n)
    size_t n;
    const bool *is_long; // (sequences): true where LongRoPE's factors for long sequences hold
    float *x;            // (n, n_embd): the residual stream
    float *normed;       // (n, n_embd): what the next block reads, the norm of x
    float *out;          // (n, padded n_embd): what a block adds to x
    int32_t *bad_layer;  // (n): the first layer after which x had a value that is not finite, or -1
} token_batch;

/* n rounded up to whole tiles of 16: how far apart rows are that a product writes. */
static inline size_t padded_length(size_t n)
{
    return (n + 15) / 16 * 16;
}

#endif
