/* fuzz_chat_parser.c - any sequence of tokens through the parser of every chat format.
 *
 * What comes out is valid UTF-8 and never more than what ordinary tokens put in; formats that take nothing out of the
 * text give it back whole.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "chat/chat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const WORDS[] = {"<think>", "</think>", "</thi", " to=functions.f", "analysis", "final"};
static const char *const CONTROLS[] = {"<|start|>",   "<|end|>",       "<|message|>",
                                       "<|channel|>", "<|constrain|>", "<|return|>"};
enum { N_WORDS = 6, N_CONTROLS = 6, TEXT_MAX = 1 << 24 };

static void check(bool ok)
{
    if (!ok)
        abort();
}

static void on_text(void *ud, sw_text_kind kind, const char *text, size_t n)
{
    check(kind == SW_TEXT_CONTENT || kind == SW_TEXT_REASONING);
    check(n > 0 && utf8_valid(text, n));
    buf_append(ud, text, n);
}

/* The highest bytes, rare or never in UTF-8, stand for the words and control tokens. */
static int32_t token(uint8_t byte)
{
    return byte >= 0xf4 ? 256 + byte - 0xf4 : byte;
}

static void run(chat_format f, const vocabulary *v, const uint8_t *data, size_t size)
{
    chat_parser *const p = chat_parser_create(f, v);
    check(p != NULL);
    buf out, all;
    buf_init(&out, TEXT_MAX);
    buf_init(&all, TEXT_MAX);
    for (size_t i = 0; i < size; i++) {
        const str_view piece = vocab_piece(v, token(data[i]), false);
        buf_append(&all, piece.data, piece.size);
        check(chat_parser_feed(p, token(data[i]), on_text, &out) == SW_OK);
        check(out.size <= 3 * all.size); // an invalid byte becomes the three of U+FFFD
    }
    check(chat_parser_finish(p, on_text, &out) == SW_OK);
    check(out.size <= 3 * all.size);
    if ((f == CHAT_PLAIN || f == CHAT_LLAMA3) && utf8_valid(buf_str(&all), all.size))
        check(out.size == all.size && memcmp(buf_str(&out), buf_str(&all), all.size) == 0);
    buf_free(&out);
    buf_free(&all);
    chat_parser_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static vocabulary *v;
    sw_err err;
    if (v == NULL)
        check(vocab_synthetic(&v, WORDS, N_WORDS, CONTROLS, N_CONTROLS, &err) == SW_OK);
    if (size > TEXT_MAX / 64)
        return 0;
    for (chat_format f = CHAT_PLAIN; f <= CHAT_LLAMA3; f++)
        run(f, v, data, size);
    return 0;
}
