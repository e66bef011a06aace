/* encoder.h - the working memory of one sw_vocab_encode call, kept from piece to piece. */
#ifndef SW_ENCODER_H
#define SW_ENCODER_H

#include "token/merger.h"
#include "token/vocab_internal.h"

typedef struct sw_encoder {
    const sw_vocab *v;
    sw_merger merger;
    sw_cuts cuts; // BPE: pieces
    sw_buf text;  // SPM: with its spaces replaced; BPE: one piece as the vocabulary spells it
    sw_tokens *out;
} sw_encoder;

#endif
