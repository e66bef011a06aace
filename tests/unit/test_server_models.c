/* Which files of the model folders may be asked for, and by which name. */
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

#include "server/model_routes.h"
#include "support/temp_dir.h"

static void make_folder(const char *name)
{
    const temp_path p = temp_file(name);
    mkdir(p.s, 0700);
}

static void make_file(const char *name)
{
    const temp_path p = temp_file(name);
    temp_write(p.s, "not a model", 11);
}

static void make_link(const char *name, const char *target)
{
    const temp_path p = temp_file(name), t = temp_file(target);
    assert_int_equal(symlink(t.s, p.s), 0);
}

static model_catalog scan(const char *dirs)
{
    model_catalog c = {0};
    sw_err err = {0};
    assert_int_equal(model_catalog_scan(&c, dirs, &err), SW_OK);
    return c;
}

static void test_lists_model_files_and_nothing_else(void **state)
{
    (void)state;
    make_folder("m");
    make_file("m/plain.gguf");
    make_file("m/notes.txt");
    make_file("m/.hidden.gguf");
    make_file("m/.gguf");
    make_folder("m/.cache");
    make_file("m/.cache/cached.gguf");
    make_folder("m/a");
    make_folder("m/a/b");
    make_folder("m/a/b/c");
    make_file("m/a/b/c/deep.gguf");
    make_folder("m/a/b/c/d");
    make_file("m/a/b/c/d/too-deep.gguf");
    make_file("m/a/plain.gguf"); // the name is taken by the one that was found first
    make_file("m/split-00001-of-00002.gguf");
    make_file("m/split-00002-of-00002.gguf");
    make_file("outside.gguf");
    make_link("m/out.gguf", "outside.gguf");
    make_link("m/in.gguf", "m/plain.gguf");
    make_folder("elsewhere");
    make_file("elsewhere/foreign.gguf");
    make_link("m/linked", "elsewhere");
    make_file("m/bad\xff.gguf");
    const temp_path root = temp_file("m");
    model_catalog c = scan(root.s);
    static const char *const EXPECTED[] = {"plain", "deep", "split", "in"};
    assert_int_equal(c.n, sizeof EXPECTED / sizeof EXPECTED[0]);
    for (size_t i = 0; i < c.n; i++)
        assert_non_null(model_catalog_find(&c, EXPECTED[i]));
    const model_entry *const plain = model_catalog_find(&c, "plain.gguf");
    assert_non_null(plain);
    assert_string_equal(plain->id, "plain");
    assert_int_equal(plain->file_bytes, 11);
    assert_true(strlen(plain->error) > 0);  // its header was read, and is none
    assert_null(strchr(plain->error, '/')); // clients see no path
    model_catalog_free(&c);
}

static void test_never_makes_a_path_of_a_name(void **state)
{
    (void)state;
    const temp_path root = temp_file("m");
    model_catalog c = scan(root.s);
    static const char *const NAMES[] = {"",        ".gguf",   "../outside",     "/etc/passwd",
                                        "m/plain", "a/plain", "plain.gguf.gguf"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        assert_null(model_catalog_find(&c, NAMES[i]));
    model_catalog_free(&c);
}

static void test_knows_names_with_a_tag(void **state)
{
    (void)state;
    make_folder("tags");
    make_file("tags/gpt-oss-20b.gguf");
    make_file("tags/b:latest.gguf");
    model_catalog c = scan(temp_file("tags").s);
    const model_entry *const m = model_catalog_find(&c, "gpt-oss-20b");
    assert_non_null(m);
    assert_ptr_equal(model_catalog_find(&c, "gpt-oss-20b:latest"), m);
    assert_ptr_equal(model_catalog_find(&c, "gpt-oss:20b"), m);
    assert_non_null(model_catalog_find(&c, "b:latest")); // its own name
    static const char *const NAMES[] = {
        "b", "gpt-oss", "gpt-oss:120b", "gpt-oss-20b:", ":20b", "gpt-oss:20b:x", ":latest", "gpt:oss:20b"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        assert_null(model_catalog_find(&c, NAMES[i]));
    char name[1024]; // longer than any file's
    snprintf(name, sizeof name, "%0*d:20b", (int)sizeof name - 5, 0);
    assert_null(model_catalog_find(&c, name));
    model_catalog_free(&c);
}

static void test_reads_several_folders_of_which_some_may_be_missing(void **state)
{
    (void)state;
    char dirs[2048];
    snprintf(dirs, sizeof dirs, "%s;;%s;%s", temp_file("elsewhere").s, temp_file("nowhere").s, temp_file("m").s);
    model_catalog c = scan(dirs);
    assert_non_null(model_catalog_find(&c, "foreign"));
    assert_non_null(model_catalog_find(&c, "plain"));
    assert_int_equal(model_catalog_n_manual(&c), 0);
    model_catalog_free(&c);
}

static void test_describes_a_model_as_clients_expect(void **state)
{
    (void)state;
    model_catalog c = {0};
    sw_err err = {0};
    assert_int_equal(model_catalog_add(&c, "stub:", &err), SW_OK);
    assert_int_equal(model_catalog_n_manual(&c), 1);
    const model_state loading = {.status = MODEL_LOADING, .progress = 0.25};
    json_t *const model = model_json(&c.entries[0], &loading);
    char *const text = json_dumps(model, JSON_COMPACT);
    assert_string_equal(text, "{\"id\":\"stub\",\"object\":\"model\",\"created\":0,\"owned_by\":\"spillway\",\"meta\":"
                              "{\"size\":0},\"status\":{\"value\":\"loading\",\"progress\":0.25}}");
    free(text);
    json_decref(model);
    model_catalog_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists_model_files_and_nothing_else),
        cmocka_unit_test(test_never_makes_a_path_of_a_name),
        cmocka_unit_test(test_knows_names_with_a_tag),
        cmocka_unit_test(test_reads_several_folders_of_which_some_may_be_missing),
        cmocka_unit_test(test_describes_a_model_as_clients_expect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
