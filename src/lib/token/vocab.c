/* vocab.c - facts about tokens, and decoding. */
#include "token/vocab.h"

#include <string.h>

#include "token/vocab_internal.h"

/* Ids come from models and callers; nothing is looked up before this. */
static bool is_valid(const vocabulary *v, int32_t id)
{
    return id >= 0 && (size_t)id < v->n;
}

int vocab_size(const vocabulary *v)
{
    return (int)v->n;
}

int32_t vocab_bos(const vocabulary *v)
{
    return v->bos;
}

int32_t vocab_eos(const vocabulary *v)
{
    return v->eos;
}

bool vocab_adds_bos(const vocabulary *v)
{
    return v->adds_bos && v->bos != TOKEN_NONE;
}

bool vocab_is_eog(const vocabulary *v, int32_t id)
{
    return is_valid(v, id) && v->ends[id];
}

token_type vocab_type(const vocabulary *v, int32_t id)
{
    return is_valid(v, id) ? (token_type)v->types[id] : TOKEN_UNDEFINED;
}

int32_t vocab_find(const vocabulary *v, const char *text)
{
    return vocab_lookup(v, text, strlen(text));
}

const char *vocab_description(const vocabulary *v)
{
    return v->description;
}

/* ---- decoding ---- */

str_view vocab_piece(const vocabulary *v, int32_t id, bool render_special)
{
    const token_type type = vocab_type(v, id);
    const bool is_hidden = (type == TOKEN_CONTROL || type == TOKEN_UNKNOWN) && !render_special;
    return is_hidden || !is_valid(v, id) ? (str_view){"", 0} : v->pieces[id];
}

void vocab_decode(const vocabulary *v, const int32_t *ids, size_t n, bool render_special, buf *out)
{
    for (size_t i = 0; i < n; i++) {
        const str_view piece = vocab_piece(v, ids[i], render_special);
        const bool has_prefix = i == 0 && v->adds_space_prefix && piece.size > 0 && piece.data[0] == ' ';
        buf_append(out, piece.data + has_prefix, piece.size - has_prefix);
    }
}

/* Texts as spelled in the file are never shorter than what they stand for. */
size_t vocab_token_bytes_max(const vocabulary *v)
{
    return v->text_max > 0 ? v->text_max : 1;
}

/* ---- white space after special tokens ---- */

size_t vocab_leading_space(const char *text, size_t n)
{
    size_t i = 0;
    while (i < n && (text[i] == ' ' || (text[i] >= '\t' && text[i] <= '\r')))
        i++;
    return i;
}

bool vocab_strips_right(const vocabulary *v, int32_t id)
{
    const token_type type = vocab_type(v, id);
    if (!v->strips_right || (type != TOKEN_CONTROL && type != TOKEN_UNKNOWN && type != TOKEN_USER))
        return false;
    const str_view text = v->texts[id];
    return !str_view_eq(text, "<unk>") && !str_view_eq(text, "<s>") && !str_view_eq(text, "<|endoftext|>");
}
