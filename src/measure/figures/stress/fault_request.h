/* fault_request.h - what the search for faults looks at: requests and samples of memory, as plain arrays, and what it
 * finds.
 *
 * `question` is a number that requests share if they asked the same with the same seed, so that the same is expected;
 * `kind` one that they share if what they asked takes as much work, whatever else is in their prompts.
 * Views: pointers belong to the caller.
 */
#ifndef STRESS_FAULT_REQUEST_H
#define STRESS_FAULT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct fault_request {
    double start_s, end_s; // since the run began
    int session;
    uint64_t question, kind;
    uint64_t route;        // a number of the way in which it was asked: interfaces count prompts differently
    uint64_t answer;       // a number of its text: equal texts, equal numbers
    bool is_steady;        // of the stretch in which the same kind of work goes on: times are compared within it
    bool is_completed;     // only these are looked at
    bool is_degenerate;    // it loops
    double ms_per_token;   // after the first; NAN
    double tps;            // tokens over the whole time
    int64_t told_tokens;   // by the server's usage; -1: not told
    int64_t seen_tokens;   // sum over its events; -1: they do not tell
    int64_t prompt_tokens; // -1: not told
    int64_t max_tokens;    // asked for; 0: no limit
    double distance;       // tokens of the prompt that hold what is asked for; NAN: nothing to remember
    bool is_right;         // remembered
} fault_request;

typedef struct memory_sample {
    double t_s;
    double bytes;
} memory_sample;

/* How often the experts were chosen in all requests together. */
typedef struct fault_experts {
    size_t n_layers, n_experts, n_used; // n_layers 0: not told
    int64_t n_tokens;
    const uint64_t *counts; // (n_layers, n_experts)
} fault_experts;

typedef struct fault_world {
    const fault_request *requests; // in the order in which they ended
    size_t n_requests;
    const memory_sample *samples; // of that stretch, in order of time
    size_t n_samples;
    fault_experts experts;
} fault_world;

/* What was found of one fault. */
typedef struct fault_row {
    double p_value; // corrected; NAN: there was too little to judge
    double effect;  // in the unit of the table
    double at;      // where: seconds of the run, the session, tokens, expert (layer * n_experts + e); NAN
    size_t n;       // requests (samples, repeats) that were looked at
    bool is_found;
    char found[160]; // one sentence
} fault_row;

#endif
