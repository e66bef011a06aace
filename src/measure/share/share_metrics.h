/* share_metrics.h - the figures of an answer that a shared file holds, as one table.  Names and meanings are those of
 * the JSON report.
 */
#ifndef SHARE_SHARE_METRICS_H
#define SHARE_SHARE_METRICS_H

#include "figures/metrics.h"

// clang-format off
#define SHARE_METRICS(X) \
    X(DECODE,     "decode_tps") \
    X(OVERALL,    "overall_tps") \
    X(PREFILL,    "prefill_tps") \
    X(TTFT,       "ttft_ms") \
    X(ITL_P50,    "itl_p50_ms") \
    X(ITL_P95,    "itl_p95_ms") \
    X(E2E,        "e2e_ms") \
    X(TOKENS,     "tokens") \
    X(REPETITION, "repetition") \
    X(MARK,       "mark")
// clang-format on

#define SHARE_METRIC_ENUM(name, text) SHARE_##name,
typedef enum share_metric { SHARE_METRICS(SHARE_METRIC_ENUM) N_SHARE_METRICS } share_metric;
#undef SHARE_METRIC_ENUM

const char *share_metric_name(share_metric metric);
/* The metric with that name, or -1. */
int share_metric_from_name(const char *name);
/* Of a completed answer; NAN. */
double share_metric_of(share_metric metric, const summary_row *row);

#endif
