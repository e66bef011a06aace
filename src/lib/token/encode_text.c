/* encode_text.c - text to ids: special tokens first, then the merging of the vocabulary's family on what lies between.
 */
#include "base/limits.h"
#include "token/bpe.h"
#include "token/special_split.h"
#include "token/spm.h"
#include "token/vocab.h"

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
