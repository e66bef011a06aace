/* test_encode.c - the encoders: the reference's blocks bit for bit, and the errors of the reference for the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "quant/decode.h"
#include "quant/encode.h"
#include "quant/half.h"

enum { BLOCK_MAX = 256 }; // bytes and elements

/* Root mean square error of the reference's encoder on Gaussian input, over that of the input.  A type that is not here
 * must have vectors. */
static const struct {
    tensor_type type;
    double error;
} EXPECTED[] = {{TYPE_Q4_0, 0.0861}, {TYPE_Q5_0, 0.0428}, {TYPE_Q8_0, 0.0054}, {TYPE_MXFP4, 0.1147},
                {TYPE_Q4_K, 0.0717}, {TYPE_Q5_K, 0.0363}, {TYPE_Q6_K, 0.0178}};

static double error_of(tensor_type t)
{
    for (size_t i = 0; i < sizeof EXPECTED / sizeof *EXPECTED; i++) {
        if (EXPECTED[i].type == t)
            return EXPECTED[i].error;
    }
    return 0;
}

static tensor_type type_of_name(const char *name)
{
    for (uint32_t id = 0; id < TYPE_N; id++) {
        if (type_get(id)->name != NULL && strcmp(type_get(id)->name, name) == 0)
            return (tensor_type)id;
    }
    fail_msg("no type is called %s", name);
    return TYPE_F32;
}

static void hex_of_bytes(const uint8_t *bytes, size_t n, char *hex)
{
    for (size_t i = 0; i < n; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

/* Encodes x and compares the bytes, as hexadecimal digits. */
static void check_encodes_to(tensor_type t, const float *x, size_t n, const char *expected)
{
    uint8_t bytes[BLOCK_MAX];
    char hex[2 * BLOCK_MAX + 1];
    const size_t n_bytes = (size_t)type_row_bytes(t, n);
    assert_in_range(n_bytes, 1, sizeof bytes);
    assert_true(encode_supports(t));
    encode_row(t, x, n, bytes);
    hex_of_bytes(bytes, n_bytes, hex);
    if (strcmp(hex, expected) != 0)
        fail_msg("%s: %s, not %s", type_name(t), hex, expected);
}

static void test_blocks_are_those_of_the_reference(void **state)
{
    (void)state;
    unsigned n_of[TYPE_N] = {0};
    FILE *const f = fopen(SPILLWAY_TEST_DATA "/quant/quantize.jsonl", "r");
    assert_non_null(f);
    for (json_t *line; (line = json_loadf(f, JSON_DISABLE_EOF_CHECK, NULL)) != NULL; json_decref(line)) {
        const tensor_type t = type_of_name(json_string_value(json_object_get(line, "type")));
        const json_t *const input = json_object_get(line, "f32_hex");
        float x[BLOCK_MAX];
        const size_t n = json_array_size(input);
        assert_in_range(n, 1, sizeof x / sizeof *x);
        for (size_t i = 0; i < n; i++)
            x[i] = f32_from_bits((uint32_t)strtoul(json_string_value(json_array_get(input, i)), NULL, 16));
        check_encodes_to(t, x, n, json_string_value(json_object_get(line, "hex")));
        n_of[t]++;
    }
    fclose(f);
    for (uint32_t t = 0; t < TYPE_N; t++) {
        if (!encode_supports((tensor_type)t) || t == TYPE_F32 || (n_of[t] == 0 && error_of((tensor_type)t) > 0))
            continue;
        if (n_of[t] != 3)
            fail_msg("%s: %u vectors, not 3", type_get(t)->name, n_of[t]);
    }
}

static void test_a_ramp_meets_every_rounding_rule(void **state)
{
    (void)state;
    float x[32];
    for (int i = 0; i < 32; i++)
        x[i] = (float)(i - 16) / 8.0f;
    check_encodes_to(TYPE_Q8_0, x, 32, "082481899199a1a9b1b9c0c8d0d8e0e8f0f8000810182028303840474f575f676f77");
    check_encodes_to(TYPE_Q4_0, x, 32, "0034809191a2a2b3b3c4c4d5d5e6e6f7f7f8");
    check_encodes_to(TYPE_Q5_0, x, 32, "00300000ffff00112233445566778899aabbccddeeff");
    check_encodes_to(TYPE_MXFP4, x, 32, "7e0e0e1d1d2d2d3c3c4c4b4b5a5a595960");
}

/* A standard normal number (Box and Muller). */
static float gaussian(rng_state *r)
{
    const double u = ((double)(rng_next(r) >> 11) + 0.5) * 0x1p-53;
    const double v = (double)(rng_next(r) >> 11) * 0x1p-53;
    return (float)(sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v));
}

/* Root mean square of the error over that of the input. */
static double relative_error(tensor_type t)
{
    enum { N = 1 << 16 };
    rng_state r;
    rng_seed(&r, 1);
    float *const x = malloc(N * sizeof *x), *const y = malloc(N * sizeof *y);
    uint8_t *const blocks = malloc((size_t)type_row_bytes(t, N));
    assert_true(x != NULL && y != NULL && blocks != NULL);
    for (int i = 0; i < N; i++)
        x[i] = gaussian(&r);
    encode_row(t, x, N, blocks);
    decode_row(t, blocks, N, y);
    double error = 0, power = 0;
    for (int i = 0; i < N; i++) {
        error += ((double)x[i] - (double)y[i]) * ((double)x[i] - (double)y[i]);
        power += (double)x[i] * (double)x[i];
    }
    free(x);
    free(y);
    free(blocks);
    return sqrt(error / power);
}

static void test_errors_on_gaussian_input_are_as_expected(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof EXPECTED / sizeof *EXPECTED; i++) {
        const double error = relative_error(EXPECTED[i].type);
        if (fabs(error / EXPECTED[i].error - 1) > 0.03)
            fail_msg("%s: relative error %.5f, not %.4f", type_name(EXPECTED[i].type), error, EXPECTED[i].error);
    }
}

static void test_a_block_of_zeros_decodes_to_zeros(void **state)
{
    (void)state;
    static const float ZEROS[256] = {0};
    for (uint32_t t = 0; t < TYPE_N; t++) {
        if (!encode_supports((tensor_type)t))
            continue;
        uint8_t blocks[4 * sizeof ZEROS];
        float y[256];
        encode_row((tensor_type)t, ZEROS, 256, blocks);
        decode_row((tensor_type)t, blocks, 256, y);
        for (int i = 0; i < 256; i++)
            assert_true(y[i] == 0.0f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_are_those_of_the_reference),
        cmocka_unit_test(test_a_ramp_meets_every_rounding_rule),
        cmocka_unit_test(test_errors_on_gaussian_input_are_as_expected),
        cmocka_unit_test(test_a_block_of_zeros_decodes_to_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
