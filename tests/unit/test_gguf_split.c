/* Models that are split over several files: all parts are found from any of them, and every way in which they can
 * disagree is rejected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "spillway.h"

#include "support/gguf_case.h"

enum { N_PARTS = 3 };

/* What part i says; each test spoils one number. */
typedef struct part {
    uint32_t no, count, n_tensors;
    const char *tensor;
} part;

static temp_path part_path(int i)
{
    char name[64];
    snprintf(name, sizeof name, "set-%05d-of-%05d.gguf", i + 1, N_PARTS);
    return temp_file(name);
}

static void write_part(const char *path, const part *p, float value)
{
    gguf_builder b;
    builder_begin(&b);
    const uint16_t no = (uint16_t)p->no, count = (uint16_t)p->count;
    const int32_t n_tensors = (int32_t)p->n_tensors;
    builder_raw_key(&b, "split.no", GGUF_U16, &no, sizeof no);
    builder_raw_key(&b, "split.count", GGUF_U16, &count, sizeof count);
    builder_raw_key(&b, "split.tensors.count", GGUF_I32, &n_tensors, sizeof n_tensors);
    if (p->no == 0)
        builder_str(&b, "general.architecture", "gpt-oss");
    builder_tensor(&b, p->tensor, TYPE_F32, (uint64_t[4]){1}, &value, sizeof value);
    builder_write(&b, path);
    builder_end(&b);
}

static const part GOOD[N_PARTS] = {{0, 3, 3, "a"}, {1, 3, 3, "b"}, {2, 3, 3, "c"}};

static void write_set(const part parts[N_PARTS])
{
    for (int i = 0; i < N_PARTS; i++)
        write_part(part_path(i).s, &parts[i], (float)i);
}

static void test_any_part_opens_the_whole_set(void **state)
{
    (void)state;
    write_set(GOOD);
    for (int i = 0; i < N_PARTS; i++) {
        gguf_file *g;
        sw_err err = {0};
        if (gguf_open(&g, part_path(i).s, &err) != SW_OK)
            fail_msg("%s", err.msg);
        assert_int_equal(gguf_n_tensors(g), 3);
        assert_string_equal(gguf_path(g), part_path(0).s);
        assert_true(gguf_has(g, "general.architecture")); // metadata come from the first part
        float v = -1;
        const gguf_tensor *const c = gguf_find_tensor(g, "c");
        assert_int_equal(c->file, 2);
        assert_int_equal(gguf_read(g, c, 0, &v, sizeof v, &err), SW_OK);
        assert_true(v == 2);
        assert_true(gguf_file_bytes(g) > 3 * c->offset);
        for (int k = 0; k < N_PARTS; k++)
            assert_true(gguf_is_at(g, part_path(k).s));
        assert_false(gguf_is_at(g, "/") || gguf_is_at(g, "/no/such/file"));
        gguf_close(g);
    }
}

static void test_no_part_of_a_model_is_replaced_by_its_conversion(void **state)
{
    (void)state;
    write_set(GOOD);
    const sw_quantize_options options = {.type = "F16"};
    for (int i = 0; i < N_PARTS; i++) {
        sw_err err = {0};
        assert_int_equal(sw_quantize(part_path(0).s, part_path(i).s, &options, &err), SW_EINVAL);
        assert_non_null(strstr(err.msg, "is a file of the model"));
    }
}

/* Writes the set with part i replaced and expects a message that names `file`. */
static void spoiled(int i, part p, const char *named)
{
    part parts[N_PARTS];
    memcpy(parts, GOOD, sizeof parts);
    parts[i] = p;
    write_set(parts);
    gguf_file *g;
    sw_err err = {0};
    assert_int_equal(gguf_open(&g, part_path(0).s, &err), SW_EFORMAT);
    assert_null(g);
    if (strstr(err.msg, named) == NULL)
        fail_msg("'%s' does not say '%s'", err.msg, named);
}

static void test_a_missing_part_is_named(void **state)
{
    (void)state;
    write_set(GOOD);
    unlink(part_path(1).s);
    gguf_open_fails(part_path(1).s, SW_ENOTFOUND, "00002-of-00003");
    gguf_file *g;
    sw_err err = {0};
    assert_int_equal(gguf_open(&g, part_path(0).s, &err), SW_ENOTFOUND);
    assert_non_null(strstr(err.msg, "00002-of-00003"));
}

static void test_parts_with_a_wrong_number_are_rejected(void **state)
{
    (void)state;
    spoiled(1, (part){2, 3, 3, "b"}, "part 3 by its content but 2 by its name");
    spoiled(0, (part){1, 3, 3, "a"}, "part 2 by its content but 1 by its name");
    spoiled(2, (part){65535, 3, 3, "c"}, "part 65536");
}

static void test_parts_with_a_wrong_count_are_rejected(void **state)
{
    (void)state;
    spoiled(0, (part){0, 4, 3, "a"}, "split over 4 files");
    spoiled(2, (part){2, 2, 3, "c"}, "split over 2 files");
}

static void test_a_tensor_in_two_parts_is_rejected(void **state)
{
    (void)state;
    spoiled(2, (part){2, 3, 3, "a"}, "tensor 'a' appears twice");
}

static void test_a_wrong_number_of_tensors_is_rejected(void **state)
{
    (void)state;
    spoiled(0, (part){0, 3, 4, "a"}, "3 tensors together but 4");
}

static void test_a_part_under_another_name_is_rejected(void **state)
{
    (void)state;
    const temp_path renamed = temp_file("renamed.gguf");
    write_part(renamed.s, &GOOD[0], 0);
    gguf_open_fails(renamed.s, SW_EFORMAT, "its name says 1");
}

static void test_names_that_only_resemble_a_part_are_ordinary_files(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"m-00000-of-00000.gguf", "m-00000-of-00003.gguf", "m-00004-of-00003.gguf",
                                        "m-0001-of-0003.gguf", "m-00001-of-01001.gguf"};
    static const part SINGLE = {0, 0, 1, "a"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        const temp_path p = temp_file(NAMES[i]);
        write_part(p.s, &SINGLE, 0);
        gguf_file *g;
        sw_err err = {0};
        if (gguf_open(&g, p.s, &err) != SW_OK)
            fail_msg("%s", err.msg);
        gguf_close(g);
    }
}

static void test_a_set_may_have_as_many_parts_as_the_limit_says(void **state)
{
    (void)state;
    assert_int_equal(LIMIT_GGUF_SPLIT_FILES, 1000); // one more is an ordinary name: see the test before
    static const part FIRST = {0, 1000, 1, "a"};
    const temp_path p = temp_file("m-00001-of-01000.gguf");
    write_part(p.s, &FIRST, 0);
    gguf_file *g;
    sw_err err = {0};
    assert_int_equal(gguf_open(&g, p.s, &err), SW_ENOTFOUND);
    assert_non_null(strstr(err.msg, "m-00002-of-01000.gguf"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_part_opens_the_whole_set),
        cmocka_unit_test(test_no_part_of_a_model_is_replaced_by_its_conversion),
        cmocka_unit_test(test_a_missing_part_is_named),
        cmocka_unit_test(test_parts_with_a_wrong_number_are_rejected),
        cmocka_unit_test(test_parts_with_a_wrong_count_are_rejected),
        cmocka_unit_test(test_a_tensor_in_two_parts_is_rejected),
        cmocka_unit_test(test_a_wrong_number_of_tensors_is_rejected),
        cmocka_unit_test(test_a_part_under_another_name_is_rejected),
        cmocka_unit_test(test_names_that_only_resemble_a_part_are_ordinary_files),
        cmocka_unit_test(test_a_set_may_have_as_many_parts_as_the_limit_says),
    };
    return cmocka_run_group_tests_name("gguf split", tests, NULL, NULL);
}
