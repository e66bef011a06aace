/* openai_stream.c - the end of a stream of OpenAI's families, whole or broken. */
#include "dialects/openai_stream.h"

static const char DONE[] = "[DONE]";

void openai_stream_done(dialect_stream *s)
{
    if (!s->sink->failed) // [DONE] says that nothing is missing
        s->sink->emit(s->sink, NULL, DONE, sizeof DONE - 1);
}

void openai_stream_fail(dialect_stream *s, const api_error *error)
{
    buf payload;
    buf_init(&payload, SW_ERR_MSG_BYTES * 8);
    api_error_write(&payload, error);
    if (payload.failed != SW_OK)
        s->sink->failed = true;
    else
        s->sink->emit(s->sink, NULL, payload.data, payload.size);
    buf_free(&payload);
}
