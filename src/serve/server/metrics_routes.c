/* metrics_routes.c - GET /metrics, in three forms, and GET /diag. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/sysinfo.h"
#include "dialects/openai_chat.h"
#include "server/metrics_view.h"
#include "server/model_routes.h"
#include "server/routes.h"
#include "json/json_out.h"

enum { METRICS_BYTES_MAX = 1 << 28 }; // a million series

/* ---- the view -----------------------------------------------------------------------------------------------------
 */

static bool visit_engine(void *ud, const model_entry *model, sw_engine *engine)
{
    metrics_view *const v = ud;
    metrics_engine *const e = &v->engines[v->n_engines++];
    *e = (metrics_engine){.model = model, .state = sw_engine_get_state(engine)};
    snprintf(e->isa, sizeof e->isa, "%s", e->state.isa);
    snprintf(e->backend, sizeof e->backend, "%s", e->state.backend);
    if (sw_engine_expert_use(engine, SW_EXPERTS_SINCE_OPEN, /*with_pairs=*/false, &e->use, NULL) != SW_OK)
        e->use = NULL; // memory is short
    if (sw_engine_expert_cache(engine, &e->cache, NULL) != SW_OK)
        e->cache = NULL;
    return v->n_engines < LIMIT_LOADED_MODELS;
}

void metrics_view_take(metrics_view *v, server *s)
{
    v->server = s;
    v->n_engines = 0;
    model_pool_visit(s->pool, visit_engine, v);
}

void metrics_view_free(metrics_view *v)
{
    for (size_t i = 0; i < v->n_engines; i++) {
        sw_expert_use_free(v->engines[i].use);
        sw_expert_cache_free(v->engines[i].cache);
    }
    v->n_engines = 0;
}

/* ---- GET /metrics as JSON ------------------------------------------------------------------------------------------
 */

static json_t *megabytes(uint64_t bytes)
{
    return json_integer((json_int_t)(bytes / 1000000));
}

static json_t *models_json(const model_catalog *c)
{
    const size_t n = model_catalog_n(c);
    uint64_t bytes = 0;
    json_t *types = json_object();
    for (size_t i = 0; i < n; i++) {
        const model_entry *const m = c->entries[i];
        const char *const type = m->has_facts ? m->facts.arch : "unknown";
        bytes += m->file_bytes;
        json_put(&types, type, json_integer(json_integer_value(json_object_get(types, type)) + 1));
    }
    return json_pack("{s:I, s:o, s:o}", "total_count", (json_int_t)n, "total_size_mb", megabytes(bytes), "by_type",
                     types);
}

static json_t *system_json(void)
{
    const machine_memory memory = sysinfo_machine_memory();
    return json_pack("{s:o, s:o, s:o}", "memory_total_mb", megabytes(memory.total), "memory_free_mb",
                     megabytes(memory.free), "memory_available_mb", megabytes(memory.available));
}

static void reply_as_json(http_conn *c, const server *s)
{
    char timestamp[32];
    struct tm utc;
    const time_t now = (time_t)clock_unix_s(s->o.clock);
    strftime(timestamp, sizeof timestamp, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    json_t *endpoints = json_array();
    for (size_t i = 0; i < N_SERVER_ROUTES; i++)
        if (i == 0 || strcmp(SERVER_ROUTES[i].path, SERVER_ROUTES[i - 1].path) != 0) // several methods of one path
            json_push(&endpoints, json_string(SERVER_ROUTES[i].path));
    reply_json(c, json_pack("{s:s, s:s, s:b, s:n, s:o, s:o, s:{s:b, s:b, s:b}, s:o, s:s}",                       //
                            "service", "spillway", "version", SPILLWAY_VERSION, "gpu_detected", 0, "gpu_vendor", //
                            "models", models_json(&s->catalog), "system", system_json(),                         //
                            "features", "cpu_moe", 1, "streaming", 1, "prefix_cache", 1,                         //
                            "endpoints", endpoints, "timestamp", timestamp));
}

/* ---- GET /metrics as text ------------------------------------------------------------------------------------------
 */

static void reply_as_text(http_conn *c, server *s, bool is_openmetrics, bool wants_experts)
{
    metrics_view v = {.wants_experts = wants_experts};
    buf content;
    buf_init(&content, METRICS_BYTES_MAX);
    metrics_text t = {.out = &content, .is_openmetrics = is_openmetrics};
    metrics_view_take(&v, s);
    metrics_write_families(&v, &t);
    if (s->o.metrics_alias != NULL)
        metrics_write_aliases(&v, &t, s->o.metrics_alias);
    metrics_text_end(&t);
    metrics_view_free(&v);
    http_reply(c, 200,
               is_openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                              : "text/plain; version=0.0.4; charset=utf-8",
               NULL, &content);
}

void metrics_route(http_conn *c, void *ud)
{
    const char *const query = http_request_of(c)->query, *const header = http_header(c, "accept");
    const char *const accept = header != NULL ? header : "";
    const bool wants_experts = strcmp(query, "experts=1") == 0;
    if (query[0] != '\0' && !wants_experts) {
        api_error error;
        api_fail(&error, API_INVALID_VALUE, "experts", "the only parameter is experts=1, a counter for every expert");
        reply_error(c, &OPENAI_CHAT, &error);
    } else if (strstr(accept, "application/json") != NULL) {
        reply_as_json(c, ud);
    } else {
        reply_as_text(c, ud, strstr(accept, "application/openmetrics-text") != NULL, wants_experts);
    }
}

/* ---- GET /diag -----------------------------------------------------------------------------------------------------
 */

typedef struct diag_visit {
    char isa[16]; // "": no model is loaded
    json_t *placement;
} diag_visit;

static bool visit_diag(void *ud, const model_entry *model, sw_engine *engine)
{
    diag_visit *const v = ud;
    if (v->isa[0] == '\0')
        snprintf(v->isa, sizeof v->isa, "%s", sw_engine_get_state(engine).isa);
    json_t *row = engine_summary_json(engine);
    json_put(&row, "model", json_string(model->id));
    json_push(&v->placement, row);
    return true;
}

void diag_route(http_conn *c, void *ud)
{
    server *const s = ud;
    diag_visit v = {.placement = json_array()};
    model_pool_visit(s->pool, visit_diag, &v);
    reply_json(c, json_pack("{s:s, s:i, s:o, s:s?, s:[], s:{s:s, s:s}, s:o}", "os", "linux", "cores", sysinfo_n_cores(),
                            "mem_total_mb", megabytes(sysinfo_machine_memory().total), "isa",
                            v.isa[0] != '\0' ? v.isa : NULL, "gpus", "build", "version", SPILLWAY_VERSION, "compiler",
                            __VERSION__, "placement", v.placement));
}
