/* Reports show what people say of answers, beside the automatic figures; without it they say how to give it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "report/report.h"
#include "support/run_fixture.h"

typedef struct reported {
    run_fixture *fixture;
    run_analysis analysis;
    buf out;
} reported;

static reported begin(bool is_reviewed)
{
    reported r = {.fixture = run_fixture_create()};
    assert_non_null(r.fixture);
    if (is_reviewed)
        run_fixture_review(r.fixture);
    assert_int_equal(run_analysis_of(run_fixture_record(r.fixture), &r.analysis, NULL), SW_OK);
    buf_init(&r.out, REPORT_BYTES_MAX);
    return r;
}

static void end(reported *r)
{
    run_analysis_free(&r->analysis);
    run_fixture_free(r->fixture);
    buf_free(&r->out);
}

static void assert_says(const buf *out, const char *text)
{
    if (strstr(buf_str(out), text) == NULL)
        fail_msg("the report does not say '%s'", text);
}

static void test_markdown_has_scores_agreement_flags_and_notes(void **state)
{
    (void)state;
    reported r = begin(true);
    report_markdown(&r.out, &r.analysis);
    assert_says(&r.out, "## People's scores");
    assert_says(&r.out, "8 reviews of 2 people");
    assert_says(&r.out, "With the automatic checks");
    assert_says(&r.out, "Flags beside what the program finds");
    assert_says(&r.out, "| Ada | Grace |");
    assert_says(&r.out, "Every score");
    assert_says(&r.out, "wrong, cut");
    assert_says(&r.out, "cut off and wrong");
    assert_null(strstr(buf_str(&r.out), "spillway bench review RUN"));
    end(&r);
}

static void test_a_terminal_has_the_means_of_models(void **state)
{
    (void)state;
    reported r = begin(true);
    report_text(&r.out, &r.analysis, 100);
    assert_says(&r.out, "People's scores");
    assert_says(&r.out, "responsiveness");
    assert_null(strstr(buf_str(&r.out), "Every score"));
    end(&r);
}

static void test_without_scores_the_report_says_how_to_give_them(void **state)
{
    (void)state;
    reported r = begin(false);
    report_markdown(&r.out, &r.analysis);
    assert_says(&r.out, "spillway bench review RUN");
    assert_null(strstr(buf_str(&r.out), "People's scores"));
    buf_clear(&r.out);
    assert_int_equal(report_json(&r.out, &r.analysis, NULL), SW_OK);
    assert_null(strstr(buf_str(&r.out), "\"reviews\""));
    end(&r);
}

static void test_json_has_every_score_and_the_agreement(void **state)
{
    (void)state;
    reported r = begin(true);
    assert_int_equal(report_json(&r.out, &r.analysis, NULL), SW_OK);
    json_t *const root = json_loadb(r.out.data, r.out.size, 0, NULL);
    const json_t *const reviews = json_object_get(root, "reviews"), *score, *pair;
    assert_int_equal(json_array_size(json_object_get(reviews, "scores")), 8);
    score = json_array_get(json_object_get(reviews, "scores"), 1);
    assert_string_equal(json_string_value(json_object_get(score, "reviewer")), "Grace");
    assert_int_equal(json_integer_value(json_object_get(score, "content")), 4);
    assert_true(json_is_null(json_object_get(score, "responsiveness")));
    assert_string_equal(json_string_value(json_array_get(json_object_get(score, "flags"), 0)), "odd");
    pair = json_array_get(json_object_get(reviews, "reviewers"), 0);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(pair, "content"), "answers")), 4);
    // 5 2 4 1 and 4 3 4 2: the mean squared difference of the pairs is 0.75, of all 16 combinations 3.25.
    assert_float_equal(json_real_value(json_object_get(json_object_get(pair, "content"), "kappa")), 1 - 0.75 / 3.25,
                       1e-9);
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(json_object_get(reviews, "agreement"), "content"), "pairs")),
        4);
    json_decref(root);
    end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_markdown_has_scores_agreement_flags_and_notes),
        cmocka_unit_test(test_a_terminal_has_the_means_of_models),
        cmocka_unit_test(test_without_scores_the_report_says_how_to_give_them),
        cmocka_unit_test(test_json_has_every_score_and_the_agreement),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
