/* think.c - splits an answer at its <think> tags.
 *
 * A tag may arrive as one token or in parts, so text is held back while it could still become a tag.  Line breaks
 * around the reasoning belong to the tags.
 */
#include "chat/think.h"

#include <string.h>

static const char OPEN[] = "<think>", CLOSE[] = "</think>";

/* The number of bytes at the end of s[0..n) that could be the start of `tag`. */
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

/* n less the line breaks at the end of s[0..n). */
static size_t trimmed(const char *s, size_t n)
{
    while (n > 0 && s[n - 1] == '\n')
        n--;
    return n;
}

/* Decides whether the answer begins with reasoning.  Returns false if more text is needed. */
static bool start(think *t, parser_text *text, bool is_over)
{
    const size_t n_open = strlen(OPEN), skip = leading_newlines(&text->known), n = text->known.size - skip;
    const char *const s = buf_str(&text->known) + skip;
    if (n >= n_open && memcmp(s, OPEN, n_open) == 0) {
        buf_consume(&text->known, skip + n_open);
        text->kind = SW_TEXT_REASONING;
        t->state = THINK_REASONING;
        return true;
    }
    if (!is_over && partial_tag(s, n, OPEN) == n)
        return false;
    t->state = THINK_CONTENT;
    return true;
}

/* Emits reasoning up to the closing tag.  Returns false if more text is needed. */
static bool reason(think *t, parser_text *text, bool is_over)
{
    if (!t->has_begun)
        buf_consume(&text->known, leading_newlines(&text->known));
    const char *const s = buf_str(&text->known);
    size_t n = find_close(s, text->known.size);
    const bool is_closed = n < text->known.size;
    if (!is_closed && !is_over)
        n -= partial_tag(s, n, CLOSE);
    const size_t n_shown = trimmed(s, n);
    t->has_begun = t->has_begun || n_shown > 0;
    parser_text_emit(text, n_shown);
    if (!is_closed)
        return false;
    buf_consume(&text->known, n - n_shown + strlen(CLOSE));
    text->kind = SW_TEXT_CONTENT;
    t->state = THINK_AFTER;
    return true;
}

void think_run(think *t, parser_text *text, bool is_over)
{
    if (t->state == THINK_START && !start(t, text, is_over))
        return;
    if (t->state == THINK_REASONING && !reason(t, text, is_over))
        return;
    if (t->state == THINK_AFTER) {
        buf_consume(&text->known, leading_newlines(&text->known));
        if (text->known.size > 0)
            t->state = THINK_CONTENT;
    }
    if (t->state == THINK_CONTENT)
        parser_text_emit(text, text->known.size);
}
