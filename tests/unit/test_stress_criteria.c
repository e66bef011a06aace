/* Every verdict of a criterion, and that nothing is met or failed that was not measured. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "figures/stress/criteria_file.h"

static const interval EXACT = {NAN, NAN};
static stress_figures f;
static stress_criteria criteria; // built in

static stress_judgement judge(const char *id)
{
    for (size_t i = 0; i < criteria.n; i++) {
        if (strcmp(criteria.items[i].id, id) == 0)
            return stress_judge(&criteria.items[i], &f);
    }
    fail_msg("there is no criterion %s", id);
    return (stress_judgement){0};
}

static void assert_verdict(const char *id, stress_verdict wanted, const char *found)
{
    const stress_judgement j = judge(id);
    if (j.verdict != wanted || strstr(j.found, found) == NULL)
        fail_msg("%s: %s, not %s: %s", id, stress_verdict_name(j.verdict), stress_verdict_name(wanted), j.found);
}

static void test_what_was_not_measured_is_inconclusive(void **state)
{
    (void)state;
    stress_figures_init(&f);
    for (size_t i = 0; i < criteria.n; i++)
        assert_verdict(criteria.items[i].id, STRESS_INCONCLUSIVE, "not measured: it was not asked for");
    stress_figure_lack(&f, FIGURE_GPU_BYTES, FIGURE_MISSING, "this machine has no GPU");
    assert_verdict("gpu-memory", STRESS_INCONCLUSIVE, "this machine has no GPU");
}

static void test_a_figure_without_interval_is_on_one_side(void **state)
{
    (void)state;
    stress_figures_init(&f);
    stress_figure_set(&f, FIGURE_SUSTAINED_TPS, 10.4, EXACT, 31, "minutes of work");
    assert_verdict("sustained-speed", STRESS_MET,
                   "the slowest minute of work: 10.4 tok/s (31 minutes of work); asked: more than 10 tok/s");
    stress_figure_set(&f, FIGURE_SUSTAINED_TPS, 10, EXACT, 31, "minutes of work");
    assert_verdict("sustained-speed", STRESS_NOT_MET, "10 tok/s");
    stress_figure_set(&f, FIGURE_GPU_BYTES, 4.9e9, EXACT, 900, "samples");
    assert_verdict("gpu-memory", STRESS_MET, "4.90 GB (900 samples); asked: less than 5.00 GB");
    stress_figure_set(&f, FIGURE_GPU_BYTES, 5e9, EXACT, 900, "samples");
    assert_verdict("gpu-memory", STRESS_NOT_MET, "5.00 GB");
}

static void test_an_interval_over_the_bound_is_inconclusive(void **state)
{
    (void)state;
    stress_figures_init(&f);
    stress_figure_set(&f, FIGURE_TOP_AGREEMENT, 0.97, (interval){0.96, 0.98}, 4000, "tokens");
    assert_verdict("consistency", STRESS_MET, "0.97 (95 %: 0.96 to 0.98, 4000 tokens)");
    stress_figure_set(&f, FIGURE_TOP_AGREEMENT, 0.97, (interval){0.94, 0.99}, 40, "tokens");
    assert_verdict("consistency", STRESS_INCONCLUSIVE, "not sure enough: ");
    stress_figure_set(&f, FIGURE_TOP_AGREEMENT, 0.9, (interval){0.89, 0.91}, 4000, "tokens");
    assert_verdict("consistency", STRESS_NOT_MET, "0.9 ");
}

static void test_equal_placements_are_invalid(void **state)
{
    (void)state;
    stress_figures_init(&f);
    stress_figure_lack(&f, FIGURE_TOP_AGREEMENT, FIGURE_VOID, "both sides have all experts in RAM");
    assert_verdict("consistency", STRESS_INVALID, "nothing was compared: both sides have all experts in RAM");
}

static void set_endurance(double run_s, double failed, double hourly)
{
    stress_figures_init(&f);
    stress_figure_set(&f, FIGURE_RUN_S, run_s, EXACT, 1, "run");
    stress_figure_set(&f, FIGURE_FAILED_SHARE, failed, EXACT, 4000, "requests");
    stress_figure_set(&f, FIGURE_HOURLY_CHANGE, hourly, (interval){hourly - 0.002, hourly + 0.002}, 24, "parts");
}

static void test_a_short_run_is_inconclusive_however_good(void **state)
{
    (void)state;
    set_endurance(8 * 3600, 0, 0);
    assert_verdict("endurance", STRESS_MET, "requests that did not complete: 0 (4000 requests)");
    set_endurance(8 * 3600 - 1, 0, 0);
    assert_verdict("endurance", STRESS_INCONCLUSIVE, "too little: time in which the run was under way: 28799 s");
}

static void test_a_measured_failure_stands_in_a_short_run(void **state)
{
    (void)state;
    set_endurance(60, 0.5, 0);
    assert_verdict("endurance", STRESS_NOT_MET, "0.5 (4000 requests); asked: at most 0.01");
    set_endurance(9 * 3600, 0, 0.05);
    assert_verdict("endurance", STRESS_NOT_MET, "0.05 (95 %: 0.048 to 0.052, 24 parts)");
}

static void test_a_failure_is_graver_than_what_is_void(void **state)
{
    (void)state;
    stress_figures_init(&f);
    stress_figure_set(&f, FIGURE_SESSIONS, 3, EXACT, 1, "stage");
    stress_figure_set(&f, FIGURE_SESSIONS_TOTAL, 1.5, EXACT, 1, "stage");
    stress_figure_lack(&f, FIGURE_SESSIONS_TTFT, FIGURE_VOID, "there was one session");
    assert_verdict("sessions", STRESS_INVALID, "there was one session");
    stress_figure_set(&f, FIGURE_SESSIONS_LEAST, 0.7, EXACT, 3, "sessions");
    assert_verdict("sessions", STRESS_NOT_MET, "slowest session over the mean: 0.7");
}

static void test_two_sessions_are_too_few(void **state)
{
    (void)state;
    stress_figures_init(&f);
    stress_figure_set(&f, FIGURE_SESSIONS, 2, EXACT, 1, "stage");
    stress_figure_set(&f, FIGURE_SESSIONS_TOTAL, 1.2, EXACT, 1, "stage");
    stress_figure_set(&f, FIGURE_SESSIONS_LEAST, 0.9, EXACT, 2, "sessions");
    stress_figure_set(&f, FIGURE_SESSIONS_TTFT, 1.1, EXACT, 40, "requests");
    stress_figure_set(&f, FIGURE_SESSIONS_FAILED, 0, EXACT, 40, "requests");
    assert_verdict("sessions", STRESS_INCONCLUSIVE, "too little: sessions side by side: 2");
    f.v[FIGURE_SESSIONS].value = 3;
    assert_verdict("sessions", STRESS_MET, "rate of all sessions over that of one alone: 1.2");
}

static void test_remarks_follow_the_figure(void **state)
{
    (void)state;
    stress_figures_init(&f);
    stress_figure_set(&f, FIGURE_EXPERT_COVERAGE, 0.94, EXACT, 5000, "tokens");
    stress_figure_remark(&f, FIGURE_EXPERT_COVERAGE, "chance alone reaches it with %d tokens", 10);
    assert_verdict("expert-use", STRESS_MET, "asked: more than 0.7; chance alone reaches it with 10 tokens");
    stress_figure_lack(
        &f, FIGURE_EXPERT_COVERAGE, FIGURE_MISSING, "%.158s\xc3\xa9",
        "the server 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' reports none");
    const stress_judgement j = judge("expert-use");
    assert_true(utf8_valid(j.found, strlen(j.found)));
}

static void test_a_criterion_without_conditions_says_nothing(void **state)
{
    (void)state;
    const stress_criterion none = {.id = "none"};
    assert_int_equal(stress_judge(&none, &f).verdict, STRESS_INCONCLUSIVE);
}

/* ---- as data ----------------------------------------------------------------------------------------------------- */

static bool read(const char *json, stress_criteria *out, json_reader *r)
{
    json_t *const list = json_loads(json, 0, NULL);
    assert_non_null(list);
    const bool ok = stress_criteria_read(r, NULL, list, out);
    json_decref(list);
    return ok;
}

static void test_a_list_is_read_as_it_is_written(void **state)
{
    (void)state;
    json_reader r = {.document = "criteria"};
    stress_criteria again;
    json_t *const list = stress_criteria_json(&criteria);
    assert_true(stress_criteria_read(&r, NULL, list, &again));
    json_decref(list);
    assert_int_equal(again.n, criteria.n);
    for (size_t i = 0; i < criteria.n; i++) {
        const stress_criterion *const a = &criteria.items[i], *const b = &again.items[i];
        assert_string_equal(a->id, b->id);
        assert_string_equal(a->asked, b->asked);
        assert_int_equal(a->n_conditions, b->n_conditions);
        for (size_t k = 0; k < a->n_conditions; k++) {
            assert_int_equal(a->conditions[k].figure, b->conditions[k].figure);
            assert_int_equal(a->conditions[k].side, b->conditions[k].side);
            assert_true(a->conditions[k].bound == b->conditions[k].bound);
            assert_int_equal(a->conditions[k].is_need, b->conditions[k].is_need);
        }
    }
}

static void test_what_has_no_effect_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *json, *fault;
    } CASES[] = {
        {"[]", "1 to 64 criteria"},
        {"[{\"criterion\":\"a\",\"asked\":\"b\",\"conditions\":[]}]", "1 to 8 conditions"},
        {"[{\"criterion\":\"a\",\"asked\":\"b\",\"conditions\":[{\"figure\":\"speed\",\"above\":1}]}]", "figure"},
        {"[{\"criterion\":\"a\",\"asked\":\"b\",\"conditions\":[{\"figure\":\"recall\"}]}]", "one bound"},
        {"[{\"criterion\":\"a\",\"asked\":\"b\",\"conditions\":[{\"figure\":\"recall\",\"above\":0,\"below\":1}]}]",
         "one bound"},
        {"[{\"criterion\":\"a\",\"asked\":\"b\",\"conditions\":[{\"figure\":\"recall\",\"over\":0}]}]", "over"},
        {"[{\"criterion\":\"a\",\"asked\":\"b\",\"conditions\":[{\"figure\":\"run_s\",\"at_least\":1,\"need\":true}]}]",
         "decides nothing"},
        {"[{\"criterion\":\"A b\",\"asked\":\"b\",\"conditions\":[{\"figure\":\"recall\",\"above\":0}]}]",
         "small letters"},
        {"[{\"criterion\":\"a\",\"asked\":\"b\",\"conditions\":[{\"figure\":\"recall\",\"above\":0}]},"
         "{\"criterion\":\"a\",\"asked\":\"b\",\"conditions\":[{\"figure\":\"recall\",\"above\":0}]}]",
         "two criteria"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        json_reader r = {.document = "criteria"};
        stress_criteria out;
        assert_false(read(CASES[i].json, &out, &r));
        if (strstr(r.fault.message, CASES[i].fault) == NULL)
            fail_msg("%s: %s", CASES[i].json, r.fault.message);
    }
}

static void test_other_bounds_take_the_place_of_those_of_their_name(void **state)
{
    (void)state;
    json_reader r = {.document = "criteria"};
    stress_criteria all = criteria, more;
    assert_true(
        read("[{\"criterion\":\"no-leak\",\"asked\":\"b\",\"conditions\":[{\"figure\":\"host_slope\",\"at_most\":1}]},"
             "{\"criterion\":\"recall\",\"asked\":\"b\",\"conditions\":[{\"figure\":\"recall\",\"above\":0.5}]}]",
             &more, &r));
    assert_int_equal(stress_criteria_join(&all, &more, NULL), SW_OK);
    assert_int_equal(all.n, criteria.n + 1);
    assert_string_equal(all.items[6].id, "no-leak");
    assert_string_equal(stress_bound_text_of(&all.items[6].conditions[0]).text, "at most 1 B/h");
    assert_string_equal(all.items[criteria.n].id, "recall");
}

/* A run keeps the bounds that it was made with. */
static void test_a_run_has_its_own_criteria(void **state)
{
    (void)state;
    static const char OWN[] = "{\"criteria\":[{\"criterion\":\"recall\",\"asked\":\"b\","
                              "\"conditions\":[{\"figure\":\"recall\",\"above\":0.5}]}],\"suites\":[]}";
    stress_criteria out;
    sw_err err = {0};
    assert_int_equal(stress_criteria_of_run(&(run_info){.protocol_json = OWN}, &out, NULL), SW_OK);
    assert_int_equal(out.n, 1);
    assert_int_equal(stress_criteria_of_run(&(run_info){.protocol_json = "{\"suites\":[]}"}, &out, NULL), SW_OK);
    assert_int_equal(out.n, criteria.n);
    assert_int_equal(stress_criteria_of_run(&(run_info){.protocol_json = "{\"criteria\":7}"}, &out, &err), SW_EFORMAT);
    assert_non_null(strstr(err.msg, "the run's protocol: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_not_measured_is_inconclusive),
        cmocka_unit_test(test_a_figure_without_interval_is_on_one_side),
        cmocka_unit_test(test_an_interval_over_the_bound_is_inconclusive),
        cmocka_unit_test(test_equal_placements_are_invalid),
        cmocka_unit_test(test_a_short_run_is_inconclusive_however_good),
        cmocka_unit_test(test_a_measured_failure_stands_in_a_short_run),
        cmocka_unit_test(test_a_failure_is_graver_than_what_is_void),
        cmocka_unit_test(test_two_sessions_are_too_few),
        cmocka_unit_test(test_remarks_follow_the_figure),
        cmocka_unit_test(test_a_criterion_without_conditions_says_nothing),
        cmocka_unit_test(test_a_list_is_read_as_it_is_written),
        cmocka_unit_test(test_what_has_no_effect_is_refused),
        cmocka_unit_test(test_other_bounds_take_the_place_of_those_of_their_name),
        cmocka_unit_test(test_a_run_has_its_own_criteria),
    };
    if (stress_criteria_built_in(&criteria, NULL) != SW_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
