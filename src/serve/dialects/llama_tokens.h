/* llama_tokens.h - llama-server's POST /tokenize and POST /detokenize: text to tokens and back. */
#ifndef DIALECTS_LLAMA_TOKENS_H
#define DIALECTS_LLAMA_TOKENS_H

#include "dialects/dialect.h"

/* What either body asks for; texts and tokens belong to the generation_request beside it, which also has `model` and
 * `ignored`. */
typedef struct llama_tokens_request {
    const char *model; // NULL: not named
    const char *content;
    sw_encode_options options;
    bool with_pieces;
    const int32_t *tokens; // (n_tokens)
    size_t n_tokens;
} llama_tokens_request;

/* Read a body of n bytes.  Return false with *error filled and *owner empty if it is refused. */
bool llama_tokenize_parse(llama_tokens_request *out, generation_request *owner, const char *body, size_t n,
                          api_error *error);
bool llama_detokenize_parse(llama_tokens_request *out, generation_request *owner, const char *body, size_t n,
                            api_error *error);

/* Appends {"tokens":[..]}: ids, or {"id":..,"piece":..} where a piece is a string, or an array of bytes if it is not
 * whole characters. */
void llama_tokens_write(buf *out, const sw_tokenizer *tokenizer, const int32_t *ids, size_t n, bool with_pieces);

/* Appends {"content":".."}, the text of the request's tokens, control tokens spelled out; bytes that belong to no
 * character become '?'.  Returns false with *error filled: an id that is not in the vocabulary, memory. */
bool llama_text_write(buf *out, const sw_tokenizer *tokenizer, const llama_tokens_request *request, api_error *error);

#endif
