/* token.h - what a token is: an id, a type, and lists of ids.
 *
 * An id is a row of the vocabulary, 0 .. vocab_size - 1, in an int32_t everywhere.
 */
#ifndef TOKEN_TOKEN_H
#define TOKEN_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"

enum { TOKEN_NONE = -1 }; // the id of no token

/* tokenizer.ggml.token_type; the numbers are the format's. */
typedef enum token_type {
    TOKEN_UNDEFINED = 0,
    TOKEN_NORMAL = 1,
    TOKEN_UNKNOWN = 2, // what SentencePiece emits for text that it cannot spell
    TOKEN_CONTROL = 3, // a marker: never the result of encoding text from outside
    TOKEN_USER = 4,    // found in any text as a whole, before merging
    TOKEN_UNUSED = 5,
    TOKEN_BYTE = 6 // one byte, spelled "<0xXX>" (SentencePiece)
} token_type;

/* A growing list of ids; {0} is an empty one. */
typedef struct token_list {
    int32_t *ids; // (n), owned
    size_t n, cap;
} token_list;

/* Appends an id.  False when memory is short; the list is then as it was. */
static inline bool token_list_push(token_list *t, int32_t id)
{
    if (!mem_grow(&t->ids, &t->cap, t->n + 1, sizeof *t->ids))
        return false;
    t->ids[t->n++] = id;
    return true;
}

/* Frees the ids; the list is empty and usable afterwards. */
static inline void token_list_clear(token_list *t)
{
    mem_free(t->ids);
    *t = (token_list){0};
}

#endif
