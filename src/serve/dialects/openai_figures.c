/* openai_figures.c - token counts as OpenAI names them, and durations as llama-server does.
 *
 * A division by zero is 0: JSON has neither NaN nor infinities.
 */
#include "dialects/openai_figures.h"

#include <math.h>

#include "json/json_out.h"

const char *openai_finish_name(sw_finish finish)
{
    return finish == SW_FINISH_LENGTH ? "length" : "stop";
}

json_t *openai_usage_json(const sw_event *done)
{
    return json_pack("{s:i, s:i, s:i, s:{s:i}, s:{s:i}}", "prompt_tokens", done->n_prompt, "completion_tokens",
                     done->n_predicted, "total_tokens", done->n_prompt + done->n_predicted, "prompt_tokens_details",
                     "cached_tokens", done->n_cached, "completion_tokens_details", "reasoning_tokens",
                     done->n_reasoning);
}

static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

json_t *openai_timings_json(const generation_head *head, const sw_event *done)
{
    const sw_timings *const t = &done->timings;
    const int n_evaluated = done->n_prompt - done->n_cached;
    return json_pack("{s:i, s:i, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", //
                     "cache_n", done->n_cached,                                           //
                     "prompt_n", n_evaluated,                                             //
                     "prompt_ms", json_number(t->prompt_ms),                              //
                     "prompt_per_token_ms", json_number(ratio(t->prompt_ms, n_evaluated)), "prompt_per_second",
                     json_number(ratio(1000.0 * n_evaluated, t->prompt_ms)), "predicted_n", done->n_predicted, //
                     "predicted_ms", json_number(t->predict_ms), "predicted_per_token_ms",
                     json_number(ratio(t->predict_ms, done->n_predicted)), "predicted_per_second",
                     json_number(ratio(1000.0 * done->n_predicted, t->predict_ms)), "queue_ms",
                     json_number(t->queue_ms), "load_ms", json_number(head->load_ms), "ttft_ms",
                     json_number(head->ttft_ms), "backend", head->backend);
}

json_t *openai_progress_json(const sw_event *event, double time_ms)
{
    return json_pack("{s:i, s:i, s:i, s:o}", "total", event->n_prompt, "cache", event->n_cached, "processed",
                     event->n_prompt_done, "time_ms", json_number(time_ms));
}

void openai_put_so_far(json_t **chunk, const generation_head *head, const sw_event *event)
{
    if (head->usage_per_token)
        json_put(chunk, "usage", openai_usage_json(event));
    else if (head->include_usage)
        json_put(chunk, "usage", json_null());
    if (head->timings_per_token)
        json_put(chunk, "timings", openai_timings_json(head, event));
}

void openai_put_token_ids(json_t **choice, const int32_t *ids, const sw_event *done)
{
    if (ids == NULL)
        return;
    json_t *list = json_array();
    for (int i = 0; i < done->n_predicted; i++)
        json_push(&list, json_integer(ids[i]));
    json_put(choice, "token_ids", list);
}

/* A float as it was written in a request. */
static json_t *setting_json(float value)
{
    return json_real(round((double)value * 1e6) / 1e6);
}

/* What the sampler used, whoever chose it: the client or a default. */
static json_t *sampling_json(const sw_sampling *s, json_int_t seed)
{
    return json_pack("{s:o, s:o, s:i, s:o, s:I}", "temperature", setting_json(s->temperature), "top_p",
                     setting_json(s->top_p), "top_k", s->top_k, "min_p", setting_json(s->min_p), "seed", seed);
}

void openai_put_figures(json_t **document, const generation_head *head, size_t choice, const sw_event *done)
{
    const json_int_t seed = (json_int_t)(head->seed + choice % (size_t)head->n_choices);
    json_put(document, "seed", json_integer(seed));
    json_put(document, "sampling", sampling_json(&head->sampling, seed));
    json_put(document, "timings", openai_timings_json(head, done));
    dialect_put_experts(document, head);
}
