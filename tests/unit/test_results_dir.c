/* The folder of results: what a name from outside becomes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "suite/results_dir.h"

static void test_a_name_never_becomes_a_path(void **state)
{
    (void)state;
    static const struct {
        const char *name, *wanted;
    } CASES[] = {
        {"gpt-oss-20b.gguf", "results/20260102T030405Z-gpt-oss-20b"},
        {"org/model:8b", "results/20260102T030405Z-org-model-8b"},
        {"../../etc/passwd", "results/20260102T030405Z-..-..-etc-passwd"},
        {"caf\xc3\xa9\n;rm", "results/20260102T030405Z-caf----rm"},
        {"stub:", "results/20260102T030405Z-stub"},
        {"", "results/20260102T030405Z-"},
    };
    arena *const keep = arena_create();
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        assert_string_equal(results_dir_name(1767323045000, CASES[i].name, keep), CASES[i].wanted);
    char longest[1000];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(strlen(results_dir_name(1767323045000, longest, keep)), strlen("results/20260102T030405Z-") + 60);
    arena_free(keep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_name_never_becomes_a_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
