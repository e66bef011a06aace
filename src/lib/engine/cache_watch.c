/* cache_watch.c - counts steps to the next trial, collects a trial's times, and decides by their means. */
#include "engine/cache_watch.h"

#include <string.h>

void cache_watch_init(cache_watch *w)
{
    *w = (cache_watch){.n_left = WATCH_PERIOD_MIN, .period = WATCH_PERIOD_MIN, .rest_ns = WATCH_REST_NS};
}

/* Blocks: with, without, without, with. */
static bool is_with(const cache_watch *w)
{
    return w->block == 0 || w->block == WATCH_BLOCKS - 1;
}

bool cache_watch_allows(cache_watch *w, uint64_t now_ns)
{
    if (w->phase == WATCH_STOPPED && now_ns >= w->resume_ns) {
        w->phase = WATCH_USING;
        w->n_left = w->period = WATCH_PERIOD_MIN;
    }
    return w->phase == WATCH_USING || (w->phase == WATCH_TRIAL && is_with(w));
}

static void begin_trial(cache_watch *w)
{
    w->phase = WATCH_TRIAL;
    w->block = w->n_block = w->n_odd = 0;
    w->n_tokens = 0;
    memset(w->n_ms, 0, sizeof w->n_ms);
}

static void end_trial(cache_watch *w, int n_left)
{
    w->phase = WATCH_USING;
    w->n_left = n_left;
}

/* The mean without the slowest. */
static double mean_of(const double *ms, int n)
{
    double sum = 0, slowest = 0;
    for (int i = 0; i < n; i++) {
        sum += ms[i];
        slowest = ms[i] > slowest ? ms[i] : slowest;
    }
    return (sum - slowest) / (n - 1);
}

static void stop(cache_watch *w, uint64_t now_ns)
{
    w->phase = WATCH_STOPPED;
    w->n_lost = 0;
    w->n_stops++;
    w->resume_ns = now_ns + w->rest_ns;
    w->rest_ns = 2 * w->rest_ns < WATCH_REST_NS_MAX ? 2 * w->rest_ns : WATCH_REST_NS_MAX;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Decides; returns true if the cache stops. */
static bool judge(cache_watch *w, uint64_t now_ns)
{
    w->n_trials++;
    w->without_ms = mean_of(w->ms[false], WATCH_SAMPLES);
    w->with_ms = mean_of(w->ms[true], WATCH_SAMPLES);
    if (w->with_ms > w->without_ms * WATCH_TOLERANCE) {
        w->period = WATCH_PERIOD_MIN;
        end_trial(w, WATCH_CONFIRM_STEPS);
        if (++w->n_lost == 2)
            stop(w, now_ns);
        return w->phase == WATCH_STOPPED;
    }
    w->n_lost = 0;
    w->period = least(2 * w->period, WATCH_PERIOD_MAX);
    end_trial(w, w->period);
    return false;
}

/* A step of the trial. */
static bool try_step(cache_watch *w, const cache_step *s)
{
    if (w->n_tokens == 0 && s->is_generation)
        w->n_tokens = s->n_tokens;
    if (!s->is_generation || s->n_tokens != w->n_tokens) {
        if (++w->n_odd > WATCH_ODD_STEPS_MAX)
            end_trial(w, w->period);
        return false;
    }
    if (w->n_block >= WATCH_SETTLE_STEPS)
        w->ms[is_with(w)][w->n_ms[is_with(w)]++] = s->ms;
    if (++w->n_block < WATCH_BLOCK_STEPS)
        return false;
    w->n_block = 0;
    return ++w->block == WATCH_BLOCKS && judge(w, s->end_ns);
}

bool cache_watch_add(cache_watch *w, const cache_step *s)
{
    if (w->phase == WATCH_TRIAL)
        return try_step(w, s);
    if (w->phase == WATCH_USING && s->is_generation && --w->n_left <= 0)
        begin_trial(w);
    return false;
}
