/* Log-probabilities against figures worked out by hand, and the order of the most likely tokens. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/logprobs.h"

enum { N = 30 };

static void test_logprobs_are_the_logarithm_of_the_softmax(void **state)
{
    (void)state;
    const float logits[] = {1000 + (float)log(2), 1000, 1000, -3e38f}; // 1/2, 1/4, 1/4, 0
    sw_logprobs out;
    logprobs_fill(&out, logits, 4, 0, 0);
    assert_int_equal(out.sampled.id, 0);
    assert_true(fabs((double)out.sampled.logprob - log(0.5)) < 1e-4); // 1000.69 is off by 3e-5 as a float
    assert_int_equal(out.n_top, 0);
    logprobs_fill(&out, logits, 4, 2, 1);
    assert_true(fabs((double)out.sampled.logprob - log(0.25)) < 1e-4);
    assert_int_equal(out.top[0].id, 0);
    logprobs_fill(&out, logits, 4, 3, 0);
    assert_true(isfinite(out.sampled.logprob) && out.sampled.logprob < -1e38f);
}

static void test_probabilities_of_all_tokens_add_up_to_one(void **state)
{
    (void)state;
    float logits[N];
    for (int i = 0; i < N; i++)
        logits[i] = (float)sin(i * 37) * 4;
    double sum = 0;
    for (int i = 0; i < N; i++) {
        sw_logprobs out;
        logprobs_fill(&out, logits, N, i, 0);
        sum += exp((double)out.sampled.logprob);
    }
    assert_true(fabs(sum - 1) < 1e-6);
}

static void test_the_most_likely_tokens_come_sorted_and_equal_ones_by_id(void **state)
{
    (void)state;
    float logits[N];
    for (int i = 0; i < N; i++)
        logits[i] = (float)((i * 7) % 10); // every value three times
    for (int n = 1; n <= SW_TOP_LOGPROBS_MAX; n++) {
        sw_logprobs out;
        logprobs_fill(&out, logits, N, 0, n);
        assert_int_equal(out.n_top, n);
        assert_int_equal(out.top[0].id, 7);
        for (int i = 1; i < n; i++) {
            const sw_token_logprob a = out.top[i - 1], b = out.top[i];
            assert_true(a.logprob > b.logprob || (a.logprob == b.logprob && a.id < b.id));
            assert_true(logits[b.id] == (float)(9 - i / 3));
        }
    }
    sw_logprobs out;
    logprobs_fill(&out, logits, 3, 0, SW_TOP_LOGPROBS_MAX); // fewer tokens than asked for
    assert_int_equal(out.n_top, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logprobs_are_the_logarithm_of_the_softmax),
        cmocka_unit_test(test_probabilities_of_all_tokens_add_up_to_one),
        cmocka_unit_test(test_the_most_likely_tokens_come_sorted_and_equal_ones_by_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
