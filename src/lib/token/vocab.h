/* vocab.h - a model's vocabulary: text to token ids and back.
 *
 * Immutable after creation, any thread.  Byte-level BPE ("gpt2") with linear-time pre-tokenizers, and
 * SentencePiece-style BPE ("llama") with byte fallback.  Encoding takes O(n log n) time on any input.
 */
#ifndef TOKEN_VOCAB_H
#define TOKEN_VOCAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "gguf/gguf.h"

enum { TOKEN_NONE = -1 };

/* tokenizer.ggml.token_type; the numbers are the format's. */
typedef enum token_type {
    TOKEN_UNDEFINED = 0,
    TOKEN_NORMAL = 1,
    TOKEN_UNKNOWN = 2,
    TOKEN_CONTROL = 3,
    TOKEN_USER = 4,
    TOKEN_UNUSED = 5,
    TOKEN_BYTE = 6
} token_type;

typedef struct vocabulary vocabulary;

/* A growing list of ids. */
typedef struct token_list {
    int32_t *ids;
    size_t n, cap;
} token_list;

/* False when memory is short. */
bool token_list_push(token_list *t, int32_t id);
void token_list_clear(token_list *t); // frees

/* Errors: SW_EFORMAT (names the key), SW_EUNSUPPORTED (tokenizer model), SW_ENOMEM. */
SW_NODISCARD sw_code vocab_from_gguf(vocabulary **out, const gguf_file *g, sw_err *err);
/* A byte-level vocabulary without merges: 256 byte tokens (id = byte), then the given words as normal tokens, then the
 * given control tokens.  Words are only ever produced, never encoded to.  For the stub engine and tests. */
SW_NODISCARD sw_code vocab_synthetic(vocabulary **out, const char *const *words, size_t n_words,
                                     const char *const *controls, size_t n_controls, sw_err *err);
void vocab_free(vocabulary *v);

int vocab_size(const vocabulary *v);
int32_t vocab_bos(const vocabulary *v); // or TOKEN_NONE
int32_t vocab_eos(const vocabulary *v);
bool vocab_adds_bos(const vocabulary *v);
/* True for every token that ends a generation (end of sequence, turn or message, by id and by text). */
bool vocab_is_eog(const vocabulary *v, int32_t id);
token_type vocab_type(const vocabulary *v, int32_t id);
/* The token with exactly this text (spelled as in the file), or TOKEN_NONE. */
int32_t vocab_find(const vocabulary *v, const char *text);
/* "gpt2/gpt-4o", "llama", ... */
const char *vocab_description(const vocabulary *v);

/* Appends the ids of text[0..n).  add_special and parse_special as in spillway.h.  On failure *out is as it
 * was.  Errors: SW_ENOMEM, SW_ELIMIT (more than LIMIT_PROMPT_BYTES). */
SW_NODISCARD sw_code vocab_encode(const vocabulary *v, const char *text, size_t n, bool add_special, bool parse_special,
                                  token_list *out, sw_err *err);

/* True when white space after this special token is not part of the text that follows (Phi-3). */
bool vocab_strips_right(const vocabulary *v, int32_t id);
/* How many bytes of white space (C locale) text[0..n) begins with. */
size_t vocab_leading_space(const char *text, size_t n);

/* The bytes of one token, a view that lives as long as the vocabulary; control tokens give their text only when
 * render_special.  Ids out of range give nothing. */
str_view vocab_piece(const vocabulary *v, int32_t id, bool render_special);

/* Appends the bytes of a whole text: the pieces, without the one leading space that encoding added (SentencePiece).
 * Ids out of range are skipped. */
void vocab_decode(const vocabulary *v, const int32_t *ids, size_t n, bool render_special, buf *out);

#endif
