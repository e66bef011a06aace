#include "token/vocab.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "token/bpe.h"
#include "token/encoder.h"
#include "token/spm.h"
#include "token/vocab_internal.h"

bool sw_tokens_push(sw_tokens *t, int32_t id)
{
    if (!sw_grow(&t->ids, &t->cap, t->n + 1, sizeof *t->ids))
        return false;
    t->ids[t->n++] = id;
    return true;
}

void sw_tokens_clear(sw_tokens *t)
{
    sw_free(t->ids);
    *t = (sw_tokens){0};
}

void sw_vocab_free(sw_vocab *v)
{
    if (v == NULL)
        return;
    sw_free(v->arena);
    sw_free(v->texts);
    sw_free(v->pieces);
    sw_free(v->types);
    sw_free(v->ends);
    sw_free(v->scores);
    sw_strmap_free(&v->map);
    sw_pair_map_free(&v->merges);
    sw_special_lengths_free(&v->specials);
    sw_free(v);
}

static bool is_valid(const sw_vocab *v, int32_t id)
{
    return id >= 0 && (size_t)id < v->n;
}

int sw_vocab_size(const sw_vocab *v)
{
    return (int)v->n;
}

int32_t sw_vocab_bos(const sw_vocab *v)
{
    return v->bos;
}

int32_t sw_vocab_eos(const sw_vocab *v)
{
    return v->eos;
}

bool sw_vocab_adds_bos(const sw_vocab *v)
{
    return v->adds_bos && v->bos != SW_TOKEN_NONE;
}

bool sw_vocab_is_eog(const sw_vocab *v, int32_t id)
{
    return is_valid(v, id) && v->ends[id];
}

sw_token_type sw_vocab_type(const sw_vocab *v, int32_t id)
{
    return is_valid(v, id) ? (sw_token_type)v->types[id] : SW_TOKEN_UNDEFINED;
}

int32_t sw_vocab_find(const sw_vocab *v, const char *text)
{
    return sw__vocab_lookup(v, text, strlen(text));
}

const char *sw_vocab_description(const sw_vocab *v)
{
    return v->description;
}

/* ---- decoding ---- */

sw_str sw_vocab_piece(const sw_vocab *v, int32_t id, bool render_special)
{
    const sw_token_type type = sw_vocab_type(v, id);
    const bool is_hidden = (type == SW_TOKEN_CONTROL || type == SW_TOKEN_UNKNOWN) && !render_special;
    return is_hidden || !is_valid(v, id) ? (sw_str){"", 0} : v->pieces[id];
}

void sw_vocab_decode(const sw_vocab *v, const int32_t *ids, size_t n, bool render_special, sw_buf *out)
{
    for (size_t i = 0; i < n; i++) {
        const sw_str piece = sw_vocab_piece(v, ids[i], render_special);
        const bool has_prefix = i == 0 && v->adds_space_prefix && piece.size > 0 && piece.data[0] == ' ';
        sw_buf_append(out, piece.data + has_prefix, piece.size - has_prefix);
    }
}

/* ---- encoding ---- */

size_t sw_leading_space(const char *text, size_t n)
{
    size_t i = 0;
    while (i < n && (text[i] == ' ' || (text[i] >= '\t' && text[i] <= '\r')))
        i++;
    return i;
}

bool sw_vocab_strips_right(const sw_vocab *v, int32_t id)
{
    const sw_token_type type = sw_vocab_type(v, id);
    if (!v->strips_right || (type != SW_TOKEN_CONTROL && type != SW_TOKEN_UNKNOWN && type != SW_TOKEN_USER))
        return false;
    const sw_str text = v->texts[id];
    return !sw_str_eq(text, "<unk>") && !sw_str_eq(text, "<s>") && !sw_str_eq(text, "<|endoftext|>");
}

static bool encode_text(sw_encoder *e, const char *text, size_t n)
{
    return e->v->model == SW_VOCAB_BPE ? sw__bpe_encode(e, text, n) : sw__spm_encode(e, text, n);
}

static bool encode_fragments(sw_encoder *e, const char *text, const sw_fragments *fragments)
{
    for (size_t i = 0; i < fragments->n; i++) {
        const sw_fragment *const f = &fragments->items[i];
        const bool ok =
            f->id != SW_TOKEN_NONE ? sw_tokens_push(e->out, f->id) : encode_text(e, text + f->start, f->end - f->start);
        if (!ok)
            return false;
    }
    return true;
}

static bool encode(const sw_vocab *v, const char *text, size_t n, bool add_special, bool parse_special, sw_tokens *out)
{
    sw_encoder e = {.v = v, .out = out};
    sw_buf_init(&e.text, SIZE_MAX / 2);
    sw_fragments fragments = {0};
    bool ok = sw_special_split(v, text, n, parse_special, &fragments);
    if (ok && add_special && sw_vocab_adds_bos(v))
        ok = sw_tokens_push(out, v->bos);
    ok = ok && encode_fragments(&e, text, &fragments);
    if (ok && add_special && v->adds_eos && v->eos != SW_TOKEN_NONE)
        ok = sw_tokens_push(out, v->eos);
    sw_fragments_free(&fragments);
    sw_merger_free(&e.merger);
    sw_cuts_free(&e.cuts);
    sw_buf_free(&e.text);
    return ok;
}

sw_code sw_vocab_encode(const sw_vocab *v, const char *text, size_t n, bool add_special, bool parse_special,
                        sw_tokens *out, sw_err *err)
{
    if (n > SW_LIMIT_PROMPT_BYTES)
        return sw_fail(err, SW_ELIMIT, "the text has %zu bytes; at most %d can be tokenized at once", n,
                       SW_LIMIT_PROMPT_BYTES);
    const size_t n_before = out->n;
    if (encode(v, text, n, add_special, parse_special, out))
        return SW_OK;
    out->n = n_before;
    return sw_fail(err, SW_ENOMEM, "not enough memory to tokenize %zu bytes", n);
}
