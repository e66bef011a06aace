/* work_sessions.c - sessions side by side; each asks the suite's prompts in turn, beginning with another one. */
#include "stress/workload.h"

static work_next next(workload *w, int session, double now_s, work_request *out, double *at_s)
{
    const int k = w->n_asked[session];
    if (w->stage->n_requests > 0 && k >= w->stage->n_requests)
        return WORK_OVER;
    *at_s = w->ready_s[session];
    if (now_s < *at_s)
        return WORK_WAIT;
    const uint64_t n = (uint64_t)k * (uint64_t)w->n_sessions + (uint64_t)session;
    work_ask_as_client(w, session, (size_t)session + (size_t)k, n, out);
    return WORK_ASK;
}

static void took(workload *w, int session, const work_request *request, const answer_record *answer, double now_s)
{
    (void)request, (void)answer;
    w->ready_s[session] = now_s + w->stage->think_s;
}

const work_ops WORK_SESSIONS_OPS = {next, took, NULL};

/* ---- nothing ----------------------------------------------------------------------------------------------------- */

static work_next idle_next(workload *w, int session, double now_s, work_request *out, double *at_s)
{
    (void)session, (void)out;
    *at_s = w->stage->duration_s;
    return now_s < *at_s ? WORK_WAIT : WORK_OVER;
}

const work_ops WORK_IDLE_OPS = {idle_next, NULL, NULL};
