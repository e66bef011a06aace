/* spm.h - SentencePiece-style BPE: merges neighbours into the token with the highest score and spells what has no token
 * as bytes. */
#ifndef TOKEN_SPM_H
#define TOKEN_SPM_H

#include "token/vocab_internal.h"

/* Appends the ids of text[0..n), which holds no special tokens, to e->out.  False when memory is short. */
bool spm_encode(encoder *e, const char *text, size_t n);

#endif
