/* anthropic_routes.c - Anthropic's URLs: messages, and how many tokens they have. */
#include "dialects/anthropic.h"
#include "dialects/anthropic_request.h"
#include "server/errand.h"
#include "server/exchange.h"
#include "server/routes.h"
#include "json/json_out.h"

void messages_route(http_conn *c, void *ud)
{
    exchange_begin(ud, c, &ANTHROPIC);
}

/* ---- POST /v1/messages/count_tokens ----------------------------------------------------------------------------- */

static bool read_count(errand *e, const char *body, size_t n)
{
    return anthropic_count_parse(&e->request, body, n, &e->error);
}

/* Of the whole prompt, as the model would be given it. */
static void count(errand *e, const model_handle *handle)
{
    size_t n = 0;
    sw_err err = {0};
    sw_engine *const engine = model_handle_engine(handle);
    if (sw_engine_count(engine, &e->request.core, &n, &err) == SW_OK)
        json_write(&e->answer, json_pack("{s:I}", "input_tokens", (json_int_t)n));
    else
        api_from_engine(&e->error, &err, sw_engine_get_state(engine).n_ctx);
}

void count_tokens_route(http_conn *c, void *ud)
{
    static const errand_kind KIND = {.family = &ANTHROPIC, .read = read_count, .work = count};
    errand_begin(ud, c, &KIND);
}
