/* draws.h - simulated data of known truth for tests of statistics. */
#ifndef TEST_DRAWS_H
#define TEST_DRAWS_H

#include "base/rng.h"

/* Of a standard normal distribution (Box and Muller). */
double normal(rng_state *rng);
/* Fails the test unless |got - wanted| <= tolerance; a NAN fails. */
void assert_close(double got, double wanted, double tolerance);

#endif
