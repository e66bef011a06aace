/* summary.h - a run in a few figures.
 *
 * Only tests that completed count; failures lower the success rate and nothing else.  Warm-ups count nowhere.  A rate
 * of the run is all tokens over all time, never a mean of rates: one fast test must not stand for the others.  Pure:
 * the store's record goes in, figures come out.
 */
#ifndef FIGURES_SUMMARY_H
#define FIGURES_SUMMARY_H

#include "figures/load_figures.h"
#include "figures/metrics.h"
#include "figures/test_spread.h"
#include "results/record.h"

typedef struct run_summary {
    summary_row *rows; // measured tests, in the order in which they ran
    size_t n_rows;
    test_spread *tests; // (n_tests) tests of the protocol, in its order
    size_t n_tests;
    int n_planned; // at least n_rows; more if the run is of this model and mode alone and not complete
    int n_completed;
    double success_rate;    // completed / asked
    interval success_range; // 95 %
    int64_t n_tokens;
    int64_t n_prompt_tokens, n_cached_tokens; // sums of what the server told; -1: nothing
    double decode_tps;                        // sum of n_decoded / sum of decode_ms, over the tests that have a rate
    interval decode_range;                    // 95 %, over tests
    sample_stats test_decode_tps;             // the rates of these tests
    int n_without_decode;                     // completed tests that have none
    int n_decode_by_events;                   // tests whose rate counts events, because the tokens in them are not told
    double overall_tps;                       // sum of tokens / sum of e2e_ms
    double prefill_tps;                       // sum of evaluated prompt tokens / sum of the time until the first token
    bool prefill_by_client;
    sample_stats ttft_ms;                    // one value per test
    interval ttft_range;                     // 95 %, of the median
    sample_stats ttft_cold_ms, ttft_warm_ms; // of tests without and with a cached part of the prompt, where it is told
    sample_stats e2e_ms;                     // one value per test
    sample_stats pace;                       // likewise: the last quarter over the first
    sample_stats overhead_ms;                // likewise
    sample_stats schedule_delay_ms;          // likewise
    sample_stats itl_ms;                     // gaps per token of all completed tests together
    sample_stats chunk_ms;                   // gaps between their events
    double responsiveness;                   // mean of the tests
    double mean_repetition;
    int n_degenerate; // answers whose repetition verdict is "degenerate"
    size_t n_stalls;
    double stall_max_ms;
    bool counted_events; // at least one answer's tokens had to be counted by events
    bool counts_differ;
    load_figures load;
    bool has_memory; // of the server of this model and mode
    uint64_t peak_private_bytes;
    uint64_t peak_rss_bytes;
} run_summary;

/* Of the tests of one model in one mode.  The views in *out are into `run`.  Free it with summary_free, also after an
 * error.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code summary_of(const run_record *run, int subject, test_mode mode, run_summary *out, sw_err *err);
/* The same without the intervals that are drawn (decode_range, ttft_range: NAN): most of the time goes to them. */
SW_NODISCARD sw_code summary_brief_of(const run_record *run, int subject, test_mode mode, run_summary *out,
                                      sw_err *err);
void summary_free(run_summary *summary);

/* Requests that completed and met every objective, of all that were sent. */
typedef struct goodput {
    int n_good, n_asked;
    double attainment; // n_good / n_asked; NAN without objectives
    interval range;    // 95 %
    double per_s;      // good ones that ended in the steady window, per second; NAN without a window
} goodput;

goodput goodput_of(const run_summary *summary, const objectives *slo);

#endif
