/* slowest_window.c - spans are joined, arrivals moved to busy time, and windows tried from every arrival on. */
#include "figures/stress/slowest_window.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* Spans that overlap, as one; `before_s` is the busy time before it. */
typedef struct busy_span {
    double begin_s, end_s, before_s;
} busy_span;

static int by_begin(const void *a, const void *b)
{
    const double x = ((const busy_span *)a)->begin_s, y = ((const busy_span *)b)->begin_s;
    return (x > y) - (x < y);
}

/* Joins them in place; returns how many are left. */
static size_t join_spans(busy_span *spans, size_t n)
{
    qsort(spans, n, sizeof *spans, by_begin);
    size_t n_joined = 0;
    for (size_t i = 0; i < n; i++) {
        busy_span *const last = n_joined > 0 ? &spans[n_joined - 1] : NULL;
        if (last != NULL && spans[i].begin_s <= last->end_s)
            last->end_s = fmax(last->end_s, spans[i].end_s);
        else
            spans[n_joined++] = spans[i];
    }
    for (size_t i = 1; i < n_joined; i++)
        spans[i].before_s = spans[i - 1].before_s + spans[i - 1].end_s - spans[i - 1].begin_s;
    return n_joined;
}

/* The busy time of each arrival; what came between two spans counts at the end of the first. */
static void move_to_busy_time(const token_arrival *tokens, size_t n, const busy_span *spans, size_t n_spans,
                              double *busy)
{
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        while (at + 1 < n_spans && spans[at + 1].begin_s <= tokens[i].t_s)
            at++;
        const double inside = fmin(tokens[i].t_s, spans[at].end_s) - spans[at].begin_s;
        busy[i] = spans[at].before_s + fmax(0, inside);
    }
}

static double to_clock(const busy_span *spans, size_t n, double busy_s)
{
    size_t at = 0;
    while (at + 1 < n && spans[at + 1].before_s <= busy_s)
        at++;
    return spans[at].begin_s + busy_s - spans[at].before_s;
}

/* As a window moves on, it loses tokens right after an arrival: those are the places where it can hold fewest. */
static void find_slowest(const token_arrival *tokens, const double *busy, size_t n, double window_s,
                         slowest_window *out)
{
    double inside = 0, fewest, begin = 0;
    size_t end = 0;
    for (; end < n && busy[end] < window_s; end++)
        inside += tokens[end].n;
    fewest = inside;
    for (size_t i = 0; i < n && busy[i] + window_s < out->busy_s; i++) {
        for (; end < n && busy[end] <= busy[i] + window_s; end++)
            inside += tokens[end].n;
        inside -= tokens[i].n;
        if (inside < fewest) {
            fewest = inside;
            begin = busy[i];
        }
    }
    out->tps = fewest / window_s;
    out->begin_s = begin;
}

static void measure(const token_arrival *tokens, size_t n_tokens, busy_span *spans, size_t n_spans, double *busy,
                    double window_s, slowest_window *out)
{
    const size_t n = join_spans(spans, n_spans);
    const busy_span *const last = &spans[n - 1];
    double all = 0;
    out->busy_s = last->before_s + last->end_s - last->begin_s;
    move_to_busy_time(tokens, n_tokens, spans, n, busy);
    for (size_t i = 0; i < n_tokens; i++)
        all += tokens[i].n;
    out->mean_tps = out->busy_s > 0 ? all / out->busy_s : NAN;
    if (out->busy_s < window_s)
        return;
    find_slowest(tokens, busy, n_tokens, window_s, out);
    out->begin_s = to_clock(spans, n, out->begin_s);
}

sw_code slowest_window_of(const token_arrival *tokens, size_t n_tokens, const work_span *spans, size_t n_spans,
                          double window_s, slowest_window *out, sw_err *err)
{
    *out = (slowest_window){.mean_tps = NAN, .tps = NAN, .begin_s = NAN};
    if (n_spans == 0)
        return SW_OK;
    busy_span *const joined = mem_calloc(n_spans, sizeof *joined);
    double *const busy = mem_calloc(n_tokens + 1, sizeof *busy);
    if (joined != NULL && busy != NULL) {
        for (size_t i = 0; i < n_spans; i++)
            joined[i] = (busy_span){spans[i].begin_s, spans[i].end_s, 0};
        measure(tokens, n_tokens, joined, n_spans, busy, window_s, out);
    }
    const bool ok = joined != NULL && busy != NULL;
    mem_free(joined);
    mem_free(busy);
    return ok ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory for the slowest window of %zu requests", n_spans);
}
