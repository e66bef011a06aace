/* softmax.c - the maximum of a row in parallel lanes, and its weights in parts that fit the nearest cache. */
#include "engine/softmax.h"

#include <math.h>
#include <stddef.h>

#include "kernels/kernels.h"

float softmax_highest_logit(const float *logits, int n)
{
    enum { LANES = 16 };                  // independent chains: one chain would wait for each comparison
    float best[LANES], zero[LANES] = {0}; // x - x is 0, unless x is not finite
    for (int k = 0; k < LANES; k++)
        best[k] = logits[0];
    int i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int k = 0; k < LANES; k++) {
            const float x = logits[i + k];
            best[k] = x > best[k] ? x : best[k];
            zero[k] += x - x;
        }
    }
    for (; i < n; i++) {
        best[0] = logits[i] > best[0] ? logits[i] : best[0];
        zero[0] += logits[i] - logits[i];
    }
    for (int k = 1; k < LANES; k++) {
        best[0] = best[k] > best[0] ? best[k] : best[0];
        zero[0] += zero[k];
    }
    return best[0] + zero[0];
}

sw_code softmax_not_finite(const float *logits, sw_err *err)
{
    int i = 0;
    while (isfinite(logits[i]))
        i++;
    return sw_fail(err, SW_ENUMERIC, "the logit of token %d is %g, not a finite number", i, (double)logits[i]);
}

uint64_t softmax_weigh(const float *logits, int n, float max, float temperature, float *weights)
{
    enum { PART = 1024 }; // weights that stay in the nearest cache between the two loops
    const kernels *const k = kernels_get();
    float room[PART];
    uint64_t sum = 0;
    for (int first = 0; first < n; first += PART) {
        const int count = n - first < PART ? n - first : PART;
        float *part = weights;
        if (part == NULL)
            part = room;
        else
            part += first;
        k->softmax_weights(logits + first, (size_t)count, max, temperature, part);
        for (int i = 0; i < count; i++)
            sum += softmax_weight_units(part[i]);
    }
    return sum;
}
