/* special_split.h - finding the texts of special tokens in a text.
 *
 * The longest token wins wherever it stands, so tokens are searched for length by length; a set of first bytes per
 * length keeps each search one quick pass over the text.  Tokens of one length are taken from left to right.
 */
#ifndef TOKEN_SPECIAL_SPLIT_H
#define TOKEN_SPECIAL_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "token/vocab.h"

typedef struct special_length {
    size_t size;            // bytes
    uint8_t first_byte[32]; // a bit for each byte that a token of this length begins with
} special_length;

/* The lengths that occur, longest first. */
typedef struct special_lengths {
    special_length *items;
    size_t n, cap;
} special_lengths;

/* Collects the control, user-defined and unknown tokens of a vocabulary.  False when memory is short. */
bool special_lengths_init(special_lengths *l, const vocabulary *v);
void special_lengths_free(special_lengths *l);

/* A stretch of the text: a special token, or (id TOKEN_NONE) text without one. */
typedef struct fragment {
    size_t start, end;
    int32_t id;
} fragment;

typedef struct fragment_list {
    fragment *items;
    size_t n, cap;
} fragment_list;

void fragment_list_free(fragment_list *f);

/* Splits text[0..n); control and unknown tokens count only when parse_special.  *out is overwritten; its fragments are
 * not empty, but white space that a token swallows is in none.  False when memory is short. */
bool special_split(const vocabulary *v, const char *text, size_t n, bool parse_special, fragment_list *out);

#endif
