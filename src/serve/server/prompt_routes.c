/* prompt_routes.c - what a model would be given: the prompt of a chat. */
#include "dialects/openai_chat.h"
#include "server/errand.h"
#include "server/routes.h"
#include "json/json_out.h"

/* ---- POST /apply-template --------------------------------------------------------------------------------------- */

static void apply_template(errand *e, const model_handle *handle)
{
    char *prompt = NULL;
    sw_err err = {0};
    sw_engine *const engine = model_handle_engine(handle);
    if (sw_engine_render(engine, &e->request.core, &prompt, &err) == SW_OK)
        json_write(&e->answer, json_pack("{s:s}", "prompt", prompt));
    else
        api_from_engine(&e->error, &err, sw_engine_get_state(engine).n_ctx);
    sw_text_free(prompt);
}

void apply_template_route(http_conn *c, void *ud)
{
    static const errand_kind KIND = {.family = &OPENAI_CHAT, .work = apply_template};
    errand_begin(ud, c, &KIND);
}
