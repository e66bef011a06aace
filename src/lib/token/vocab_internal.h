/* vocab_internal.h - what a vocabulary consists of, for the files of this room that build it and use it.
 *
 * The lowest header over the struct: it declares no function of another file, so every file of the room may include it.
 */
#ifndef TOKEN_VOCAB_INTERNAL_H
#define TOKEN_VOCAB_INTERNAL_H

#include "base/buf.h"
#include "base/strmap.h"
#include "gguf/gguf.h"
#include "token/merger.h"
#include "token/pretokenizer.h"
#include "token/token.h"

typedef enum vocab_model { VOCAB_BPE, VOCAB_SPM } vocab_model; // "gpt2", "llama"

/* One length that special tokens have. */
typedef struct special_length {
    size_t size;            // bytes
    uint8_t first_byte[32]; // a bit for each byte that a token of this length begins with
} special_length;

/* The lengths that occur, longest first (special_split.h). */
typedef struct special_lengths {
    special_length *items; // (n), owned
    size_t n, cap;
} special_lengths;

typedef struct vocabulary {
    vocab_model model;
    char description[128];
    size_t n;    // tokens
    char *arena; // the bytes of texts and pieces, owned
    size_t n_arena;
    str_view *texts;  // (n), as spelled in the file
    str_view *pieces; // (n), the bytes that they decode to
    uint8_t *types;   // (n), token_type
    bool *ends;       // (n), true for tokens that end a generation
    size_t text_max;  // bytes of the longest text
    strmap map;       // text -> id
    special_lengths specials;
    int32_t bos, eos, unk; // TOKEN_NONE: the vocabulary has none
    bool adds_bos, adds_eos;
    bool strips_right; // special tokens absorb the white space after them (Phi-3)

    // byte-level BPE
    const pretokenizer *pretokenizer;
    pair_map merges;
    int32_t byte_ids[256]; // BPE: the token of the byte's character; SPM: that of <0xXX>

    // SentencePiece
    float *scores; // (n), the log-probability of a token; higher merges first
    bool adds_space_prefix;
} vocabulary;

/* The token with this text, or TOKEN_NONE. */
static inline int32_t vocab_lookup(const vocabulary *v, const char *text, size_t n)
{
    return (int32_t)strmap_find(&v->map, text, n);
}

/* The working memory of one vocab_encode call, kept from piece to piece. */
typedef struct encoder {
    const vocabulary *v;
    symbol_merger merger;
    cut_list cuts;   // BPE: pieces
    buf text;        // SPM: the text with its spaces replaced; BPE: one piece as the vocabulary spells it
    token_list *out; // the caller's
} encoder;

#endif
