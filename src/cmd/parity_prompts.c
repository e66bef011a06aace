/* parity_prompts.c - texts to token ids. */
#include "cmd/parity_prompts.h"

#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "protocol/protocol.h"
#include "spillway.h"

static sw_code put_text(token_lines *out, const sw_tokenizer *tok, const char *name, const char *text, size_t n_bytes,
                        size_t n_max, sw_err *err)
{
    const sw_encode_options options = {.add_special = true};
    int32_t *ids;
    size_t n;
    sw_code code = sw_tokenizer_encode(tok, text, n_bytes, &options, &ids, &n, err);
    if (code != SW_OK)
        return code;
    code = n > 0 ? token_lines_put(out, ids, n < n_max ? n : n_max, err)
                 : sw_fail(err, SW_EINVAL, "the prompt '%s' is empty", name);
    sw_tokens_free(ids);
    return code;
}

static sw_code put_files(token_lines *out, const sw_tokenizer *tok, const parity_source *source, sw_err *err)
{
    sw_code code = SW_OK;
    for (size_t i = 0; i < source->files.n && code == SW_OK; i++) {
        const char *const path = source->files.values[i];
        char *text;
        size_t n;
        code = file_slurp(path, LIMIT_PROMPT_BYTES, &text, &n, err);
        if (code == SW_OK) {
            code = put_text(out, tok, path, text, n, source->n_tokens_max, err);
            mem_free(text);
        }
    }
    return code;
}

static sw_code put_protocol(token_lines *out, const sw_tokenizer *tok, const parity_source *source, sw_err *err)
{
    bench_protocol *protocol;
    sw_code code = protocol_load(&protocol, source->protocol, err);
    if (code != SW_OK)
        return code;
    for (size_t i = 0; i < protocol->n_tests && code == SW_OK; i++) {
        const test_plan *const plan = &protocol->tests[i].plan;
        code = put_text(out, tok, plan->name, plan->prompt, strlen(plan->prompt), source->n_tokens_max, err);
    }
    protocol_free(protocol);
    return code;
}

sw_code parity_prompts_read(token_lines *out, const char *model, const parity_source *source, sw_err *err)
{
    sw_tokenizer *tok;
    sw_code code = sw_tokenizer_open(&tok, model, err);
    if (code != SW_OK)
        return code;
    code = source->files.n > 0 ? put_files(out, tok, source, err) : put_protocol(out, tok, source, err);
    sw_tokenizer_close(tok);
    return code;
}
