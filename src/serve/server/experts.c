#include "json/experts_json.h"

#include "json/json_out.h"
#include "server/routes.h"

void experts_route(conn *c, const char *rest)
{
    (void)rest;
    server_state *const s = c->server;
    json_t *experts = NULL;
    pthread_mutex_lock(&s->engine_lock);
    const bool is_loaded = s->engine != NULL;
    if (is_loaded) {
        const sw_model_info *const info = sw_engine_info(s->engine);
        experts =
            json_pack("{s:s, s:s, s:i, s:i, s:o}", "object", "experts", "model", s->loaded->id, "n_expert",
                      info->n_experts, "n_expert_used", info->n_experts_used, "layers", experts_counts_json(s->engine));
    }
    pthread_mutex_unlock(&s->engine_lock);
    if (experts == NULL) {
        api_error error;
        if (is_loaded)
            api_fail(&error, API_OUT_OF_MEMORY, NULL, "out of memory for the JSON document");
        else
            api_fail(&error, API_NO_MODEL, NULL, "no model is loaded");
        http_reply_error(c, &error);
        return;
    }
    buf out;
    buf_init(&out, 1 << 24);
    json_write(&out, experts);
    http_reply(c, 200, &out);
}
