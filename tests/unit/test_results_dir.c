/* Folders of results: what a name from outside becomes, and what cannot be made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "suite/results_dir.h"
#include "support/temp_dir.h"

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

static void test_folders_are_made_with_those_above_them(void **state)
{
    (void)state;
    arena *const keep = arena_create();
    sw_err err = {0};
    struct stat st;
    const temp_path top = temp_file("top");
    const char *const deep = results_dir_join(results_dir_join(top.s, "a", keep), "b", keep);
    assert_int_equal(results_dir_make(deep, keep, &err), SW_OK);
    assert_int_equal(results_dir_make(deep, keep, &err), SW_OK); // it is there already
    assert_true(stat(deep, &st) == 0 && S_ISDIR(st.st_mode));
    const temp_path file = temp_file("file");
    temp_write(file.s, "", 0);
    assert_int_equal(results_dir_make(file.s, keep, &err), SW_EIO);
    assert_non_null(strstr(err.msg, "Not a directory"));
    assert_int_equal(results_dir_make(results_dir_join(file.s, "below", keep), keep, &err), SW_EIO);
    assert_int_equal(results_dir_make("", keep, &err), SW_EINVAL);
    arena_free(keep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_name_never_becomes_a_path),
        cmocka_unit_test(test_folders_are_made_with_those_above_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
