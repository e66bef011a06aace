/* pretokenizer.h - cutting text into the pieces inside which byte-level BPE merges.
 *
 * A pre-tokenizer is a list of stages, one per regular expression of the model's tokenizer; a stage is a list of
 * alternatives (scanners.h), tried in order.  Each stage cuts every piece that the stages before it left.
 */
#ifndef SW_PRETOKENIZER_H
#define SW_PRETOKENIZER_H

#include <stdbool.h>
#include <stddef.h>

#include "gguf/gguf.h"

typedef struct sw_pretokenizer sw_pretokenizer;

/* By the file's "tokenizer.ggml.pre"; NULL when it is not known. */
const sw_pretokenizer *sw_pretokenizer_find(sw_str id);
/* The canonical id, such as "llama-bpe" for "llama3". */
const char *sw_pretokenizer_name(const sw_pretokenizer *p);
/* A piece that is a token as a whole is not merged. */
bool sw_pretokenizer_takes_whole_words(const sw_pretokenizer *p);
/* What "tokenizer.ggml.add_bos_token" is when the file does not say. */
bool sw_pretokenizer_adds_bos(const sw_pretokenizer *p);

/* Where pieces end; reusable. */
typedef struct sw_cuts {
    size_t *ends; // bytes, rising; the last is the size of the text
    size_t n, cap;
} sw_cuts;

void sw_cuts_free(sw_cuts *c);

/* Cuts text[0..n); *out is overwritten.  Bytes that are not UTF-8 count as one symbol each.  False when memory is
 * short. */
bool sw_pretokenize(const sw_pretokenizer *p, const char *text, size_t n, sw_cuts *out);

#endif
