/* openai_responses_reply.h - a response as OpenAI writes it: one document, or one named event after another.
 *
 * A response is a list of items: the reasoning, if there is any, then the message.  There is always at least one.  The
 * last event of a stream repeats the whole response, so the items that are complete are kept until then.
 */
#ifndef DIALECTS_OPENAI_RESPONSES_REPLY_H
#define DIALECTS_OPENAI_RESPONSES_REPLY_H

#include "dialects/dialect.h"

/* Of a stream. */
typedef struct openai_responses_state {
    int n_events;   // sent
    json_t *output; // items that are complete; NULL: none yet
    bool is_open;   // there is one that is not
    sw_text_kind kind;
    buf text; // of the open item
} openai_responses_state;

/* See the members of `dialect` with these names. */
void openai_responses_begin(dialect_stream *s, size_t choice);
void openai_responses_progress(dialect_stream *s, size_t choice, const sw_event *event, double time_ms);
void openai_responses_text(dialect_stream *s, size_t choice, const sw_event *event);
void openai_responses_end_choice(dialect_stream *s, size_t choice, const sw_event *event);
void openai_responses_end(dialect_stream *s, const sw_event *total);
void openai_responses_fail(dialect_stream *s, const api_error *error);
void openai_responses_free_state(void *state);
void openai_responses_write_answer(buf *out, const generation_head *head, const whole_answer *answer);

#endif
