#include "server/experts.h"

#include "base/alloc.h"
#include "server/json_out.h"
#include "server/routes.h"

json_t *experts_counts_json(const sw_engine *engine)
{
    const sw_model_info *const info = sw_engine_info(engine);
    uint64_t *const counts = mem_calloc((size_t)info->n_experts + 1, sizeof *counts);
    json_t *const layers = counts != NULL ? json_array() : NULL;
    for (int l = 0; layers != NULL && l < info->n_layers; l++) {
        if (!sw_engine_router_counts(engine, l, counts))
            continue;
        json_t *const list = json_array();
        for (int x = 0; x < info->n_experts; x++)
            json_array_append_new(list, json_integer((json_int_t)counts[x]));
        json_array_append_new(layers, json_pack("{s:i, s:o}", "layer", l, "counts", list));
    }
    mem_free(counts);
    return layers;
}

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
