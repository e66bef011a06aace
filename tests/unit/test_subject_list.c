/* The models of a run: found in files, folders and at servers, each once, in the protocol's order, with what their
 * headers tell. */
#include <math.h>
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

#include "base/file.h"
#include "hosts/member.h"
#include "hosts/sampled_hash.h"
#include "hosts/subject_list.h"
#include "support/server_fixture.h"
#include "support/temp_dir.h"

#define MODELS SPILLWAY_SOURCE_DIR "/models"

static arena *keep;
static buf skipped;

static int setup(void **state)
{
    (void)state;
    keep = arena_create();
    buf_init(&skipped, 65536);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(keep);
    buf_free(&skipped);
    return 0;
}

static subject_list read_list(const char *const *paths, size_t n, const char *dirs)
{
    subject_list list;
    sw_err err = {0};
    if (subject_list_from_files(&list, paths, n, dirs, keep, &skipped, &err) != SW_OK)
        fail_msg("%s", err.msg);
    return list;
}

static double fact(const bench_subject *s, fact_name name)
{
    for (size_t i = 0; i < s->n_facts; i++) {
        if (s->facts[i].name == name)
            return s->facts[i].number;
    }
    return NAN;
}

static void copy_file(const char *from, const char *to)
{
    char *data;
    size_t n;
    sw_err err = {0};
    assert_int_equal(file_slurp(from, 1u << 30, &data, &n, &err), SW_OK);
    temp_write(to, data, n);
    free(data);
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static void test_models_come_in_the_order_of_the_protocol_and_each_once(void **state)
{
    (void)state;
    static const char *const PATHS[] = {SPILLWAY_TEST_DATA "/golden/qwen3moe-f32.gguf", MODELS "/demo-phimoe.gguf",
                                        SPILLWAY_TEST_DATA "/golden/mixtral-f32.gguf", MODELS "/demo-gpt-oss.gguf",
                                        MODELS "/../models/demo-phimoe.gguf"};
    static const char *const NAMES[] = {"demo-deepseek", "demo-gpt-oss", "demo-phimoe", "qwen3moe-f32", "mixtral-f32"};
    const subject_list list = read_list(PATHS, sizeof PATHS / sizeof *PATHS, MODELS);
    assert_int_equal(list.n, 5);
    for (size_t i = 0; i < list.n; i++)
        assert_string_equal(list.items[i].record.name, NAMES[i]);
    assert_int_equal(skipped.size, 0);
}

static void test_a_header_tells_the_bytes_that_a_token_reads(void **state)
{
    (void)state;
    const char *const path = MODELS "/demo-gpt-oss.gguf";
    const subject_list list = read_list(&path, 1, NULL);
    const bench_subject *const s = &list.items[0];
    assert_string_equal(s->record.family, "gpt-oss");
    assert_string_equal(s->record.file_name, "demo-gpt-oss.gguf");
    assert_string_equal(s->record.quantization, "MXFP4");
    assert_int_equal(strncmp(s->record.file_hash, "sampled-sha256:", 15), 0);
    assert_int_equal(s->record.n_layers, 4);
    assert_int_equal(s->record.n_experts, 16);
    const double experts = fact(s, FACT_EXPERT_BYTES), token_experts = fact(s, FACT_TOKEN_EXPERT_BYTES);
    assert_true(token_experts == experts / s->record.n_experts * s->record.n_experts_used);
    assert_true(fact(s, FACT_TOKEN_BYTES) > token_experts);
    assert_true(fact(s, FACT_TOKEN_BYTES) < (double)s->record.file_bytes);
    assert_true(fact(s, FACT_PLACEABLE_BYTES) > experts + fact(s, FACT_TOKEN_TABLE_BYTES));
}

static void test_folders_are_walked_and_what_is_no_model_is_named(void **state)
{
    (void)state;
    const temp_path folder = temp_file("models");
    char path[1100];
    mkdir(folder.s, 0777);
    static const char *const FOLDERS[] = {"a", "a/b", "a/b/c", "a/b/c/d", ".hidden"};
    for (size_t i = 0; i < sizeof FOLDERS / sizeof *FOLDERS; i++) {
        snprintf(path, sizeof path, "%s/%s", folder.s, FOLDERS[i]);
        mkdir(path, 0777);
        snprintf(path, sizeof path, "%s/%s/m%zu.gguf", folder.s, FOLDERS[i], i);
        copy_file(MODELS "/demo-phimoe.gguf", path);
    }
    snprintf(path, sizeof path, "%s/broken.gguf", folder.s);
    temp_write(path, "GGUF", 4);
    snprintf(path, sizeof path, "%s/notes.txt", folder.s);
    temp_write(path, "x", 1);
    snprintf(path, sizeof path, "%s;;%s", folder.s, folder.s);
    const subject_list list = read_list(NULL, 0, path);
    assert_int_equal(list.n, 3); // not the hidden one, not that on the fifth level
    assert_string_equal(list.items[0].record.name, "m2");
    assert_non_null(strstr(buf_str(&skipped), "broken.gguf is passed over: "));
    assert_null(strstr(buf_str(&skipped), "notes"));
}

static void test_what_cannot_be_read_is_an_error_that_names_it(void **state)
{
    (void)state;
    subject_list list;
    sw_err err = {0};
    const char *const missing = "/nowhere/x.gguf", *const folder = "/nowhere", *const text = __FILE__;
    assert_int_equal(subject_list_from_files(&list, &missing, 1, NULL, keep, NULL, &err), SW_ENOTFOUND);
    assert_non_null(strstr(err.msg, missing));
    err = (sw_err){0};
    assert_int_equal(subject_list_from_files(&list, NULL, 0, folder, keep, NULL, &err), SW_ENOTFOUND);
    assert_non_null(strstr(err.msg, folder));
    assert_int_equal(subject_list_from_files(&list, &text, 1, NULL, keep, NULL, &err), SW_EFORMAT);
    const temp_path empty = temp_file("empty");
    err = (sw_err){0};
    mkdir(empty.s, 0777);
    assert_int_equal(subject_list_from_files(&list, NULL, 0, empty.s, keep, NULL, &err), SW_ENOTFOUND);
    assert_non_null(strstr(err.msg, empty.s));
}

static void test_the_stub_is_a_model_of_which_nothing_is_known(void **state)
{
    (void)state;
    const char *const stub = "stub:";
    const subject_list list = read_list(&stub, 1, NULL);
    assert_string_equal(list.items[0].record.name, "stub");
    assert_int_equal(list.items[0].n_facts, 0);
}

/* ---- hashes ------------------------------------------------------------------------------------------------------ */

static void test_the_sampled_hash_sees_size_begin_end_and_spread_blocks(void **state)
{
    (void)state;
    enum { N = 40 << 20 };
    char *const data = calloc(N, 1);
    const temp_path path = temp_file("big");
    char plain[SAMPLED_HASH_BYTES], changed[SAMPLED_HASH_BYTES];
    sw_err err = {0};
    temp_write(path.s, data, N);
    assert_int_equal(sampled_hash(path.s, plain, &err), SW_OK);
    const size_t seen[] = {0, (1 << 20) - 1, N - 1, N - (64 << 10), (size_t)(N - (64 << 10)) * 100 / 255};
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
        data[seen[i]] = 1;
        temp_write(path.s, data, N);
        data[seen[i]] = 0;
        assert_int_equal(sampled_hash(path.s, changed, &err), SW_OK);
        assert_string_not_equal(plain, changed);
    }
    temp_write(path.s, data, N - 1);
    assert_int_equal(sampled_hash(path.s, changed, &err), SW_OK);
    assert_string_not_equal(plain, changed);
    temp_write(path.s, "abc", 3); // printf '\3\0\0\0\0\0\0\0abc' | sha256sum
    assert_int_equal(sampled_hash(path.s, plain, &err), SW_OK);
    assert_string_equal(plain, "sampled-sha256:ce91dc5eec0139adf091900d225971d6ad246a845bad791b5693a9d0d55dd391");
    free(data);
}

/* ---- servers ----------------------------------------------------------------------------------------------------- */

static void test_a_server_describes_its_models(void **state)
{
    (void)state;
    server_fixture fixture;
    char url[64];
    chat_target *target;
    subject_list list;
    sw_err err = {0};
    server_fixture_start(&fixture,
                         (server_options){.model_dirs = MODELS, .body_timeout_s = 60, .slow_client_timeout_s = 30});
    snprintf(url, sizeof url, "127.0.0.1:%d", server_port(fixture.server));
    assert_int_equal(target_open(&target, url, NULL, &err), SW_OK);
    static const char *const NAMES[] = {"demo-phimoe", "never heard of"};
    assert_int_equal(subject_list_from_server(&list, target, NAMES, 2, keep, &err), SW_OK);
    assert_int_equal(list.n, 2);
    const subject_record *const r = &list.items[0].record;
    assert_null(list.items[0].path);
    assert_string_equal(r->name, "demo-phimoe");
    assert_string_equal(r->family, "phimoe");
    assert_true(r->n_experts > r->n_experts_used && r->n_parameters > r->n_active_parameters && r->file_bytes > 0);
    assert_string_equal(list.items[1].record.name, "never heard of");
    assert_string_equal(list.items[1].record.family, "");
    assert_int_equal(subject_list_from_server(&list, target, NULL, 0, keep, &err), SW_OK);
    assert_int_equal(list.n, 1);
    assert_string_equal(list.items[0].record.name, "demo-deepseek");
    target_close(target);
    server_fixture_stop(&fixture);
}

static void test_members_of_answers_are_read_without_trust(void **state)
{
    (void)state;
    json_t *const d =
        json_loads("{\"a\":{\"n\":5,\"neg\":-1,\"big\":1e300,\"t\":\"x\",\"e\":\"\",\"l\":[1]}}", 0, NULL);
    assert_true(member_number(d, "a.n") == 5);
    assert_true(isnan(member_number(d, "a.neg")) && isnan(member_number(d, "a.big")) && isnan(member_number(d, "a.t")));
    assert_true(isnan(member_number(d, "a.n.x")) && isnan(member_number(NULL, "a")) && isnan(member_number(d, "b.c")));
    assert_true(member_setting(d, "a.neg") == -1);
    assert_string_equal(member_text(d, "a.t"), "x");
    assert_null(member_text(d, "a.e"));
    assert_null(member_text(d, "a.n"));
    json_decref(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_models_come_in_the_order_of_the_protocol_and_each_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_header_tells_the_bytes_that_a_token_reads, setup, teardown),
        cmocka_unit_test_setup_teardown(test_folders_are_walked_and_what_is_no_model_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_read_is_an_error_that_names_it, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_stub_is_a_model_of_which_nothing_is_known, setup, teardown),
        cmocka_unit_test(test_the_sampled_hash_sees_size_begin_end_and_spread_blocks),
        cmocka_unit_test_setup_teardown(test_a_server_describes_its_models, setup, teardown),
        cmocka_unit_test(test_members_of_answers_are_read_without_trust),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
