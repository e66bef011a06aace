/* llama_routes.c - llama-server's own URLs: completions, text to tokens and back, and what it has and this server does
 * not. */
#include <string.h>

#include "dialects/llama_completion.h"
#include "dialects/llama_tokens.h"
#include "server/errand.h"
#include "server/exchange.h"
#include "server/routes.h"

void llama_completion_route(http_conn *c, void *ud)
{
    exchange_begin(ud, c, &LLAMA_COMPLETION);
}

/* ---- POST /tokenize, POST /detokenize --------------------------------------------------------------------------- */

static bool read_tokenize(errand *e, const char *body, size_t n)
{
    return llama_tokenize_parse(e->data, &e->request, body, n, &e->error);
}

static void tokenize(errand *e, const model_handle *handle)
{
    const llama_tokens_request *const t = e->data;
    sw_engine *const engine = model_handle_engine(handle);
    const sw_tokenizer *const tokenizer = sw_engine_tokenizer(engine);
    int32_t *ids;
    size_t n;
    sw_err err = {0};
    if (sw_tokenizer_encode(tokenizer, t->content, strlen(t->content), &t->options, &ids, &n, &err) == SW_OK)
        llama_tokens_write(&e->answer, tokenizer, ids, n, t->with_pieces);
    else
        api_from_engine(&e->error, &err, sw_engine_get_state(engine).n_ctx);
    if (e->answer.failed == SW_ELIMIT)
        api_fail(&e->error, API_INVALID_VALUE, "content",
                 "the answer for %zu tokens would be longer than %zu bytes; send the text in parts", n, e->answer.max);
    sw_tokens_free(ids);
}

void tokenize_route(http_conn *c, void *ud)
{
    static const errand_kind KIND = {.family = &LLAMA_COMPLETION,
                                     .read = read_tokenize,
                                     .work = tokenize,
                                     .data_bytes = sizeof(llama_tokens_request)};
    errand_begin(ud, c, &KIND);
}

static bool read_detokenize(errand *e, const char *body, size_t n)
{
    return llama_detokenize_parse(e->data, &e->request, body, n, &e->error);
}

static void detokenize(errand *e, const model_handle *handle)
{
    (void)llama_text_write(&e->answer, sw_engine_tokenizer(model_handle_engine(handle)), e->data, &e->error);
}

void detokenize_route(http_conn *c, void *ud)
{
    static const errand_kind KIND = {.family = &LLAMA_COMPLETION,
                                     .read = read_detokenize,
                                     .work = detokenize,
                                     .data_bytes = sizeof(llama_tokens_request)};
    errand_begin(ud, c, &KIND);
}

/* ---- what llama-server has, and this server does not ------------------------------------------------------------ */

void llama_refusal_route(http_conn *c, void *ud)
{
    (void)ud;
    static const struct {
        const char *route, *message;
    } ROWS[] = {
        {"/infill", "/infill is not supported: the models that this build runs have no tokens for filling in"},
        {"/embedding", "/embedding is not supported; POST /v1/embeddings returns vectors of texts"},
        {"/props", "properties cannot be changed while the server runs; they are options of 'spillway serve'"},
        {"/slots/", "the cache of a slot can neither be saved nor restored nor erased"},
        {"/lora-adapters", "this server has no LoRA adapters"},
        {"", "this server does not rank documents"},
    };
    size_t i = 0;
    while (ROWS[i].route[0] != '\0' && strcmp(ROWS[i].route, http_request_of(c)->route) != 0)
        i++;
    api_error error;
    api_fail(&error, API_NOT_SUPPORTED, NULL, "%s", ROWS[i].message);
    reply_error(c, &LLAMA_COMPLETION, &error);
}
