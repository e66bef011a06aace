/* warmup_run.c - brings a server to its usual speed before it is measured.  The answers are stored, and are in no
 * figure.
 */
#include <math.h>

#include "figures/warmup_rate.h"
#include "suite/runner_state.h"

enum {
    WARMUP_GROWTH = 5,      // times the requests asked for, after which a server will not become steady
    WARMUP_RATES_MAX = 5000 // 5 times the most that can be asked for
};

/* The median of those that are known; NAN if none is. */
static double median_of(const double *rates, size_t n)
{
    double known[WARMUP_RATES_MAX];
    size_t n_known = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isnan(rates[i]))
            known[n_known++] = rates[i];
    }
    return stats_of(known, n_known).p50;
}

/* A server that tells no rate cannot be seen to be steady. */
bool warmup_is_over(const protocol_settings *s, const double *rates, size_t n)
{
    const size_t wanted = (size_t)(s->warmup_requests > s->concurrency ? s->warmup_requests : s->concurrency);
    if (s->warmup_requests == 0 || n >= WARMUP_GROWTH * wanted || n >= WARMUP_RATES_MAX)
        return true;
    if (n < wanted || s->warmup == WARMUP_FIXED)
        return n >= wanted;
    const size_t third = n / 3;
    const double before = median_of(rates + n - 2 * third, third);
    const double last = median_of(rates + n - third, third);
    return n >= WARMUP_REQUESTS_MIN && fabs(last - before) < 0.02 * before;
}

/* One request per worker at least, and all one after another.  Every session and server of a run warms up anew: the
 * repetition numbers them. */
sw_code warmup_run(runner *r, const bench_step *first, sw_err *err)
{
    const bench_protocol *const p = r->o->protocol;
    double rates[WARMUP_RATES_MAX];
    sw_code code = SW_OK;
    for (size_t n = 0; code == SW_OK && r->trouble == SW_OK && p->has_warmup; n++) {
        if (warmup_is_over(&p->settings, rates, n) || r->is_over_budget)
            break;
        const bench_step step = {.subject = first->subject,
                                 .mode = first->side == SIDE_REFERENCE ? MODE_REFERENCE : MODE_STREAM,
                                 .variant = "",
                                 .plan = p->warmup,
                                 .repeat = r->n_warmups++,
                                 .pass = -1};
        const bench_step *const steps[] = {&step};
        r->last_end_ns = 0; // no pause before it
        r->warmup_tps = NAN;
        code = pass_run(r, steps, 1, err);
        rates[n] = r->warmup_tps;
    }
    r->last_end_ns = 0; // nor before the first test
    r->host->is_warm = true;
    return code;
}
