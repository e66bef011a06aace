#include "server/chat_reply.h"

#include <stdio.h>
#include <string.h>

#include "server/chat_logprobs.h"
#include "json/json_out.h"

/* FNV-1a (Fowler, Noll, Vo): a short name for a configuration, not a defence. */
static uint32_t hash_bytes(uint32_t h, const void *data, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ ((const unsigned char *)data)[i]) * 16777619u;
    return h;
}

void chat_fingerprint(char *out, size_t size, const sw_model_info *info, const sw_engine_state *state,
                      const sw_engine_options *options)
{
    char text[512];
    // Threads and instruction set are left out: they do not change an answer.
    snprintf(text, sizeof text, "%s|%s|%s|%s|%llu|%llu|%llu|%llu|%d|%d", SPILLWAY_VERSION, info->name, info->arch,
             info->quant, (unsigned long long)info->file_bytes, (unsigned long long)info->n_params,
             (unsigned long long)state->weight_bytes_vram, (unsigned long long)state->expert_bytes_ram,
             (int)options->kv_type, (int)options->compat);
    snprintf(out, size, "sw-%s-%08x", SPILLWAY_VERSION, hash_bytes(2166136261u, text, strlen(text)));
}

static const char *finish_name(sw_finish finish)
{
    return finish == SW_FINISH_LENGTH ? "length" : "stop";
}

static json_t *usage_json(const chat_end *end)
{
    return json_pack("{s:i, s:i, s:i, s:{s:i}, s:{s:i}}", "prompt_tokens", end->n_prompt, "completion_tokens",
                     end->n_predicted, "total_tokens", end->n_prompt + end->n_predicted, "prompt_tokens_details",
                     "cached_tokens", end->n_cached, "completion_tokens_details", "reasoning_tokens", end->n_reasoning);
}

static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

static json_t *timings_json(const chat_head *head, const chat_end *end)
{
    const sw_timings *const t = &end->timings;
    const int n_evaluated = end->n_prompt - end->n_cached;
    return json_pack("{s:i, s:i, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", //
                     "cache_n", end->n_cached,                                            //
                     "prompt_n", n_evaluated,                                             //
                     "prompt_ms", json_number(t->prompt_ms),                              //
                     "prompt_per_token_ms", json_number(ratio(t->prompt_ms, n_evaluated)), "prompt_per_second",
                     json_number(ratio(1000.0 * n_evaluated, t->prompt_ms)), "predicted_n", end->n_predicted, //
                     "predicted_ms", json_number(t->predict_ms), "predicted_per_token_ms",
                     json_number(ratio(t->predict_ms, end->n_predicted)), "predicted_per_second",
                     json_number(ratio(1000.0 * end->n_predicted, t->predict_ms)), "queue_ms", json_number(t->queue_ms),
                     "load_ms", json_number(head->load_ms), "ttft_ms", json_number(t->ttft_ms), "backend",
                     head->backend);
}

static json_t *head_json(const chat_head *head, const char *object, json_t *choices)
{
    return json_pack("{s:s, s:s, s:I, s:s, s:s, s:o}", "id", head->id, "object", object, "created",
                     (json_int_t)head->created, "model", head->model, "system_fingerprint", head->fingerprint,
                     "choices", choices);
}

/* What stands beside usage, once per answer. */
static void add_figures(json_t *document, const chat_head *head, const chat_end *end)
{
    json_object_set_new(document, "seed", json_integer((json_int_t)head->seed));
    json_object_set_new(document, "timings", timings_json(head, end));
}

void chat_document(buf *out, const chat_head *head, const buf *content, const buf *reasoning, const buf *logprobs,
                   const chat_end *end)
{
    json_t *const message =
        json_pack("{s:s, s:s%, s:n}", "role", "assistant", "content", buf_str(content), content->size, "refusal");
    if (reasoning->size > 0)
        json_object_set_new(message, "reasoning_content", json_stringn(buf_str(reasoning), reasoning->size));
    json_t *const document =
        head_json(head, "chat.completion",
                  json_pack("[{s:i, s:o, s:o, s:s}]", "index", 0, "message", message, "logprobs",
                            logprobs != NULL ? logprobs_json(buf_str(logprobs), logprobs->size) : json_null(),
                            "finish_reason", finish_name(end->finish)));
    json_object_set_new(document, "usage", usage_json(end));
    add_figures(document, head, end);
    json_write(out, document);
}

/* A chunk with one choice, which takes `delta` and `logprobs`; `finish` may be NULL. */
static json_t *chunk_with_logprobs(const chat_head *head, json_t *delta, json_t *logprobs, const char *finish)
{
    json_t *const chunk = head_json(head, "chat.completion.chunk",
                                    json_pack("[{s:i, s:o, s:o, s:s?}]", "index", 0, "delta", delta, "logprobs",
                                              logprobs, "finish_reason", finish));
    if (head->include_usage)
        json_object_set_new(chunk, "usage", json_null());
    return chunk;
}

static json_t *chunk_json(const chat_head *head, json_t *delta, const char *finish)
{
    return chunk_with_logprobs(head, delta, json_null(), finish);
}

void chat_chunk_role(buf *out, const chat_head *head)
{
    json_write(out, chunk_json(head, json_pack("{s:s, s:s}", "role", "assistant", "content", ""), NULL));
}

void chat_chunk_text(buf *out, const chat_head *head, const chat_piece *p)
{
    const char *const member = p->kind == SW_TEXT_REASONING ? "reasoning_content" : "content";
    json_t *const logprobs = p->n_logprobs > 0 ? logprobs_json(p->logprobs, p->n_logprobs) : json_null();
    json_write(out, chunk_with_logprobs(head, json_pack("{s:s%}", member, p->text, p->n_bytes), logprobs, NULL));
}

void chat_chunk_progress(buf *out, const chat_head *head, const chat_progress *p)
{
    json_t *const chunk = chunk_json(head, json_object(), NULL);
    json_object_set_new(chunk, "prompt_progress",
                        json_pack("{s:i, s:i, s:i, s:o}", "total", p->n_prompt, "cache", p->n_cached, "processed",
                                  p->n_done, "time_ms", json_number(p->time_ms)));
    json_write(out, chunk);
}

void chat_chunk_finish(buf *out, const chat_head *head, const chat_end *end)
{
    json_t *const chunk = chunk_json(head, json_object(), finish_name(end->finish));
    if (!head->include_usage)
        add_figures(chunk, head, end);
    json_write(out, chunk);
}

void chat_chunk_usage(buf *out, const chat_head *head, const chat_end *end)
{
    json_t *const chunk = head_json(head, "chat.completion.chunk", json_array());
    json_object_set_new(chunk, "usage", usage_json(end));
    add_figures(chunk, head, end);
    json_write(out, chunk);
}
