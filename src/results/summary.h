/* summary.h - a run in a few figures.
 *
 * Means are taken over the tests that completed; failures lower the success rate and nothing else.  Warm-ups count
 * nowhere.
 */
#ifndef SW_SUMMARY_H
#define SW_SUMMARY_H

#include "results/metrics.h"
#include "results/store.h"

typedef struct sw_summary_row {
    const sw_test_record *test;
    sw_metrics metrics;
} sw_summary_row;

typedef struct sw_summary {
    sw_summary_row *rows; // measured tests, in the order in which they ran
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
    sw_stats itl_ms; // gaps of all completed tests together
    bool has_memory;
    uint64_t peak_private_bytes;
    uint64_t peak_rss_bytes;
} sw_summary;

/* The views in *out are into `run`.  Free it with sw_summary_free, also after an error.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code sw_summary_of(const sw_run *run, sw_summary *out, sw_err *err);
void sw_summary_free(sw_summary *summary);

/* What a finished run is called: "ok", "failed_threshold" (a test failed), "invalid" (no test completed, so that its
 * figures mean nothing) or "aborted" (tests are missing). */
const char *sw_summary_status(const sw_summary *summary);

#endif
