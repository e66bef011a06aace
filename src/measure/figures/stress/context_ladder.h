/* context_ladder.h - speed against the length of the context, and what happens at its limit.
 *
 * A rung is the requests of one stage whose prompts have one length, as the server counts it.  Short rungs after the
 * longest one show whether a server recovers.  Pure.
 */
#ifndef STRESS_CONTEXT_LADDER_H
#define STRESS_CONTEXT_LADDER_H

#include "figures/stress/stress_rows.h"

typedef struct context_rung {
    int stage; // position in run_record.stages; -1: none
    int64_t prompt_tokens;
    size_t n;                                // completed answers
    double prefill_tps, ttft_ms, decode_tps; // medians of them; NAN: none has one
} context_rung;

/* Of the completed answers of the suite's ladders whose prompts were evaluated anew, by stage and length; at most max,
 * *n_out is how many there are.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code context_ladder_of(const stress_rows *rows, suite_names suites, context_rung *out, size_t max,
                                       size_t *n_out, sw_err *err);

/* The time to the first token of the last rung over that of the first rung of the same length, in an earlier stage: 1
 * if it has recovered.  NAN if no length came again. */
double context_recovery(const context_rung *rungs, size_t n);

/* How a server took a prompt that may be longer than its context. */
typedef enum limit_outcome {
    LIMIT_ANSWERED, // with text
    LIMIT_REFUSED,  // with a status of 4xx and a sentence
    LIMIT_BROKE,    // anything else: an error of the server's own, a broken stream, no text, a lost connection
} limit_outcome;

const char *limit_outcome_name(limit_outcome outcome); // "answered", "refused", "broke"
limit_outcome limit_outcome_of(const answer_record *answer);

#endif
