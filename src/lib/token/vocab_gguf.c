/* vocab_gguf.c - a vocabulary from the metadata of a model file.
 *
 * The metadata is untrusted: every array is checked against the number of tokens, every id against the vocabulary.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "token/bpe.h"
#include "token/vocab.h"
#include "token/vocab_build.h"

#define KEY(name) "tokenizer.ggml." name

/* An absent or unknown "pre" selects the default; the description names an unknown one. */
static void choose_pretokenizer(vocabulary *v, str_view pre)
{
    static const str_view DEFAULT = {"default", 7};
    const pretokenizer *const known = pretokenizer_find(pre.size > 0 ? pre : DEFAULT);
    v->pretokenizer = known != NULL ? known : pretokenizer_find(DEFAULT);
    const char *const name = pretokenizer_name(v->pretokenizer);
    if (known != NULL)
        snprintf(v->description, sizeof v->description, "gpt2/%s", name);
    else
        snprintf(v->description, sizeof v->description, "gpt2/%s (the file's pre-tokenizer \"%.*s\" is not known)",
                 name, pre.size < 40 ? (int)pre.size : 40, pre.data);
}

static sw_code read_model(const gguf_file *g, vocab_model *out, sw_err *err)
{
    str_view model;
    const sw_code code = gguf_str(g, KEY("model"), &model, err);
    if (code != SW_OK)
        return code;
    if (model.data == NULL)
        return sw_fail(err, SW_EFORMAT, "the file has no key " KEY("model") ", so its text cannot be tokenized");
    if (!str_view_eq(model, "gpt2") && !str_view_eq(model, "llama"))
        return sw_fail(err, SW_EUNSUPPORTED, KEY("model") " is \"%.*s\"; this build knows \"gpt2\" and \"llama\"",
                       model.size < 40 ? (int)model.size : 40, model.data);
    *out = str_view_eq(model, "gpt2") ? VOCAB_BPE : VOCAB_SPM;
    return SW_OK;
}

/* Reads an array that has one element per token if it is present. */
static sw_code read_array(const gguf_file *g, const char *key, size_t n_tokens, gguf_array *out, sw_err *err)
{
    const sw_code code = gguf_get_array(g, key, out, err);
    if (code == SW_OK && out->n > 0 && out->n != n_tokens)
        return sw_fail(err, SW_EFORMAT, "%s has %zu elements for %zu tokens", key, out->n, n_tokens);
    return code;
}

/* Tokens without a text get one, as in other engines, so that two of them are not duplicates. */
static str_view text_of(const gguf_array *tokens, size_t i, char empty_name[24])
{
    const str_view text = gguf_array_str(tokens, i);
    if (text.size > 0)
        return text;
    const int n = snprintf(empty_name, 24, "[EMPTY_%zu]", i);
    return (str_view){.data = empty_name, .size = (size_t)n};
}

static sw_code add_tokens(vocabulary *v, const gguf_array *tokens, const gguf_array *types, sw_err *err)
{
    for (size_t i = 0; i < tokens->n; i++) {
        char empty_name[24];
        int64_t type = TOKEN_NORMAL;
        if (types->n > 0 && (!gguf_array_int(types, i, &type) || type < TOKEN_UNDEFINED || type > TOKEN_BYTE))
            return sw_fail(err, SW_EFORMAT, KEY("token_type") "[%zu] is not a token type (0 to 6)", i);
        vocab_add(v, text_of(tokens, i, empty_name), (token_type)type);
    }
    return vocab_index(v, err);
}

/* Reads the texts and types; *out is the vocabulary so far. */
static sw_code read_tokens(const gguf_file *g, vocab_model model, vocabulary **out, sw_err *err)
{
    gguf_array tokens, types;
    sw_code code = gguf_get_array(g, KEY("tokens"), &tokens, err);
    if (code != SW_OK)
        return code;
    if (tokens.n == 0 || tokens.type != GGUF_STRING)
        return sw_fail(err, SW_EFORMAT, KEY("tokens") " is missing, empty or not an array of strings");
    if (tokens.n > LIMIT_VOCAB_TOKENS)
        return sw_fail(err, SW_ELIMIT, KEY("tokens") " has %zu elements; at most %d are read", tokens.n,
                       LIMIT_VOCAB_TOKENS);
    code = read_array(g, KEY("token_type"), tokens.n, &types, err);
    if (code != SW_OK)
        return code;
    size_t text_bytes = 0;
    for (size_t i = 0; i < tokens.n; i++) {
        char empty_name[24];
        text_bytes += text_of(&tokens, i, empty_name).size;
    }
    *out = vocab_alloc(model, tokens.n, text_bytes);
    if (*out == NULL)
        return sw_fail(err, SW_ENOMEM, "not enough memory for a vocabulary of %zu tokens", tokens.n);
    return add_tokens(*out, &tokens, &types, err);
}

static sw_code read_scores(const gguf_file *g, vocabulary *v, sw_err *err)
{
    gguf_array scores;
    const sw_code code = read_array(g, KEY("scores"), v->n, &scores, err);
    if (code != SW_OK)
        return code;
    if (scores.n == 0)
        return sw_fail(err, SW_EFORMAT, KEY("scores") " is missing: without it \"llama\" text cannot be tokenized");
    for (size_t i = 0; i < v->n; i++) {
        double score;
        if (!gguf_array_real(&scores, i, &score) || !isfinite((float)score))
            return sw_fail(err, SW_EFORMAT, KEY("scores") "[%zu] is not a finite number", i);
        v->scores[i] = (float)score;
    }
    return SW_OK;
}

/* What each family reads besides tokens and types. */
static sw_code read_bpe(const gguf_file *g, vocabulary *v, sw_err *err)
{
    str_view pre;
    gguf_array merges;
    sw_code code = gguf_str(g, KEY("pre"), &pre, err);
    if (code != SW_OK)
        return code;
    choose_pretokenizer(v, pre);
    code = gguf_get_array(g, KEY("merges"), &merges, err);
    return code == SW_OK ? bpe_load_merges(v, &merges, err) : code;
}

static sw_code read_spm(const gguf_file *g, vocabulary *v, sw_err *err)
{
    snprintf(v->description, sizeof v->description, "llama");
    const sw_code code = gguf_bool(g, KEY("add_space_prefix"), true, &v->adds_space_prefix, err);
    return code == SW_OK ? read_scores(g, v, err) : code;
}

/* A token id; one outside the vocabulary counts as absent, and so does -1, which some converters write. */
static sw_code read_id(const gguf_file *g, const vocabulary *v, const char *key, int32_t fallback, int32_t *out,
                       sw_err *err)
{
    int64_t id;
    const sw_code code = gguf_i64(g, key, fallback, &id, err);
    if (code == SW_OK)
        *out = id >= 0 && id < (int64_t)v->n ? (int32_t)id : TOKEN_NONE;
    return code;
}

static sw_code read_special_ids(const gguf_file *g, vocabulary *v, sw_err *err)
{
    const bool is_spm = v->model == VOCAB_SPM;
    const struct {
        const char *key;
        int32_t fallback;
        int32_t *id; // NULL: used only to mark a token that ends a generation
    } ids[] = {
        {KEY("bos_token_id"), is_spm ? 1 : TOKEN_NONE, &v->bos},
        {KEY("unknown_token_id"), is_spm ? 0 : TOKEN_NONE, &v->unk},
        {KEY("eos_token_id"), is_spm ? 2 : TOKEN_NONE, &v->eos},
        {KEY("eot_token_id"), TOKEN_NONE, NULL},
        {KEY("eom_token_id"), TOKEN_NONE, NULL},
        {KEY("fim_pad_token_id"), TOKEN_NONE, NULL},
        {KEY("fim_rep_token_id"), TOKEN_NONE, NULL},
        {KEY("fim_sep_token_id"), TOKEN_NONE, NULL},
    };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        int32_t id;
        const sw_code code = read_id(g, v, ids[i].key, ids[i].fallback, &id, err);
        if (code != SW_OK)
            return code;
        if (ids[i].id != NULL)
            *ids[i].id = id;
        if (id != TOKEN_NONE && ids[i].id != &v->bos && ids[i].id != &v->unk)
            v->ends[id] = true;
    }
    return SW_OK;
}

static sw_code read_flags(const gguf_file *g, vocabulary *v, sw_err *err)
{
    const bool adds_bos = v->model == VOCAB_SPM || pretokenizer_adds_bos(v->pretokenizer);
    str_view arch;
    sw_code code = gguf_bool(g, KEY("add_bos_token"), adds_bos, &v->adds_bos, err);
    if (code == SW_OK)
        code = gguf_bool(g, KEY("add_eos_token"), false, &v->adds_eos, err);
    if (code == SW_OK)
        code = gguf_str(g, "general.architecture", &arch, err);
    if (code != SW_OK)
        return code;
    // Files do not store this property of Phi-3's special tokens; the id of <|end|> identifies its vocabulary.
    v->strips_right = (str_view_eq(arch, "phi3") || str_view_eq(arch, "phimoe")) && vocab_find(v, "<|end|>") == 32007;
    return SW_OK;
}

static sw_code read_vocab(const gguf_file *g, vocabulary **v, sw_err *err)
{
    vocab_model model = VOCAB_BPE;
    sw_code code = read_model(g, &model, err);
    if (code == SW_OK)
        code = read_tokens(g, model, v, err);
    if (code == SW_OK)
        code = model == VOCAB_BPE ? read_bpe(g, *v, err) : read_spm(g, *v, err);
    if (code == SW_OK)
        code = read_special_ids(g, *v, err);
    if (code == SW_OK)
        code = read_flags(g, *v, err);
    return code == SW_OK ? vocab_finish(*v, err) : code;
}

sw_code vocab_from_gguf(vocabulary **out, const gguf_file *g, sw_err *err)
{
    vocabulary *v = NULL;
    const sw_code code = read_vocab(g, &v, err);
    if (code != SW_OK) {
        vocab_free(v);
        v = NULL;
    }
    *out = v;
    return code;
}
