/* held_tokens.h - log-probabilities of tokens whose text could still be the beginning of a stop string.
 *
 * They are told when the text is, and dropped with it.  Positions are bytes of the answer's content.
 */
#ifndef PUBLIC_HELD_TOKENS_H
#define PUBLIC_HELD_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spillway.h"

typedef struct held_token {
    sw_logprobs logprobs;
    uint64_t begin, end; // its text
    bool is_open;        // the text is not known yet: the token ends inside a character
} held_token;

/* {0} is empty. */
typedef struct held_tokens {
    held_token *items; // (n), in the order of the answer
    size_t n, cap;
} held_tokens;

void held_tokens_clear(held_tokens *h);
/* Appends a token; text that it completes ends those before it, too.  False: memory is short. */
SW_NODISCARD bool held_tokens_add(held_tokens *h, const held_token *t);
/* The answer is over, with n_bytes of content: no token's text is unknown any more. */
void held_tokens_end(held_tokens *h, uint64_t n_bytes);
/* The first token if the answer shows a part of its text, given that it shows the first n_shown bytes; else NULL. */
const held_token *held_tokens_first(const held_tokens *h, uint64_t n_shown);
/* Removes the first token. */
void held_tokens_pop(held_tokens *h);

#endif
