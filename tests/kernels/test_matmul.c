/* test_matmul.c - matrix products: scalar against double precision, every variant against scalar bit by bit.
 *
 * Every type that decode_supports names is tested; product_inputs.h makes what they are tested with.
 */
#include "kernels/product_inputs.h"

#include <stdio.h>

#include "kernels/variants.h"
#include "quant/decode.h"
#include "quant/formats.h"
#include "quant/tile.h"

typedef struct shape {
    size_t n_tiles, n_cols, n;
    bool gathered; // through an index array
} shape;

static void compare_variants(tensor_type t, content c, shape s, rng_state *r)
{
    enum { N_ACTS = 64 };
    const size_t ld = s.n_tiles * TILE_ROWS + 3, bytes = s.n * ld * sizeof(float);
    uint8_t *const tiles = make_tiles(t, c, s.n_tiles, s.n_cols, r);
    act_rows x = make_acts(c, N_ACTS, s.n_cols, r);
    int32_t index[N_ACTS];
    for (size_t i = 0; i < s.n; i++)
        index[i] = (int32_t)(rng_next(r) % N_ACTS);
    x.index = s.gathered ? index : NULL;
    char what[120];
    snprintf(what, sizeof what, "%s, content %d, %zu tiles, %zu columns, %zu tokens%s", type_name(t), c, s.n_tiles,
             s.n_cols, s.n, s.gathered ? ", gathered" : "");
    const kernels *const *all;
    const size_t n_all = kernels_all(&all);
    float *const expected = check_new(bytes);
    all[0]->matmul[t](tiles, s.n_tiles, &x, s.n, expected, ld);
    for (size_t v = 1; v < n_all; v++) {
        if (all[v]->matmul[t] == all[0]->matmul[t])
            continue;
        float *const y = check_new(bytes);
        all[v]->matmul[t](tiles, s.n_tiles, &x, s.n, y, ld);
        check_equal(what, all[v]->name, expected, y, s.n * ld); // the gaps between rows are canary in both
        check_free(y, bytes);
    }
    check_free(expected, bytes);
    free_acts(&x, N_ACTS);
    check_free(tiles, s.n_tiles * tile_size(t, s.n_cols));
}

static void test_every_variant_supports_the_same_types(void **state)
{
    (void)state;
    const kernels *const *all;
    const size_t n = kernels_all(&all);
    for (size_t v = 0; v < n; v++) {
        for (int t = 0; t < TYPE_N; t++)
            assert_int_equal(all[v]->matmul[t] != NULL, decode_supports((tensor_type)t));
    }
}

static void test_every_instruction_set_has_its_own_products(void **state)
{
    (void)state;
    const kernels *const *all;
    const size_t n = kernels_all(&all);
    for (size_t v = 1; v < n; v++) {
#define IS_OWN(NAME, name) assert_true(all[v]->matmul[TYPE_##NAME] != all[0]->matmul[TYPE_##NAME]);
        PLAIN_FORMATS(IS_OWN)
        SIMD_FORMATS(IS_OWN)
    }
}

static void any_product(const uint8_t *tiles, size_t n_tiles, const act_rows *x, size_t n, float *y, size_t ld)
{
    (void)tiles, (void)n_tiles, (void)x, (void)n, (void)y, (void)ld;
}

/* Returns true if this machine has the instruction set; its functions must not even be called otherwise. */
static bool can_run(const char *name)
{
    const kernels *const *all;
    const size_t n = kernels_all(&all);
    for (size_t v = 0; v < n; v++) {
        if (strcmp(all[v]->name, name) == 0)
            return true;
    }
    return false;
}

/* A format can be scalar alone until its SIMD is written, since a table keeps the entry of the table below for it. */
static void test_a_format_without_simd_keeps_the_product_of_the_table_below(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        void (*fill)(kernels *k);
    } VARIANTS[] = {
#if defined(__x86_64__)
        {"avx2", kernels_fill_avx2},
        {"avxvnni", kernels_fill_avxvnni},
        {"avx512", kernels_fill_avx512}
#elif defined(__aarch64__)
        {"neon", kernels_fill_neon},
        {"dotprod", kernels_fill_dotprod}
#endif
    };
    for (size_t i = 0; i < sizeof VARIANTS / sizeof *VARIANTS; i++) {
        if (!can_run(VARIANTS[i].name))
            continue;
        kernels k;
        for (int t = 0; t < TYPE_N; t++)
            k.matmul[t] = any_product;
        VARIANTS[i].fill(&k);
        int n_own = 0;
        for (int t = 0; t < TYPE_N; t++) {
            n_own += k.matmul[t] != any_product;
            assert_true(k.matmul[t] == any_product || decode_supports((tensor_type)t));
        }
        assert_in_range(n_own, 1, TYPE_N - 1);
    }
}

/* At least n columns, a multiple of the block. */
static size_t whole_blocks(tensor_type t, size_t n)
{
    const size_t block = type_get((uint32_t)t)->block_elems;
    return (n + block - 1) / block * block;
}

static void test_products_of_any_shape_are_equal_to_scalar(void **state)
{
    (void)state;
    static const size_t COUNTS[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 37, 49, 55};
    rng_state r;
    rng_seed(&r, 1);
    for (tensor_type t = FIRST_TYPE; t < TYPE_N; t = next_type(t + 1)) {
        for (size_t j = 0; j < sizeof COUNTS / sizeof *COUNTS; j++) {
            const size_t tiles = 1 + rng_next(&r) % 6;
            compare_variants(t, TAME, (shape){tiles, whole_blocks(t, 96), COUNTS[j], j % 2 == 0}, &r);
        }
    }
}

static void test_products_over_several_blocks_of_k_are_equal_to_scalar(void **state)
{
    (void)state;
    rng_state r;
    rng_seed(&r, 2);
    for (tensor_type t = FIRST_TYPE; t < TYPE_N; t = next_type(t + 1)) {
        const size_t n_cols = whole_blocks(t, 2080); // no multiple of 1024
        compare_variants(t, TAME, (shape){3, n_cols, 1, false}, &r);
        compare_variants(t, TAME, (shape){3, n_cols, 50, true}, &r);
    }
}

static void test_extreme_products_are_equal_to_scalar(void **state)
{
    (void)state;
    rng_state r;
    rng_seed(&r, 3);
    for (tensor_type t = FIRST_TYPE; t < TYPE_N; t = next_type(t + 1)) {
        for (int c = WILD; c < N_CONTENTS; c++) {
            compare_variants(t, (content)c, (shape){2, 256, 1, false}, &r);
            compare_variants(t, (content)c, (shape){2, 256, 3, true}, &r);
            compare_variants(t, (content)c, (shape){3, 512, 51, true}, &r);
        }
    }
}

/* Every row's codes and activations at the ends of their range: integer sums at their largest. */
static void test_largest_integer_sums_do_not_saturate(void **state)
{
    (void)state;
    enum { K = 256, N = 2 };
    rng_state r;
    rng_seed(&r, 4);
    const kernels *const *all;
    const size_t n_all = kernels_all(&all);
    float x[N * K], y[N * TILE_ROWS], expected[N * TILE_ROWS];
    act_rows acts = {.n_cols = K, .f32 = x};
    assert_true(codes_alloc(&acts.codes, N * K, N * K));
    for (int i = 0; i < N * K; i++) {
        const int sign = i < K ? 1 : -1;
        x[i] = (float)sign;
        acts.codes.code[i] = (int8_t)(127 * sign);
        acts.codes.fine[i] = (int8_t)(64 * sign);
        acts.codes.scale[i / K_GROUP] = 1.0f / 127.0f;
        acts.codes.sum[i / 16] = (int16_t)(16 * 127 * sign);
        acts.codes.scaled_sum[i / K_GROUP] = acts.codes.scale[i / K_GROUP] * (float)(32 * 127 * sign);
        acts.codes.fine_sum[i / 16] = (int16_t)(16 * 64 * sign);
    }
    for (tensor_type t = FIRST_TYPE; t < TYPE_N; t = next_type(t + 1)) {
        for (int pattern = 0; pattern < 256; pattern++) {
            uint8_t *const tile = make_tiles(t, TAME, 1, K, &r);
            // All code bytes alike: every format's lowest and highest codes are among the patterns.
            const size_t tile_bytes = tile_size(t, K), block_bytes = type_get((uint32_t)t)->block_bytes * TILE_ROWS;
            for (size_t at = 0; !is_plain(t) && at < tile_bytes; at += block_bytes)
                memset(tile + at + layout_of(t)->codes_at, pattern, block_bytes - layout_of(t)->codes_at);
            all[0]->matmul[t](tile, 1, &acts, N, expected, TILE_ROWS);
            for (size_t v = 1; v < n_all; v++) {
                all[v]->matmul[t](tile, 1, &acts, N, y, TILE_ROWS);
                check_equal(type_name(t), all[v]->name, expected, y, N * TILE_ROWS);
            }
            check_free(tile, tile_bytes);
        }
    }
    codes_free(&acts.codes, N * K, N * K);
}

/* An activation as a product reads it. */
static double value_of(const act_rows *x, size_t i, act_form form)
{
    if (form == ACTS_F32)
        return (double)x->f32[i];
    const double fine = form == ACTS_FINE ? (double)x->codes.fine[i] / 128 : 0;
    return (x->codes.code[i] + fine) * (double)x->codes.scale[i / K_GROUP];
}

static void test_scalar_products_agree_with_double_precision(void **state)
{
    (void)state;
    enum { K = 512, N = 3, TILES = 2 };
    rng_state r;
    rng_seed(&r, 5);
    const kernels *const *all;
    kernels_all(&all);
    for (tensor_type t = FIRST_TYPE; t < TYPE_N; t = next_type(t + 1)) {
        const act_form form = act_form_of(t);
        uint8_t *const tiles = make_tiles(t, TAME, TILES, K, &r);
        act_rows x = make_acts(TAME, N, K, &r);
        float y[N * TILES * TILE_ROWS], w[K];
        all[0]->matmul[t](tiles, TILES, &x, N, y, TILES * TILE_ROWS);
        for (int row = 0; row < TILES * TILE_ROWS; row++) {
            const size_t tile_at = (size_t)(row / TILE_ROWS) * tile_size(t, K);
            tile_decode_row(t, tiles + tile_at, K, row % TILE_ROWS, w);
            for (int token = 0; token < N; token++) {
                double sum = 0, magnitude = 0;
                for (int k = 0; k < K; k++) {
                    const int at = token * K + k;
                    const double value = value_of(&x, (size_t)at, form);
                    sum += (double)w[k] * value;
                    magnitude += fabs((double)w[k] * value);
                }
                check_close(type_name(t), sum, y[token * TILES * TILE_ROWS + row], 1e-5 * magnitude);
            }
        }
        free_acts(&x, N);
        check_free(tiles, TILES * tile_size(t, K));
    }
}

/* The promise that the layout is for: a token's result does not depend on who shares its batch. */
static void test_a_token_gives_the_same_bits_alone_and_in_a_batch(void **state)
{
    (void)state;
    enum { K = 1280, N = 53, TILES = 3, LD = TILES * TILE_ROWS };
    rng_state r;
    rng_seed(&r, 6);
    const kernels *const *all;
    const size_t n_all = kernels_all(&all);
    for (tensor_type t = FIRST_TYPE; t < TYPE_N; t = next_type(t + 1)) {
        uint8_t *const tiles = make_tiles(t, TAME, TILES, K, &r);
        act_rows x = make_acts(TAME, N, K, &r);
        float together[N * LD], alone[LD];
        for (size_t v = 1; v < n_all; v++) {
            all[v]->matmul[t](tiles, TILES, &x, N, together, LD);
            for (int32_t token = 0; token < N; token++) {
                x.index = &token;
                all[v]->matmul[t](tiles, TILES, &x, 1, alone, LD);
                assert_memory_equal(alone, together + token * LD, sizeof alone);
            }
            x.index = NULL;
        }
        free_acts(&x, N);
        check_free(tiles, TILES * tile_size(t, K));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_variant_supports_the_same_types),
        cmocka_unit_test(test_every_instruction_set_has_its_own_products),
        cmocka_unit_test(test_a_format_without_simd_keeps_the_product_of_the_table_below),
        cmocka_unit_test(test_products_of_any_shape_are_equal_to_scalar),
        cmocka_unit_test(test_products_over_several_blocks_of_k_are_equal_to_scalar),
        cmocka_unit_test(test_extreme_products_are_equal_to_scalar),
        cmocka_unit_test(test_largest_integer_sums_do_not_saturate),
        cmocka_unit_test(test_scalar_products_agree_with_double_precision),
        cmocka_unit_test(test_a_token_gives_the_same_bits_alone_and_in_a_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
