/* utf8.h - the few UTF-8 questions that several layers ask. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes one character of s[0..n), n > 0.  Valid: returns its length (1..4), *cp its code point.  Invalid: returns 0.
 */
int utf8_decode(const uint8_t *s, size_t n, uint32_t *cp);

/* True when all n bytes are valid UTF-8. */
bool utf8_valid(const char *s, size_t n);

/* Length of the longest prefix of s[0..n) that does not end inside a character that could still become valid. */
size_t utf8_complete_prefix(const char *s, size_t n);

/* Writes code point cp (at most U+10FFFF) to out; returns its length. */
int utf8_encode(uint32_t cp, char out[4]);

#endif
