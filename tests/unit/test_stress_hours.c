/* Eight hours of three sessions in a fraction of a second, at the level of records: what a sound run says of each
 * criterion, and a run with one thing wrong.  `test_stress_hours N` takes seeds 0 to N - 1 in place of a few. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "figures/stress/stress_criteria.h"
#include "figures/stress/stress_findings.h"
#include "support/draws.h"
#include "support/record_maker.h"

enum { N_SESSIONS = 3, N_EVENTS = 20, TOKENS_PER_EVENT = 5, TESTS_MAX = 8000, SAMPLES_MAX = 6000, SAMPLE_S = 10 };

typedef enum trouble { SOUND, SLOW_MINUTES, LEAK, DRIFT, FAILURES, ENDS_EARLY, N_TROUBLES } trouble;

static const struct {
    const char *criterion;
    stress_verdict verdict;
} EXPECTED[N_TROUBLES] = {
    [SLOW_MINUTES] = {"sustained-speed", STRESS_NOT_MET},
    [LEAK] = {"no-leak", STRESS_NOT_MET},
    [DRIFT] = {"endurance", STRESS_NOT_MET},
    [FAILURES] = {"endurance", STRESS_NOT_MET},
    [ENDS_EARLY] = {"endurance", STRESS_INCONCLUSIVE},
};

static uint64_t n_seeds = 5;
static arrival arrivals[TESTS_MAX][N_EVENTS];
static test_record tests[TESTS_MAX];
static resource_sample samples[SAMPLES_MAX];

typedef struct day {
    trouble trouble;
    rng_state rng;
    double now_s[N_SESSIONS], slow_from_s;
} day;

static double pace_ms(day *d, double t_s)
{
    double ms = 30 * exp(0.05 * normal(&d->rng));
    ms *= d->trouble == DRIFT ? 1 + 0.03 * t_s / 3600 : 1;
    return d->trouble == SLOW_MINUTES && t_s > d->slow_from_s && t_s < d->slow_from_s + 900 ? ms * 20 : ms;
}

static void answer(day *d, test_record *made, int session, size_t i)
{
    const double t_s = d->now_s[session], ms = pace_ms(d, t_s);
    test_record *const t = &tests[i];
    *t = *made;
    t->session = session;
    t->stage = 0;
    t->start_ms = (int64_t)(t_s * 1000);
    double at_ms = 200 * exp(0.2 * normal(&d->rng));
    for (int k = 0; k < N_EVENTS; k++, at_ms += ms * TOKENS_PER_EVENT)
        arrivals[i][k] = (arrival){(int64_t)(at_ms * 1e6), 5, TOKENS_PER_EVENT, false};
    t->answer.arrivals = arrivals[i];
    t->answer.n_arrivals = N_EVENTS;
    t->answer.completion_tokens = N_EVENTS * TOKENS_PER_EVENT;
    t->answer.end_ns = arrivals[i][N_EVENTS - 1].t_ns;
    if (d->trouble == FAILURES && rng_float(&d->rng) < 0.02f)
        t->answer.status = TEST_SERVER_ERROR;
    d->now_s[session] += (double)t->answer.end_ns / 1e9 - log(1 - (double)rng_float(&d->rng)) * 17;
}

static size_t live(day *d, double end_s)
{
    static test_record made;
    if (made.answer.arrivals == NULL)
        made = record_test(MODE_STREAM, 0, 0);
    for (size_t i = 0; i < TESTS_MAX; i++) {
        int first = 0;
        for (int s = 1; s < N_SESSIONS; s++)
            first = d->now_s[s] < d->now_s[first] ? s : first;
        if (d->now_s[first] >= end_s)
            return i;
        answer(d, &made, first, i);
    }
    fail_msg("more than %d requests", TESTS_MAX);
    return 0;
}

static size_t sample_memory(day *d, double end_s)
{
    size_t n = 0;
    double noise = 0;
    for (double t = 0; t < end_s; t += SAMPLE_S, n++) {
        noise = 0.95 * noise + 1e5 * normal(&d->rng);
        samples[n] = (resource_sample){.t_ms = (int64_t)(t * 1000), .test_index = -1, .values = sample_values_none()};
        samples[n].values.v[SAMPLE_PRIVATE] =
            1e9 + 2e8 * (1 - exp(-t / 300)) + noise + (d->trouble == LEAK ? 40e6 * t / 3600 : 0);
    }
    return n;
}

static stress_figures run_day(trouble what, uint64_t seed)
{
    day d = {.trouble = what};
    stress_rows rows;
    stress_figures figures;
    const double end_s = what == ENDS_EARLY ? 7.8 * 3600 : 8.01 * 3600;
    rng_seed(&d.rng, seed * N_TROUBLES + (uint64_t)what);
    d.slow_from_s = 3600 * (1 + 6 * (double)rng_float(&d.rng));
    run_record run = record_run(tests, live(&d, end_s));
    stage_record stage = {.suite = "marathon",
                          .name = "three",
                          .work = "sessions",
                          .spent_ms = (int64_t)(end_s * 1000),
                          .end_ms = -1,
                          .parameters = "{}",
                          .reason = ""};
    run.stages = &stage;
    run.n_stages = 1;
    run.samples = samples;
    run.n_samples = sample_memory(&d, end_s);
    assert_int_equal(stress_rows_of(&run, 0, &rows, NULL), SW_OK);
    assert_int_equal(stress_findings_of(&rows, &figures, NULL), SW_OK);
    stress_rows_free(&rows);
    return figures;
}

static stress_judgement judge(const stress_figures *figures, const char *id)
{
    size_t i = 0;
    while (i < N_STRESS_CRITERIA && strcmp(STRESS_CRITERIA[i].id, id) != 0)
        i++;
    assert_true(i < N_STRESS_CRITERIA);
    return stress_judge(&STRESS_CRITERIA[i], figures);
}

static void test_a_sound_day_meets_what_it_can(void **state)
{
    (void)state;
    static const char *const IDS[] = {"sustained-speed", "endurance", "no-leak"};
    uint64_t n_wrong = 0;
    for (uint64_t seed = 0; seed < n_seeds; seed++) {
        const stress_figures figures = run_day(SOUND, seed);
        for (int i = 0; i < 3; i++)
            n_wrong += judge(&figures, IDS[i]).verdict != STRESS_MET;
        assert_int_equal(judge(&figures, "gpu-memory").verdict, STRESS_INCONCLUSIVE);
        assert_int_equal(judge(&figures, "expert-use").verdict, STRESS_INCONCLUSIVE);
    }
    assert_true(n_wrong * 100 <= n_seeds);
}

static void test_a_day_with_trouble_is_told_from_it(void **state)
{
    (void)state;
    uint64_t n_wrong = 0;
    for (uint64_t seed = 0; seed < n_seeds; seed++) {
        const trouble what = (trouble)(1 + seed % (N_TROUBLES - 1));
        const stress_figures figures = run_day(what, seed);
        const stress_judgement j = judge(&figures, EXPECTED[what].criterion);
        if (j.verdict != EXPECTED[what].verdict && n_wrong++ < 3)
            print_message("seed %d: %s: %s\n", (int)seed, stress_verdict_name(j.verdict), j.found);
    }
    assert_true(n_wrong * 100 <= n_seeds);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_a_sound_day_meets_what_it_can),
        cmocka_unit_test(test_a_day_with_trouble_is_told_from_it),
    };
    n_seeds = argc > 1 ? strtoull(argv[1], NULL, 10) : n_seeds;
    return cmocka_run_group_tests(all, NULL, NULL);
}
