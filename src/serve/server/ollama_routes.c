/* ollama_routes.c - Ollama's URLs, and /api/generate, which shimmy's clients use too. */
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/limits.h"
#include "dialects/generation_fields.h"
#include "dialects/ollama.h"
#include "dialects/shimmy.h"
#include "server/errand.h"
#include "server/exchange.h"
#include "server/ollama_models.h"
#include "server/ollama_routes.h"
#include "server/routes.h"
#include "json/json_out.h"

/* The version of Ollama whose interface this is.  Clients compare it with what they need. */
static const char OLLAMA_VERSION[] = "0.18.3";

void ollama_chat_route(http_conn *c, void *ud)
{
    exchange_begin(ud, c, &OLLAMA_CHAT);
}

void embed_route(http_conn *c, void *ud)
{
    exchange_begin(ud, c, &OLLAMA_EMBED);
}

/* ---- POST /api/generate ----------------------------------------------------------------------------------------- */

/* Returns true if an Accept header names the media type, whatever its parameters. */
static bool accepts(const char *header, const char *type)
{
    const size_t n = strlen(type);
    for (const char *p = header; *p != '\0'; p += strspn(p, ", \t")) {
        if (strncasecmp(p, type, n) == 0 && strchr(",; \t", p[n]) != NULL) // also the end of the header
            return true;
        p += strcspn(p, ",");
    }
    return false;
}

const dialect *generate_family(const server *s, const http_conn *c)
{
    static const dialect *const FAMILIES[] = {[SERVER_GENERATE_AUTO] = &SHIMMY_OR_OLLAMA,
                                              [SERVER_GENERATE_SHIMMY] = &SHIMMY,
                                              [SERVER_GENERATE_OLLAMA] = &OLLAMA_GENERATE};
    const char *const accept = http_header(c, "accept"), *const agent = http_header(c, "user-agent");
    const bool wants_lines = accept != NULL && accepts(accept, "application/x-ndjson");
    const bool is_ollama = agent != NULL && strncmp(agent, "ollama", 6) == 0; // of its program and its libraries
    if (s->o.generate_as == SERVER_GENERATE_AUTO && (wants_lines || is_ollama))
        return &OLLAMA_GENERATE;
    return FAMILIES[s->o.generate_as];
}

void generate_route(http_conn *c, void *ud)
{
    exchange_begin(ud, c, generate_family(ud, c));
}

/* ---- models ----------------------------------------------------------------------------------------------------- */

void tags_route(http_conn *c, void *ud)
{
    const model_catalog *const catalog = &((const server *)ud)->catalog;
    const size_t n = model_catalog_n(catalog);
    json_t *models = json_array();
    for (size_t i = 0; i < n; i++)
        json_push(&models, ollama_tag_json(catalog->entries[i]));
    reply_json(c, json_pack("{s:o}", "models", models));
}

typedef struct loaded_models {
    struct {
        const model_entry *model;
        sw_engine_state engine;
    } rows[LIMIT_LOADED_MODELS]; // (n)
    size_t n;
} loaded_models;

static bool add_loaded(void *ud, const model_entry *model, sw_engine *engine)
{
    loaded_models *const l = ud;
    l->rows[l->n].model = model;
    l->rows[l->n++].engine = sw_engine_get_state(engine);
    return l->n < LIMIT_LOADED_MODELS;
}

void ps_route(http_conn *c, void *ud)
{
    const server *const s = ud;
    loaded_models l = {.n = 0};
    json_t *models = json_array();
    model_pool_visit(s->pool, add_loaded, &l);
    for (size_t i = 0; i < l.n; i++) {
        const model_state state = model_pool_state(s->pool, l.rows[i].model);
        if (state.status == MODEL_LOADED) // still
            json_push(&models,
                      ollama_loaded_json(l.rows[i].model, &state, &l.rows[i].engine, clock_unix_s(s->o.clock)));
    }
    reply_json(c, json_pack("{s:o}", "models", models));
}

/* Reads the name of the model, and needs none that is loaded: the answer is complete when it returns. */
static bool show(errand *e, const char *body, size_t n)
{
    static const json_field NAMES[] = {{.name = "name", .type = FIELD_TEXT}, // of older clients
                                       {.name = "model", .type = FIELD_TEXT}};
    static const json_table TABLE = {.fields = NAMES, .n = 2, .null_is_absent = true};
    json_reader r;
    const char *id = NULL;
    bool is_read = generation_begin(&e->request, &r, body, n, /*random=*/0) &&
                   json_read_object(&r, NULL, e->request.document, &TABLE, &id);
    if (is_read && id == NULL)
        is_read = json_fail_missing(&r, &(json_place){NULL, "model", 0});
    if (!is_read)
        return generation_end(&e->request, &r, is_read, &e->error);
    const model_entry *const m = model_catalog_find(&e->server->catalog, id);
    sw_err why = {0};
    if (m == NULL) {
        model_catalog_say_unknown(&e->server->catalog, id, &why);
        return api_fail(&e->error, API_MODEL_NOT_FOUND, "model", "%s", why.msg);
    }
    const model_state state = model_pool_state(e->server->pool, m);
    json_write(&e->answer, ollama_show_json(m, &state));
    return false;
}

void show_route(http_conn *c, void *ud)
{
    static const errand_kind KIND = {.family = &OLLAMA_CHAT, .read = show};
    errand_begin(ud, c, &KIND);
}

/* ---- the rest --------------------------------------------------------------------------------------------------- */

void ollama_version_route(http_conn *c, void *ud)
{
    (void)ud;
    reply_json(c, json_pack("{s:s}", "version", OLLAMA_VERSION));
}

/* Models are files of folders: they are added and removed there. */
void model_files_route(http_conn *c, void *ud)
{
    (void)ud;
    api_error error;
    api_fail(&error, API_NOT_SUPPORTED, NULL,
             "%s is not supported; models are the GGUF files of the model folders (--model-dirs)",
             http_request_of(c)->path);
    reply_error(c, &OLLAMA_CHAT, &error);
}
