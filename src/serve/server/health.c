/* health.c - what the server says about itself: health and the list of models. */
#include <jansson.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "json/json_out.h"
#include "server/routes.h"

/* Able to serve: a model is loaded, or one that is known can be loaded on demand.  Not between the start and the end of
 * loading the first one, and not when that failed. */
static bool check_ready(server_state *s, api_error *error)
{
    pthread_mutex_lock(&s->lock);
    const bool has_failed = s->fatal.code != SW_OK;
    bool is_loading = !s->has_started;
    for (size_t i = 0; i < s->catalog.n; i++)
        is_loading = is_loading || s->catalog.entries[i].status == MODEL_LOADING;
    pthread_mutex_unlock(&s->lock);
    if (s->is_stopping || has_failed)
        return api_fail(error, API_SHUTTING_DOWN, NULL, "the server is shutting down");
    if (is_loading)
        return api_fail(error, API_MODEL_LOADING, NULL, "a model is being loaded");
    if (s->catalog.n == 0)
        return api_fail(error, API_NO_MODEL, NULL, "no model was found; name a file or a folder at start");
    return true;
}

/* Of the loaded model; zeros while there is none. */
static sw_engine_state engine_state(server_state *s)
{
    sw_engine_state state = {0};
    pthread_mutex_lock(&s->engine_lock);
    if (s->engine != NULL)
        state = sw_engine_get_state(s->engine);
    pthread_mutex_unlock(&s->engine_lock);
    return state;
}

void health_route(conn *c, const char *rest)
{
    (void)rest;
    server_state *const s = c->server;
    api_error error;
    if (!check_ready(s, &error)) {
        http_reply_error(c, &error);
        return;
    }
    char timestamp[32];
    struct tm utc;
    const time_t now = time(NULL);
    strftime(timestamp, sizeof timestamp, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    const sw_engine_state state = engine_state(s);
    const size_t n_manual = catalog_n_manual(&s->catalog);
    json_t *const health = json_pack(
        "{s:s, s:s, s:s, s:{s:I, s:I, s:I}, s:{s:s, s:s, s:s}, s:{s:b, s:b}, s:s, s:I, s:i, s:i}", //
        "status", "ok", "service", "spillway", "version", SPILLWAY_VERSION,                        //
        "models", "total", (json_int_t)s->catalog.n, "discovered", (json_int_t)(s->catalog.n - n_manual), "manual",
        (json_int_t)n_manual, //
        "endpoints", "health", "/health", "models", "/v1/models", "chat", "/v1/chat/completions", "compatibility",
        "openai", 1, "cors", 1, //
        "timestamp", timestamp, //
        "uptime_seconds", (json_int_t)((clock_now_ns(clock_system()) - s->started_ns) / 1000000000u), "slots_idle",
        state.n_seqs - state.n_jobs_running, "slots_processing", state.n_jobs_running);
    buf out;
    buf_init(&out, 1 << 16);
    json_write(&out, health);
    http_reply(c, 200, &out);
}

void live_route(conn *c, const char *rest)
{
    (void)rest;
    buf out;
    buf_init(&out, 64);
    json_write(&out, json_pack("{s:s}", "status", "ok"));
    http_reply(c, 200, &out);
}

void ready_route(conn *c, const char *rest)
{
    (void)rest;
    api_error error;
    http_reply_empty(c, check_ready(c->server, &error) ? 200 : api_status(&error));
}

void models_route(conn *c, const char *rest)
{
    (void)rest;
    server_state *const s = c->server;
    json_t *const data = json_array();
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->catalog.n; i++)
        json_array_append_new(data, model_json(&s->catalog.entries[i]));
    pthread_mutex_unlock(&s->lock);
    buf out;
    buf_init(&out, 1 << 24);
    json_write(&out, json_pack("{s:s, s:o}", "object", "list", "data", data));
    http_reply(c, 200, &out);
}

void model_route(conn *c, const char *rest)
{
    server_state *const s = c->server;
    const model_entry *const m = catalog_find(&s->catalog, rest);
    if (m == NULL) {
        api_error error;
        api_fail(&error, API_MODEL_NOT_FOUND, "model", "the model '%.100s' is not known here", rest);
        http_reply_error(c, &error);
        return;
    }
    pthread_mutex_lock(&s->lock);
    json_t *const model = model_json(m);
    pthread_mutex_unlock(&s->lock);
    buf out;
    buf_init(&out, 1 << 16);
    json_write(&out, model);
    http_reply(c, 200, &out);
}
