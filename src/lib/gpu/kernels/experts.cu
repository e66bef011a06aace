/* experts.cu - the choice of experts (forward/router.c), the sorting of their tokens and the joining of their answers
 * (forward/moe.c). */
#include "gpu/kernels/gpu_math.h"

enum { EXPERT_THREADS = 256, EXPERT_WARPS = EXPERT_THREADS / WARP };

/* ---- the choice: one warp per token ------------------------------------------------------------------------------ */

typedef struct route_room {
    float logit[GPU_EXPERTS_MAX], score[GPU_EXPERTS_MAX], term[GPU_EXPERTS_MAX];
    float group[GPU_GROUPS_MAX], weight[GPU_EXPERTS_USED_MAX];
    int chosen[GPU_EXPERTS_USED_MAX];
    uint8_t is_taken[GPU_EXPERTS_MAX], is_kept[GPU_GROUPS_MAX];
} route_room;

/* Returns true if a is larger than b, with NaN below everything. */
DEVICE int beats(float a, float b)
{
    return a > b || (b != b && a == a);
}

/* Returns true if value a at index i goes before value b at index k; a negative index is none. */
DEVICE int goes_first(float a, int i, float b, int k)
{
    return i >= 0 && (k < 0 || beats(a, b) || (!beats(b, a) && i < k));
}

/* A score below all others: NaN. */
DEVICE float below_everything(void)
{
    return f32_from_bits(0x7fc00000u);
}

/* The index of the largest of values[0..n) that is not taken, ties to the lower index; for all lanes. */
DEVICE int best_of(const float *values, int n, const uint8_t *is_taken)
{
    int at = -1;
    float best = 0;
    for (int e = thread_id(); e < n; e += WARP) {
        if (!is_taken[e] && goes_first(values[e], e, best, at)) {
            at = e;
            best = values[e];
        }
    }
    UNROLL
    for (int m = 16; m > 0; m /= 2) {
        const float other = shuffle_xor(best, m);
        const int other_at = (int)shuffle_xor_u32((uint32_t)at, m);
        if (goes_first(other, other_at, best, at)) {
            at = other_at;
            best = other;
        }
    }
    return at;
}

/* Sum of n terms in rising order; every lane computes it.  A term that is 0 changes no bit. */
DEVICE float sum_of_terms(const float *terms, int n)
{
    float sum = 0;
    int e = 0;
    NO_UNROLL
    for (; e + 8 <= n; e += 8) {
        float t[8];
        UNROLL
        for (int i = 0; i < 8; i++)
            t[i] = terms[e + i];
        UNROLL
        for (int i = 0; i < 8; i++)
            sum += t[i];
    }
    for (; e < n; e++)
        sum += terms[e];
    return sum;
}

DEVICE float probability(const gpu_route_args *a, float logit, float max, float sum)
{
    return a->gating == GPU_GATE_SIGMOID ? 1.0f / (1.0f + exp_f32(-logit)) : exp_f32(logit - max) / sum;
}

/* The index of the largest of a group's scores but `but`, by one lane. */
DEVICE int best_member(const float *members, int size, int but)
{
    int at = -1;
    for (int i = 0; i < size; i++) {
        if (i != but && (at < 0 || beats(members[i], members[at])))
            at = i;
    }
    return at;
}

/* Puts the experts of all but the best groups out of reach. */
DEVICE void keep_best_groups(const gpu_route_args *a, route_room *room)
{
    const int size = a->n / a->n_groups, lane = thread_id();
    for (int g = lane; g < a->n_groups; g += WARP) {
        const float *const members = room->score + g * size;
        const int first = best_member(members, size, -1), second = size > 1 ? best_member(members, size, first) : first;
        room->group[g] = a->groups_by_top_two && size > 1 ? members[first] + members[second] : members[first];
        room->is_kept[g] = 0;
    }
    warp_barrier();
    for (int j = 0; j < a->n_groups_used; j++) {
        const int best = best_of(room->group, a->n_groups, room->is_kept);
        warp_barrier();
        if (lane == 0)
            room->is_kept[best] = 1;
        warp_barrier();
    }
    for (int e = lane; e < a->n; e += WARP) {
        if (!room->is_kept[e / size])
            room->score[e] = below_everything();
    }
    warp_barrier();
}

/* Weight of the expert with the largest logit among those not excluded: a softmax over the logits that are within 2 %
 * of it, measured against the larger magnitude. */
DEVICE float sparsemixer_weight(const gpu_route_args *a, route_room *room, int winner, int excluded)
{
    const float threshold = 2 * 0.01f, m = room->logit[winner];
    for (int e = thread_id(); e < a->n; e += WARP) {
        const float l = room->logit[e], magnitude = l < 0 ? -l : l, against = magnitude > m ? magnitude : m;
        const int counts = e == winner || (e != excluded && m - l <= threshold * against);
        room->term[e] = counts ? exp_f32(l - m) : 0.0f;
    }
    warp_barrier();
    const float sum = sum_of_terms(room->term, a->n);
    warp_barrier();
    return 1.0f / sum;
}

/* Logits to scores; *max and *sum are those of the softmax. */
DEVICE void score_experts(const gpu_route_args *a, const float *logits, route_room *room, float *max, float *sum)
{
    const int by_probability = a->gating == GPU_GATE_SOFTMAX || a->gating == GPU_GATE_SIGMOID, lane = thread_id();
    for (int e = lane; e < a->n; e += WARP) {
        room->logit[e] = logits[e];
        room->is_taken[e] = 0;
    }
    warp_barrier();
    *max = room->logit[best_of(room->logit, a->n, room->is_taken)];
    *sum = 1.0f;
    if (a->gating == GPU_GATE_SOFTMAX) {
        for (int e = lane; e < a->n; e += WARP)
            room->term[e] = exp_f32(room->logit[e] - *max);
        warp_barrier();
        *sum = sum_of_terms(room->term, a->n);
    }
    for (int e = lane; e < a->n; e += WARP) {
        const float score = by_probability ? probability(a, room->logit[e], *max, *sum) : room->logit[e];
        room->score[e] = a->selection_bias != 0 ? score + a->selection_bias[e] : score;
        if (room->logit[e] == f32_from_bits(0xff800000u)) // minus infinity
            room->score[e] = below_everything();
    }
    warp_barrier();
}

/* The weights of the chosen experts, before they are normalised. */
DEVICE void weigh(const gpu_route_args *a, route_room *room, float max, float sum)
{
    const int lane = thread_id();
    if (a->gating == GPU_GATE_SPARSEMIXER) {
        const float first = sparsemixer_weight(a, room, room->chosen[0], -1);
        const float second = sparsemixer_weight(a, room, room->chosen[1], room->chosen[0]);
        if (lane < 2)
            room->weight[lane] = lane == 0 ? first : second;
        warp_barrier();
        return;
    }
    for (int j = lane; j < a->n_used; j += WARP) {
        const float logit = room->logit[room->chosen[j]];
        room->weight[j] = a->gating == GPU_GATE_TOPK_SOFTMAX ? exp_f32(logit - room->logit[room->chosen[0]])
                                                             : probability(a, logit, max, sum);
    }
    warp_barrier();
    if (a->gating != GPU_GATE_TOPK_SOFTMAX)
        return;
    const float all = sum_of_terms(room->weight, a->n_used);
    warp_barrier();
    for (int j = lane; j < a->n_used; j += WARP)
        room->weight[j] /= all;
    warp_barrier();
}

KERNEL(route_tokens, gpu_route_args, WARP, 8)
{
    SHARED(route_room, room);
    const uint64_t token = (uint64_t)block_x();
    const int lane = thread_id();
    float max, sum;
    score_experts(&a, a.logits + token * (uint64_t)a.ld, room, &max, &sum);
    if (a.n_groups > 1)
        keep_best_groups(&a, room);
    for (int j = 0; j < a.n_used; j++) {
        const int best = best_of(room->score, a.n, room->is_taken);
        warp_barrier();
        if (lane == 0) {
            room->chosen[j] = best;
            room->is_taken[best] = 1;
        }
        warp_barrier();
    }
    weigh(&a, room, max, sum);
    const float all = sum_of_terms(room->weight, a.n_used);
    const float norm = !a.renormalise ? 1.0f : all > 6.103515625e-5f ? all : 6.103515625e-5f;
    for (int j = lane; j < a.n_used; j += WARP) {
        a.chosen[token * (uint64_t)a.n_used + (uint64_t)j] = room->chosen[j];
        a.weights[token * (uint64_t)a.n_used + (uint64_t)j] = room->weight[j] / norm * a.scale;
    }
}

/* ---- sorting ----------------------------------------------------------------------------------------------------- */

/* The expert of a pair if it is own, else -1; also beyond the last pair. */
DEVICE int own_expert(const gpu_group_args *a, int pair)
{
    const int e = pair < a->n ? a->chosen[pair] : -1;
    return e >= 0 && (a->is_own == 0 || a->is_own[e]) ? e : -1;
}

/* Grid: ((n_experts + 1) / 8 rounded up): a warp has one expert, and counts the pairs that go before its own. */
KERNEL(group_pairs, gpu_group_args, EXPERT_THREADS, 4)
{
    const int e = block_x() * EXPERT_WARPS + thread_id() / WARP, lane = thread_id() % WARP;
    for (int pair = thread_id(); block_x() == 0 && pair < a.n; pair += EXPERT_THREADS) {
        if (own_expert(&a, pair) < 0)
            a.slot[pair] = -1;
    }
    if (e > a.n_experts)
        return; // a whole warp
    int at = 0;
    NO_UNROLL
    for (int first = 0; first < a.n; first += WARP) {
        const int own = own_expert(&a, first + lane);
        at += n_bits(ballot(own >= 0 && own < e));
    }
    if (lane == 0)
        a.first[e] = at;
    if (e == a.n_experts)
        return;
    NO_UNROLL
    for (int first = 0; first < a.n; first += WARP) {
        const int pair = first + lane, is_mine = own_expert(&a, pair) == e;
        const uint32_t all = ballot(is_mine);
        if (is_mine) {
            const int place = at + n_bits(all & ((1u << lane) - 1));
            a.slot[pair] = place;
            a.token[place] = pair / a.n_used;
        }
        at += n_bits(all);
    }
}

/* ---- joining ----------------------------------------------------------------------------------------------------- */

KERNEL(join_experts, gpu_join_args, EXPERT_THREADS, 4)
{
    const uint64_t token = (uint64_t)block_x(), row = (uint64_t)a.row, first = token * (uint64_t)a.n_used;
    const float gate = a.shared_gates != 0 ? 1.0f / (1.0f + exp_f32(-a.shared_gates[token * 16])) : 1.0f;
    for (int i = thread_id(); i < a.n; i += EXPERT_THREADS) {
        float sum = 0;
        for (uint64_t pair = first; pair < first + (uint64_t)a.n_used; pair++) {
            const int slot = a.slot[pair];
            const float *const answer = slot >= 0 ? a.own + (uint64_t)slot * row : a.other + pair * row;
            sum += a.weights[pair] * answer[i];
        }
        if (a.shared != 0)
            sum += gate * a.shared[token * row + (uint64_t)i];
        float *const x = &a.x[token * (uint64_t)a.n + (uint64_t)i];
        *x += a.scale * sum;
        if (!is_finite_f32(*x) && a.bad[token] < 0)
            a.bad[token] = a.layer;
    }
}
