/* test_tile.c - packing into tiles loses nothing: every row decodes as it did in the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "quant/decode.h"
#include "quant/half.h"
#include "quant/tile.h"

enum { K = 768, FILL_RANDOM = 256 };

static void fill(uint8_t *p, size_t n, int pattern, rng_state *r)
{
    for (size_t i = 0; i < n; i++)
        p[i] = pattern == FILL_RANDOM ? (uint8_t)(rng_next(r) >> 32) : (uint8_t)pattern;
}

/* Equal numbers, or both NaN: the sign of a zero is free. */
static bool is_same(float a, float b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void check_rows(tensor_type t, size_t n_rows, int pattern, rng_state *r)
{
    const size_t row_bytes = (size_t)type_row_bytes(t, K), tile_bytes = tile_size(t, K);
    assert_int_equal(tile_bytes, TILE_ROWS * row_bytes);
    uint8_t *const rows = malloc(n_rows * row_bytes), *const tile = malloc(tile_bytes);
    float *const expected = malloc(K * sizeof *expected), *const got = malloc(K * sizeof *got);
    assert_true(rows != NULL && tile != NULL && expected != NULL && got != NULL);
    fill(rows, n_rows * row_bytes, pattern, r);
    memset(tile, 0xa5, tile_bytes);
    tile_pack(t, rows, n_rows, K, tile);
    for (size_t row = 0; row < TILE_ROWS; row++) {
        memset(expected, 0, K * sizeof *expected); // the rows beyond n_rows
        if (row < n_rows)
            decode_row(t, rows + row * row_bytes, K, expected);
        tile_decode_row(t, tile, K, (int)row, got);
        for (size_t k = 0; k < K; k++) {
            if (!is_same(expected[k], got[k]))
                fail_msg("%s: row %zu of %zu, column %zu: %a, not %a", type_name(t), row, n_rows, k, (double)got[k],
                         (double)expected[k]);
        }
    }
    free(rows);
    free(tile);
    free(expected);
    free(got);
}

static void for_every_type(size_t n_rows, int pattern, rng_state *r)
{
    for (uint32_t t = 0; t < TYPE_N; t++) {
        if (decode_supports((tensor_type)t))
            check_rows((tensor_type)t, n_rows, pattern, r);
    }
}

static void test_a_tile_gives_back_every_row(void **state)
{
    (void)state;
    rng_state r;
    rng_seed(&r, 1);
    for (int i = 0; i < 20; i++)
        for_every_type(TILE_ROWS, FILL_RANDOM, &r);
}

static void test_a_tile_gives_back_uniform_bytes(void **state)
{
    (void)state;
    static const int PATTERNS[] = {0x00, 0x01, 0x0f, 0x3b, 0x7b, 0x7f, 0x80, 0xaa, 0xf0, 0xfe, 0xff};
    for (size_t i = 0; i < sizeof PATTERNS / sizeof *PATTERNS; i++)
        for_every_type(TILE_ROWS, PATTERNS[i], NULL);
}

static void test_missing_rows_of_a_partial_tile_are_zero(void **state)
{
    (void)state;
    rng_state r;
    rng_seed(&r, 2);
    for (size_t n_rows = 1; n_rows < TILE_ROWS; n_rows++)
        for_every_type(n_rows, FILL_RANDOM, &r);
}

static void test_tiles_are_counted_upwards(void **state)
{
    (void)state;
    assert_int_equal(tile_count(0), 0);
    assert_int_equal(tile_count(1), 1);
    assert_int_equal(tile_count(16), 1);
    assert_int_equal(tile_count(17), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_tile_gives_back_every_row),
        cmocka_unit_test(test_a_tile_gives_back_uniform_bytes),
        cmocka_unit_test(test_missing_rows_of_a_partial_tile_are_zero),
        cmocka_unit_test(test_tiles_are_counted_upwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
