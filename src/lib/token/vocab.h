/* vocab.h - a model's vocabulary: text to token ids and back.  The door of this room.
 *
 * Immutable after creation, so any thread may use it.  Two families: byte-level BPE ("gpt2") with linear-time
 * pre-tokenizers, and SentencePiece-style BPE ("llama") with byte fallback.  Encoding takes O(n log n) time on any
 * input.
 */
#ifndef TOKEN_VOCAB_H
#define TOKEN_VOCAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "gguf/gguf.h"
#include "token/token.h"

typedef struct vocabulary vocabulary;

/* ---- making one ---- */

/* Reads the vocabulary of an opened file; it copies what it keeps, so `g` may be closed.  Free it with vocab_free.
 * Errors: SW_EFORMAT (names the key), SW_EUNSUPPORTED (tokenizer model), SW_ELIMIT, SW_ENOMEM. */
SW_NODISCARD sw_code vocab_from_gguf(vocabulary **out, const gguf_file *g, sw_err *err);
/* A byte-level vocabulary without merges: 256 byte tokens (id = byte), then the given words as normal tokens, then the
 * given control tokens.  Encoding never produces a word, only decoding reads one.  For the stub engine and tests. */
SW_NODISCARD sw_code vocab_synthetic(vocabulary **out, const char *const *words, size_t n_words,
                                     const char *const *controls, size_t n_controls, sw_err *err);
/* NULL is accepted. */
void vocab_free(vocabulary *v);

/* ---- facts ---- */

int vocab_size(const vocabulary *v);    // tokens
int32_t vocab_bos(const vocabulary *v); // beginning of a text, or TOKEN_NONE
int32_t vocab_eos(const vocabulary *v); // end of a text, or TOKEN_NONE
/* True if the file wants a BOS before a text and has one. */
bool vocab_adds_bos(const vocabulary *v);
/* True for every token that ends a generation (end of sequence, turn or message, by id and by text). */
bool vocab_is_eog(const vocabulary *v, int32_t id);
/* TOKEN_UNDEFINED for ids out of range. */
token_type vocab_type(const vocabulary *v, int32_t id);
/* The token with exactly this text (spelled as in the file), or TOKEN_NONE. */
int32_t vocab_find(const vocabulary *v, const char *text);
/* "gpt2/gpt-4o", "llama", ... */
const char *vocab_description(const vocabulary *v);

/* ---- encoding ---- */

/* Appends the ids of text[0..n).  add_special and parse_special as in spillway.h.  On failure *out is as it
 * was.  Errors: SW_ENOMEM, SW_ELIMIT (more than LIMIT_PROMPT_BYTES). */
SW_NODISCARD sw_code vocab_encode(const vocabulary *v, const char *text, size_t n, bool add_special, bool parse_special,
                                  token_list *out, sw_err *err);

/* The most bytes of a text that one token can stand for: a text of n bytes has at least n / this tokens. */
size_t vocab_token_bytes_max(const vocabulary *v);

/* True if white space after this special token is not part of the text that follows (Phi-3). */
bool vocab_strips_right(const vocabulary *v, int32_t id);
/* The number of bytes of white space (C locale) at the start of text[0..n). */
size_t vocab_leading_space(const char *text, size_t n);

/* ---- decoding ---- */

/* The bytes of one token, a view that lives as long as the vocabulary.  Control tokens have bytes (their text) only
 * with render_special; ids out of range have none. */
str_view vocab_piece(const vocabulary *v, int32_t id, bool render_special);

/* Appends the bytes of a whole text: the pieces, without the one leading space that encoding added (SentencePiece).
 * Ids out of range are skipped; out->failed shows whether the text fits. */
void vocab_decode(const vocabulary *v, const int32_t *ids, size_t n, bool render_special, buf *out);

#endif
