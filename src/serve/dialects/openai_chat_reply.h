/* openai_chat_reply.h - a chat completion as OpenAI writes it: one document, or one chunk per event. */
#ifndef DIALECTS_OPENAI_CHAT_REPLY_H
#define DIALECTS_OPENAI_CHAT_REPLY_H

#include "dialects/dialect.h"

/* See the members of `dialect` with these names. */
void openai_chat_begin(dialect_stream *s, size_t choice);
void openai_chat_progress(dialect_stream *s, size_t choice, const sw_event *event, double time_ms);
void openai_chat_text(dialect_stream *s, size_t choice, const sw_event *event);
/* The finish chunk. */
void openai_chat_end_choice(dialect_stream *s, size_t choice, const sw_event *event);
/* The usage chunk if it was asked for, and [DONE]. */
void openai_chat_end(dialect_stream *s, const sw_event *total);
void openai_chat_write_answer(buf *out, const generation_head *head, const whole_answer *answer);

#endif
