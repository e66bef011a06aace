/* parser.c - one answer's parser: chooses what the format needs and passes tokens on to it. */
#include "base/alloc.h"
#include "chat/harmony.h"
#include "chat/think.h"

struct chat_parser {
    const vocabulary *v;
    chat_format format;
    parser_text text;
    harmony harmony; // CHAT_HARMONY only
    think think;     // formats with <think> tags only
};

chat_parser *chat_parser_create(chat_format f, const vocabulary *v)
{
    chat_parser *const p = mem_calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->v = v;
    p->format = f;
    parser_text_init(&p->text, f == CHAT_DEEPSEEK || f == CHAT_MISTRAL || f == CHAT_PHI3);
    if (f == CHAT_HARMONY)
        harmony_init(&p->harmony, v, &p->text);
    return p;
}

void chat_parser_free(chat_parser *p)
{
    if (p == NULL)
        return;
    parser_text_free(&p->text);
    harmony_free(&p->harmony);
    mem_free(p);
}

sw_text_kind chat_parser_kind(const chat_parser *p)
{
    return p->text.kind;
}

bool chat_parser_is_in_text(const chat_parser *p)
{
    return p->format != CHAT_HARMONY || p->harmony.state == HARMONY_IN_CONTENT;
}

static bool has_thinking(chat_format f)
{
    return f == CHAT_CHATML || f == CHAT_CHATML_XML || f == CHAT_DEEPSEEK_V3 || f == CHAT_DEEPSEEK_V31;
}

/* Emits known text in formats whose tokens need no parsing one by one. */
static void run(chat_parser *p, bool is_over)
{
    if (has_thinking(p->format))
        think_run(&p->think, &p->text, is_over);
    else
        parser_text_emit(&p->text, p->text.known.size);
}

/* A Harmony header that is too long loses its rest; only missing memory is an error. */
static sw_code status(const chat_parser *p)
{
    return p->text.known.failed == SW_OK && p->harmony.header.failed != SW_ENOMEM ? SW_OK : SW_ENOMEM;
}

sw_code chat_parser_feed(chat_parser *p, int32_t id, chat_text_fn on_text, void *ud)
{
    p->text.on_text = on_text;
    p->text.ud = ud;
    if (p->format == CHAT_HARMONY) {
        harmony_feed(&p->harmony, id);
    } else {
        parser_text_put(&p->text, vocab_piece(p->v, id, false));
        run(p, false);
    }
    return status(p);
}

sw_code chat_parser_finish(chat_parser *p, chat_text_fn on_text, void *ud)
{
    p->text.on_text = on_text;
    p->text.ud = ud;
    if (p->format == CHAT_HARMONY) {
        harmony_finish(&p->harmony);
    } else {
        parser_text_end(&p->text);
        run(p, true);
    }
    return status(p);
}
