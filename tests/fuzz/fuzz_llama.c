/* fuzz_llama.c - llama-server's completions, and text to tokens and back. */
#include "dialects/llama_completion.h"
#include "dialects/llama_tokens.h"
#include "fuzz_dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static sw_tokenizer *tokenizer; // the stub's: the same for all inputs

/* The answer is JSON, or there is an error that can be written. */
static void check_answer(buf *out, const api_error *error)
{
    json_t *const value = json_loadb(buf_str(out), out->size, JSON_ALLOW_NUL, NULL);
    if (error->what == API_OK)
        check(out->failed == SW_OK && value != NULL);
    else
        check_refusal(&LLAMA_COMPLETION, error);
    json_decref(value);
    buf_free(out);
}

static void fuzz_tokenize(const char *body, size_t size)
{
    llama_tokens_request t;
    generation_request owner;
    api_error error = {0};
    buf out;
    buf_init(&out, (size_t)1 << 26);
    if (llama_tokenize_parse(&t, &owner, body, size, &error)) {
        int32_t *ids;
        size_t n;
        check(sw_tokenizer_encode(tokenizer, t.content, strlen(t.content), &t.options, &ids, &n, NULL) == SW_OK);
        llama_tokens_write(&out, tokenizer, ids, n, t.with_pieces);
        sw_tokens_free(ids);
    }
    check_answer(&out, &error);
    generation_request_free(&owner);
}

static void fuzz_detokenize(const char *body, size_t size)
{
    llama_tokens_request t;
    generation_request owner;
    api_error error = {0};
    buf out;
    buf_init(&out, (size_t)1 << 26);
    if (llama_detokenize_parse(&t, &owner, body, size, &error))
        (void)llama_text_write(&out, tokenizer, &t, &error);
    check_answer(&out, &error);
    generation_request_free(&owner);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (tokenizer == NULL)
        check(sw_tokenizer_open(&tokenizer, "stub:", NULL) == SW_OK);
    fuzz_dialect(&LLAMA_COMPLETION, /*is_json=*/true, data, size);
    fuzz_tokenize((const char *)data, size);
    fuzz_detokenize((const char *)data, size);
    return 0;
}
