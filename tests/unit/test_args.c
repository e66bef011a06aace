/* Command-line options: every way to give a value, every way to get one wrong, the environment, and the layout of help.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/args.h"
#include "cmd/cmd.h"
#include "support/temp_dir.h"

enum { WORDS_MAX = 160, GO_ON = -1 };

/* What a command would have. */
static bool flag;
static long number, any_number;
static double real, any_real;
static const char *text;
static arg_ints list;
static arg_strings names;
static const char *positional[2];
static size_t n_positional;

static const arg_row ROWS[] = {
    {"flag", "-f", ARG_FLAG, &flag, 0, 0, NULL, "a flag"},
    {"number", "-nn", ARG_INT, &number, 1, 100, "N", "a bounded number"},
    {"any-number", NULL, ARG_INT, &any_number, 0, 0, "N", "any number"},
    {"real", NULL, ARG_DOUBLE, &real, 0, 2, "X", "a bounded real"},
    {"any-real", NULL, ARG_DOUBLE, &any_real, 0, 0, "X", "any real"},
    {"list", "-l", ARG_INTS, &list, 1, 100, "N,...", "whole numbers"},
    {"name", NULL, ARG_STRINGS, &names, 0, 0, "NAME", "names"},
    {"text", "-t --words --talk", ARG_STRING, &text, 0, 0, "TEXT", "a text"},
};

static const arg_list ARGS = {.command = "test",
                              .usage = "MODEL [MORE]",
                              .description = "Tests.",
                              .rows = ROWS,
                              .n_rows = sizeof ROWS / sizeof ROWS[0],
                              .min_positional = 1,
                              .max_positional = 2};

/* Parses the words up to NULL; what is printed goes to `out` and `err` in the test's directory. */
static int parse(const arg_list *args, const char *const *words)
{
    flag = false;
    number = any_number = -7;
    real = any_real = -7;
    text = NULL;
    list = (arg_ints){{-7}, 1};
    names.n = 0;
    char *argv[WORDS_MAX + 1] = {(char *)(uintptr_t) "test"};
    int argc = 1;
    for (; words[argc - 1] != NULL; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    fflush(NULL);
    const int saved[2] = {dup(1), dup(2)};
    assert_non_null(freopen(temp_file("out").s, "w", stdout));
    assert_non_null(freopen(temp_file("err").s, "w", stderr));
    const int status = args_parse(args, argc, argv, positional, &n_positional);
    fflush(NULL);
    for (int fd = 1; fd <= 2; fd++) {
        dup2(saved[fd - 1], fd);
        close(saved[fd - 1]);
    }
    return status;
}

#define PARSE(...) parse(&ARGS, (const char *const[]){__VA_ARGS__, NULL})

static bool printed(const char *file, const char *what)
{
    char content[4096] = "";
    FILE *const f = fopen(temp_file(file).s, "r");
    assert_non_null(f);
    content[fread(content, 1, sizeof content - 1, f)] = '\0';
    fclose(f);
    return what[0] == '\0' ? content[0] == '\0' : strstr(content, what) != NULL;
}

static void check_usage_error(int status, const char *what)
{
    assert_int_equal(status, CMD_EXIT_USAGE);
    if (!printed("err", what) || !printed("out", ""))
        fail_msg("standard error does not say '%s'", what);
}

static void test_values_may_follow_or_be_joined(void **state)
{
    (void)state;
    assert_int_equal(PARSE("m", "--number", "5", "--real=0.5", "--text", "a b", "-f"), GO_ON);
    assert_true(number == 5 && real == 0.5 && flag);
    assert_string_equal(text, "a b");
    assert_int_equal(PARSE("-nn", "7", "m", "-t", ""), GO_ON);
    assert_int_equal(number, 7);
    assert_string_equal(text, "");
    assert_int_equal(PARSE("m", "--text=a=b", "--any-number", "-12", "--any-real=-1e3"), GO_ON);
    assert_string_equal(text, "a=b");
    assert_true(any_number == -12 && any_real == -1000);
    assert_int_equal(PARSE("m", "--text", "--flag"), GO_ON); // a value may look like an option
    assert_string_equal(text, "--flag");
    assert_false(flag);
    assert_int_equal(PARSE("m", "--number", "1", "--number", "2"), GO_ON); // the last one counts
    assert_int_equal(number, 2);
}

static void test_every_spelling_is_the_option(void **state)
{
    (void)state;
    static const char *const SPELLINGS[] = {"--text", "-t", "--words", "--talk"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(PARSE("m", SPELLINGS[i], "x"), GO_ON);
        assert_string_equal(text, "x");
    }
    assert_int_equal(PARSE("m", "--words=y"), GO_ON);
    assert_string_equal(text, "y");
    check_usage_error(PARSE("m", "-t --words", "x"), "unknown option");
    check_usage_error(PARSE("m", "--word", "x"), "unknown option");
}

static void test_a_model_may_be_an_option(void **state)
{
    (void)state;
    arg_list args = ARGS;
    args.model = ARG_MODEL_AS_GIVEN;
    assert_int_equal(parse(&args, (const char *const[]){"more", "-m", "stub:", NULL}), GO_ON);
    assert_true(n_positional == 2);
    assert_string_equal(positional[0], "stub:");
    assert_string_equal(positional[1], "more");
    assert_int_equal(parse(&args, (const char *const[]){"--model=a", NULL}), GO_ON);
    assert_string_equal(positional[0], "a");
    check_usage_error(parse(&args, (const char *const[]){"a", "b", "-m", "c", NULL}), "--model names the model");
    check_usage_error(PARSE("m", "-m", "c"), "unknown option '-m'"); // no model here
    check_usage_error(PARSE("m", "-ngl", "9"), "unknown option '-ngl'");
    assert_int_equal(parse(&args, (const char *const[]){"m", "-ngl", "9", NULL}), GO_ON);
    assert_true(printed("err", "-ngl has no effect: "));
    assert_true(n_positional == 1);
}

static void test_one_value_can_be_set_by_name(void **state)
{
    (void)state;
    sw_err err = {0};
    assert_int_equal(args_set(ROWS, ARGS.n_rows, "number", "12", &err), SW_OK);
    assert_int_equal(args_set(ROWS, ARGS.n_rows, "flag", "on", &err), SW_OK);
    assert_true(number == 12 && flag);
    assert_int_equal(args_set(ROWS, ARGS.n_rows, "flag", "off", &err), SW_OK);
    assert_false(flag);
    assert_int_equal(args_set(ROWS, ARGS.n_rows, "number", "101", &err), SW_EINVAL);
    assert_string_equal(err.msg, "number takes a whole number from 1 to 100, not '101'");
    sw_err_clear(&err);
    assert_int_equal(args_set(ROWS, ARGS.n_rows, "nubmer", "1", &err), SW_EINVAL);
    assert_string_equal(err.msg, "there is no setting 'nubmer'; did you mean 'number'?");
    assert_int_equal(number, 12);
}

static void test_what_was_not_given_keeps_its_default(void **state)
{
    (void)state;
    assert_int_equal(PARSE("m"), GO_ON);
    assert_true(!flag && number == -7 && any_number == -7 && real == -7 && any_real == -7 && text == NULL);
    assert_true(printed("out", "") && printed("err", ""));
}

static void test_positional_arguments_are_counted(void **state)
{
    (void)state;
    check_usage_error(PARSE("--flag"), "missing argument");
    assert_int_equal(PARSE("a", "--flag", "b"), GO_ON);
    assert_int_equal(n_positional, 2);
    assert_string_equal(positional[0], "a");
    assert_string_equal(positional[1], "b");
    check_usage_error(PARSE("a", "b", "c"), "unexpected argument 'c'");
    assert_int_equal(PARSE("-"), GO_ON); // standard input
    assert_string_equal(positional[0], "-");
    assert_int_equal(PARSE("--", "--flag", "--"), GO_ON);
    assert_string_equal(positional[0], "--flag");
    assert_string_equal(positional[1], "--");
    assert_false(flag);
}

static void test_bounds_are_exact(void **state)
{
    (void)state;
    assert_int_equal(PARSE("m", "--number=1", "--real=0"), GO_ON);
    assert_int_equal(PARSE("m", "--number=100", "--real=2"), GO_ON);
    check_usage_error(PARSE("m", "--number=0"), "--number takes a whole number from 1 to 100, not '0'");
    check_usage_error(PARSE("m", "--number=101"), "not '101'");
    check_usage_error(PARSE("m", "--real=2.0001"), "--real takes a number from 0 to 2");
    check_usage_error(PARSE("m", "--real=-0.1"), "not '-0.1'");
}

static void test_what_is_no_number_is_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {"", "x", "5x", "0x", "1e3", "99999999999999999999", "5 ", "--flag"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
        check_usage_error(PARSE("m", "--any-number", BAD[i]), "--any-number takes a number");
    check_usage_error(PARSE("m", "--any-real", "nan"), "not 'nan'");
    check_usage_error(PARSE("m", "--any-real", "1e999"), "not '1e999'");
    check_usage_error(PARSE("m", "--any-real", ""), "not ''");
    check_usage_error(PARSE("m", "--real", "inf"), "not 'inf'");
    assert_int_equal(PARSE("m", "--any-real", "1e-3"), GO_ON);
    assert_int_equal(PARSE("m", "--any-number", "9223372036854775807"), GO_ON);
    assert_true(any_number == INT64_MAX);
}

static void test_an_option_of_several_texts_keeps_their_order(void **state)
{
    (void)state;
    assert_int_equal(PARSE("m"), GO_ON);
    assert_int_equal(names.n, 0);
    assert_int_equal(PARSE("m", "--name", "b", "--real", "1", "--name=a", "--name", "b"), GO_ON);
    assert_int_equal(names.n, 3);
    assert_string_equal(names.values[0], "b");
    assert_string_equal(names.values[1], "a");
    setenv("SPILLWAY_ARG_NAME", "c", 1);
    assert_int_equal(PARSE("m", "--name", "a"), GO_ON);
    assert_int_equal(names.n, 1); // the command line wins
    assert_int_equal(PARSE("m"), GO_ON);
    assert_string_equal(names.values[0], "c");
    unsetenv("SPILLWAY_ARG_NAME");
    const char *words[2 + 2 * (ARG_STRINGS_MAX + 1)] = {"m"};
    for (size_t i = 1; i <= 2 * (ARG_STRINGS_MAX + 1); i += 2) {
        words[i] = "--name";
        words[i + 1] = "x";
    }
    check_usage_error(parse(&ARGS, words), "--name takes at most 64 values, each after the option's name, not 'x'");
    words[1 + 2 * ARG_STRINGS_MAX] = NULL;
    assert_int_equal(parse(&ARGS, words), GO_ON);
    assert_int_equal(names.n, ARG_STRINGS_MAX);
}

static void test_lists_are_read_strictly(void **state)
{
    (void)state;
    assert_int_equal(PARSE("m"), GO_ON);
    assert_true(list.n == 1 && list.values[0] == -7);
    assert_int_equal(PARSE("m", "-l", "3"), GO_ON);
    assert_true(list.n == 1 && list.values[0] == 3);
    assert_int_equal(PARSE("m", "-l", "3", "--list=100,1,5,5"), GO_ON); // the last one counts, whole
    assert_true(list.n == 4 && list.values[0] == 100 && list.values[1] == 1 && list.values[3] == 5);
    assert_int_equal(PARSE("m", "-l", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16"), GO_ON);
    assert_true(list.n == ARG_INTS_MAX && list.values[15] == 16);
    static const char MANY[] = "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17";
    static const char *const BAD[] = {"",  ",",   "1,",   ",1", "1,,2",  "1, 2", " 1", "1 ",  "+1",  "1;2",
                                      "x", "1,x", "2x,1", "0",  "1,101", "1,-1", "-",  "1,-", "0x1", MANY};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        check_usage_error(PARSE("m", "--list", BAD[i]),
                          "--list takes 1 to 16 whole numbers from 1 to 100, separated by commas, not '");
        assert_true(list.n == 1 && list.values[0] == -7);
    }
    setenv("SPILLWAY_ARG_LIST", "7,8", 1);
    assert_int_equal(PARSE("m"), GO_ON);
    assert_true(list.n == 2 && list.values[1] == 8);
    unsetenv("SPILLWAY_ARG_LIST");
}

static void test_unknown_and_incomplete_options_are_refused(void **state)
{
    (void)state;
    check_usage_error(PARSE("m", "--frobnicate"), "unknown option '--frobnicate'");
    check_usage_error(PARSE("m", "--num", "5"), "unknown option '--num'"); // no abbreviations
    check_usage_error(PARSE("m", "--numbers=5"), "unknown option");
    check_usage_error(PARSE("m", "--=5"), "unknown option");
    check_usage_error(PARSE("m", "-x"), "unknown option '-x'");
    check_usage_error(PARSE("m", "number", "-f", "-nnn"), "unknown option '-nnn'");
    check_usage_error(PARSE("m", "--number"), "'--number' needs a value (N)");
    check_usage_error(PARSE("m", "-t"), "'-t' needs a value (TEXT)");
    check_usage_error(PARSE("m", "--flag=perhaps"), "--flag takes on or off, not 'perhaps'");
    check_usage_error(PARSE("m", "--flag="), "--flag takes on or off, not ''");
}

static void test_help_wins_and_lists_everything(void **state)
{
    (void)state;
    static const char *const WORDS[] = {"--help", "-h"};
    for (size_t w = 0; w < 2; w++) {
        assert_int_equal(PARSE(WORDS[w]), CMD_EXIT_OK); // although an argument is missing
        assert_true(printed("out", "usage: spillway test MODEL [MORE]"));
        for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++)
            assert_true(printed("out", ROWS[i].name) && printed("out", ROWS[i].help));
        assert_true(printed("err", ""));
    }
}

/* Words, joined by single spaces, of a file in the test's directory; checks that its lines fit 80 columns. */
static void read_words(const char *file, char out[4096])
{
    FILE *const f = fopen(temp_file(file).s, "r");
    assert_non_null(f);
    char line[4096];
    out[0] = '\0';
    while (fgets(line, sizeof line, f) != NULL) {
        assert_true(strcspn(line, "\n") <= 80);
        for (const char *word = strtok(line, " \n"); word != NULL; word = strtok(NULL, " \n")) {
            strcat(out, word);
            strcat(out, " ");
        }
    }
    fclose(f);
}

static void test_help_fits_80_columns_and_loses_no_word(void **state)
{
    (void)state;
    static const char HELP[] =
        "what it does takes more words than a line of a terminal holds, so that it is broken twice "
        "or more often at spaces (default: none)";
    static const char EDGE[] =
        "0123456789012345678901234567890123456789 12345678 b"; // the first line is full: 30 + 49 + 1
    const arg_row rows[] = {
        {"long", NULL, ARG_STRING, &text, 0, 0, "A|RATHER|LONG|PLACEHOLDER", HELP},
        {"edge", "-e", ARG_STRING, &text, 0, 0, "TEXT", EDGE},
    };
    static const char DESCRIPTION[] =
        "One paragraph that was broken\nby hand, long enough to be broken again elsewhere, and"
        "\n\nanother.";
    const arg_list args = {.command = "test",
                           .usage = "MODEL [--long A|RATHER|LONG|PLACEHOLDER] [--edge TEXT] [--and MORE] [--than FITS]",
                           .description = DESCRIPTION,
                           .rows = rows,
                           .n_rows = 2,
                           .max_positional = 1};
    assert_int_equal(parse(&args, (const char *const[]){"--help", NULL}), CMD_EXIT_OK);
    char words[4096];
    read_words("out", words);
    assert_non_null(strstr(words, HELP));
    assert_non_null(strstr(words, EDGE));
    assert_non_null(strstr(words, args.usage));
    assert_non_null(strstr(words, "broken by hand, long enough to be broken again elsewhere, and another. options: "));
    assert_true(printed("out", "\n\nanother.\n"));
    assert_true(printed("out", "0123456789 12345678\n"));
}

static void test_the_command_line_wins_over_the_environment(void **state)
{
    (void)state;
    setenv("SPILLWAY_ARG_ANY_NUMBER", "3", 1);
    setenv("SPILLWAY_ARG_TEXT", "from outside", 1);
    setenv("SPILLWAY_ARG_FLAG", "1", 1);
    assert_int_equal(PARSE("m", "--text", "here"), GO_ON);
    assert_true(any_number == 3 && flag);
    assert_string_equal(text, "here");
    static const char *const OFF[] = {"0", "false", ""};
    for (size_t i = 0; i < 3; i++) {
        setenv("SPILLWAY_ARG_FLAG", OFF[i], 1);
        assert_int_equal(PARSE("m"), GO_ON);
        assert_false(flag);
    }
    setenv("SPILLWAY_ARG_FLAG", "on", 1);
    assert_int_equal(PARSE("m", "--flag=off"), GO_ON);
    assert_false(flag);
    setenv("SPILLWAY_ARG_FLAG", "perhaps", 1);
    check_usage_error(PARSE("m"), "SPILLWAY_ARG_FLAG takes on or off, not 'perhaps'");
    unsetenv("SPILLWAY_ARG_FLAG");
    setenv("SPILLWAY_ARG_ANY_NUMBER", "three", 1);
    assert_int_equal(PARSE("m", "--any-number", "2"), GO_ON); // what is not used is not read
    check_usage_error(PARSE("m"), "SPILLWAY_ARG_ANY_NUMBER takes a number, not 'three'");
    unsetenv("SPILLWAY_ARG_ANY_NUMBER");
    unsetenv("SPILLWAY_ARG_TEXT");
}

int main(void)
{
    setenv("SPILLWAY_ARG_CONFIG", "", 1); // the user's own file changes no result
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_may_follow_or_be_joined),
        cmocka_unit_test(test_every_spelling_is_the_option),
        cmocka_unit_test(test_a_model_may_be_an_option),
        cmocka_unit_test(test_one_value_can_be_set_by_name),
        cmocka_unit_test(test_what_was_not_given_keeps_its_default),
        cmocka_unit_test(test_positional_arguments_are_counted),
        cmocka_unit_test(test_bounds_are_exact),
        cmocka_unit_test(test_what_is_no_number_is_refused),
        cmocka_unit_test(test_an_option_of_several_texts_keeps_their_order),
        cmocka_unit_test(test_lists_are_read_strictly),
        cmocka_unit_test(test_unknown_and_incomplete_options_are_refused),
        cmocka_unit_test(test_help_wins_and_lists_everything),
        cmocka_unit_test(test_help_fits_80_columns_and_loses_no_word),
        cmocka_unit_test(test_the_command_line_wins_over_the_environment),
    };
    return cmocka_run_group_tests_name("args", tests, NULL, NULL);
}
