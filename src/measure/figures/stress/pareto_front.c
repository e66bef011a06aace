/* pareto_front.c - every point against every other: sweeps have dozens. */
#include "figures/stress/pareto_front.h"

#include <math.h>

static bool beats(const pareto_point *a, const pareto_point *b)
{
    return a->cost <= b->cost && a->gain >= b->gain && (a->cost < b->cost || a->gain > b->gain);
}

size_t pareto_front(pareto_point *points, size_t n)
{
    size_t n_front = 0;
    for (size_t i = 0; i < n; i++) {
        bool is_beaten = isnan(points[i].cost) || isnan(points[i].gain);
        for (size_t k = 0; k < n && !is_beaten; k++)
            is_beaten = beats(&points[k], &points[i]);
        points[i].is_on_front = !is_beaten;
        n_front += !is_beaten;
    }
    return n_front;
}
