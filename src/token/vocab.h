/* vocab.h - a model's vocabulary: text to token ids and back.
 *
 * Immutable after creation, any thread.  Byte-level BPE ("gpt2") with linear-time pre-tokenizers, and
 * SentencePiece-style BPE ("llama") with byte fallback.  Encoding takes O(n log n) time on any input.
 */
#ifndef SW_VOCAB_H
#define SW_VOCAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "gguf/gguf.h"

enum { SW_TOKEN_NONE = -1 };

/* tokenizer.ggml.token_type; the numbers are the format's. */
typedef enum sw_token_type {
    SW_TOKEN_UNDEFINED = 0,
    SW_TOKEN_NORMAL = 1,
    SW_TOKEN_UNKNOWN = 2,
    SW_TOKEN_CONTROL = 3,
    SW_TOKEN_USER = 4,
    SW_TOKEN_UNUSED = 5,
    SW_TOKEN_BYTE = 6
} sw_token_type;

typedef struct sw_vocab sw_vocab;

/* A growing list of ids. */
typedef struct sw_tokens {
    int32_t *ids;
    size_t n, cap;
} sw_tokens;

/* False when memory is short. */
bool sw_tokens_push(sw_tokens *t, int32_t id);
void sw_tokens_clear(sw_tokens *t); // frees

/* Errors: SW_EFORMAT (names the key), SW_EUNSUPPORTED (tokenizer model), SW_ENOMEM. */
SW_NODISCARD sw_code sw_vocab_from_gguf(sw_vocab **out, const sw_gguf *g, sw_err *err);
/* A byte-level vocabulary without merges: 256 byte tokens (id = byte), then the given words as normal tokens, then the
 * given control tokens.  Words are only ever produced, never encoded to.  For the stub engine and tests. */
SW_NODISCARD sw_code sw_vocab_synthetic(sw_vocab **out, const char *const *words, size_t n_words,
                                        const char *const *controls, size_t n_controls, sw_err *err);
void sw_vocab_free(sw_vocab *v);

int sw_vocab_size(const sw_vocab *v);
int32_t sw_vocab_bos(const sw_vocab *v); // or SW_TOKEN_NONE
int32_t sw_vocab_eos(const sw_vocab *v);
bool sw_vocab_adds_bos(const sw_vocab *v);
/* True for every token that ends a generation (end of sequence, turn or message, by id and by text). */
bool sw_vocab_is_eog(const sw_vocab *v, int32_t id);
sw_token_type sw_vocab_type(const sw_vocab *v, int32_t id);
/* The token with exactly this text (spelled as in the file), or SW_TOKEN_NONE. */
int32_t sw_vocab_find(const sw_vocab *v, const char *text);
/* "gpt2/gpt-4o", "llama", ... */
const char *sw_vocab_description(const sw_vocab *v);

/* Appends the ids of text[0..n).  add_special and parse_special as in spillway.h.  On failure *out is as it
 * was.  Errors: SW_ENOMEM, SW_ELIMIT (more than SW_LIMIT_PROMPT_BYTES). */
SW_NODISCARD sw_code sw_vocab_encode(const sw_vocab *v, const char *text, size_t n, bool add_special,
                                     bool parse_special, sw_tokens *out, sw_err *err);

/* True when white space after this special token is not part of the text that follows (Phi-3). */
bool sw_vocab_strips_right(const sw_vocab *v, int32_t id);
/* How many bytes of white space (C locale) text[0..n) begins with. */
size_t sw_leading_space(const char *text, size_t n);

/* The bytes of one token, a view that lives as long as the vocabulary; control tokens give their text only when
 * render_special.  Ids out of range give nothing. */
sw_str sw_vocab_piece(const sw_vocab *v, int32_t id, bool render_special);

/* Appends the bytes of a whole text: the pieces, without the one leading space that encoding added (SentencePiece).
 * Ids out of range are skipped. */
void sw_vocab_decode(const sw_vocab *v, const int32_t *ids, size_t n, bool render_special, sw_buf *out);

#endif
