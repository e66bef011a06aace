/* `spillway plan` says whether it fits, for every amount of memory that a machine or a container can have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/sysinfo.h"
#include "cmd/cmd.h"
#include "support/temp_dir.h"

#define TREES SPILLWAY_TEST_DATA "/cgroup/"
static const char MODEL[] = SPILLWAY_SOURCE_DIR "/models/demo-deepseek.gguf";

/* Runs the command on a machine that is described below `root`; standard output goes to a file. */
static int plan(const char *root, const char *n_seqs, bool as_json)
{
    const char *const words[] = {"plan", MODEL, "--parallel", n_seqs, "--json", NULL};
    char *argv[6];
    memcpy(argv, words, sizeof words);
    sysinfo_set_root(root);
    fflush(stdout);
    const int saved = dup(1);
    assert_non_null(freopen(temp_file("out").s, "w", stdout));
    const int status = cmd_plan(as_json ? 5 : 4, argv);
    fflush(stdout);
    dup2(saved, 1);
    close(saved);
    sysinfo_set_root(NULL);
    return status;
}

static bool says(const char *text)
{
    char got[8192];
    FILE *const f = fopen(temp_file("out").s, "r");
    assert_non_null(f);
    got[fread(got, 1, sizeof got - 1, f)] = '\0';
    fclose(f);
    return strstr(got, text) != NULL;
}

static void test_the_text_and_the_exit_code_say_whether_it_fits(void **state)
{
    (void)state;
    assert_int_equal(plan(TREES "none", "4", false), CMD_EXIT_OK);
    assert_true(says("It fits."));
    assert_true(says("12884.90 MB are available beside the process (by the machine)"));
    assert_int_equal(plan(TREES "v1-container", "64", false), CMD_EXIT_THRESHOLD);
    assert_true(says("209.72 MB are available beside the process (by the control group)"));
    assert_true(says("It does not fit if all 64 sequences fill their contexts"));
    assert_int_equal(plan(TREES "v2-over", "1", false), CMD_EXIT_THRESHOLD);
    assert_true(says("It does not fit: it takes "));
}

static void expect_json(bool fits, bool opens, const char *limited_by)
{
    json_t *const d = json_load_file(temp_file("out").s, 0, NULL);
    assert_non_null(d);
    const json_t *const available = json_object_get(d, "available");
    const json_int_t bytes = json_integer_value(json_object_get(available, "bytes"));
    const json_int_t needed = json_integer_value(json_object_get(d, "needed_bytes"));
    const json_int_t to_open = json_integer_value(json_object_get(d, "needed_to_open_bytes"));
    assert_string_equal(json_string_value(json_object_get(available, "limited_by")), limited_by);
    assert_true(json_is_boolean(json_object_get(d, "fits")) && json_is_true(json_object_get(d, "fits")) == fits);
    assert_true(json_is_boolean(json_object_get(d, "opens")) && json_is_true(json_object_get(d, "opens")) == opens);
    assert_true((needed <= bytes) == fits && (to_open <= bytes) == opens && to_open <= needed);
    json_decref(d);
}

static void test_the_document_says_the_same(void **state)
{
    (void)state;
    assert_int_equal(plan(TREES "none", "4", true), CMD_EXIT_OK);
    expect_json(true, true, "machine");
    assert_int_equal(plan(TREES "v1-container", "64", true), CMD_EXIT_THRESHOLD);
    expect_json(false, true, "control group");
    assert_int_equal(plan(TREES "v2-over", "1", true), CMD_EXIT_THRESHOLD);
    expect_json(false, false, "control group");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_text_and_the_exit_code_say_whether_it_fits),
        cmocka_unit_test(test_the_document_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
