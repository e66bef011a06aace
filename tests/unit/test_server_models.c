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

#include "base/limits.h"
#include "server/model_routes.h"
#include "serving/model_scan.h"
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
    assert_int_equal(model_scan(&c, &(model_scan_options){.dirs = dirs}, &err), SW_OK);
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

static void test_a_name_that_is_no_text_is_listed_as_one(void **state)
{
    (void)state;
    make_file("caf\xe9.gguf");
    const temp_path path = temp_file("caf\xe9.gguf");
    model_catalog c = {0};
    sw_err err = {0};
    assert_int_equal(model_catalog_add(&c, path.s, &err), SW_OK);
    assert_string_equal(c.entries[0]->id, "caf?"); // it is written as JSON; the file is opened by its own name
    assert_string_equal(c.entries[0]->path, path.s);
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
    const model_entry *const tagged = model_catalog_find(&c, "b:latest"); // its own name
    assert_non_null(tagged);
    assert_ptr_equal(model_catalog_find(&c, "b"), tagged);
    static const char *const NAMES[] = {"gpt-oss", "gpt-oss:120b", "gpt-oss-20b:", "gpt-oss:20b:x",
                                        ":20b",    ":latest",      "gpt:oss:20b"};
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

static void test_another_scan_adds_only_what_is_new(void **state)
{
    (void)state;
    make_folder("grows");
    make_file("grows/one.gguf");
    make_file("grows/two.gguf");
    const temp_path root = temp_file("grows"), manual = temp_file("grows/../grows/two.gguf");
    model_catalog c = {0};
    sw_err err = {0};
    assert_int_equal(model_catalog_add(&c, manual.s, &err), SW_OK);
    assert_int_equal(model_scan(&c, &(model_scan_options){.dirs = root.s}, &err), SW_OK);
    const model_entry *const one = model_catalog_find(&c, "one"), *const two = model_catalog_find(&c, "two");
    assert_int_equal(c.n, 2);
    assert_int_equal(model_catalog_rename(&c, one, "first", &err), SW_OK);
    assert_int_equal(model_catalog_rename(&c, two, "second", &err), SW_OK);
    make_file("grows/three.gguf");
    assert_int_equal(model_scan(&c, &(model_scan_options){.dirs = root.s}, &err), SW_OK);
    assert_int_equal(c.n, 3);
    assert_ptr_equal(model_catalog_find(&c, "first"), one); // its file is not added under its own name
    assert_ptr_equal(model_catalog_find(&c, "second"), two);
    assert_int_equal(model_catalog_find(&c, "three")->index, 2);
    model_catalog_free(&c);
}

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void make_manifest(const char *name, const char *digest)
{
    char text[512];
    const temp_path p = temp_file(name);
    const int n = snprintf(
        text, sizeof text,
        "{\"layers\":[{\"mediaType\":\"application/vnd.ollama.image.model\",\"digest\":\"sha256:%s\"}]}", digest);
    temp_write(p.s, text, (size_t)n);
}

static void test_reads_a_store_of_ollama(void **state)
{
    (void)state;
    static const char *const FOLDERS[] = {"o",
                                          "o/blobs",
                                          "o/manifests",
                                          "o/manifests/registry.ollama.ai",
                                          "o/manifests/registry.ollama.ai/library",
                                          "o/manifests/registry.ollama.ai/library/m",
                                          "o/manifests/hf.co",
                                          "o/manifests/hf.co/user",
                                          "o/manifests/hf.co/user/repo"};
    for (size_t i = 0; i < sizeof FOLDERS / sizeof FOLDERS[0]; i++)
        make_folder(FOLDERS[i]);
    make_file("o/blobs/sha256-" DIGEST);
    make_manifest("o/manifests/registry.ollama.ai/library/m/latest", DIGEST);
    make_manifest("o/manifests/hf.co/user/repo/Q4", DIGEST);
    make_manifest("o/manifests/hf.co/user/repo/missing",
                  "1111111111111111111111111111111111111111111111111111111111111111");
    make_manifest("o/manifests/hf.co/stray", DIGEST);
    make_file("o/manifests/hf.co/user/repo/broken");
    make_manifest("outside.json", DIGEST);
    make_link("o/manifests/hf.co/user/repo/linked", "outside.json");
    const temp_path root = temp_file("o");
    model_catalog c = scan(root.s);
    assert_int_equal(c.n, 2);
    const model_entry *const m = model_catalog_find(&c, "m");
    assert_non_null(m);
    assert_ptr_equal(m, model_catalog_find(&c, "m:latest"));
    assert_string_equal(m->id, "m:latest");
    assert_non_null(strstr(m->path, "/o/blobs/sha256-" DIGEST));
    assert_non_null(model_catalog_find(&c, "hf.co/user/repo:Q4"));
    assert_null(model_catalog_find(&c, "hf.co/user/repo"));
    model_catalog_free(&c);
}

static void test_a_name_is_looked_up_without_reading_headers(void **state)
{
    (void)state;
    model_catalog c = {.names_only = true};
    sw_err err = {0};
    const temp_path root = temp_file("m");
    assert_int_equal(model_scan(&c, &(model_scan_options){.dirs = root.s}, &err), SW_OK);
    const model_entry *const plain = model_catalog_find(&c, "plain");
    assert_non_null(plain);
    assert_string_equal(plain->error, "");
    model_catalog_free(&c);
}

typedef struct folder_report {
    size_t n_folders, n_models;
    bool is_cut;
} folder_report;

static void on_folder(void *ud, const char *folder, size_t n_models, bool is_cut)
{
    folder_report *const r = ud;
    assert_non_null(strstr(folder, "/many"));
    r->n_folders++;
    r->n_models = n_models;
    r->is_cut = is_cut;
}

/* Scans the folder "many". */
static folder_report scan_many(void)
{
    folder_report r = {0};
    model_catalog c = {.names_only = true};
    sw_err err = {0};
    const temp_path root = temp_file("many");
    assert_int_equal(model_scan(&c, &(model_scan_options){root.s, on_folder, &r}, &err), SW_OK);
    assert_int_equal(r.n_folders, 1);
    model_catalog_free(&c);
    return r;
}

static void test_the_limit_of_names_is_exact(void **state)
{
    (void)state;
    char name[64];
    make_folder("many");
    make_folder("many/z");
    for (int i = 0; i < LIMIT_MODEL_FOLDER_NAMES - 2; i++) { // and z and model.gguf
        snprintf(name, sizeof name, "many/%d", i);
        const temp_path p = temp_file(name);
        assert_int_equal(mkfifo(p.s, 0600), 0); // as fast as a file, and never opened
    }
    make_file("many/z/model.gguf");
    folder_report r = scan_many();
    assert_true(r.n_models == 1 && !r.is_cut);
    make_file("many/z/other.gguf");
    r = scan_many();
    assert_true(r.n_models == 1 && r.is_cut);
}

static void test_describes_a_model_as_clients_expect(void **state)
{
    (void)state;
    model_catalog c = {0};
    sw_err err = {0};
    assert_int_equal(model_catalog_add(&c, "stub:", &err), SW_OK);
    assert_int_equal(model_catalog_n_manual(&c), 1);
    const model_state loading = {.status = MODEL_LOADING, .progress = 0.25};
    json_t *const model = model_json(c.entries[0], &loading);
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
        cmocka_unit_test(test_a_name_that_is_no_text_is_listed_as_one),
        cmocka_unit_test(test_never_makes_a_path_of_a_name),
        cmocka_unit_test(test_knows_names_with_a_tag),
        cmocka_unit_test(test_reads_several_folders_of_which_some_may_be_missing),
        cmocka_unit_test(test_another_scan_adds_only_what_is_new),
        cmocka_unit_test(test_reads_a_store_of_ollama),
        cmocka_unit_test(test_a_name_is_looked_up_without_reading_headers),
        cmocka_unit_test(test_the_limit_of_names_is_exact),
        cmocka_unit_test(test_describes_a_model_as_clients_expect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
