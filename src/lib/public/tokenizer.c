/* tokenizer.c - the public tokenizer: a vocabulary, read from a model file without its weights. */
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"
#include "engine/stub.h"
#include "public/handle.h"

/* Reads the header and closes the file: a vocabulary keeps no view of it. */
static sw_code open_vocab(vocabulary **out, const char *path, sw_err *err)
{
    if (strcmp(path, "stub:") == 0)
        return stub_vocab(out, err);
    gguf_file *g;
    sw_code code = gguf_open(&g, path, err);
    if (code != SW_OK)
        return code;
    code = vocab_from_gguf(out, g, err);
    gguf_close(g);
    return code;
}

sw_code sw_tokenizer_open(sw_tokenizer **out, const char *path, sw_err *err)
{
    *out = NULL;
    sw_tokenizer *const t = mem_calloc(1, sizeof *t);
    if (t == NULL)
        return sw_fail(err, SW_ENOMEM, "tokenizer: out of memory");
    const sw_code code = open_vocab(&t->vocab, path, err);
    if (code != SW_OK) {
        mem_free(t);
        return code;
    }
    *out = t;
    return SW_OK;
}

void sw_tokenizer_close(sw_tokenizer *t)
{
    if (t == NULL)
        return;
    vocab_free(t->vocab);
    mem_free(t);
}

int sw_tokenizer_n_vocab(const sw_tokenizer *t)
{
    return vocab_size(t->vocab);
}

sw_code sw_tokenizer_encode(const sw_tokenizer *t, const char *text, size_t n_bytes, const sw_encode_options *options,
                            int32_t **ids_out, size_t *n_out, sw_err *err)
{
    static const sw_encode_options DEFAULTS;
    const sw_encode_options *const o = options != NULL ? options : &DEFAULTS;
    *ids_out = NULL;
    *n_out = 0;
    if (n_bytes > LIMIT_PROMPT_BYTES)
        return sw_fail(err, SW_ELIMIT, "text: it has %zu bytes, at most %d are accepted", n_bytes, LIMIT_PROMPT_BYTES);
    token_list tokens = {0};
    const sw_code code = vocab_encode(t->vocab, text, n_bytes, o->add_special, o->parse_special, &tokens, err);
    if (code != SW_OK) {
        token_list_clear(&tokens);
        return code;
    }
    *ids_out = tokens.ids != NULL ? tokens.ids : mem_alloc(0); // a pointer to free even when there is nothing
    *n_out = tokens.n;
    return *ids_out != NULL ? SW_OK : sw_fail(err, SW_ENOMEM, "tokenizer: out of memory");
}

sw_code sw_tokenizer_decode(const sw_tokenizer *t, const int32_t *ids, size_t n, bool render_special, char **text_out,
                            size_t *n_bytes_out, sw_err *err)
{
    buf text;
    buf_init(&text, LIMIT_PROMPT_BYTES);
    vocab_decode(t->vocab, ids, n, render_special, &text);
    const bool is_too_long = text.failed == SW_ELIMIT;
    *n_bytes_out = text.size;
    *text_out = buf_take(&text);
    if (*text_out != NULL)
        return SW_OK;
    *n_bytes_out = 0;
    if (is_too_long)
        return sw_fail(err, SW_ELIMIT, "tokens: their text is longer than %d bytes", LIMIT_PROMPT_BYTES);
    return sw_fail(err, SW_ENOMEM, "tokenizer: out of memory");
}

const char *sw_tokenizer_piece(const sw_tokenizer *t, int32_t id, size_t *n_bytes_out)
{
    const str_view piece = vocab_piece(t->vocab, id, /*render_special=*/true);
    *n_bytes_out = piece.size;
    return piece.data;
}

void sw_tokens_free(int32_t *ids)
{
    mem_free(ids);
}

void sw_text_free(char *text)
{
    mem_free(text);
}
