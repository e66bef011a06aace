/* ollama_reply.h - chats and completions as Ollama writes them: one document, or one line per event. */
#ifndef DIALECTS_OLLAMA_REPLY_H
#define DIALECTS_OLLAMA_REPLY_H

#include "dialects/dialect.h"

/* A duration; what is no number is 0.  New reference. */
json_t *ollama_nanoseconds(double ms);

/* See the members of `dialect` with these names. */
void ollama_begin(dialect_stream *s, size_t choice);
void ollama_progress(dialect_stream *s, size_t choice, const sw_event *event, double time_ms);
void ollama_chat_text(dialect_stream *s, size_t choice, const sw_event *event);
void ollama_chat_end_choice(dialect_stream *s, size_t choice, const sw_event *event);
void ollama_chat_end(dialect_stream *s, const sw_event *total);
void ollama_chat_write_answer(buf *out, const generation_head *head, const whole_answer *answer);
void ollama_generate_text(dialect_stream *s, size_t choice, const sw_event *event);
void ollama_generate_end_choice(dialect_stream *s, size_t choice, const sw_event *event);
void ollama_generate_end(dialect_stream *s, const sw_event *total);
/* Ollama's members, and usage and timings, which other clients of the same URL look at. */
void ollama_generate_write_answer(buf *out, const generation_head *head, const whole_answer *answer);
void ollama_fail(dialect_stream *s, const api_error *error);
void ollama_write_error(buf *out, const api_error *error);

#endif
