/* work_arrivals.c - an open loop: each request is a session of its own, due at a moment that no answer changes. */
#include <math.h>

#include "base/arena.h"
#include "stress/workload.h"
#include "suite/arrivals.h"

/* As many as were asked for, or as fit into the duration. */
const char *work_arrivals_begin(workload *w)
{
    const stress_stage *const g = w->stage;
    int n = g->n_requests > 0 && g->n_requests < STRESS_SESSIONS_MAX ? g->n_requests : STRESS_SESSIONS_MAX;
    double *const offsets_s = w->state = arena_alloc(w->keep, (size_t)n * sizeof *offsets_s);
    if (offsets_s == NULL) {
        w->failed = SW_ENOMEM;
        return NULL;
    }
    protocol_settings arrivals = g->arrivals;
    arrivals.concurrency = arrivals.concurrency > 0 ? arrivals.concurrency : 1;
    arrivals_make(&arrivals, (uint64_t)w->suite->seed, offsets_s, (size_t)n);
    while (n > 1 && g->duration_s > 0 && offsets_s[n - 1] > g->duration_s)
        n--;
    w->n_sessions = w->n_planned = n;
    return NULL;
}

static work_next next(workload *w, int session, double now_s, work_request *out, double *at_s)
{
    const double *const offsets_s = w->state;
    if (w->n_asked[session] > 0)
        return WORK_OVER;
    *at_s = offsets_s[session];
    if (now_s < *at_s)
        return WORK_WAIT;
    work_ask_as_client(w, session, (size_t)session, (uint64_t)session, out);
    out->scheduled_s = *at_s;
    return WORK_ASK;
}

const work_ops WORK_ARRIVALS_OPS = {next, NULL, NULL};
