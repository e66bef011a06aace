/* parser_text.h - the text of an answer on its way from token bytes to the caller.
 *
 * Bytes first become valid UTF-8 here; the parsers of the formats then decide how much of it is certain, what kind it
 * is, and emit it.  This file knows no format.
 */
#ifndef CHAT_PARSER_TEXT_H
#define CHAT_PARSER_TEXT_H

#include "base/buf.h"
#include "chat/chat.h"
#include "token/detok.h"

typedef struct parser_text {
    sw_text_kind kind; // of what is emitted next
    bool drops_space;  // a space at the start of the answer belongs to the last marker of the prompt
    detok detok;
    buf known; // valid UTF-8 that is not emitted yet

    // Where text goes, for the duration of one call.
    chat_text_fn on_text;
    void *ud;
} parser_text;

void parser_text_init(parser_text *t, bool drops_space);
void parser_text_free(parser_text *t);

/* Appends the bytes of one token to what is known. */
void parser_text_put(parser_text *t, str_view piece);
/* Ends the bytes: an incomplete character becomes U+FFFD. */
void parser_text_end(parser_text *t);
/* Passes the first n known bytes to the caller as text of the current kind, and removes them. */
void parser_text_emit(parser_text *t, size_t n);

#endif
