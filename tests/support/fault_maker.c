/* fault_maker.c - a server as a few random numbers. */
#include "support/fault_maker.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "support/draws.h"

enum { N_MAX = 20000, SESSIONS_MAX = 16, N_QUESTIONS = 200, N_LAYERS = 4, N_EXPERTS = 16, N_USED = 2 };

static fault_request requests[N_MAX];
static memory_sample samples[N_MAX];
static uint64_t counts[N_MAX / 100 + 1][N_LAYERS * N_EXPERTS]; // after every hundredth request

typedef struct maker {
    const fault_plan *plan;
    rng_state rng;
    double now_s[SESSIONS_MAX];
    bool loops[N_QUESTIONS]; // how each is answered
    double drift;            // what disturbs the machine for a while, of the time per token
} maker;

static double uniform(maker *m)
{
    return rng_float(&m->rng);
}

static bool has(const maker *m, fault_kind fault)
{
    return m->plan->fault == (int)fault;
}

static double time_per_token(maker *m, int session, double length)
{
    double ms = 20 * (1 + 0.1 * length) * exp(0.05 * normal(&m->rng) + m->drift);
    ms *= has(m, FAULT_SLOWING) && m->now_s[session] > 600 ? 1.2 : 1;
    return ms * (has(m, FAULT_UNFAIR) && session == 1 ? 1.25 : 1);
}

static void answer(maker *m, fault_request *r, uint64_t question)
{
    const int64_t n = 40 + (int64_t)question / 2;
    r->question = r->kind = question;
    r->answer = question * 1000 + (has(m, FAULT_CHANGED) && uniform(m) < 0.002);
    r->is_completed = uniform(m) > 0.002;
    r->is_degenerate = m->loops[question];
    r->seen_tokens = n - 1; // the last has no text
    r->told_tokens = has(m, FAULT_USAGE) && uniform(m) < 0.05 ? n + n / 10 + 4 : n;
    r->prompt_tokens = 100 + (int64_t)question;
    r->max_tokens = 512;
    r->distance = NAN;
}

static void remember(maker *m, fault_request *r)
{
    r->question = 1000 + (uint64_t)(r - requests); // never asked again
    r->distance = 200 + floor(uniform(m) * 38) * 100;
    r->is_right = uniform(m) < (has(m, FAULT_FORGETS) && r->distance > 2048 ? 0.1 : 0.93);
}

static int next_session(const maker *m)
{
    int first = 0;
    for (int s = 1; s < m->plan->n_sessions; s++)
        first = m->now_s[s] < m->now_s[first] ? s : first;
    return first;
}

/* The session that is free first asks; its clock moves on. */
static void ask(maker *m, fault_request *r)
{
    const int session = next_session(m);
    *r = (fault_request){.is_steady = true, .session = session, .start_s = m->now_s[session]};
    m->drift = 0.98 * m->drift + 0.002 * normal(&m->rng);
    answer(m, r, (uint64_t)(uniform(m) * N_QUESTIONS));
    if (uniform(m) < 0.2)
        remember(m, r);
    r->ms_per_token = time_per_token(m, session, (double)r->kind / N_QUESTIONS);
    const double busy_s = (double)r->told_tokens * r->ms_per_token / 1000 + 0.1 * exp(0.2 * normal(&m->rng));
    r->end_s = r->start_s + busy_s;
    r->tps = (double)r->seen_tokens / busy_s;
    m->now_s[session] = r->end_s - log(1 - uniform(m)) * m->plan->pause_s;
}

static int by_end(const void *a, const void *b)
{
    const double x = ((const fault_request *)a)->end_s, y = ((const fault_request *)b)->end_s;
    return (x > y) - (x < y);
}

/* A level, a cache that fills in minutes, noise that lasts, pages that come and go. */
static size_t sample_memory(maker *m, size_t n_requests, double end_s)
{
    size_t n = 0, n_ended = 0;
    double noise = 0;
    for (double t = 0; t < end_s && n < N_MAX; t += m->plan->sample_s) {
        while (n_ended < n_requests && requests[n_ended].end_s <= t)
            n_ended++;
        noise = 0.9 * noise + 200e3 * normal(&m->rng);
        double bytes = 300e6 + 40e6 * (1 - exp(-t / 60)) + noise + (uniform(m) < 0.02 ? 4e6 : 0);
        bytes += has(m, FAULT_LEAK) ? 100e3 * (double)n_ended : 0;
        samples[n++] = (memory_sample){t, bytes};
    }
    return n;
}

/* Shares that differ as those of real layers do; one expert may have none. */
static void count_experts(maker *m, size_t n_requests)
{
    double shares[N_LAYERS * N_EXPERTS];
    uint64_t sums[N_LAYERS * N_EXPERTS] = {0};
    for (int i = 0; i < N_LAYERS * N_EXPERTS; i++)
        shares[i] = N_USED / (double)N_EXPERTS * exp(0.6 * normal(&m->rng));
    if (has(m, FAULT_UNUSED))
        shares[(size_t)(uniform(m) * N_LAYERS * N_EXPERTS)] = 0;
    for (size_t k = 0; k < n_requests; k++) {
        for (int i = 0; i < N_LAYERS * N_EXPERTS; i++) {
            const double chosen = shares[i] * (double)requests[k].told_tokens * 2 * uniform(m);
            sums[i] += shares[i] > 0 ? (uint64_t)(chosen + uniform(m)) : 0;
        }
        if (k % 100 == 99)
            memcpy(counts[k / 100], sums, sizeof sums);
    }
}

static int64_t count_tokens(size_t n)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += requests[i].told_tokens;
    return sum;
}

void fault_world_make(const fault_plan *plan, fault_world *out)
{
    maker m = {.plan = plan};
    if (plan->n_requests > N_MAX || plan->n_sessions > SESSIONS_MAX)
        abort();
    rng_seed(&m.rng, plan->seed * 16 + (uint64_t)(plan->fault + 1));
    for (int i = 0; i < N_QUESTIONS; i++)
        m.loops[i] = uniform(&m) < (has(&m, FAULT_LOOPS) ? 0.1 : 0.003);
    for (size_t i = 0; i < plan->n_requests; i++)
        ask(&m, &requests[i]);
    qsort(requests, plan->n_requests, sizeof *requests, by_end);
    const double end_s = plan->n_requests > 0 ? requests[plan->n_requests - 1].end_s : 0;
    const size_t n_samples = sample_memory(&m, plan->n_requests, end_s);
    count_experts(&m, plan->n_requests);
    *out = (fault_world){requests, plan->n_requests, samples, n_samples, {0}};
    *out = fault_world_begin(out, plan->n_requests);
}

fault_world fault_world_begin(const fault_world *world, size_t n)
{
    fault_world begin = *world;
    begin.n_requests = n;
    begin.n_samples = 0;
    while (n > 0 && begin.n_samples < world->n_samples && samples[begin.n_samples].t_s <= requests[n - 1].end_s)
        begin.n_samples++;
    begin.experts = (fault_experts){0};
    if (n >= 100)
        begin.experts = (fault_experts){N_LAYERS, N_EXPERTS, N_USED, count_tokens(n / 100 * 100), counts[n / 100 - 1]};
    return begin;
}
