/* A table fits the terminal: columns give way by importance, numbers stay whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/text_table.h"

static const text_column COLUMNS[] = {{"test", "", false, 0},
                                      {"first", "ms", true, 1},
                                      {"gap", "p50", true, 3},
                                      {"gap", "p95", true, 3},
                                      {"rate", "", true, 0}};

static void assert_table(int width, const char *wanted)
{
    static const char *const CELLS[] = {"a long name",  "123.4", "1.00", "2.00",  "12.3",
                                        "\u65e5\u672c", "-",     "17.0", "max 4", "9"};
    text_table *const table = text_table_create(COLUMNS, 5);
    for (size_t i = 0; i < 10; i++) {
        text_table_put(table, CELLS[i]);
        if (i == 4)
            text_table_note(table, "  refused by the server");
    }
    buf out;
    buf_init(&out, 65536);
    text_table_write(&out, table, width, "elsewhere");
    assert_string_equal(buf_str(&out), wanted);
    buf_free(&out);
    text_table_free(table);
}

static void test_without_a_limit_all_columns_are_there(void **state)
{
    (void)state;
    assert_table(0, "test         first   gap    gap  rate\n"
                    "                ms   p50    p95\n"
                    "a long name  123.4  1.00   2.00  12.3\n"
                    "  refused by the server\n"
                    "\u65e5\u672c               -  17.0  max 4     9\n");
}

static void test_columns_of_one_rank_give_way_together(void **state)
{
    (void)state;
    assert_table(36, "test         first  rate\n"
                     "                ms\n"
                     "a long name  123.4  12.3\n"
                     "  refused by the server\n"
                     "\u65e5\u672c               -     9\n"
                     "\n"
                     "No room for: gap p50, gap p95\n"
                     "(elsewhere).\n");
}

static void test_the_first_column_is_cut_last(void **state)
{
    (void)state;
    assert_table(14, "test      rate\n"
                     "a long n  12.3\n"
                     "  refused by\n"
                     "  the server\n"
                     "\u65e5\u672c           9\n"
                     "\n"
                     "No room for:\n"
                     "first ms, gap\n"
                     "p50, gap p95\n"
                     "(elsewhere).\n");
}

static void test_a_line_break_in_a_cell_makes_no_row(void **state)
{
    (void)state;
    static const text_column TWO[] = {{"run", "", false, 0}, {"model", "", false, 0}};
    text_table *const table = text_table_create(TWO, 2);
    text_table_put(table, "a:1");
    text_table_put(table, "x\na:2\tok\r");
    buf out;
    buf_init(&out, 65536);
    text_table_write(&out, table, 0, "");
    assert_string_equal(buf_str(&out), "run  model\na:1  x a:2 ok\n");
    buf_free(&out);
    text_table_free(table);
}

static void test_a_missing_table_fails_the_buffer(void **state)
{
    (void)state;
    buf out;
    buf_init(&out, 100);
    text_table_put(NULL, "x");
    text_table_note(NULL, "x");
    text_table_write(&out, NULL, 0, "");
    assert_int_equal(out.failed, SW_ENOMEM);
    buf_free(&out);
}

static void test_lines_break_at_spaces_and_words_stay_whole(void **state)
{
    (void)state;
    buf out;
    buf_init(&out, 1000);
    text_wrap_hanging(&out, "load     a bb ccc https://127.0.0.1:11435/v1 d", 15, 9);
    assert_string_equal(buf_str(&out),
                        "load     a bb\n         ccc\n         https://127.0.0.1:11435/v1\n         d\n");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_limit_all_columns_are_there),
        cmocka_unit_test(test_columns_of_one_rank_give_way_together),
        cmocka_unit_test(test_the_first_column_is_cut_last),
        cmocka_unit_test(test_a_line_break_in_a_cell_makes_no_row),
        cmocka_unit_test(test_a_missing_table_fails_the_buffer),
        cmocka_unit_test(test_lines_break_at_spaces_and_words_stay_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
