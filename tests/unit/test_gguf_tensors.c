/* Tensor descriptions that are wrong in one place: every rule has its own test, and the message names the file and the
 * tensor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "support/gguf_case.h"

/* ---- rule 7: tensor names ---- */

static void test_tensor_names_have_1_to_63_bytes_and_no_nul(void **state)
{
    (void)state;
    char name[65];
    memset(name, 'n', 64);
    name[64] = '\0';
    gguf_add_row(name + 1);
    gguf_close(gguf_opened(&gguf_built));
    static const struct {
        const char *name;
        size_t n;
    } BAD[] = {{"", 0}, {"a\0b", 3}};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        gguf_again(&gguf_built);
        builder_raw_tensor(&gguf_built, BAD[i].name, BAD[i].n, 1, GGUF_ROW_OF_4, TYPE_F32, 0);
        gguf_rejected(&gguf_built, SW_EFORMAT, "1 to 63 bytes");
    }
    gguf_add_row(name);
    gguf_rejected(&gguf_built, SW_EFORMAT, "1 to 63 bytes");
}

static void test_a_tensor_that_appears_twice_is_rejected(void **state)
{
    (void)state;
    gguf_add_row("same");
    gguf_add_row("other");
    gguf_add_row("same");
    gguf_rejected(&gguf_built, SW_EFORMAT, "tensor 'same' appears twice");
}

static void test_as_many_tensors_as_the_limit_pass_the_count_and_not_one_more(void **state)
{
    (void)state;
    // A sparse file: large enough for the count, and then the first name is empty.
    gguf_built.n_tensors = LIMIT_GGUF_TENSORS;
    builder_write(&gguf_built, gguf_case_path().s);
    assert_int_equal(truncate(gguf_case_path().s, (off_t)24 * (LIMIT_GGUF_TENSORS + 2)), 0);
    gguf_open_fails(gguf_case_path().s, SW_EFORMAT, "tensor name ''");
    gguf_built.n_tensors++;
    builder_write(&gguf_built, gguf_case_path().s);
    assert_int_equal(truncate(gguf_case_path().s, (off_t)24 * (LIMIT_GGUF_TENSORS + 2)), 0);
    gguf_open_fails(gguf_case_path().s, SW_EFORMAT, "claims 1048577 tensors");
}

/* ---- rule 8: shapes ---- */

static void test_impossible_shapes_are_rejected(void **state)
{
    (void)state;
    static const struct {
        uint32_t n_dims;
        uint64_t ne[8];
        const char *named;
    } CASES[] = {
        {5, {1, 1, 1, 1, 1}, "5 dimensions"},
        {UINT32_MAX, {0}, "4294967295 dimensions"},
        {1, {0}, "dimension 0 is 0"},
        {3, {4, 0, 4}, "dimension 1 is 0"},
        {1, {(uint64_t)1 << 63}, "impossible shape"},
        {2, {(uint64_t)1 << 32, (uint64_t)1 << 31}, "impossible shape"},       // 2^63
        {4, {(uint64_t)1 << 32, (uint64_t)1 << 32, 1, 1}, "impossible shape"}, // 2^64, 0 when it wraps
        {4, {3, UINT64_MAX / 3 + 1, 1, 1}, "impossible shape"},                // wraps to 1
        {2, {4, (uint64_t)1 << 60}, "'t'"},                                    // 2^62 elements, but 2^64 bytes
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        gguf_again(&gguf_built);
        const uint32_t n_dims = CASES[i].n_dims < 8 ? CASES[i].n_dims : 0;
        builder_raw_tensor(&gguf_built, "t", 1, n_dims, CASES[i].ne, TYPE_F32, 0);
        if (n_dims == 0)
            memcpy(gguf_built.infos.data + 9, &CASES[i].n_dims, sizeof CASES[i].n_dims);
        gguf_rejected(&gguf_built, SW_EFORMAT, CASES[i].named);
    }
}

static void test_a_tensor_without_dimensions_is_one_element(void **state)
{
    (void)state;
    builder_tensor(&gguf_built, "scalar", TYPE_F32, (uint64_t[4]){0}, NULL, 4);
    gguf_file *const g = gguf_opened(&gguf_built);
    assert_int_equal(gguf_tensor_at(g, 0)->n_dims, 0);
    assert_int_equal(gguf_tensor_at(g, 0)->bytes, 4);
    gguf_close(g);
}

/* ---- rule 9: types ---- */

static void test_unknown_and_removed_tensor_types_are_rejected(void **state)
{
    (void)state;
    static const uint32_t TYPES[] = {4, 5, 31, 32, 33, 36, 37, 38, 43, 1000, UINT32_MAX};
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        gguf_again(&gguf_built);
        builder_tensor(&gguf_built, "odd", TYPES[i], (uint64_t[4]){256}, NULL, 1024);
        gguf_rejected(&gguf_built, SW_EUNSUPPORTED, "tensor 'odd' has type");
    }
}

static void test_every_known_type_has_the_size_that_the_format_says(void **state)
{
    (void)state;
    static const struct {
        uint32_t id, elems, bytes;
    } TYPES[] = {
        {0, 1, 4},      {1, 1, 2},     {2, 32, 18},    {3, 32, 20},    {6, 32, 22},    {7, 32, 24},    {8, 32, 34},
        {9, 32, 36},    {10, 256, 84}, {11, 256, 110}, {12, 256, 144}, {13, 256, 176}, {14, 256, 210}, {15, 256, 292},
        {16, 256, 66},  {17, 256, 74}, {18, 256, 98},  {19, 256, 50},  {20, 32, 18},   {21, 256, 110}, {22, 256, 82},
        {23, 256, 136}, {24, 1, 1},    {25, 1, 2},     {26, 1, 4},     {27, 1, 8},     {28, 1, 8},     {29, 256, 56},
        {30, 1, 2},     {34, 256, 54}, {35, 256, 66},  {39, 32, 17},   {40, 64, 36},   {41, 128, 18},  {42, 64, 18},
    };
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        gguf_again(&gguf_built);
        builder_tensor(&gguf_built, "t", TYPES[i].id, (uint64_t[4]){(uint64_t)TYPES[i].elems * 3, 2}, NULL,
                       6 * TYPES[i].bytes);
        gguf_file *const g = gguf_opened(&gguf_built);
        assert_int_equal(gguf_tensor_at(g, 0)->bytes, 6 * TYPES[i].bytes);
        gguf_close(g);
    }
}

static void test_rows_that_are_no_whole_blocks_are_rejected(void **state)
{
    (void)state;
    builder_tensor(&gguf_built, "ragged", TYPE_Q8_0, (uint64_t[4]){33, 2}, NULL, 68);
    gguf_rejected(&gguf_built, SW_EFORMAT, "tensor 'ragged' has rows of 33");
    gguf_again(&gguf_built);
    builder_tensor(&gguf_built, "ragged", TYPE_Q4_K, (uint64_t[4]){128}, NULL, 144);
    gguf_rejected(&gguf_built, SW_EFORMAT, "tensor 'ragged' has rows of 128");
}

/* ---- rule 10: offsets ---- */

static void test_misaligned_offsets_are_rejected(void **state)
{
    (void)state;
    builder_raw_tensor(&gguf_built, "askew", 5, 1, GGUF_ROW_OF_4, TYPE_F32, 16);
    gguf_rejected(&gguf_built, SW_EFORMAT, "tensor 'askew' begins at offset 16");
}

static void test_tensors_outside_the_file_are_rejected(void **state)
{
    (void)state;
    static const uint64_t OFFSETS[] = {32, 4096, (uint64_t)1 << 63, UINT64_MAX - 31};
    for (size_t i = 0; i < sizeof OFFSETS / sizeof OFFSETS[0]; i++) {
        gguf_again(&gguf_built);
        gguf_add_row("inside");
        builder_raw_tensor(&gguf_built, "outside", 7, 1, GGUF_ROW_OF_4, TYPE_F32, OFFSETS[i]);
        gguf_rejected(&gguf_built, SW_EFORMAT, "tensor 'outside' needs 16 bytes");
    }
}

static void test_overlapping_tensors_are_rejected(void **state)
{
    (void)state;
    builder_tensor(&gguf_built, "first", TYPE_F32, (uint64_t[4]){12}, NULL, 48);
    builder_raw_tensor(&gguf_built, "second", 6, 1, GGUF_ROW_OF_4, TYPE_F32, 32);
    gguf_rejected(&gguf_built, SW_EFORMAT, "tensors 'first' and 'second' overlap");
    gguf_again(&gguf_built);
    gguf_add_row("one");
    builder_raw_tensor(&gguf_built, "two", 3, 1, GGUF_ROW_OF_4, TYPE_F32, 0);
    gguf_rejected(&gguf_built, SW_EFORMAT, "overlap");
}

static void test_tensors_may_stand_in_any_order_with_gaps_between(void **state)
{
    (void)state;
    builder_raw_tensor(&gguf_built, "late", 4, 1, GGUF_ROW_OF_4, TYPE_F32, 96);
    builder_raw_tensor(&gguf_built, "early", 5, 1, GGUF_ROW_OF_4, TYPE_F32, 0);
    for (int i = 0; i < 112; i++)
        buf_putc(&gguf_built.data, (char)i);
    gguf_file *const g = gguf_opened(&gguf_built);
    uint8_t first = 0;
    sw_err err = {0};
    assert_int_equal(gguf_read(g, gguf_find_tensor(g, "late"), 0, &first, 1, &err), SW_OK);
    assert_int_equal(first, 96);
    gguf_close(g);
}

static void test_a_file_without_tensors_needs_no_data_section(void **state)
{
    (void)state;
    builder_str(&gguf_built, "general.architecture", "gpt-oss");
    gguf_file *const g = gguf_opened(&gguf_built);
    assert_int_equal(gguf_n_tensors(g), 0);
    assert_null(gguf_find_tensor(g, "token_embd.weight"));
    gguf_close(g);
}

#define T(name) cmocka_unit_test_setup_teardown(name, gguf_case_begin, gguf_case_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_tensor_names_have_1_to_63_bytes_and_no_nul),
        T(test_a_tensor_that_appears_twice_is_rejected),
        T(test_as_many_tensors_as_the_limit_pass_the_count_and_not_one_more),
        T(test_impossible_shapes_are_rejected),
        T(test_a_tensor_without_dimensions_is_one_element),
        T(test_unknown_and_removed_tensor_types_are_rejected),
        T(test_every_known_type_has_the_size_that_the_format_says),
        T(test_rows_that_are_no_whole_blocks_are_rejected),
        T(test_misaligned_offsets_are_rejected),
        T(test_tensors_outside_the_file_are_rejected),
        T(test_overlapping_tensors_are_rejected),
        T(test_tensors_may_stand_in_any_order_with_gaps_between),
        T(test_a_file_without_tensors_needs_no_data_section),
    };
    return cmocka_run_group_tests_name("gguf tensors", tests, NULL, NULL);
}
