/* histogram.c - the bounds, and a search in them. */
#include "serving/histogram.h"

static const double FIRST_TOKEN[] = {.001, .005, .01, .02, .04, .06, .08, .1, .25, .5,  .75,
                                     1,    2.5,  5,   7.5, 10,  20,  40,  80, 160, 640, 2560};
static const double TOKEN_TIME[] = {.01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80};
static const double REQUEST_TIME[] = {.3, .5, .8, 1,  1.5, 2,   2.5, 5,   10,   15,  20,
                                      30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680};
static const double TOKENS[] = {1,    2,    5,    10,    20,    50,    100,    200,   500,
                                1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000};

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
static const struct {
    const double *bounds;
    size_t n;
} KINDS[] = {
    [HISTOGRAM_FIRST_TOKEN] = {FIRST_TOKEN, COUNT(FIRST_TOKEN)},
    [HISTOGRAM_TOKEN_TIME] = {TOKEN_TIME, COUNT(TOKEN_TIME)},
    [HISTOGRAM_REQUEST_TIME] = {REQUEST_TIME, COUNT(REQUEST_TIME)},
    [HISTOGRAM_TOKENS] = {TOKENS, COUNT(TOKENS)},
};

const double *histogram_bounds(histogram_kind kind, size_t *n_out)
{
    *n_out = KINDS[kind].n;
    return KINDS[kind].bounds;
}

void histogram_add(histogram *h, double value, uint64_t n)
{
    size_t n_bounds, i = 0;
    const double *const bounds = histogram_bounds(h->kind, &n_bounds);
    while (i < n_bounds && value > bounds[i])
        i++;
    h->counts[i] += n;
    h->n += n;
    h->sum += value * (double)n;
}

void histogram_merge(histogram *h, const histogram *other)
{
    for (size_t i = 0; i <= HISTOGRAM_BOUNDS_MAX; i++)
        h->counts[i] += other->counts[i];
    h->n += other->n;
    h->sum += other->sum;
}
