/* openai_stream.h - how streams of OpenAI's families end. */
#ifndef DIALECTS_OPENAI_STREAM_H
#define DIALECTS_OPENAI_STREAM_H

#include "dialects/dialect.h"

/* Writes [DONE]. */
void openai_stream_done(dialect_stream *s);

/* Writes the error, and no [DONE], so that a client can see that the stream is incomplete; see dialect.fail. */
void openai_stream_fail(dialect_stream *s, const api_error *error);

#endif
