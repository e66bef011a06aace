/* warmup.c - rates of warm-up requests, in thirds. */
#include "figures/warmup.h"

#include <math.h>
#include <string.h>

#include "figures/interval.h"

enum { REQUESTS_MAX = 64 };

/* Tokens after the first moment per second; a short answer without a rate counts with all its time. */
static double rate_of(const answer_record *a)
{
    const int64_t begin = a->n_arrivals > 1 ? a->arrivals[0].t_ns : 0;
    const int64_t end = a->n_arrivals > 0 ? a->arrivals[a->n_arrivals - 1].t_ns : 0;
    const double n = (double)a->n_arrivals - (a->n_arrivals > 1);
    return a->status == TEST_COMPLETED && end > begin ? n / (double)(end - begin) : NAN;
}

/* The rates of the warm-ups of the server that offloads, of its last process, its latest REQUESTS_MAX.  Requests that
 * overlap have no order that a change could be seen in: none counts. */
static size_t collect(const run_record *run, int subject, double rates[REQUESTS_MAX])
{
    size_t n = 0;
    int server = -2;
    int64_t end_ms = 0;
    for (size_t i = 0; i < run->n_tests; i++) {
        const test_record *const t = &run->tests[i];
        const double rate = rate_of(&t->answer);
        if (!t->is_warmup || t->subject != subject || t->mode == MODE_REFERENCE || isnan(rate))
            continue;
        if (t->server != server)
            n = 0; // another process warms up anew
        if (n == REQUESTS_MAX)
            memmove(rates, rates + 1, --n * sizeof *rates);
        if (n > 0 && t->start_ms < end_ms)
            return 0;
        end_ms = t->start_ms + t->answer.end_ns / 1000000;
        server = t->server;
        rates[n++] = rate;
    }
    return n;
}

double warmup_difference(const run_record *run, int subject)
{
    double rates[REQUESTS_MAX];
    const size_t n = collect(run, subject, rates), third = n / 3;
    if (n < WARMUP_REQUESTS_MIN)
        return NAN;
    const double before = figure_median(rates + n - 2 * third, third);
    return figure_median(rates + n - third, third) / before - 1;
}
