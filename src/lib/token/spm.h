/* spm.h - SentencePiece-style BPE: merge neighbours into the token with the highest score; bytes for what has none. */
#ifndef TOKEN_SPM_H
#define TOKEN_SPM_H

#include "token/encoder.h"

/* Encodes text without special tokens.  False when memory is short. */
bool spm_encode(encoder *e, const char *text, size_t n);

#endif
