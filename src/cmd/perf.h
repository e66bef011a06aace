/* perf.h - what `spillway perf` measures, and how it is shown.
 *
 * A row is one kind of work with one number of threads: evaluating a prompt, whose limit is how fast the kernels
 * multiply, or generating, whose limit is how fast memory is read.  Each repetition of a row measures that limit right
 * before and after the work, since what a shared machine gives changes from second to second: shares are computed
 * inside a repetition.
 */
#ifndef CMD_PERF_H
#define CMD_PERF_H

#include "cmd/args.h"
#include "spillway.h"

enum { PERF_REPEAT_MAX = 100 };

typedef struct perf_row {
    bool is_prompt;
    int n_threads, n_tokens;
    double kv_bytes; // generation: bytes of keys and values that one token reads, on average
    // Of one token: the prompt's multiply-adds, or bytes of weights, keys and values that are read to generate it.
    // NAN: not known, since sequences generated together share what is read.
    double work;
    // Per repetition.
    double rate[PERF_REPEAT_MAX];  // tokens/s, of all sequences together
    double limit[PERF_REPEAT_MAX]; // units of work per second that the machine gave
} perf_row;

typedef struct perf {
    int n_depth, n_seqs, n_repeat;
    // Filled by perf_repeat.
    sw_engine_state states[ARG_INTS_MAX]; // of the engine of every number of threads
    size_t n_states;
    uint64_t peak_bytes; // highest resident size before the probes took memory
    perf_row *rows;
    size_t n_rows;
} perf;

/* What measures the machine's limits. */
typedef struct perf_probes {
    sw_bandwidth_probe *bandwidth;
    sw_multiply_probe *multiply;
} perf_probes;

/* On failure too *probes is to be freed.  Errors: SW_ENOMEM, SW_EINVAL (the engine computes nothing). */
SW_NODISCARD sw_code perf_probes_create(perf_probes *probes, sw_engine *e, sw_err *err);
void perf_probes_free(perf_probes *probes);

/* A row for an engine.  `rows` has room for it. */
void perf_add_row(perf *p, sw_engine *e, bool is_prompt, int n_tokens);

/* The i-th repetition of a row; probes NULL: only the work, nothing is kept. */
SW_NODISCARD sw_code perf_repeat(const perf *p, perf_row *row, int i, sw_engine *e, const perf_probes *probes,
                                 sw_err *err);

/* perf_report.c: everything measured, on standard output.  `e` is any of the engines.  Errors: SW_ENOMEM. */
void perf_print_table(const perf *p, sw_engine *e);
SW_NODISCARD sw_code perf_print_json(const perf *p, sw_engine *e, sw_err *err);

#endif
