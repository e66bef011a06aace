/* detok.c - at most three bytes wait between calls; everything else leaves at once. */
#include "token/detok.h"

#include <string.h>

#include "base/utf8.h"

static const char REPLACEMENT[] = "\xef\xbf\xbd"; // U+FFFD

/* Length of the maximal invalid subpart at s[0..n) (Unicode, section 3.9): the bytes that form a valid start of a
 * character, or one byte if the first cannot start one. */
static size_t invalid_subpart(const char *s, size_t n)
{
    size_t len = 1;
    while (len < n && len < 3 && utf8_complete_prefix(s, len + 1) == 0)
        len++;
    return len;
}

/* Appends the characters of s[0..n), which does not end inside one. */
static void put_characters(const char *s, size_t n, buf *out)
{
    size_t valid_from = 0, i = 0;
    uint32_t cp;
    while (i < n) {
        const int len = utf8_decode((const uint8_t *)s + i, n - i, &cp);
        if (len > 0) {
            i += (size_t)len;
            continue;
        }
        buf_append(out, s + valid_from, i - valid_from);
        buf_puts(out, REPLACEMENT);
        i += invalid_subpart(s + i, n - i);
        valid_from = i;
    }
    buf_append(out, s + valid_from, n - valid_from);
}

/* Adds bytes to the held ones until they are a whole character or cannot become one.  Returns the number used. */
static size_t complete_held(detok *d, const char *bytes, size_t n, buf *out)
{
    size_t used = 0;
    while (used < n && d->n_held > 0) {
        char joined[sizeof d->held];
        memcpy(joined, d->held, d->n_held);
        joined[d->n_held] = bytes[used];
        uint32_t cp;
        if (utf8_complete_prefix(joined, d->n_held + 1) == 0) {
            d->held[d->n_held++] = bytes[used++];
        } else if (utf8_decode((const uint8_t *)joined, d->n_held + 1, &cp) > 0) {
            buf_append(out, joined, d->n_held + 1);
            d->n_held = 0;
            used++;
        } else { // the new byte starts something else
            detok_flush(d, out);
        }
    }
    return used;
}

void detok_feed(detok *d, const char *bytes, size_t n, buf *out)
{
    const size_t used = complete_held(d, bytes, n, out);
    const size_t n_left = n - used;
    if (n_left == 0)
        return;
    const size_t complete = utf8_complete_prefix(bytes + used, n_left);
    put_characters(bytes + used, complete, out);
    d->n_held = n_left - complete;
    memcpy(d->held, bytes + used + complete, d->n_held);
}

void detok_flush(detok *d, buf *out)
{
    if (d->n_held > 0)
        buf_puts(out, REPLACEMENT);
    d->n_held = 0;
}
