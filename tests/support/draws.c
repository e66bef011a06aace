/* draws.c - normal draws from uniform ones. */
#include "support/draws.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

void assert_close(double got, double wanted, double tolerance)
{
    if (!(fabs(got - wanted) <= tolerance))
        fail_msg("%.12g is not %.12g", got, wanted);
}

double normal(rng_state *rng)
{
    const double u = 1 - (double)rng_float(rng), v = (double)rng_float(rng);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}
