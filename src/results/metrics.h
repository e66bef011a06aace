/* metrics.h - what the arrival times of one answer say.
 *
 * Figures are never stored: they are computed here from what was measured, so that a corrected definition corrects old
 * runs too.  Definitions: docs/benchmark.md.  A figure that does not exist for an answer is NAN.
 */
#ifndef SW_METRICS_H
#define SW_METRICS_H

#include "results/record.h"
#include "results/stats.h"

typedef struct sw_metrics {
    int64_t n_tokens;      // the server's count, or else the number of content events
    bool counted_events;   // n_tokens is the number of content events, since the server told none
    bool counts_differ;    // the server's count and the events differ by more than 2 %
    double ttft_ms;        // first content of any kind
    double ttft_answer_ms; // first content that is no reasoning
    double ttfr_ms;        // first event of any kind
    double ttfb_ms;        // response headers complete
    double e2e_ms;
    double tpot_ms;     // mean time per token after the first
    double decode_tps;  // 1 / tpot
    double overall_tps; // tokens / e2e: prefill included
    sw_stats itl_ms;    // gaps between content events
    size_t n_stalls;    // gaps over max(1 s, 10 x median gap)
    double stall_max_ms;
    double responsiveness; // share of gaps that are at most twice the median
    sw_repetition repetition;
} sw_metrics;

/* Writes the gaps between the content events of `answer` to gaps[0 .. n_arrivals - 1) in ms; returns how many. */
size_t sw_gaps_ms(const sw_answer *answer, double *gaps);

/* Error: SW_ENOMEM. */
SW_NODISCARD sw_code sw_metrics_of(const sw_test_record *test, sw_metrics *out, sw_err *err);

#endif
