/* encoder.h - the working memory of one vocab_encode call, kept from piece to piece. */
#ifndef TOKEN_ENCODER_H
#define TOKEN_ENCODER_H

#include "token/merger.h"
#include "token/vocab_internal.h"

typedef struct encoder {
    const vocabulary *v;
    symbol_merger merger;
    cut_list cuts; // BPE: pieces
    buf text;      // SPM: with its spaces replaced; BPE: one piece as the vocabulary spells it
    token_list *out;
} encoder;

#endif
