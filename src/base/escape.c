/* escape.c - each text is walked character by character; a sink is one function for one character. */
#include "base/escape.h"

#include <string.h>
#include <strings.h>

#include "base/utf8.h"

bool escape_is_hidden(uint32_t cp)
{
    const bool is_control = (cp < 0x20 && cp != '\n' && cp != '\r' && cp != '\t') || (cp >= 0x7f && cp < 0xa0);
    return is_control || (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069);
}

/* Calls `put` for every character of s[0..n); invalid bytes become U+FFFD. */
static void for_each_char(buf *out, const char *s, size_t n,
                          void (*put)(buf *out, uint32_t cp, const char *bytes, int len))
{
    for (size_t i = 0; i < n;) {
        uint32_t cp;
        const int len = utf8_decode((const uint8_t *)s + i, n - i, &cp);
        if (len > 0) {
            put(out, cp, s + i, len);
            i += (size_t)len;
        } else {
            put(out, 0xfffd, "\xef\xbf\xbd", 3);
            i++;
        }
    }
}

static void put_html(buf *out, uint32_t cp, const char *bytes, int len)
{
    switch (cp) {
    case '&': buf_puts(out, "&amp;"); break;
    case '<': buf_puts(out, "&lt;"); break;
    case '>': buf_puts(out, "&gt;"); break;
    case '"': buf_puts(out, "&quot;"); break;
    case '\'': buf_puts(out, "&#39;"); break;
    case 0: buf_puts(out, "\xef\xbf\xbd"); break;
    default:
        if (escape_is_hidden(cp))
            buf_printf(out, "&lt;U+%04X&gt;", (unsigned)cp);
        else
            buf_append(out, bytes, (size_t)len);
    }
}

void escape_html(buf *out, const char *s, size_t n)
{
    for_each_char(out, s, n, put_html);
}

static void put_markdown_cell(buf *out, uint32_t cp, const char *bytes, int len)
{
    if (cp < 0x20 || cp == 0x7f || cp == 0x2028 || cp == 0x2029)
        buf_putc(out, ' ');
    else if (cp == '&' || cp == '<' || cp == '>' || escape_is_hidden(cp))
        put_html(out, cp, bytes, len);
    else if (cp < 0x80 && strchr("|\\`*_[]~#!$@", (int)cp) != NULL)
        buf_printf(out, "\\%c", (char)cp);
    else
        buf_append(out, bytes, (size_t)len);
}

/* The first character of s[0..n) that some readers of Markdown make a link of, though it is in no brackets: the colon
 * of
 * "://", the dot of "www."; n if there is none. */
static size_t find_bare_link(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] == ':' && n - i > 2 && s[i + 1] == '/' && s[i + 2] == '/')
            return i;
        if (s[i] == '.' && i >= 3 && strncasecmp(s + i - 3, "www", 3) == 0)
            return i;
    }
    return n;
}

void escape_markdown_cell(buf *out, const char *s, size_t n)
{
    for (;;) {
        const size_t link = find_bare_link(s, n);
        for_each_char(out, s, link, put_markdown_cell);
        if (link == n)
            return;
        buf_printf(out, "\\%c", s[link]);
        s += link + 1;
        n -= link + 1;
    }
}

static void put_terminal(buf *out, uint32_t cp, const char *bytes, int len)
{
    if (escape_is_hidden(cp) || cp == '\r')
        buf_printf(out, "<U+%04X>", (unsigned)cp);
    else
        buf_append(out, bytes, (size_t)len);
}

void escape_terminal(buf *out, const char *s, size_t n)
{
    for_each_char(out, s, n, put_terminal);
}

void escape_json_document(buf *out, const char *s, size_t n)
{
    const char *const end = s + n;
    const char *plain = s; // what comes from here to `s` is appended at once
    while (s < end) {
        uint32_t cp = (unsigned char)*s;
        const int length = cp < 0x80 ? 1 : utf8_decode((const uint8_t *)s, (size_t)(end - s), &cp);
        if (length > 0 && (cp == '<' || escape_is_hidden(cp))) {
            buf_append(out, plain, (size_t)(s - plain));
            buf_printf(out, "\\u%04x", (unsigned)cp);
            plain = s + length;
        }
        s += length > 0 ? length : 1;
    }
    buf_append(out, plain, (size_t)(s - plain));
}
