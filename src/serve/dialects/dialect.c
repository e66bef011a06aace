/* dialect.c - what the functions of every family need. */
#include "dialects/dialect.h"

#include <math.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "json/json_out.h"

void dialect_emit_text(event_sink *sink, const char *name, buf *payload)
{
    if (payload->failed != SW_OK)
        sink->failed = true;
    else
        sink->emit(sink, name, buf_str(payload), payload->size);
    buf_free(payload);
}

void dialect_emit(event_sink *sink, const char *name, json_t *value)
{
    buf payload;
    buf_init(&payload, LIMIT_ANSWER_BYTES);
    json_write(&payload, value);
    dialect_emit_text(sink, name, &payload);
}

void dialect_put_experts(json_t **document, const generation_head *head)
{
    if (head->experts != NULL)
        json_put(document, "experts", json_incref(head->experts));
}

sw_event dialect_total(const sw_event *const *done, size_t n, int n_choices)
{
    sw_event total = n > 0 ? *done[0] : (sw_event){.type = SW_EVENT_DONE, .stop_index = -1};
    for (size_t i = 1; i < n; i++) {
        const sw_timings *const t = &done[i]->timings;
        const bool is_new_prompt = i % (size_t)n_choices == 0;
        total.n_prompt += is_new_prompt ? done[i]->n_prompt : 0;
        total.n_cached += is_new_prompt ? done[i]->n_cached : 0;
        total.n_predicted += done[i]->n_predicted;
        total.n_reasoning += done[i]->n_reasoning;
        total.timings.queue_ms = fmax(total.timings.queue_ms, t->queue_ms);
        total.timings.prompt_ms = fmax(total.timings.prompt_ms, t->prompt_ms);
        total.timings.predict_ms = fmax(total.timings.predict_ms, t->predict_ms);
    }
    return total;
}

size_t generation_n_answers(const generation_request *request)
{
    if (request->loads_only)
        return 0;
    return (request->prompts != NULL ? request->n_prompts : 1) * (size_t)request->n_choices;
}

void generation_request_free(generation_request *request)
{
    for (size_t i = 0; i < request->n_texts; i++)
        mem_free(request->texts[i]);
    mem_free(request->texts);
    mem_free(request->messages);
    mem_free(request->stops);
    mem_free(request->biases);
    mem_free(request->prompts);
    mem_free(request->tokens);
    json_decref(request->repeated);
    json_decref(request->document);
    *request = (generation_request){0};
}
