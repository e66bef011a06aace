/* Files that cannot be written: what stood there stays, and nothing is left beside it. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/file.h"
#include "support/faults.h"
#include "support/temp_dir.h"

enum { FSIZE_LIMIT = 1000 };

static void check_content(const char *path, const char *expected)
{
    char *data;
    size_t n;
    sw_err err = {0};
    assert_int_equal(file_slurp(path, 100, &data, &n, &err), SW_OK);
    assert_string_equal(data, expected);
    assert_int_equal(n, strlen(expected));
    mem_free(data);
}

static void test_a_file_appears_whole_and_replaces_what_stood_there(void **state)
{
    (void)state;
    const temp_path p = temp_file("out");
    const int before = temp_count();
    sw_err err = {0};
    assert_int_equal(file_put(p.s, "old", 3, &err), SW_OK);
    outfile *o;
    assert_int_equal(outfile_open(&o, p.s, &err), SW_OK);
    assert_int_equal(outfile_write(o, "ne", 2, &err), SW_OK);
    check_content(p.s, "old");
    assert_int_equal(outfile_write(o, "w", 1, &err), SW_OK);
    assert_int_equal(outfile_commit(o, &err), SW_OK);
    check_content(p.s, "new");
    assert_int_equal(temp_count(), before + 1);
}

static void test_an_abandoned_file_leaves_nothing(void **state)
{
    (void)state;
    const temp_path p = temp_file("abandoned");
    const int before = temp_count();
    outfile *o;
    sw_err err = {0};
    assert_int_equal(outfile_open(&o, p.s, &err), SW_OK);
    assert_int_equal(outfile_write(o, "x", 1, &err), SW_OK);
    outfile_abandon(o);
    outfile_abandon(NULL);
    assert_int_equal(temp_count(), before);
}

static void test_a_missing_directory_is_an_error_that_names_the_path(void **state)
{
    (void)state;
    const temp_path p = temp_file("absent/out");
    sw_err err = {0};
    assert_int_equal(file_put(p.s, "x", 1, &err), SW_EIO);
    assert_non_null(strstr(err.msg, p.s));
}

static void test_what_is_no_regular_file_is_not_replaced(void **state)
{
    (void)state;
    const temp_path folder = temp_file("folder"), fifo = temp_file("fifo");
    assert_int_equal(mkdir(folder.s, 0700), 0);
    assert_int_equal(mkfifo(fifo.s, 0600), 0);
    const int before = temp_count();
    const char *const paths[] = {folder.s, fifo.s};
    for (int i = 0; i < 2; i++) {
        sw_err err = {0};
        struct stat st;
        assert_int_equal(file_put(paths[i], "x", 1, &err), SW_EIO);
        assert_non_null(strstr(err.msg, paths[i]));
        assert_int_equal(stat(paths[i], &st), 0);
        assert_false(S_ISREG(st.st_mode));
    }
    assert_int_equal(temp_count(), before);
}

static void test_a_disk_that_is_full_leaves_the_old_file_alone(void **state)
{
    (void)state;
    const temp_path p = temp_file("full");
    sw_err err = {0};
    assert_int_equal(file_put(p.s, "old", 3, &err), SW_OK);
    const int before = temp_count();
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_IGN); // writing beyond the limit is then an error as on a full disk
    // Larger than the stream's buffer, so that the write fails; and smaller, so that only the commit does.
    static const size_t SIZES[] = {1 << 20, FSIZE_LIMIT + 1};
    char *const data = calloc(1, SIZES[0]);
    for (int i = 0; i < 2; i++) {
        const struct rlimit small = {FSIZE_LIMIT, old.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        sw_err_clear(&err);
        const sw_code code = file_put(p.s, data, SIZES[i], &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        assert_int_equal(code, SW_EIO);
        assert_non_null(strstr(err.msg, p.s));
        check_content(p.s, "old");
        assert_int_equal(temp_count(), before);
    }
    free(data);
}

static void test_failed_allocations_leave_nothing(void **state)
{
    (void)state;
    const temp_path p = temp_file("nomem");
    const int before = temp_count();
    sw_code code = SW_ENOMEM;
    for (long n = 0; code != SW_OK; n++) {
        long n_live;
        sw_err err = {0};
        faults_alloc_begin(n);
        code = file_put(p.s, "x", 1, &err);
        faults_alloc_end(&n_live);
        assert_int_equal(n_live, 0);
        assert_true(code == SW_OK || code == SW_ENOMEM);
        assert_int_equal(temp_count(), before + (code == SW_OK));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_appears_whole_and_replaces_what_stood_there),
        cmocka_unit_test(test_an_abandoned_file_leaves_nothing),
        cmocka_unit_test(test_a_missing_directory_is_an_error_that_names_the_path),
        cmocka_unit_test(test_what_is_no_regular_file_is_not_replaced),
        cmocka_unit_test(test_a_disk_that_is_full_leaves_the_old_file_alone),
        cmocka_unit_test(test_failed_allocations_leave_nothing),
    };
    return cmocka_run_group_tests_name("faults while writing", tests, NULL, NULL);
}
