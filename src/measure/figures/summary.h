/* summary.h - a run in a few figures.
 *
 * Means are taken over the tests that completed; failures lower the success rate and nothing else.  Warm-ups count
 * nowhere.
 */
#ifndef FIGURES_SUMMARY_H
#define FIGURES_SUMMARY_H

#include "figures/metrics.h"
#include "results/store.h"

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
    double mean_decode_tps;
    double mean_overall_tps;
    double mean_ttft_ms;
    double mean_repetition;
    int n_degenerate; // answers that go round in circles
    size_t n_stalls;
    bool counted_events; // at least one answer's tokens had to be counted by events
    bool counts_differ;
    sample_stats itl_ms; // gaps of all completed tests together
    bool has_memory;
    uint64_t peak_private_bytes;
    uint64_t peak_rss_bytes;
} run_summary;

/* The views in *out are into `run`.  Free it with summary_free, also after an error.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code summary_of(const run_record *run, run_summary *out, sw_err *err);
void summary_free(run_summary *summary);

/* What a finished run is called: "ok", "failed_threshold" (a test failed), "invalid" (no test completed, so that its
 * figures mean nothing) or "aborted" (tests are missing). */
const char *summary_status(const run_summary *summary);

#endif
