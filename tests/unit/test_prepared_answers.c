/* The checks of the protocol's nine tests, tried on prepared answers: good, wrong, cut, off topic, looping, empty. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/file.h"
#include "figures/content.h"
#include "quality/check_list.h"

enum { ANSWERS_MAX = 80, CHECKS_MAX = 40, N_TESTS = 9 };

/* One test of the protocol with its prepared answers. */
typedef struct prepared {
    const char *name;
    text_form form;
    const check_list *checks;
    char files[ANSWERS_MAX][256];
    size_t n;
    check_record *records[ANSWERS_MAX];
    content_score scores[ANSWERS_MAX];
} prepared;

static arena *keep;
static json_t *protocol;
static prepared tests_[N_TESTS];

static char *folder_of(const char *test, char *out, size_t size)
{
    snprintf(out, size, SPILLWAY_TEST_DATA "/answers/%s", test);
    for (char *p = out + strlen(SPILLWAY_TEST_DATA); *p != '\0'; p++)
        *p = *p == ' ' ? '-' : *p;
    return out;
}

static void list_files(prepared *p)
{
    char folder[300];
    DIR *const dir = opendir(folder_of(p->name, folder, sizeof folder));
    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir)) != NULL;) {
        if (strstr(e->d_name, ".txt") == NULL)
            continue;
        assert_true(p->n < ANSWERS_MAX);
        snprintf(p->files[p->n++], sizeof p->files[0], "%s", e->d_name);
    }
    closedir(dir);
}

static void try_answer(prepared *p, size_t i)
{
    char folder[300], path[600];
    snprintf(path, sizeof path, "%s/%s", folder_of(p->name, folder, sizeof folder), p->files[i]);
    char *text;
    size_t n;
    sw_err err = {0};
    if (file_slurp(path, 1 << 20, &text, &n, &err) != SW_OK)
        fail_msg("%s", err.msg);
    test_record test = {.plan.form = p->form};
    test.answer = (answer_record){.text = text, .n_text = n, .finish_reason = "stop", .completion_tokens = -1};
    assert_int_equal(
        check_list_try(p->checks, &test.answer, &(check_options){.run_code = true}, keep, &p->records[i], &err), SW_OK);
    test.checks = p->records[i];
    test.n_checks = check_list_size(p->checks);
    repetition_score repetition;
    assert_int_equal(repetition_of(text, n, p->form, &repetition, &err), SW_OK);
    p->scores[i] = content_score_of(&test, &repetition);
    mem_free(text);
}

static int try_all(void **state)
{
    (void)state;
    keep = arena_create();
    protocol = json_load_file(SPILLWAY_SOURCE_DIR "/protocols/local-streaming.json", 0, NULL);
    json_t *const list = json_object_get(protocol, "tests");
    if (keep == NULL || json_array_size(list) != N_TESTS)
        return -1;
    for (size_t t = 0; t < N_TESTS; t++) {
        const json_t *const test = json_array_get(list, t);
        json_reader r = {.document = "the protocol", .keep = keep};
        prepared *const p = &tests_[t];
        p->name = json_string_value(json_object_get(test, "name"));
        p->form = (text_form)text_form_from_name(json_string_value(json_object_get(test, "kind")));
        if (!check_list_read(&r, &(json_place){NULL, "checks", 0}, json_object_get(test, "checks"), &p->checks)) {
            print_error("%s: %s: %s\n", p->name, r.fault.path, r.fault.message);
            return -1;
        }
        list_files(p);
        for (size_t i = 0; i < p->n; i++)
            try_answer(p, i);
    }
    return 0;
}

static int release(void **state)
{
    (void)state;
    json_decref(protocol);
    arena_free(keep);
    return 0;
}

static void fail_with_checks(const prepared *p, size_t i, const char *wanted)
{
    print_error("%s, %s: %g, wanted %s\n", p->name, p->files[i], p->scores[i].mark, wanted);
    for (size_t k = 0; k < check_list_size(p->checks); k++) {
        const check_record *const c = &p->records[i][k];
        print_error("  %s: %s: %s\n", check_outcome_name(c->outcome), c->name, c->detail);
    }
    fail();
}

/* Every answer whose file name begins so has a mark from `min` to `max`; there must be at least `n_wanted` per test. */
static void assert_marks(const char *beginning, size_t n_wanted, double min, double max)
{
    char wanted[64];
    snprintf(wanted, sizeof wanted, "%g to %g", min, max);
    for (size_t t = 0; t < N_TESTS; t++) {
        size_t n = 0;
        for (size_t i = 0; i < tests_[t].n; i++) {
            if (strncmp(tests_[t].files[i], beginning, strlen(beginning)) != 0)
                continue;
            n++;
            if (!(tests_[t].scores[i].mark >= min && tests_[t].scores[i].mark <= max))
                fail_with_checks(&tests_[t], i, wanted);
        }
        assert_true(n >= n_wanted);
    }
}

static void test_good_answers_have_at_least_four(void **state)
{
    (void)state;
    assert_marks("good", 2, 4, 5);
}

static void test_wrong_answers_have_at_most_two_and_a_half(void **state)
{
    (void)state;
    assert_marks("wrong", 1, 1, 2.5);
}

static void test_answers_off_the_topic_have_at_most_two_and_a_half(void **state)
{
    (void)state;
    assert_marks("off-topic", 1, 1, 2.5);
}

static void test_cut_looping_and_empty_answers_have_at_most_two(void **state)
{
    (void)state;
    assert_marks("cut", 1, 1, 2);
    assert_marks("looping", 1, 1, 2);
    assert_marks("empty", 1, 1, 2);
}

static double mark_of(const char *test, const char *file)
{
    for (size_t t = 0; t < N_TESTS; t++) {
        for (size_t i = 0; i < tests_[t].n && strcmp(tests_[t].name, test) == 0; i++) {
            if (strcmp(tests_[t].files[i], file) == 0)
                return tests_[t].scores[i].mark;
        }
    }
    fail_msg("there is no %s of %s", file, test);
    return 0;
}

static void test_a_shuffled_story_has_less_than_the_story(void **state)
{
    (void)state;
    const double good = mark_of("creative writing", "good.txt");
    assert_true(mark_of("creative writing", "shuffled.txt") < good);
    assert_true(mark_of("creative writing", "shuffled-2.txt") < good); // whole paragraphs
}

static void test_an_answer_to_another_test_is_off_the_topic(void **state)
{
    (void)state;
    for (size_t t = 0; t < N_TESTS; t++) {
        prepared p = {
            .name = tests_[(t + 4) % N_TESTS].name, .form = tests_[t].form, .checks = tests_[t].checks, .n = 1};
        snprintf(p.files[0], sizeof p.files[0], "good.txt");
        try_answer(&p, 0);
        if (!(p.scores[0].mark <= 2.5))
            fail_with_checks(&p, 0, "at most 2.5 for the checks of another test");
    }
}

static void test_every_test_has_an_expected_outcome_and_four_checks(void **state)
{
    (void)state;
    size_t i;
    json_t *test;
    json_array_foreach(json_object_get(protocol, "tests"), i, test)
    {
        assert_true(json_string_length(json_object_get(test, "expected")) > 20);
        int n_technical = 0;
        for (size_t k = 0; k < check_list_size(tests_[i].checks); k++)
            n_technical += tests_[i].records[0][k].is_technical;
        assert_true(check_list_size(tests_[i].checks) >= 4);
        assert_true(n_technical > 0 || strcmp(tests_[i].name, "creative writing") == 0);
    }
}

/* A check that no answer passes, or that none fails, measures nothing. */
static void test_every_check_is_seen_passed_and_failed(void **state)
{
    (void)state;
    for (size_t t = 0; t < N_TESTS; t++) {
        for (size_t k = 0; k < check_list_size(tests_[t].checks); k++) {
            int n[3] = {0};
            for (size_t i = 0; i < tests_[t].n; i++)
                n[tests_[t].records[i][k].outcome]++;
            const check_record *const c = &tests_[t].records[0][k];
            const bool needs_sandbox = strncmp(c->kind, "python", 6) == 0;
            if (needs_sandbox && n[CHECK_PASSED] + n[CHECK_FAILED] == 0)
                continue; // no sandbox here
            if (n[CHECK_PASSED] == 0 || n[CHECK_FAILED] == 0)
                fail_msg("%s: '%s' was passed %d times and failed %d times", tests_[t].name, c->name, n[CHECK_PASSED],
                         n[CHECK_FAILED]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_answers_have_at_least_four),
        cmocka_unit_test(test_wrong_answers_have_at_most_two_and_a_half),
        cmocka_unit_test(test_answers_off_the_topic_have_at_most_two_and_a_half),
        cmocka_unit_test(test_cut_looping_and_empty_answers_have_at_most_two),
        cmocka_unit_test(test_a_shuffled_story_has_less_than_the_story),
        cmocka_unit_test(test_an_answer_to_another_test_is_off_the_topic),
        cmocka_unit_test(test_every_test_has_an_expected_outcome_and_four_checks),
        cmocka_unit_test(test_every_check_is_seen_passed_and_failed),
    };
    return cmocka_run_group_tests(tests, try_all, release);
}
