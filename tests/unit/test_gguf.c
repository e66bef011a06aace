/* The container as a whole: the worked example of its description, files that are cut or changed anywhere, and what a
 * header says about itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "support/gguf_case.h"

/* ---- the worked example of the format's description ---- */

static const uint8_t EXAMPLE_HEADER[0x11a] =
    "GGUF\x03\0\0\0\x02\0\0\0\0\0\0\0"
    "\x03\0\0\0\0\0\0\0\x14\0\0\0\0\0\0\0general.architecture\x08\0\0\0\x05\0\0\0\0\0\0\0llama"
    "\x14\0\0\0\0\0\0\0llama.rope.freq_base\x06\0\0\0\0\x40\x1c\x46"
    "\x15\0\0\0\0\0\0\0tokenizer.ggml.tokens\x09\0\0\0\x08\0\0\0\x02\0\0\0\0\0\0\0"
    "\x01\0\0\0\0\0\0\0a\x04\0\0\0\0\0\0\0\xe2\x96\x81"
    "b\x16\0\0\0\0\0\0\0"
    "blk.0.attn_norm.weight\x01\0\0\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    "\x11\0\0\0\0\0\0\0token_embd.weight\x02\0\0\0\x20\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x08\0\0\0\x20\0\0\0\0\0\0";

enum { EXAMPLE_BYTES = 416 };

static void make_example(uint8_t file[EXAMPLE_BYTES])
{
    memset(file, 0, EXAMPLE_BYTES);
    memcpy(file, EXAMPLE_HEADER, sizeof EXAMPLE_HEADER);
    const float norm[4] = {1, 2, 3, 4};
    memcpy(file + 0x120, norm, sizeof norm);
    memcpy(file + 0x140, "\x00\x38", 2); // 0.5 as binary16
    for (int i = 0; i < 32; i++)
        file[0x142 + i] = (uint8_t)i;
    memcpy(file + 0x162, "\x00\xc0", 2); // -2.0
    memset(file + 0x164, 0xff, 32);
}

static void test_the_worked_example_is_read_to_the_last_byte(void **state)
{
    (void)state;
    uint8_t file[EXAMPLE_BYTES];
    make_example(file);
    temp_write(gguf_case_path().s, file, sizeof file);
    gguf_file *g;
    sw_err err = {0};
    assert_int_equal(gguf_open(&g, gguf_case_path().s, &err), SW_OK);
    str_view arch;
    float base;
    gguf_array tokens;
    assert_int_equal(gguf_n_keys(g), 3);
    assert_int_equal(gguf_str(g, "general.architecture", &arch, &err), SW_OK);
    assert_true(str_view_eq(arch, "llama"));
    assert_int_equal(gguf_f32(g, "llama.rope.freq_base", 0, &base, &err), SW_OK);
    assert_true(base == 10000.0f);
    assert_int_equal(gguf_get_array(g, "tokenizer.ggml.tokens", &tokens, &err), SW_OK);
    assert_int_equal(tokens.n, 2);
    assert_true(str_view_eq(gguf_array_str(&tokens, 0), "a"));
    assert_true(str_view_eq(gguf_array_str(&tokens, 1), "\xe2\x96\x81"
                                                        "b"));
    assert_int_equal(gguf_n_tensors(g), 2);
    const gguf_tensor *const norm = gguf_find_tensor(g, "blk.0.attn_norm.weight");
    const gguf_tensor *const embd = gguf_find_tensor(g, "token_embd.weight");
    assert_ptr_equal(norm, gguf_tensor_at(g, 0));
    assert_int_equal(norm->n_dims, 1);
    assert_int_equal(norm->bytes, 16);
    assert_int_equal(norm->offset, 0x120);
    assert_int_equal(embd->type, TYPE_Q8_0);
    assert_int_equal(embd->ne[0], 32);
    assert_int_equal(embd->ne[1], 2);
    assert_int_equal(embd->ne[2], 1);
    assert_int_equal(embd->bytes, 68);
    assert_int_equal(embd->offset, 0x140);
    uint8_t data[68];
    assert_int_equal(gguf_read(g, embd, 0, data, sizeof data, &err), SW_OK);
    assert_memory_equal(data, file + 0x140, sizeof data);
    assert_int_equal(gguf_read(g, embd, 1, data, sizeof data, &err), SW_EINVAL);
    assert_int_equal(gguf_file_bytes(g), EXAMPLE_BYTES);
    assert_string_equal(gguf_path(g), gguf_case_path().s);
    gguf_close(g);
}

/* Reads everything that an open file offers. */
static void touch(const gguf_file *g)
{
    static const char *const KEYS[] = {"general.architecture", "llama.rope.freq_base", "tokenizer.ggml.tokens"};
    for (size_t k = 0; k < sizeof KEYS / sizeof KEYS[0]; k++) {
        sw_err err = {0};
        str_view s;
        gguf_array a;
        uint32_t u;
        float f;
        bool flag;
        (void)!gguf_u32(g, KEYS[k], 0, &u, &err);
        (void)!gguf_f32(g, KEYS[k], 0, &f, &err);
        (void)!gguf_bool(g, KEYS[k], false, &flag, &err);
        (void)!gguf_str(g, KEYS[k], &s, &err);
        volatile char sink = s.size > 0 ? s.data[s.size - 1] : 0;
        if (gguf_get_array(g, KEYS[k], &a, &err) != SW_OK)
            continue;
        for (size_t i = 0; i < a.n; i++) {
            int64_t v;
            double r;
            const str_view e = a.type == GGUF_STRING ? gguf_array_str(&a, i) : (str_view){"", 0};
            sink = e.size > 0 ? e.data[e.size - 1] : sink;
            (void)gguf_array_int(&a, i, &v);
            (void)gguf_array_real(&a, i, &r);
        }
    }
    for (size_t i = 0; i < gguf_n_tensors(g); i++) {
        const gguf_tensor *const t = gguf_tensor_at(g, i);
        sw_err err = {0};
        uint8_t last;
        assert_int_equal(gguf_read(g, t, t->bytes - 1, &last, 1, &err), SW_OK);
    }
}

/* Success, or an error with a message that names the file. */
static bool opens_cleanly(const uint8_t *file, size_t n)
{
    temp_write(gguf_case_path().s, file, n);
    gguf_file *g;
    sw_err err = {0};
    if (gguf_open(&g, gguf_case_path().s, &err) == SW_OK) {
        touch(g);
        gguf_close(g);
        return true;
    }
    assert_null(g);
    assert_non_null(strstr(err.msg, gguf_case_path().s));
    return false;
}

static void test_a_file_cut_at_any_byte_is_rejected_until_its_tensors_are_whole(void **state)
{
    (void)state;
    uint8_t file[EXAMPLE_BYTES];
    make_example(file);
    for (size_t n = 0; n < EXAMPLE_BYTES; n++)
        assert_int_equal(opens_cleanly(file, n), n >= 0x184); // the padding behind the last tensor may be missing
}

static void test_a_file_with_any_byte_changed_is_read_or_rejected(void **state)
{
    (void)state;
    static const uint8_t VALUES[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    uint8_t file[EXAMPLE_BYTES];
    make_example(file);
    for (size_t i = 0; i < EXAMPLE_BYTES; i++) {
        const uint8_t original = file[i];
        for (size_t v = 0; v < sizeof VALUES; v++) {
            file[i] = VALUES[v];
            const bool ok = opens_cleanly(file, sizeof file);
            assert_true(ok || i < sizeof EXAMPLE_HEADER); // the data have no rules
        }
        file[i] = original;
    }
}

/* ---- rule 1: magic and version ---- */

static void test_a_file_of_another_kind_is_rejected(void **state)
{
    (void)state;
    static const char ZIP[] = "PK\x03\x04 a zip file, 24 bytes and more";
    temp_write(gguf_case_path().s, ZIP, sizeof ZIP);
    gguf_open_fails(gguf_case_path().s, SW_EFORMAT, "not a GGUF file");
    temp_write(gguf_case_path().s, "", 0);
    gguf_open_fails(gguf_case_path().s, SW_EFORMAT, "not a GGUF file");
}

static void test_a_missing_file_and_a_directory_are_told_apart(void **state)
{
    (void)state;
    gguf_open_fails(temp_file("absent.gguf").s, SW_ENOTFOUND, "absent.gguf");
    const temp_path folder = temp_file("folder.gguf");
    assert_int_equal(mkdir(folder.s, 0700), 0);
    gguf_open_fails(folder.s, SW_EIO, "regular file");
}

static void test_unknown_versions_are_rejected_with_their_reason(void **state)
{
    (void)state;
    static const struct {
        uint32_t version;
        const char *named;
    } CASES[] = {
        {0, "version 0"}, {1, "too old"}, {4, "version 4"}, {0x03000000, "big-endian"}, {0x02000000, "big-endian"}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        gguf_built.version = CASES[i].version;
        gguf_rejected(&gguf_built, SW_EUNSUPPORTED, CASES[i].named);
    }
    gguf_built.version = 2;
    gguf_close(gguf_opened(&gguf_built));
}

/* ---- rule 2: counts ---- */

static void test_counts_that_the_file_cannot_hold_are_rejected_before_allocating(void **state)
{
    (void)state;
    static const uint64_t COUNTS[] = {1000, UINT32_MAX, (uint64_t)1 << 62, UINT64_MAX};
    for (size_t i = 0; i < sizeof COUNTS / sizeof COUNTS[0]; i++) {
        gguf_built.n_keys = COUNTS[i];
        gguf_rejected(&gguf_built, SW_EFORMAT, "metadata keys");
        gguf_built.n_keys = 0;
        gguf_built.n_tensors = COUNTS[i];
        gguf_rejected(&gguf_built, SW_EFORMAT, "tensors");
        gguf_built.n_tensors = 0;
    }
}

/* ---- rule 11: alignment ---- */

static void test_the_alignment_is_a_power_of_two_up_to_its_limit(void **state)
{
    (void)state;
    static const uint32_t BAD[] = {0, 3, 48, LIMIT_GGUF_ALIGNMENT + 1, 2 * LIMIT_GGUF_ALIGNMENT};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        gguf_again(&gguf_built);
        builder_u32(&gguf_built, "general.alignment", BAD[i]);
        gguf_rejected(&gguf_built, SW_EFORMAT, "general.alignment");
    }
    static const uint32_t GOOD[] = {1, 8, 64, LIMIT_GGUF_ALIGNMENT};
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
        gguf_again(&gguf_built);
        gguf_built.alignment = GOOD[i];
        builder_u32(&gguf_built, "general.alignment", GOOD[i]);
        gguf_add_row("a");
        gguf_add_row("b");
        gguf_file *const g = gguf_opened(&gguf_built);
        float v[4] = {0};
        sw_err err = {0};
        assert_int_equal(gguf_tensor_at(g, 1)->offset % GOOD[i], 0);
        assert_int_equal(gguf_read(g, gguf_tensor_at(g, 1), 0, v, sizeof v, &err), SW_OK);
        assert_true(v[3] == 4);
        gguf_close(g);
    }
}

/* ---- the header's size ---- */

static void test_headers_longer_than_one_read_are_parsed(void **state)
{
    (void)state;
    char *const text = calloc(1, 6 << 20);
    memset(text, 'x', (6 << 20) - 1);
    builder_str(&gguf_built, "first", text);
    builder_str(&gguf_built, "second", "behind it");
    gguf_add_row("t");
    gguf_file *const g = gguf_opened(&gguf_built);
    str_view s;
    sw_err err = {0};
    assert_int_equal(gguf_str(g, "first", &s, &err), SW_OK);
    assert_int_equal(s.size, (6 << 20) - 1);
    assert_int_equal(gguf_str(g, "second", &s, &err), SW_OK);
    assert_true(str_view_eq(s, "behind it"));
    gguf_close(g);
    free(text);
}

static void test_a_header_may_have_as_many_bytes_as_the_limit_and_not_one_more(void **state)
{
    (void)state;
    // One string of zeros in a sparse file: 24 bytes, then 8 + 1 + 4 + 8 around it.
    uint64_t n = LIMIT_GGUF_HEADER_BYTES - 24 - 21;
    builder_raw_key(&gguf_built, "k", GGUF_STRING, &n, sizeof n);
    builder_write(&gguf_built, gguf_case_path().s);
    assert_int_equal(truncate(gguf_case_path().s, (off_t)LIMIT_GGUF_HEADER_BYTES + 4096), 0);
    gguf_file *g;
    sw_err err = {0};
    assert_int_equal(gguf_open(&g, gguf_case_path().s, &err), SW_OK);
    gguf_close(g);
    n++;
    memcpy(gguf_built.keys.data + 13, &n, sizeof n);
    builder_write(&gguf_built, gguf_case_path().s);
    assert_int_equal(truncate(gguf_case_path().s, (off_t)LIMIT_GGUF_HEADER_BYTES + 4096), 0);
    gguf_open_fails(gguf_case_path().s, SW_ELIMIT, "header is larger");
    unlink(gguf_case_path().s);
}

/* ---- hostile names in messages ---- */

static void test_names_in_messages_are_cut_and_made_printable(void **state)
{
    (void)state;
    char name[200];
    memset(name, 'n', sizeof name - 1);
    memcpy(name, "\x1b]0;title\x07", 10);
    name[sizeof name - 1] = '\0';
    builder_raw_key(&gguf_built, name, 99, "", 0);
    builder_write(&gguf_built, gguf_case_path().s);
    gguf_file *g;
    sw_err err = {0};
    assert_int_equal(gguf_open(&g, gguf_case_path().s, &err), SW_EFORMAT);
    assert_null(strchr(err.msg, '\x1b'));
    assert_null(strchr(err.msg, '\x07'));
    assert_non_null(strstr(err.msg, "..."));
}

#define T(name) cmocka_unit_test_setup_teardown(name, gguf_case_begin, gguf_case_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_the_worked_example_is_read_to_the_last_byte),
        T(test_a_file_cut_at_any_byte_is_rejected_until_its_tensors_are_whole),
        T(test_a_file_with_any_byte_changed_is_read_or_rejected),
        T(test_a_file_of_another_kind_is_rejected),
        T(test_a_missing_file_and_a_directory_are_told_apart),
        T(test_unknown_versions_are_rejected_with_their_reason),
        T(test_counts_that_the_file_cannot_hold_are_rejected_before_allocating),
        T(test_the_alignment_is_a_power_of_two_up_to_its_limit),
        T(test_headers_longer_than_one_read_are_parsed),
        T(test_a_header_may_have_as_many_bytes_as_the_limit_and_not_one_more),
        T(test_names_in_messages_are_cut_and_made_printable),
    };
    return cmocka_run_group_tests_name("gguf", tests, NULL, NULL);
}
