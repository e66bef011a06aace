/* byte_chars.h - GPT-2's spelling of bytes as printable characters.
 *
 * Byte-level vocabularies write each byte as one character: printable Latin-1 stands for itself, the other 68 bytes are
 * U+0100 and up, in order.
 */
#ifndef TOKEN_BYTE_CHARS_H
#define TOKEN_BYTE_CHARS_H

#include <stdint.h>

#include "base/buf.h"

/* The character that spells a byte. */
uint32_t bpe_byte_to_char(uint8_t byte);
/* The byte that a character spells, or -1. */
int bpe_char_to_byte(uint32_t cp);
/* Appends bytes as they are spelled in vocabularies, UTF-8. */
void bpe_spell_bytes(const char *bytes, size_t n, buf *out);

#endif
