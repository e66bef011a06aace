/* Every verdict of a criterion, and that nothing is met or failed that was not measured. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "figures/stress/stress_criteria.h"

static const interval EXACT = {NAN, NAN};
static stress_figures f;

static stress_judgement judge(const char *id)
{
    for (size_t i = 0; i < N_STRESS_CRITERIA; i++) {
        if (strcmp(STRESS_CRITERIA[i].id, id) == 0)
            return stress_judge(&STRESS_CRITERIA[i], &f);
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
    for (size_t i = 0; i < N_STRESS_CRITERIA; i++)
        assert_verdict(STRESS_CRITERIA[i].id, STRESS_INCONCLUSIVE, "not measured: it was not asked for");
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

static void test_names_are_found_again(void **state)
{
    (void)state;
    for (int i = 0; i < N_STRESS_FIGURES; i++)
        assert_int_equal(stress_figure_from_name(STRESS_FIGURE_ROWS[i].name), i);
    assert_int_equal(stress_figure_from_name("speed"), -1);
    for (int i = 0; i <= BOUND_AT_MOST; i++)
        assert_int_equal(bound_side_from_name(bound_side_name((bound_side)i)), i);
    assert_int_equal(bound_side_from_name("over"), -1);
    const stress_criterion none = {.id = "none", .asked = ""};
    assert_int_equal(stress_judge(&none, &f).verdict, STRESS_INCONCLUSIVE);
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
        cmocka_unit_test(test_names_are_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
