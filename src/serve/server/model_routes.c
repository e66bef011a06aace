/* model_routes.c - what the server says of its models: the list, and one of them. */
#include "server/model_routes.h"

#include <stdio.h>

#include "dialects/openai_chat.h"

#include "server/routes.h"
#include "server/server_state.h"
#include "json/json_out.h"

json_t *model_parameters_json(const model_entry *m)
{
    static const char UNITS[] = " KMBT";
    char text[32];
    double n = (double)m->facts.n_params;
    size_t unit = 0;
    if (!m->has_facts)
        return json_null();
    for (; n >= 999.95 && unit + 2 < sizeof UNITS; unit++)
        n /= 1000;
    snprintf(text, sizeof text, "%.*f%.*s", unit > 0 && n < 99.95 ? 1 : 0, n, unit > 0 ? 1 : 0, &UNITS[unit]);
    return json_string(text);
}

/* ---- GET /v1/models --------------------------------------------------------------------------------------------- */

const char *model_status_name(model_status status)
{
    static const char *const NAMES[] = {[MODEL_UNLOADED] = "unloaded",
                                        [MODEL_LOADING] = "loading",
                                        [MODEL_LOADED] = "loaded",
                                        [MODEL_FAILED] = "failed"};
    return NAMES[status];
}

static json_t *status_json(const model_state *state)
{
    json_t *status = json_pack("{s:s}", "value", model_status_name(state->status));
    if (state->status == MODEL_LOADING || state->status == MODEL_LOADED)
        json_put(&status, "progress", json_number(state->progress));
    if (state->status == MODEL_FAILED)
        json_put(&status, "error", json_string(state->error));
    if (state->lost[0] != '\0')
        json_put(&status, "device_lost", json_string(state->lost));
    return status;
}

static json_t *facts_json(const model_entry *m)
{
    const model_facts *const f = &m->facts;
    if (!m->has_facts)
        return json_object();
    json_t *facts = json_pack("{s:i, s:i, s:i, s:I, s:I, s:i, s:i, s:i, s:s, s:s, s:s}", "n_vocab", f->n_vocab,
                              "n_ctx_train", f->n_ctx_train, "n_embd", f->n_embd, "n_params", (json_int_t)f->n_params,
                              "n_params_active", (json_int_t)f->n_params_active, "n_expert", f->n_experts,
                              "n_expert_used", f->n_experts_used, "n_expert_shared", f->n_experts_shared, "quant",
                              f->quant, "arch", f->arch, "chat_format", f->chat_format);
    if (f->chat_note != NULL)
        json_put(&facts, "chat_note", json_string(f->chat_note));
    if (f->compat_difference != NULL)
        json_put(&facts, "compat_difference", json_string(f->compat_difference));
    return facts;
}

json_t *model_json(const model_entry *m, const model_state *state)
{
    json_t *meta = facts_json(m);
    json_put(&meta, "size", json_integer((json_int_t)m->file_bytes));
    if (state->n_ctx > 0)
        json_put(&meta, "n_ctx", json_integer(state->n_ctx));
    return json_pack("{s:s, s:s, s:I, s:s, s:o, s:o}", "id", m->id, "object", "model", "created", (json_int_t)m->mtime,
                     "owned_by", "spillway", "meta", meta, "status", status_json(state));
}

void models_route(http_conn *c, void *ud)
{
    server *const s = ud;
    json_t *data = json_array();
    const size_t n = model_catalog_n(&s->catalog);
    for (size_t i = 0; i < n; i++) {
        const model_state state = model_pool_state(s->pool, s->catalog.entries[i]);
        json_push(&data, model_json(s->catalog.entries[i], &state));
    }
    reply_json(c, json_pack("{s:s, s:o}", "object", "list", "data", data));
}

void model_route(http_conn *c, void *ud)
{
    server *const s = ud;
    const char *const id = http_request_of(c)->rest;
    const model_entry *const m = model_catalog_find(&s->catalog, id);
    if (m == NULL) {
        api_error error;
        sw_err why = {0};
        model_catalog_say_unknown(&s->catalog, id, &why);
        api_fail(&error, API_MODEL_NOT_FOUND, "model", "%s", why.msg);
        reply_error(c, &OPENAI_CHAT, &error);
        return;
    }
    const model_state state = model_pool_state(s->pool, m);
    reply_json(c, model_json(m, &state));
}
