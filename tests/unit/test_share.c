/* Files to share: they hold the samples of a run and nothing private, and what is read from outside is strict. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "share/share.h"
#include "support/hostile_strings.h"
#include "support/run_fixture.h"
#include "support/temp_dir.h"

typedef struct shared {
    run_fixture *fixture;
    run_analysis analysis;
    buf text;
    share_file *file;
} shared;

static void start(shared *s)
{
    *s = (shared){.fixture = run_fixture_create()};
    assert_non_null(s->fixture);
    buf_init(&s->text, LIMIT_SHARE_BYTES);
    assert_int_equal(run_analysis_of(run_fixture_record(s->fixture), &s->analysis, NULL), SW_OK);
}

/* Writes the file anew and reads it. */
static void share(shared *s)
{
    sw_err err = {0};
    share_free(s->file);
    buf_clear(&s->text);
    assert_int_equal(share_write(&s->text, &s->analysis, &err), SW_OK);
    if (share_read(&s->file, buf_str(&s->text), s->text.size, "it", &err) != SW_OK)
        fail_msg("%s", err.msg);
}

static void end(shared *s)
{
    share_free(s->file);
    buf_free(&s->text);
    run_analysis_free(&s->analysis);
    run_fixture_free(s->fixture);
}

/* ---- what is in it ----------------------------------------------------------------------------------------------- */

static void test_a_file_has_the_samples_of_the_run(void **state)
{
    (void)state;
    shared s;
    start(&s);
    share(&s);
    assert_int_equal(s.file->n_models, s.analysis.n_subjects);
    size_t n_seen = 0;
    for (int model = 0; model < s.file->n_models; model++) {
        for (int mode = 0; mode < N_TEST_MODES; mode++) {
            const run_summary *const m = &s.analysis.subjects[model].modes[mode];
            share_sample *samples;
            size_t n, n_expected = 0;
            assert_int_equal(share_samples(s.file, model, (test_mode)mode, SHARE_E2E, &samples, &n, NULL), SW_OK);
            for (size_t i = 0; i < m->n_rows; i++) {
                const summary_row *const row = &m->rows[i];
                const double value = share_metric_of(SHARE_E2E, row);
                if (row->test->answer.status != TEST_COMPLETED || isnan(value))
                    continue;
                n_expected++;
                bool is_there = false;
                for (size_t k = 0; k < n; k++)
                    is_there |= samples[k].test->test == row->test->index && samples[k].repeat == row->test->repeat &&
                                strcmp(samples[k].test->variant, row->test->variant) == 0 &&
                                fabs(samples[k].value - value) < 1e-9 * value;
                assert_true(is_there);
            }
            assert_int_equal(n, n_expected);
            for (size_t k = 1; k < n; k++)
                assert_true(samples[k - 1].test->test <= samples[k].test->test);
            n_seen += n;
            mem_free(samples);
        }
    }
    assert_true(n_seen > 10);
    assert_string_equal(s.file->fingerprint, run_fixture_record(s.fixture)->info.fingerprint);
    assert_string_equal(s.file->models[1].family, run_fixture_record(s.fixture)->subjects[1].family);
    end(&s);
}

static void assert_lacks(const buf *text, const char *word)
{
    const char *const found = strstr(buf_str(text), word);
    if (found != NULL)
        fail_msg("the file has '%.60s'", found);
}

static void test_a_file_has_no_prompt_answer_address_command_or_name_of_a_test(void **state)
{
    (void)state;
    shared s;
    start(&s);
    run_record *const run = run_fixture_edit(s.fixture);
    run->info.command = run->info.url = run->info.protocol_json = run->info.options_json = "PRIVATE";
    run->info.protocol_name = run->info.reasons = run->info.model = "PRIVATE";
    for (size_t i = 0; i < run->n_subjects; i++)
        run->subjects[i].file_name = "PRIVATE";
    for (size_t i = 0; i < run->n_servers; i++)
        run->servers[i].url = run->servers[i].command = "PRIVATE";
    for (size_t i = 0; i < run->n_tests; i++) {
        test_record *const t = &run->tests[i];
        t->plan.name = t->plan.group = t->plan.prompt = t->plan.expected = "PRIVATE";
        t->answer.text = t->answer.reasoning = t->answer.error = t->answer.model = "PRIVATE";
    }
    share(&s);
    assert_lacks(&s.text, "PRIVATE");
    end(&s);
}

/* The tests of a sweep differ by their text alone, which is about to be replaced. */
static void keep_first_tests(shared *s)
{
    run_fixture_edit(s->fixture)->n_tests = 5;
    run_analysis_free(&s->analysis);
    assert_int_equal(run_analysis_of(run_fixture_record(s->fixture), &s->analysis, NULL), SW_OK);
}

static void test_a_text_that_holds_a_path_keeps_its_last_part_alone(void **state)
{
    static const char *const PATHS[] = {"/home/anna/SECRET dir/x", "C:\\Users\\anna\\SECRET\\x", "~/SECRET/x",
                                        "server=/srv/SECRET/x", "../SECRET/x"};
    (void)state;
    shared s;
    start(&s);
    keep_first_tests(&s);
    for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++) {
        run_fixture_say(s.fixture, PATHS[i]);
        share(&s);
        assert_lacks(&s.text, "SECRET");
        assert_lacks(&s.text, "anna");
        assert_string_equal(s.file->models[0].name, "x");
        assert_string_equal(s.file->hardware.cpu, "x");
    }
    run_fixture_edit(s.fixture)->subjects[0].name = "someone/large-model.gguf";
    run_fixture_edit(s.fixture)->info.cpu = "CPU @ 2.7 GHz, 64K/core";
    share(&s);
    assert_string_equal(s.file->models[0].name, "large-model");
    assert_string_equal(s.file->hardware.cpu, "CPU @ 2.7 GHz, 64K/core");
    end(&s);
}

static void share_text(const char *text, void *ud)
{
    shared *const s = ud;
    run_fixture_say(s->fixture, text);
    share(s);
}

static void test_any_text_in_a_run_gives_a_file_that_is_read(void **state)
{
    (void)state;
    shared s;
    start(&s);
    keep_first_tests(&s);
    assert_true(hostile_strings_for_each(share_text, &s) >= 200);
    end(&s);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

#define HEAD                                                                                                           \
    "{\"spillway_share\":1,\"version\":\"\",\"began\":\"\",\"status\":\"ok\",\"fingerprint\":\"\",\"protocol_hash\":"  \
    "\"\",\"hardware\":{\"cpu\":\"\",\"cores\":1,\"memory_bytes\":2,\"gpu\":\"\",\"os\":\"\"},\"models\":"
#define MODEL(modes)                                                                                                   \
    "{\"name\":\"m\",\"family\":\"\",\"quantization\":\"\",\"file_hash\":\"\",\"file_bytes\":1,\"parameters\":1,"      \
    "\"active_parameters\":1,\"layers\":1,\"experts\":1,\"experts_used\":1,\"context\":1,\"private_bytes\":null,"      \
    "\"vram_bytes\":5,\"modes\":" modes "}"
#define STREAM(tests) "{\"mode\":\"stream\",\"software\":\"\",\"tests\":" tests "}"
#define TEST(repeats, samples)                                                                                         \
    "{\"test\":0,\"variant\":\"\",\"asked\":2,\"repeats\":" repeats ",\"samples\":" samples "}"
#define FILE_OF(repeats, samples) HEAD "[" MODEL("[" STREAM("[" TEST(repeats, samples) "]") "]") "]}"

static const char GOOD[] = FILE_OF("[0,1]", "{\"ttft_ms\":[1.5,null]}");

static void expect_refused(const char *text, sw_code code, const char *why)
{
    share_file *file;
    sw_err err = {0};
    const sw_code found = share_read(&file, text, strlen(text), "f.json", &err);
    if (found != code || strstr(err.msg, why) == NULL || file != NULL)
        fail_msg("%d, '%s', not %d, '%s'", found, err.msg, code, why);
}

static void test_a_small_file_is_read(void **state)
{
    (void)state;
    share_file *file;
    share_sample *samples;
    size_t n;
    assert_int_equal(share_read(&file, GOOD, strlen(GOOD), "f.json", NULL), SW_OK);
    assert_int_equal(share_samples(file, 0, MODE_STREAM, SHARE_TTFT, &samples, &n, NULL), SW_OK);
    assert_int_equal(n, 1);
    assert_true(samples[0].value == 1.5 && samples[0].repeat == 0);
    assert_true(isnan(file->models[0].private_bytes) && file->models[0].vram_bytes == 5);
    assert_null(file->tests[0].values[SHARE_DECODE]);
    mem_free(samples);
    share_free(file);
}

static void test_a_file_that_is_wrong_is_refused_by_its_member(void **state)
{
    (void)state;
    expect_refused("", SW_EFORMAT, "f.json");
    expect_refused("[]", SW_EFORMAT, "f.json");
    expect_refused("{\"spillway_share\":2,\"new\":1}", SW_EUNSUPPORTED, "reads version 1");
    expect_refused(FILE_OF("[0,1]", "{\"ttft_ms\":[1]}"), SW_ELIMIT, "samples.ttft_ms");
    expect_refused(FILE_OF("[0,1]", "{\"ttft_ms\":[1,-1]}"), SW_EFORMAT, "samples.ttft_ms[1]");
    expect_refused(FILE_OF("[0,1]", "{\"speed\":[1,1]}"), SW_EFORMAT, "there is no figure 'speed'");
    expect_refused(FILE_OF("[1,1]", "{}"), SW_EFORMAT, "repetition 1 comes twice");
    expect_refused(FILE_OF("[0,1,2]", "{}"), SW_EFORMAT, "asked is 2, and 3 repetitions completed");
    expect_refused(FILE_OF("[0,1]", "{\"ttft_ms\":[1,1],\"ttft_ms\":[1,1]}"), SW_EFORMAT, "ttft_ms");
    expect_refused(HEAD "[]}", SW_ELIMIT, "models");
    expect_refused(HEAD "[" MODEL("[]") "],\"prompt\":\"x\"}", SW_EFORMAT, "prompt");
    expect_refused(HEAD "[" MODEL("[" STREAM("[]") "," STREAM("[]") "]") "]}", SW_EFORMAT, "stream comes twice");
}

static void test_a_file_cut_at_any_byte_is_refused(void **state)
{
    (void)state;
    for (size_t n = 0; n < strlen(GOOD); n++) {
        share_file *file;
        sw_err err = {0};
        char *const part = mem_strndup(GOOD, n);
        assert_int_not_equal(share_read(&file, part, n, "f.json", &err), SW_OK);
        assert_null(file);
        assert_true(err.msg[0] != '\0');
        mem_free(part);
    }
}

static void test_a_file_has_at_most_its_limit_of_bytes(void **state)
{
    (void)state;
    const temp_path path = temp_file("large.json");
    const size_t n = LIMIT_SHARE_BYTES;
    char *const text = mem_alloc(n + 1);
    share_file *file;
    sw_err err = {0};
    assert_non_null(text);
    memset(text, ' ', n + 1);
    memcpy(text, GOOD, strlen(GOOD));
    temp_write(path.s, text, n);
    assert_int_equal(share_load(&file, path.s, &err), SW_OK);
    share_free(file);
    temp_write(path.s, text, n + 1);
    assert_int_equal(share_load(&file, path.s, &err), SW_ELIMIT);
    assert_null(file);
    assert_int_equal(share_read(&file, text, n + 1, "f.json", &err), SW_ELIMIT);
    mem_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_has_the_samples_of_the_run),
        cmocka_unit_test(test_a_file_has_no_prompt_answer_address_command_or_name_of_a_test),
        cmocka_unit_test(test_a_text_that_holds_a_path_keeps_its_last_part_alone),
        cmocka_unit_test(test_any_text_in_a_run_gives_a_file_that_is_read),
        cmocka_unit_test(test_a_small_file_is_read),
        cmocka_unit_test(test_a_file_that_is_wrong_is_refused_by_its_member),
        cmocka_unit_test(test_a_file_cut_at_any_byte_is_refused),
        cmocka_unit_test(test_a_file_has_at_most_its_limit_of_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
