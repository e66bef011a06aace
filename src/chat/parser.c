#include "chat/parser.h"

#include "base/alloc.h"
#include "base/limits.h"

/* Text waits here only until the next marker or tag is certain; the longest wait is a run of line breaks. */
enum { TEXT_MAX = SW_LIMIT_PROMPT_BYTES };

sw_chat_parser *sw_chat_parser_create(sw_chat_format f, const sw_vocab *v)
{
    sw_chat_parser *const p = sw_calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->v = v;
    p->format = f;
    p->kind = SW_TEXT_CONTENT;
    p->drops_space = f == SW_CHAT_DEEPSEEK || f == SW_CHAT_MISTRAL || f == SW_CHAT_PHI3;
    sw_buf_init(&p->text, TEXT_MAX);
    if (f == SW_CHAT_HARMONY)
        sw__harmony_init(p);
    return p;
}

void sw_chat_parser_free(sw_chat_parser *p)
{
    if (p == NULL)
        return;
    sw_buf_free(&p->text);
    sw_buf_free(&p->harmony.header);
    sw_free(p);
}

sw_text_kind sw_chat_parser_kind(const sw_chat_parser *p)
{
    return p->kind;
}

bool sw_chat_parser_is_in_text(const sw_chat_parser *p)
{
    return p->format != SW_CHAT_HARMONY || p->harmony.state == SW_HARMONY_IN_CONTENT;
}

void sw__parser_emit(sw_chat_parser *p, size_t n, const sw_text_sink *sink)
{
    if (n == 0)
        return;
    const size_t skip = p->drops_space && p->text.data[0] == ' ' ? 1 : 0;
    p->drops_space = false;
    if (n > skip)
        sink->on_text(sink->ud, p->kind, p->text.data + skip, n - skip);
    sw_buf_consume(&p->text, n);
}

static bool has_thinking(sw_chat_format f)
{
    return f == SW_CHAT_CHATML || f == SW_CHAT_DEEPSEEK_V3;
}

/* Hands on the text of formats that are not parsed token by token. */
static void run(sw_chat_parser *p, bool is_over, const sw_text_sink *sink)
{
    if (has_thinking(p->format))
        sw__think_run(p, is_over, sink);
    else
        sw__parser_emit(p, p->text.size, sink);
}

static sw_code status(const sw_chat_parser *p)
{
    return p->text.failed == SW_OK && p->harmony.header.failed != SW_ENOMEM ? SW_OK : SW_ENOMEM;
}

sw_code sw_chat_parser_feed(sw_chat_parser *p, int32_t id, sw_chat_text_fn on_text, void *ud)
{
    const sw_text_sink sink = {on_text, ud};
    if (p->format == SW_CHAT_HARMONY) {
        sw__harmony_feed(p, id, &sink);
    } else {
        const sw_str piece = sw_vocab_piece(p->v, id, false);
        sw_detok_feed(&p->detok, piece.data, piece.size, &p->text);
        run(p, false, &sink);
    }
    return status(p);
}

sw_code sw_chat_parser_finish(sw_chat_parser *p, sw_chat_text_fn on_text, void *ud)
{
    const sw_text_sink sink = {on_text, ud};
    if (p->format == SW_CHAT_HARMONY) {
        sw__harmony_finish(p, &sink);
    } else {
        sw_detok_flush(&p->detok, &p->text);
        run(p, true, &sink);
    }
    return status(p);
}
