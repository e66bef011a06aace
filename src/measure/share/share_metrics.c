/* share_metrics.c - names and values. */
#include "share/share_metrics.h"

#include <math.h>
#include <string.h>

#define SHARE_METRIC_TEXT(name, text) text,
static const char *const NAMES[N_SHARE_METRICS] = {SHARE_METRICS(SHARE_METRIC_TEXT)};

const char *share_metric_name(share_metric metric)
{
    return NAMES[metric];
}

int share_metric_from_name(const char *name)
{
    for (int i = 0; i < N_SHARE_METRICS; i++) {
        if (strcmp(NAMES[i], name) == 0)
            return i;
    }
    return -1;
}

double share_metric_of(share_metric metric, const summary_row *row)
{
    const test_metrics *const m = &row->metrics;
    switch (metric) {
    case SHARE_DECODE: return m->decode_tps;
    case SHARE_OVERALL: return m->overall_tps;
    case SHARE_PREFILL: return m->prefill_tps;
    case SHARE_TTFT: return m->ttft_ms;
    case SHARE_ITL_P50: return m->itl_ms.p50;
    case SHARE_ITL_P95: return m->itl_ms.p95;
    case SHARE_E2E: return m->e2e_ms;
    case SHARE_TOKENS: return (double)m->n_tokens;
    case SHARE_REPETITION: return m->repetition.score;
    case SHARE_MARK: return row->mark;
    default: return NAN;
    }
}
