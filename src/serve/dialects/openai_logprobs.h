/* openai_logprobs.h - log-probabilities as OpenAI shows them. */
#ifndef DIALECTS_OPENAI_LOGPROBS_H
#define DIALECTS_OPENAI_LOGPROBS_H

#include "dialects/dialect.h"

/* The "logprobs" member of a choice.  New reference; NULL when memory is short. */
json_t *openai_logprobs_json(const logprob_source *source);
/* The same for one token. */
json_t *openai_logprobs_of_token(const sw_logprobs *token);

/* One token and its alternatives; llama-server's form has their ids too. */
json_t *openai_logprob_json(const sw_logprobs *logprobs, bool with_id);

#endif
