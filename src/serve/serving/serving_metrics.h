/* serving_metrics.h - what a server has done since its start.  One thread, the network's, counts and reads. */
#ifndef SERVING_SERVING_METRICS_H
#define SERVING_SERVING_METRICS_H

#include <stdint.h>

#include "spillway.h"

typedef struct serving_metrics {
    uint64_t n_completed; // answers that reached their end
    uint64_t n_failed;    // requests that were refused, or broke off with an error
    uint64_t n_abandoned; // the connection was closed before the end
    /* Of completed answers. */
    uint64_t n_prompt_tokens, n_cached_tokens; // cached tokens are part of the prompt's
    uint64_t n_generated_tokens;
    double queue_ms, ttft_ms, prompt_ms, predict_ms; // sums; ttft: submit to first token
} serving_metrics;

/* Counts an answer by its SW_EVENT_DONE. */
void serving_metrics_completed(serving_metrics *m, const sw_event *done);

#endif
