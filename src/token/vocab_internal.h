/* vocab_internal.h - what a vocabulary is made of, for the files of src/token that build and use it.
 *
 * Built in steps: sw__vocab_alloc, sw__vocab_add for each token in order of ids, sw__vocab_index, then whatever looks
 * tokens up by text (merges, special ids), and sw__vocab_finish.
 */
#ifndef SW_VOCAB_INTERNAL_H
#define SW_VOCAB_INTERNAL_H

#include "base/buf.h"
#include "base/strmap.h"
#include "token/pair_map.h"
#include "token/pretokenizer.h"
#include "token/special_split.h"
#include "token/vocab.h"

typedef enum sw_vocab_model { SW_VOCAB_BPE, SW_VOCAB_SPM } sw_vocab_model;

struct sw_vocab {
    sw_vocab_model model;
    char description[128];
    size_t n;
    char *arena; // the bytes of texts and pieces
    size_t n_arena;
    sw_str *texts;   // n, as spelled in the file
    sw_str *pieces;  // n, the bytes they stand for
    uint8_t *types;  // n, sw_token_type
    bool *ends;      // n, true for tokens that end a generation
    size_t text_max; // bytes of the longest text
    sw_strmap map;   // text -> id
    sw_special_lengths specials;
    int32_t bos, eos, unk;
    bool adds_bos, adds_eos;
    bool strips_right; // special tokens swallow the white space after them (Phi-3)

    // byte-level BPE
    const sw_pretokenizer *pretokenizer;
    sw_pair_map merges;
    int32_t byte_ids[256]; // BPE: of the byte's character; SPM: of <0xXX>

    // SentencePiece
    float *scores; // n
    bool adds_space_prefix;
};

/* Room for n tokens whose texts have text_bytes bytes in all.  NULL when memory is short. */
sw_vocab *sw__vocab_alloc(sw_vocab_model model, size_t n, size_t text_bytes);
/* Appends a token; `text` is copied. */
void sw__vocab_add(sw_vocab *v, sw_str text, sw_token_type type);
/* Makes texts findable; a text that occurs twice is SW_EFORMAT.  Gives well-known tokens their roles. */
SW_NODISCARD sw_code sw__vocab_index(sw_vocab *v, sw_err *err);
/* Pieces and special tokens; the vocabulary is complete afterwards. */
SW_NODISCARD sw_code sw__vocab_finish(sw_vocab *v, sw_err *err);

/* The token with this text, or SW_TOKEN_NONE. */
static inline int32_t sw__vocab_lookup(const sw_vocab *v, const char *text, size_t n)
{
    return (int32_t)sw_strmap_find(&v->map, text, n);
}

#endif
