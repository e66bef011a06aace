/* test_gpu_vector.c - kernels over rows, under emulation, bit by bit against the scalar definition. */
#include "gpu/on_device.h"

#include "forward/rope.h"
#include "kernels/codes.h"
#include "kernels/variants.h"
#include "quant/tile.h"

static kernels scalar;

static float *mixed_rows(size_t n, rng_state *r)
{
    float *const x = malloc(n * sizeof *x);
    assert_non_null(x);
    const bool is_wild = rng_next(r) % 3 == 0;
    for (size_t i = 0; i < n; i++)
        x[i] = is_wild ? check_mixed(r) : 3 * check_unit(r);
    return x;
}

/* Rows of activations on the device, and where the host expects the same. */
typedef struct acts_pair {
    gpu_acts on;
    size_t n_rows, n_cols, ld;
    bool has_codes;
} acts_pair;

static acts_pair new_acts(const float *x, size_t n_rows, size_t n_cols, bool has_codes)
{
    const size_t ld = n_rows + 3, n = n_rows * n_cols;
    acts_pair a = {.n_rows = n_rows, .n_cols = n_cols, .ld = ld, .has_codes = has_codes};
    a.on.f32 = on_device_new(x, n * sizeof(float));
    if (has_codes) {
        a.on.code = on_device_new(NULL, n);
        a.on.fine = on_device_new(NULL, n);
        a.on.scale = on_device_new(NULL, n_cols / 32 * ld * sizeof(float));
        a.on.sum = on_device_new(NULL, n_cols / 32 * ld * sizeof(float));
        a.on.half_sum = on_device_new(NULL, n_cols / 16 * ld * sizeof(float));
    }
    return a;
}

/* Floats equal `expected`, codes those that the definition makes of it. */
static void check_acts(const char *what, const acts_pair *a, const float *expected)
{
    const size_t n = a->n_rows * a->n_cols, groups = a->n_cols / 32;
    float *const got = malloc(n * sizeof *got);
    on_device_get(got, a->on.f32, n * sizeof *got);
    check_equal(what, "the device", expected, got, n);
    free(got);
    if (!a->has_codes)
        return;
    code_rows c;
    assert_true(codes_alloc(&c, n, n));
    scalar.quantize(expected, n, &c);
    int8_t *const code = malloc(n), *const fine = malloc(n);
    float *const scale = malloc(4 * groups * a->ld), *const sum = malloc(4 * groups * a->ld),
                 *const half = malloc(8 * groups * a->ld);
    on_device_get(code, a->on.code, n);
    on_device_get(fine, a->on.fine, n);
    on_device_get(scale, a->on.scale, 4 * groups * a->ld);
    on_device_get(sum, a->on.sum, 4 * groups * a->ld);
    on_device_get(half, a->on.half_sum, 8 * groups * a->ld);
    assert_memory_equal(code, c.code, n);
    assert_memory_equal(fine, c.fine, n);
    for (size_t i = 0; i < n / 32; i++) {
        const size_t row = i / groups, g = i % groups, at = g * a->ld + row;
        assert_true(check_same(scale[at], c.scale[i]));
        assert_true(check_same(sum[at], c.scaled_sum[i]));
        for (size_t h = 0; h < 2; h++)
            assert_true(check_same(half[(2 * g + h) * a->ld + row], c.scale[i] * (float)c.sum[2 * i + h]));
    }
    codes_free(&c, n, n);
    free(code), free(fine), free(scale), free(sum), free(half);
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static void check_norm(bool is_layernorm, bool has_add, size_t n_rows, size_t n, bool has_codes, rng_state *r)
{
    float *const x = mixed_rows(n_rows * n, r), *const add = mixed_rows(n_rows * n, r), *const w = mixed_rows(n, r),
                 *const b = mixed_rows(n, r);
    float *const y = malloc(n_rows * n * sizeof *y);
    int32_t *const bad = malloc(n_rows * sizeof *bad), *const bad_got = malloc(n_rows * sizeof *bad);
    const bool has_bias = rng_next(r) % 2 == 0;
    acts_pair acts = new_acts(NULL, n_rows, n, has_codes);
    gpu_norm_args a = {.x = on_device_new(x, n_rows * n * 4),
                       .weight = on_device_new(w, n * 4),
                       .y = acts.on,
                       .n = (int)n,
                       .x_outer = (int)n,
                       .add_outer = (int)n,
                       .y_outer = (int)n,
                       .ld = (int)acts.ld,
                       .layer = 7,
                       .is_layernorm = is_layernorm,
                       .add_scale = 0.5f,
                       .eps = 1e-5f};
    for (size_t i = 0; i < n_rows; i++)
        bad[i] = i % 2 == 0 ? -1 : 3;
    a.bad = on_device_new(bad, n_rows * 4);
    if (has_bias)
        a.bias = on_device_new(b, n * 4);
    if (has_add)
        a.add = on_device_new(add, n_rows * n * 4);
    ON_DEVICE(launch_norm, &a, 1, (int)n_rows);
    for (size_t row = 0; row < n_rows; row++) {
        for (size_t i = row * n; has_add && i < (row + 1) * n; i++) {
            x[i] += 0.5f * add[i];
            if (!isfinite(x[i]) && bad[row] < 0)
                bad[row] = 7;
        }
        (is_layernorm ? scalar.layernorm : scalar.rmsnorm)(x + row * n, w, has_bias ? b : NULL, n, 1e-5f, y + row * n);
    }
    check_acts(is_layernorm ? "layernorm" : "rmsnorm", &acts, y);
    on_device_get(bad_got, a.bad, n_rows * 4);
    assert_memory_equal(bad, bad_got, n_rows * 4);
    float *const x_got = malloc(n_rows * n * 4);
    on_device_get(x_got, a.x, n_rows * n * 4);
    check_equal("the residual stream", "the device", x, x_got, n_rows * n);
    free(x), free(add), free(w), free(b), free(y), free(bad), free(bad_got), free(x_got);
}

static void test_norms_and_their_codes_have_the_definitions_bits(void **state)
{
    (void)state;
    static const size_t LENGTHS[] = {1, 16, 30, 33, 64, 96, 2048, 2080, 2880, 4128};
    rng_state r;
    rng_seed(&r, 1);
    for (int i = 0; i < 40; i++) {
        const size_t n = LENGTHS[(size_t)i % (sizeof LENGTHS / sizeof *LENGTHS)];
        check_norm(rng_next(&r) % 2 == 0, rng_next(&r) % 2 == 0, 1 + rng_next(&r) % 4, n, n % 32 == 0, &r);
    }
}

/* Heads of tokens, in place. */
static void test_heads_are_normed_in_place(void **state)
{
    (void)state;
    rng_state r;
    rng_seed(&r, 2);
    enum { TOKENS = 3, HEADS = 5, D = 24, ROW = 128 };
    float *const x = mixed_rows(TOKENS * ROW, &r), *const w = mixed_rows(D, &r), got[TOKENS * ROW];
    float *const there = on_device_new(x, TOKENS * ROW * 4);
    ON_DEVICE(launch_norm,
              (&(gpu_norm_args){.x = there,
                                .weight = on_device_new(w, D * 4),
                                .y.f32 = there,
                                .n = D,
                                .x_row = D,
                                .x_outer = ROW,
                                .y_row = D,
                                .y_outer = ROW,
                                .eps = 1e-6f}),
              HEADS, TOKENS);
    on_device_get(got, there, sizeof got);
    for (int i = 0; i < TOKENS * HEADS; i++) {
        float *const head = x + i / HEADS * ROW + i % HEADS * D;
        scalar.rmsnorm(head, w, NULL, D, 1e-6f, head);
    }
    check_equal("heads", "the device", x, got, TOKENS * ROW);
    free(x), free(w);
}

static void test_quantizing_has_the_definitions_bits(void **state)
{
    (void)state;
    rng_state r;
    rng_seed(&r, 3);
    for (int i = 0; i < 12; i++) {
        const size_t n_rows = 1 + rng_next(&r) % 5, n = 32 * (1 + rng_next(&r) % 20);
        float *const x = mixed_rows(n_rows * n, &r);
        const acts_pair acts = new_acts(x, n_rows, n, true);
        ON_DEVICE(launch_quantize, (&(gpu_quantize_args){.y = acts.on, .n = (int)n, .ld = (int)acts.ld}), (int)n_rows);
        check_acts("quantize", &acts, x);
        free(x);
    }
}

static void test_activation_functions_have_the_definitions_bits(void **state)
{
    (void)state;
    rng_state r;
    rng_seed(&r, 4);
    for (int i = 0; i < 24; i++) {
        const size_t n_rows = 1 + rng_next(&r) % 4,
                     n = i % 3 == 0 ? 1 + rng_next(&r) % 90 : 32 * (1 + rng_next(&r) % 12), row = n + 5;
        float *const gate = mixed_rows(n_rows * row, &r), *const up = mixed_rows(n_rows * row, &r),
                     *const y = malloc(n_rows * n * 4);
        const acts_pair acts = new_acts(NULL, n_rows, n, n % 32 == 0);
        const bool is_oai = i % 2 == 0;
        ON_DEVICE(launch_gate,
                  (&(gpu_gate_args){.gate = on_device_new(gate, n_rows * row * 4),
                                    .up = on_device_new(up, n_rows * row * 4),
                                    .y = acts.on,
                                    .n = (int)n,
                                    .row = (int)row,
                                    .ld = (int)acts.ld,
                                    .is_oai = is_oai}),
                  (int)n_rows);
        for (size_t k = 0; k < n_rows; k++)
            (is_oai ? scalar.swiglu_oai : scalar.swiglu)(gate + k * row, up + k * row, n, y + k * n);
        check_acts("gate", &acts, y);
        free(gate), free(up), free(y);
    }
}

/* Random bytes are tiles of every format; values that are not finite are among them. */
static void test_embedding_rows_are_those_of_the_tiles(void **state)
{
    (void)state;
    enum { COLS = 512, ROWS = 40, TOKENS = 6 };
    rng_state r;
    rng_seed(&r, 5);
    for (tensor_type t = (tensor_type)0; t < TYPE_N; t++) {
        gpu_format format;
        if (!launch_format(t, &format))
            continue;
        const size_t tile_bytes = tile_size(t, COLS), n = tile_count(ROWS) * tile_bytes;
        uint8_t *const tiles = aligned_alloc(64, (n + 63) / 64 * 64);
        int32_t id[TOKENS];
        float expected[TOKENS * COLS], got[TOKENS * COLS];
        for (size_t i = 0; i < n; i++)
            tiles[i] = (uint8_t)rng_next(&r);
        for (int i = 0; i < TOKENS; i++) {
            id[i] = (int32_t)(rng_next(&r) % ROWS);
            tile_decode_row(t, tiles + (size_t)id[i] / 16 * tile_bytes, COLS, id[i] % 16, expected + i * COLS);
            for (int c = 0; c < COLS; c++)
                expected[i * COLS + c] *= 1.25f;
        }
        float *const y = on_device_new(NULL, sizeof got);
        ON_DEVICE(launch_embed,
                  (&(gpu_embed_args){.tiles = on_device_new(tiles, n),
                                     .id = on_device_new(id, sizeof id),
                                     .y = y,
                                     .n = COLS,
                                     .format = format,
                                     .tile_bytes = tile_bytes,
                                     .scale = 1.25f}),
                  TOKENS);
        on_device_get(got, y, sizeof got);
        check_equal(type_name(t), "the device", expected, got, TOKENS * COLS);
        free(tiles);
    }
}

static void test_rotation_has_the_definitions_bits(void **state)
{
    (void)state;
    enum { TOKENS = 3, HEADS = 4, D = 80, ROW = HEADS * D + 16 };
    rng_state r;
    rng_seed(&r, 6);
    for (int i = 0; i < 4; i++) {
        const size_t n_rot = i % 2 == 0 ? D : 64, n = n_rot / 2;
        float *const x = mixed_rows(TOKENS * ROW, &r), *const c = mixed_rows(TOKENS * n, &r),
                     *const s = mixed_rows(TOKENS * n, &r), got[TOKENS * ROW];
        const rope_table table = {.kind = i < 2 ? ROPE_NEOX : ROPE_NORM, .n_rot = n_rot};
        float *const there = on_device_new(x, sizeof got);
        ON_DEVICE(launch_rotate,
                  (&(gpu_rotate_args){.x = there,
                                      .cosines = on_device_new(c, TOKENS * n * 4),
                                      .sines = on_device_new(s, TOKENS * n * 4),
                                      .n = (int)n,
                                      .x_token = ROW,
                                      .x_head = D,
                                      .is_neox = i < 2}),
                  HEADS, TOKENS);
        on_device_get(got, there, sizeof got);
        for (int k = 0; k < TOKENS * HEADS; k++)
            rope_apply(&table, c + (size_t)(k / HEADS) * n, s + (size_t)(k / HEADS) * n,
                       x + k / HEADS * ROW + k % HEADS * D);
        check_equal("rope", "the device", x, got, TOKENS * ROW);
        free(x), free(c), free(s);
    }
}

static void test_rows_are_copied_by_index(void **state)
{
    (void)state;
    float from[5 * 7], got[2 * 3 * 2];
    static const int32_t INDEX[] = {4, 1};
    for (int i = 0; i < 35; i++)
        from[i] = (float)i;
    float *const to = on_device_new(NULL, sizeof got);
    ON_DEVICE(launch_copy,
              (&(gpu_copy_args){.to = to,
                                .from = on_device_new(from, sizeof from),
                                .index = on_device_new(INDEX, sizeof INDEX),
                                .n = 2,
                                .to_a = 6,
                                .to_b = 2,
                                .from_a = 7,
                                .from_b = 2}),
              2, 3);
    on_device_get(got, to, sizeof got);
    for (int i = 0; i < 12; i++)
        assert_true(got[i] == (float)(INDEX[i / 6] * 7 + i % 6));
}

#define ON(name) cmocka_unit_test_setup_teardown(name, on_device_open, on_device_close)

int main(void)
{
    kernels_fill_scalar(&scalar);
    const struct CMUnitTest tests[] = {
        ON(test_norms_and_their_codes_have_the_definitions_bits),
        ON(test_heads_are_normed_in_place),
        ON(test_quantizing_has_the_definitions_bits),
        ON(test_activation_functions_have_the_definitions_bits),
        ON(test_embedding_rows_are_those_of_the_tiles),
        ON(test_rotation_has_the_definitions_bits),
        ON(test_rows_are_copied_by_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
