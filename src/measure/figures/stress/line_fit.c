/* line_fit.c - sums around the means, so that large values lose no digits. */
#include "figures/stress/line_fit.h"

#include <math.h>

static double mean_of(const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return sum / (double)n;
}

/* Sum of the squared distances from the line; keeps the largest. */
static double squares_left(const double *x, const double *y, size_t n, line_fit *fit)
{
    double sum = 0;
    fit->worst = 0;
    for (size_t i = 0; i < n; i++) {
        const double left = y[i] - (fit->intercept + fit->slope * x[i]);
        sum += left * left;
        fit->worst = fmax(fit->worst, fabs(left));
    }
    return sum;
}

line_fit line_fit_of(const double *x, const double *y, size_t n)
{
    line_fit fit = {n, NAN, NAN, {NAN, NAN}, NAN, NAN, NAN};
    const double mx = mean_of(x, n), my = mean_of(y, n);
    double xx = 0, xy = 0, yy = 0;
    for (size_t i = 0; i < n; i++) {
        xx += (x[i] - mx) * (x[i] - mx);
        xy += (x[i] - mx) * (y[i] - my);
        yy += (y[i] - my) * (y[i] - my);
    }
    if (n < 2 || !(xx > 0))
        return fit;
    fit.slope = xy / xx;
    fit.intercept = my - fit.slope * mx;
    const double left = squares_left(x, y, n, &fit);
    fit.r2 = yy > 0 ? 1 - left / yy : NAN;
    if (n < 3)
        return fit;
    fit.residual = sqrt(left / (double)(n - 2));
    const double half = student_t_quantile(0.975, n - 2) * fit.residual / sqrt(xx);
    fit.slope_range = (interval){fit.slope - half, fit.slope + half};
    return fit;
}
