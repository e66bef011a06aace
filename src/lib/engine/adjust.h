/* adjust.h - what a request changes in the logits before anything is drawn: biases, then penalties.
 *
 * Penalties depend on how often a token stands in the history.  The counts are kept from step to step in a table whose
 * size is the sequence's, taken when the job is submitted, so that a step allocates nothing and costs as much as there
 * are different tokens in the history.
 */
#ifndef ENGINE_ADJUST_H
#define ENGINE_ADJUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spillway.h"

/* How often a token occurs. */
typedef struct token_count {
    int32_t id;
    int32_t n_recent;    // among the last repeat_last_n tokens, the prompt's included
    int32_t n_generated; // in the answer
} token_count;

typedef struct adjuster {
    float repeat_penalty, presence_penalty, frequency_penalty;
    int32_t last_n;        // window of the repetition penalty in tokens; INT32_MAX: all
    sw_logit_bias *biases; // (n_biases), owned
    size_t n_biases;
    token_count *counts; // (n_counts), room for every token of the sequence; owned, NULL without penalties
    size_t n_counts;
    int32_t *places; // (mask + 1): hash table of indices into counts, plus one; 0: empty; owned
    uint32_t mask;
    int32_t n_seen; // tokens of the history that are counted
} adjuster;

/* `sampling` must be valid (spillway.h); n_max is the most tokens that the sequence will hold.  SW_ENOMEM. */
SW_NODISCARD sw_code adjust_init(adjuster *a, const sw_sampling *sampling, int32_t n_max, sw_err *err);
void adjust_free(adjuster *a);
/* False: logits stay as they are. */
bool adjust_is_needed(const adjuster *a);
/* Changes one row of n_vocab logits.  `tokens` are the n_tokens known so far, the first n_prompt of them the prompt;
 * from call to call tokens are only added.  A finite logit stays finite. */
void adjust_apply(adjuster *a, float *logits, int n_vocab, const int32_t *tokens, int32_t n_prompt, int32_t n_tokens);

#endif
