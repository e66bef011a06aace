/* saturation.c - requests under way and times of first tokens as series. */
#include "figures/stress/saturation.h"

#include <math.h>

#include "base/alloc.h"

static const double SKIPPED = 0.25; // of a stage: the queue fills from nothing
static const double RISE_P = 0.025; // one side of 95 %

static double under_way_at(const arrived_request *requests, size_t i)
{
    double n = 1;
    for (size_t k = 0; k < i; k++)
        n += requests[k].ended_s > requests[i].arrived_s;
    return n;
}

/* `x` and `y` have room for all; what has no first token is left out of its times. */
static sw_code test_series(const arrived_request *requests, size_t n, double *x, double *y, saturation *out,
                           sw_err *err)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = requests[i].arrived_s;
        y[i] = under_way_at(requests, i);
        out->in_flight_mean += y[i] / (double)n;
        out->in_flight_max = fmax(out->in_flight_max, y[i]);
    }
    sw_code code = steady_slope_of(x, y, n, SKIPPED, &out->in_flight, err);
    size_t n_answered = 0;
    for (size_t i = 0; i < n; i++) {
        x[n_answered] = requests[i].arrived_s;
        y[n_answered] = requests[i].ttft_ms;
        n_answered += !isnan(requests[i].ttft_ms);
    }
    return code == SW_OK ? steady_slope_of(x, y, n_answered, SKIPPED, &out->ttft_ms, err) : code;
}

sw_code saturation_of(const arrived_request *requests, size_t n, saturation *out, sw_err *err)
{
    *out = (saturation){.n = n};
    double *const x = mem_calloc(n + 1, sizeof *x), *const y = mem_calloc(n + 1, sizeof *y);
    const sw_code code = x != NULL && y != NULL
                             ? test_series(requests, n, x, y, out, err)
                             : sw_fail(err, SW_ENOMEM, "out of memory for the saturation of %zu requests", n);
    mem_free(x);
    mem_free(y);
    out->is_judged = !isnan(out->in_flight.p_rise) && !isnan(out->ttft_ms.p_rise);
    out->is_saturated = out->is_judged && out->in_flight.p_rise < RISE_P && out->ttft_ms.p_rise < RISE_P;
    return code;
}

double recovery_s(const arrived_request *requests, size_t n, double since_s, double limit_ms)
{
    size_t n_quick = 0, first = 0;
    bool was_slow = false;
    for (size_t i = 0; i < n && n_quick < RECOVERY_ANSWERS; i++) {
        if (requests[i].arrived_s < since_s)
            continue;
        const bool is_quick = requests[i].ttft_ms <= limit_ms; // NAN is not
        first = n_quick == 0 ? i : first;
        n_quick = is_quick ? n_quick + 1 : 0;
        was_slow = was_slow || !is_quick;
    }
    if (n_quick < RECOVERY_ANSWERS)
        return NAN;
    return was_slow ? requests[first].ended_s - since_s : 0;
}
