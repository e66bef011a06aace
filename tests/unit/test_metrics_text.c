/* Metrics as text: both formats byte by byte, and the histograms' bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "serving/metrics_text.h"
#include "serving/serving_metrics.h"

static void write_all(metrics_text *t)
{
    histogram h = {.kind = HISTOGRAM_TOKENS};
    histogram_add(&h, 1, 2); // on a bound
    histogram_add(&h, 300000, 1);
    metrics_text_family(t, "a_total", METRICS_COUNTER, "Help with \\ and\na line.");
    metrics_text_sample(t, NULL, 12345678901234567.0);
    metrics_text_sample(t, (metrics_label[]){{"model", "a\"b\\c\nd"}, {"code", ""}, {0}}, 0.1);
    metrics_text_family(t, "b", METRICS_HISTOGRAM, "Tokens.");
    metrics_text_histogram(t, (metrics_label[]){{"model", "m"}, {0}}, &h);
    metrics_text_end(t);
}

static void assert_begins(const buf *text, const char *expected)
{
    if (strncmp(buf_str(text), expected, strlen(expected)) != 0)
        fail_msg("not what was expected:\n%s", buf_str(text));
}

static void test_writes_the_plain_format(void **state)
{
    (void)state;
    buf out;
    buf_init(&out, 1 << 16);
    write_all(&(metrics_text){.out = &out});
    assert_begins(&out, "# HELP a_total Help with \\\\ and\\na line.\n"
                        "# TYPE a_total counter\n"
                        "a_total 12345678901234568\n"
                        "a_total{model=\"a\\\"b\\\\c\\nd\",code=\"\"} 0.1\n"
                        "# HELP b Tokens.\n"
                        "# TYPE b histogram\n"
                        "b_bucket{model=\"m\",le=\"1\"} 2\n"
                        "b_bucket{model=\"m\",le=\"2\"} 2\n");
    assert_non_null(strstr(buf_str(&out), "b_bucket{model=\"m\",le=\"200000\"} 2\n"
                                          "b_bucket{model=\"m\",le=\"+Inf\"} 3\n"
                                          "b_sum{model=\"m\"} 300002\n"
                                          "b_count{model=\"m\"} 3\n"));
    assert_null(strstr(buf_str(&out), "# EOF"));
    buf_free(&out);
}

static void test_writes_openmetrics(void **state)
{
    (void)state;
    buf out;
    buf_init(&out, 1 << 16);
    write_all(&(metrics_text){.out = &out, .is_openmetrics = true});
    assert_begins(&out, "# HELP a Help with \\\\ and\\na line.\n"
                        "# TYPE a counter\n"
                        "a_total 12345678901234568\n");
    assert_non_null(strstr(buf_str(&out), "b_bucket{model=\"m\",le=\"1.0\"} 2\n"));
    assert_non_null(strstr(buf_str(&out), "b_count{model=\"m\"} 3\n# EOF\n"));
    buf_free(&out);
}

static void test_a_value_is_in_the_bucket_of_the_next_bound(void **state)
{
    (void)state;
    for (int kind = HISTOGRAM_FIRST_TOKEN; kind <= HISTOGRAM_TOKENS; kind++) {
        size_t n;
        const double *const bounds = histogram_bounds((histogram_kind)kind, &n);
        histogram h = {.kind = (histogram_kind)kind};
        assert_in_range(n, 1, HISTOGRAM_BOUNDS_MAX);
        for (size_t i = 0; i < n; i++) {
            assert_true(i == 0 || bounds[i] > bounds[i - 1]);
            histogram_add(&h, bounds[i], 1);
            histogram_add(&h, bounds[i] * 1.0000001, 1);
        }
        assert_int_equal(h.counts[0], 1);
        for (size_t i = 1; i < n; i++)
            assert_int_equal(h.counts[i], 2);
        assert_int_equal(h.counts[n], 1);
        assert_int_equal(h.n, 2 * n);
    }
}

static void test_counts_by_model_and_outcome(void **state)
{
    (void)state;
    serving_metrics m = {0};
    const sw_event done = {.type = SW_EVENT_DONE,
                           .n_prompt = 10,
                           .n_cached = 4,
                           .n_predicted = 5,
                           .finish = SW_FINISH_LENGTH,
                           .timings = {.queue_ms = 1, .prompt_ms = 20, .predict_ms = 400}};
    metrics_outcome good = {.model = "a", .endpoint = "/x", .status = 200, .finish = "length"};
    metrics_outcome bad = {.model = "", .endpoint = "/x", .status = 400, .finish = "", .error_code = "invalid_json"};
    for (int i = 0; i < 2; i++) {
        serving_metrics_answered(&m, &(metrics_answer){"a", METRICS_SSE, 0.02, 1.5, &done});
        serving_metrics_ended(&m, &good);
        serving_metrics_ended(&m, &bad);
    }
    serving_metrics_answered(&m, &(metrics_answer){"b", METRICS_JSON, 0.02, 1.5, &done});
    good.model = "b";
    serving_metrics_ended(&m, &good);
    histogram gaps = {.kind = HISTOGRAM_TOKEN_TIME};
    histogram_add(&gaps, 0.03, 4);
    serving_metrics_token_gaps(&m, "b", &gaps);
    assert_int_equal(m.n_models, 2);
    assert_int_equal(m.n_outcomes, 3);
    assert_int_equal(m.n_errors, 1);
    assert_int_equal(m.outcomes[0].n, 2);
    assert_int_equal(m.errors[0].n, 2);
    const metrics_model *const a = m.models[0], *const b = m.models[1];
    assert_int_equal(a->n_prompt_tokens, 20);
    assert_int_equal(a->n_cached_tokens, 8);
    assert_int_equal(a->n_cut, 2);
    assert_int_equal(a->n_stopped, 0);
    assert_float_equal(a->prompt_s, 0.04, 1e-12);
    assert_int_equal(a->first_token[METRICS_SSE].n, 2);
    assert_int_equal(a->first_token[METRICS_JSON].n, 0);
    assert_float_equal(a->time_per_token.sum, 0.2, 1e-12); // four intervals of 100 ms, twice
    assert_int_equal(b->token_gap.n, 4);
    serving_metrics_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_the_plain_format),
        cmocka_unit_test(test_writes_openmetrics),
        cmocka_unit_test(test_a_value_is_in_the_bucket_of_the_next_bound),
        cmocka_unit_test(test_counts_by_model_and_outcome),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
