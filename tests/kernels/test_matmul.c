/* test_matmul.c - matrix products: scalar against double precision, every variant against scalar bit by bit. */
#include "kernels/check.h"

#include <stdio.h>

#include "kernels/codes.h"
#include "quant/decode.h"
#include "quant/tile.h"

typedef enum content { TAME, WILD, ZEROS, ONES, LOWEST, HIGHEST, TINIEST, N_CONTENTS } content;

static const tensor_type TYPES[] = {TYPE_F32,  TYPE_F16,    TYPE_BF16,   TYPE_Q8_0, TYPE_Q4_0, TYPE_Q4_1,
                                    TYPE_Q5_0, TYPE_Q5_1,   TYPE_Q2_K,   TYPE_Q3_K, TYPE_Q4_K, TYPE_Q5_K,
                                    TYPE_Q6_K, TYPE_IQ4_NL, TYPE_IQ4_XS, TYPE_MXFP4};
enum { N_TESTED = sizeof TYPES / sizeof *TYPES };

static void put_u16(uint8_t *p, uint16_t v)
{
    memcpy(p, &v, sizeof v);
}

/* Where a block keeps its scale and, if it has one, its min, as halves.  Returns how many there are. */
static int halves_of(tensor_type t, int at[2])
{
    static const uint8_t PLACES[TYPE_N][2] = {
        [TYPE_Q4_1] = {0, 2}, [TYPE_Q5_1] = {0, 2}, [TYPE_Q2_K] = {80, 82}, [TYPE_Q3_K] = {108},
        [TYPE_Q4_K] = {0, 2}, [TYPE_Q5_K] = {0, 2}, [TYPE_Q6_K] = {208}};
    at[0] = PLACES[t][0];
    at[1] = PLACES[t][1];
    return at[1] != 0 ? 2 : 1;
}

/* Gives a block of random bytes scales (or, of plain types, a value) of an ordinary size. */
static void tame(tensor_type t, uint8_t *b, rng_state *r)
{
    const float v = check_unit(r);
    int at[2];
    switch (t) {
    case TYPE_F32: memcpy(b, &v, sizeof v); break;
    case TYPE_BF16: put_u16(b, (uint16_t)(f32_bits(v) >> 16)); break;
    case TYPE_MXFP4: b[0] = (uint8_t)(120 + rng_next(r) % 8); break;
    default:
        for (int i = halves_of(t, at); i-- > 0;)
            put_u16(b + at[i], f16_from_f32(check_unit(r)));
    }
}

/* Gives a block the largest finite scales, or subnormal ones. */
static void make_extreme(tensor_type t, uint8_t *b, bool is_largest, rng_state *r)
{
    int at[2];
    switch (t) {
    case TYPE_F32: put_u16(b + 2, is_largest ? 0x7f7f : 0x0000); break;
    case TYPE_MXFP4: b[0] = is_largest ? 254 : (uint8_t)(rng_next(r) % 3); break;
    default:
        for (int i = halves_of(t, at); i-- > 0;)
            put_u16(b + at[i], is_largest ? 0x7bff : (uint16_t)(rng_next(r) & 0x8003));
    }
}

/* n_tiles packed tiles. */
static uint8_t *make_tiles(tensor_type t, content c, size_t n_tiles, size_t n_cols, rng_state *r)
{
    const type_traits *const traits = type_get((uint32_t)t);
    const size_t tile_bytes = tile_size(t, n_cols);
    uint8_t *const tiles = check_new(n_tiles * tile_bytes), *const rows = malloc(tile_bytes);
    assert_non_null(rows);
    for (size_t i = 0; i < n_tiles; i++) {
        for (size_t j = 0; j < tile_bytes; j++)
            rows[j] = c == ZEROS ? 0 : c == ONES ? 0xff : c == LOWEST ? 0x80 : (uint8_t)(rng_next(r) >> 32);
        for (size_t j = 0; j < tile_bytes; j += traits->block_bytes) {
            if (c == TAME)
                tame(t, rows + j, r);
            else if (c == HIGHEST || c == LOWEST || c == TINIEST)
                make_extreme(t, rows + j, c != TINIEST, r);
        }
        tile_pack(t, rows, TILE_ROWS, n_cols, tiles + i * tile_bytes);
    }
    free(rows);
    return tiles;
}

/* Activations of n tokens; tame ones are random, others have every kind of group. */
static act_rows make_acts(content c, size_t n, size_t n_cols, rng_state *r)
{
    float *const x = malloc(n * n_cols * sizeof *x);
    act_rows acts = {.n_cols = n_cols, .f32 = x};
    assert_true(x != NULL && codes_alloc(&acts.codes, n * n_cols));
    for (size_t g = 0; g < n * n_cols / K_GROUP; g++) {
        const unsigned kind = c == TAME ? 0 : (unsigned)(rng_next(r) % 32);
        for (size_t i = g * K_GROUP; i < (g + 1) * K_GROUP; i++)
            x[i] = kind == 1   ? 3.0f
                   : kind == 2 ? -3.0f
                   : kind == 3 ? 0.0f
                   : kind == 4 ? 0x1p-140f * check_unit(r)
                   : kind == 5 ? 1e38f * check_unit(r)
                               : check_unit(r);
        if (kind == 6)
            x[g * K_GROUP + 5] = check_edge(r);
    }
    const kernels *const *all;
    kernels_all(&all);
    all[0]->quantize(x, n * n_cols, &acts.codes);
    return acts;
}

static void free_acts(act_rows *x, size_t n)
{
    codes_free(&x->codes, n * x->n_cols);
    free((void *)(uintptr_t)x->f32);
}

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

static void test_products_of_any_shape_are_equal_to_scalar(void **state)
{
    (void)state;
    static const size_t COUNTS[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 37, 49, 55};
    rng_state r;
    rng_seed(&r, 1);
    for (size_t i = 0; i < N_TESTED; i++) {
        const size_t block = type_get((uint32_t)TYPES[i])->block_elems;
        for (size_t j = 0; j < sizeof COUNTS / sizeof *COUNTS; j++) {
            const size_t tiles = 1 + rng_next(&r) % 6;
            compare_variants(TYPES[i], TAME, (shape){tiles, block == 256 ? 256 : 96, COUNTS[j], j % 2 == 0}, &r);
        }
    }
}

static void test_products_over_several_blocks_of_k_are_equal_to_scalar(void **state)
{
    (void)state;
    rng_state r;
    rng_seed(&r, 2);
    for (size_t i = 0; i < N_TESTED; i++) {
        const size_t block = type_get((uint32_t)TYPES[i])->block_elems;
        const size_t n_cols = block == 256 ? 2304 : 2080; // neither is a multiple of 1024
        compare_variants(TYPES[i], TAME, (shape){3, n_cols, 1, false}, &r);
        compare_variants(TYPES[i], TAME, (shape){3, n_cols, 50, true}, &r);
    }
}

static void test_extreme_products_are_equal_to_scalar(void **state)
{
    (void)state;
    rng_state r;
    rng_seed(&r, 3);
    for (size_t i = 0; i < N_TESTED; i++) {
        for (int c = WILD; c < N_CONTENTS; c++) {
            compare_variants(TYPES[i], (content)c, (shape){2, 256, 1, false}, &r);
            compare_variants(TYPES[i], (content)c, (shape){2, 256, 3, true}, &r);
            compare_variants(TYPES[i], (content)c, (shape){3, 512, 51, true}, &r);
        }
    }
}

/* Bytes of scales that a block of a tile begins with. */
static size_t header_bytes(tensor_type t)
{
    switch (t) {
    case TYPE_MXFP4: return 16;
    case TYPE_Q4_1:
    case TYPE_Q5_1: return 64;
    case TYPE_IQ4_XS: return 128;
    case TYPE_Q3_K: return 224;
    case TYPE_Q4_K:
    case TYPE_Q5_K: return 256;
    case TYPE_Q6_K: return 288;
    case TYPE_Q2_K: return 320;
    default: return 32;
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
    assert_true(codes_alloc(&acts.codes, N * K));
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
    for (size_t i = 0; i < N_TESTED; i++) {
        for (int pattern = 0; pattern < 256; pattern++) {
            uint8_t *const tile = make_tiles(TYPES[i], TAME, 1, K, &r);
            // All code bytes alike: every format's lowest and highest codes are among the patterns.
            const size_t header = header_bytes(TYPES[i]);
            const size_t tile_bytes = tile_size(TYPES[i], K);
            const size_t block_bytes = type_get((uint32_t)TYPES[i])->block_bytes * TILE_ROWS;
            for (size_t at = 0; at < tile_bytes && block_bytes > header; at += block_bytes)
                memset(tile + at + header, pattern, block_bytes - header);
            all[0]->matmul[TYPES[i]](tile, 1, &acts, N, expected, TILE_ROWS);
            for (size_t v = 1; v < n_all; v++) {
                all[v]->matmul[TYPES[i]](tile, 1, &acts, N, y, TILE_ROWS);
                check_equal(type_name(TYPES[i]), all[v]->name, expected, y, N * TILE_ROWS);
            }
            check_free(tile, tile_bytes);
        }
    }
    codes_free(&acts.codes, N * K);
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
    for (size_t i = 0; i < N_TESTED; i++) {
        const act_form form = act_form_of(TYPES[i]);
        uint8_t *const tiles = make_tiles(TYPES[i], TAME, TILES, K, &r);
        act_rows x = make_acts(TAME, N, K, &r);
        float y[N * TILES * TILE_ROWS], w[K];
        all[0]->matmul[TYPES[i]](tiles, TILES, &x, N, y, TILES * TILE_ROWS);
        for (int row = 0; row < TILES * TILE_ROWS; row++) {
            const size_t tile_at = (size_t)(row / TILE_ROWS) * tile_size(TYPES[i], K);
            tile_decode_row(TYPES[i], tiles + tile_at, K, row % TILE_ROWS, w);
            for (int t = 0; t < N; t++) {
                double sum = 0, magnitude = 0;
                for (int k = 0; k < K; k++) {
                    const int at = t * K + k;
                    const double value = value_of(&x, (size_t)at, form);
                    sum += (double)w[k] * value;
                    magnitude += fabs((double)w[k] * value);
                }
                check_close(type_name(TYPES[i]), sum, y[t * TILES * TILE_ROWS + row], 1e-5 * magnitude);
            }
        }
        free_acts(&x, N);
        check_free(tiles, TILES * tile_size(TYPES[i], K));
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
    for (size_t i = 0; i < N_TESTED; i++) {
        uint8_t *const tiles = make_tiles(TYPES[i], TAME, TILES, K, &r);
        act_rows x = make_acts(TAME, N, K, &r);
        float together[N * LD], alone[LD];
        for (size_t v = 1; v < n_all; v++) {
            all[v]->matmul[TYPES[i]](tiles, TILES, &x, N, together, LD);
            for (int32_t t = 0; t < N; t++) {
                x.index = &t;
                all[v]->matmul[TYPES[i]](tiles, TILES, &x, 1, alone, LD);
                assert_memory_equal(alone, together + t * LD, sizeof alone);
            }
            x.index = NULL;
        }
        free_acts(&x, N);
        check_free(tiles, TILES * tile_size(TYPES[i], K));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_variant_supports_the_same_types),
        cmocka_unit_test(test_products_of_any_shape_are_equal_to_scalar),
        cmocka_unit_test(test_products_over_several_blocks_of_k_are_equal_to_scalar),
        cmocka_unit_test(test_extreme_products_are_equal_to_scalar),
        cmocka_unit_test(test_largest_integer_sums_do_not_saturate),
        cmocka_unit_test(test_scalar_products_agree_with_double_precision),
        cmocka_unit_test(test_a_token_gives_the_same_bits_alone_and_in_a_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
