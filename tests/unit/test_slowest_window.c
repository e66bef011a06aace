/* The slowest window is the one that a search of every moment finds, on busy time. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "figures/stress/slowest_window.h"
#include "support/draws.h"

enum { N_MAX = 8000 };

static slowest_window slowest(const token_arrival *tokens, size_t n, const work_span *spans, size_t n_spans)
{
    slowest_window out;
    assert_int_equal(slowest_window_of(tokens, n, spans, n_spans, 60, &out, NULL), SW_OK);
    return out;
}

/* A token every 1 / tps seconds from begin to end, appended. */
static size_t stream(token_arrival *tokens, size_t n, double begin_s, double end_s, double tps)
{
    for (int i = 0; begin_s + i / tps < end_s; i++)
        tokens[n++] = (token_arrival){begin_s + i / tps, 1};
    return n;
}

static void test_a_slow_minute_is_found_wherever_it_begins(void **state)
{
    (void)state;
    token_arrival tokens[N_MAX];
    size_t n = stream(tokens, 0, 0, 97.3, 20);
    n = stream(tokens, n, 97.3, 157.3, 5);
    n = stream(tokens, n, 157.3, 250, 20);
    const work_span all = {0, 250};
    const slowest_window w = slowest(tokens, n, &all, 1);
    assert_close(w.tps, 5, 0.05);
    assert_close(w.begin_s, 97.3, 0.3);
    assert_close(w.busy_s, 250, 1e-9);
    assert_close(w.mean_tps, (double)n / 250, 1e-9);
}

static void test_a_short_stall_is_diluted_by_its_minute(void **state)
{
    (void)state;
    token_arrival tokens[N_MAX];
    size_t n = stream(tokens, 0, 0, 100, 20);
    n = stream(tokens, n, 115, 200, 20); // 15 s of nothing
    const work_span all = {0, 200};
    assert_close(slowest(tokens, n, &all, 1).tps, 15, 0.05);
}

static void test_time_without_requests_does_not_pass(void **state)
{
    (void)state;
    token_arrival tokens[N_MAX];
    size_t n = stream(tokens, 0, 1, 41, 10);           // each request begins with a second of its prompt
    n = stream(tokens, n, 1001, 1041, 10);             // a thousand seconds later
    const work_span spans[] = {{1000, 1041}, {0, 41}}; // in any order
    const slowest_window w = slowest(tokens, n, spans, 2);
    assert_close(w.busy_s, 82, 1e-9);
    assert_close(w.tps, 10.0 * 58 / 60, 0.05); // both prompts are within the window
}

static void test_parallel_requests_are_one_stretch(void **state)
{
    (void)state;
    token_arrival tokens[N_MAX];
    const size_t n = stream(tokens, 0, 0, 100, 30);
    const work_span spans[] = {{0, 60}, {40, 100}, {50, 55}};
    const slowest_window w = slowest(tokens, n, spans, 3);
    assert_close(w.busy_s, 100, 1e-9);
    assert_close(w.tps, 30, 0.05);
}

static void test_a_run_shorter_than_a_window_has_no_figure(void **state)
{
    (void)state;
    token_arrival tokens[N_MAX];
    const size_t n = stream(tokens, 0, 0, 59.9, 30);
    const work_span all = {0, 59.9};
    const slowest_window w = slowest(tokens, n, &all, 1);
    assert_true(isnan(w.tps) && isnan(w.begin_s));
    assert_close(w.mean_tps, 30, 0.1);
    assert_true(isnan(slowest(tokens, 0, &all, 0).mean_tps));
}

static void test_it_is_what_a_search_of_every_moment_finds(void **state)
{
    (void)state;
    rng_state rng;
    rng_seed(&rng, 11);
    for (int run = 0; run < 20; run++) {
        token_arrival tokens[N_MAX];
        double t = 0;
        size_t n = 0;
        while (t < 200 && n < N_MAX) {
            t += 0.2 - log(1 - (double)rng_float(&rng)) * (rng_float(&rng) < 0.02f ? 20 : 0.2);
            tokens[n] = (token_arrival){t, 1 + (double)(n % 3)};
            n++;
        }
        const work_span all = {0, tokens[n - 1].t_s};
        double fewest = INFINITY;
        for (double begin = 0; begin + 60 < all.end_s; begin += 0.01) {
            double sum = 0;
            for (size_t i = 0; i < n; i++)
                sum += tokens[i].t_s >= begin && tokens[i].t_s < begin + 60 ? tokens[i].n : 0;
            fewest = fmin(fewest, sum);
        }
        assert_close(slowest(tokens, n, &all, 1).tps, fewest / 60, 3.0 / 60); // the search steps by 10 ms
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_slow_minute_is_found_wherever_it_begins),
        cmocka_unit_test(test_a_short_stall_is_diluted_by_its_minute),
        cmocka_unit_test(test_time_without_requests_does_not_pass),
        cmocka_unit_test(test_parallel_requests_are_one_stretch),
        cmocka_unit_test(test_a_run_shorter_than_a_window_has_no_figure),
        cmocka_unit_test(test_it_is_what_a_search_of_every_moment_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
