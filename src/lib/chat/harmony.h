/* harmony.h - the parser of Harmony answers, token by token (gpt-oss). */
#ifndef CHAT_HARMONY_H
#define CHAT_HARMONY_H

#include "chat/harmony_header.h"
#include "chat/parser_text.h"

typedef struct harmony {
    enum {
        HARMONY_IN_HEADER,
        HARMONY_IN_CONTENT,
        HARMONY_BETWEEN, // after <|end|>
        HARMONY_OVER,    // after a token that ends the answer
    } state;
    harmony_role role;
    buf header; // of the current message, markers as HARMONY_*_BYTE
    harmony_target target;
    int32_t start, message, channel, constrain, end, call; // ids of the markers
    const vocabulary *v;
    parser_text *text;
} harmony;

/* `text` must outlive the parser. */
void harmony_init(harmony *m, const vocabulary *v, parser_text *text);
void harmony_free(harmony *m);
/* Takes one sampled token and emits the text that it completes. */
void harmony_feed(harmony *m, int32_t id);
/* Ends the answer: emits what was held back. */
void harmony_finish(harmony *m);

#endif
