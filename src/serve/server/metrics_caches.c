/* metrics_caches.c - the families of /metrics about caches of experts; an engine without one has no rows. */
#include "server/metrics_view.h"

typedef const metrics_label labels[];

typedef struct cache_family {
    const char *name, *help;
    metrics_type type;
    double (*value)(const sw_expert_cache *c);
} cache_family;

static double n_slots(const sw_expert_cache *c)
{
    return c->n_slots;
}

static double n_held(const sw_expert_cache *c)
{
    return (double)c->n_copies;
}

static double n_hits(const sw_expert_cache *c)
{
    return (double)c->n_hits;
}

static double n_misses(const sw_expert_cache *c)
{
    return (double)c->n_misses;
}

static double hit_rate(const sw_expert_cache *c)
{
    const double n = (double)(c->n_hits + c->n_misses);
    return n > 0 ? (double)c->n_hits / n : 0;
}

static double n_uploads(const sw_expert_cache *c)
{
    return (double)c->n_uploads;
}

static double n_upload_bytes(const sw_expert_cache *c)
{
    return (double)c->n_upload_bytes;
}

static double is_active(const sw_expert_cache *c)
{
    return c->state == SW_EXPERT_CACHE_ACTIVE;
}

static double n_stops(const sw_expert_cache *c)
{
    return (double)c->n_stops;
}

void metrics_write_caches(const metrics_view *v, metrics_text *t)
{
    static const cache_family FAMILIES[] = {
        {"spillway_expert_cache_slots", "Experts that the cache in VRAM has room for.", METRICS_GAUGE, n_slots},
        {"spillway_expert_cache_held", "Experts that it holds.", METRICS_GAUGE, n_held},
        {"spillway_expert_cache_hits_total", "Pairs of a token and an expert in RAM that were computed from the cache.",
         METRICS_COUNTER, n_hits},
        {"spillway_expert_cache_misses_total", "Such pairs that were not.", METRICS_COUNTER, n_misses},
        {"spillway_expert_cache_hit_ratio", "Hits, divided by hits and misses, since the load.", METRICS_GAUGE,
         hit_rate},
        {"spillway_expert_cache_uploads_total", "Experts that came to the cache.", METRICS_COUNTER, n_uploads},
        {"spillway_expert_cache_upload_bytes_total", "Bytes that were copied for it.", METRICS_COUNTER, n_upload_bytes},
        {"spillway_expert_cache_active", "1, or 0 while it is stopped because steps were slower with it.",
         METRICS_GAUGE, is_active},
        {"spillway_expert_cache_stops_total", "How often it stopped.", METRICS_COUNTER, n_stops},
    };
    for (size_t i = 0; i < sizeof FAMILIES / sizeof FAMILIES[0]; i++) {
        metrics_text_family(t, FAMILIES[i].name, FAMILIES[i].type, FAMILIES[i].help);
        for (size_t k = 0; k < v->n_engines; k++) {
            const metrics_engine *const e = &v->engines[k];
            if (e->cache != NULL)
                metrics_text_sample(t, (labels){{"model", e->model->id}, {0}}, FAMILIES[i].value(e->cache));
        }
    }
}
