/* load_figures.c - the requests as spans of time, their tokens as events on one axis. */
#include "figures/load_figures.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"

/* A request began (+1) or ended (-1); in seconds since the run began. */
typedef struct edge {
    double t;
    int step;
} edge;

typedef struct token_event {
    double t, n_tokens;
} token_event;

static double begin_s(const test_record *t)
{
    return (double)t->start_ms / 1e3 + (double)(t->answer.connect_ns > 0 ? t->answer.connect_ns : 0) / 1e9;
}

static double end_s(const test_record *t)
{
    return begin_s(t) + (double)(t->answer.end_ns > 0 ? t->answer.end_ns : 0) / 1e9;
}

/* A request that ends when another begins is not beside it; starts are stored in whole milliseconds, so that one may
 * seem to begin up to a millisecond before the other ended. */
static int by_time(const void *a, const void *b)
{
    const edge *const x = a, *const y = b;
    const double t_x = x->t + (x->step > 0 ? 0.001 : 0), t_y = y->t + (y->step > 0 ? 0.001 : 0);
    return t_x != t_y ? (t_x > t_y) - (t_x < t_y) : x->step - y->step;
}

static int by_arrival(const void *a, const void *b)
{
    const token_event *const x = a, *const y = b;
    return (x->t > y->t) - (x->t < y->t);
}

typedef struct window {
    double begin, end;
} window;

/* Walks over the edges: how many requests are under way, and from when until when they are the most. */
static window walk_edges(const edge *edges, size_t n, load_figures *out)
{
    window busiest = {NAN, NAN};
    double seconds = 0;
    int under_way = 0;
    for (size_t i = 0; i < n; i++) {
        seconds += i > 0 ? under_way * (edges[i].t - edges[i - 1].t) : 0;
        if (edges[i].step < 0 && under_way == out->concurrency_max)
            busiest.end = edges[i].t;
        under_way += edges[i].step;
        if (under_way > out->concurrency_max) {
            out->concurrency_max = under_way;
            busiest = (window){edges[i].t, edges[i].t};
        }
    }
    const double span = n > 0 ? edges[n - 1].t - edges[0].t : 0;
    out->concurrency_mean = span > 0 ? seconds / span : NAN;
    return busiest;
}

/* From the first time that the schedule wanted a request to the last. */
static window arrival_window(const summary_row *requests, size_t n)
{
    window w = {INFINITY, -INFINITY};
    for (size_t i = 0; i < n; i++) {
        const double t = begin_s(requests[i].test) + (double)requests[i].test->answer.scheduled_ns / 1e9;
        w.begin = fmin(w.begin, t);
        w.end = fmax(w.end, t);
    }
    return w;
}

/* An event without a told number has its share of the answer's tokens. */
static size_t fill_tokens(const summary_row *r, token_event *out)
{
    const answer_record *const a = &r->test->answer;
    for (size_t i = 0; i < a->n_arrivals; i++) {
        const double even = (double)r->metrics.n_tokens / (double)a->n_arrivals;
        const double n_tokens = r->metrics.has_token_counts ? a->arrivals[i].n_tokens : even;
        out[i] = (token_event){begin_s(r->test) + (double)a->arrivals[i].t_ns / 1e9, n_tokens};
    }
    return a->n_arrivals;
}

/* The most tokens in one of the seconds that begin with the first request.  Sorts the events. */
static double peak_of(token_event *events, size_t n, double begin)
{
    qsort(events, n, sizeof *events, by_arrival);
    double peak = 0, sum = 0, second = -1;
    for (size_t i = 0; i < n; i++) {
        const double now = floor(events[i].t - begin);
        sum = now > second ? events[i].n_tokens : sum + events[i].n_tokens;
        second = now;
        peak = fmax(peak, sum);
    }
    return n > 0 ? peak : NAN;
}

static bool is_inside(double t, window w)
{
    return t >= w.begin && t <= w.end;
}

bool load_ended_in_window(const load_figures *load, const test_record *test)
{
    return is_inside(end_s(test), (window){load->window_begin_s, load->window_end_s});
}

static void count_window(const summary_row *requests, size_t n, const token_event *events, size_t n_events, window w,
                         load_figures *out)
{
    double tokens = 0, prompt = 0;
    int n_ended = 0;
    for (size_t i = 0; i < n_events; i++)
        tokens += is_inside(events[i].t, w) ? events[i].n_tokens : 0;
    for (size_t i = 0; i < n; i++) {
        const answer_record *const a = &requests[i].test->answer;
        prompt += is_inside(begin_s(requests[i].test), w) && a->prompt_tokens > 0 ? (double)a->prompt_tokens : 0;
        n_ended += load_ended_in_window(out, requests[i].test);
    }
    out->output_tps = tokens / out->window_s;
    out->total_tps = (tokens + prompt) / out->window_s;
    out->requests_per_s = n_ended / out->window_s;
}

/* `edges` has 2n places, `events` one for each arrival. */
static void measure_load(const summary_row *requests, size_t n, edge *edges, token_event *events, load_figures *out)
{
    size_t n_events = 0;
    for (size_t i = 0; i < n; i++) {
        edges[2 * i] = (edge){begin_s(requests[i].test), 1};
        edges[2 * i + 1] = (edge){end_s(requests[i].test), -1};
        n_events += fill_tokens(&requests[i], events + n_events);
        out->is_open_loop |= requests[i].test->answer.scheduled_ns < 0;
    }
    qsort(edges, 2 * n, sizeof *edges, by_time);
    window w = walk_edges(edges, 2 * n, out);
    out->peak_tps = n > 0 ? peak_of(events, n_events, edges[0].t) : NAN;
    if (out->is_open_loop)
        w = arrival_window(requests, n);
    if (out->concurrency_max < 2 || !(w.end > w.begin))
        return;
    out->window_begin_s = w.begin;
    out->window_end_s = w.end;
    out->window_s = w.end - w.begin;
    out->window_share = out->window_s / (edges[2 * n - 1].t - edges[0].t);
    out->is_window_short = out->window_share < 0.5;
    count_window(requests, n, events, n_events, w, out);
}

sw_code load_figures_of(const summary_row *requests, size_t n, load_figures *out, sw_err *err)
{
    *out = (load_figures){.concurrency_mean = NAN,
                          .window_begin_s = NAN,
                          .window_end_s = NAN,
                          .window_s = NAN,
                          .window_share = NAN,
                          .output_tps = NAN,
                          .total_tps = NAN,
                          .requests_per_s = NAN,
                          .peak_tps = NAN};
    size_t n_events = 0;
    for (size_t i = 0; i < n; i++)
        n_events += requests[i].test->answer.n_arrivals;
    edge *const edges = mem_calloc(2 * n + 1, sizeof *edges);
    token_event *const events = mem_calloc(n_events + 1, sizeof *events);
    sw_code code = SW_OK;
    if (edges != NULL && events != NULL)
        measure_load(requests, n, edges, events, out);
    else
        code = sw_fail(err, SW_ENOMEM, "out of memory for the load of %zu requests", n);
    mem_free(edges);
    mem_free(events);
    return code;
}
