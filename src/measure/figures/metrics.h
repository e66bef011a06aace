/* metrics.h - what the arrival times of one answer say.
 *
 * Figures are never stored: they are computed here from what was measured, so that a corrected definition corrects old
 * runs too.  Definitions: docs/benchmark.md.  A figure that does not exist for an answer is NAN.
 */
#ifndef FIGURES_METRICS_H
#define FIGURES_METRICS_H

#include "figures/repetition.h"
#include "figures/stats.h"
#include "results/record.h"

typedef struct test_metrics {
    int64_t n_tokens;      // the server's count, or else the number of content events
    bool counted_events;   // n_tokens is the number of content events, since the server told none
    bool counts_differ;    // the server's count and the events differ by more than 2 %
    double ttft_ms;        // first content of any kind
    double ttft_answer_ms; // first content that is no reasoning
    double ttfr_ms;        // first event of any kind
    double ttfb_ms;        // response headers complete
    double e2e_ms;
    double tpot_ms;      // mean time per token after the first
    double decode_tps;   // 1 / tpot
    double overall_tps;  // tokens / e2e: prefill included
    sample_stats itl_ms; // gaps between content events
    size_t n_stalls;     // gaps over max(1 s, 10 x median gap)
    double stall_max_ms;
    double responsiveness; // share of gaps that are at most twice the median
    repetition_score repetition;
} test_metrics;

/* Writes the gaps between the content events of `answer` to gaps[0 .. n_arrivals - 1) in ms; returns how many. */
size_t metrics_gaps_ms(const answer_record *answer, double *gaps);

/* Error: SW_ENOMEM. */
SW_NODISCARD sw_code metrics_of(const test_record *test, test_metrics *out, sw_err *err);

#endif
