/* pretokenizer.h - cutting text into pieces; byte-level BPE merges only inside a piece.
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

/* By the "tokenizer.ggml.pre" of a file; NULL if it is not known. */
const pretokenizer *pretokenizer_find(str_view id);
/* The canonical id, such as "llama-bpe" for "llama3". */
const char *pretokenizer_name(const pretokenizer *p);
/* True if a piece whose whole text is a token becomes that token without merging. */
bool pretokenizer_takes_whole_words(const pretokenizer *p);
/* The value of "tokenizer.ggml.add_bos_token" for files without that key. */
bool pretokenizer_adds_bos(const pretokenizer *p);

/* Where pieces end; reusable from text to text.  {0} is an empty list. */
typedef struct cut_list {
    size_t *ends; // (n), bytes, rising; the last is the size of the text; owned
    size_t n, cap;
} cut_list;

void cuts_free(cut_list *c);

/* Cuts text[0..n); *out is overwritten.  Bytes that are not UTF-8 count as one symbol each.  False when memory is
 * short. */
bool pretokenize(const pretokenizer *p, const char *text, size_t n, cut_list *out);

#endif
