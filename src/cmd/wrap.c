/* wrap.c - one character after another: a space or a newline decides where the word before it goes. */
#include "cmd/wrap.h"

#include <string.h>

#include "base/utf8.h"

enum { WORD_BYTES_MAX = 4096 };

int wrap_char_columns(unsigned cp)
{
    static const struct {
        unsigned first, last;
        int columns;
    } RANGES[] = {
        {0x0300, 0x036F, 0},   {0x200B, 0x200F, 0},   {0xFE00, 0xFE0F, 0},   {0x1100, 0x115F, 2},   {0x2E80, 0xA4CF, 2},
        {0xAC00, 0xD7A3, 2},   {0xF900, 0xFAFF, 2},   {0xFE30, 0xFE6F, 2},   {0xFF00, 0xFF60, 2},   {0xFFE0, 0xFFE6, 2},
        {0x1F300, 0x1F64F, 2}, {0x1F680, 0x1F6FF, 2}, {0x1F900, 0x1F9FF, 2}, {0x20000, 0x3FFFD, 2},
    };
    for (size_t i = 0; i < sizeof RANGES / sizeof RANGES[0]; i++) {
        if (cp >= RANGES[i].first && cp <= RANGES[i].last)
            return RANGES[i].columns;
    }
    return 1;
}

void wrap_init(wrap *w, int columns)
{
    *w = (wrap){.columns = columns, .is_first = true};
    buf_init(&w->word, WORD_BYTES_MAX);
}

void wrap_free(wrap *w)
{
    buf_free(&w->word);
}

/* A line that begins with ``` changes between text and code; this looks at its first word. */
static void begin_line(wrap *w)
{
    const char *const word = buf_str(&w->word);
    const bool is_fence = strncmp(word, "```", 3) == 0;
    w->keeps_line = is_fence || w->is_code || word[0] == '|' || w->n_spaces >= 4;
    w->is_code = w->is_code != is_fence;
    w->is_first = false;
}

/* Writes the word, on a new line if it does not fit this one. */
static void put_word(wrap *w, buf *out)
{
    if (w->word.size == 0)
        return;
    if (w->is_first)
        begin_line(w);
    const bool fits = w->columns == 0 || w->keeps_line || w->column + w->n_spaces + w->word_columns <= w->columns;
    if (!fits && w->column > 0) {
        buf_putc(out, '\n');
        w->column = w->n_spaces = 0;
    }
    for (; w->n_spaces > 0; w->n_spaces--, w->column++)
        buf_putc(out, ' ');
    buf_append(out, w->word.data, w->word.size);
    w->column += w->word_columns;
    w->word_columns = 0;
    buf_clear(&w->word);
}

static void put_newline(wrap *w, buf *out)
{
    put_word(w, out);
    buf_putc(out, '\n');
    w->column = w->n_spaces = 0;
    w->is_first = true;
}

/* One character, complete, of n bytes. */
static void take_char(wrap *w, const char *s, size_t n, int columns, buf *out)
{
    if (n == 1 && (s[0] == ' ' || s[0] == '\t')) {
        put_word(w, out);
        w->n_spaces += s[0] == '\t' ? 4 : 1;
        return;
    }
    if (n == 1 && s[0] == '\n') {
        put_newline(w, out);
        return;
    }
    // Scripts without spaces break anywhere; a word longer than a line has no better place.
    if (columns == 2 || (w->columns > 0 && w->word_columns + columns > w->columns) || w->word.size + n > WORD_BYTES_MAX)
        put_word(w, out);
    buf_append(&w->word, s, n);
    w->word_columns += columns;
    if (columns == 2)
        put_word(w, out);
}

void wrap_text(wrap *w, const char *text, size_t n, buf *out)
{
    for (size_t i = 0; i < n;) {
        uint32_t cp = 0;
        const int length = utf8_decode((const uint8_t *)text + i, n - i, &cp);
        const size_t used = length > 0 ? (size_t)length : 1;
        take_char(w, text + i, used, length > 0 ? wrap_char_columns(cp) : 1, out);
        i += used;
    }
}

void wrap_flush(wrap *w, buf *out)
{
    put_word(w, out);
    for (; w->n_spaces > 0; w->n_spaces--, w->column++)
        buf_putc(out, ' ');
}
