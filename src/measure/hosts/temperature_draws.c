/* temperature_draws.c - bisection on the derivative of the likelihood, which falls with 1/T. */
#include "hosts/temperature_draws.h"

#include <math.h>

enum { N_DRAWS_MIN = 10, N_STEPS = 100 };

// 1/T is looked for between these: a temperature of 100, and one of 0.01, which draws as 0 does.
static const double INVERSE_MIN = 0.01, INVERSE_MAX = 100;
static const double N_SIGMAS = 3;

/* Mean and variance of the log-probabilities of a draw at temperature 1 / inverse. */
typedef struct moments {
    double mean, variance;
} moments;

static double highest(const temperature_draw *d)
{
    double top = -INFINITY;
    for (size_t i = 0; i < d->n; i++)
        top = fmax(top, d->logprobs[i]);
    return top;
}

static moments moments_at(const temperature_draw *d, double inverse)
{
    const double top = highest(d);
    double sum = 0, first = 0, second = 0;
    for (size_t i = 0; i < d->n; i++) {
        const double x = d->logprobs[i] - top, weight = exp(x * inverse);
        sum += weight;
        first += weight * x;
        second += weight * x * x;
    }
    const double mean = first / sum;
    return (moments){mean + top, fmax(second / sum - mean * mean, 0)};
}

/* What was drawn above what the temperature would draw: positive while 1/T is too small. */
static double slope_at(const temperature_draw *draws, size_t n, double inverse)
{
    double slope = 0;
    for (size_t i = 0; i < n; i++)
        slope += draws[i].logprobs[draws[i].drawn] - moments_at(&draws[i], inverse).mean;
    return slope;
}

static double information_at(const temperature_draw *draws, size_t n, double inverse)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += moments_at(&draws[i], inverse).variance;
    return sum;
}

/* The largest 1/T at which draws of the likeliest token alone would still surprise nobody: (1 - p)^n. */
static double smallest_inverse_of_greedy(const temperature_draw *draws, size_t n)
{
    static const double SURPRISE = 0.0027; // as three standard errors
    double low = INVERSE_MIN, high = INVERSE_MAX;
    for (int step = 0; step < N_STEPS; step++) {
        const double inverse = sqrt(low * high);
        double log_probability = 0;
        for (size_t i = 0; i < n; i++) {
            double sum = 0;
            for (size_t k = 0; k < draws[i].n; k++)
                sum += exp((draws[i].logprobs[k] - highest(&draws[i])) * inverse);
            log_probability -= log(fmax(sum, 1)); // the highest alone gives 1
        }
        *(log_probability < log(SURPRISE) ? &low : &high) = inverse;
    }
    return high;
}

static double find_inverse(const temperature_draw *draws, size_t n)
{
    double low = INVERSE_MIN, high = INVERSE_MAX;
    for (int step = 0; step < N_STEPS; step++) {
        const double inverse = sqrt(low * high);
        *(slope_at(draws, n, inverse) > 0 ? &low : &high) = inverse;
    }
    return low;
}

static bool is_greedy(const temperature_draw *draws, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (draws[i].logprobs[draws[i].drawn] < highest(&draws[i]))
            return false;
    }
    return true;
}

bool temperature_draws_estimate(const temperature_draw *draws, size_t n, temperature_estimate *out)
{
    if (n < N_DRAWS_MIN || information_at(draws, n, /*inverse=*/1) < 1e-9)
        return false;
    if (is_greedy(draws, n)) {
        *out = (temperature_estimate){.high = 1 / smallest_inverse_of_greedy(draws, n)};
        return true;
    }
    const double inverse = find_inverse(draws, n), error = 1 / sqrt(information_at(draws, n, inverse));
    const double smallest = inverse - N_SIGMAS * error;
    *out = (temperature_estimate){
        .found = 1 / inverse, .low = 1 / (inverse + N_SIGMAS * error), .high = smallest > 0 ? 1 / smallest : INFINITY};
    return true;
}
