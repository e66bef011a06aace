/* exponential.h - an exponential that is the same on every machine. */
#ifndef SW_EXPONENTIAL_H
#define SW_EXPONENTIAL_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

/* exp(x) for x <= 0: x = k ln 2 + r with |r| <= ln(2) / 2, then the Taylor series of exp(r), whose first omitted term
 * r^14 / 14! is below 5e-18.  libm's exp differs in the last bit between versions; this one does not.  Below -55 the
 * result is 0: the mass of the largest vocabulary at that distance (4,194,304 tokens) vanishes when added to a double
 * of 1. */
static inline double sw_exp_of_negative(double x)
{
    static const double INVERSE_FACTORIAL[] = {1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800,
                                               1.0 / 362880,     1.0 / 40320,     1.0 / 5040,     1.0 / 720,
                                               1.0 / 120,        1.0 / 24,        1.0 / 6,        1.0 / 2};
    assert(x <= 0);
    if (x < -55)
        return 0;
    const int k = (int)(x * 0x1.71547652b82fep+0 - 0.5); // conversion cuts towards zero, so this rounds
    const double r = (x - k * 0x1.62e42fefa38p-1) - k * 0x1.ef35793c7673p-45;
    double sum = INVERSE_FACTORIAL[0];
    for (size_t i = 1; i < sizeof INVERSE_FACTORIAL / sizeof INVERSE_FACTORIAL[0]; i++)
        sum = sum * r + INVERSE_FACTORIAL[i];
    sum = (sum * r + 1) * r + 1;
    const uint64_t bits = (uint64_t)(k + 1023) << 52; // 2^k
    double scale;
    memcpy(&scale, &bits, sizeof scale);
    return sum * scale;
}

#endif
