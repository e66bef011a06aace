/* The order of a run: models, modes, repetitions, open loops, and what is stored already. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "suite/arrivals.h"
#include "suite/schedule.h"

static protocol_test TESTS[] = {{.plan = {.name = "a", .max_tokens = 100, .temperature = 0.3, .seed = 42}},
                                {.plan = {.name = "b", .max_tokens = 5, .temperature = 0.3, .seed = 42}}};

static bench_protocol protocol(unsigned modes, int n_repeats)
{
    return (bench_protocol){.tests = TESTS,
                            .n_tests = 2,
                            .settings = {.n_repeats = n_repeats, .modes = modes, .concurrency = 1, .seed = 7}};
}

/* "0sa0+": subject, first letter of the mode, test, repeat; "+" without a pause before, "." stored already. */
static void describe(const bench_schedule *s, char *out, size_t size)
{
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; i < s->n; i++) {
        const bench_step *const p = &s->steps[i];
        n += (size_t)snprintf(out + n, size - n, "%s%d%c%s%d%s%s", i > 0 ? " " : "", p->subject,
                              p->mode == MODE_SWEEP ? '~' : test_mode_name(p->mode)[0], p->plan.name, p->repeat,
                              p->is_beside ? "+" : "", p->is_stored ? "." : "");
    }
}

static void assert_order(const schedule_options *options, const char *wanted)
{
    char order[4096];
    arena *const keep = arena_create();
    bench_schedule s;
    sw_err err = {0};
    assert_int_equal(schedule_make(&s, options, keep, &err), SW_OK);
    describe(&s, order, sizeof order);
    assert_string_equal(order, wanted);
    arena_free(keep);
}

static void test_modes_alternate_and_models_follow_each_other(void **state)
{
    (void)state;
    const bench_protocol p = protocol(1 << MODE_STREAM | 1 << MODE_WHOLE | 1 << MODE_REFERENCE, 2);
    const bench_sweep none = {.n = 0};
    schedule_options o = {.protocol = &p, .sweep = &none, .n_subjects = 2};
    assert_order(&o, "0sa0 0sb0 0wa0 0wb0 0sa1 0sb1 0wa1 0wb1 "
                     "1sa0 1sb0 1wa0 1wb0 1sa1 1sb1 1wa1 1wb1");
    o.n_subjects = 1;
    o.has_reference = true;
    assert_order(&o, "0sa0 0sb0 0wa0 0wb0 0ra0 0rb0 0sa1 0sb1 0wa1 0wb1 0ra1 0rb1");
}

static void test_a_cold_request_is_short_and_follows_its_warm_one(void **state)
{
    (void)state;
    bench_protocol p = protocol(1 << MODE_STREAM | 1 << MODE_COLD, 1);
    const bench_sweep none = {.n = 0};
    const schedule_options o = {.protocol = &p, .sweep = &none, .n_subjects = 1};
    assert_order(&o, "0sa0 0ca0+ 0sb0 0cb0+");
    arena *const keep = arena_create();
    bench_schedule s;
    sw_err err = {0};
    assert_int_equal(schedule_make(&s, &o, keep, &err), SW_OK);
    assert_int_equal(s.steps[1].plan.max_tokens, SCHEDULE_COLD_TOKENS);
    assert_int_equal(s.steps[3].plan.max_tokens, 5);
    arena_free(keep);
    p.settings.concurrency = 2; // requests overlap: cold ones would disturb them
    assert_order(&o, "0sa0 0sb0 0ca0 0cb0");
    p.settings.modes = 1 << MODE_COLD;
    assert_order(&o, "0ca0 0cb0");
}

static void test_a_sweep_asks_each_value_with_a_seed_for_every_repetition(void **state)
{
    (void)state;
    const bench_protocol p = protocol(1 << MODE_STREAM, 2);
    const bench_sweep sweep = {.values = {0, 0.75}, .n = 2};
    const schedule_options o = {.protocol = &p, .sweep = &sweep, .n_subjects = 1};
    assert_order(&o, "0sa0 0sb0 0sa1 0sb1 0~a0 0~b0 0~a0 0~b0 0~a1 0~b1 0~a1 0~b1");
    arena *const keep = arena_create();
    bench_schedule s;
    sw_err err = {0};
    assert_int_equal(schedule_make(&s, &o, keep, &err), SW_OK);
    assert_string_equal(s.steps[4].variant, "temperature=0");
    assert_string_equal(s.steps[10].variant, "temperature=0.75");
    assert_true(s.steps[10].plan.temperature == 0.75 && s.steps[4].plan.temperature == 0);
    assert_int_equal(s.steps[4].plan.seed, 42);
    assert_int_equal(s.steps[10].plan.seed, 43);
    arena_free(keep);
}

static void test_stored_tests_are_marked_whatever_their_outcome(void **state)
{
    (void)state;
    const bench_protocol p = protocol(1 << MODE_STREAM | 1 << MODE_WHOLE, 2);
    const bench_sweep sweep = {.values = {0.5}, .n = 1};
    test_record tests[] = {
        {.mode = MODE_STREAM, .variant = "", .is_warmup = true},
        {.mode = MODE_WHOLE, .variant = "", .index = 1, .answer = {.status = TEST_TIMEOUT}},
        {.mode = MODE_STREAM, .variant = "", .index = 0, .repeat = 1},
        {.mode = MODE_SWEEP, .variant = "temperature=0.5", .index = 0},
        {.mode = MODE_SWEEP, .variant = "temperature=0.6", .index = 1}, // of another plan
    };
    const run_record stored = {.tests = tests, .n_tests = sizeof tests / sizeof tests[0]};
    const schedule_options o = {.protocol = &p, .sweep = &sweep, .n_subjects = 1, .stored = &stored};
    assert_order(&o, "0sa0 0sb0 0wa0 0wb0. 0sa1. 0sb1 0wa1 0wb1 0~a0. 0~b0 0~a1 0~b1");
}

static void test_too_many_steps_are_refused(void **state)
{
    (void)state;
    const bench_protocol p = protocol(1 << MODE_STREAM, 1000);
    const bench_sweep none = {.n = 0};
    arena *const keep = arena_create();
    bench_schedule s;
    sw_err err = {0};
    schedule_options o = {.protocol = &p, .sweep = &none, .n_subjects = 501};
    assert_int_equal(schedule_make(&s, &o, keep, &err), SW_ELIMIT);
    assert_non_null(strstr(err.msg, "1002000 tests"));
    o.n_subjects = 2;
    assert_int_equal(schedule_make(&s, &o, keep, &err), SW_OK);
    assert_int_equal(s.n, 4000);
    arena_free(keep);
}

/* ---- open loops -------------------------------------------------------------------------------------------------- */

static void test_passes_of_an_open_loop_have_moments_of_their_own(void **state)
{
    (void)state;
    bench_protocol p = protocol(1 << MODE_STREAM | 1 << MODE_COLD, 2);
    const bench_sweep none = {.n = 0};
    const schedule_options o = {.protocol = &p, .sweep = &none, .n_subjects = 1};
    arena *const keep = arena_create();
    bench_schedule s, again;
    sw_err err = {0};
    p.settings.arrivals = ARRIVALS_POISSON;
    p.settings.rate = 10;
    assert_int_equal(schedule_make(&s, &o, keep, &err), SW_OK);
    assert_int_equal(schedule_make(&again, &o, keep, &err), SW_OK);
    for (size_t i = 0; i < s.n; i++)
        assert_true(s.steps[i].offset_s == again.steps[i].offset_s);
    assert_true(s.steps[0].offset_s == 0 && s.steps[1].offset_s > 0); // stream
    assert_true(s.steps[3].mode == MODE_COLD && s.steps[3].offset_s == 0);
    assert_true(s.steps[5].mode == MODE_STREAM && s.steps[5].offset_s > 0);
    assert_true(s.steps[5].offset_s != s.steps[1].offset_s);
    arena_free(keep);
}

enum { N_ARRIVALS = 20000 };

/* Mean and squared coefficient of variation of the gaps. */
static void gap_figures(const protocol_settings *s, double *mean, double *cv2)
{
    static double t[N_ARRIVALS];
    arrivals_make(s, 42, t, N_ARRIVALS);
    double sum = 0, squares = 0;
    for (int i = 1; i < N_ARRIVALS; i++) {
        assert_true(t[i] >= t[i - 1]);
        sum += t[i] - t[i - 1];
        squares += (t[i] - t[i - 1]) * (t[i] - t[i - 1]);
    }
    const double n = N_ARRIVALS - 1;
    *mean = sum / n;
    *cv2 = squares / n / (*mean * *mean) - 1;
}

static void test_gaps_have_the_mean_and_spread_of_their_process(void **state)
{
    (void)state;
    static const struct {
        arrival_process process;
        double burstiness, cv2;
    } CASES[] = {{ARRIVALS_CONSTANT, 0, 0},
                 {ARRIVALS_POISSON, 0, 1},
                 {ARRIVALS_GAMMA, 1, 1},
                 {ARRIVALS_GAMMA, 0.5, 2},
                 {ARRIVALS_GAMMA, 4, 0.25}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const protocol_settings s = {
            .arrivals = CASES[i].process, .rate = 5, .burstiness = CASES[i].burstiness, .concurrency = 1};
        double mean, cv2;
        gap_figures(&s, &mean, &cv2);
        if (fabs(mean - 0.2) > 0.006 || fabs(cv2 - CASES[i].cv2) > 0.12)
            fail_msg("case %zu: mean %g, cv2 %g", i, mean, cv2);
    }
}

static void test_bursts_come_together(void **state)
{
    (void)state;
    const protocol_settings s = {.arrivals = ARRIVALS_BURST, .rate = 0.5, .concurrency = 3};
    double t[7];
    arrivals_make(&s, 1, t, 7);
    static const double WANTED[] = {0, 0, 0, 2, 2, 2, 4};
    for (int i = 0; i < 7; i++)
        assert_true(t[i] == WANTED[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modes_alternate_and_models_follow_each_other),
        cmocka_unit_test(test_a_cold_request_is_short_and_follows_its_warm_one),
        cmocka_unit_test(test_a_sweep_asks_each_value_with_a_seed_for_every_repetition),
        cmocka_unit_test(test_stored_tests_are_marked_whatever_their_outcome),
        cmocka_unit_test(test_too_many_steps_are_refused),
        cmocka_unit_test(test_passes_of_an_open_loop_have_moments_of_their_own),
        cmocka_unit_test(test_gaps_have_the_mean_and_spread_of_their_process),
        cmocka_unit_test(test_bursts_come_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
