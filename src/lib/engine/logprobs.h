/* logprobs.h - log-probabilities of tokens: the logarithm of the softmax of the model's own logits, before temperature
 * and filters. */
#ifndef ENGINE_LOGPROBS_H
#define ENGINE_LOGPROBS_H

#include "spillway.h"

/* Fills the ids and log-probabilities of *out: the sampled token, and the n_top (at most SW_TOP_LOGPROBS_MAX) most
 * likely ones, equal ones by id.  The n_vocab logits must be finite. */
void logprobs_fill(sw_logprobs *out, const float *logits, int n_vocab, int32_t sampled, int n_top);

#endif
