/* utf8.h - the UTF-8 functions that several rooms need: decode, encode, validate, and find incomplete ends. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the first character of s[0..n), n > 0.  Returns its length in bytes (1..4), with its code point in *cp, or 0
 * if it is invalid or incomplete. */
int utf8_decode(const uint8_t *s, size_t n, uint32_t *cp);

/* True if s[0..n) is valid UTF-8. */
bool utf8_valid(const char *s, size_t n);

/* Replaces every byte of s[0..n) that belongs to no valid character by '?', in place: for text from outside, and for
 * sentences that quote it and may be cut within a character. */
void utf8_replace_invalid(char *s, size_t n);

/* Length of the longest prefix of s[0..n) that does not end inside a character.  Invalid bytes count as characters. */
size_t utf8_complete_prefix(const char *s, size_t n);

/* Writes code point cp (at most U+10FFFF) to out; returns its length in bytes. */
int utf8_encode(uint32_t cp, char out[4]);

#endif
