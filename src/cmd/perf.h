/* perf.h - what `spillway perf` measures, and how it is shown.
 *
 * A row is one kind of work with one number of threads: evaluating a prompt, whose limit is how fast the kernels
 * multiply, or generating, whose limit is how fast memory is read.  Each repetition of a row measures that limit right
 * before and after the work, since what a shared machine gives changes from second to second: shares are computed
 * inside a repetition.
 */
#ifndef SW_PERF_H
#define SW_PERF_H

#include "cmd/args.h"
#include "spillway.h"

enum { SW_PERF_REPEAT_MAX = 100 };

typedef struct sw_perf_row {
    bool is_prompt;
    int n_threads, n_tokens;
    double kv_bytes; // generation: bytes of keys and values that one token reads, on average
    // Of one token: the prompt's multiply-adds, or bytes of weights, keys and values that are read to generate it.
    // NAN: not known, since sequences generated together share what is read.
    double work;
    // Per repetition.
    double rate[SW_PERF_REPEAT_MAX];  // tokens/s, of all sequences together
    double limit[SW_PERF_REPEAT_MAX]; // units of work per second that the machine gave
} sw_perf_row;

typedef struct sw_perf {
    int n_depth, n_seqs, n_repeat;
    // Filled by sw_perf_measure.
    sw_engine_state states[SW_ARG_INTS_MAX]; // of the engine of every number of threads
    size_t n_states;
    uint64_t peak_bytes; // highest resident size before the probes took memory
    sw_perf_row *rows;
    size_t n_rows;
} sw_perf;

/* What measures the machine's limits. */
typedef struct sw_perf_probes {
    sw_bandwidth_probe *bandwidth;
    sw_multiply_probe *multiply;
} sw_perf_probes;

/* On failure too *probes is to be freed.  Errors: SW_ENOMEM, SW_EINVAL (the engine computes nothing). */
SW_NODISCARD sw_code sw_perf_probes_create(sw_perf_probes *probes, sw_engine *e, sw_err *err);
void sw_perf_probes_free(sw_perf_probes *probes);

/* A row for an engine.  `rows` has room for it. */
void sw_perf_add_row(sw_perf *p, sw_engine *e, bool is_prompt, int n_tokens);

/* The i-th repetition of a row; probes NULL: only the work, nothing is kept. */
SW_NODISCARD sw_code sw_perf_repeat(const sw_perf *p, sw_perf_row *row, int i, sw_engine *e,
                                    const sw_perf_probes *probes, sw_err *err);

/* perf_report.c: everything measured, on standard output.  `e` is any of the engines.  Errors: SW_ENOMEM. */
void sw_perf_print_table(const sw_perf *p, sw_engine *e);
SW_NODISCARD sw_code sw_perf_print_json(const sw_perf *p, sw_engine *e, sw_err *err);

#endif
