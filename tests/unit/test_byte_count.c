/* Sizes of memory as they are typed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cmd/byte_count.h"

static void test_reads_numbers_with_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } ROWS[] = {
        {"1", 1},
        {"4096", 4096},
        {"1K", 1024},
        {"1k", 1024},
        {"1KiB", 1024},
        {"1kb", 1000},
        {"3M", 3u << 20},
        {"3MB", 3000000},
        {"1.5G", 3ull << 29},
        {"24GiB", 24ull << 30},
        {"24gb", 24000000000u},
        {"2T", 2ull << 40},
        {"9007199254740991", 9007199254740991u},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        uint64_t bytes = 0;
        assert_true(byte_count_parse(ROWS[i].text, &bytes));
        assert_int_equal(bytes, ROWS[i].bytes);
    }
}

static void test_refuses_everything_else(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"",
                                        " 1",
                                        "1 ",
                                        "-1",
                                        "+1",
                                        "0",
                                        "0.5",
                                        "G",
                                        "1 G",
                                        "1GG",
                                        "1P",
                                        "1iB",
                                        "1B",
                                        "1Gi",
                                        "1.2.3",
                                        "0x10",
                                        "1e3",
                                        "nan",
                                        "inf",
                                        "auto",
                                        "9007199254740992",
                                        "99999999999999999999999999T"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        uint64_t bytes = 7;
        if (byte_count_parse(TEXTS[i], &bytes))
            fail_msg("'%s' was read as %llu", TEXTS[i], (unsigned long long)bytes);
        assert_int_equal(bytes, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_numbers_with_units),
        cmocka_unit_test(test_refuses_everything_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
