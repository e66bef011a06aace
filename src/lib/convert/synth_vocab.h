/* synth_vocab.h - a vocabulary of any size for models with random weights; it encodes and decodes every text. */
#ifndef CONVERT_SYNTH_VOCAB_H
#define CONVERT_SYNTH_VOCAB_H

#include "gguf/gguf_writer.h"

enum { SYNTH_VOCAB_MIN = 256 + 64 + 4 }; // bytes, merges, control tokens

/* Writes the tokenizer's keys for n >= SYNTH_VOCAB_MIN tokens; false when memory is short. */
bool synth_put_vocabulary(gguf_writer *w, int n);

#endif
