/* The small parts that everything stands on: errors, allocation, buffers, cursors, maps, clocks, random numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/cursor.h"
#include "base/file.h"
#include "base/rng.h"
#include "base/strmap.h"
#include "spillway.h"
#include "support/faults.h"
#include "support/temp_dir.h"

/* ---- errors ---- */

static void test_the_first_error_wins(void **state)
{
    (void)state;
    sw_err err = {0};
    assert_int_equal(sw_fail(&err, SW_EIO, "disk %d", 7), SW_EIO);
    assert_int_equal(sw_fail(&err, SW_ENOMEM, "later"), SW_ENOMEM); // what is returned is the caller's own
    assert_int_equal(err.code, SW_EIO);
    assert_string_equal(err.msg, "disk 7");
    sw_err_clear(&err);
    assert_string_equal(err.msg, "");
    assert_int_equal(sw_fail(NULL, SW_EINVAL, "nobody listens"), SW_EINVAL);
}

static void test_long_messages_are_cut_not_overrun(void **state)
{
    (void)state;
    char text[2 * SW_ERR_MSG_BYTES];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    sw_err err = {0};
    (void)sw_fail(&err, SW_EFORMAT, "%s", text);
    assert_int_equal(strlen(err.msg), SW_ERR_MSG_BYTES - 1);
}

static void test_every_code_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int a = SW_OK; a <= SW_ENUMERIC; a++) {
        assert_string_not_equal(sw_code_name((sw_code)a), "unknown");
        for (int b = SW_OK; b < a; b++)
            assert_string_not_equal(sw_code_name((sw_code)a), sw_code_name((sw_code)b));
    }
    assert_string_equal(sw_code_name((sw_code)99), "unknown");
}

/* ---- allocation ---- */

static void test_sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    assert_null(mem_calloc(SIZE_MAX, 2));
    assert_null(mem_calloc(SIZE_MAX / 2 + 1, 2));
    void *items = NULL;
    size_t cap = 0;
    assert_false(mem_grow(&items, &cap, SIZE_MAX, 16));
    assert_false(mem_grow(&items, &cap, SIZE_MAX / 2, 8));
    assert_null(items);
    assert_int_equal(cap, 0);
    uint64_t r;
    assert_false(size_mul_ok(UINT64_MAX, 2, &r));
    assert_true(size_mul_ok(UINT64_MAX, 1, &r) && r == UINT64_MAX);
    assert_false(size_add_ok(UINT64_MAX, 1, &r));
}

static void test_nothing_is_something_to_free(void **state)
{
    (void)state;
    void *const p = mem_alloc(0);
    assert_non_null(p);
    mem_free(p);
    mem_free(NULL);
    mem_big_free(NULL, 5);
    void *const big = mem_big_alloc(0);
    assert_non_null(big);
    mem_big_free(big, 0);
}

static void test_growing_keeps_what_was_there_and_survives_failure(void **state)
{
    (void)state;
    int *items = NULL;
    size_t cap = 0;
    for (int i = 0; i < 1000; i++) {
        assert_true(mem_grow(&items, &cap, (size_t)i + 1, sizeof *items));
        items[i] = i;
    }
    long n_live;
    const size_t before = cap;
    faults_alloc_begin(0);
    const bool ok = mem_grow(&items, &cap, cap + 1, sizeof *items);
    faults_alloc_end(&n_live);
    assert_false(ok);
    assert_int_equal(cap, before);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
    mem_free(items);
}

static void test_large_blocks_are_zeroed_and_aligned(void **state)
{
    (void)state;
    static const size_t SIZES[] = {1, 4097, (4 << 20) + 1};
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        uint8_t *const p = mem_big_alloc(SIZES[i]);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 64, 0);
        assert_true(p[0] == 0 && p[SIZES[i] - 1] == 0);
        p[SIZES[i] - 1] = 1;
        mem_big_free(p, SIZES[i]);
    }
}

/* ---- buffers ---- */

static void test_a_buffer_holds_its_maximum_and_not_one_byte_more(void **state)
{
    (void)state;
    buf b;
    buf_init(&b, 10);
    assert_string_equal(buf_str(&b), "");
    buf_puts(&b, "12345");
    buf_printf(&b, "%d", 67890);
    assert_int_equal(b.failed, SW_OK);
    buf_append(&b, "", 0);
    assert_int_equal(b.failed, SW_OK);
    buf_putc(&b, '!');
    assert_int_equal(b.failed, SW_ELIMIT);
    assert_string_equal(buf_str(&b), "1234567890");
    buf_consume(&b, 4);
    buf_puts(&b, "x"); // there is room, but the failure is sticky
    assert_string_equal(buf_str(&b), "567890");
    assert_null(buf_take(&b));
    assert_int_equal(b.failed, SW_OK); // and taking it ends it
    buf_clear(&b);
    buf_puts(&b, "again");
    char *const text = buf_take(&b);
    assert_string_equal(text, "again");
    mem_free(text);
    buf_free(&b);
}

static void test_a_formatted_text_that_does_not_fit_is_left_out_whole(void **state)
{
    (void)state;
    buf b;
    buf_init(&b, 8);
    buf_puts(&b, "abc");
    buf_printf(&b, "%s", "too long");
    assert_int_equal(b.failed, SW_ELIMIT);
    assert_string_equal(buf_str(&b), "abc");
    buf_free(&b);
}

static void test_a_buffer_without_memory_fails_and_keeps_its_content(void **state)
{
    (void)state;
    buf b;
    buf_init(&b, 1000);
    long n_live;
    faults_alloc_begin(1);
    buf_puts(&b, "first");
    for (int i = 0; i < 100; i++)
        buf_puts(&b, "more");
    assert_int_equal(b.failed, SW_ENOMEM);
    assert_memory_equal(buf_str(&b), "first", 5);
    buf_free(&b);
    faults_alloc_end(&n_live);
    assert_int_equal(n_live, 0);
}

/* ---- cursors ---- */

static void test_a_cursor_never_leaves_its_bytes(void **state)
{
    (void)state;
    static const uint8_t BYTES[11] = {1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0};
    cursor c = {BYTES, sizeof BYTES, 0, false};
    assert_int_equal(cursor_u32(&c), 1);
    assert_int_equal(cursor_left(&c), 7);
    assert_int_equal(cursor_u64(&c), 0); // seven bytes are not eight
    assert_true(c.failed);
    assert_int_equal(cursor_left(&c), 0);
    assert_int_equal(cursor_u32(&c), 0); // sticky, though four bytes would be there
    cursor d = {BYTES, sizeof BYTES, 3, false};
    assert_int_equal(cursor_u64(&d), 0x200); // unaligned
    assert_int_equal(cursor_left(&d), 0);
    assert_false(d.failed);
    assert_non_null(cursor_take(&d, 0));
    cursor e = {BYTES, sizeof BYTES, 5, false};
    assert_null(cursor_take(&e, UINT64_MAX)); // position + n would wrap
}

/* ---- maps ---- */

static void test_a_map_finds_what_was_added_and_nothing_else(void **state)
{
    (void)state;
    enum { N = 20000 };
    static char keys[N][8];
    strmap m;
    strmap_init(&m);
    assert_int_equal(strmap_find(&m, "x", 1), -1);
    for (uint32_t i = 0; i < N; i++) {
        snprintf(keys[i], sizeof keys[i], "k%u", i);
        assert_int_equal(strmap_add(&m, keys[i], strlen(keys[i]), i), STRMAP_ADDED);
    }
    for (uint32_t i = 0; i < N; i++) {
        char copy[8];
        memcpy(copy, keys[i], sizeof copy);
        assert_int_equal(strmap_find(&m, copy, strlen(copy)), i);
        assert_int_equal(strmap_add(&m, copy, strlen(copy), 1), STRMAP_EXISTS);
    }
    assert_int_equal(strmap_find(&m, "k", 1), -1);
    assert_int_equal(strmap_find(&m, "k20000", 6), -1);
    strmap_free(&m);
}

static void test_keys_are_bytes_not_strings(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
    } KEYS[] = {{"", 0}, {"\0", 1}, {"\0\0", 2}, {"a", 1}, {"a\0", 2}, {"a\0b", 3}, {"12345678", 8}, {"12345678\0", 9}};
    strmap m;
    strmap_init(&m);
    for (uint32_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++)
        assert_int_equal(strmap_add(&m, KEYS[i].bytes, KEYS[i].n, i), STRMAP_ADDED);
    for (uint32_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++)
        assert_int_equal(strmap_find(&m, KEYS[i].bytes, KEYS[i].n), i);
    strmap_free(&m);
}

/* ---- clocks and random numbers ---- */

static void test_a_fake_clock_moves_only_when_slept_on(void **state)
{
    (void)state;
    fake_clock f;
    fake_clock_init(&f);
    assert_int_equal(clock_now_ns(&f.clock), 0);
    clock_sleep_ns(&f.clock, (uint64_t)8 * 3600 * 1000000000);
    assert_int_equal(clock_now_ns(&f.clock), (uint64_t)8 * 3600 * 1000000000);
    assert_true(ns_to_ms(1500000) == 1.5);
}

static void test_the_system_clock_never_goes_back(void **state)
{
    (void)state;
    const sw_clock *const clock = clock_system();
    uint64_t last = clock_now_ns(clock);
    for (int i = 0; i < 1000; i++) {
        const uint64_t now = clock_now_ns(clock);
        assert_true(now >= last);
        last = now;
    }
    clock_sleep_ns(clock, 1000000);
    assert_true(clock_now_ns(clock) - last >= 1000000);
}

static void test_random_numbers_are_the_published_generator_s(void **state)
{
    (void)state;
    rng_state r;
    rng_seed(&r, 0);
    // splitmix64 from 0, as its authors list it, and what xoshiro256** makes of that state.
    static const uint64_t STATE[4] = {0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4, 0x06c45d188009454f, 0xf88bb8a8724c81ec};
    assert_memory_equal(r.s, STATE, sizeof STATE);
    assert_true(rng_next(&r) == 0x99ec5f36cb75f2b4);
    rng_state a, b;
    rng_seed(&a, 1);
    rng_seed(&b, 1);
    double sum = 0;
    for (int i = 0; i < 10000; i++) {
        const float f = rng_float(&a);
        assert_true(f == rng_float(&b) && f >= 0 && f < 1);
        sum += (double)f;
    }
    assert_true(sum > 4800 && sum < 5200);
}

/* ---- files ---- */

static void test_small_files_are_read_whole_up_to_a_maximum(void **state)
{
    (void)state;
    const temp_path p = temp_file("small");
    temp_write(p.s, "ab\0cd", 5);
    char *data;
    size_t n;
    sw_err err = {0};
    assert_int_equal(file_slurp(p.s, 5, &data, &n, &err), SW_OK);
    assert_int_equal(n, 5);
    assert_memory_equal(data, "ab\0cd", 6);
    mem_free(data);
    assert_int_equal(file_slurp(p.s, 4, &data, &n, &err), SW_ELIMIT);
    assert_null(data);
    assert_non_null(strstr(err.msg, p.s));
    temp_write(p.s, "", 0);
    sw_err_clear(&err);
    assert_int_equal(file_slurp(p.s, 0, &data, &n, &err), SW_OK);
    assert_string_equal(data, "");
    mem_free(data);
}

/* ---- limits ---- */

static void test_every_limit_says_what_it_bounds_and_why(void **state)
{
    (void)state;
    size_t n;
    const sw_limit *const rows = sw_limits(&n);
    assert_true(n > 20);
    for (size_t i = 0; i < n; i++) {
        assert_true(rows[i].value > 0 && rows[i].unit[0] != '\0' && rows[i].why[0] != '\0');
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(rows[i].name, rows[j].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_error_wins),
        cmocka_unit_test(test_long_messages_are_cut_not_overrun),
        cmocka_unit_test(test_every_code_has_a_name_of_its_own),
        cmocka_unit_test(test_sizes_that_overflow_are_refused),
        cmocka_unit_test(test_nothing_is_something_to_free),
        cmocka_unit_test(test_growing_keeps_what_was_there_and_survives_failure),
        cmocka_unit_test(test_large_blocks_are_zeroed_and_aligned),
        cmocka_unit_test(test_a_buffer_holds_its_maximum_and_not_one_byte_more),
        cmocka_unit_test(test_a_formatted_text_that_does_not_fit_is_left_out_whole),
        cmocka_unit_test(test_a_buffer_without_memory_fails_and_keeps_its_content),
        cmocka_unit_test(test_a_cursor_never_leaves_its_bytes),
        cmocka_unit_test(test_a_map_finds_what_was_added_and_nothing_else),
        cmocka_unit_test(test_keys_are_bytes_not_strings),
        cmocka_unit_test(test_a_fake_clock_moves_only_when_slept_on),
        cmocka_unit_test(test_the_system_clock_never_goes_back),
        cmocka_unit_test(test_random_numbers_are_the_published_generator_s),
        cmocka_unit_test(test_small_files_are_read_whole_up_to_a_maximum),
        cmocka_unit_test(test_every_limit_says_what_it_bounds_and_why),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
