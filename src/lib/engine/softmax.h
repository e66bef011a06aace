/* softmax.h - the weights of a row of logits, as whole numbers.
 *
 * The weight of a token is e^((logit - max) / temperature), in units of 2^-40 and rounded down.  Sums of whole numbers
 * do not depend on their order, so everything derived from them is the same on every machine and in every
 * implementation. The sum over the largest vocabulary (2^22 tokens) fits 63 bits.
 */
#ifndef ENGINE_SOFTMAX_H
#define ENGINE_SOFTMAX_H

#include <stdint.h>

#include "spillway/error.h"

/* The highest of n > 0 logits; NaN if one of them is not finite. */
float softmax_highest_logit(const float *logits, int n);

/* The error about logits of which one is not finite: SW_ENUMERIC, with its token. */
SW_NODISCARD sw_code softmax_not_finite(const float *logits, sw_err *err);

/* weights[i] = e^((logits[i] - max) / temperature), in [0, 1], for n > 0 finite logits, none above max; returns their
 * sum in units.  `weights` may be NULL. */
uint64_t softmax_weigh(const float *logits, int n, float max, float temperature, float *weights);

/* A weight in units. */
static inline uint64_t softmax_weight_units(float weight)
{
    return (uint64_t)(int64_t)(weight * 0x1p40f);
}

#endif
