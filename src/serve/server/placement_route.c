/* placement_route.c - GET /v1/placement: where the bytes of the loaded models are, from their allocations. */
#include <string.h>

#include "dialects/openai_chat.h"
#include "http/http_query.h"
#include "server/routes.h"
#include "server/server_state.h"
#include "json/json_out.h"
#include "json/placement_json.h"

typedef struct placement_visit {
    const char *id; // only this model; NULL: all
    sw_placement_detail detail;
    json_t *list;
    size_t n;
} placement_visit;

/* Puts what the cache of experts holds now into a document, which is taken over and returned. */
static json_t *add_cache(json_t *document, const sw_engine *engine)
{
    sw_expert_cache *cache;
    if (sw_engine_expert_cache(engine, &cache, NULL) != SW_OK) {
        json_decref(document);
        return NULL;
    }
    if (cache != NULL)
        json_put(&document, "expert_cache", expert_cache_json(cache));
    sw_expert_cache_free(cache);
    return document;
}

static json_t *engine_json(const model_entry *model, sw_engine *engine, sw_placement_detail detail)
{
    sw_placement_row *rows;
    size_t n;
    if (sw_engine_placement(engine, detail, &rows, &n, NULL) != SW_OK)
        return NULL;
    const sw_engine_state state = sw_engine_get_state(engine);
    json_t *const head = json_pack("{s:s, s:s}", "object", "placement", "model", model->id);
    json_t *const document = placement_json(head, &state, rows, n);
    sw_placement_free(rows);
    return add_cache(document, engine);
}

static bool visit_placement(void *ud, const model_entry *model, sw_engine *engine)
{
    placement_visit *const v = ud;
    if (v->id != NULL && strcmp(v->id, model->id) != 0)
        return true;
    json_push(&v->list, engine_json(model, engine, v->detail));
    v->n++;
    return v->id == NULL;
}

/* Fills *v and the model's name from the query.  Returns false with *error for what is not known. */
static bool read_query(const char *query, placement_visit *v, http_param *model, api_error *error)
{
    http_param p;
    http_query_result end;
    while ((end = http_query_next(&query, &p)) == HTTP_QUERY_PARAM) {
        if (strcmp(p.name, "model") == 0) {
            *model = p;
            v->id = model->value;
        } else if (strcmp(p.name, "detail") == 0 && strcmp(p.value, "layers") == 0) {
            v->detail = SW_PLACEMENT_LAYERS;
        } else if (strcmp(p.name, "detail") == 0 && strcmp(p.value, "experts") == 0) {
            v->detail = SW_PLACEMENT_EXPERTS;
        } else if (strcmp(p.name, "detail") == 0) {
            return api_fail(error, API_INVALID_VALUE, "detail", "detail: must be 'layers' or 'experts'");
        } else {
            return api_fail(error, API_UNSUPPORTED_PARAMETER, NULL,
                            "the query has a parameter other than 'detail' and 'model'");
        }
    }
    return end == HTTP_QUERY_END || api_fail(error, API_INVALID_VALUE, NULL, "the query cannot be decoded");
}

/* Resolves the name of a model as a request may spell it.  Returns false with *error if there is none. */
static bool find_model(server *s, placement_visit *v, api_error *error)
{
    const model_entry *const m = v->id != NULL ? model_catalog_find(&s->catalog, v->id) : NULL;
    sw_err why = {0};
    if (v->id != NULL && m == NULL) {
        model_catalog_say_unknown(&s->catalog, v->id, &why);
        return api_fail(error, API_MODEL_NOT_FOUND, "model", "%s", why.msg);
    }
    v->id = m != NULL ? m->id : NULL;
    return true;
}

/* A model that is without its device says so. */
static void add_losses(server *s, const json_t *list)
{
    size_t i;
    json_t *model;
    json_array_foreach(list, i, model)
    {
        const model_entry *const m =
            model_catalog_find(&s->catalog, json_string_value(json_object_get(model, "model")));
        const model_state state = m != NULL ? model_pool_state(s->pool, m) : (model_state){0};
        if (state.lost[0] != '\0')
            json_put(&model, "device_lost", json_string(state.lost));
    }
}

void placement_route(http_conn *c, void *ud)
{
    server *const s = ud;
    placement_visit v = {0};
    http_param model;
    api_error error;
    if (!read_query(http_request_of(c)->query, &v, &model, &error) || !find_model(s, &v, &error)) {
        reply_error(c, &OPENAI_CHAT, &error);
        return;
    }
    v.list = json_array();
    model_pool_visit(s->pool, visit_placement, &v);
    if (v.n > 0) {
        add_losses(s, v.list);
        reply_json(c, json_pack("{s:s, s:o}", "object", "list", "data", v.list));
        return;
    }
    json_decref(v.list);
    api_fail(&error, API_NO_MODEL, v.id != NULL ? "model" : NULL, "%s",
             v.id != NULL ? "this model is not loaded; a request that names it loads it" : "no model is loaded");
    reply_error(c, &OPENAI_CHAT, &error);
}
