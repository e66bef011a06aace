/* parser_text.c - a bounded buffer between the detokenizer and the caller. */
#include "chat/parser_text.h"

#include "base/limits.h"

/* Text is held only until the next marker or tag is certain; the longest wait is a run of line breaks. */
enum { KNOWN_MAX = LIMIT_PROMPT_BYTES };

void parser_text_init(parser_text *t, bool drops_space)
{
    *t = (parser_text){.kind = SW_TEXT_CONTENT, .drops_space = drops_space};
    buf_init(&t->known, KNOWN_MAX);
}

void parser_text_free(parser_text *t)
{
    buf_free(&t->known);
}

void parser_text_put(parser_text *t, str_view piece)
{
    detok_feed(&t->detok, piece.data, piece.size, &t->known);
}

void parser_text_end(parser_text *t)
{
    detok_flush(&t->detok, &t->known);
}

void parser_text_emit(parser_text *t, size_t n)
{
    if (n == 0)
        return;
    const size_t skip = t->drops_space && t->known.data[0] == ' ' ? 1 : 0;
    t->drops_space = false;
    if (n > skip)
        t->on_text(t->ud, t->kind, t->known.data + skip, n - skip);
    buf_consume(&t->known, n);
}
