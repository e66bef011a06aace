/* openai_chat_reply.h - a chat completion as OpenAI writes it: one document, or one chunk per event. */
#ifndef DIALECTS_OPENAI_CHAT_REPLY_H
#define DIALECTS_OPENAI_CHAT_REPLY_H

#include "dialects/dialect.h"

/* See the members of `dialect` with these names. */
void openai_chat_begin(event_sink *sink, const generation_head *head);
void openai_chat_progress(event_sink *sink, const generation_head *head, const sw_event *event, double time_ms);
void openai_chat_text(event_sink *sink, const generation_head *head, const sw_event *event);
/* The finish chunk, the usage chunk if it was asked for, and [DONE]. */
void openai_chat_end(event_sink *sink, const generation_head *head, const sw_event *event);
/* Without [DONE], so that a client can see that the stream is incomplete. */
void openai_chat_fail(event_sink *sink, const api_error *error);
void openai_chat_write_answer(buf *out, const generation_head *head, const whole_answer *answer);

#endif
