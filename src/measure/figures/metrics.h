/* metrics.h - the figures of one answer, from its arrival times.
 *
 * Figures are never stored: they are computed here from what was measured, so that a corrected definition corrects old
 * runs too.  Definitions: docs/benchmark.md.  A figure that does not exist for an answer is NAN.  Pure: no clock, no
 * files.
 */
#ifndef FIGURES_METRICS_H
#define FIGURES_METRICS_H

#include "figures/repetition.h"
#include "figures/stats.h"
#include "results/record.h"

/* Whether an answer has a decode rate.  A rate is only as good as its arrival times: tokens that come several to an
 * event, or many events in one network read, give times of the network and not of the model. */
typedef enum decode_verdict {
    DECODE_MEASURED,
    DECODE_NO_GAP,     // fewer than two events or tokens: no time passes between them
    DECODE_FEW_EVENTS, // fewer events than half the tokens
    DECODE_FEW_TIMES,  // fewer than METRICS_DECODE_TIMES_MIN different arrival times
} decode_verdict;

enum { METRICS_DECODE_TIMES_MIN = 20 };

/* Why there is no decode rate, for a reader; NULL for DECODE_MEASURED. */
const char *metrics_decode_reason(decode_verdict verdict);

typedef struct test_metrics {
    int64_t n_tokens;      // the server's count, or else the number of content events
    bool counted_events;   // n_tokens is the number of content events: the server sent no count, or 0 for a text
    bool counts_differ;    // the server's count and the events differ by more than 2 %
    double ttft_ms;        // first content of any kind
    double ttft_answer_ms; // first content that is not reasoning
    double ttfr_ms;        // first event of any kind
    double ttfb_ms;        // response headers complete
    double e2e_ms;
    double decode_ms;  // from the first content event to the last
    double tpot_ms;    // decode_ms per token after the first
    double decode_tps; // 1000 / tpot_ms; NAN unless the verdict is DECODE_MEASURED
    decode_verdict decode;
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
