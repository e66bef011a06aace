#include "token/byte_chars.h"

#include <stdbool.h>

#include "base/utf8.h"

/* The 68 bytes that do not stand for themselves are three runs; these are the first characters of their spellings. */
enum { LOW_CHARS = 0x100, MIDDLE_CHARS = LOW_CHARS + 0x21, HIGH_CHAR = MIDDLE_CHARS + 0x22 };

static bool is_itself(uint32_t c)
{
    return (c >= 0x21 && c <= 0x7e) || (c >= 0xa1 && c <= 0xff && c != 0xad);
}

uint32_t bpe_byte_to_char(uint8_t byte)
{
    if (is_itself(byte))
        return byte;
    if (byte == 0xad)
        return HIGH_CHAR;
    return byte <= 0x20 ? LOW_CHARS + (uint32_t)byte : MIDDLE_CHARS + (uint32_t)byte - 0x7f;
}

int bpe_char_to_byte(uint32_t cp)
{
    if (is_itself(cp))
        return (int)cp;
    if (cp < LOW_CHARS || cp > HIGH_CHAR)
        return -1;
    if (cp == HIGH_CHAR)
        return 0xad;
    return cp < MIDDLE_CHARS ? (int)(cp - LOW_CHARS) : (int)(cp - MIDDLE_CHARS) + 0x7f;
}

void bpe_spell_bytes(const char *bytes, size_t n, buf *out)
{
    char utf8[4];
    for (size_t i = 0; i < n; i++)
        buf_append(out, utf8, (size_t)utf8_encode(bpe_byte_to_char((uint8_t)bytes[i]), utf8));
}
