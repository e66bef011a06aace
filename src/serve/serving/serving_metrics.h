/* serving_metrics.h - what a server has done since its start.  One thread, the network's, counts and reads. */
#ifndef SERVING_SERVING_METRICS_H
#define SERVING_SERVING_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "serving/histogram.h"
#include "spillway.h"

/* How an answer reaches its client. */
typedef enum metrics_transport {
    METRICS_JSON, // whole
    METRICS_SSE,
    METRICS_NDJSON,
    METRICS_WS,
    METRICS_N_TRANSPORTS
} metrics_transport;

/* "json", ... */
const char *metrics_transport_name(metrics_transport t);

/* How a request ended.  Strings are static, or belong to the catalog. */
typedef struct metrics_outcome {
    const char *model;      // "": none was found
    const char *endpoint;   // the path of its route
    int status;             // of HTTP; 499: the client left before the end
    const char *finish;     // "stop", "length"; "": there is no answer
    const char *error_code; // NULL: there was no error
} metrics_outcome;

/* What is known of a request whose answer reached its end; times in seconds. */
typedef struct metrics_answer {
    const char *model;
    metrics_transport transport;
    double ttft_s;        // from its arrival to the first token
    double e2e_s;         // from its arrival to its end
    const sw_event *done; // of all its choices together
} metrics_answer;

/* A count of outcomes that are alike. */
typedef struct metrics_outcomes {
    metrics_outcome outcome; // without error_code
    uint64_t n;
} metrics_outcomes;

typedef struct metrics_errors {
    const char *model, *code;
    uint64_t n;
} metrics_errors;

/* Of one model, over all times that it was loaded. */
typedef struct metrics_model {
    const char *model;
    uint64_t n_prompt_tokens, n_cached_tokens, n_generated_tokens; // cached tokens are part of the prompt's
    double prompt_s, generation_s;
    uint64_t n_stopped, n_cut; // answers that ended by themselves, and at a limit
    histogram first_token[METRICS_N_TRANSPORTS];
    histogram token_gap, time_per_token, request, queue, prefill, decode; // seconds
    histogram prompt_tokens, generated_tokens;
} metrics_model;

typedef struct serving_metrics {
    uint64_t n_completed; // answers that reached their end
    uint64_t n_failed;    // requests that were refused, or broke off with an error
    uint64_t n_abandoned; // the connection was closed before the end
    /* Of completed answers. */
    uint64_t n_prompt_tokens, n_cached_tokens; // cached tokens are part of the prompt's
    uint64_t n_generated_tokens;
    double queue_ms, ttft_ms, prompt_ms, predict_ms; // sums; ttft: submit to first token
    /* Owned. */
    metrics_model **models; // (n_models)
    size_t n_models, models_cap;
    metrics_outcomes *outcomes; // (n_outcomes)
    size_t n_outcomes, outcomes_cap;
    metrics_errors *errors; // (n_errors)
    size_t n_errors, errors_cap;
    uint64_t n_streams[METRICS_N_TRANSPORTS];   // that are open
    uint64_t n_cancelled[METRICS_N_TRANSPORTS]; // streams whose client left
} serving_metrics;

void serving_metrics_free(serving_metrics *m);

/* Counts an answer by its SW_EVENT_DONE, in the sums over all models. */
void serving_metrics_completed(serving_metrics *m, const sw_event *done);

/* Each of these loses its count if memory is short. */
void serving_metrics_answered(serving_metrics *m, const metrics_answer *answer);
void serving_metrics_ended(serving_metrics *m, const metrics_outcome *outcome);
/* Adds times between tokens, a histogram of HISTOGRAM_TOKEN_TIME. */
void serving_metrics_token_gaps(serving_metrics *m, const char *model, const histogram *gaps);

#endif
