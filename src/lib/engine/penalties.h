/* penalties.h - what a request changes in the logits before a token is drawn: biases, then penalties.
 *
 * Penalties depend on the number of times that a token occurs in the history.  The counts are kept from step to step in
 * a table with room for the whole sequence, allocated when the job is submitted.  So a step allocates nothing, and its
 * cost is the number of different tokens in the history.
 */
#ifndef ENGINE_PENALTIES_H
#define ENGINE_PENALTIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spillway.h"

/* The number of times that a token occurs. */
typedef struct token_count {
    int32_t id;
    int32_t n_recent;    // among the last repeat_last_n tokens, including the prompt's
    int32_t n_generated; // in the answer
} token_count;

typedef struct penalties {
    float repeat_penalty, presence_penalty, frequency_penalty;
    int32_t last_n;        // window of the repetition penalty in tokens; INT32_MAX: all
    sw_logit_bias *biases; // (n_biases), owned
    size_t n_biases;
    token_count *counts; // (n_counts), room for every token of the sequence; owned, NULL without penalties
    size_t n_counts;
    int32_t *places; // (mask + 1): hash table of indices into counts, plus one; 0: empty; owned
    uint32_t mask;
    int32_t n_seen; // tokens of the history that are counted
} penalties;

/* `sampling` must be valid (spillway.h); n_max is the most tokens that the sequence will hold.  SW_ENOMEM. */
SW_NODISCARD sw_code penalties_init(penalties *p, const sw_sampling *sampling, int32_t n_max, sw_err *err);
void penalties_free(penalties *p);
/* True if penalties_apply would change anything. */
bool penalties_is_needed(const penalties *p);
/* Changes one row of n_vocab logits.  tokens[0..n_tokens) is the history, its first n_prompt tokens the prompt; from
 * call to call tokens are only added.  A finite logit stays finite. */
void penalties_apply(penalties *p, float *logits, int n_vocab, const int32_t *tokens, int32_t n_prompt,
                     int32_t n_tokens);

#endif
