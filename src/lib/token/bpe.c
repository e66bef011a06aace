/* bpe.c - the spelling of bytes, the merges of a file, and encoding by them. */
#include "token/bpe.h"

#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"

/* ---- bytes as characters ---- */

/* The 68 bytes that are not printable form three runs; these are the characters of the first byte of each. */
enum { LOW_CHARS = 0x100, MIDDLE_CHARS = LOW_CHARS + 0x21, HIGH_CHAR = MIDDLE_CHARS + 0x22 };

static bool is_itself(uint32_t c)
{
    return (c >= 0x21 && c <= 0x7e) || (c >= 0xa1 && c <= 0xff && c != 0xad);
}

uint32_t bpe_byte_to_char(uint8_t byte)
{
    if (is_itself(byte))
        return byte;
    if (byte == 0xad)
        return HIGH_CHAR;
    return byte <= 0x20 ? LOW_CHARS + (uint32_t)byte : MIDDLE_CHARS + (uint32_t)byte - 0x7f;
}

int bpe_char_to_byte(uint32_t cp)
{
    if (is_itself(cp))
        return (int)cp;
    if (cp < LOW_CHARS || cp > HIGH_CHAR)
        return -1;
    if (cp == HIGH_CHAR)
        return 0xad;
    return cp < MIDDLE_CHARS ? (int)(cp - LOW_CHARS) : (int)(cp - MIDDLE_CHARS) + 0x7f;
}

void bpe_spell_bytes(const char *bytes, size_t n, buf *out)
{
    char utf8[4];
    for (size_t i = 0; i < n; i++)
        buf_append(out, utf8, (size_t)utf8_encode(bpe_byte_to_char((uint8_t)bytes[i]), utf8));
}

/* ---- merges ---- */

/* Splits "left right" at the first space after its first byte and adds the pair if left, right and their sum are
 * tokens.  Returns false if there is no such space. */
static bool add_merge(vocabulary *v, str_view merge, uint32_t rank, buf *joined)
{
    if (merge.size < 3)
        return false;
    const char *const space = memchr(merge.data + 1, ' ', merge.size - 1);
    if (space == NULL)
        return false;
    const size_t n_left = (size_t)(space - merge.data), n_right = merge.size - n_left - 1;
    if (n_right == 0)
        return false;
    buf_clear(joined);
    buf_append(joined, merge.data, n_left);
    buf_append(joined, space + 1, n_right);
    const int32_t left = vocab_lookup(v, merge.data, n_left);
    const int32_t right = vocab_lookup(v, space + 1, n_right);
    const int32_t result = vocab_lookup(v, buf_str(joined), joined->size);
    if (left >= 0 && right >= 0 && result >= 0)
        pair_map_add(&v->merges, left, right, (merge_pair){.priority = rank, .result = result});
    return true;
}

sw_code bpe_load_merges(vocabulary *v, const gguf_array *merges, sw_err *err)
{
    if (merges->type != GGUF_STRING)
        return sw_fail(err, SW_EFORMAT, "tokenizer.ggml.merges is missing or not an array of strings");
    if (!pair_map_init(&v->merges, merges->n))
        return sw_fail(err, SW_ENOMEM, "not enough memory for %zu merges", merges->n);
    buf joined;
    buf_init(&joined, LIMIT_GGUF_HEADER_BYTES);
    sw_code code = SW_OK;
    for (size_t r = 0; code == SW_OK && r < merges->n; r++) {
        if (!add_merge(v, gguf_array_str(merges, r), (uint32_t)r, &joined))
            code = sw_fail(err, SW_EFORMAT, "tokenizer.ggml.merges[%zu] is not two texts with a space between", r);
        else if (joined.failed != SW_OK)
            code = sw_fail(err, SW_ENOMEM, "not enough memory for the merges of the vocabulary");
    }
    buf_free(&joined);
    return code;
}

/* ---- encoding ---- */

static bool find_merge(const void *ud, const symbol *left, const symbol *right, merge_pair *out)
{
    const vocabulary *const v = ud;
    return pair_map_find(&v->merges, left->id, right->id, out);
}

/* The token whose text is the whole piece, or TOKEN_NONE. */
static int32_t whole_word(encoder *e, const char *piece, size_t n)
{
    if (n > e->v->text_max)
        return TOKEN_NONE;
    buf_clear(&e->text);
    bpe_spell_bytes(piece, n, &e->text);
    return vocab_lookup(e->v, buf_str(&e->text), e->text.size);
}

/* Appends the ids of the merged symbols.  A byte without a token is dropped, as in the reference. */
static bool emit(const encoder *e)
{
    for (uint32_t i = 0; i != SYMBOL_END; i = e->merger.symbols[i].next) {
        const int32_t id = e->merger.symbols[i].id;
        if (id != TOKEN_NONE && !token_list_push(e->out, id))
            return false;
    }
    return true;
}

static bool encode_piece(encoder *e, const char *piece, size_t n)
{
    if (pretokenizer_takes_whole_words(e->v->pretokenizer)) {
        const int32_t id = whole_word(e, piece, n);
        if (id != TOKEN_NONE)
            return token_list_push(e->out, id);
    }
    merger_clear(&e->merger);
    for (size_t i = 0; i < n; i++) {
        if (!merger_add(&e->merger, i, 1, e->v->byte_ids[(uint8_t)piece[i]]))
            return false;
    }
    return merger_run(&e->merger, find_merge, e->v) && emit(e);
}

bool bpe_encode(encoder *e, const char *text, size_t n)
{
    if (!pretokenize(e->v->pretokenizer, text, n, &e->cuts))
        return false;
    size_t start = 0;
    for (size_t i = 0; i < e->cuts.n; i++) {
        if (!encode_piece(e, text + start, e->cuts.ends[i] - start))
            return false;
        start = e->cuts.ends[i];
    }
    return true;
}
