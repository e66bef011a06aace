/* Two modes compared pair by pair: what differs is found though prompts differ much more, and what does not is not. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "figures/mode_changes.h"

enum { N = 9 };

/* One mode of a run: nine tests. */
typedef struct mode {
    test_record tests[N];
    summary_row rows[N];
    run_summary summary;
} mode;

static double wobble(rng_state *rng)
{
    return 1 + 0.02 * ((double)rng_float(rng) - 0.5);
}

/* Rates from 5 to 45 tok/s, times `factor`, and about 1 % of noise. */
static void fill(mode *m, rng_state *rng, double factor)
{
    *m = (mode){0};
    for (int i = 0; i < N; i++) {
        m->tests[i] = (test_record){.index = i, .plan = {.seed = 1}};
        m->rows[i] = (summary_row){.test = &m->tests[i],
                                   .metrics = {.decode_tps = 5 * (i + 1) * factor * wobble(rng),
                                               .overall_tps = 4 * (i + 1) * wobble(rng),
                                               .prefill_tps = NAN,
                                               .ttft_ms = 100 * (i + 1) * factor * wobble(rng),
                                               .itl_ms = {.p50 = NAN},
                                               .e2e_ms = 1000 * (i + 1)}};
    }
    m->summary = (run_summary){.rows = m->rows, .n_rows = N};
}

static const figure_change *find(const figure_change *changes, const char *name)
{
    for (int i = 0; i < N_CHANGE_FIGURES; i++) {
        if (strcmp(changes[i].name, name) == 0)
            return &changes[i];
    }
    fail_msg("there is no %s", name);
    return NULL;
}

static void test_a_tenth_less_is_found(void **state)
{
    (void)state;
    rng_state rng;
    rng_seed(&rng, 5);
    mode a, b;
    figure_change c[N_CHANGE_FIGURES];
    fill(&a, &rng, 1);
    fill(&b, &rng, 0.9);
    assert_int_equal(mode_changes_of(&a.summary, &b.summary, 1, c, NULL), SW_OK);
    const figure_change *const decode = find(c, "decode"), *const first = find(c, "first token");
    assert_int_equal(decode->n, N);
    assert_true(fabs(decode->relative + 0.1) < 0.02);
    assert_true(decode->range.low <= -0.1 + 0.02 && decode->range.high >= -0.1 - 0.02);
    assert_true(decode->p_value <= 0.05);
    assert_int_equal(decode->verdict, CHANGE_WORSE);
    assert_int_equal(find(c, "total")->verdict, CHANGE_SAME);
    assert_true(find(c, "total")->relative == 0);
    assert_int_equal(first->verdict, CHANGE_BETTER);
    assert_int_equal(find(c, "prefill")->n, 0);
    assert_true(isnan(find(c, "prefill")->relative) && isnan(find(c, "prefill")->p_value));
    assert_int_equal(find(c, "prefill")->verdict, CHANGE_UNCLEAR);
}

static void test_pairs_need_a_partner_that_completed(void **state)
{
    (void)state;
    rng_state rng;
    rng_seed(&rng, 6);
    mode a, b;
    figure_change c[N_CHANGE_FIGURES];
    fill(&a, &rng, 1);
    fill(&b, &rng, 1);
    a.tests[0].answer.status = TEST_TIMEOUT;
    b.tests[1].answer.status = TEST_TIMEOUT;
    a.tests[2].plan.seed = 9;
    a.tests[3].repeat = 1;
    assert_int_equal(mode_changes_of(&a.summary, &b.summary, 1, c, NULL), SW_OK);
    assert_int_equal(find(c, "decode")->n, 5);
    assert_true(isnan(find(c, "decode")->range.low)); // too few
    assert_int_equal(find(c, "decode")->verdict, CHANGE_UNCLEAR);
    a.summary.n_rows = 0;
    assert_int_equal(mode_changes_of(&a.summary, &b.summary, 1, c, NULL), SW_OK);
    assert_int_equal(find(c, "decode")->n, 0);
}

/* Two figures with noise, corrected: at most one run in twenty may call any of them different. */
static void test_equal_modes_are_rarely_called_different(void **state)
{
    (void)state;
    rng_state rng;
    rng_seed(&rng, 7);
    int n_alarms = 0;
    for (int i = 0; i < 200; i++) {
        mode a, b;
        figure_change c[N_CHANGE_FIGURES];
        fill(&a, &rng, 1);
        fill(&b, &rng, 1);
        assert_int_equal(mode_changes_of(&a.summary, &b.summary, (uint64_t)i, c, NULL), SW_OK);
        bool differs = false;
        for (int k = 0; k < N_CHANGE_FIGURES; k++)
            differs |= c[k].p_value <= 0.05;
        n_alarms += differs;
    }
    if (n_alarms > 16)
        fail_msg("%d false alarms of 200", n_alarms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_tenth_less_is_found),
        cmocka_unit_test(test_pairs_need_a_partner_that_completed),
        cmocka_unit_test(test_equal_modes_are_rarely_called_different),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
