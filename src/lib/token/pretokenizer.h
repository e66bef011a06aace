/* pretokenizer.h - cutting text into the pieces inside which byte-level BPE merges.
 *
 * A pre-tokenizer is a list of stages, one per regular expression of the model's tokenizer; a stage is a list of
 * alternatives (scanners.h), tried in order.  Each stage cuts every piece that the stages before it left.
 */
#ifndef TOKEN_PRETOKENIZER_H
#define TOKEN_PRETOKENIZER_H

#include <stdbool.h>
#include <stddef.h>

#include "gguf/gguf.h"

typedef struct pretokenizer pretokenizer;

/* By the file's "tokenizer.ggml.pre"; NULL when it is not known. */
const pretokenizer *pretokenizer_find(str_view id);
/* The canonical id, such as "llama-bpe" for "llama3". */
const char *pretokenizer_name(const pretokenizer *p);
/* A piece that is a token as a whole is not merged. */
bool pretokenizer_takes_whole_words(const pretokenizer *p);
/* What "tokenizer.ggml.add_bos_token" is when the file does not say. */
bool pretokenizer_adds_bos(const pretokenizer *p);

/* Where pieces end; reusable. */
typedef struct cut_list {
    size_t *ends; // bytes, rising; the last is the size of the text
    size_t n, cap;
} cut_list;

void cuts_free(cut_list *c);

/* Cuts text[0..n); *out is overwritten.  Bytes that are not UTF-8 count as one symbol each.  False when memory is
 * short. */
bool pretokenize(const pretokenizer *p, const char *text, size_t n, cut_list *out);

#endif
