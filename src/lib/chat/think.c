/* think.c - answers that begin with <think>reasoning</think>.
 *
 * The tags may arrive as one token or in parts, so text is held back while it could still become one.  Line breaks
 * around the reasoning belong to the tags.
 */
#include <string.h>

#include "chat/parser.h"

static const char OPEN[] = "<think>", CLOSE[] = "</think>";

/* How many bytes at the end of s[0..n) could be the beginning of `tag`. */
static size_t partial_tag(const char *s, size_t n, const char *tag)
{
    size_t len = strlen(tag) - 1;
    if (len > n)
        len = n;
    while (len > 0 && memcmp(s + n - len, tag, len) != 0)
        len--;
    return len;
}

/* Where the closing tag begins in s[0..n), or n. */
static size_t find_close(const char *s, size_t n)
{
    const size_t n_close = strlen(CLOSE);
    for (size_t i = 0; i + n_close <= n; i++) {
        if (memcmp(s + i, CLOSE, n_close) == 0)
            return i;
    }
    return n;
}

static size_t leading_newlines(const buf *b)
{
    return strspn(buf_str(b), "\n");
}

/* Without the line breaks at the end. */
static size_t trimmed(const char *s, size_t n)
{
    while (n > 0 && s[n - 1] == '\n')
        n--;
    return n;
}

/* Decides whether the answer begins with reasoning.  Returns false when more text is needed. */
static bool start(chat_parser *p, bool is_over)
{
    const size_t n_open = strlen(OPEN), skip = leading_newlines(&p->text), n = p->text.size - skip;
    const char *const text = buf_str(&p->text) + skip;
    if (n >= n_open && memcmp(text, OPEN, n_open) == 0) {
        buf_consume(&p->text, skip + n_open);
        p->kind = SW_TEXT_REASONING;
        p->think.state = THINK_REASONING;
        return true;
    }
    if (!is_over && partial_tag(text, n, OPEN) == n)
        return false;
    p->think.state = THINK_CONTENT;
    return true;
}

/* Hands on reasoning up to the closing tag.  Returns false when more text is needed. */
static bool reason(chat_parser *p, bool is_over, const text_sink *sink)
{
    if (!p->think.has_begun)
        buf_consume(&p->text, leading_newlines(&p->text));
    const char *const text = buf_str(&p->text);
    size_t n = find_close(text, p->text.size);
    const bool is_closed = n < p->text.size;
    if (!is_closed && !is_over)
        n -= partial_tag(text, n, CLOSE);
    const size_t n_shown = trimmed(text, n);
    p->think.has_begun = p->think.has_begun || n_shown > 0;
    parser_emit(p, n_shown, sink);
    if (!is_closed)
        return false;
    buf_consume(&p->text, n - n_shown + strlen(CLOSE));
    p->kind = SW_TEXT_CONTENT;
    p->think.state = THINK_AFTER;
    return true;
}

void think_run(chat_parser *p, bool is_over, const text_sink *sink)
{
    if (p->think.state == THINK_START && !start(p, is_over))
        return;
    if (p->think.state == THINK_REASONING && !reason(p, is_over, sink))
        return;
    if (p->think.state == THINK_AFTER) {
        buf_consume(&p->text, leading_newlines(&p->text));
        if (p->text.size > 0)
            p->think.state = THINK_CONTENT;
    }
    if (p->think.state == THINK_CONTENT)
        parser_emit(p, p->text.size, sink);
}
