/* Folders that results are written into: made with those above them, and files in them whole or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/folder.h"

static char root[64];

static int make_root(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/test_folder.XXXXXX");
    return mkdtemp(root) != NULL && chdir(root) == 0 ? 0 : -1;
}

static int remove_root(void **state)
{
    (void)state;
    static const char *const FILES[] = {"a/b/file", "file"};
    static const char *const FOLDERS[] = {"a/b", "a", "x"};
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++)
        unlink(FILES[i]);
    for (size_t i = 0; i < sizeof FOLDERS / sizeof *FOLDERS; i++)
        rmdir(FOLDERS[i]);
    return chdir("/") == 0 ? rmdir(root) : -1;
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void test_a_folder_is_made_with_those_above_it(void **state)
{
    (void)state;
    assert_int_equal(folder_make("a/b", NULL), SW_OK);
    assert_int_equal(folder_make("a/b", NULL), SW_OK);
    assert_int_equal(folder_make("x/", NULL), SW_OK);
    assert_int_equal(folder_make(".", NULL), SW_OK);
    assert_true(is_folder("a/b") && is_folder("x"));
}

static void test_a_file_is_written_into_it(void **state)
{
    (void)state;
    buf content;
    buf_init(&content, 16);
    buf_puts(&content, "words");
    assert_int_equal(folder_put("a/b", "file", &content, NULL), SW_OK);
    struct stat st;
    assert_int_equal(stat("a/b/file", &st), 0);
    assert_int_equal(st.st_size, 5);
    buf_puts(&content, "more than fits into it");
    sw_err err = {0};
    assert_int_equal(folder_put("a/b", "file", &content, &err), SW_ELIMIT);
    assert_string_equal(err.msg, "file is too large");
    assert_int_equal(stat("a/b/file", &st), 0);
    assert_int_equal(st.st_size, 5);
    buf_free(&content);
}

static void test_what_cannot_be_made_is_named(void **state)
{
    (void)state;
    sw_err err = {0};
    FILE *const f = fopen("file", "w");
    assert_non_null(f);
    fclose(f);
    assert_int_equal(folder_make("file", &err), SW_EIO);
    assert_string_equal(err.msg, "cannot create the folder file: Not a directory");
    sw_err_clear(&err);
    assert_int_equal(folder_make("file/in/it", &err), SW_EIO);
    assert_string_equal(err.msg, "cannot create the folder file/in/it: Not a directory");
    assert_int_equal(folder_make("", NULL), SW_EINVAL);
    buf text;
    buf_init(&text, 100000);
    buf_printf(&text, "%070000d", 0);
    assert_int_equal(folder_make(buf_str(&text), NULL), SW_ELIMIT);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_folder_is_made_with_those_above_it),
        cmocka_unit_test(test_a_file_is_written_into_it),
        cmocka_unit_test(test_what_cannot_be_made_is_named),
    };
    return cmocka_run_group_tests_name("folder", tests, make_root, remove_root);
}
