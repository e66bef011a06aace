/* bpe.h - byte-level BPE: pre-tokenize, then merge inside each piece by rank. */
#ifndef TOKEN_BPE_H
#define TOKEN_BPE_H

#include "token/encoder.h"

/* Takes the merges ("left right", best first) of the file.  A merge that names a text without a token is ignored: the
 * tokenizers these files are made from cannot have any. */
SW_NODISCARD sw_code bpe_load_merges(vocabulary *v, const gguf_array *merges, sw_err *err);
/* Encodes text without special tokens.  False when memory is short. */
bool bpe_encode(encoder *e, const char *text, size_t n);

#endif
