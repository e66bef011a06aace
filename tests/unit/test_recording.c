/* What was recorded is read back to the last digit, whichever form it has; what is no recording is refused by its line.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "cmd/monitor_replay.h"
#include "monitor/recording.h"
#include "support/temp_dir.h"

static const double MIB = 1048576;

static const recording_head HEAD = {
    .started_unix_s = 1795812929,
    .interval_s = 0.1,
    .pid = 4242,
    .program = "python3 \"server\"\n,=1+1\x1b[31m",
    .cpu = "AMD EPYC",
    .os = "Linux",
    .n_cores = 8,
    .memory_bytes = 25276502016.0,
    .gpu = "A, B",
    .gpu_driver = "550",
    .gpu_note = "none",
};

/* Sample i has figures that no two samples share, and some that are not known. */
static sample_values sample(size_t i)
{
    sample_values v = sample_values_none();
    for (size_t f = 0; f < N_SAMPLE_FIGURES; f++) {
        if ((f + i) % 3 != 0)
            v.v[f] = (double)(i * 1000 + f) * 123456789 + 0.25;
    }
    v.v[SAMPLE_TEMPERATURE] = -12.5;
    v.v[SAMPLE_RSS] = 562949953421311; // 2^49 - 1
    return v;
}

static sw_code read_file(recording *r, const char *path, sw_err *err)
{
    FILE *const f = fopen(path, "r");
    assert_non_null(f);
    const sw_code code = recording_read(r, f, "file", err);
    fclose(f);
    return code;
}

/* The same of text in memory. */
static sw_code read_text(recording *r, char *text, size_t n, sw_err *err)
{
    FILE *const f = fmemopen(text, n, "r");
    assert_non_null(f);
    const sw_code code = recording_read(r, f, "file", err);
    fclose(f);
    return code;
}

static void check_samples(const recording *r, size_t n)
{
    assert_int_equal(r->n, n);
    for (size_t i = 0; i < n; i++) {
        const sample_values wanted = sample(i);
        assert_true(r->t_s[i] == (double)i / 8);
        for (size_t f = 0; f < N_SAMPLE_FIGURES; f++) {
            const double found = r->values[i].v[f];
            if (isnan(wanted.v[f]) ? !isnan(found) : found != wanted.v[f])
                fail_msg("sample %zu: %s is %.17g, not %.17g", i, SAMPLE_FIGURE_IDS[f].name, found, wanted.v[f]);
        }
    }
}

static void test_what_was_recorded_is_read_back(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"r.jsonl", "r.csv"};
    for (int k = 0; k < 2; k++) {
        const temp_path path = temp_file(NAMES[k]);
        recorder *w;
        recording r;
        assert_int_equal(recorder_open(&w, path.s, &HEAD, NULL), SW_OK);
        for (size_t i = 0; i < 5; i++) {
            const sample_values v = sample(i);
            assert_int_equal(recorder_add(w, (double)i / 8, &v, NULL), SW_OK);
            assert_int_equal(read_file(&r, path.s, NULL), SW_OK); // it is there before the next one
            check_samples(&r, i + 1);
            recording_free(&r);
        }
        assert_int_equal(recorder_n_samples(w), 5);
        recorder_close(w);
        assert_int_equal(read_file(&r, path.s, NULL), SW_OK);
        assert_string_equal(r.head.program, HEAD.program);
        assert_string_equal(r.head.gpu, HEAD.gpu);
        assert_string_equal(r.head.gpu_note, HEAD.gpu_note);
        assert_true(r.head.pid == 4242 && r.head.n_cores == 8 && r.head.interval_s == 0.1);
        assert_true(r.head.memory_bytes == HEAD.memory_bytes && r.head.started_unix_s == HEAD.started_unix_s);
        assert_false(r.is_cut);
        recording_free(&r);
    }
}

static char *slurp(const char *path, size_t *n_out)
{
    static char text[65536];
    FILE *const f = fopen(path, "r");
    *n_out = fread(text, 1, sizeof text - 1, f);
    text[*n_out] = '\0';
    fclose(f);
    return text;
}

/* Wherever the recorder is killed, the samples before are read. */
static void test_a_recording_that_is_cut_anywhere_keeps_the_whole_lines(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"cut.jsonl", "cut.csv"};
    for (int k = 0; k < 2; k++) {
        const temp_path path = temp_file(NAMES[k]);
        const size_t n_first = k == 0 ? 1 : 2; // lines before the samples
        recorder *w;
        assert_int_equal(recorder_open(&w, path.s, &HEAD, NULL), SW_OK);
        for (size_t i = 0; i < 3; i++) {
            const sample_values v = sample(i);
            assert_int_equal(recorder_add(w, (double)i / 8, &v, NULL), SW_OK);
        }
        recorder_close(w);
        size_t n;
        char *const text = slurp(path.s, &n);
        for (size_t cut = 0; cut <= n; cut++) {
            size_t n_lines = 0;
            for (size_t i = 0; i < cut; i++)
                n_lines += text[i] == '\n';
            recording r;
            const sw_code code = read_text(&r, text, cut, NULL);
            assert_int_equal(code, n_lines < n_first ? SW_EFORMAT : SW_OK);
            if (code != SW_OK)
                continue;
            assert_int_equal(r.is_cut, cut > 0 && text[cut - 1] != '\n');
            check_samples(&r, n_lines - n_first);
            recording_free(&r);
        }
    }
}

#define GOOD     "{\"spillway_recording\":1}\n"
#define GOOD_CSV "# {\"spillway_recording\":1}\nt_s,rss_bytes\n"
static const struct {
    const char *text, *error;
} REFUSED[] = {
    {"", "line 1: there is no recording"},
    {"x\n", "line 1: "},
    {"{}\n", "line 1: "},
    {"[]\n", "line 1: "},
    {"{\"spillway_recording\":2}\n", "line 1: spillway_recording"},
    {"{\"spillway_recording\":1,\"more\":1}\n", "line 1: "},
    {"{\"spillway_recording\":1,\"program\":5}\n", "line 1: program"},
    {"{\"spillway_recording\":1,\"n_cores\":-1}\n", "line 1: n_cores"},
    {GOOD "{}\n", "line 2: t_s is missing"},
    {GOOD "{\"t_s\":-1}\n", "line 2: "},
    {GOOD "{\"t_s\":null}\n", "line 2: t_s is missing"},
    {GOOD "{\"t_s\":2}\n{\"t_s\":1}\n", "line 3: t_s is missing, below 0, or less"},
    {GOOD "{\"t_s\":1,\"rss\":1}\n", "line 2: a member is no figure"},
    {GOOD "{\"t_s\":1,\"rss_bytes\":\"1\"}\n", "line 2: a member is no figure"},
    {GOOD "{\"t_s\":1,\"rss_bytes\":-1}\n", "line 2: a member is no figure"},
    {GOOD "{\"t_s\":1,\"rss_bytes\":1e999}\n", "line 2: "},
    {GOOD "{\"t_s\":1,\"t_s\":2}\n", "line 2: "},
    {GOOD "[1]\n", "line 2: a sample must be an object"},
    {GOOD "\n", "line 2: "},
    {"# {\"spillway_recording\":1}\n", "line 2: there are no names"},
    {"# {\"spillway_recording\":1}\nt_s,,x\n", "line 2: a name is no figure"},
    {GOOD_CSV "1\n", "line 3: a cell is no number"},
    {GOOD_CSV "1,2,3\n", "line 3: a cell is no number"},
    {GOOD_CSV "1,=1+1\n", "line 3: a cell is no number"},
    {GOOD_CSV "1,0x10\n", "line 3: a cell is no number"},
    {GOOD_CSV "1,nan\n", "line 3: a cell is no number"},
    {GOOD_CSV "1, 2\n", "line 3: a cell is no number"},
    {GOOD_CSV "1,1e999\n", "line 3: a cell is no number"},
    {GOOD_CSV "1,-5\n", "line 3: a figure is below zero"},
    {GOOD_CSV ",5\n", "line 3: t_s is missing"},
};

static void test_what_is_no_recording_is_refused_by_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++) {
        recording r;
        sw_err err = {0};
        char text[512];
        snprintf(text, sizeof text, "%s", REFUSED[i].text);
        assert_int_equal(read_text(&r, text, strlen(text), &err), SW_EFORMAT);
        if (strstr(err.msg, REFUSED[i].error) == NULL)
            fail_msg("'%s': '%s' does not say '%s'", REFUSED[i].text, err.msg, REFUSED[i].error);
    }
}

static void test_lines_without_an_end_and_zero_bytes_are_refused(void **state)
{
    (void)state;
    enum { LONG = 100000 };
    static char text[LONG];
    memset(text, ' ', sizeof text);
    memcpy(text, GOOD, strlen(GOOD));
    recording r;
    sw_err err = {0};
    assert_int_equal(read_text(&r, text, sizeof text, &err), SW_EFORMAT);
    assert_non_null(strstr(err.msg, "line 2: it is too long"));
    text[strlen(GOOD) - 5] = '\0';
    assert_int_equal(read_text(&r, text, sizeof text, NULL), SW_EFORMAT);
}

/* As many samples as the limit allows, and one more. */
static void test_more_samples_than_the_limit_are_refused(void **state)
{
    (void)state;
    static const char ROW[] = "1,2\n";
    const size_t n = LIMIT_RECORDING_SAMPLES, n_head = strlen(GOOD_CSV);
    char *const text = malloc(n_head + (n + 1) * strlen(ROW));
    memcpy(text, GOOD_CSV, n_head);
    for (size_t i = 0; i <= n; i++)
        memcpy(text + n_head + i * strlen(ROW), ROW, strlen(ROW));
    recording r;
    sw_err err = {0};
    assert_int_equal(read_text(&r, text, n_head + n * strlen(ROW), NULL), SW_OK);
    assert_int_equal(r.n, n);
    recording_free(&r);
    assert_int_equal(read_text(&r, text, n_head + (n + 1) * strlen(ROW), &err), SW_ELIMIT);
    assert_non_null(strstr(err.msg, "record with a longer --interval"));
    free(text);
}

static void test_the_name_of_a_file_says_its_form(void **state)
{
    (void)state;
    assert_true(recorder_is_form("a.jsonl") && recorder_is_form("/x/y.csv"));
    assert_false(recorder_is_form(".csv") || recorder_is_form("a.json") || recorder_is_form("a.csv.gz"));
}

/* ---- what a recording says --------------------------------------------------------------------------------------- */

/* Samples at 1 s; private memory after t seconds is `start` MiB, `per_h` MiB/h more, and noise of a MiB. */
static recording recording_of(size_t n, double start, double per_h, size_t n_filling)
{
    recording r = {
        .head = HEAD, .n = n, .t_s = malloc(n * sizeof(double)), .values = malloc(n * sizeof(sample_values))};
    for (size_t i = 0; i < n; i++) {
        r.t_s[i] = (double)i;
        r.values[i] = sample_values_none();
        const double noise = (double)(i * 2654435761u % 1000) / 1000;
        const double fill = i < n_filling ? -1000.0 * (double)(n_filling - i) / (double)n_filling : 0;
        r.values[i].v[SAMPLE_PRIVATE] = (start + per_h * (double)i / 3600 + noise + fill) * MIB;
        r.values[i].v[SAMPLE_READ] = (double)(i * i) * MIB; // its rate grows
    }
    return r;
}

static void drop(recording *r)
{
    free(r->t_s);
    free(r->values);
}

static void check_growth(recording r, const char *part)
{
    buf text;
    buf_init(&text, 1 << 20);
    assert_int_equal(monitor_replay_text(&text, &r, NULL), SW_OK);
    if (strstr(buf_str(&text), part) == NULL)
        fail_msg("'%s' does not say '%s'", buf_str(&text), part);
    buf_free(&text);
    drop(&r);
}

static void test_growing_memory_is_called_a_leak_only_where_it_is_shown(void **state)
{
    (void)state;
    check_growth(recording_of(600, 2000, 100, 0), "a leak: more than 16 MiB/h");
    check_growth(recording_of(600, 2000, 0, 0), "no leak is shown");
    check_growth(recording_of(3600, 2000, 8, 0), "no leak is shown");  // it grows, but slowly
    check_growth(recording_of(600, 2000, 0, 120), "no leak is shown"); // it filled at the start
    check_growth(recording_of(600, 2000, -500, 0), "no leak is shown");
    check_growth(recording_of(60, 2000, 1000, 0), "too short for a trend");
    check_growth(recording_of(1, 2000, 0, 0), "too short for a trend");
}

static void test_the_summary_has_the_least_the_middle_and_the_highest(void **state)
{
    (void)state;
    buf text;
    buf_init(&text, 1 << 20);
    recording r = recording_of(4, 1000, 0, 0); // bytes read: 0, 1, 4, 9 MiB
    assert_int_equal(monitor_replay_json(&text, &r, NULL), SW_OK);
    const char *const found = strstr(buf_str(&text), "\"read_bytes_per_s\"");
    assert_non_null(found);
    static const char WANTED[] =
        "\"read_bytes_per_s\":{\"unit\":\"B/s\",\"n\":3,\"min\":1048576.0,\"median\":3145728.0,"
        "\"max\":5242880.0}";
    assert_memory_equal(found, WANTED, strlen(WANTED));
    assert_non_null(strstr(buf_str(&text), "\"gpu_power_w\":{\"unit\":\"W\",\"n\":0,\"min\":null"));
    assert_non_null(strstr(buf_str(&text), "\"private_growth\":null"));
    buf_clear(&text);
    assert_int_equal(monitor_replay_text(&text, &r, NULL), SW_OK);
    assert_non_null(strstr(buf_str(&text), "1.0 MiB/s       3.0 MiB/s       5.0 MiB/s"));
    assert_null(strchr(buf_str(&text), '\x1b')); // the name of the program holds one
    buf_free(&text);
    drop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_recorded_is_read_back),
        cmocka_unit_test(test_a_recording_that_is_cut_anywhere_keeps_the_whole_lines),
        cmocka_unit_test(test_what_is_no_recording_is_refused_by_its_line),
        cmocka_unit_test(test_lines_without_an_end_and_zero_bytes_are_refused),
        cmocka_unit_test(test_more_samples_than_the_limit_are_refused),
        cmocka_unit_test(test_the_name_of_a_file_says_its_form),
        cmocka_unit_test(test_growing_memory_is_called_a_leak_only_where_it_is_shown),
        cmocka_unit_test(test_the_summary_has_the_least_the_middle_and_the_highest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
