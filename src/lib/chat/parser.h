/* parser.h - what the parsers of the chat formats share.
 *
 * A parser takes one token at a time and hands on text of a kind.  Bytes become valid UTF-8 in `detok` before anybody
 * looks at them.
 */
#ifndef CHAT_PARSER_H
#define CHAT_PARSER_H

#include "chat/chat.h"
#include "token/detok.h"

/* Where the text of a Harmony message goes. */
typedef enum harmony_target { HARMONY_CONTENT, HARMONY_REASONING, HARMONY_HIDDEN } harmony_target;

typedef struct harmony {
    enum { HARMONY_IN_HEADER, HARMONY_IN_CONTENT, HARMONY_BETWEEN } state;
    bool is_role_known;
    buf header; // special tokens spelled out
    harmony_target target;
    int32_t start, message, channel, end; // ids of the markers
} harmony;

/* Reasoning between <think> and </think>, before the answer. */
typedef struct think {
    enum { THINK_START, THINK_REASONING, THINK_AFTER, THINK_CONTENT } state;
    bool has_begun; // some reasoning was handed on: line breaks are no longer those of the tag
} think;

struct chat_parser {
    const vocabulary *v;
    chat_format format;
    sw_text_kind kind;
    bool drops_space; // the next byte, if it is a space, belongs to the prompt's last marker
    detok detok;
    buf text; // valid UTF-8 that is not handed on yet
    harmony harmony;
    think think;
};

/* Where text goes. */
typedef struct text_sink {
    chat_text_fn on_text;
    void *ud;
} text_sink;

/* Hands on the first n bytes of p->text as the parser's kind and forgets them. */
void parser_emit(chat_parser *p, size_t n, const text_sink *sink);

void harmony_init(chat_parser *p);
void harmony_feed(chat_parser *p, int32_t id, const text_sink *sink);
void harmony_finish(chat_parser *p, const text_sink *sink);

/* Hands on what is decided of p->text; everything when the answer is over. */
void think_run(chat_parser *p, bool is_over, const text_sink *sink);

#endif
