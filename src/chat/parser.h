/* parser.h - what the parsers of the chat formats share.
 *
 * A parser takes one token at a time and hands on text of a kind.  Bytes become valid UTF-8 in `detok` before anybody
 * looks at them.
 */
#ifndef SW_CHAT_PARSER_H
#define SW_CHAT_PARSER_H

#include "chat/chat.h"
#include "token/detok.h"

/* Where the text of a Harmony message goes. */
typedef enum sw_harmony_target { SW_HARMONY_CONTENT, SW_HARMONY_REASONING, SW_HARMONY_HIDDEN } sw_harmony_target;

typedef struct sw_harmony {
    enum { SW_HARMONY_IN_HEADER, SW_HARMONY_IN_CONTENT, SW_HARMONY_BETWEEN } state;
    bool is_role_known;
    sw_buf header; // special tokens spelled out
    sw_harmony_target target;
    int32_t start, message, channel, end; // ids of the markers
} sw_harmony;

/* Reasoning between <think> and </think>, before the answer. */
typedef struct sw_think {
    enum { SW_THINK_START, SW_THINK_REASONING, SW_THINK_AFTER, SW_THINK_CONTENT } state;
    bool has_begun; // some reasoning was handed on: line breaks are no longer those of the tag
} sw_think;

struct sw_chat_parser {
    const sw_vocab *v;
    sw_chat_format format;
    sw_text_kind kind;
    bool drops_space; // the next byte, if it is a space, belongs to the prompt's last marker
    sw_detok detok;
    sw_buf text; // valid UTF-8 that is not handed on yet
    sw_harmony harmony;
    sw_think think;
};

/* Where text goes. */
typedef struct sw_text_sink {
    sw_chat_text_fn on_text;
    void *ud;
} sw_text_sink;

/* Hands on the first n bytes of p->text as the parser's kind and forgets them. */
void sw__parser_emit(sw_chat_parser *p, size_t n, const sw_text_sink *sink);

void sw__harmony_init(sw_chat_parser *p);
void sw__harmony_feed(sw_chat_parser *p, int32_t id, const sw_text_sink *sink);
void sw__harmony_finish(sw_chat_parser *p, const sw_text_sink *sink);

/* Hands on what is decided of p->text; everything when the answer is over. */
void sw__think_run(sw_chat_parser *p, bool is_over, const sw_text_sink *sink);

#endif
