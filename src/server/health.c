/* health.c - what the server says about itself: health and the list of models. */
#include <jansson.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "server/json_out.h"
#include "server/routes.h"

/* Able to serve: a model is loaded, or one that is known can be loaded on demand.  Not between the start and the end of
 * loading the first one, and not when that failed. */
static bool check_ready(sw_server *s, sw_api_error *error)
{
    pthread_mutex_lock(&s->lock);
    const bool has_failed = s->fatal.code != SW_OK;
    bool is_loading = !s->has_started;
    for (size_t i = 0; i < s->catalog.n; i++)
        is_loading = is_loading || s->catalog.entries[i].status == SW_MODEL_LOADING;
    pthread_mutex_unlock(&s->lock);
    if (s->is_stopping || has_failed)
        return sw__api_fail(error, SW_API_SHUTTING_DOWN, NULL, "the server is shutting down");
    if (is_loading)
        return sw__api_fail(error, SW_API_MODEL_LOADING, NULL, "a model is being loaded");
    if (s->catalog.n == 0)
        return sw__api_fail(error, SW_API_NO_MODEL, NULL, "no model was found; name a file or a folder at start");
    return true;
}

/* Of the loaded model; zeros while there is none. */
static sw_engine_state engine_state(sw_server *s)
{
    sw_engine_state state = {0};
    pthread_mutex_lock(&s->engine_lock);
    if (s->engine != NULL)
        state = sw_engine_get_state(s->engine);
    pthread_mutex_unlock(&s->engine_lock);
    return state;
}

void sw__health_route(sw_conn *c, const char *rest)
{
    (void)rest;
    sw_server *const s = c->server;
    sw_api_error error;
    if (!check_ready(s, &error)) {
        sw__http_reply_error(c, &error);
        return;
    }
    char timestamp[32];
    struct tm utc;
    const time_t now = time(NULL);
    strftime(timestamp, sizeof timestamp, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    const sw_engine_state state = engine_state(s);
    const size_t n_manual = sw__catalog_n_manual(&s->catalog);
    json_t *const health = json_pack(
        "{s:s, s:s, s:s, s:{s:I, s:I, s:I}, s:{s:s, s:s, s:s}, s:{s:b, s:b}, s:s, s:I, s:i, s:i}", //
        "status", "ok", "service", "spillway", "version", SPILLWAY_VERSION,                        //
        "models", "total", (json_int_t)s->catalog.n, "discovered", (json_int_t)(s->catalog.n - n_manual), "manual",
        (json_int_t)n_manual, //
        "endpoints", "health", "/health", "models", "/v1/models", "chat", "/v1/chat/completions", "compatibility",
        "openai", 1, "cors", 1, //
        "timestamp", timestamp, //
        "uptime_seconds", (json_int_t)((sw_now_ns(sw_clock_system()) - s->started_ns) / 1000000000u), "slots_idle",
        state.n_seqs - state.n_jobs_running, "slots_processing", state.n_jobs_running);
    sw_buf out;
    sw_buf_init(&out, 1 << 16);
    sw__json_write(&out, health);
    sw__http_reply(c, 200, &out);
}

void sw__live_route(sw_conn *c, const char *rest)
{
    (void)rest;
    sw_buf out;
    sw_buf_init(&out, 64);
    sw__json_write(&out, json_pack("{s:s}", "status", "ok"));
    sw__http_reply(c, 200, &out);
}

void sw__ready_route(sw_conn *c, const char *rest)
{
    (void)rest;
    sw_api_error error;
    sw__http_reply_empty(c, check_ready(c->server, &error) ? 200 : sw__api_status(&error));
}

void sw__models_route(sw_conn *c, const char *rest)
{
    (void)rest;
    sw_server *const s = c->server;
    json_t *const data = json_array();
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->catalog.n; i++)
        json_array_append_new(data, sw__model_json(&s->catalog.entries[i]));
    pthread_mutex_unlock(&s->lock);
    sw_buf out;
    sw_buf_init(&out, 1 << 24);
    sw__json_write(&out, json_pack("{s:s, s:o}", "object", "list", "data", data));
    sw__http_reply(c, 200, &out);
}

void sw__model_route(sw_conn *c, const char *rest)
{
    sw_server *const s = c->server;
    const sw_model_entry *const m = sw__catalog_find(&s->catalog, rest);
    if (m == NULL) {
        sw_api_error error;
        sw__api_fail(&error, SW_API_MODEL_NOT_FOUND, "model", "the model '%.100s' is not known here", rest);
        sw__http_reply_error(c, &error);
        return;
    }
    pthread_mutex_lock(&s->lock);
    json_t *const model = sw__model_json(m);
    pthread_mutex_unlock(&s->lock);
    sw_buf out;
    sw_buf_init(&out, 1 << 16);
    sw__json_write(&out, model);
    sw__http_reply(c, 200, &out);
}
