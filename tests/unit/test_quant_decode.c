/* test_quant_decode.c - every supported format against blocks that an independent decoder decoded, and the lists of
 * formats against each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quant/decode.h"
#include "quant/half.h"

static tensor_type type_of_name(const char *name)
{
    for (uint32_t id = 0; id < TYPE_N; id++) {
        if (type_get(id)->name != NULL && strcmp(type_get(id)->name, name) == 0)
            return (tensor_type)id;
    }
    fail_msg("no type is called %s", name);
    return TYPE_F32;
}

static size_t bytes_of_hex(const char *hex, uint8_t *out, size_t max)
{
    const size_t n = strlen(hex) / 2;
    assert_in_range(n, 1, max);
    for (size_t i = 0; i < n; i++) {
        const char digits[3] = {hex[2 * i], hex[2 * i + 1], 0};
        out[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return n;
}

/* Decodes the block of one line and compares every element; returns its type. */
static tensor_type check_vector(const json_t *line)
{
    const tensor_type t = type_of_name(json_string_value(json_object_get(line, "type")));
    const json_t *const expected = json_object_get(line, "f32_hex");
    uint8_t block[256];
    float y[256];
    const size_t n_bytes = bytes_of_hex(json_string_value(json_object_get(line, "hex")), block, sizeof block);
    assert_true(decode_supports(t));
    assert_int_equal(n_bytes, type_get((uint32_t)t)->block_bytes);
    assert_int_equal(json_array_size(expected), type_get((uint32_t)t)->block_elems);
    decode_row(t, block, json_array_size(expected), y);
    for (size_t i = 0; i < json_array_size(expected); i++) {
        const uint32_t bits = (uint32_t)strtoul(json_string_value(json_array_get(expected, i)), NULL, 16);
        const bool both_zero = (bits & 0x7fffffff) == 0 && y[i] == 0.0f;
        if (!both_zero && bits != f32_bits(y[i]))
            fail_msg("%s: element %zu is %08x, not %08x", type_name(t), i, f32_bits(y[i]), bits);
    }
    return t;
}

static void test_blocks_decode_to_the_reference_bits(void **state)
{
    (void)state;
    unsigned n_of[TYPE_N] = {0};
    FILE *const f = fopen(SPILLWAY_TEST_DATA "/quant/dequant.jsonl", "r");
    assert_non_null(f);
    for (json_t *line; (line = json_loadf(f, JSON_DISABLE_EOF_CHECK, NULL)) != NULL; json_decref(line))
        n_of[check_vector(line)]++;
    fclose(f);
    for (uint32_t t = 0; t < TYPE_N; t++) {
        if (decode_supports((tensor_type)t) && type_get(t)->block_elems > 1 && n_of[t] != 4)
            fail_msg("%s: %u vectors in tests/data/quant/dequant.jsonl, not 4", type_get(t)->name, n_of[t]);
    }
}

static void test_plain_types_decode_element_by_element(void **state)
{
    (void)state;
    // The examples of the format's description.
    static const uint8_t F16[] = {0x00, 0x3c, 0x00, 0xc0, 0x55, 0x35, 0x01, 0x00, 0xff, 0x03, 0x00, 0x7c};
    static const uint32_t F16_BITS[] = {0x3f800000, 0xc0000000, 0x3eaaa000, 0x33800000, 0x387fc000, 0x7f800000};
    static const uint8_t BF16[] = {0x80, 0x3f, 0x00, 0xc0, 0xab, 0x3e, 0x01, 0x00};
    static const uint32_t BF16_BITS[] = {0x3f800000, 0xc0000000, 0x3eab0000, 0x00010000};
    float y[6];
    decode_row(TYPE_F16, F16, 6, y);
    assert_memory_equal(y, F16_BITS, sizeof F16_BITS);
    decode_row(TYPE_BF16, BF16, 4, y);
    assert_memory_equal(y, BF16_BITS, sizeof BF16_BITS);
    decode_row(TYPE_F32, F16_BITS, 6, y);
    assert_memory_equal(y, F16_BITS, sizeof F16_BITS);
}

/* The names of the supported types with a comma and a space between them, in the order of decode_types. */
static void test_exactly_the_supported_types_are_named_in_messages(void **state)
{
    (void)state;
    size_t n_bytes = 0;
    for (uint32_t t = 0; t < TYPE_N; t++) {
        if (!decode_supports((tensor_type)t))
            continue;
        n_bytes += strlen(type_get(t)->name) + strlen(", ");
        char name[32];
        snprintf(name, sizeof name, ", %s, ", type_get(t)->name);
        char all[512];
        snprintf(all, sizeof all, ", %s, ", decode_types());
        assert_non_null(strstr(all, name));
    }
    assert_int_equal(strlen(decode_types()) + strlen(", "), n_bytes);
    assert_false(decode_supports(TYPE_IQ1_S));
}

static void test_the_readme_names_the_supported_types(void **state)
{
    (void)state;
    FILE *const f = fopen(SPILLWAY_SOURCE_DIR "/README.md", "r");
    assert_non_null(f);
    static char text[1 << 18];
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    for (uint32_t t = 0; t < TYPE_N; t++) {
        if (decode_supports((tensor_type)t) && strstr(text, type_get(t)->name) == NULL)
            fail_msg("README.md does not name %s", type_get(t)->name);
    }
}

/* Ids, names and block shapes: the facts of the file format that the rest is derived from. */
static void test_types_are_a_table_without_contradictions(void **state)
{
    (void)state;
    for (uint32_t t = 0; t < TYPE_N; t++) {
        const type_traits *const k = type_get(t);
        if (k->name == NULL) {
            assert_int_equal(k->block_elems, 0);
            assert_int_equal(k->block_bytes, 0);
            assert_false(decode_supports((tensor_type)t));
            continue;
        }
        assert_ptr_equal(type_get(type_of_name(k->name)), k); // no name twice
        assert_true(k->block_elems > 0 && k->block_bytes > 0);
        assert_true(k->block_elems == 1 || k->block_bytes < 2 * k->block_elems); // quantized: below 16 bits
    }
    assert_null(type_get(TYPE_N)->name);
    assert_null(type_get(UINT32_MAX)->name);
    assert_string_equal(type_name((tensor_type)39), "MXFP4");
    assert_string_equal(type_name((tensor_type)12), "Q4_K");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_decode_to_the_reference_bits),
        cmocka_unit_test(test_plain_types_decode_element_by_element),
        cmocka_unit_test(test_exactly_the_supported_types_are_named_in_messages),
        cmocka_unit_test(test_the_readme_names_the_supported_types),
        cmocka_unit_test(test_types_are_a_table_without_contradictions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
