/* synth_vocab.h - a vocabulary of any size for models with random weights: any text has tokens, and back. */
#ifndef SW_SYNTH_VOCAB_H
#define SW_SYNTH_VOCAB_H

#include "gguf/writer.h"

enum { SW_SYNTH_VOCAB_MIN = 256 + 64 + 4 }; // bytes, merges, control tokens

/* Writes the tokenizer's keys for n >= SW_SYNTH_VOCAB_MIN tokens; false when memory is short. */
bool sw_synth_put_vocabulary(sw_gguf_writer *w, int n);

#endif
