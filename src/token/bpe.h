/* bpe.h - byte-level BPE: pre-tokenize, then merge inside each piece by rank. */
#ifndef SW_BPE_H
#define SW_BPE_H

#include "token/encoder.h"

/* Takes the merges ("left right", best first) of the file.  A merge that names a text without a token is ignored: the
 * tokenizers these files are made from cannot have any. */
SW_NODISCARD sw_code sw__bpe_load_merges(sw_vocab *v, const sw_gguf_array *merges, sw_err *err);
/* Encodes text without special tokens.  False when memory is short. */
bool sw__bpe_encode(sw_encoder *e, const char *text, size_t n);

#endif
