/* The word that was probably meant: few typing errors, and none for words that are like nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cmd/nearest.h"

static const char *nearest_of(const char *word)
{
    static const char *const WORDS[] = {"run", "serve", "--seed", "--temp", "--max-tokens", "--threads"};
    nearest n = {.word = word};
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++)
        nearest_offer(&n, WORDS[i]);
    return n.found;
}

static void test_typing_errors_are_counted(void **state)
{
    (void)state;
    assert_string_equal(nearest_of("rnu"), "run"); // in the wrong order
    assert_string_equal(nearest_of("rn"), "run");  // missing
    assert_string_equal(nearest_of("serbe"), "serve");
    assert_string_equal(nearest_of("--tempp"), "--temp");
    assert_string_equal(nearest_of("--maxtoken"), "--max-tokens");
    assert_string_equal(nearest_of("-threads"), "--threads");
    assert_string_equal(nearest_of("--max"), "--max-tokens"); // a beginning
}

static void test_other_words_have_no_neighbour(void **state)
{
    (void)state;
    static const char LONG[] = "0123456789012345678901234567890123456789012345678901234567890123456789";
    static const char *const BAD[] = {"", "-", "r", "-x", "frobnicate", "quux", "--xx", LONG};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
        assert_null(nearest_of(BAD[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_typing_errors_are_counted),
        cmocka_unit_test(test_other_words_have_no_neighbour),
    };
    return cmocka_run_group_tests_name("nearest", tests, NULL, NULL);
}
