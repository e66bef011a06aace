/* special_split.h - finding the texts of special tokens in a text.
 *
 * The longest token wins wherever it occurs, so tokens are searched for length by length; a set of first bytes per
 * length makes each search one quick pass over the text.  Tokens of one length are taken from left to right.
 */
#ifndef TOKEN_SPECIAL_SPLIT_H
#define TOKEN_SPECIAL_SPLIT_H

#include "token/vocab_internal.h"

/* Collects the control, user-defined and unknown tokens of a vocabulary.  False when memory is short. */
bool special_lengths_init(special_lengths *l, const vocabulary *v);
void special_lengths_free(special_lengths *l);

/* A part of the text: a special token, or (id TOKEN_NONE) text without one. */
typedef struct fragment {
    size_t start, end; // bytes
    int32_t id;
} fragment;

typedef struct fragment_list {
    fragment *items; // (n), owned
    size_t n, cap;
} fragment_list;

void fragment_list_free(fragment_list *f);

/* Splits text[0..n); control and unknown tokens count only with parse_special.  *out is overwritten.  No fragment is
 * empty; white space that a token absorbs is in none.  False when memory is short. */
bool special_split(const vocabulary *v, const char *text, size_t n, bool parse_special, fragment_list *out);

#endif
