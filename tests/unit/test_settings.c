/* Settings of a run: what flags replace, what is said of it, what is refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/protocol.h"
#include "protocol/settings.h"

static const char PROTOCOL[] = "{\"version\":1,\"name\":\"n\",\"pause_s\":5,\"temperature\":0.3,\"seed\":42,"
                               "\"warmup\":{\"prompt\":\"w\",\"max_tokens\":4},\"tests\":["
                               "{\"name\":\"a\",\"prompt\":\"p\",\"max_tokens\":10},"
                               "{\"name\":\"b\",\"prompt\":\"q\",\"max_tokens\":20,\"temperature\":0.9}]}";

static bench_protocol *protocol(void)
{
    bench_protocol *p;
    sw_err err = {0};
    assert_int_equal(protocol_parse(&p, PROTOCOL, strlen(PROTOCOL), "test", NULL, &err), SW_OK);
    return p;
}

static void test_every_setting_that_differs_is_said_and_no_other(void **state)
{
    (void)state;
    bench_protocol *const p = protocol();
    bench_settings s = settings_none();
    buf differences;
    sw_err err = {0};
    buf_init(&differences, 4096);
    s.v[SETTING_PAUSE] = 0;
    s.v[SETTING_SEED] = 42; // as it is
    s.v[SETTING_TEMPERATURE] = 0.7;
    s.v[SETTING_SLO_TTFT] = 500;
    s.v[SETTING_MODES] = 1 << MODE_STREAM | 1 << MODE_COLD;
    assert_int_equal(settings_apply(&s, p, &differences, &err), SW_OK);
    assert_string_equal(buf_str(&differences), "pause 0 s in place of 5 s\n"
                                               "temperature 0.7 in place of 0.3\n"
                                               "modes stream,cold in place of stream\n"
                                               "objective ttft 500 ms in place of none\n"
                                               "temperature 0.7 in place of 0.9 in 'b'\n");
    assert_true(p->settings.pause_s == 0 && p->settings.slo_ttft_ms == 500 && p->settings.seed == 42);
    assert_true(isnan(p->settings.slo_e2e_ms));
    assert_true(p->tests[0].plan.temperature == 0.7 && p->tests[1].plan.temperature == 0.7);
    assert_true(p->warmup.temperature == 0.7 && p->tests[0].plan.seed == 42);
    buf_free(&differences);
    protocol_free(p);
}

/* Applies the settings with these values; returns the message, or NULL. */
static const char *refusal(const double *pairs, size_t n)
{
    static sw_err err;
    err = (sw_err){0};
    bench_protocol *const p = protocol();
    bench_settings s = settings_none();
    buf differences;
    buf_init(&differences, 4096);
    for (size_t i = 0; i < n; i++)
        s.v[(int)pairs[2 * i]] = pairs[2 * i + 1];
    const sw_code code = settings_apply(&s, p, &differences, &err);
    buf_free(&differences);
    protocol_free(p);
    assert_true(code == SW_OK || code == SW_EINVAL);
    return code == SW_OK ? NULL : err.msg;
}

static void test_a_setting_without_effect_is_refused(void **state)
{
    (void)state;
    static const struct {
        double pairs[4][2];
        size_t n;
        const char *wanted; // in the message; NULL: taken
    } CASES[] = {
        {{{SETTING_RATE, 2}}, 1, "--rate has no effect in a closed loop"},
        {{{SETTING_BURSTINESS, 2}}, 1, "--burstiness is the shape of --arrivals gamma"},
        {{{SETTING_ARRIVALS, ARRIVALS_POISSON}}, 1, "--arrivals poisson needs --rate"},
        {{{SETTING_ARRIVALS, ARRIVALS_POISSON}, {SETTING_RATE, 2}}, 2, "needs --concurrency: how many"},
        {{{SETTING_ARRIVALS, ARRIVALS_BURST}, {SETTING_RATE, 2}}, 2, "needs --concurrency: the requests of a burst"},
        {{{SETTING_ARRIVALS, ARRIVALS_GAMMA}, {SETTING_RATE, 2}, {SETTING_CONCURRENCY, 4}}, 3, NULL},
        {{{SETTING_ARRIVALS, ARRIVALS_POISSON}, {SETTING_RATE, 2}, {SETTING_CONCURRENCY, 4}, {SETTING_PAUSE, 0}},
         4,
         "--pause has no effect with --arrivals poisson"},
        {{{SETTING_WARMUP, WARMUP_STEADY}, {SETTING_WARMUP_REQUESTS, 0}}, 2, "needs at least one request"},
        {{{SETTING_CONCURRENCY, 4}}, 1, NULL},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const char *const message = refusal(CASES[i].pairs[0], CASES[i].n);
        if ((message == NULL) != (CASES[i].wanted == NULL) ||
            (message != NULL && strstr(message, CASES[i].wanted) == NULL))
            fail_msg("case %zu: '%s'", i, message != NULL ? message : "taken");
    }
}

static void test_texts_are_read_strictly(void **state)
{
    (void)state;
    bench_settings s = settings_none();
    bench_sweep sweep;
    sw_err err = {0};
    assert_int_equal(settings_read_modes(&s, "whole,cold", &err), SW_OK);
    assert_true(s.v[SETTING_MODES] == (1 << MODE_WHOLE | 1 << MODE_COLD));
    assert_int_equal(settings_read_modes(&s, "stream,", &err), SW_EINVAL);
    err = (sw_err){0};
    assert_int_equal(settings_read_modes(&s, "sweep", &err), SW_EINVAL);
    assert_non_null(strstr(err.msg, "--sweep names what is varied"));
    assert_int_equal(settings_read_arrivals(&s, "gamma", &err), SW_OK);
    assert_true(s.v[SETTING_ARRIVALS] == ARRIVALS_GAMMA);
    err = (sw_err){0};
    assert_int_equal(settings_read_arrivals(&s, "Poisson", &err), SW_EINVAL);
    assert_non_null(strstr(err.msg, "closed, constant, poisson, gamma or burst, not 'Poisson'"));
    assert_int_equal(settings_read_warmup(&s, "steady", &err), SW_OK);
    assert_int_equal(settings_read_objectives(&s, "ttft=500,itl_p99=2.5", &err), SW_OK);
    assert_true(s.v[SETTING_SLO_TTFT] == 500 && s.v[SETTING_SLO_ITL_P99] == 2.5 && isnan(s.v[SETTING_SLO_TPOT]));
    static const char *const BAD_OBJECTIVES[] = {"", "ttft", "ttft=", "ttft=-1", "ttft=1s", "p99=1", "ttft=nan"};
    for (size_t i = 0; i < sizeof BAD_OBJECTIVES / sizeof BAD_OBJECTIVES[0]; i++)
        assert_int_equal(settings_read_objectives(&s, BAD_OBJECTIVES[i], &err), SW_EINVAL);
    assert_int_equal(settings_read_sweep(&sweep, "temperature=0,0.1,2", &err), SW_OK);
    assert_true(sweep.n == 3 && sweep.values[1] == 0.1);
    static const char *const BAD_SWEEPS[] = {"",
                                             "seed=1",
                                             "temperature=",
                                             "temperature=2.1",
                                             "temperature=0,0",
                                             "temperature=1,",
                                             "temperature=0,.1,.2,.3,.4,.5,.6,.7,.8,.9,1,1.1,1.2,1.3,1.4,1.5,1.6"};
    for (size_t i = 0; i < sizeof BAD_SWEEPS / sizeof BAD_SWEEPS[0]; i++)
        assert_int_equal(settings_read_sweep(&sweep, BAD_SWEEPS[i], &err), SW_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_setting_that_differs_is_said_and_no_other),
        cmocka_unit_test(test_a_setting_without_effect_is_refused),
        cmocka_unit_test(test_texts_are_read_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
