/* metrics_view.h - one look at a server, from which the families of /metrics are written. */
#ifndef SERVER_METRICS_VIEW_H
#define SERVER_METRICS_VIEW_H

#include <stddef.h>

#include "base/limits.h"
#include "server/server_state.h"
#include "serving/metrics_text.h"

/* A loaded engine. */
typedef struct metrics_engine {
    const model_entry *model;
    sw_engine_state state; // without its strings, which are the engine's
    char isa[16], backend[96];
    sw_expert_use *use;     // since it was opened; NULL: memory was short
    sw_expert_cache *cache; // NULL: it has none, or memory was short
} metrics_engine;

typedef struct metrics_view {
    server *server;
    bool wants_experts; // a counter for each expert
    metrics_engine engines[LIMIT_LOADED_MODELS];
    size_t n_engines;
} metrics_view;

/* Network thread.  Release it with metrics_view_free. */
void metrics_view_take(metrics_view *v, server *s);
void metrics_view_free(metrics_view *v);

/* Writes the families about loaded models ... */
void metrics_write_engines(const metrics_view *v, metrics_text *t);
/* ... about their caches of experts ... */
void metrics_write_caches(const metrics_view *v, metrics_text *t);
/* ... and all but those of aliases. */
void metrics_write_families(const metrics_view *v, metrics_text *t);
/* The families of another server's dashboards: alias is "llamacpp" or "vllm". */
void metrics_write_aliases(const metrics_view *v, metrics_text *t, const char *alias);

/* A histogram that every model has. */
typedef struct metrics_histogram {
    const char *name, *help;
    size_t offset; // in metrics_model
} metrics_histogram;

#define METRICS_HISTOGRAM_OF(name, help, member)                                                                       \
    {                                                                                                                  \
        name, help, offsetof(metrics_model, member)                                                                    \
    }

/* Writes n families with a row for each model, whose label has this name. */
void metrics_write_histograms(const serving_metrics *m, metrics_text *t, const metrics_histogram *families, size_t n,
                              const char *label);

#endif
