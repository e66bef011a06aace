/* Which answers a person is asked about, what is typed about them, and the file in which scores travel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "review/review_file.h"
#include "review/review_line.h"
#include "review/review_list.h"

enum { N_TESTS = 9, TEXT_BYTES = 1 << 20 };

/* Two models, two tests. */
static test_record tests[N_TESTS];
static subject_record subjects[] = {{.name = "a"}, {.name = "b"}};
static run_record run;

static void set_test(int at, int subject, test_mode mode, int index, int repeat, const char *text)
{
    tests[at] = (test_record){
        .plan = {.name = index == 0 ? "first" : "second", .prompt = "?", .expected = ""},
        .subject = subject,
        .mode = mode,
        .variant = "",
        .index = index,
        .repeat = repeat,
        .answer = {.status = TEST_COMPLETED, .text = text, .n_text = strlen(text)},
    };
}

static int setup(void **state)
{
    (void)state;
    set_test(0, 0, MODE_STREAM, 0, 0, "warm");
    tests[0].is_warmup = true;
    set_test(1, 0, MODE_WHOLE, 0, 0, "yes");
    set_test(2, 0, MODE_STREAM, 0, 0, "yes");
    set_test(3, 0, MODE_STREAM, 0, 1, "yes");
    set_test(4, 0, MODE_STREAM, 0, 2, "no!");
    set_test(5, 1, MODE_STREAM, 0, 0, "yes");
    set_test(6, 0, MODE_STREAM, 1, 0, "other");
    set_test(7, 0, MODE_COLD, 1, 0, "o");
    set_test(8, 1, MODE_STREAM, 1, 0, "cut off");
    tests[8].answer.status = TEST_TIMEOUT;
    run = (run_record){
        .info = {.started_unix_ms = 1790000000000, .fingerprint = "sha256:1", .protocol_hash = "fnv1a64:2"},
        .subjects = subjects,
        .n_subjects = 2,
        .tests = tests,
        .n_tests = N_TESTS,
    };
    return 0;
}

/* ---- lists ------------------------------------------------------------------------------------------------------- */

static void assert_list(const review_choice *choice, const int *wanted, size_t n)
{
    review_list list;
    assert_int_equal(review_list_of(&run, choice, &list, NULL), SW_OK);
    assert_int_equal(list.n, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(list.tests[i], wanted[i]);
    review_list_free(&list);
}

static void test_each_different_answer_is_asked_about_once(void **state)
{
    (void)state;
    assert_list(&(review_choice){.reviewer = ""}, (const int[]){2, 4, 5, 6}, 4);
}

static void test_answers_of_a_test_or_a_model_can_be_chosen(void **state)
{
    (void)state;
    assert_list(&(review_choice){.reviewer = "", .test = "second"}, (const int[]){6}, 1);
    assert_list(&(review_choice){.reviewer = "", .model = "b"}, (const int[]){5}, 1);
    review_list list;
    sw_err err = {0};
    const review_choice none = {.reviewer = "", .model = "b", .test = "second"};
    assert_int_equal(review_list_of(&run, &none, &list, &err), SW_ENOTFOUND);
    assert_non_null(strstr(err.msg, "test 'second' model 'b'"));
    review_list_free(&list);
}

static void test_a_blind_order_is_that_of_the_run_and_the_reviewer(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"", "A", "B", "C", "D", "E", "F", "G"};
    size_t n_different = 0;
    review_list first = {0};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        const review_choice choice = {.reviewer = NAMES[i], .is_blind = true};
        review_list a, b;
        assert_int_equal(review_list_of(&run, &choice, &a, NULL), SW_OK);
        assert_int_equal(review_list_of(&run, &choice, &b, NULL), SW_OK);
        assert_int_equal(a.n, 4);
        assert_memory_equal(a.tests, b.tests, a.n * sizeof *a.tests);
        int sum = 0;
        for (size_t k = 0; k < a.n; k++)
            sum += a.tests[k];
        assert_int_equal(sum, 2 + 4 + 5 + 6);
        if (i == 0)
            first = a;
        else
            n_different += memcmp(a.tests, first.tests, a.n * sizeof *a.tests) != 0;
        if (i != 0)
            review_list_free(&a);
        review_list_free(&b);
    }
    review_list_free(&first);
    assert_true(n_different >= 4);
}

/* ---- lines ------------------------------------------------------------------------------------------------------- */

static void assert_line(const char *line, const char *wanted)
{
    review_record review = {.note = ""};
    sw_err err = {0};
    if (review_line_read(line, &review, &err) != SW_OK)
        fail_msg("'%s' is refused: %s", line, err.msg);
    buf out;
    buf_init(&out, TEXT_BYTES);
    review_line_put(&out, &review);
    assert_string_equal(buf_str(&out), wanted);
    review_record again = {.note = ""};
    assert_int_equal(review_line_read(buf_str(&out), &again, NULL), SW_OK);
    assert_memory_equal(again.scores, review.scores, sizeof review.scores);
    assert_memory_equal(again.flags, review.flags, sizeof review.flags);
    assert_string_equal(again.note, review.note);
    buf_free(&out);
}

static void test_a_line_is_scores_flags_and_a_note(void **state)
{
    (void)state;
    assert_line("4 5 3", "4 5 3");
    assert_line("453", "4 5 3");
    assert_line("4 - 3", "4 - 3");
    assert_line("4--", "4");
    assert_line("- - 2 c", "- - 2 c");
    assert_line("o r", "r o");
    assert_line("5, 1 wc: a: note", "5 1 w c: a: note");
    assert_line(": only a note", ": only a note");
    assert_line("1:x", "1: x");
}

static void assert_no_line(const char *line, const char *why)
{
    review_record review;
    sw_err err = {0};
    assert_int_not_equal(review_line_read(line, &review, &err), SW_OK);
    if (strstr(err.msg, why) == NULL)
        fail_msg("'%s' is refused with '%s'", line, err.msg);
}

static void test_other_lines_are_refused(void **state)
{
    (void)state;
    assert_no_line("0", "1 to 5, not 0");
    assert_no_line("6 1", "1 to 5, not 6");
    assert_no_line("1 2 3 4", "there are 3 scores");
    assert_no_line("4 good", "flags (r, w, c, o)");
    assert_no_line("---", "no score, flag or note");
    assert_no_line(" :  ", "no score, flag or note");
    assert_no_line("", "no score, flag or note");
    assert_no_line("5:\xff", "UTF-8");
}

static void test_a_note_has_a_limit(void **state)
{
    (void)state;
    static char line[LIMIT_REVIEW_NOTE_BYTES + 8];
    review_record review;
    sw_err err = {0};
    memset(line, 'x', sizeof line);
    memcpy(line, "5:", 2);
    line[2 + LIMIT_REVIEW_NOTE_BYTES] = '\0';
    assert_int_equal(review_line_read(line, &review, NULL), SW_OK);
    line[2 + LIMIT_REVIEW_NOTE_BYTES] = 'x', line[3 + LIMIT_REVIEW_NOTE_BYTES] = '\0';
    assert_int_equal(review_line_read(line, &review, &err), SW_ELIMIT);
    assert_non_null(strstr(err.msg, "a note may have 4096 bytes, not 4097"));
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static const review_record REVIEWS[] = {
    {.test = 2,
     .reviewer = "A",
     .scores = {4, 0, 5},
     .flags = {[FLAG_WRONG] = true},
     .note = "\xe2\x80\xae<b>\n\"",
     .unix_ms = 7},
    {.test = 2, .reviewer = "B", .scores = {1}, .note = "", .unix_ms = 1790000000001},
    {.test = 6, .reviewer = "", .note = "-", .unix_ms = 0},
};

static void test_a_file_says_what_was_written(void **state)
{
    (void)state;
    buf text;
    buf_init(&text, TEXT_BYTES);
    assert_int_equal(review_file_write(&text, &run, REVIEWS, 3, NULL), SW_OK);
    review_file file;
    sw_err err = {0};
    if (review_file_read(&run, buf_str(&text), text.size, "file", &file, &err) != SW_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(file.n, 3);
    for (size_t i = 0; i < 3; i++) {
        const review_record *const a = &file.reviews[i], *const b = &REVIEWS[i];
        assert_int_equal(a->test, b->test);
        assert_string_equal(a->reviewer, b->reviewer);
        assert_string_equal(a->note, b->note);
        assert_memory_equal(a->scores, b->scores, sizeof a->scores);
        assert_memory_equal(a->flags, b->flags, sizeof a->flags);
        assert_int_equal(a->unix_ms, b->unix_ms);
    }
    review_file_free(&file);
    buf_free(&text);
}

/* A file with one review, in which `from` is replaced by `to`. */
static sw_code read_changed(const char *from, const char *to, sw_err *err)
{
    static const char FILE_TEXT[] =
        "{\"spillway_reviews\": 1,\n"
        "\"run\": {\"started_unix_ms\": 1790000000000, \"fingerprint\": \"sha256:1\", \"protocol_hash\": "
        "\"fnv1a64:2\"},\n"
        "\"reviews\": [{\"model\": 1, \"mode\": \"stream\", \"variant\": \"\", \"test\": 0, \"repeat\": 0,\n"
        "\"reviewer\": \"A\", \"content\": 3, \"accuracy\": null, \"responsiveness\": null, \"flags\": [],\n"
        "\"note\": \"\", \"unix_ms\": 5}]}\n";
    const char *const at = strstr(FILE_TEXT, from);
    assert_non_null(at);
    buf text;
    buf_init(&text, 2 * (size_t)LIMIT_REVIEW_FILE_BYTES);
    buf_append(&text, FILE_TEXT, (size_t)(at - FILE_TEXT));
    buf_puts(&text, to);
    buf_puts(&text, at + strlen(from));
    review_file file;
    const sw_code code = review_file_read(&run, buf_str(&text), text.size, "file", &file, err);
    review_file_free(&file);
    buf_free(&text);
    return code;
}

static void test_a_file_that_is_wrong_is_refused_by_line_and_member(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
        sw_code code;
        const char *why;
    } CASES[] = {
        {"1790000000000", "1790000000001", SW_EINVAL, "line 2, run: the reviews are of another run"},
        {"sha256:1", "sha256:2", SW_EINVAL, "another run"},
        {"fnv1a64:2", "", SW_EINVAL, "another run"},
        {"_reviews\": 1", "_reviews\": 2", SW_EUNSUPPORTED, "version 1"},
        {"spillway_reviews", "reviews_of", SW_EFORMAT, "no file of reviews"},
        {"\"model\": 1", "\"model\": 2", SW_EFORMAT, "no test 0, repetition 0, of model 2"},
        {"\"model\": 1", "\"model\": -1", SW_EFORMAT, "reviews[0].model"},
        {"\"stream\"", "\"steam\"", SW_EFORMAT, "mode 'steam'"},
        {"\"repeat\": 0", "\"repeat\": 9", SW_EFORMAT, "repetition 9"},
        {"\"content\": 3", "\"content\": 6", SW_EFORMAT, "line 4, reviews[0].content"},
        {"\"content\": 3", "\"content\": 0", SW_EFORMAT, "reviews[0].content"},
        {"\"content\": 3", "\"content\": 2.5", SW_EFORMAT, "reviews[0].content"},
        {"\"content\": 3", "\"content\": null", SW_EFORMAT, "a score, a flag or a note"},
        {"\"content\": 3, ", "", SW_EFORMAT, "content"},
        {"[],", "[\"bad\"],", SW_EFORMAT, "reviews[0].flags[0]: a flag is repetition, wrong, cut or odd"},
        {"[],", "[\"odd\", \"odd\"],", SW_EFORMAT, "comes twice"},
        {"[],", "\"odd\",", SW_EFORMAT, "an array of flags"},
        {"\"unix_ms\": 5", "\"unix_ms\": 5, \"more\": 1", SW_EFORMAT, "more"},
        {"\"unix_ms\": 5", "\"unix_ms\": 5, \"note\": \"\"", SW_EFORMAT, "note"},
        {"\"unix_ms\": 5", "\"unix_ms\": 1e300", SW_EFORMAT, "unix_ms"},
        {"\"note\": \"\"", "\"note\": \"\\u0000\"", SW_EFORMAT, ""},
        {"}]}", "}, {}]}", SW_EFORMAT, "reviews[1]"},
        {"}]}", "}]", SW_EFORMAT, ""},
    };
    sw_err err = {0};
    assert_int_equal(read_changed("\"note\"", "\"note\"", &err), SW_OK);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        sw_err_clear(&err);
        const sw_code code = read_changed(CASES[i].from, CASES[i].to, &err);
        if (code != CASES[i].code || strstr(err.msg, CASES[i].why) == NULL || strncmp(err.msg, "file: ", 6) != 0)
            fail_msg("%s: code %d, '%s'", CASES[i].to, code, err.msg);
    }
}

static void test_two_reviews_of_one_test_and_person_are_refused(void **state)
{
    (void)state;
    const review_record twice[] = {REVIEWS[0], REVIEWS[2], REVIEWS[0]};
    buf text;
    buf_init(&text, TEXT_BYTES);
    assert_int_equal(review_file_write(&text, &run, twice, 3, NULL), SW_OK);
    review_file file;
    sw_err err = {0};
    assert_int_equal(review_file_read(&run, buf_str(&text), text.size, "file", &file, &err), SW_EFORMAT);
    assert_non_null(strstr(err.msg, "two reviews are of one test and reviewer"));
    review_file_free(&file);
    buf_free(&text);
}

/* A member with a text of n bytes. */
static char *member_of(const char *name, size_t n)
{
    char *const text = malloc(n + 64);
    assert_non_null(text);
    const int head = sprintf(text, "\"%s\": \"", name);
    memset(text + head, 'x', n);
    strcpy(text + (size_t)head + n, "\"");
    return text;
}

static void test_names_and_notes_of_a_file_have_limits(void **state)
{
    (void)state;
    static const struct {
        const char *from, *name;
        size_t max;
    } MEMBERS[] = {{"\"reviewer\": \"A\"", "reviewer", LIMIT_REVIEWER_BYTES},
                   {"\"note\": \"\"", "note", LIMIT_REVIEW_NOTE_BYTES}};
    for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS; i++) {
        for (size_t more = 0; more < 2; more++) {
            char *const member = member_of(MEMBERS[i].name, MEMBERS[i].max + more);
            assert_int_equal(read_changed(MEMBERS[i].from, member, NULL), more == 0 ? SW_OK : SW_EFORMAT);
            free(member);
        }
    }
}

static void test_a_file_has_a_limit(void **state)
{
    (void)state;
    sw_err err = {0};
    char *spaces = malloc(LIMIT_REVIEW_FILE_BYTES + 2);
    assert_non_null(spaces);
    buf text;
    buf_init(&text, TEXT_BYTES);
    assert_int_equal(review_file_write(&text, &run, REVIEWS, 3, NULL), SW_OK);
    memset(spaces, ' ', LIMIT_REVIEW_FILE_BYTES + 1);
    memcpy(spaces, buf_str(&text), text.size);
    review_file file;
    assert_int_equal(review_file_read(&run, spaces, LIMIT_REVIEW_FILE_BYTES, "file", &file, NULL), SW_OK);
    review_file_free(&file);
    assert_int_equal(review_file_read(&run, spaces, LIMIT_REVIEW_FILE_BYTES + 1, "file", &file, &err), SW_ELIMIT);
    review_file_free(&file);
    free(spaces);
    buf_free(&text);
}

#define REVIEW_TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
    const struct CMUnitTest all[] = {
        REVIEW_TEST(test_each_different_answer_is_asked_about_once),
        REVIEW_TEST(test_answers_of_a_test_or_a_model_can_be_chosen),
        REVIEW_TEST(test_a_blind_order_is_that_of_the_run_and_the_reviewer),
        REVIEW_TEST(test_a_line_is_scores_flags_and_a_note),
        REVIEW_TEST(test_other_lines_are_refused),
        REVIEW_TEST(test_a_note_has_a_limit),
        REVIEW_TEST(test_a_file_says_what_was_written),
        REVIEW_TEST(test_a_file_that_is_wrong_is_refused_by_line_and_member),
        REVIEW_TEST(test_two_reviews_of_one_test_and_person_are_refused),
        REVIEW_TEST(test_names_and_notes_of_a_file_have_limits),
        REVIEW_TEST(test_a_file_has_a_limit),
    };
    return cmocka_run_group_tests(all, NULL, NULL);
}
