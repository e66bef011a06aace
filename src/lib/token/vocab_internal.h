/* vocab_internal.h - what a vocabulary is made of, for the files of src/token that build and use it.
 *
 * Built in steps: vocab_alloc, vocab_add for each token in order of ids, vocab_index, then whatever looks
 * tokens up by text (merges, special ids), and vocab_finish.
 */
#ifndef TOKEN_VOCAB_INTERNAL_H
#define TOKEN_VOCAB_INTERNAL_H

#include "base/buf.h"
#include "base/strmap.h"
#include "token/pair_map.h"
#include "token/pretokenizer.h"
#include "token/special_split.h"
#include "token/vocab.h"

typedef enum vocab_model { VOCAB_BPE, VOCAB_SPM } vocab_model;

struct vocabulary {
    vocab_model model;
    char description[128];
    size_t n;
    char *arena; // the bytes of texts and pieces
    size_t n_arena;
    str_view *texts;  // n, as spelled in the file
    str_view *pieces; // n, the bytes they stand for
    uint8_t *types;   // n, token_type
    bool *ends;       // n, true for tokens that end a generation
    size_t text_max;  // bytes of the longest text
    strmap map;       // text -> id
    special_lengths specials;
    int32_t bos, eos, unk;
    bool adds_bos, adds_eos;
    bool strips_right; // special tokens swallow the white space after them (Phi-3)

    // byte-level BPE
    const pretokenizer *pretokenizer;
    pair_map merges;
    int32_t byte_ids[256]; // BPE: of the byte's character; SPM: of <0xXX>

    // SentencePiece
    float *scores; // n
    bool adds_space_prefix;
};

/* Room for n tokens whose texts have text_bytes bytes in all.  NULL when memory is short. */
vocabulary *vocab_alloc(vocab_model model, size_t n, size_t text_bytes);
/* Appends a token; `text` is copied. */
void vocab_add(vocabulary *v, str_view text, token_type type);
/* Makes texts findable; a text that occurs twice is SW_EFORMAT.  Gives well-known tokens their roles. */
SW_NODISCARD sw_code vocab_index(vocabulary *v, sw_err *err);
/* Pieces and special tokens; the vocabulary is complete afterwards. */
SW_NODISCARD sw_code vocab_finish(vocabulary *v, sw_err *err);

/* The token with this text, or TOKEN_NONE. */
static inline int32_t vocab_lookup(const vocabulary *v, const char *text, size_t n)
{
    return (int32_t)strmap_find(&v->map, text, n);
}

#endif
