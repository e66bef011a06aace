/* harmony.c - a state machine over the messages that a Harmony model writes.
 *
 * A message is a header (role, channel, recipient), <|message|>, text, and an end token.  Markers are recognized by id,
 * so text is never mistaken for one.  Real output deviates from the format: every marker may be missing, and headers
 * are garbled (chat/harmony_header.h).  Text that no header explains is part of the answer.
 */
#include "chat/harmony.h"

#include <string.h>

#include "base/limits.h"

/* Longer than any header; a longer one is the text of a message whose <|message|> is missing. */
enum { HEADER_MAX_BYTES = 256 };

void harmony_init(harmony *m, const vocabulary *v, parser_text *text)
{
    *m = (harmony){
        .state = HARMONY_IN_HEADER,
        .role = HARMONY_ROLE_GIVEN, // the prompt ended in <|start|>assistant
        .start = vocab_find(v, "<|start|>"),
        .message = vocab_find(v, "<|message|>"),
        .channel = vocab_find(v, "<|channel|>"),
        .constrain = vocab_find(v, "<|constrain|>"),
        .end = vocab_find(v, "<|end|>"),
        .call = vocab_find(v, "<|call|>"),
        .v = v,
        .text = text,
    };
    buf_init(&m->header, LIMIT_PROMPT_BYTES); // never full: HEADER_MAX_BYTES and one token
}

void harmony_free(harmony *m)
{
    buf_free(&m->header);
}

static harmony_header read_header(const harmony *m, harmony_ending ending)
{
    return harmony_read_header((str_view){buf_str(&m->header), m->header.size}, m->role, ending);
}

static void set_target(harmony *m, harmony_target target)
{
    m->target = target;
    m->text->kind = target == HARMONY_REASONING ? SW_TEXT_REASONING : SW_TEXT_CONTENT;
}

/* ---- the text of a message ---- */

static void put_text(harmony *m, str_view text)
{
    parser_text_put(m->text, text);
    if (m->target == HARMONY_HIDDEN)
        buf_clear(&m->text->known);
    parser_text_emit(m->text, m->text->known.size);
}

static void end_message(harmony *m)
{
    parser_text_end(m->text);
    put_text(m, (str_view){"", 0});
    m->state = HARMONY_BETWEEN;
}

static void begin_message(harmony *m)
{
    set_target(m, read_header(m, HARMONY_ENDED_BY_MESSAGE).target);
    m->state = HARMONY_IN_CONTENT;
}

/* ---- headers ---- */

static void begin_header(harmony *m, harmony_role role)
{
    buf_clear(&m->header);
    m->role = role;
    m->state = HARMONY_IN_HEADER;
}

/* The part of a header's body before the next marker; *body becomes the rest. */
static str_view next_text(str_view *body)
{
    const char *const marker = memchr(body->data, HARMONY_CONSTRAIN_BYTE, body->size);
    const size_t n = marker != NULL ? (size_t)(marker - body->data) : body->size, n_skip = marker != NULL ? n + 1 : n;
    const str_view text = {body->data, n};
    *body = (str_view){body->data + n_skip, body->size - n_skip};
    return text;
}

/* Ends a header without <|message|>: its text, up to a content type, is the message. */
static void end_header(harmony *m, harmony_ending ending)
{
    const harmony_header h = read_header(m, ending);
    str_view body = h.body;
    const str_view text = next_text(&body);
    if (vocab_leading_space(text.data, text.size) < text.size) {
        set_target(m, h.target);
        put_text(m, text);
    }
    end_message(m);
}

/* The header is too long for one: what it holds, and what follows, is the message. */
static void begin_message_without_marker(harmony *m)
{
    const harmony_header h = read_header(m, HARMONY_ENDED_OTHERWISE);
    set_target(m, h.target);
    for (str_view body = h.body; body.size > 0;)
        put_text(m, next_text(&body));
    m->state = HARMONY_IN_CONTENT;
}

/* A second channel in one header replaces the first, unless text is between them. */
static void add_channel(harmony *m)
{
    const harmony_header h = read_header(m, HARMONY_ENDED_OTHERWISE);
    if (h.has_text && h.target != HARMONY_HIDDEN) {
        end_header(m, HARMONY_ENDED_OTHERWISE);
        begin_header(m, HARMONY_ROLE_GIVEN);
    }
    const char byte = (char)HARMONY_CHANNEL_BYTE;
    buf_append(&m->header, &byte, 1);
}

static void add_text(harmony *m, int32_t id)
{
    const char constrain = (char)HARMONY_CONSTRAIN_BYTE;
    const str_view piece = id == m->constrain ? (str_view){&constrain, 1} : vocab_piece(m->v, id, false);
    buf_append(&m->header, piece.data, piece.size);
    if (m->header.size > HEADER_MAX_BYTES)
        begin_message_without_marker(m);
}

/* ---- the state machine ---- */

static bool ends_message(const harmony *m, int32_t id)
{
    return id == m->end || vocab_is_eog(m->v, id);
}

static void feed_header(harmony *m, int32_t id)
{
    if (id == m->message) {
        begin_message(m);
    } else if (ends_message(m, id)) {
        end_header(m, id == m->call ? HARMONY_ENDED_BY_CALL : HARMONY_ENDED_OTHERWISE);
    } else if (id == m->start) {
        end_header(m, HARMONY_ENDED_OTHERWISE);
        begin_header(m, HARMONY_ROLE_DUE);
    } else if (id == m->channel) {
        add_channel(m);
    } else {
        add_text(m, id);
    }
}

static void feed_content(harmony *m, int32_t id)
{
    if (id == m->start || id == m->channel) { // the end token is missing
        end_message(m);
        begin_header(m, id == m->start ? HARMONY_ROLE_DUE : HARMONY_ROLE_GIVEN);
        if (id == m->channel)
            feed_header(m, id);
    } else if (ends_message(m, id)) {
        end_message(m);
    } else {
        put_text(m, vocab_piece(m->v, id, false));
    }
}

/* After a message: without <|start|> the next one begins with whatever comes, unless the answer is over. */
static void feed_between(harmony *m, int32_t id)
{
    if (id == m->start) {
        begin_header(m, HARMONY_ROLE_DUE);
    } else if (m->state == HARMONY_BETWEEN && !ends_message(m, id)) {
        begin_header(m, HARMONY_ROLE_MAYBE);
        feed_header(m, id);
    }
}

void harmony_feed(harmony *m, int32_t id)
{
    switch (m->state) {
    case HARMONY_IN_HEADER: feed_header(m, id); break;
    case HARMONY_IN_CONTENT: feed_content(m, id); break;
    case HARMONY_BETWEEN:
    case HARMONY_OVER: feed_between(m, id); break;
    }
    if (vocab_is_eog(m->v, id))
        m->state = HARMONY_OVER;
}

void harmony_finish(harmony *m)
{
    if (m->state == HARMONY_IN_HEADER)
        end_header(m, HARMONY_ENDED_OTHERWISE);
    else
        end_message(m);
}
