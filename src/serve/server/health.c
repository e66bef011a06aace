/* health.c - what the server says of itself. */
#include "base/clock.h"
#include "dialects/openai_chat.h"
#include "server/routes.h"
#include "server/server_state.h"
#include "json/json_out.h"

bool server_is_ready(server *s, api_error *error)
{
    pthread_mutex_lock(&s->lock);
    const bool has_failed = s->fatal.code != SW_OK, has_started = s->has_started;
    pthread_mutex_unlock(&s->lock);
    if (atomic_load(&s->is_stopping) || has_failed)
        return api_fail(error, API_SHUTTING_DOWN, NULL, "the server is shutting down");
    if (!has_started || !model_pool_can_answer(s->pool))
        return api_fail(error, API_MODEL_LOADING, NULL, "a model is being loaded");
    if (model_catalog_n(&s->catalog) == 0)
        return api_fail(error, API_NO_MODEL, NULL, "no model was found; name a file or a folder at start");
    return true;
}

/* Of all loaded engines together. */
typedef struct slots {
    int n, n_running;
} slots;

static bool count_slots(void *ud, const model_entry *model, sw_engine *engine)
{
    (void)model;
    slots *const sum = ud;
    const sw_engine_state state = sw_engine_get_state(engine);
    sum->n += state.n_seqs;
    sum->n_running += state.n_jobs_running;
    return true;
}

static json_t *models_json(server *s)
{
    const size_t n = model_catalog_n(&s->catalog), n_manual = model_catalog_n_manual(&s->catalog);
    return json_pack("{s:I, s:I, s:I, s:I}", "total", (json_int_t)n, "discovered", (json_int_t)(n - n_manual), "manual",
                     (json_int_t)n_manual, "device_lost", (json_int_t)model_pool_losses(s->pool).n_models);
}

static json_t *requests_json(const serving_metrics *m)
{
    return json_pack("{s:I, s:I, s:I}", "completed", (json_int_t)m->n_completed, "failed", (json_int_t)m->n_failed,
                     "abandoned", (json_int_t)m->n_abandoned);
}

static json_t *tokens_json(const serving_metrics *m)
{
    return json_pack("{s:I, s:I, s:I}", "prompt", (json_int_t)m->n_prompt_tokens, "cached",
                     (json_int_t)m->n_cached_tokens, "generated", (json_int_t)m->n_generated_tokens);
}

void health_route(http_conn *c, void *ud)
{
    server *const s = ud;
    api_error error;
    if (!server_is_ready(s, &error)) {
        reply_error(c, &OPENAI_CHAT, &error);
        return;
    }
    const uint64_t uptime_ns = clock_now_ns(s->o.clock) - s->started_ns;
    slots sum = {0};
    model_pool_visit(s->pool, count_slots, &sum);
    reply_json(c,
               json_pack("{s:s, s:s, s:s, s:o, s:{s:s, s:s, s:s, s:s}, s:{s:b, s:b}, s:o, s:I, s:i, s:i, s:o, s:o}", //
                         "status", "ok", "service", "spillway", "version", SPILLWAY_VERSION,                         //
                         "models", models_json(s),                                                                   //
                         "endpoints", "health", "/health", "models", "/v1/models", "chat", "/v1/chat/completions",
                         "generate", "/api/generate",             //
                         "compatibility", "openai", 1, "cors", 1, //
                         "timestamp", json_timestamp(clock_unix_s(s->o.clock)), "uptime_seconds",
                         (json_int_t)(uptime_ns / 1000000000u),                                  //
                         "slots_idle", sum.n - sum.n_running, "slots_processing", sum.n_running, //
                         "requests", requests_json(&s->metrics), "tokens", tokens_json(&s->metrics)));
}

/* What is here: programs that know Ollama ask for it before anything else. */
void root_route(http_conn *c, void *ud)
{
    (void)ud;
    buf text;
    buf_init(&text, 256);
    buf_puts(&text, "spillway " SPILLWAY_VERSION " is running; its interface is described in docs/api.md\n");
    http_reply(c, 200, "text/plain; charset=utf-8", NULL, &text);
}

void live_route(http_conn *c, void *ud)
{
    (void)ud;
    reply_json(c, json_pack("{s:s}", "status", "ok"));
}

void ready_route(http_conn *c, void *ud)
{
    api_error error;
    http_reply_status(c, server_is_ready(ud, &error) ? 200 : api_status(&error));
}
