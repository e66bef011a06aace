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
    DECODE_NO_GAP,     // no token came after the first moment
    DECODE_FEW_EVENTS, // fewer events than half the tokens
    DECODE_FEW_TIMES,  // fewer than METRICS_DECODE_TIMES_MIN different arrival times
    DECODE_WHOLE,      // the answer came as one document
} decode_verdict;

enum { METRICS_DECODE_TIMES_MIN = 20 };

/* Why there is no decode rate, for a reader; NULL for DECODE_MEASURED. */
const char *metrics_decode_reason(decode_verdict verdict);

typedef struct test_metrics {
    // Tokens.
    int64_t n_tokens;      // the server's count, or else the sum of its events' counts, or else the number of events
    bool counted_events;   // n_tokens is the number of content events: the server sent no count, or 0 for a text
    bool counts_differ;    // the server's count and the events differ by more than 2 %
    bool has_token_counts; // the server told how many tokens each event holds
    int64_t n_first;       // tokens that were sampled up to the first content event, those without text included
    int64_t n_decoded;     // tokens that came after it until the last content event
    bool
        decode_by_events; // n_decoded is a number of events, and the tokens in them are not known or more than 2 % more
    bool is_warm;         // a part of the prompt was in the server's cache

    // Times.
    double ttft_ms;        // first content of any kind
    double ttft_answer_ms; // first content that is not reasoning
    double ttfr_ms;        // first event of any kind
    double ttfb_ms;        // response headers complete
    double e2e_ms;
    double schedule_delay_ms;     // the client sent the request so much later than the schedule wanted
    double ttft_from_schedule_ms; // since the time at which the schedule wanted it
    double e2e_from_schedule_ms;
    double queue_ms;               // waiting, as the server says
    double overhead_ms;            // e2e without the server's waiting, prompt and generation
    double decode_ms;              // from the first content event to the last
    double tpot_ms;                // decode_ms / n_decoded
    sample_stats itl_ms;           // gaps per token, each counted once for every token; n 0 if the times do not say
    sample_stats chunk_ms;         // gaps between content events as they came
    size_t n_stalls;               // gaps over 1 s and over 10 x the median time of as many tokens
    double stall_ms, stall_max_ms; // all stalls together; the longest
    double responsiveness;         // share of tokens that took at most twice the median
    double prefill_tps;            // tokens of the prompt that were evaluated / (TTFT - queue)
    bool prefill_by_client;        // the server told no queue or no cached tokens; they count as 0
    decode_verdict decode;
    double decode_tps;          // 1000 / tpot_ms; NAN unless the verdict is DECODE_MEASURED
    double overall_tps;         // tokens / e2e: prefill included
    double server_decode_tps;   // tokens / generation time, as the server says
    double first_tps, last_tps; // of the first and the last quarter of the decoded tokens
    double pace;                // last_tps / first_tps
    repetition_score repetition;
} test_metrics;

/* Error: SW_ENOMEM. */
SW_NODISCARD sw_code metrics_of(const test_record *test, test_metrics *out, sw_err *err);

/* The figure (a double) at an offset: for tables of figures. */
double metrics_figure(const test_metrics *metrics, size_t offset);

/* A test with its figures. */
typedef struct summary_row {
    const test_record *test;
    test_metrics metrics;
    double mark; // of its content, 1 to 5; NAN: no check ran
} summary_row;

/* Objectives of a service in ms; NAN: none. */
typedef struct objectives {
    double ttft_ms, tpot_ms, itl_p99_ms, e2e_ms;
} objectives;

/* Returns true if at least one objective is set. */
bool objectives_are_set(const objectives *slo);
/* Returns true if a completed answer meets every objective that is set.  A figure that does not exist meets none. */
bool objectives_are_met(const objectives *slo, const test_metrics *metrics);

#endif
