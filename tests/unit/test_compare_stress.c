/* Stress runs compared, as they come out of a store: stages and items are paired, and verdicts are held against each
 * other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "compare/comparison_report.h"
#include "compare/run_trend.h"
#include "results/store.h"
#include "support/record_maker.h"
#include "support/temp_dir.h"

enum { N_ALONE = 10, N_BESIDE = 24, N_TESTS = N_ALONE + N_BESIDE };

static const char PROTOCOL[] =
    "{\"criteria\":[{\"criterion\":\"sessions\",\"asked\":\"none fails\","
    "\"conditions\":[{\"figure\":\"sessions_failed\",\"at_most\":0}]},"
    "{\"criterion\":\"endurance\",\"asked\":\"an hour\",\"conditions\":"
    "[{\"figure\":\"run_s\",\"at_least\":3600,\"need\":true},{\"figure\":\"failed_share\",\"at_most\":1}]}]}";

/* How a run is made. */
typedef struct making {
    double gap_ms;   // of the second stage; 0: 10
    bool is_failing; // one request of the second stage
    bool is_other;   // one answer of the second stage
    bool has_no_stages;
    const char *suite;  // NULL: "concurrent"
    int n_wrong;        // of the ten answers of the first stage, which have checks; 0: none has
    const char *second; // name of the second stage; NULL: "3 sessions"
    const char *words;  // of the last question; NULL: the usual ones
} making;

typedef struct side {
    run_record *run;
    run_analysis analysis;
} side;

static const check_record RIGHT = {"result", "problem", true, 1, CHECK_PASSED, ""},
                          WRONG = {"result", "problem", true, 1, CHECK_FAILED, ""};

static test_record make_test(const making *m, int i)
{
    static test_record usual, slow;
    const bool is_beside = i >= N_ALONE;
    if (usual.plan.name == NULL)
        usual = record_test(MODE_STREAM, 0, 0);
    if (m->gap_ms > 0 && slow.plan.name == NULL) {
        slow = usual;
        record_pace(&slow, m->gap_ms, 1);
    }
    test_record t = is_beside && m->gap_ms > 0 ? slow : usual;
    t.index = i;
    t.stage = m->has_no_stages ? -1 : is_beside;
    t.session = is_beside ? (i - N_ALONE) % 3 : 0;
    t.turn = is_beside ? (i - N_ALONE) / 3 : i;
    t.item = i % 2 == 0 ? "even" : "odd";
    t.start_ms = is_beside ? 5000 + 500 * t.turn : 500 * t.turn;
    return t;
}

static void put_tests(result_store *store, int64_t id, const making *m)
{
    for (int i = 0; i < N_TESTS; i++) {
        test_record t = make_test(m, i);
        if (m->words != NULL && i == N_TESTS - 1)
            t.plan.prompt = m->words;
        if (m->n_wrong > 0 && i < N_ALONE) {
            t.checks = i < m->n_wrong ? &WRONG : &RIGHT;
            t.n_checks = 1;
        }
        if (m->is_failing && i == N_ALONE)
            t.answer.status = TEST_TIMEOUT;
        if (m->is_other && i == N_ALONE + 1) {
            t.answer.text = "Another answer.";
            t.answer.n_text = strlen(t.answer.text);
        }
        assert_int_equal(store_add_test(store, id, &t, NULL, 0, NULL), SW_OK);
    }
}

static void put_stages(result_store *store, int64_t id, const making *m)
{
    stage_record stage = {.suite = m->suite != NULL ? m->suite : "concurrent",
                          .name = "1 session",
                          .work = "sessions",
                          .parameters = "{}",
                          .spent_ms = 5000,
                          .end_ms = 5000,
                          .ending = STAGE_DONE,
                          .reason = ""};
    assert_int_equal(store_put_stage(store, id, 0, &stage, NULL, 0, NULL), SW_OK);
    stage.name = m->second != NULL ? m->second : "3 sessions";
    stage.start_ms = 5000;
    stage.end_ms = 10000;
    assert_int_equal(store_put_stage(store, id, 1, &stage, NULL, 0, NULL), SW_OK);
}

/* Stores the run, and loads it again. */
static side make_side(const making *m)
{
    static int n_stores;
    char name[32];
    result_store *store;
    int64_t id;
    int position;
    side s;
    snprintf(name, sizeof name, "%d.sqlite", n_stores++);
    run_record like = record_run(NULL, 0);
    like.info.protocol_json = PROTOCOL;
    assert_int_equal(store_open(&store, temp_file(name).s, /*read_only=*/false, NULL), SW_OK);
    assert_int_equal(store_add_run(store, &like.info, &id, NULL), SW_OK);
    assert_int_equal(store_put_subject(store, id, 0, &like.subjects[0], NULL), SW_OK);
    assert_int_equal(store_add_server(store, id, &like.servers[0], &position, NULL), SW_OK);
    if (!m->has_no_stages)
        put_stages(store, id, m);
    put_tests(store, id, m);
    assert_int_equal(store_finish_run(store, id, "ok", "", "sha256:1", 20000, NULL), SW_OK);
    assert_int_equal(store_load_run(store, id, &s.run, NULL), SW_OK);
    store_close(store);
    assert_int_equal(run_analysis_of(s.run, &s.analysis, NULL), SW_OK);
    return s;
}

static void free_side(side *s)
{
    run_analysis_free(&s->analysis);
    run_record_free(s->run);
}

static struct {
    side a, b;
    comparison c;
} x; // the comparison has views into both sides

static void compare(const making *a, const making *b, bool is_forced)
{
    const comparison_options options = {.limits = compare_limits_default(), .n_draws = 200, .is_forced = is_forced};
    x.a = make_side(a);
    x.b = make_side(b);
    assert_int_equal(comparison_of(&x.a.analysis, &x.b.analysis, &options, &x.c, NULL), SW_OK);
}

static void end(void)
{
    comparison_free(&x.c);
    free_side(&x.a);
    free_side(&x.b);
}

static const change_row *find_row(const comparison *c, compare_metric metric, int stage)
{
    for (size_t i = 0; i < c->n_rows; i++) {
        if (c->rows[i].metric == metric && c->rows[i].stage == stage && c->rows[i].test == NULL)
            return &c->rows[i];
    }
    fail_msg("stage %d has no row of metric %d", stage, (int)metric);
    return NULL;
}

static void test_equal_runs_are_paired_by_stage_and_item(void **state)
{
    (void)state;
    compare(&(making){0}, &(making){.words = "with what was said before"}, false);
    assert_int_equal(x.c.outcome, COMPARISON_OK);
    assert_int_equal(x.c.pairs.n, N_TESTS);
    assert_int_equal(x.c.pairs.n_tests, 4); // two items in two stages
    assert_int_equal(x.c.exact.n, 0);
    assert_int_equal(x.c.exact.n_compared[COMPARE_OUTPUTS], 4);
    assert_int_equal(x.c.exact.n_compared[COMPARE_VERDICTS], 1);
    assert_int_equal(find_row(&x.c, COMPARE_DECODE, 0)->change.n, N_ALONE);
    assert_int_equal(find_row(&x.c, COMPARE_DECODE, 1)->change.n, N_BESIDE);
    for (size_t i = 0; i < x.c.pairs.n; i++) {
        const test_pair *const p = &x.c.pairs.items[i];
        assert_int_equal(p->a->test->session, p->b->test->session);
        assert_int_equal(p->a->test->turn, p->b->test->turn);
    }
    end();
}

static void test_a_stage_of_another_name_is_not_compared(void **state)
{
    (void)state;
    compare(&(making){0}, &(making){.second = "4 sessions"}, false);
    assert_int_equal(x.c.pairs.n, N_ALONE);
    assert_int_equal(x.c.pairs.n_only_a, N_BESIDE);
    assert_int_equal(x.c.pairs.n_only_b, N_BESIDE);
    end();
}

static void test_one_stage_that_is_slower_is_a_regression(void **state)
{
    (void)state;
    compare(&(making){0}, &(making){.gap_ms = 12.5}, false);
    assert_int_equal(x.c.outcome, COMPARISON_REGRESSED);
    assert_false(find_row(&x.c, COMPARE_DECODE, 0)->is_regression);
    assert_true(find_row(&x.c, COMPARE_DECODE, 1)->is_regression);
    end();
}

static void test_a_changed_answer_is_a_regression(void **state)
{
    (void)state;
    compare(&(making){0}, &(making){.is_other = true}, false);
    assert_int_equal(x.c.n_exact[COMPARE_OUTPUTS], 1);
    assert_int_equal(x.c.outcome, COMPARISON_REGRESSED);
    end();
}

static void assert_says(const buf *text, const char *what)
{
    if (strstr(buf_str(text), what) == NULL)
        fail_msg("\"%s\" is not in: %s", what, buf_str(text));
}

/* Every form of the result names the criterion and the stage. */
static void test_a_criterion_that_is_not_met_any_more_is_a_regression(void **state)
{
    (void)state;
    const comparison_names names = {"a", "b"};
    buf out;
    buf_init(&out, 1 << 24);
    compare(&(making){0}, &(making){.is_failing = true}, false);
    assert_int_equal(x.c.outcome, COMPARISON_REGRESSED);
    assert_int_equal(x.c.n_exact[COMPARE_VERDICTS], 1);
    assert_int_equal(x.c.verdicts.n, 2);
    assert_int_equal(x.c.verdicts.items[1].b->verdict, STRESS_INCONCLUSIVE); // as before
    comparison_markdown(&out, &x.c, names);
    assert_says(&out, "| sessions | met | not met |");
    assert_says(&out, "verdicts: sessions (m) was met, and is not met");
    assert_says(&out, "| concurrent: 3 sessions |");
    buf_clear(&out);
    assert_int_equal(comparison_json(&out, &x.c, names, NULL), SW_OK);
    assert_says(&out, "\"new\": \"not met\"");
    assert_says(&out, "\"name\": \"3 sessions\"");
    buf_clear(&out);
    comparison_junit(&out, &x.c, names);
    assert_says(&out, "classname=\"m.concurrent: 1 session\"");
    end();
    compare(&(making){.is_failing = true}, &(making){0}, false); // the other way round it is none
    assert_int_equal(x.c.n_exact[COMPARE_VERDICTS], 0);
    end();
    buf_free(&out);
}

/* Two answers of a run are no proof of a loss, unless somebody sets a limit. */
static void test_accuracy_is_judged_where_a_limit_is_set(void **state)
{
    (void)state;
    compare(&(making){.suite = "reasoning", .n_wrong = 1}, &(making){.suite = "reasoning", .n_wrong = 3}, false);
    const change_row *row = find_row(&x.c, COMPARE_ACCURACY, -1);
    assert_true(row->change.a == 90 && row->change.b == 70);
    assert_int_equal(row->verdict, CHANGE_UNCLEAR);
    comparison_options options = x.c.options;
    options.limits.allowed[COMPARE_ACCURACY] = 2;
    comparison_free(&x.c);
    assert_int_equal(comparison_of(&x.a.analysis, &x.b.analysis, &options, &x.c, NULL), SW_OK);
    row = find_row(&x.c, COMPARE_ACCURACY, -1);
    assert_true(row->is_regression);
    end();
}

static void test_a_benchmark_is_another_thing(void **state)
{
    (void)state;
    for (int is_forced = 0; is_forced < 2; is_forced++) {
        buf why;
        buf_init(&why, 4096);
        compare(&(making){.has_no_stages = true}, &(making){0}, is_forced);
        assert_int_equal(x.c.outcome, COMPARISON_REFUSED);
        assert_says(&x.c.reasons, "BASE is a benchmark and NEW a stress run: unlike things");
        comparison_put_outcome(&why, &x.c);
        assert_string_equal(buf_str(&why), "refused: a stress run and a benchmark are not comparable");
        buf_free(&why);
        end();
    }
}

static void test_a_trend_has_a_row_for_each_stage(void **state)
{
    (void)state;
    run_trend t;
    side s = make_side(&(making){0});
    assert_int_equal(run_trend_init(&t, NULL), SW_OK);
    for (int i = 0; i < TREND_RUNS_MIN; i++)
        assert_int_equal(run_trend_add(&t, &s.analysis, "run", NULL, NULL), SW_OK);
    assert_int_equal(run_trend_judge(&t, NULL, COMPARE_DECODE, NULL), SW_OK);
    assert_int_equal(t.n_rows, 2);
    assert_string_equal(run_trend_place(&t.rows[0]), "concurrent: 1 session");
    assert_string_equal(run_trend_place(&t.rows[1]), "concurrent: 3 sessions");
    assert_true(t.rows[1].is_judged);
    run_trend_free(&t);
    free_side(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_runs_are_paired_by_stage_and_item),
        cmocka_unit_test(test_a_stage_of_another_name_is_not_compared),
        cmocka_unit_test(test_one_stage_that_is_slower_is_a_regression),
        cmocka_unit_test(test_a_changed_answer_is_a_regression),
        cmocka_unit_test(test_a_criterion_that_is_not_met_any_more_is_a_regression),
        cmocka_unit_test(test_accuracy_is_judged_where_a_limit_is_set),
        cmocka_unit_test(test_a_benchmark_is_another_thing),
        cmocka_unit_test(test_a_trend_has_a_row_for_each_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
