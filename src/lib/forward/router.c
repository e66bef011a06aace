/* router.c - the choice of one token's experts.  Whatever the logits are, NaN included, it yields valid, distinct ones:
 * everything after it indexes memory by them. */
#include "forward/router.h"

#include "base/limits.h"
#include "kernels/scalar/math.h"

/* Returns true if a is larger than b, with NaN below everything. */
static bool beats(float a, float b)
{
    return a > b || (b != b && a == a);
}

/* The index of the largest value that is not among the n_taken ones; a valid index whatever the values are. */
static int best(const float *values, size_t n, const int *taken, size_t n_taken)
{
    int winner = -1;
    for (size_t e = 0; e < n; e++) {
        bool is_free = true;
        for (size_t j = 0; j < n_taken; j++)
            is_free = is_free && taken[j] != (int)e;
        if (is_free && (winner < 0 || beats(values[e], values[winner])))
            winner = (int)e;
    }
    return winner;
}

/* Sum of e^(values - max) over all n. */
static float exp_sum(const float *values, size_t n, float max)
{
    float sum = 0;
    for (size_t e = 0; e < n; e++)
        sum += math_expf(values[e] - max);
    return sum;
}

/* Weight of the expert with the largest logit m among those not excluded: softmax over the logits that are within 2 %
 * of it, measured against the larger magnitude (SparseMixer with jitter 0.01, inference path). */
static float sparsemixer_weight(const float *logits, size_t n, int winner, int excluded)
{
    const float threshold = 2 * 0.01f, m = logits[winner];
    float sum = 0;
    for (int e = 0; e < (int)n; e++) {
        const float magnitude = fabsf(logits[e]);
        const float against = magnitude > m ? magnitude : m;
        // As a product, since all logits may be zero.
        if (e == winner || (e != excluded && m - logits[e] <= threshold * against))
            sum += math_expf(logits[e] - m);
    }
    return 1.0f / sum;
}

/* The probability that expert e's weight is made from. */
static float probability(const router_rule *r, const float *logits, size_t e, float max, float sum)
{
    return r->gating == GATE_SIGMOID ? 1.0f / (1.0f + math_expf(-logits[e])) : math_expf(logits[e] - max) / sum;
}

/* Puts the experts of all but the best groups out of reach. */
static void keep_best_groups(const router_rule *r, float *scores)
{
    const size_t size = r->n_expert / r->n_groups;
    float group_scores[LIMIT_MODEL_EXPERT_GROUPS];
    int kept[LIMIT_MODEL_EXPERT_GROUPS];
    for (size_t g = 0; g < r->n_groups; g++) {
        const float *const members = scores + g * size;
        const int first = best(members, size, NULL, 0);
        const int second = size > 1 ? best(members, size, &first, 1) : first;
        group_scores[g] = r->groups_by_top_two && size > 1 ? members[first] + members[second] : members[first];
    }
    for (size_t j = 0; j < r->n_groups_used; j++)
        kept[j] = best(group_scores, r->n_groups, kept, j);
    for (size_t e = 0; e < r->n_expert; e++) {
        bool is_kept = false;
        for (size_t j = 0; j < r->n_groups_used; j++)
            is_kept = is_kept || kept[j] == (int)(e / size);
        if (!is_kept)
            scores[e] = NAN; // below everything
    }
}

static float max_of(const float *values, size_t n)
{
    const int winner = best(values, n, NULL, 0);
    return values[winner];
}

/* Softmax over the chosen logits, of which the first is the largest. */
static void weigh_topk_softmax(const router_rule *r, const float *logits, const int *chosen, float *weights)
{
    float sum = 0;
    for (size_t j = 0; j < r->n_used; j++)
        sum += weights[j] = math_expf(logits[chosen[j]] - logits[chosen[0]]);
    for (size_t j = 0; j < r->n_used; j++)
        weights[j] /= sum;
}

/* The divisor is at least 2^-14, so that weights that are all zero stay zero. */
static void finish_weights(const router_rule *r, float *weights)
{
    float sum = 0;
    for (size_t j = 0; j < r->n_used; j++)
        sum += weights[j];
    const float norm = !r->renormalise ? 1.0f : sum > 6.103515625e-5f ? sum : 6.103515625e-5f;
    for (size_t j = 0; j < r->n_used; j++)
        weights[j] = weights[j] / norm * r->scale;
}

void router_choose(const router_rule *r, const float *logits, float *scores, int *chosen, float *weights)
{
    const bool by_probability = r->gating == GATE_SOFTMAX || r->gating == GATE_SIGMOID;
    const float max = max_of(logits, r->n_expert);
    const float sum = r->gating == GATE_SOFTMAX ? exp_sum(logits, r->n_expert, max) : 1.0f;
    for (size_t e = 0; e < r->n_expert; e++) {
        scores[e] = by_probability ? probability(r, logits, e, max, sum) : logits[e];
        if (r->selection_bias != NULL)
            scores[e] += r->selection_bias[e];
        if (logits[e] == -INFINITY)
            scores[e] = NAN; // below everything, whatever its bias is
    }
    if (r->n_groups > 1)
        keep_best_groups(r, scores);
    for (size_t j = 0; j < r->n_used; j++)
        chosen[j] = best(scores, r->n_expert, chosen, j);
    if (by_probability) {
        for (size_t j = 0; j < r->n_used; j++)
            weights[j] = probability(r, logits, (size_t)chosen[j], max, sum);
    } else if (r->gating == GATE_TOPK_SOFTMAX) {
        weigh_topk_softmax(r, logits, chosen, weights);
    } else {
        weights[0] = sparsemixer_weight(logits, r->n_expert, chosen[0], -1);
        weights[1] = sparsemixer_weight(logits, r->n_expert, chosen[1], chosen[0]);
    }
    finish_weights(r, weights);
}
