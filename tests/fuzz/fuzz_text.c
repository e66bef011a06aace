/* fuzz_text.c - any bytes through base/utf8 and base/escape.
 *
 * Decoding is checked against encoding: what is decoded has one form, is no surrogate and not above U+10FFFF.  What is
 * escaped is valid UTF-8 that its sink cannot take for anything but text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/utf8.h"
#include "fuzz_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 1 << 24 };

/* The length of the character at s, as utf8_decode says, or 0. */
static size_t character(const uint8_t *s, size_t n)
{
    uint32_t cp = UINT32_MAX;
    char again[4];
    const int len = utf8_decode(s, n, &cp);
    check(len >= 0 && len <= 4 && (size_t)len <= n);
    if (len == 0)
        return 0;
    check(cp <= 0x10ffff && (cp < 0xd800 || cp > 0xdfff));
    check(utf8_encode(cp, again) == len && memcmp(again, s, (size_t)len) == 0);
    return (size_t)len;
}

static void check_utf8(const uint8_t *s, size_t n)
{
    size_t at = 0;
    for (size_t len; at < n && (len = character(s + at, n - at)) > 0;)
        at += len;
    const bool is_valid = at == n;
    check(utf8_valid((const char *)s, n) == is_valid);
    const size_t whole = utf8_complete_prefix((const char *)s, n);
    check(whole <= n && n - whole <= 3);
    check(!is_valid || whole == n);
    // Of a valid text cut anywhere, the complete prefix is valid.
    for (size_t cut = n > 8 ? n - 8 : 0; is_valid && cut < n; cut++)
        check(utf8_valid((const char *)s, utf8_complete_prefix((const char *)s, cut)));
}

/* Calls `look` for every character of what `escape` wrote, with the bytes before it. */
static void check_sink(void (*escape)(buf *, const char *, size_t), const uint8_t *s, size_t n,
                       void (*look)(uint32_t cp, const char *text, size_t at))
{
    buf out;
    buf_init(&out, OUT_MAX);
    escape(&out, (const char *)s, n);
    const char *const text = buf_str(&out);
    check(out.failed == SW_OK && utf8_valid(text, out.size));
    for (size_t at = 0; at < out.size;) {
        uint32_t cp = 0;
        const int len = utf8_decode((const uint8_t *)text + at, out.size - at, &cp);
        look(cp, text, at);
        at += (size_t)len;
    }
    buf_free(&out);
}

static bool is_entity(const char *at)
{
    static const char *const ENTITIES[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    for (size_t i = 0; i < sizeof ENTITIES / sizeof ENTITIES[0]; i++) {
        if (strncmp(at, ENTITIES[i], strlen(ENTITIES[i])) == 0)
            return true;
    }
    return false;
}

static void look_html(uint32_t cp, const char *text, size_t at)
{
    check(cp != 0 && cp != '<' && cp != '>' && cp != '"' && cp != '\'');
    check(cp != '&' || is_entity(text + at));
}

/* A character that means something in a table has one backslash of its own before it: an odd number of them. */
static void look_markdown(uint32_t cp, const char *text, size_t at)
{
    size_t n_backslashes = 0;
    while (n_backslashes < at && text[at - n_backslashes - 1] == '\\')
        n_backslashes++;
    check(cp >= 0x20 && cp != 0x7f && cp != '<' && cp != '>');
    check(cp != '&' || is_entity(text + at));
    check(strchr("|`*_[]", (int)cp) == NULL || cp >= 0x80 || n_backslashes % 2 == 1);
}

static void look_terminal(uint32_t cp, const char *text, size_t at)
{
    (void)text;
    (void)at;
    check(cp >= 0x20 || cp == '\n' || cp == '\t');
    check((cp < 0x7f || cp > 0x9f) && (cp < 0x202a || cp > 0x202e) && (cp < 0x2066 || cp > 0x2069));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_utf8(data, size);
    check_sink(escape_html, data, size, look_html);
    check_sink(escape_markdown_cell, data, size, look_markdown);
    check_sink(escape_terminal, data, size, look_terminal);
    return 0;
}
