/* special_split.h - finding the texts of special tokens in a text.
 *
 * The longest token wins wherever it stands, so tokens are searched for length by length; a set of first bytes per
 * length keeps each search one quick pass over the text.  Tokens of one length are taken from left to right.
 */
#ifndef SW_SPECIAL_SPLIT_H
#define SW_SPECIAL_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "token/vocab.h"

typedef struct sw_special_length {
    size_t size;            // bytes
    uint8_t first_byte[32]; // a bit for each byte that a token of this length begins with
} sw_special_length;

/* The lengths that occur, longest first. */
typedef struct sw_special_lengths {
    sw_special_length *items;
    size_t n, cap;
} sw_special_lengths;

/* Collects the control, user-defined and unknown tokens of a vocabulary.  False when memory is short. */
bool sw_special_lengths_init(sw_special_lengths *l, const sw_vocab *v);
void sw_special_lengths_free(sw_special_lengths *l);

/* A stretch of the text: a special token, or (id SW_TOKEN_NONE) text without one. */
typedef struct sw_fragment {
    size_t start, end;
    int32_t id;
} sw_fragment;

typedef struct sw_fragments {
    sw_fragment *items;
    size_t n, cap;
} sw_fragments;

void sw_fragments_free(sw_fragments *f);

/* Splits text[0..n); control and unknown tokens count only when parse_special.  *out is overwritten; its fragments are
 * not empty, but white space that a token swallows is in none.  False when memory is short. */
bool sw_special_split(const sw_vocab *v, const char *text, size_t n, bool parse_special, sw_fragments *out);

#endif
