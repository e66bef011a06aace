/* openai_stream.h - how streams of OpenAI's families end. */
#ifndef DIALECTS_OPENAI_STREAM_H
#define DIALECTS_OPENAI_STREAM_H

#include "dialects/dialect.h"

/* Writes the usage chunk if it was asked for, and [DONE].  Takes `chunk` over, a chunk without choices. */
void openai_stream_end(dialect_stream *s, json_t *chunk, const sw_event *total);

/* Writes the error, and no [DONE], so that a client can see that the stream is incomplete; see dialect.fail. */
void openai_stream_fail(dialect_stream *s, const api_error *error);

#endif
