/* llama_state_routes.c - GET /props and GET /slots: what llama-server says of its model and of its sequences.
 *
 * Both are about the model that was used last, or that of the parameter `model`.  No text of a prompt is shown, and of
 * the model's path only the file's name.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "dialects/llama_completion.h"
#include "server/experts_query.h"
#include "server/routes.h"
#include "json/json_out.h"

/* Answers with the document that `look` makes of the engine (NULL: memory was short), or with an error. */
static void reply_of_engine(http_conn *c, server *s,
                            void (*look)(void *ud, const model_entry *model, sw_engine *engine))
{
    experts_query query;
    api_error error;
    json_t *document = NULL;
    if (experts_query_read(s, c, EXPERTS_MODEL, &query, &error) &&
        experts_query_visit(s, &query, look, &document, &error)) {
        reply_json(c, document);
        return;
    }
    if (error.what == API_NO_MODEL && query.model == NULL)
        (void)server_is_ready(s, &error); // the reason, if a model is being loaded or there is none to load
    reply_error(c, &LLAMA_COMPLETION, &error);
}

/* ---- GET /props ------------------------------------------------------------------------------------------------- */

/* The values of members that a request leaves out; -1: no limit, and a seed that is drawn. */
static json_t *params_json(void)
{
    const sw_sampling d = sw_sampling_default();
    return json_pack("{s:i, s:i, s:i, s:o, s:i, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:[], s:b, s:b, s:i, s:b}", //
                     "n_predict", -1, "max_tokens", -1, "seed", -1,                                            //
                     "temperature", json_number((double)d.temperature), "top_k", d.top_k,                      //
                     "top_p", json_number((double)d.top_p), "min_p", json_number((double)d.min_p),             //
                     "typical_p", json_number(d.typical_p > 0 ? (double)d.typical_p : 1),                      //
                     "repeat_last_n", d.repeat_last_n,                                                         //
                     "repeat_penalty", json_number((double)d.repeat_penalty),                                  //
                     "presence_penalty", json_number((double)d.presence_penalty),                              //
                     "frequency_penalty", json_number((double)d.frequency_penalty),                            //
                     "stop", "ignore_eos", 0, "stream", 0, "n_probs", 0, "timings_per_token", 0);
}

static json_t *slot_json(int id, int n_ctx, const sw_slot *slot)
{
    return json_pack("{s:i, s:i, s:b, s:b, s:i, s:i, s:{s:i}}", "id", id, "n_ctx", n_ctx, "speculative", 0,
                     "is_processing", (int)slot->is_running, "n_tokens", slot->n_evaluated, "n_prompt_tokens",
                     slot->n_prompt, "next_token", "n_decoded", slot->n_generated);
}

static void look_at_props(void *ud, const model_entry *model, sw_engine *engine)
{
    const sw_engine_state state = sw_engine_get_state(engine);
    const sw_model_info *const info = sw_engine_info(engine);
    const char *const slash = strrchr(info->path, '/');
    char file[NAME_MAX + 1]; // without the folder, which clients need not know
    snprintf(file, sizeof file, "%s", slash != NULL ? slash + 1 : info->path);
    utf8_replace_invalid(file, strlen(file));
    json_t *settings = slot_json(0, state.n_ctx, &(sw_slot){0});
    json_put(&settings, "params", params_json());
    *(json_t **)ud = json_pack("{s:o, s:i, s:s, s:s, s:s, s:{s:b, s:b}, s:s, s:b}",   //
                               "default_generation_settings", settings,               //
                               "total_slots", state.n_seqs, "model_alias", model->id, //
                               "model_path", file,                                    //
                               "chat_format", info->chat_format,                      //
                               "modalities", "vision", 0, "audio", 0,                 //
                               "build_info", "spillway " SPILLWAY_VERSION, "is_sleeping", 0);
}

void props_route(http_conn *c, void *ud)
{
    reply_of_engine(c, ud, look_at_props);
}

/* ---- GET /slots ------------------------------------------------------------------------------------------------- */

static void look_at_slots(void *ud, const model_entry *model, sw_engine *engine)
{
    (void)model;
    const int n_ctx = sw_engine_get_state(engine).n_ctx;
    sw_slot slots[LIMIT_SEQUENCES];
    const size_t n = sw_engine_slots(engine, slots, LIMIT_SEQUENCES);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_push(&list, slot_json((int)i, n_ctx, &slots[i]));
    *(json_t **)ud = list;
}

void slots_route(http_conn *c, void *ud)
{
    server *const s = ud;
    api_error error;
    if (!s->o.no_slots) {
        reply_of_engine(c, s, look_at_slots);
        return;
    }
    api_fail(&error, API_NOT_SUPPORTED, NULL, "the server was started with --no-slots");
    reply_error(c, &LLAMA_COMPLETION, &error);
}
