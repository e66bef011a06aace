/* degradation_law.c - weighted least squares of 1 / r over the number of other sessions. */
#include "figures/stress/degradation_law.h"

#include <math.h>

/* Sums with weight r^2, because a relative error of r is r times the error of 1 / r. */
typedef struct weighted_sums {
    double w, x, y, xx, xy; // of weights, others, 1 / r
    size_t n;
} weighted_sums;

static weighted_sums sum_up(const session_rate *points, size_t n)
{
    weighted_sums s = {0};
    for (size_t i = 0; i < n; i++) {
        const double r = points[i].tps, x = points[i].n_sessions - 1, w = r * r;
        if (!(r > 0))
            continue;
        s.w += w;
        s.x += w * x;
        s.y += w / r;
        s.xx += w * x * x;
        s.xy += w * x / r;
        s.n++;
    }
    return s;
}

double degradation_at(const degradation_law *law, int n_sessions)
{
    return law->alone_tps / (1 + (n_sessions - 1) * law->cost);
}

static void fill_residuals(const session_rate *points, size_t n, degradation_law *law)
{
    double squares = 0;
    law->worst = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(points[i].tps > 0))
            continue;
        const double error = points[i].tps / degradation_at(law, points[i].n_sessions) - 1;
        squares += error * error;
        if (fabs(error) > law->worst) {
            law->worst = fabs(error);
            law->worst_at = points[i].n_sessions;
        }
    }
    law->residual = sqrt(squares / (double)law->n);
}

/* Of c = slope / intercept, by the variance of a ratio; the scatter is that of the points around the line. */
static interval cost_range_of(const weighted_sums *s, const session_rate *points, size_t n, double intercept,
                              double slope)
{
    double left = 0;
    for (size_t i = 0; i < n; i++) {
        const double r = points[i].tps;
        const double error = r > 0 ? r * (1 / r - intercept - slope * (points[i].n_sessions - 1)) : 0;
        left += error * error;
    }
    const double determinant = s->w * s->xx - s->x * s->x, variance = left / (double)(s->n - 2) / determinant;
    const double cost = slope / intercept;
    const double square = variance * (s->w + 2 * cost * s->x + cost * cost * s->xx) / (intercept * intercept);
    const double half = student_t_quantile(0.975, s->n - 2) * sqrt(fmax(0, square));
    return (interval){cost - half, cost + half};
}

degradation_law degradation_law_of(const session_rate *points, size_t n)
{
    degradation_law law = {
        .alone_tps = NAN, .cost = NAN, .cost_range = {NAN, NAN}, .capacity_tps = NAN, .residual = NAN, .worst = NAN};
    const weighted_sums s = sum_up(points, n);
    const double determinant = s.w * s.xx - s.x * s.x;
    law.n = s.n;
    if (s.n < 2 || !(determinant > 1e-12 * s.w * s.xx))
        return law;
    const double slope = (s.w * s.xy - s.x * s.y) / determinant, intercept = (s.y - slope * s.x) / s.w;
    law.alone_tps = 1 / intercept;
    law.cost = slope / intercept;
    law.capacity_tps = law.cost > 0 ? law.alone_tps / law.cost : INFINITY;
    fill_residuals(points, n, &law);
    if (s.n > 2)
        law.cost_range = cost_range_of(&s, points, n, intercept, slope);
    return law;
}
