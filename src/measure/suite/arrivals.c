/* arrivals.c - draws gaps between requests.  Gamma: Marsaglia and Tsang, "A simple method for generating gamma
 * variables", 2000. */
#include "suite/arrivals.h"

#include <math.h>

#include "base/rng.h"

/* Uniform in (0, 1]: its logarithm is finite. */
static double uniform(rng_state *r)
{
    return ((double)(rng_next(r) >> 11) + 1) * 0x1p-53;
}

/* Standard normal (Box and Muller). */
static double normal(rng_state *r)
{
    const double radius = sqrt(-2 * log(uniform(r)));
    return radius * cos(6.283185307179586 * uniform(r));
}

/* Gamma with this shape and scale 1. */
static double gamma_draw(rng_state *r, double shape)
{
    // Below 1 the method is used one higher, and the draw scaled down.
    const double boost = shape < 1 ? pow(uniform(r), 1 / shape) : 1;
    const double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3;
    const double c = 1 / sqrt(9 * d);
    for (;;) {
        const double x = normal(r);
        const double v = pow(1 + c * x, 3);
        if (v > 0 && log(uniform(r)) < 0.5 * x * x + d - d * v + d * log(v))
            return boost * d * v;
    }
}

/* Seconds to the next request; bursts do not come here. */
static double gap_s(const protocol_settings *s, rng_state *r)
{
    switch (s->arrivals) {
    case ARRIVALS_CONSTANT: return 1 / s->rate;
    case ARRIVALS_POISSON: return -log(uniform(r)) / s->rate;
    case ARRIVALS_GAMMA: return gamma_draw(r, s->burstiness) / (s->rate * s->burstiness);
    default: return 0;
    }
}

void arrivals_make(const protocol_settings *s, uint64_t seed, double *offsets_s, size_t n)
{
    rng_state r;
    rng_seed(&r, seed);
    double t = 0;
    for (size_t i = 0; i < n; i++) {
        offsets_s[i] = s->arrivals == ARRIVALS_BURST ? (double)(i / (size_t)s->concurrency) / s->rate : t;
        t += gap_s(s, &r);
    }
}
