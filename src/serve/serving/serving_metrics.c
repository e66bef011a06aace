/* serving_metrics.c - sums over completed answers. */
#include "serving/serving_metrics.h"

void serving_metrics_completed(serving_metrics *m, const sw_event *done)
{
    m->n_completed++;
    m->n_prompt_tokens += (uint64_t)done->n_prompt;
    m->n_cached_tokens += (uint64_t)done->n_cached;
    m->n_generated_tokens += (uint64_t)done->n_predicted;
    m->queue_ms += done->timings.queue_ms;
    m->ttft_ms += done->timings.ttft_ms;
    m->prompt_ms += done->timings.prompt_ms;
    m->predict_ms += done->timings.predict_ms;
}
