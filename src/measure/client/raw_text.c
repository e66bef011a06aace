/* raw_text.c - one character at a time. */
#include "client/raw_text.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

static const char REPLACEMENT[] = "\xef\xbf\xbd"; // U+FFFD

/* Length of the bytes at s that one U+FFFD replaces: a character that was cut, or one byte (Unicode, 3.9, U+FFFD
 * substitution of maximal subparts). */
static size_t bad_bytes(const char *s, size_t n)
{
    size_t k = n < 3 ? n : 3;
    while (k > 1 && utf8_complete_prefix(s, k) != 0)
        k--;
    return k;
}

size_t raw_text_put_char(buf *out, const char *s, size_t n)
{
    uint32_t cp;
    const int length = utf8_decode((const uint8_t *)s, n, &cp);
    if (length > 0) {
        buf_append(out, s, (size_t)length);
        return (size_t)length;
    }
    buf_puts(out, REPLACEMENT);
    return bad_bytes(s, n);
}

void raw_text_put(buf *out, const char *s, size_t n)
{
    if (utf8_valid(s, n) && memchr(s, '\0', n) == NULL) {
        buf_append(out, s, n);
        return;
    }
    for (size_t i = 0; i < n;) {
        if (s[i] != '\0') {
            i += raw_text_put_char(out, s + i, n - i);
        } else {
            buf_puts(out, REPLACEMENT);
            i++;
        }
    }
}
