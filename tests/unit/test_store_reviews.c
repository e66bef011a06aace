/* What people say of answers is stored at once, each person's latest, and apart from everything else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/store_fixture.h"

/* Test 0 is a warm-up; 1 and 2 are measured. */
static run_record *stored_run(result_store *store)
{
    const int64_t id = add_run(store);
    add_parts(store, id);
    test_record test = example_test();
    test.is_warmup = true;
    assert_int_equal(store_add_test(store, id, &test, NULL, 0, NULL), SW_OK);
    test.is_warmup = false;
    for (int i = 0; i < 2; i++) {
        test.index = i;
        assert_int_equal(store_add_test(store, id, &test, NULL, 0, NULL), SW_OK);
    }
    return load_run(store, id);
}

static review_record example_review(int test, const char *reviewer)
{
    return (review_record){
        .test = test,
        .reviewer = reviewer,
        .scores = {4, 0, 5},
        .flags = {[FLAG_WRONG] = true, [FLAG_CUT] = true},
        .note = "a \"note\"\nof two lines \xe2\x80\xae<b>",
        .unix_ms = 1790000000000,
    };
}

static void assert_same(const review_record *a, const review_record *b)
{
    assert_int_equal(a->test, b->test);
    assert_string_equal(a->reviewer, b->reviewer);
    assert_memory_equal(a->scores, b->scores, sizeof a->scores);
    assert_memory_equal(a->flags, b->flags, sizeof a->flags);
    assert_string_equal(a->note, b->note);
    assert_int_equal(a->unix_ms, b->unix_ms);
}

static void test_reviews_come_back_as_they_were_stored(void **state)
{
    (void)state;
    result_store *store = open_store(false);
    run_record *const run = stored_run(store);
    assert_int_equal(run->n_reviews, 0);
    const review_record reviews[] = {example_review(2, "B"), example_review(1, "B"), example_review(1, "A")};
    assert_int_equal(store_put_reviews(store, run, reviews, 3, NULL), SW_OK);
    store_close(store);
    store = open_store(true);
    run_record *const found = load_run(store, 0);
    assert_int_equal(found->n_reviews, 3); // by test, then by reviewer
    assert_same(&found->reviews[0], &reviews[2]);
    assert_same(&found->reviews[1], &reviews[1]);
    assert_same(&found->reviews[2], &reviews[0]);
    assert_same_test(&found->tests[1], &run->tests[1]);
    run_record_free(run);
    run_record_free(found);
    store_close(store);
}

static void test_a_review_replaces_that_of_the_same_person_and_test(void **state)
{
    (void)state;
    result_store *const store = open_store(false);
    run_record *const run = stored_run(store);
    review_record review = example_review(1, "A");
    assert_int_equal(store_put_reviews(store, run, &review, 1, NULL), SW_OK);
    const review_record other = example_review(1, "");
    assert_int_equal(store_put_reviews(store, run, &other, 1, NULL), SW_OK);
    review.scores[SCORE_CONTENT] = 1, review.note = "", review.flags[FLAG_CUT] = false;
    assert_int_equal(store_put_reviews(store, run, &review, 1, NULL), SW_OK);
    run_record *const found = load_run(store, 0);
    assert_int_equal(found->n_reviews, 2);
    assert_same(&found->reviews[0], &other);
    assert_same(&found->reviews[1], &review);
    run_record_free(run);
    run_record_free(found);
    store_close(store);
}

static void test_all_reviews_of_a_call_are_stored_or_none(void **state)
{
    (void)state;
    result_store *const store = open_store(false);
    run_record *const run = stored_run(store);
    const review_record reviews[] = {example_review(1, "A"), example_review(0, "A")}; // 0 is a warm-up
    sw_err err = {0};
    assert_int_equal(store_put_reviews(store, run, reviews, 2, &err), SW_ENOTFOUND);
    assert_non_null(strstr(err.msg, "no measured test"));
    run_record *const found = load_run(store, 0);
    assert_int_equal(found->n_reviews, 0);
    run_record_free(run);
    run_record_free(found);
    store_close(store);
}

static void test_stored_values_that_are_none_are_bounded_or_refused(void **state)
{
    (void)state;
    result_store *store = open_store(false);
    run_record *const run = stored_run(store);
    const review_record review = example_review(1, "A");
    assert_int_equal(store_put_reviews(store, run, &review, 1, NULL), SW_OK);
    run_record_free(run);
    store_close(store);
    store_sql("UPDATE review SET content = 99, accuracy = -7, wrong = -1, unix_ms = -5");
    store = open_store(true);
    run_record *const found = load_run(store, 0);
    assert_int_equal(found->reviews[0].scores[SCORE_CONTENT], 5);
    assert_int_equal(found->reviews[0].scores[SCORE_ACCURACY], 0);
    assert_true(found->reviews[0].unix_ms == 0 && !found->reviews[0].flags[FLAG_WRONG]);
    run_record_free(found);
    store_close(store);
    store_sql("UPDATE review SET test_id = (SELECT id FROM test WHERE phase = 'warmup')");
    store = open_store(true);
    run_record *none;
    sw_err err = {0};
    assert_int_equal(store_load_run(store, 0, &none, &err), SW_EFORMAT);
    assert_non_null(strstr(err.msg, "a review is not of a measured test"));
    store_close(store);
}

#define STORE_TEST(f) cmocka_unit_test_setup(f, store_setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_reviews_come_back_as_they_were_stored),
        STORE_TEST(test_a_review_replaces_that_of_the_same_person_and_test),
        STORE_TEST(test_all_reviews_of_a_call_are_stored_or_none),
        STORE_TEST(test_stored_values_that_are_none_are_bounded_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
