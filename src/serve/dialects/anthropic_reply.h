/* anthropic_reply.h - a message as Anthropic writes it: one document, or one named event after another.
 *
 * A message is a list of blocks: the reasoning, if the client wants it, then the text.  There is always at least one:
 * many clients look at the first without asking whether it is there.
 */
#ifndef DIALECTS_ANTHROPIC_REPLY_H
#define DIALECTS_ANTHROPIC_REPLY_H

#include "dialects/dialect.h"

/* Of a stream. */
typedef struct anthropic_state {
    int n_blocks; // begun
    bool is_open; // the last of them is not ended
    sw_text_kind kind;
} anthropic_state;

/* See the members of `dialect` with these names. */
void anthropic_begin(dialect_stream *s, size_t choice);
void anthropic_progress(dialect_stream *s, size_t choice, const sw_event *event, double time_ms);
void anthropic_text(dialect_stream *s, size_t choice, const sw_event *event);
void anthropic_end_choice(dialect_stream *s, size_t choice, const sw_event *event);
void anthropic_end(dialect_stream *s, const sw_event *total);
void anthropic_fail(dialect_stream *s, const api_error *error);
void anthropic_write_answer(buf *out, const generation_head *head, const whole_answer *answer);
void anthropic_write_error(buf *out, const api_error *error);

#endif
