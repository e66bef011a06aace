/* spm.h - SentencePiece-style BPE: merge neighbours into the token with the highest score; bytes for what has none. */
#ifndef SW_SPM_H
#define SW_SPM_H

#include "token/encoder.h"

/* Encodes text without special tokens.  False when memory is short. */
bool sw__spm_encode(sw_encoder *e, const char *text, size_t n);

#endif
