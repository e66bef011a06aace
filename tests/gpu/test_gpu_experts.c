/* test_gpu_experts.c - the choice of experts, the sorting of their tokens, the joining of their answers, and a whole
 * layer of experts, under emulation, bit by bit against router_choose and the scalar definition. */
#include "gpu/on_device.h"

#include <stdio.h>

#include "forward/router.h"
#include "kernels/product_inputs.h"
#include "kernels/scalar/math.h"
#include "kernels/variants.h"

static kernels scalar;

/* ---- the choice -------------------------------------------------------------------------------------------------- */

typedef enum logit_kind { ORDINARY, TIES, EDGES, ALL_NAN, NEAR_TIES, MASKED, N_LOGIT_KINDS } logit_kind;

static float logit(logit_kind kind, rng_state *r)
{
    switch (kind) {
    case TIES: return (float)(rng_next(r) % 3);
    case EDGES: return check_mixed(r);
    case ALL_NAN: return NAN;
    case NEAR_TIES: return 5 + 0.06f * check_unit(r);
    case MASKED: return rng_next(r) % 3 == 0 ? -INFINITY : 4 * check_unit(r);
    default: return 4 * check_unit(r);
    }
}

static void check_route(const router_rule *rule, logit_kind kind, rng_state *r)
{
    enum { TOKENS = 4, EXPERTS_MAX = 300, USED_MAX = 16, LD = EXPERTS_MAX + 20 };
    static const gpu_gating GATINGS[] = {[GATE_SOFTMAX] = GPU_GATE_SOFTMAX,
                                         [GATE_SIGMOID] = GPU_GATE_SIGMOID,
                                         [GATE_TOPK_SOFTMAX] = GPU_GATE_TOPK_SOFTMAX,
                                         [GATE_SPARSEMIXER] = GPU_GATE_SPARSEMIXER};
    float logits[TOKENS * LD], scores[EXPERTS_MAX], weights[TOKENS * USED_MAX], got_weights[TOKENS * USED_MAX];
    int32_t chosen[TOKENS * USED_MAX], got_chosen[TOKENS * USED_MAX];
    const size_t k = rule->n_used, bytes = TOKENS * k * 4;
    for (int i = 0; i < TOKENS * LD; i++)
        logits[i] = logit(kind, r);
    for (size_t i = 0; i < TOKENS; i++)
        router_choose(rule, logits + i * LD, scores, chosen + i * k, weights + i * k);
    const gpu_route_args a = {
        .logits = on_device_new(logits, sizeof logits),
        .selection_bias = rule->selection_bias != NULL ? on_device_new(rule->selection_bias, rule->n_expert * 4) : NULL,
        .chosen = on_device_new(NULL, bytes),
        .weights = on_device_new(NULL, bytes),
        .n = (int)rule->n_expert,
        .n_used = (int)k,
        .ld = LD,
        .n_groups = (int)rule->n_groups,
        .n_groups_used = (int)rule->n_groups_used,
        .groups_by_top_two = rule->groups_by_top_two,
        .gating = GATINGS[rule->gating],
        .renormalise = rule->renormalise,
        .scale = rule->scale};
    ON_DEVICE(launch_route, &a, TOKENS);
    on_device_get(got_chosen, a.chosen, bytes);
    on_device_get(got_weights, a.weights, bytes);
    assert_memory_equal(chosen, got_chosen, bytes);
    check_equal("weights of experts", "the device", weights, got_weights, TOKENS * k);
}

static void test_the_choice_of_experts_is_the_routers(void **state)
{
    (void)state;
    static const size_t EXPERTS[][4] = {{32, 4, 1, 1},  {16, 2, 1, 1},   {8, 2, 1, 1}, {64, 6, 1, 1}, {160, 6, 8, 3},
                                        {256, 8, 8, 4}, {300, 16, 1, 1}, {3, 3, 1, 1}, {2, 2, 2, 1}};
    rng_state r;
    rng_seed(&r, 1);
    for (size_t i = 0; i < sizeof EXPERTS / sizeof *EXPERTS; i++) {
        for (int gating = GATE_SOFTMAX; gating <= GATE_SPARSEMIXER; gating++) {
            float bias[300];
            for (int e = 0; e < 300; e++)
                bias[e] = check_unit(&r);
            const router_rule rule = {.gating = (gating_kind)gating,
                                      .renormalise = rng_next(&r) % 2 == 0,
                                      .scale = 2.5f,
                                      .n_expert = EXPERTS[i][0],
                                      .n_used = gating == GATE_SPARSEMIXER ? 2 : EXPERTS[i][1],
                                      .n_groups = EXPERTS[i][2],
                                      .n_groups_used = EXPERTS[i][3],
                                      .groups_by_top_two = rng_next(&r) % 2 == 0,
                                      .selection_bias = rng_next(&r) % 2 == 0 ? bias : NULL};
            for (int kind = 0; kind < N_LOGIT_KINDS; kind++)
                check_route(&rule, (logit_kind)kind, &r);
        }
    }
}

static void test_more_experts_than_the_kernel_holds_are_refused(void **state)
{
    (void)state;
    sw_err err;
    sw_err_clear(&err);
    assert_int_equal(launch_route(on_stream, &(gpu_route_args){.n = 1025, .n_used = 1}, 1, &err), SW_EINVAL);
    assert_int_equal(launch_route(on_stream, &(gpu_route_args){.n = 100, .n_used = 65}, 1, &err), SW_EINVAL);
    assert_int_equal(launch_route(on_stream, &(gpu_route_args){.n = 100, .n_used = 1, .n_groups = 65}, 1, &err),
                     SW_EINVAL);
    assert_int_equal(launch_route(on_stream, &(gpu_route_args){.n = 3, .n_used = 4}, 1, &err), SW_EINVAL);
}

/* ---- sorting ----------------------------------------------------------------------------------------------------- */

/* Places of the experts in turn, pairs in order within each; gives their number. */
static int sort(const int32_t *chosen, const uint8_t *is_own, int n, int n_used, int n_experts, int32_t *first,
                int32_t *slot, int32_t *token)
{
    int at = 0;
    for (int e = 0; e < n_experts; e++) {
        first[e] = at;
        for (int p = 0; p < n; p++) {
            if (chosen[p] != e)
                continue;
            slot[p] = is_own[e] ? at : -1;
            if (is_own[e])
                token[at++] = p / n_used;
        }
    }
    first[n_experts] = at;
    return at;
}

static void test_pairs_are_sorted_by_expert(void **state)
{
    (void)state;
    enum { PAIRS_MAX = 200, EXPERTS_MAX = 70 };
    rng_state r;
    rng_seed(&r, 2);
    for (int i = 0; i < 20; i++) {
        const int n_used = 1 + (int)(rng_next(&r) % 4), n = n_used * (1 + (int)(rng_next(&r) % 40)),
                  n_experts = 1 + (int)(rng_next(&r) % EXPERTS_MAX);
        int32_t chosen[PAIRS_MAX], first[EXPERTS_MAX + 1], slot[PAIRS_MAX], token[PAIRS_MAX], got[PAIRS_MAX];
        uint8_t is_own[EXPERTS_MAX];
        for (int p = 0; p < n; p++)
            chosen[p] = (int32_t)(rng_next(&r) % (uint64_t)n_experts);
        for (int e = 0; e < n_experts; e++)
            is_own[e] = i % 3 == 0 || rng_next(&r) % 2 == 0;
        const int n_own = sort(chosen, is_own, n, n_used, n_experts, first, slot, token);
        const gpu_group_args a = {.chosen = on_device_new(chosen, (size_t)n * 4),
                                  .is_own = i % 3 == 0 ? NULL : on_device_new(is_own, (size_t)n_experts),
                                  .first = on_device_new(NULL, sizeof first),
                                  .slot = on_device_new(NULL, sizeof slot),
                                  .token = on_device_new(NULL, sizeof token),
                                  .n = n,
                                  .n_used = n_used,
                                  .n_experts = n_experts};
        ON_DEVICE(launch_group, &a);
        on_device_get(got, a.first, (size_t)(n_experts + 1) * 4);
        assert_memory_equal(got, first, (size_t)(n_experts + 1) * 4);
        on_device_get(got, a.slot, (size_t)n * 4);
        assert_memory_equal(got, slot, (size_t)n * 4);
        on_device_get(got, a.token, (size_t)(n_own + (n_own == 0)) * 4);
        assert_memory_equal(got, token, (size_t)n_own * 4);
    }
}

/* ---- joining ----------------------------------------------------------------------------------------------------- */

static float *numbers(size_t n, bool is_wild, rng_state *r)
{
    float *const x = malloc(n * 4);
    for (size_t i = 0; i < n; i++)
        x[i] = is_wild ? check_mixed(r) : check_unit(r);
    return x;
}

static void add_scaled(float *out, float weight, const float *y, int n)
{
    for (int i = 0; i < n; i++)
        out[i] += weight * y[i];
}

static void test_answers_join_in_the_order_of_choice(void **state)
{
    (void)state;
    enum { TOKENS = 3, USED = 4, N = 300, ROW = 304, PAIRS = TOKENS * USED };
    rng_state r;
    rng_seed(&r, 3);
    for (int i = 0; i < 8; i++) {
        const bool is_wild = i % 2 == 1, has_shared = i % 3 != 0, has_gate = i % 3 == 1;
        float *const own = numbers(PAIRS * ROW, is_wild, &r), *const other = numbers(PAIRS * ROW, is_wild, &r),
                     *const weights = numbers(PAIRS, false, &r);
        float *const shared = numbers(TOKENS * ROW, is_wild, &r), *const gates = numbers(TOKENS * 16, false, &r),
                     *const x = numbers(TOKENS * N, false, &r), got[TOKENS * N];
        int32_t slot[PAIRS], bad[TOKENS] = {-1, 2, -1}, got_bad[TOKENS];
        for (int p = 0; p < PAIRS; p++)
            slot[p] = rng_next(&r) % 3 == 0 ? -1 : (p * 5) % PAIRS;
        const gpu_join_args a = {.slot = on_device_new(slot, sizeof slot),
                                 .weights = on_device_new(weights, PAIRS * 4),
                                 .own = on_device_new(own, PAIRS * ROW * 4),
                                 .other = on_device_new(other, PAIRS * ROW * 4),
                                 .shared = has_shared ? on_device_new(shared, TOKENS * ROW * 4) : NULL,
                                 .shared_gates = has_gate ? on_device_new(gates, TOKENS * 64) : NULL,
                                 .x = on_device_new(x, sizeof got),
                                 .bad = on_device_new(bad, sizeof bad),
                                 .n = N,
                                 .n_used = USED,
                                 .row = ROW,
                                 .layer = 9,
                                 .scale = 0.75f};
        ON_DEVICE(launch_join, &a, TOKENS);
        on_device_get(got, a.x, sizeof got);
        on_device_get(got_bad, a.bad, sizeof bad);
        for (int t = 0; t < TOKENS; t++) {
            float out[N] = {0};
            for (int p = t * USED; p < (t + 1) * USED; p++)
                add_scaled(out, weights[p], slot[p] >= 0 ? own + slot[p] * ROW : other + p * ROW, N);
            if (has_shared)
                add_scaled(out, has_gate ? 1.0f / (1.0f + math_expf(-gates[t * 16])) : 1.0f, shared + t * ROW, N);
            for (int c = 0; c < N; c++) {
                x[t * N + c] += 0.75f * out[c];
                if (!isfinite(x[t * N + c]) && bad[t] < 0)
                    bad[t] = 9;
            }
        }
        check_equal("join", "the device", x, got, TOKENS * N);
        assert_memory_equal(bad, got_bad, sizeof bad);
        free(own), free(other), free(weights), free(shared), free(gates), free(x);
    }
}

/* ---- a whole layer ----------------------------------------------------------------------------------------------- */

enum { EMBD = 64, FF = 96, EXPERTS = 6, USED = 2, LAYER_TOKENS = 5, LAYER_PAIRS = LAYER_TOKENS * USED };

typedef struct stack {
    tensor_type type;
    uint8_t *tiles;
    size_t n_tiles, n_cols, tile_bytes;
    float *bias; // (EXPERTS, 16 n_tiles)
    const uint8_t *on_tiles;
    const float *on_bias;
} stack;

static stack make_stack(tensor_type type, size_t n_rows, size_t n_cols, size_t n, rng_state *r)
{
    stack s = {.type = type, .n_tiles = tile_count(n_rows), .n_cols = n_cols, .tile_bytes = tile_size(type, n_cols)};
    s.tiles = make_tiles(type, TAME, n * s.n_tiles, n_cols, r);
    s.bias = numbers(n * s.n_tiles * 16, false, r);
    s.on_tiles = on_device_new(s.tiles, n * s.n_tiles * s.tile_bytes);
    s.on_bias = on_device_new(s.bias, n * s.n_tiles * 16 * 4);
    return s;
}

static void free_stack(const stack *s, size_t n)
{
    check_free(s->tiles, n * s->n_tiles * s->tile_bytes);
    free(s->bias);
}

/* y = the matrix times one row of x, plus its bias. */
static void multiply(const stack *s, size_t matrix, const float *x, float *y)
{
    code_rows c;
    assert_true(codes_alloc(&c, s->n_cols, s->n_cols));
    if (s->n_cols % 32 == 0)
        scalar.quantize(x, s->n_cols, &c);
    scalar.matmul[s->type](s->tiles + matrix * s->n_tiles * s->tile_bytes, s->n_tiles,
                           &(act_rows){.n_cols = s->n_cols, .f32 = x, .codes = c}, 1, y, s->n_tiles * 16);
    for (size_t i = 0; i < s->n_tiles * 16; i++)
        y[i] += s->bias[matrix * s->n_tiles * 16 + i];
    codes_free(&c, s->n_cols, s->n_cols);
}

typedef struct layer {
    stack router, gate, up, down;
    float norm[EMBD];
    router_rule rule;
} layer;

static void expect_layer(const layer *l, float *x)
{
    for (int t = 0; t < LAYER_TOKENS; t++) {
        float normed[EMBD], logits[16], scores[16], weights[USED], out[EMBD] = {0};
        int chosen[USED];
        scalar.rmsnorm(x + t * EMBD, l->norm, NULL, EMBD, 1e-5f, normed);
        multiply(&l->router, 0, normed, logits);
        router_choose(&l->rule, logits, scores, chosen, weights);
        for (int k = 0; k < USED; k++) {
            float gate[FF], up[FF], act[FF], answer[EMBD];
            multiply(&l->gate, (size_t)chosen[k], normed, gate);
            multiply(&l->up, (size_t)chosen[k], normed, up);
            scalar.swiglu_oai(gate, up, FF, act);
            multiply(&l->down, (size_t)chosen[k], act, answer);
            add_scaled(out, weights[k], answer, EMBD);
        }
        for (int i = 0; i < EMBD; i++)
            x[t * EMBD + i] += out[i];
    }
}

static gpu_acts new_acts(size_t n_rows, size_t n)
{
    return (gpu_acts){.f32 = on_device_new(NULL, n_rows * n * 4),
                      .code = on_device_new(NULL, n_rows * n),
                      .fine = on_device_new(NULL, n_rows * n),
                      .scale = on_device_new(NULL, n_rows * n / 8),
                      .sum = on_device_new(NULL, n_rows * n / 8),
                      .half_sum = on_device_new(NULL, n_rows * n / 4)};
}

static void product(const stack *s, const gpu_acts *x, int ld, float *y, int n_slots, int n_most, const int32_t *matrix,
                    const int32_t *first, const int32_t *index)
{
    gpu_format format;
    assert_true(launch_format(s->type, &format));
    ON_DEVICE(launch_product,
              (&(gpu_product_args){.tiles = s->on_tiles,
                                   .bias = s->on_bias,
                                   .matrix = matrix,
                                   .first = first,
                                   .index = index,
                                   .x = *x,
                                   .y = y,
                                   .n = (int)s->n_cols,
                                   .n_places = n_most,
                                   .n_tiles = (int)s->n_tiles,
                                   .y_row = (int)s->n_tiles * 16,
                                   .ld = ld,
                                   .tile_bytes = s->tile_bytes,
                                   .matrix_bytes = s->n_tiles * s->tile_bytes}),
              format, n_slots, n_most);
}

/* Experts over their tokens, which are sorted, or pair by pair. */
static void run_layer(const layer *l, float *x, bool is_sorted)
{
    const gpu_acts normed = new_acts(LAYER_TOKENS, EMBD), act = new_acts(LAYER_PAIRS, FF);
    float *const logits = on_device_new(NULL, LAYER_TOKENS * 64), *const weights = on_device_new(NULL, LAYER_PAIRS * 4);
    float *const gate = on_device_new(NULL, LAYER_PAIRS * FF * 4),
                 *const up = on_device_new(NULL, LAYER_PAIRS * FF * 4),
                 *const out = on_device_new(NULL, LAYER_PAIRS * EMBD * 4);
    int32_t *const chosen = on_device_new(NULL, LAYER_PAIRS * 4), *const first = on_device_new(NULL, (EXPERTS + 1) * 4),
                   *const slot = on_device_new(NULL, LAYER_PAIRS * 4);
    int32_t *const token = on_device_new(NULL, LAYER_PAIRS * 4), in_order[LAYER_PAIRS], token_of_pair[LAYER_PAIRS],
                   good[LAYER_TOKENS] = {-1, -1, -1, -1, -1};
    for (int p = 0; p < LAYER_PAIRS; p++) {
        in_order[p] = p;
        token_of_pair[p] = p / USED;
    }
    float *const on_x = on_device_new(x, LAYER_TOKENS * EMBD * 4);
    ON_DEVICE(launch_norm,
              (&(gpu_norm_args){.x = on_x,
                                .weight = on_device_new(l->norm, sizeof l->norm),
                                .y = normed,
                                .n = EMBD,
                                .x_outer = EMBD,
                                .y_outer = EMBD,
                                .ld = LAYER_TOKENS,
                                .eps = 1e-5f}),
              1, LAYER_TOKENS);
    product(&l->router, &normed, LAYER_TOKENS, logits, 1, LAYER_TOKENS, NULL, NULL, NULL);
    ON_DEVICE(launch_route,
              (&(gpu_route_args){.logits = logits,
                                 .chosen = chosen,
                                 .weights = weights,
                                 .n = EXPERTS,
                                 .n_used = USED,
                                 .ld = 16,
                                 .n_groups = 1,
                                 .n_groups_used = 1,
                                 .gating = GPU_GATE_TOPK_SOFTMAX,
                                 .scale = 1}),
              LAYER_TOKENS);
    const int n_slots = is_sorted ? EXPERTS : LAYER_PAIRS, n_most = is_sorted ? LAYER_TOKENS : 1;
    const int32_t *const matrix = is_sorted ? NULL : chosen, *const starts = is_sorted ? first : NULL;
    if (is_sorted)
        ON_DEVICE(launch_group, (&(gpu_group_args){.chosen = chosen,
                                                   .first = first,
                                                   .slot = slot,
                                                   .token = token,
                                                   .n = LAYER_PAIRS,
                                                   .n_used = USED,
                                                   .n_experts = EXPERTS}));
    const int32_t *const index = is_sorted ? token : on_device_new(token_of_pair, sizeof token_of_pair);
    product(&l->gate, &normed, LAYER_TOKENS, gate, n_slots, n_most, matrix, starts, index);
    product(&l->up, &normed, LAYER_TOKENS, up, n_slots, n_most, matrix, starts, index);
    ON_DEVICE(launch_gate,
              (&(gpu_gate_args){.gate = gate, .up = up, .y = act, .n = FF, .row = FF, .ld = LAYER_PAIRS, .is_oai = 1}),
              LAYER_PAIRS);
    product(&l->down, &act, LAYER_PAIRS, out, n_slots, n_most, matrix, starts, NULL);
    ON_DEVICE(launch_join,
              (&(gpu_join_args){.slot = is_sorted ? slot : on_device_new(in_order, sizeof in_order),
                                .weights = weights,
                                .own = out,
                                .x = on_x,
                                .bad = on_device_new(good, sizeof good),
                                .n = EMBD,
                                .n_used = USED,
                                .row = EMBD,
                                .scale = 1}),
              LAYER_TOKENS);
    on_device_get(x, on_x, LAYER_TOKENS * EMBD * 4);
}

static void test_a_layer_of_experts_has_the_definitions_bits(void **state)
{
    (void)state;
    static const tensor_type TYPES[] = {TYPE_MXFP4, TYPE_Q8_0, TYPE_Q4_1, TYPE_F16};
    rng_state r;
    rng_seed(&r, 4);
    for (size_t i = 0; i < 2 * sizeof TYPES / sizeof *TYPES; i++) {
        const tensor_type t = TYPES[i / 2];
        layer l = {.rule = {.gating = GATE_TOPK_SOFTMAX,
                            .scale = 1,
                            .n_expert = EXPERTS,
                            .n_used = USED,
                            .n_groups = 1,
                            .n_groups_used = 1}};
        l.router = make_stack(TYPE_F32, EXPERTS, EMBD, 1, &r);
        l.gate = make_stack(t, FF, EMBD, EXPERTS, &r);
        l.up = make_stack(t, FF, EMBD, EXPERTS, &r);
        l.down = make_stack(t, EMBD, FF, EXPERTS, &r);
        float *const x = numbers(LAYER_TOKENS * EMBD, false, &r), got[LAYER_TOKENS * EMBD];
        for (int c = 0; c < EMBD; c++)
            l.norm[c] = check_unit(&r);
        memcpy(got, x, sizeof got);
        run_layer(&l, got, i % 2 == 0);
        expect_layer(&l, x);
        check_equal(type_name(t), "the device", x, got, LAYER_TOKENS * EMBD);
        free(x);
        free_stack(&l.router, 1), free_stack(&l.gate, EXPERTS), free_stack(&l.up, EXPERTS),
            free_stack(&l.down, EXPERTS);
    }
}

#define ON(name) cmocka_unit_test_setup_teardown(name, on_device_open, on_device_close)

int main(void)
{
    kernels_fill_scalar(&scalar);
    const struct CMUnitTest tests[] = {
        ON(test_the_choice_of_experts_is_the_routers),
        ON(test_more_experts_than_the_kernel_holds_are_refused),
        ON(test_pairs_are_sorted_by_expert),
        ON(test_answers_join_in_the_order_of_choice),
        ON(test_a_layer_of_experts_has_the_definitions_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
