#include "chat/parser.h"

#include "base/alloc.h"
#include "base/limits.h"

/* Text waits here only until the next marker or tag is certain; the longest wait is a run of line breaks. */
enum { TEXT_MAX = LIMIT_PROMPT_BYTES };

chat_parser *chat_parser_create(chat_format f, const vocabulary *v)
{
    chat_parser *const p = mem_calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->v = v;
    p->format = f;
    p->kind = SW_TEXT_CONTENT;
    p->drops_space = f == CHAT_DEEPSEEK || f == CHAT_MISTRAL || f == CHAT_PHI3;
    buf_init(&p->text, TEXT_MAX);
    if (f == CHAT_HARMONY)
        harmony_init(p);
    return p;
}

void chat_parser_free(chat_parser *p)
{
    if (p == NULL)
        return;
    buf_free(&p->text);
    buf_free(&p->harmony.header);
    mem_free(p);
}

sw_text_kind chat_parser_kind(const chat_parser *p)
{
    return p->kind;
}

bool chat_parser_is_in_text(const chat_parser *p)
{
    return p->format != CHAT_HARMONY || p->harmony.state == HARMONY_IN_CONTENT;
}

void parser_emit(chat_parser *p, size_t n, const text_sink *sink)
{
    if (n == 0)
        return;
    const size_t skip = p->drops_space && p->text.data[0] == ' ' ? 1 : 0;
    p->drops_space = false;
    if (n > skip)
        sink->on_text(sink->ud, p->kind, p->text.data + skip, n - skip);
    buf_consume(&p->text, n);
}

static bool has_thinking(chat_format f)
{
    return f == CHAT_CHATML || f == CHAT_DEEPSEEK_V3;
}

/* Hands on the text of formats that are not parsed token by token. */
static void run(chat_parser *p, bool is_over, const text_sink *sink)
{
    if (has_thinking(p->format))
        think_run(p, is_over, sink);
    else
        parser_emit(p, p->text.size, sink);
}

static sw_code status(const chat_parser *p)
{
    return p->text.failed == SW_OK && p->harmony.header.failed != SW_ENOMEM ? SW_OK : SW_ENOMEM;
}

sw_code chat_parser_feed(chat_parser *p, int32_t id, chat_text_fn on_text, void *ud)
{
    const text_sink sink = {on_text, ud};
    if (p->format == CHAT_HARMONY) {
        harmony_feed(p, id, &sink);
    } else {
        const str_view piece = vocab_piece(p->v, id, false);
        detok_feed(&p->detok, piece.data, piece.size, &p->text);
        run(p, false, &sink);
    }
    return status(p);
}

sw_code chat_parser_finish(chat_parser *p, chat_text_fn on_text, void *ud)
{
    const text_sink sink = {on_text, ud};
    if (p->format == CHAT_HARMONY) {
        harmony_finish(p, &sink);
    } else {
        detok_flush(&p->detok, &p->text);
        run(p, true, &sink);
    }
    return status(p);
}
