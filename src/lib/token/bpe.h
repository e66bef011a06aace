/* bpe.h - byte-level BPE: pre-tokenize, then merge the bytes of each piece by rank.
 *
 * Vocabularies of this family spell each byte as one printable character (GPT-2's table): printable Latin-1 characters
 * are themselves, the other 68 bytes are U+0100 and up, in order.
 */
#ifndef TOKEN_BPE_H
#define TOKEN_BPE_H

#include <stdint.h>

#include "base/buf.h"
#include "token/vocab_internal.h"

/* The character that spells a byte. */
uint32_t bpe_byte_to_char(uint8_t byte);
/* The byte that a character spells, or -1. */
int bpe_char_to_byte(uint32_t cp);
/* Appends bytes as vocabularies spell them, in UTF-8. */
void bpe_spell_bytes(const char *bytes, size_t n, buf *out);

/* Reads the merges of a file ("left right", best first) into the vocabulary, whose tokens must be indexed.  A merge
 * that names a text without a token is skipped: the original tokenizers cannot have one.  Errors: SW_EFORMAT (names
 * the merge), SW_ENOMEM. */
SW_NODISCARD sw_code bpe_load_merges(vocabulary *v, const gguf_array *merges, sw_err *err);
/* Appends the ids of text[0..n), which holds no special tokens, to e->out.  False when memory is short. */
bool bpe_encode(encoder *e, const char *text, size_t n);

#endif
