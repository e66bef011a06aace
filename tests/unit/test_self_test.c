/* The self-test of the benchmark finds a clock that is wrong.  Whether this machine is quiet enough for a right one to
 * be found right is no matter of a test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "cmd/self_test.h"

/* 10 % too fast. */
static uint64_t fast_now_ns(void *ud)
{
    (void)ud;
    const uint64_t now_ns = clock_now_ns(clock_system());
    return now_ns + now_ns / 10;
}

static void test_a_clock_that_is_ten_percent_off_is_found(void **state)
{
    (void)state;
    sw_clock fast = *clock_system();
    fast.now_ns = fast_now_ns;
    static self_test_result r;
    sw_err err = {0};
    if (self_test_run(&fast, false, &r, &err) != SW_OK)
        fail_msg("%s", err.msg);
    int n_totals = 0, n_tokens = 0;
    for (size_t i = 0; i < r.n_figures; i++) {
        const self_test_figure *const f = &r.figures[i];
        if (strcmp(f->name, "total") == 0) { // times of the server can only be late, which makes it worse
            n_totals++;
            assert_false(self_test_figure_is_good(f));
            assert_true(f->measured > 1.09 * f->expected);
        }
        if (strcmp(f->name, "tokens") == 0) {
            n_tokens++;
            assert_true(self_test_figure_is_good(f));
        }
    }
    assert_int_equal(n_totals, 4);
    assert_int_equal(n_tokens, 4);
    assert_false(self_test_is_good(&r));
}

static void test_what_was_not_measured_is_not_good(void **state)
{
    (void)state;
    assert_false(self_test_figure_is_good(&(self_test_figure){.expected = 5, .measured = NAN, .bound = 100}));
    assert_false(self_test_figure_is_good(&(self_test_figure){.expected = 5, .measured = 6.5, .bound = 1}));
    assert_true(self_test_figure_is_good(&(self_test_figure){.expected = 5, .measured = 4, .bound = 1}));
    assert_true(self_test_load_is_good(&(self_test_load){.cpu = 0.02, .cpu_max = 0.02}));
    assert_false(self_test_load_is_good(&(self_test_load){.cpu = 0.03, .cpu_max = 0.02}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_clock_that_is_ten_percent_off_is_found),
        cmocka_unit_test(test_what_was_not_measured_is_not_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
