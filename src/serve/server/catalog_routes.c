/* catalog_routes.c - the list of models and their loading by name, as shimmy has them under /api/models. */
#include <stdio.h>
#include <string.h>

#include "dialects/openai_chat.h"
#include "server/errand.h"
#include "server/model_routes.h"
#include "server/routes.h"
#include "server/server_state.h"
#include "json/json_out.h"

/* ---- GET /api/models, POST /api/models/discover ------------------------------------------------------------------ */

static json_t *listed_json(const model_entry *m)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:s}", "name", m->id, "size_bytes",
                     m->file_bytes > 0 ? json_integer((json_int_t)m->file_bytes) : json_null(), "model_type",
                     m->has_facts ? json_string(m->facts.arch) : json_null(), "parameter_count",
                     model_parameters_json(m), "source", m->is_manual ? "registered" : "discovered");
}

static json_t *list_json(const model_catalog *c)
{
    const size_t n = model_catalog_n(c);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_push(&list, listed_json(c->entries[i]));
    return list;
}

void api_models_route(http_conn *c, void *ud)
{
    reply_json(c, json_pack("{s:o}", "models", list_json(&((server *)ud)->catalog)));
}

/* Looks into the model folders again.  Always on the same thread, since the route takes small bodies only. */
static bool discover(errand *e, const char *body, size_t n)
{
    (void)body, (void)n;
    model_catalog *const catalog = &e->server->catalog;
    const size_t n_before = model_catalog_n(catalog);
    sw_err err = {0};
    if (server_scan_models(e->server, &err) != SW_OK)
        return api_fail(&e->error, API_OUT_OF_MEMORY, NULL, "%s", err.msg);
    const size_t n_found = model_catalog_n(catalog) - model_catalog_n_manual(catalog);
    json_write(&e->answer, json_pack("{s:I, s:I, s:o}", "discovered", (json_int_t)n_found, "added",
                                     (json_int_t)(model_catalog_n(catalog) - n_before), "models", list_json(catalog)));
    return false; // the answer is complete, and no model is needed
}

void discover_route(http_conn *c, void *ud)
{
    static const errand_kind KIND = {.family = &OPENAI_CHAT, .read = discover};
    errand_begin(ud, c, &KIND);
}

/* ---- one model: {id}/load, {id}/unload, {id}/status ---------------------------------------------------------------
 */

static void refuse(http_conn *c, api_situation what, const char *message)
{
    api_error error;
    api_fail(&error, what, what == API_UNKNOWN_URL ? NULL : "model", "%s", message);
    reply_error(c, &OPENAI_CHAT, &error);
}

/* Splits the rest of a path, "a/b/load", into the model "a/b" and what is asked of it; both NULL if the request was
 * answered with an error. */
typedef struct model_action {
    const model_entry *model;
    const char *verb;
} model_action;

static model_action read_action(http_conn *c, const server *s, const char *const verbs[])
{
    const char *const rest = http_request_of(c)->rest, *const slash = strrchr(rest, '/');
    char id[512];
    sw_err why = {0};
    const char *const verb = slash != NULL ? slash + 1 : "";
    bool is_known = false;
    for (size_t i = 0; verbs[i] != NULL; i++)
        is_known = is_known || strcmp(verbs[i], verb) == 0;
    if (!is_known || slash - rest >= (ptrdiff_t)sizeof id) {
        refuse(c, API_UNKNOWN_URL, "of a model there are /load and /unload (POST) and /status (GET)");
        return (model_action){0};
    }
    snprintf(id, sizeof id, "%.*s", (int)(slash - rest), rest);
    const model_entry *const m = model_catalog_find(&s->catalog, id);
    if (m != NULL)
        return (model_action){m, verb};
    model_catalog_say_unknown(&s->catalog, id, &why);
    refuse(c, API_MODEL_NOT_FOUND, why.msg);
    return (model_action){0};
}

static void reply_status(http_conn *c, int status, const model_entry *m, const char *value)
{
    reply_json_status(c, status, json_pack("{s:s, s:s}", "model", m->id, "status", value));
}

static void load(http_conn *c, server *s, const model_entry *m)
{
    sw_err why = {0};
    const model_refusal refusal = model_pool_begin_load(s->pool, m, &why);
    api_error error;
    switch (refusal) {
    case MODEL_ACQUIRED: reply_status(c, 200, m, "loaded"); break;
    case MODEL_AWAITED: reply_status(c, 202, m, "loading"); break;
    case MODEL_BUSY: refuse(c, API_MODEL_BUSY, why.msg); break;
    default: refuse_model(&error, refusal, &why); reply_error(c, &OPENAI_CHAT, &error);
    }
}

static void unload(http_conn *c, server *s, const model_entry *m)
{
    sw_err err = {0};
    if (model_pool_unload(s->pool, m, &err) == SW_EBUSY)
        refuse(c, API_MODEL_BUSY, err.msg);
    else
        reply_status(c, 200, m, "unloaded");
}

void model_action_route(http_conn *c, void *ud)
{
    static const char *const VERBS[] = {"load", "unload", NULL};
    const model_action a = read_action(c, ud, VERBS);
    if (a.model != NULL)
        (strcmp(a.verb, "load") == 0 ? load : unload)(c, ud, a.model);
}

/* ---- GET /api/models/{id}/status ----------------------------------------------------------------------------------
 */

typedef struct placement_visit {
    const model_entry *model;
    json_t *document;
} placement_visit;

json_t *engine_summary_json(sw_engine *engine)
{
    const sw_engine_state st = sw_engine_get_state(engine);
    json_t *placement =
        json_pack("{s:s, s:I, s:I, s:I, s:I}", "backend", st.backend, "vram_bytes", (json_int_t)st.weight_bytes_vram,
                  "ram_bytes", (json_int_t)st.weight_bytes_ram, "expert_bytes_ram", (json_int_t)st.expert_bytes_ram,
                  "kv_bytes_max", (json_int_t)st.kv_bytes_max);
    if (st.placement_note != NULL)
        json_put(&placement, "note", json_string(st.placement_note));
    return placement;
}

static bool visit_placement(void *ud, const model_entry *model, sw_engine *engine)
{
    placement_visit *const v = ud;
    if (model == v->model)
        v->document = engine_summary_json(engine);
    return model != v->model;
}

/* An engine may be closed between the two looks: then there is no placement. */
static json_t *status_document(server *s, const model_entry *m)
{
    const model_state state = model_pool_state(s->pool, m);
    const bool is_loaded = state.status == MODEL_LOADED;
    placement_visit v = {.model = m};
    model_pool_visit(s->pool, visit_placement, &v);
    json_t *document = json_pack("{s:s, s:s, s:b, s:o}", "model", m->id, "status", model_status_name(state.status),
                                 "loaded", (int)is_loaded, "progress", json_number(state.progress));
    json_put(&document, "error", state.error[0] != '\0' ? json_string(state.error) : json_null());
    json_put(&document, "requests", json_integer(state.n_users));
    json_put(&document, "n_ctx", is_loaded ? json_integer(state.n_ctx) : json_null());
    json_put(&document, "expires_in_seconds",
             is_loaded && state.expires_in_s >= 0 ? json_number(state.expires_in_s) : json_null());
    json_put(&document, "placement", v.document != NULL ? v.document : json_null());
    return document;
}

void model_status_route(http_conn *c, void *ud)
{
    static const char *const VERBS[] = {"status", NULL};
    const model_action a = read_action(c, ud, VERBS);
    if (a.model != NULL)
        reply_json(c, status_document(ud, a.model));
}

/* ---- what shimmy has, and this server does not ---------------------------------------------------------------------
 */

void not_supported_route(http_conn *c, void *ud)
{
    (void)ud;
    api_error error;
    api_fail(&error, API_NOT_SUPPORTED, NULL,
             "this server runs no tools and no workflows; a model's tool calls are "
             "for the client to run");
    reply_error(c, &OPENAI_CHAT, &error);
}
