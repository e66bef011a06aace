#include "token/vocab.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "token/bpe.h"
#include "token/encoder.h"
#include "token/spm.h"
#include "token/vocab_internal.h"

bool token_list_push(token_list *t, int32_t id)
{
    if (!mem_grow(&t->ids, &t->cap, t->n + 1, sizeof *t->ids))
        return false;
    t->ids[t->n++] = id;
    return true;
}

void token_list_clear(token_list *t)
{
    mem_free(t->ids);
    *t = (token_list){0};
}

void vocab_free(vocabulary *v)
{
    if (v == NULL)
        return;
    mem_free(v->arena);
    mem_free(v->texts);
    mem_free(v->pieces);
    mem_free(v->types);
    mem_free(v->ends);
    mem_free(v->scores);
    strmap_free(&v->map);
    pair_map_free(&v->merges);
    special_lengths_free(&v->specials);
    mem_free(v);
}

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

/* ---- encoding ---- */

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

static bool encode_text(encoder *e, const char *text, size_t n)
{
    return e->v->model == VOCAB_BPE ? bpe_encode(e, text, n) : spm_encode(e, text, n);
}

static bool encode_fragments(encoder *e, const char *text, const fragment_list *fragments)
{
    for (size_t i = 0; i < fragments->n; i++) {
        const fragment *const f = &fragments->items[i];
        const bool ok =
            f->id != TOKEN_NONE ? token_list_push(e->out, f->id) : encode_text(e, text + f->start, f->end - f->start);
        if (!ok)
            return false;
    }
    return true;
}

static bool encode(const vocabulary *v, const char *text, size_t n, bool add_special, bool parse_special,
                   token_list *out)
{
    encoder e = {.v = v, .out = out};
    buf_init(&e.text, SIZE_MAX / 2);
    fragment_list fragments = {0};
    bool ok = special_split(v, text, n, parse_special, &fragments);
    if (ok && add_special && vocab_adds_bos(v))
        ok = token_list_push(out, v->bos);
    ok = ok && encode_fragments(&e, text, &fragments);
    if (ok && add_special && v->adds_eos && v->eos != TOKEN_NONE)
        ok = token_list_push(out, v->eos);
    fragment_list_free(&fragments);
    merger_free(&e.merger);
    cuts_free(&e.cuts);
    buf_free(&e.text);
    return ok;
}

sw_code vocab_encode(const vocabulary *v, const char *text, size_t n, bool add_special, bool parse_special,
                     token_list *out, sw_err *err)
{
    if (n > LIMIT_PROMPT_BYTES)
        return sw_fail(err, SW_ELIMIT, "the text has %zu bytes; at most %d can be tokenized at once", n,
                       LIMIT_PROMPT_BYTES);
    const size_t n_before = out->n;
    if (encode(v, text, n, add_special, parse_special, out))
        return SW_OK;
    out->n = n_before;
    return sw_fail(err, SW_ENOMEM, "not enough memory to tokenize %zu bytes", n);
}
