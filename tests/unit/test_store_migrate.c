/* Stores that programs with older schemas wrote: their figures are what those programs reported, and reading changes
 * nothing.
 *
 * schema1.sqlite is a whole run; schema1-resumed.sqlite was killed after a test, resumed, and interrupted;
 * schema2.sqlite is a run of two models in two modes, and of schema 2; schema3.sqlite is the same run of schema 3. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/file.h"
#include "figures/metrics.h"
#include "support/store_fixture.h"

/* As `spillway report --json` of the program with schema 1 printed them. */
typedef struct old_figures {
    const char *name;
    int n_tokens;
    double ttft_ms, e2e_ms, overall_tps, repetition;
} old_figures;

static const old_figures WHOLE[] = {
    {"simple response", 29, 4.628546, 4.628546, 6265.46652, 0},
    {"code generation", 93, 1.114668, 11.436593, 8131.7924, 0.0588235294},
    {"technical explanation", 160, 7.141904, 14.419541, 11096.0536, 0},
    {"multi-step problem", 127, 3.084548, 11.103397, 11437.941, 0.027027027},
    {"system design", 170, 2.758204, 12.778941, 13303.1368, 0},
    {"algorithm analysis", 202, 4.908973, 15.244729, 13250.4815, 0.0409836066},
    {"creative writing", 225, 4.334789, 17.264454, 13032.5581, 0},
    {"technical documentation", 179, 5.676835, 13.40347, 13354.7507, 0.01},
    {"research analysis", 209, 2.676021, 15.598104, 13399.0644, 0},
};

static const old_figures RESUMED[] = {
    {"first", 10, 10.370327, 101.750737, 98.2793864, 0},
    {"second", 22, 10.38542, 233.571251, 94.1896741, 0},
};

static void assert_figure(double found, double wanted)
{
    if (fabs(found - wanted) > 1e-8 * fabs(wanted))
        fail_msg("%.12g is not %.12g", found, wanted);
}

/* The measured tests of the run, in order. */
static void assert_figures(const run_record *run, const old_figures *wanted, size_t n)
{
    size_t n_seen = 0;
    for (size_t i = 0; i < run->n_tests; i++) {
        if (run->tests[i].is_warmup)
            continue;
        assert_true(n_seen < n);
        const old_figures *const w = &wanted[n_seen++];
        test_metrics m;
        assert_int_equal(metrics_of(&run->tests[i], &m, NULL), SW_OK);
        assert_string_equal(run->tests[i].plan.name, w->name);
        assert_int_equal(m.n_tokens, w->n_tokens);
        assert_figure(m.ttft_ms, w->ttft_ms);
        assert_figure(m.e2e_ms, w->e2e_ms);
        assert_figure(m.overall_tps, w->overall_tps);
        assert_figure(m.repetition.score, w->repetition);
    }
    assert_int_equal(n_seen, n);
}

static double highest(const run_record *run, sample_figure figure)
{
    double max = 0;
    for (size_t i = 0; i < run->n_samples; i++)
        max = fmax(max, run->samples[i].values.v[figure]);
    return max;
}

static void assert_whole(const run_record *run)
{
    assert_figures(run, WHOLE, sizeof WHOLE / sizeof *WHOLE);
    assert_string_equal(run->info.status, "ok");
    assert_string_equal(run->info.fingerprint, "");
    assert_true(run->info.n_sessions == 1 && run->info.n_planned == 9);
    assert_true(run->n_subjects == 1 && run->n_servers == 1 && run->n_facts == 1 && run->n_placement == 0);
    assert_string_equal(run->subjects[0].name, "demo-gpt-oss");
    assert_int_equal(run->servers[0].side, SIDE_GIVEN);
    assert_string_equal(run->servers[0].url, "http://127.0.0.1:34263");
    const fact_record *const load = run_fact(run, 0, 0, FACT_LOAD_COLD_MS);
    assert_non_null(load);
    assert_figure(load->number, 46.015134);
    assert_string_equal(load->source, "schema 1; page cache not known");
    assert_true(highest(run, SAMPLE_PRIVATE) == 8302592 && highest(run, SAMPLE_RSS) == 18051072);
    assert_true(isnan(run->samples[0].values.v[SAMPLE_SWAP]) && run->samples[0].server == 0);
    const test_record *const t = &run->tests[1];
    assert_true(t->mode == MODE_STREAM && t->server == 0 && t->subject == 0 && t->answer.scheduled_ns == 0);
    assert_true(isnan(t->answer.temperature) && t->answer.seed == -1 && t->answer.token_ids == NULL);
    assert_true(t->n_checks == 0 && t->answer.experts.counts == NULL);
    assert_string_equal(t->plan.expected, "");
}

static void test_a_whole_run_keeps_its_figures(void **state)
{
    (void)state;
    copy_store("schema1.sqlite");
    result_store *const store = open_store(false);
    run_record *const run = load_run(store, 0);
    assert_whole(run);
    run_record_free(run);
    store_close(store);
}

/* Two processes answered, and which of them a test's was is not known. */
static void test_a_resumed_run_keeps_its_figures(void **state)
{
    (void)state;
    copy_store("schema1-resumed.sqlite");
    result_store *const store = open_store(false);
    run_record *const run = load_run(store, 1);
    assert_figures(run, RESUMED, sizeof RESUMED / sizeof *RESUMED);
    assert_string_equal(run->info.status, "aborted");
    assert_true(run->info.n_sessions == 2 && run->n_tests == 4);
    assert_true(run->tests[1].server == -1 && run->samples[0].server == -1);
    assert_figure(highest(run, SAMPLE_PRIVATE), 2326528);
    run_record_free(run);
    store_close(store);
}

static void slurp(char **data, size_t *n)
{
    assert_int_equal(file_slurp(store_path, 1 << 24, data, n, NULL), SW_OK);
}

/* As the program with schema 2 reported it. */
static void assert_two_models(const run_record *run)
{
    assert_string_equal(run->info.status, "ok");
    assert_true(run->n_subjects == 2 && run->n_servers == 2 && run->info.n_planned == 8 && run->n_reviews == 0);
    assert_string_equal(run->subjects[1].name, "demo-b");
    int n_measured = 0, n_checks = 0;
    for (size_t i = 0; i < run->n_tests; i++) {
        n_measured += !run->tests[i].is_warmup;
        n_checks += (int)run->tests[i].n_checks;
    }
    assert_true(n_measured == 8 && n_checks >= 4);
    assert_non_null(run_fact(run, 1, 1, FACT_SAMPLER));
    assert_true(run->n_samples > 0 && run->tests[0].answer.experts.counts != NULL);
}

static void test_runs_of_schemas_2_and_3_are_whole(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"schema2.sqlite", "schema3.sqlite"};
    for (int i = 0; i < 2; i++) {
        store_setup(NULL);
        copy_store(NAMES[i]);
        result_store *const store = open_store(false);
        run_record *const run = load_run(store, 0);
        assert_two_models(run);
        assert_true(run->n_stages == 0 && run->tests[0].stage == -1);
        run_record_free(run);
        store_close(store);
    }
}

/* Read, and then brought to the newest schema. */
static void assert_reading_changes_nothing(const char *name)
{
    char *before, *after;
    size_t n_before, n_after;
    copy_store(name);
    slurp(&before, &n_before);
    result_store *store = open_store(true);
    run_record *const seen = load_run(store, 0);
    store_close(store);
    slurp(&after, &n_after);
    assert_int_equal(n_before, n_after);
    assert_memory_equal(before, after, n_before);
    mem_free(before), mem_free(after);
    store = open_store(false);
    run_record *const migrated = load_run(store, 0);
    assert_same_run(seen, migrated);
    run_record_free(seen);
    run_record_free(migrated);
    store_close(store);
}

static void test_reading_gives_the_same_and_changes_nothing(void **state)
{
    (void)state;
    assert_reading_changes_nothing("schema1.sqlite");
    store_setup(NULL);
    assert_reading_changes_nothing("schema2.sqlite");
    store_setup(NULL);
    assert_reading_changes_nothing("schema3.sqlite");
}

static void test_a_migrated_store_takes_reviews(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"schema1.sqlite", "schema2.sqlite"};
    for (int i = 0; i < 2; i++) {
        store_setup(NULL);
        copy_store(NAMES[i]);
        result_store *const store = open_store(false);
        run_record *const before = load_run(store, 0);
        const int last = (int)before->n_tests - 1;
        const review_record review = {.test = last, .reviewer = "A", .scores = {4, 0, 5}, .note = "fine", .unix_ms = 7};
        assert_int_equal(store_put_reviews(store, before, &review, 1, NULL), SW_OK);
        run_record *const after = load_run(store, 0);
        assert_int_equal(after->n_reviews, 1);
        assert_int_equal(after->reviews[0].test, last);
        assert_true(after->reviews[0].scores[SCORE_RESPONSIVENESS] == 5 && after->reviews[0].unix_ms == 7);
        run_record_free(before);
        run_record_free(after);
        store_close(store);
    }
}

static void test_a_migrated_store_is_one_of_the_newest_schema(void **state)
{
    (void)state;
    copy_store("schema1-resumed.sqlite");
    store_close(open_store(false));
    result_store *const store = open_store(false); // all tables are those of schema 4, or this is refused
    assert_int_equal(store_reopen_run(store, 1, NULL), SW_OK);
    test_record test = example_test();
    test.mode = MODE_STREAM, test.variant = "", test.repeat = 0;
    sw_err err = {0};
    assert_int_equal(store_add_test(store, 1, &test, NULL, 0, &err), SW_EIO); // it has been measured
    assert_non_null(strstr(err.msg, "UNIQUE"));
    test.index = 2;
    assert_int_equal(store_add_test(store, 1, &test, NULL, 0, NULL), SW_OK);
    run_record *const run = load_run(store, 0);
    assert_true(run->n_tests == 5 && run->info.n_sessions == 3);
    run_record_free(run);
    store_close(store);
}

static void test_a_damaged_store_of_schema_1_is_refused_and_not_changed(void **state)
{
    (void)state;
    copy_store("schema1.sqlite");
    store_sql("ALTER TABLE sample ADD COLUMN more INTEGER");
    char *before, *after;
    size_t n_before, n_after;
    slurp(&before, &n_before);
    for (int read_only = 0; read_only < 2; read_only++) {
        result_store *store;
        sw_err err = {0};
        assert_int_equal(store_open(&store, store_path, read_only != 0, &err), SW_EFORMAT);
        assert_non_null(strstr(err.msg, "its 'sample' is not that of schema 1"));
    }
    slurp(&after, &n_after);
    assert_int_equal(n_before, n_after);
    assert_memory_equal(before, after, n_before);
    mem_free(before), mem_free(after);
}

/* A view of the name of the table that is to come. */
static void test_a_damaged_store_of_schema_2_is_refused(void **state)
{
    (void)state;
    copy_store("schema2.sqlite");
    store_sql("CREATE VIEW review AS SELECT 1");
    for (int read_only = 0; read_only < 2; read_only++) {
        result_store *store;
        assert_int_not_equal(store_open(&store, store_path, read_only != 0, NULL), SW_OK);
    }
    copy_store("schema2.sqlite");
    store_sql("ALTER TABLE expert ADD COLUMN more INTEGER");
    result_store *store;
    sw_err err = {0};
    assert_int_equal(store_open(&store, store_path, false, &err), SW_EFORMAT);
    assert_non_null(strstr(err.msg, "its 'expert' is not that of schema 2"));
}

#define STORE_TEST(f) cmocka_unit_test_setup(f, store_setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_a_whole_run_keeps_its_figures),
        STORE_TEST(test_a_resumed_run_keeps_its_figures),
        STORE_TEST(test_runs_of_schemas_2_and_3_are_whole),
        STORE_TEST(test_reading_gives_the_same_and_changes_nothing),
        STORE_TEST(test_a_migrated_store_is_one_of_the_newest_schema),
        STORE_TEST(test_a_migrated_store_takes_reviews),
        STORE_TEST(test_a_damaged_store_of_schema_2_is_refused),
        STORE_TEST(test_a_damaged_store_of_schema_1_is_refused_and_not_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
