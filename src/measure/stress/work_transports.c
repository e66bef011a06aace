/* work_transports.c - each prompt by each route, one after the other: the same text must come by all. */
#include "base/arena.h"
#include "stress/workload.h"

/* The routes that this server has. */
typedef struct transports {
    const stress_route *routes[STRESS_LIST_MAX];
    size_t n;
} transports;

const char *work_transports_begin(workload *w)
{
    transports *const t = w->state = arena_alloc(w->keep, sizeof *t);
    if (t == NULL) {
        w->failed = SW_ENOMEM;
        return NULL;
    }
    t->n = 0;
    for (size_t i = 0; i < w->stage->n_routes; i++) {
        if (w->server.is_spillway || !w->stage->routes[i]->is_of_spillway)
            t->routes[t->n++] = w->stage->routes[i];
    }
    const int rounds = w->stage->n_requests > 0 ? w->stage->n_requests : 1;
    w->n_sessions = 1;
    w->n_planned = (int)(w->suite->n_prompts * t->n) * rounds;
    return t->n < 2 ? "this server has fewer than two of the routes: there is nothing to compare" : NULL;
}

static work_next next(workload *w, int session, double now_s, work_request *out, double *at_s)
{
    (void)now_s, (void)at_s;
    const transports *const t = w->state;
    const size_t k = (size_t)w->n_asked[session];
    if (k >= (size_t)w->n_planned)
        return WORK_OVER;
    work_ask_prompt(w, k / t->n, 0, out);
    out->route = t->routes[k % t->n];
    return WORK_ASK;
}

const work_ops WORK_TRANSPORTS_OPS = {next, NULL, NULL};
