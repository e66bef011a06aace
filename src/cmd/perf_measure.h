/* perf_measure.h - the measurements of `spillway perf`.
 *
 * A row is one kind of work with one number of threads: evaluating a prompt, whose limit is how fast the kernels
 * multiply, or generating, whose limit is how fast memory is read.  Each repetition of a row measures that limit right
 * before and after the work, because the speed of a shared machine changes from second to second: shares are computed
 * within a repetition.
 */
#ifndef CMD_PERF_MEASURE_H
#define CMD_PERF_MEASURE_H

#include "spillway.h"

enum {
    PERF_REPEAT_MAX = 100,
    PERF_THREADS_MAX = 16, // numbers of threads in one run, each with an engine of its own
};

typedef struct perf_row {
    bool is_prompt;
    int n_threads, n_tokens;
    double kv_bytes; // generation: bytes of keys and values that one token reads, on average
    // Of one token: the prompt's multiply-adds, or bytes of weights, keys and values that are read to generate it.
    // NAN: unknown, because sequences generated together share reads, or a GPU, whose limits these are not, does some.
    double work;
    // Per repetition.
    double rate[PERF_REPEAT_MAX];  // tokens/s, of all sequences together
    double limit[PERF_REPEAT_MAX]; // units of work per second that the machine could have done
} perf_row;

typedef struct perf {
    int n_depth, n_seqs, n_repeat;
    sw_engine_state states[PERF_THREADS_MAX]; // of the engine of every number of threads, once it was loaded
    size_t n_states;
    uint64_t peak_bytes; // highest resident size before the probes took memory
    perf_row *rows;      // owned by the caller
    size_t n_rows;
} perf;

/* Probes of the machine's limits: memory bandwidth, multiply-adds of the kernels. */
typedef struct perf_probes {
    sw_bandwidth_probe *bandwidth;
    sw_multiply_probe *multiply;
} perf_probes;

/* Probes for the weight type and threads of e.  *probes must be freed after a failure too.  Errors: SW_ENOMEM,
 * SW_EINVAL (the engine computes nothing). */
SW_NODISCARD sw_code perf_probes_create(perf_probes *probes, sw_engine *e, sw_err *err);
void perf_probes_free(perf_probes *probes);

/* Returns true if a GPU does a part of the work. */
bool perf_uses_device(const sw_engine_state *s);

/* Appends a row for an engine: n_tokens of a prompt, or generated.  p->rows must have room for it. */
void perf_add_row(perf *p, sw_engine *e, bool is_prompt, int n_tokens);

/* Runs the i-th repetition of a row and stores its rate and limit.  probes NULL: only runs it, stores nothing.  Errors:
 * those of sw_engine_time. */
SW_NODISCARD sw_code perf_repeat(const perf *p, perf_row *row, int i, sw_engine *e, const perf_probes *probes,
                                 sw_err *err);

#endif
