/* answer_facts.h - what a server says of an answer beside its text: counts, times, sampling, token ids, experts.
 *
 * All of it is claims of another program: a number that no answer can have is not taken, and lists that contradict
 * themselves are dropped whole.
 */
#ifndef CLIENT_ANSWER_FACTS_H
#define CLIENT_ANSWER_FACTS_H

#include <jansson.h>

#include "results/record.h"

typedef struct answer_facts {
    int64_t prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens; // of `usage`; -1: not sent
    int64_t prompt_n, cache_n, predicted_n;                                    // of `timings`; -1: not sent
    double temperature, queue_ms, prompt_ms, decode_ms;                        // NAN: not sent
    int64_t seed;                                                              // -1: not sent
    int32_t *token_ids;                                                        // (n_token_ids), owned
    size_t n_token_ids, cap_token_ids;
    bool has_bad_ids; // an id was none, or memory was short: the list is not told
    uint64_t *counts; // (experts.n_layers, experts.n_experts), owned; NULL: not told
    expert_counts experts;
} answer_facts;

void answer_facts_init(answer_facts *facts);
void answer_facts_free(answer_facts *facts);

/* One chunk of a stream, or the whole document of an answer.  Counts may only grow. */
void answer_facts_take(answer_facts *facts, const json_t *document);
/* Tokens that the server had sampled when it wrote the latest document that says so; -1: not told. */
int64_t answer_facts_n_sampled(const answer_facts *facts);
/* Fills the members of `answer` that are told here; views into `facts`. */
void answer_facts_put(const answer_facts *facts, answer_record *answer);

#endif
