/* Runs side by side: their figures, which of them may be compared, what is called the best, what the page says of them,
 * and its forms as golden files. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "overview/overview_parts.h"
#include "overview/overview_report.h"
#include "report/report.h"
#include "support/draws.h"
#include "support/faults.h"
#include "support/golden_text.h"
#include "support/run_fixture.h"

static overview page;
static buf out;

static int setup(void **state)
{
    (void)state;
    buf_init(&out, REPORT_BYTES_MAX);
    return overview_init(&page, NULL);
}

static int teardown(void **state)
{
    (void)state;
    overview_free(&page);
    buf_free(&out);
    return 0;
}

/* ---- runs -------------------------------------------------------------------------------------------------------- */

/* All times of answers, multiplied. */
static void slow_down(run_record *run, double factor)
{
    for (size_t i = 0; i < run->n_tests; i++) {
        answer_record *const a = &run->tests[i].answer;
        for (size_t k = 0; k < a->n_arrivals; k++) {
            arrival *const e = (arrival *)(uintptr_t)&a->arrivals[k]; // the fixture's own
            e->t_ns = (int64_t)((double)e->t_ns * factor);
        }
        a->end_ns = (int64_t)((double)a->end_ns * factor);
    }
}

/* The fixture's run, of its first n_subjects models. */
static run_record *make_run(run_fixture **fixture, size_t n_subjects)
{
    *fixture = run_fixture_create();
    assert_non_null(*fixture);
    run_record *const run = run_fixture_edit(*fixture);
    run->info.status = "ok";
    run->n_subjects = n_subjects;
    return run;
}

static void add(const run_record *run, const char *name)
{
    run_analysis analysis;
    assert_int_equal(run_analysis_brief_of(run, &analysis, NULL), SW_OK);
    assert_int_equal(overview_add(&page, &analysis, name, NULL), SW_OK);
    run_analysis_free(&analysis);
}

static void judge(const char *knob)
{
    assert_int_equal(overview_judge(&page, knob, NULL), SW_OK);
}

/* A run whose times are those of the fixture times a factor; `change` may change more of it. */
static void add_run(size_t n_subjects, double factor, const char *name, void (*change)(run_record *run))
{
    run_fixture *fixture;
    run_record *const run = make_run(&fixture, n_subjects);
    slow_down(run, factor);
    if (change != NULL)
        change(run);
    add(run, name);
    run_fixture_free(fixture);
}

static void assert_says(const char *text)
{
    if (strstr(buf_str(&out), text) == NULL)
        fail_msg("the page does not say '%s'", text);
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

static void test_figures_are_those_of_the_runs_own_report(void **state)
{
    (void)state;
    run_fixture *fixture;
    const run_record *const run = make_run(&fixture, 2);
    run_analysis whole;
    criteria_list criteria;
    assert_int_equal(run_analysis_of(run, &whole, NULL), SW_OK);
    assert_int_equal(criteria_of(&whole, &criteria, NULL), SW_OK);
    add(run, "a:1");
    assert_int_equal(page.n_entries, 2);
    for (int i = 0; i < 2; i++) {
        const overview_entry *const e = &page.entries[i];
        const run_summary *const m = &whole.subjects[i].modes[MODE_STREAM];
        assert_true(e->overall_tps == m->overall_tps && e->decode_tps == m->decode_tps);
        assert_true(e->ttft_ms == m->ttft_ms.p50 && e->mark_mean == whole.subjects[i].mark_mean);
        assert_true(e->mean_repetition == m->mean_repetition && e->n_completed == m->n_completed);
        assert_true(e->figures[COMPARE_TTFT].median == m->ttft_ms.p50);
        assert_int_equal(e->readiness, readiness_of(run, &criteria, i).verdict);
        assert_true(e->n_expert_tests == 0 || e->experts.coverage == whole.subjects[i].experts.all.coverage);
        for (size_t k = 0; k < criteria.n; k++) {
            const criterion_row *const row = &criteria.rows[k];
            for (size_t c = 0; c < page.n_criteria; c++) {
                if (row->subject == i && !row->is_expectation && strcmp(page.criteria[c], row->id) == 0)
                    assert_int_equal(e->criteria[c], row->verdict);
            }
        }
    }
    criteria_free(&criteria);
    run_analysis_free(&whole);
    run_fixture_free(fixture);
}

static void test_values_of_tests_are_pooled_by_test_whatever_run_has_them(void **state)
{
    (void)state;
    add_run(2, 1, "a:1", NULL);
    const size_t n = page.n_tests;
    add_run(2, 1.5, "b:1", NULL);
    assert_int_equal(page.n_tests, n);
    assert_int_equal(page.entries[0].n_values, page.entries[2].n_values);
    for (size_t i = 0; i < page.entries[0].n_values; i++) {
        const overview_value *const a = &page.entries[0].values[i], *const b = &page.entries[2].values[i];
        assert_true(a->test == b->test && a->repeat == b->repeat);
        assert_close(b->v[COMPARE_TTFT] / a->v[COMPARE_TTFT], 1.5, 1e-3);
    }
}

/* ---- which may be compared --------------------------------------------------------------------------------------- */

static void move_to_another_machine(run_record *run)
{
    run->info.cpu = "another processor";
    run->info.n_cores = 96;
}

static void make_invalid(run_record *run)
{
    run->info.status = "invalid";
    run->info.reasons = "the placement is not the one that was asked for";
}

static void test_unlike_and_invalid_runs_are_never_ranked(void **state)
{
    (void)state;
    add_run(1, 1.1, "a:1", NULL);
    add_run(1, 1.2, "b:1", NULL);
    add_run(1, 0.1, "fast-invalid:1", make_invalid);
    add_run(1, 0.1, "fast-elsewhere:1", move_to_another_machine);
    judge(NULL);
    assert_null(page.knob);
    assert_int_equal(page.n_groups, 2);
    const int groups[] = {0, 0, -1, 1};
    for (int i = 0; i < 4; i++)
        assert_int_equal(page.entries[i].group, groups[i]);
    assert_ptr_equal(overview_best(&page, 0, COMPARE_OVERALL), &page.entries[0]);
    assert_null(overview_best(&page, 1, COMPARE_OVERALL));
    assert_string_equal(overview_verdict(&page, &page.entries[2], COMPARE_OVERALL), "not ranked");
    assert_string_equal(overview_verdict(&page, &page.entries[3], COMPARE_OVERALL), "alone");
    overview_markdown(&out, &page);
    assert_says("2 of 4 differ in nothing but the time at which they ran");
    assert_says("run 3 is not ranked: its run is invalid");
    assert_says("run 4 differs in cpu (another processor), cores (96)");
}

static void use_other_threads(run_record *run)
{
    for (size_t i = 0; i < run->n_facts; i++) {
        if (run->facts[i].name == FACT_N_THREADS)
            run->facts[i].number += 1;
    }
}

static void test_the_part_in_which_runs_differ_is_found_and_can_be_named(void **state)
{
    (void)state;
    add_run(1, 1, "a:1", NULL);
    add_run(1, 1.2, "b:1", use_other_threads);
    judge(NULL);
    assert_string_equal(page.knob, "n_threads");
    assert_int_equal(page.n_groups, 1);
    judge("version");
    assert_int_equal(page.n_groups, 2);
    sw_err err = {0};
    assert_int_equal(overview_judge(&page, "colour", &err), SW_EINVAL);
    assert_non_null(strstr(err.msg, "colour"));
}

/* Another server, which tells nothing of itself. */
static void serve_by_another(run_record *run)
{
    for (size_t i = 0; i < run->n_servers; i++)
        run->servers[i].software = "llama-server b9999";
    run->n_placement = 0;
    for (size_t i = 0; i < run->n_facts; i++) {
        if (run->facts[i].server >= 0)
            run->facts[i].name = FACT_WATCH_NOTE;
    }
}

static void test_what_another_server_does_not_tell_is_said_and_no_difference(void **state)
{
    (void)state;
    add_run(1, 1, "a:1", NULL);
    add_run(1, 1.2, "b:1", serve_by_another);
    judge(NULL);
    assert_string_equal(page.knob, "server");
    assert_int_equal(page.n_groups, 1);
    overview_markdown(&out, &page);
    assert_says("Not every server tells its placement");
    assert_says("whether they are equal is not known");
}

static void test_two_servers_are_compared_model_by_model(void **state)
{
    (void)state;
    add_run(2, 1, "a:1", NULL);
    add_run(2, 1.1, "b:1", NULL);
    add_run(2, 1.2, "c:1", serve_by_another);
    judge(NULL);
    assert_string_equal(page.knob, "server"); // with "models" the third run would be compared with no other
    const int groups[] = {0, 1, 0, 1, 0, 1};
    for (int i = 0; i < 6; i++)
        assert_int_equal(page.entries[i].group, groups[i]);
    overview_markdown(&out, &page);
    assert_says("All are compared, in 2 groups within which they differ in nothing but server");
    assert_says("group 2 differs in models (phi-3.5-moe-demo)");
    assert_says("gpt-oss-demo of run 1 surely has the highest rate over whole answers");
    assert_says(". phi-3.5-moe-demo of run 1 surely has the highest rate over whole answers");
}

/* ---- what is best ------------------------------------------------------------------------------------------------ */

static void test_the_best_is_named_if_every_pair_shows_it(void **state)
{
    (void)state;
    add_run(1, 1, "a:1", NULL);
    add_run(1, 1.2, "b:1", NULL);
    add_run(1, 1.4, "c:1", NULL);
    judge(NULL);
    assert_true(overview_is_sure(&page, 0, COMPARE_TTFT) && overview_is_sure(&page, 0, COMPARE_OVERALL));
    assert_ptr_equal(overview_best(&page, 0, COMPARE_TTFT), &page.entries[0]);
    assert_true(page.entries[1].figures[COMPARE_TTFT].is_behind && page.entries[2].figures[COMPARE_TTFT].is_behind);
    assert_close(page.entries[2].figures[COMPARE_TTFT].gap.difference, 0.4, 1e-3);
    overview_markdown(&out, &page);
    assert_says("run 1 surely has the highest rate over whole answers");
    assert_says("run 3 has the lowest");
}

static void test_equal_runs_are_not_told_apart(void **state)
{
    (void)state;
    add_run(1, 1, "a:1", NULL);
    add_run(1, 1, "b:1", NULL);
    judge(NULL);
    for (int m = 0; m < N_COMPARE_METRICS; m++)
        assert_false(overview_is_sure(&page, 0, (compare_metric)m));
    overview_markdown(&out, &page);
    assert_says("run 1 shows the highest rate over whole answers");
    assert_says("but is not told apart from run 2");
}

/* Entries of one group whose values are drawn: test and repetition give a level, and each run adds noise. */
static void draw_page(rng_state *rng, int n_entries)
{
    enum { TESTS = 9, REPEATS = 2 };
    assert_int_equal(overview_init(&page, NULL), SW_OK);
    page.entries = mem_calloc((size_t)n_entries, sizeof *page.entries);
    page.n_entries = (size_t)n_entries;
    page.n_groups = 1;
    for (int i = 0; i < n_entries; i++) {
        overview_entry *const e = &page.entries[i];
        e->values = mem_calloc(TESTS * REPEATS, sizeof *e->values);
        double sum = 0;
        for (int k = 0; k < TESTS * REPEATS; k++) {
            overview_value *const v = &e->values[e->n_values++];
            *v = (overview_value){.test = k / REPEATS, .repeat = k % REPEATS};
            for (int m = 0; m < N_COMPARE_METRICS; m++)
                v->v[m] = NAN;
            v->v[COMPARE_OVERALL] = (1 + v->test) * exp(0.05 * normal(rng));
            v->v[COMPARE_TTFT] = (1 + v->test) * exp(0.05 * normal(rng));
            sum += v->v[COMPARE_OVERALL];
        }
        for (int m = 0; m < N_COMPARE_METRICS; m++)
            e->figures[m] = (overview_figure){.p_value = NAN};
        e->figures[COMPARE_OVERALL] = (overview_figure){.n = e->n_values, .median = sum, .p_value = NAN};
        e->figures[COMPARE_TTFT] = (overview_figure){.n = e->n_values, .median = sum, .p_value = NAN};
    }
}

/* Any entry that is called behind is a false alarm: all are drawn alike. */
static void test_runs_drawn_alike_are_seldom_told_apart(void **state)
{
    enum { PAGES = 200 };
    rng_state rng;
    rng_seed(&rng, 13);
    int n_wrong = 0;
    for (int i = 0; i < PAGES; i++) {
        teardown(state);
        draw_page(&rng, 5);
        assert_int_equal(overview_rank(&page, NULL), SW_OK);
        bool is_wrong = false;
        for (size_t k = 0; k < page.n_entries; k++)
            is_wrong |=
                page.entries[k].figures[COMPARE_OVERALL].is_behind || page.entries[k].figures[COMPARE_TTFT].is_behind;
        n_wrong += is_wrong;
    }
    assert_true(n_wrong <= PAGES / 20);
    buf_init(&out, REPORT_BYTES_MAX);
}

/* ---- sentences --------------------------------------------------------------------------------------------------- */

enum { SENTENCE_MAX = 2048 };

static void read_sentence(const char *topic, char text[SENTENCE_MAX])
{
    char start[64];
    snprintf(start, sizeof start, "\n| [%s](", topic);
    const char *const row = strstr(buf_str(&out), start), *const cell = row != NULL ? strstr(row, ") | ") : NULL;
    if (cell == NULL)
        fail_msg("the page has no sentence of %s", topic);
    snprintf(text, SENTENCE_MAX, "%.*s", (int)strcspn(cell + 4, "|"), cell + 4);
}

static void lower_quality(run_record *run)
{
    for (size_t i = 0; i < run->n_tests; i++)
        run->tests[i].answer.finish_reason = "length";
    for (size_t i = 0; i < run->n_samples; i++)
        run->samples[i].values.v[SAMPLE_PRIVATE] *= 2;
}

static void test_sentences_change_when_two_runs_exchange_their_figures(void **state)
{
    static const char *const TOPICS[] = {"speed", "first token", "memory", "readiness"};
    enum { N_TOPICS = sizeof TOPICS / sizeof *TOPICS };
    char before[N_TOPICS][SENTENCE_MAX], after[SENTENCE_MAX];
    add_run(1, 1, "a:1", NULL);
    add_run(1, 2, "b:1", lower_quality);
    judge(NULL);
    overview_markdown(&out, &page);
    for (int i = 0; i < N_TOPICS; i++)
        read_sentence(TOPICS[i], before[i]);
    teardown(state);
    setup(state);
    add_run(1, 2, "a:1", lower_quality);
    add_run(1, 1, "b:1", NULL);
    judge(NULL);
    overview_markdown(&out, &page);
    for (int i = 0; i < N_TOPICS; i++) {
        read_sentence(TOPICS[i], after);
        assert_string_not_equal(before[i], after);
    }
}

/* ---- limits ------------------------------------------------------------------------------------------------------ */

static void test_as_many_runs_as_the_limit_says_and_no_more(void **state)
{
    (void)state;
    run_fixture *fixture;
    run_analysis analysis;
    sw_err err = {0};
    assert_int_equal(run_analysis_brief_of(make_run(&fixture, 1), &analysis, NULL), SW_OK);
    for (int i = 0; i < LIMIT_OVERVIEW_RUNS; i++)
        assert_int_equal(overview_add(&page, &analysis, "many", NULL), SW_OK);
    assert_int_equal(overview_add(&page, &analysis, "too many", &err), SW_ELIMIT);
    assert_non_null(strstr(err.msg, "100 runs"));
    assert_int_equal(page.n_runs, LIMIT_OVERVIEW_RUNS);
    judge(NULL);
    overview_html(&out, &page);
    assert_int_equal(out.failed, SW_OK);
    int n = 0;
    for (const char *p = buf_str(&out); (p = strstr(p, "<h3 id=\"run-")) != NULL; p++)
        n++;
    assert_int_equal(n, LIMIT_OVERVIEW_RUNS);
    run_analysis_free(&analysis);
    run_fixture_free(fixture);
}

static void add_and_write(const run_analysis *analysis)
{
    overview o;
    buf_init(&out, REPORT_BYTES_MAX);
    sw_code code = overview_init(&o, NULL);
    for (int i = 0; code == SW_OK && i < 2; i++)
        code = overview_add(&o, analysis, "run", NULL);
    if (code == SW_OK)
        code = overview_judge(&o, NULL, NULL);
    if (code == SW_OK)
        overview_markdown(&out, &o);
    if (code == SW_OK && out.failed == SW_OK)
        code = overview_json(&out, &o, NULL);
    overview_free(&o);
    out.failed = code != SW_OK ? code : out.failed;
}

static void test_short_memory_is_an_error_wherever_it_is_short(void **state)
{
    (void)state;
    run_fixture *fixture;
    run_analysis analysis;
    run_record *const run = make_run(&fixture, 1);
    run->n_tests = 4;
    assert_int_equal(run_analysis_brief_of(run, &analysis, NULL), SW_OK);
    buf_free(&out);
    long n_allocations = 1, n_live = 0;
    for (long n = FAULTS_NONE; n < n_allocations; n += n < 60 ? 1 : 7) {
        faults_alloc_begin(n);
        add_and_write(&analysis);
        const sw_code failed = out.failed;
        buf_free(&out);
        n_allocations = faults_alloc_end(&n_live);
        if (n_live != 0 || (failed != SW_OK && failed != SW_ENOMEM) || (n == FAULTS_NONE && failed != SW_OK))
            fail_msg("allocation %ld of %ld: %ld blocks are left, code %d", n, n_allocations, n_live, (int)failed);
    }
    buf_init(&out, REPORT_BYTES_MAX);
    run_analysis_free(&analysis);
    run_fixture_free(fixture);
}

static void give_scores(run_record *run)
{
    static review_record given[2] = {{.reviewer = "Ada", .scores = {5, 4, 3}, .note = ""},
                                     {.reviewer = "Grace", .scores = {2, 0, 0}, .flags = {true}, .note = ""}};
    while (run->tests[given[0].test].is_warmup || run->tests[given[0].test].mode != MODE_STREAM ||
           run->tests[given[0].test].subject != 0)
        given[0].test++;
    given[1].test = given[0].test;
    run->reviews = given;
    run->n_reviews = 2;
}

static void test_scores_of_people_stand_beside_each_other(void **state)
{
    (void)state;
    add_run(1, 1, "a:1", NULL);
    judge(NULL);
    overview_markdown(&out, &page);
    assert_null(strstr(buf_str(&out), "People's scores"));
    add_run(1, 1, "a:2", give_scores);
    judge(NULL);
    assert_int_equal(page.entries[0].reviews.n, 0);
    assert_int_equal(page.entries[1].reviews.n, 2);
    assert_true(page.entries[1].reviews.means[SCORE_CONTENT] == 3.5);
    assert_true(page.entries[1].reviews.means[SCORE_ACCURACY] == 4);
    buf_clear(&out);
    overview_markdown(&out, &page);
    assert_says("## People's scores");
    assert_says("| [run 2](#run-2) | 2 | 3.50 | 4.00 | 3.00 |");
}

/* ---- golden files ------------------------------------------------------------------------------------------------ */

static void add_three(void)
{
    add_run(2, 1, "results/monday:1", NULL);
    add_run(2, 1.25, "results/tuesday:1", NULL);
    add_run(1, 0.5, "results/wednesday:1", make_invalid);
    assert_int_equal(overview_lose(&page, "results/broken", "results/broken/results.sqlite is damaged", NULL), SW_OK);
    judge(NULL);
}

static void test_three_runs_as_markdown(void **state)
{
    (void)state;
    add_three();
    overview_markdown(&out, &page);
    golden_text_assert("three_runs.md", buf_str(&out), out.size);
}

static void test_three_runs_as_text_of_100_columns(void **state)
{
    (void)state;
    add_three();
    overview_text(&out, &page, 100);
    golden_text_assert("three_runs.100.txt", buf_str(&out), out.size);
}

static void test_three_runs_as_json(void **state)
{
    (void)state;
    add_three();
    assert_int_equal(overview_json(&out, &page, NULL), SW_OK);
    golden_text_assert("three_runs.json", buf_str(&out), out.size);
}

static void test_three_runs_as_csv(void **state)
{
    (void)state;
    add_three();
    overview_csv(&out, &page);
    golden_text_assert("three_runs.csv", buf_str(&out), out.size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_figures_are_those_of_the_runs_own_report, setup, teardown),
        cmocka_unit_test_setup_teardown(test_values_of_tests_are_pooled_by_test_whatever_run_has_them, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unlike_and_invalid_runs_are_never_ranked, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_part_in_which_runs_differ_is_found_and_can_be_named, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_another_server_does_not_tell_is_said_and_no_difference, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_two_servers_are_compared_model_by_model, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_best_is_named_if_every_pair_shows_it, setup, teardown),
        cmocka_unit_test_setup_teardown(test_equal_runs_are_not_told_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_runs_drawn_alike_are_seldom_told_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sentences_change_when_two_runs_exchange_their_figures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_as_many_runs_as_the_limit_says_and_no_more, setup, teardown),
        cmocka_unit_test_setup_teardown(test_short_memory_is_an_error_wherever_it_is_short, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scores_of_people_stand_beside_each_other, setup, teardown),
        cmocka_unit_test_setup_teardown(test_three_runs_as_markdown, setup, teardown),
        cmocka_unit_test_setup_teardown(test_three_runs_as_text_of_100_columns, setup, teardown),
        cmocka_unit_test_setup_teardown(test_three_runs_as_json, setup, teardown),
        cmocka_unit_test_setup_teardown(test_three_runs_as_csv, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
