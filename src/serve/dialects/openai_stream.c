/* openai_stream.c - the end of a stream of OpenAI's families, whole or broken. */
#include "dialects/openai_stream.h"

#include "dialects/openai_figures.h"
#include "json/json_out.h"

static const char DONE[] = "[DONE]";

void openai_stream_end(dialect_stream *s, json_t *chunk, const sw_event *total)
{
    if (s->head->include_usage) {
        json_put(&chunk, "usage", openai_usage_json(total));
        openai_put_figures(&chunk, s->head, /*choice=*/0, total);
        dialect_emit(s->sink, NULL, chunk);
    } else {
        json_decref(chunk);
    }
    if (!s->sink->failed) // [DONE] says that nothing is missing
        s->sink->emit(s->sink, NULL, DONE, sizeof DONE - 1);
}

void openai_stream_fail(dialect_stream *s, const api_error *error)
{
    buf payload;
    buf_init(&payload, SW_ERR_MSG_BYTES * 8);
    api_error_write(&payload, error);
    dialect_emit_text(s->sink, NULL, &payload);
}
