#include "engine/router.h"

#include "kernels/scalar/math.h"

/* Is a larger than b, with NaN below everything? */
static bool beats(float a, float b)
{
    return a > b || (b != b && a == a);
}

/* The index of the largest value that is not among the n_taken ones; a valid index whatever the values are. */
static int best(const float *values, int n, const int *taken, int n_taken)
{
    int winner = -1;
    for (int e = 0; e < n; e++) {
        bool is_free = true;
        for (int j = 0; j < n_taken; j++)
            is_free = is_free && taken[j] != e;
        if (is_free && (winner < 0 || beats(values[e], values[winner])))
            winner = e;
    }
    return winner;
}

/* Sum of e^(values - max) over all n. */
static float exp_sum(const float *values, int n, float max)
{
    float sum = 0;
    for (int e = 0; e < n; e++)
        sum += sw_expf(values[e] - max);
    return sum;
}

/* Weight of the expert with the largest logit m among those not excluded: softmax over the logits that are within 2 %
 * of it, measured against the larger magnitude (SparseMixer with jitter 0.01, inference path). */
static float sparsemixer_weight(const float *logits, int n, int winner, int excluded)
{
    const float threshold = 2 * 0.01f, m = logits[winner];
    float sum = 0;
    for (int e = 0; e < n; e++) {
        const float magnitude = fabsf(logits[e]);
        const float against = magnitude > m ? magnitude : m;
        if (e == winner || (e != excluded && (m - logits[e]) / against <= threshold))
            sum += sw_expf(logits[e] - m);
    }
    return 1.0f / sum;
}

void sw_route(sw_gating gating, bool renormalise, float scale, const float *logits, int n_expert, int n_used,
              int *chosen, float *weights)
{
    for (int j = 0; j < n_used; j++)
        chosen[j] = best(logits, n_expert, chosen, j);
    const float max = logits[chosen[0]];
    switch (gating) {
    case SW_GATE_SOFTMAX: {
        const float sum = exp_sum(logits, n_expert, max);
        for (int j = 0; j < n_used; j++)
            weights[j] = sw_expf(logits[chosen[j]] - max) / sum;
        break;
    }
    case SW_GATE_TOPK_SOFTMAX: {
        float sum = 0;
        for (int j = 0; j < n_used; j++)
            sum += weights[j] = sw_expf(logits[chosen[j]] - max);
        for (int j = 0; j < n_used; j++)
            weights[j] /= sum;
        break;
    }
    case SW_GATE_SPARSEMIXER:
        weights[0] = sparsemixer_weight(logits, n_expert, chosen[0], -1);
        weights[1] = sparsemixer_weight(logits, n_expert, chosen[1], chosen[0]);
        break;
    }
    float sum = 0;
    for (int j = 0; j < n_used; j++)
        sum += weights[j];
    const float norm = renormalise ? (sum > 6.103515625e-5f ? sum : 6.103515625e-5f) : 1.0f;
    for (int j = 0; j < n_used; j++)
        weights[j] = weights[j] / norm * scale;
}
