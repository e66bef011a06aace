/* utf8.c - Table 3-7 of the Unicode Standard as code: no overlong forms, no surrogates, nothing above U+10FFFF. */
#include "base/utf8.h"

/* The first row entries of the table: returns the length of a character by its first byte, and in *lo and *hi the range
 * of its second byte; 0 for a byte that cannot be first. */
static int lead(uint8_t b, uint8_t *lo, uint8_t *hi)
{
    *lo = 0x80;
    *hi = 0xbf;
    if (b < 0x80)
        return 1;
    if (b < 0xc2)
        return 0;
    if (b < 0xe0)
        return 2;
    if (b < 0xf0) {
        if (b == 0xe0)
            *lo = 0xa0;
        if (b == 0xed)
            *hi = 0x9f;
        return 3;
    }
    if (b < 0xf5) {
        if (b == 0xf0)
            *lo = 0x90;
        if (b == 0xf4)
            *hi = 0x8f;
        return 4;
    }
    return 0;
}

/* The number of bytes of s[0..n) that are a valid start of one character; *want is the length of the whole character.
 */
static int good_bytes(const uint8_t *s, size_t n, int *want)
{
    uint8_t lo, hi;
    *want = lead(s[0], &lo, &hi);
    if (*want == 0)
        return 0;
    int i = 1;
    while (i < *want && (size_t)i < n && s[i] >= lo && s[i] <= hi) {
        lo = 0x80;
        hi = 0xbf;
        i++;
    }
    return i;
}

int utf8_decode(const uint8_t *s, size_t n, uint32_t *cp)
{
    int want;
    if (good_bytes(s, n, &want) < want || want == 0)
        return 0;
    static const uint8_t MASK[5] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = s[0] & MASK[want];
    for (int i = 1; i < want; i++)
        c = (c << 6) | (s[i] & 0x3fu);
    *cp = c;
    return want;
}

bool utf8_valid(const char *s, size_t n)
{
    uint32_t cp;
    for (size_t i = 0; i < n;) {
        const int len = utf8_decode((const uint8_t *)s + i, n - i, &cp);
        if (len == 0)
            return false;
        i += (size_t)len;
    }
    return true;
}

void utf8_replace_invalid(char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint32_t cp;
        const int length = utf8_decode((const uint8_t *)s + i, n - i, &cp);
        if (length == 0)
            s[i] = '?';
        i += length > 0 ? (size_t)length : 1;
    }
}

size_t utf8_complete_prefix(const char *s, size_t n)
{
    for (size_t back = 1; back <= 3 && back <= n; back++) {
        const uint8_t *const p = (const uint8_t *)s + n - back;
        if (*p < 0x80)
            return n;
        if (*p >= 0xc0) {
            int want;
            const int good = good_bytes(p, back, &want);
            return good == (int)back && good < want ? n - back : n;
        }
    }
    return n;
}

int utf8_encode(uint32_t cp, char out[4])
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xc0 | (cp >> 6));
        out[1] = (char)(0x80 | (cp & 0x3f));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xe0 | (cp >> 12));
        out[1] = (char)(0x80 | ((cp >> 6) & 0x3f));
        out[2] = (char)(0x80 | (cp & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | (cp >> 18));
    out[1] = (char)(0x80 | ((cp >> 12) & 0x3f));
    out[2] = (char)(0x80 | ((cp >> 6) & 0x3f));
    out[3] = (char)(0x80 | (cp & 0x3f));
    return 4;
}
