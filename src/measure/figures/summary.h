/* summary.h - a run in a few figures.
 *
 * Only tests that completed count; failures lower the success rate and nothing else.  Warm-ups count nowhere.  A rate
 * of the run is all tokens over all time, never a mean of rates: one fast test must not stand for the others.  Pure:
 * the store's record goes in, figures come out.
 */
#ifndef FIGURES_SUMMARY_H
#define FIGURES_SUMMARY_H

#include "figures/metrics.h"
#include "results/record.h"

typedef struct summary_row {
    const test_record *test;
    test_metrics metrics;
} summary_row;

typedef struct run_summary {
    summary_row *rows; // measured tests, in the order in which they ran
    size_t n_rows;
    int n_planned;
    int n_completed;
    double success_rate; // completed / planned
    int64_t n_tokens;
    double decode_tps;            // sum of (tokens - 1) / sum of decode_ms, over the tests that have a decode rate
    sample_stats test_decode_tps; // the rates of these tests
    int n_without_decode;         // completed tests that have none
    double overall_tps;           // sum of tokens / sum of e2e_ms
    sample_stats ttft_ms;         // one value per test
    double mean_repetition;
    int n_degenerate; // answers whose repetition verdict is "degenerate"
    size_t n_stalls;
    bool counted_events; // at least one answer's tokens had to be counted by events
    bool counts_differ;
    sample_stats itl_ms; // gaps of all completed tests together
    bool has_memory;
    uint64_t peak_private_bytes;
    uint64_t peak_rss_bytes;
} run_summary;

/* Of the tests of one model in one mode.  The views in *out are into `run`.  Free it with summary_free, also after an
 * error.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code summary_of(const run_record *run, int subject, test_mode mode, run_summary *out, sw_err *err);
void summary_free(run_summary *summary);

#endif
