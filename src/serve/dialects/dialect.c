/* dialect.c - the table of families, and what all of them need. */
#include "dialects/dialect.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "dialects/openai_chat_reply.h"
#include "dialects/openai_chat_request.h"
#include "json/json_out.h"

const dialect OPENAI_CHAT = {
    .name = "openai-chat",
    .id_prefix = "chatcmpl-",
    .framing = DIALECT_SSE,
    .content_type = "application/json; charset=utf-8",
    .parse = openai_chat_parse,
    .begin = openai_chat_begin,
    .progress = openai_chat_progress,
    .text = openai_chat_text,
    .end = openai_chat_end,
    .fail = openai_chat_fail,
    .write_answer = openai_chat_write_answer,
    .write_error = api_error_write,
};

void dialect_emit(event_sink *sink, const char *name, json_t *value)
{
    buf payload;
    buf_init(&payload, LIMIT_ANSWER_BYTES);
    json_write(&payload, value);
    if (payload.failed != SW_OK)
        sink->failed = true;
    else
        sink->emit(sink, name, payload.data, payload.size);
    buf_free(&payload);
}

void generation_request_free(generation_request *request)
{
    for (size_t i = 0; i < request->n_texts; i++)
        mem_free(request->texts[i]);
    mem_free(request->texts);
    mem_free(request->messages);
    mem_free(request->stops);
    mem_free(request->biases);
    json_decref(request->document);
    *request = (generation_request){0};
}
