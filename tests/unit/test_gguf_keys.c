/* Metadata that is wrong in one place: every rule has its own test, and the message names the file and the key. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "support/gguf_case.h"

/* ---- rule 3: strings and arrays ---- */

static void test_a_string_longer_than_the_file_is_rejected(void **state)
{
    (void)state;
    static const uint64_t LENGTHS[] = {100, (uint64_t)INT64_MAX, UINT64_MAX, UINT64_MAX - 7};
    for (size_t i = 0; i < sizeof LENGTHS / sizeof LENGTHS[0]; i++) {
        gguf_again(&gguf_built);
        builder_raw_key(&gguf_built, "k", GGUF_STRING, &LENGTHS[i], sizeof LENGTHS[i]);
        gguf_rejected(&gguf_built, SW_EFORMAT, "past the end");
    }
}

static void test_an_array_longer_than_the_file_is_rejected_for_every_element_type(void **state)
{
    (void)state;
    static const uint64_t COUNTS[] = {1000, (uint64_t)1 << 61, (uint64_t)1 << 63, UINT64_MAX};
    for (uint32_t type = 0; type < GGUF_N_VALUES; type++) {
        for (size_t i = 0; i < sizeof COUNTS / sizeof COUNTS[0] && type != GGUF_ARRAY; i++) {
            gguf_again(&gguf_built);
            builder_array(&gguf_built, "k", type, COUNTS[i], "12345678", 8);
            gguf_rejected(&gguf_built, SW_EFORMAT, "past the end");
        }
    }
}

static void test_strings_may_hold_any_bytes_and_arrays_may_be_empty(void **state)
{
    (void)state;
    builder_strings(&gguf_built, "none", NULL, 0);
    builder_array(&gguf_built, "numbers", GGUF_F64, 0, "", 0);
    builder_raw_key(&gguf_built, "nul", GGUF_STRING, "\x03\0\0\0\0\0\0\0a\0\xff", 11);
    gguf_file *const g = gguf_opened(&gguf_built);
    sw_err err = {0};
    gguf_array a;
    str_view s;
    assert_int_equal(gguf_get_array(g, "none", &a, &err), SW_OK);
    assert_int_equal(a.n, 0);
    assert_int_equal(gguf_get_array(g, "absent", &a, &err), SW_OK);
    assert_int_equal(a.n, 0);
    assert_int_equal(gguf_str(g, "nul", &s, &err), SW_OK);
    assert_int_equal(s.size, 3);
    assert_memory_equal(s.data, "a\0\xff", 3);
    assert_int_equal(gguf_str(g, "absent", &s, &err), SW_OK);
    assert_null(s.data);
    assert_true(gguf_has(g, "nul"));
    assert_false(gguf_has(g, "absent"));
    gguf_close(g);
}

/* ---- rule 4: keys ---- */

static void test_a_key_without_a_name_is_rejected(void **state)
{
    (void)state;
    builder_u32(&gguf_built, "", 1);
    gguf_rejected(&gguf_built, SW_EFORMAT, "metadata key has 0 bytes");
}

static void test_a_key_may_have_65535_bytes_and_not_one_more(void **state)
{
    (void)state;
    char *const name = malloc(65537);
    memset(name, 'k', 65536);
    name[65536] = '\0';
    builder_u32(&gguf_built, name + 1, 1);
    gguf_close(gguf_opened(&gguf_built));
    builder_u32(&gguf_built, name, 1);
    gguf_rejected(&gguf_built, SW_EFORMAT, "65536 bytes");
    free(name);
}

static void test_a_key_that_appears_twice_is_rejected(void **state)
{
    (void)state;
    builder_u32(&gguf_built, "once", 1);
    builder_u32(&gguf_built, "twice", 1);
    builder_str(&gguf_built, "twice", "x");
    gguf_rejected(&gguf_built, SW_EFORMAT, "key 'twice' appears twice");
}

static void test_as_many_keys_as_the_limit_are_read_and_not_one_more(void **state)
{
    (void)state;
    char name[16];
    for (int i = 0; i < LIMIT_GGUF_KEYS; i++) {
        snprintf(name, sizeof name, "k%d", i);
        builder_u32(&gguf_built, name, (uint32_t)i);
    }
    gguf_file *const g = gguf_opened(&gguf_built);
    uint32_t v;
    sw_err err = {0};
    assert_int_equal(gguf_n_keys(g), LIMIT_GGUF_KEYS);
    assert_int_equal(gguf_u32(g, name, 0, &v, &err), SW_OK);
    assert_int_equal(v, LIMIT_GGUF_KEYS - 1);
    gguf_close(g);
    builder_u32(&gguf_built, "one more", 1);
    gguf_rejected(&gguf_built, SW_EFORMAT, "metadata keys");
}

/* ---- rule 5: value types ---- */

static void test_unknown_value_types_are_rejected(void **state)
{
    (void)state;
    static const uint32_t TYPES[] = {13, 255, UINT32_MAX};
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        gguf_again(&gguf_built);
        builder_raw_key(&gguf_built, "strange", TYPES[i], "12345678", 8);
        gguf_rejected(&gguf_built, SW_EFORMAT, "key 'strange'");
        gguf_again(&gguf_built);
        builder_array(&gguf_built, "list", TYPES[i], 1, "12345678", 8);
        gguf_rejected(&gguf_built, SW_EFORMAT, "key 'list'");
    }
}

static void test_arrays_of_arrays_are_rejected(void **state)
{
    (void)state;
    builder_array(&gguf_built, "nested", GGUF_ARRAY, 1, "\x04\0\0\0\0\0\0\0\0\0\0\0", 12);
    gguf_rejected(&gguf_built, SW_EFORMAT, "key 'nested'");
}

/* ---- rule 6: what values say ---- */

static void check_u32(gguf_value type, const void *value, size_t n, bool fits, uint32_t expected)
{
    gguf_again(&gguf_built);
    builder_raw_key(&gguf_built, "number", type, value, n);
    gguf_file *const g = gguf_opened(&gguf_built);
    uint32_t v = 0;
    sw_err err = {0};
    const sw_code code = gguf_u32(g, "number", 7, &v, &err);
    assert_int_equal(code, fits ? SW_OK : SW_EFORMAT);
    if (fits)
        assert_int_equal(v, expected);
    else
        assert_non_null(strstr(err.msg, "key 'number'"));
    gguf_close(g);
}

static void test_a_count_may_be_any_integer_type_whose_value_fits(void **state)
{
    (void)state;
    check_u32(GGUF_U8, &(uint8_t){255}, 1, true, 255);
    check_u32(GGUF_I8, &(int8_t){127}, 1, true, 127);
    check_u32(GGUF_U16, &(uint16_t){65535}, 2, true, 65535);
    check_u32(GGUF_I16, &(int16_t){32767}, 2, true, 32767);
    check_u32(GGUF_U32, &(uint32_t){UINT32_MAX}, 4, true, UINT32_MAX);
    check_u32(GGUF_I32, &(int32_t){INT32_MAX}, 4, true, INT32_MAX);
    check_u32(GGUF_U64, &(uint64_t){UINT32_MAX}, 8, true, UINT32_MAX);
    check_u32(GGUF_I64, &(int64_t){12}, 8, true, 12);
}

static void test_a_count_that_loses_range_or_sign_is_rejected(void **state)
{
    (void)state;
    check_u32(GGUF_I8, &(int8_t){-1}, 1, false, 0);
    check_u32(GGUF_I16, &(int16_t){-1}, 2, false, 0);
    check_u32(GGUF_I32, &(int32_t){-1}, 4, false, 0);
    check_u32(GGUF_I64, &(int64_t){-1}, 8, false, 0);
    check_u32(GGUF_I64, &(int64_t){(int64_t)UINT32_MAX + 1}, 8, false, 0);
    check_u32(GGUF_U64, &(uint64_t){(uint64_t)UINT32_MAX + 1}, 8, false, 0);
    check_u32(GGUF_U64, &(uint64_t){UINT64_MAX}, 8, false, 0);
    check_u32(GGUF_F32, &(float){3}, 4, false, 0);
    check_u32(GGUF_F64, &(double){3}, 8, false, 0);
    check_u32(GGUF_BOOL, &(uint8_t){1}, 1, false, 0);
    check_u32(GGUF_STRING,
              "\x01\0\0\0\0\0\0\0"
              "3",
              9, false, 0);
    check_u32(GGUF_ARRAY, "\x04\0\0\0\x01\0\0\0\0\0\0\0\x03\0\0\0", 16, false, 0);
}

static void check_f32(gguf_value type, const void *value, size_t n, bool fits, float expected)
{
    gguf_again(&gguf_built);
    builder_raw_key(&gguf_built, "real", type, value, n);
    gguf_file *const g = gguf_opened(&gguf_built);
    float v = 0;
    sw_err err = {0};
    const sw_code code = gguf_f32(g, "real", 7, &v, &err);
    assert_int_equal(code, fits ? SW_OK : SW_EFORMAT);
    if (fits)
        assert_true(v == expected);
    else
        assert_non_null(strstr(err.msg, "key 'real'"));
    gguf_close(g);
}

static void test_a_real_may_be_any_number_and_must_be_finite(void **state)
{
    (void)state;
    check_f32(GGUF_F32, &(float){-0.5f}, 4, true, -0.5f);
    check_f32(GGUF_F64, &(double){0.25}, 8, true, 0.25f);
    check_f32(GGUF_I8, &(int8_t){-3}, 1, true, -3);
    check_f32(GGUF_U64, &(uint64_t){1u << 20}, 8, true, 1 << 20);
    check_f32(GGUF_F32, &(float){NAN}, 4, false, 0);
    check_f32(GGUF_F32, &(float){INFINITY}, 4, false, 0);
    check_f32(GGUF_F64, &(double){-INFINITY}, 8, false, 0);
    check_f32(GGUF_F64, &(double){1e300}, 8, false, 0); // finite, but not as float32
    check_f32(GGUF_BOOL, &(uint8_t){1}, 1, false, 0);
    check_f32(GGUF_STRING, "\0\0\0\0\0\0\0\0", 8, false, 0);
}

static void test_flags_and_strings_are_checked_for_their_type(void **state)
{
    (void)state;
    const uint8_t two = 2;
    builder_raw_key(&gguf_built, "flag", GGUF_BOOL, &two, 1); // anything but 0 is true
    builder_f32(&gguf_built, "real", 1);
    builder_str(&gguf_built, "text", "yes");
    gguf_file *const g = gguf_opened(&gguf_built);
    bool flag = false;
    str_view s;
    gguf_array a;
    sw_err err = {0};
    assert_int_equal(gguf_bool(g, "flag", false, &flag, &err), SW_OK);
    assert_true(flag);
    assert_int_equal(gguf_bool(g, "absent", true, &flag, &err), SW_OK);
    assert_true(flag);
    assert_int_equal(gguf_bool(g, "real", false, &flag, NULL), SW_EFORMAT);
    assert_int_equal(gguf_bool(g, "text", false, &flag, NULL), SW_EFORMAT);
    assert_int_equal(gguf_str(g, "real", &s, NULL), SW_EFORMAT);
    assert_int_equal(gguf_get_array(g, "text", &a, &err), SW_EFORMAT);
    assert_non_null(strstr(err.msg, "key 'text'"));
    gguf_close(g);
}

static void test_array_elements_of_every_number_type_are_read(void **state)
{
    (void)state;
    builder_array(&gguf_built, "i16", GGUF_I16, 2, (int16_t[]){-2, 300}, 4);
    builder_array(&gguf_built, "u64", GGUF_U64, 2, (uint64_t[]){5, UINT64_MAX}, 16);
    builder_array(&gguf_built, "bool", GGUF_BOOL, 2, "\x00\x07", 2);
    builder_array(&gguf_built, "f64", GGUF_F64, 1, (double[]){0.5}, 8);
    gguf_file *const g = gguf_opened(&gguf_built);
    gguf_array a;
    sw_err err = {0};
    int64_t i;
    double r;
    assert_int_equal(gguf_get_array(g, "i16", &a, &err), SW_OK);
    assert_true(gguf_array_int(&a, 0, &i) && i == -2);
    assert_true(gguf_array_real(&a, 1, &r) && r == 300);
    assert_int_equal(gguf_get_array(g, "u64", &a, &err), SW_OK);
    assert_true(gguf_array_int(&a, 0, &i) && i == 5);
    assert_false(gguf_array_int(&a, 1, &i)); // above what fits
    assert_int_equal(gguf_get_array(g, "bool", &a, &err), SW_OK);
    assert_true(gguf_array_int(&a, 1, &i) && i == 1);
    assert_false(gguf_array_real(&a, 1, &r));
    assert_int_equal(gguf_get_array(g, "f64", &a, &err), SW_OK);
    assert_true(gguf_array_real(&a, 0, &r) && r == 0.5);
    assert_false(gguf_array_int(&a, 0, &i));
    gguf_close(g);
}

#define T(name) cmocka_unit_test_setup_teardown(name, gguf_case_begin, gguf_case_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_a_string_longer_than_the_file_is_rejected),
        T(test_an_array_longer_than_the_file_is_rejected_for_every_element_type),
        T(test_strings_may_hold_any_bytes_and_arrays_may_be_empty),
        T(test_a_key_without_a_name_is_rejected),
        T(test_a_key_may_have_65535_bytes_and_not_one_more),
        T(test_a_key_that_appears_twice_is_rejected),
        T(test_as_many_keys_as_the_limit_are_read_and_not_one_more),
        T(test_unknown_value_types_are_rejected),
        T(test_arrays_of_arrays_are_rejected),
        T(test_a_count_may_be_any_integer_type_whose_value_fits),
        T(test_a_count_that_loses_range_or_sign_is_rejected),
        T(test_a_real_may_be_any_number_and_must_be_finite),
        T(test_flags_and_strings_are_checked_for_their_type),
        T(test_array_elements_of_every_number_type_are_read),
    };
    return cmocka_run_group_tests_name("gguf keys", tests, NULL, NULL);
}
