/* Lists of checks are read strictly, and every kind of check finds what it is for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "quality/check_list.h"
#include "support/faults.h"

static arena *keep;

static int open_arena(void **state)
{
    (void)state;
    keep = arena_create();
    return keep != NULL ? 0 : -1;
}

static int close_arena(void **state)
{
    (void)state;
    arena_free(keep);
    return 0;
}

static const check_list *read_list(const char *json, json_fault *fault)
{
    const check_list *list = NULL;
    json_error_t error;
    json_t *const value = json_loads(json, JSON_DECODE_ANY, &error);
    if (value == NULL)
        fail_msg("%s in %s", error.text, json);
    json_reader r = {.document = "the protocol", .keep = keep};
    const bool ok = check_list_read(&r, &(json_place){NULL, "checks", 0}, value, &list);
    assert_true(ok == (r.fault.kind == JSON_FAULT_NONE) && ok == (list != NULL));
    *fault = r.fault;
    json_decref(value);
    return ok ? list : NULL;
}

static const check_record *try_list(const char *json, const answer_record *answer)
{
    json_fault fault;
    const check_list *const list = read_list(json, &fault);
    if (list == NULL)
        fail_msg("%s: %s", fault.path, fault.message);
    check_record *records;
    sw_err err = {0};
    assert_int_equal(check_list_try(list, answer, &(check_options){.run_code = true}, keep, &records, &err), SW_OK);
    return records;
}

static answer_record answer_of(const char *text)
{
    return (answer_record){.text = text, .n_text = strlen(text), .finish_reason = "stop", .completion_tokens = -1};
}

/* One check, given by its members after the name. */
static check_record try_check(const char *members, const char *text)
{
    char json[4000];
    snprintf(json, sizeof json, "[{\"name\": \"it\", %s}]", members);
    const answer_record answer = answer_of(text);
    return try_list(json, &answer)[0];
}

static void assert_outcome(const char *members, const char *text, check_outcome wanted)
{
    const check_record r = try_check(members, text);
    if (r.outcome != wanted)
        fail_msg("%s: %s, not %s: %s\n%s", members, check_outcome_name(r.outcome), check_outcome_name(wanted), r.detail,
                 text);
}

static void assert_passes(const char *members, const char *text)
{
    assert_outcome(members, text, CHECK_PASSED);
}

static void assert_fails(const char *members, const char *text)
{
    assert_outcome(members, text, CHECK_FAILED);
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static void test_a_faulty_list_is_refused_with_the_path(void **state)
{
    (void)state;
    static const struct {
        const char *json, *path, *words;
    } cases[] = {
        {"{}", "checks", "a list of checks"},
        {"[1]", "checks[0]", "an object"},
        {"[{\"name\": \"a\"}]", "checks[0].kind", ""},
        {"[{\"kind\": \"markdown\"}]", "checks[0].name", ""},
        {"[{\"name\": \"a\", \"kind\": \"spelling\"}]", "checks[0].kind", "contains, claim"},
        {"[{\"name\": \"a\", \"kind\": \"markdown\", \"size\": 1}]", "checks[0].size", ""},
        {"[{\"name\": \"a\", \"kind\": \"markdown\", \"weight\": 0}]", "checks[0].weight", ""},
        {"[{\"name\": \"a\", \"kind\": \"markdown\", \"weight\": 101}]", "checks[0].weight", ""},
        {"[{\"name\": \"a\", \"kind\": \"markdown\", \"technical\": 1}]", "checks[0].technical", ""},
        {"[{\"name\": \"a\", \"kind\": \"contains\"}]", "checks[0]", "'all', 'any' or 'none'"},
        {"[{\"name\": \"a\", \"kind\": \"contains\", \"all\": []}]", "checks[0].all", "a list of terms"},
        {"[{\"name\": \"a\", \"kind\": \"contains\", \"all\": [\"x\", 1]}]", "checks[0].all[1]", ""},
        {"[{\"name\": \"a\", \"kind\": \"contains\", \"all\": [\"...\"]}]", "checks[0].all[0]", "has no word"},
        {"[{\"name\": \"a\", \"kind\": \"contains\", \"all\": [\"x\"], \"in\": \"margin\"}]", "checks[0].in", ""},
        {"[{\"name\": \"a\", \"kind\": \"claim\"}]", "checks[0].says", ""},
        {"[{\"name\": \"a\", \"kind\": \"claim\", \"says\": [[\"!x\", \"y\"]]}]", "checks[0].says[0]",
         "begins and ends"},
        {"[{\"name\": \"a\", \"kind\": \"claim\", \"says\": [[\"x\", \"!y\"]]}]", "checks[0].says[0]",
         "begins and ends"},
        {"[{\"name\": \"a\", \"kind\": \"claim\", \"says\": [[\"x\", \"!y\", \"!z\", \"w\"]]}]", "checks[0].says[0]",
         "neighbours"},
        {"[{\"name\": \"a\", \"kind\": \"claim\", \"says\": "
         "[[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]]}]",
         "checks[0].says[0]", "at most 8"},
        {"[{\"name\": \"a\", \"kind\": \"regex\", \"pattern\": \"(\"}]", "checks[0].pattern", "not an extended"},
        {"[{\"name\": \"a\", \"kind\": \"regex\", \"pattern\": \"(a+)+\"}]", "checks[0].pattern", "repeats a group"},
        {"[{\"name\": \"a\", \"kind\": \"regex\", \"pattern\": \"a{50}{50}\"}]", "checks[0].pattern", "or a repeat"},
        {"[{\"name\": \"a\", \"kind\": \"regex\", \"pattern\": \"a{1000}\"}]", "checks[0].pattern", "too often"},
        {"[{\"name\": \"a\", \"kind\": \"regex\", \"pattern\": \"a{1,1000}\"}]", "checks[0].pattern", "too often"},
        {"[{\"name\": \"a\", \"kind\": \"regex\", \"pattern\": \"(a)\\\\1\"}]", "checks[0].pattern", "refers back"},
        {"[{\"name\": \"a\", \"kind\": \"regex\", \"pattern\": \"a*b*c*d*e*f*g*h*i*\"}]", "checks[0].pattern",
         "too many"},
        {"[{\"name\": \"a\", \"kind\": \"python\", \"function\": [\"f\"]}]", "checks[0].cases", ""},
        {"[{\"name\": \"a\", \"kind\": \"python\", \"function\": [\"f\"], \"cases\": [[1]]}]", "checks[0].cases[0]",
         "arguments"},
        {"[{\"name\": \"a\", \"kind\": \"python\", \"function\": [1], \"cases\": [[[1], 1]]}]", "checks[0].function[0]",
         "a name"},
        {"[{\"name\": \"a\", \"kind\": \"markdown\"}, {\"name\": \"a\", \"kind\": \"markdown\"}]", "checks",
         "named 'a'"},
        {"[{\"name\": \"a\", \"kind\": \"markdown\", \"needs\": [\"b\"]}]", "checks[0].needs", "named 'b'"},
        {"[{\"name\": \"a\", \"kind\": \"markdown\", \"needs\": [\"a\"]}]", "checks[0].needs", "named 'a'"},
        {"[{\"name\": \"a\", \"kind\": \"markdown\"}, {\"name\": \"b\", \"kind\": \"complete\", \"needs\": [\"a\"]}]",
         "checks[1].needs", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_fault fault;
        assert_null(read_list(cases[i].json, &fault));
        if (strcmp(fault.path, cases[i].path) != 0 || strstr(fault.message, cases[i].words) == NULL)
            fail_msg("%s: '%s': %s", cases[i].json, fault.path, fault.message);
    }
}

static void test_the_number_of_checks_is_limited(void **state)
{
    (void)state;
    for (int more = 0; more < 2; more++) {
        buf json;
        json_fault fault;
        buf_init(&json, 1 << 20);
        for (int i = 0; i < LIMIT_CHECKS + more; i++)
            buf_printf(&json, "%c{\"name\": \"%d\", \"kind\": \"markdown\"}", i == 0 ? '[' : ',', i);
        buf_putc(&json, ']');
        const check_list *const list = read_list(buf_str(&json), &fault);
        assert_int_equal(check_list_size(list), more == 0 ? LIMIT_CHECKS : 0);
        buf_free(&json);
    }
}

static void test_a_record_says_what_was_tried(void **state)
{
    (void)state;
    const check_record r =
        try_check("\"kind\": \"contains\", \"all\": [\"tea\"], \"technical\": true, \"weight\": 2.5", "Tea.");
    assert_string_equal(r.name, "it");
    assert_string_equal(r.kind, "contains");
    assert_true(r.is_technical && r.weight == 2.5);
    const check_record plain = try_check("\"kind\": \"contains\", \"all\": [\"tea\"]", "Coffee.");
    assert_true(!plain.is_technical && plain.weight == 1);
    assert_non_null(strstr(plain.detail, "tea"));
    check_record *none;
    const answer_record answer = answer_of("x");
    assert_int_equal(check_list_try(NULL, &answer, &(check_options){0}, keep, &none, NULL), SW_OK);
    assert_null(none);
}

static void test_a_check_fails_with_one_that_it_needs(void **state)
{
    (void)state;
    const char *const json = "[{\"name\": \"a\", \"kind\": \"contains\", \"all\": [\"tea\"]},"
                             " {\"name\": \"b\", \"kind\": \"markdown\", \"needs\": [\"a\"]}]";
    const answer_record with = answer_of("Tea."), without = answer_of("Coffee.");
    assert_int_equal(try_list(json, &with)[1].outcome, CHECK_PASSED);
    assert_int_equal(try_list(json, &without)[1].outcome, CHECK_FAILED);
}

static void test_details_hold_no_control_character(void **state)
{
    (void)state;
    const check_record r = try_check("\"kind\": \"claim\", \"says\": [[\"red\"]]", "red \x1b[2J\u202e blue\x07\n");
    assert_int_equal(r.outcome, CHECK_PASSED);
    for (const char *p = r.detail; *p != '\0'; p++)
        assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
    assert_null(strstr(r.detail, "\u202e"));
}

static void test_only_the_beginning_of_an_endless_answer_is_searched(void **state)
{
    (void)state;
    for (int more = 0; more < 2; more++) {
        buf text;
        buf_init(&text, 1 << 20);
        while (text.size < (size_t)LIMIT_CHECK_ANSWER_BYTES - 4 + (size_t)more)
            buf_puts(&text, " ");
        buf_puts(&text, "tea5");
        assert_outcome("\"kind\": \"contains\", \"all\": [\"tea5\"]", buf_str(&text),
                       more ? CHECK_FAILED : CHECK_PASSED);
        text.data[text.size - 1] = '.';
        assert_outcome("\"kind\": \"complete\"", buf_str(&text), more ? CHECK_FAILED : CHECK_PASSED);
        buf_free(&text);
    }
}

/* Each allocation in turn fails: the whole fails, or nothing is different. */
static void test_short_memory_is_an_error_and_no_outcome(void **state)
{
    (void)state;
    json_fault fault;
    const check_list *const list = read_list(
        "[{\"name\": \"a\", \"kind\": \"contains\", \"all\": [\"lamp\"]}, {\"name\": \"b\", \"kind\": \"claim\", "
        "\"says\": [[\"a\", \"lamp\"]]},"
        " {\"name\": \"c\", \"kind\": \"topic\", \"any\": [\"lamp\"], \"min\": 0.1}, {\"name\": \"d\", \"kind\": "
        "\"json\"},"
        " {\"name\": \"e\", \"kind\": \"regex\", \"pattern\": \"lamp\"}, {\"name\": \"f\", \"kind\": \"order\"},"
        " {\"name\": \"g\", \"kind\": \"no_loop\"}, {\"name\": \"h\", \"kind\": \"python_parses\"}]",
        &fault);
    const answer_record answer = answer_of("There was a lamp.\n\n```json\n{\"a\": 1}\n```\n\n```python\nx = "
                                           "1\n```\n\nThe lamp was old. Then it broke. It is gone.");
    check_record *wanted;
    assert_int_equal(check_list_try(list, &answer, &(check_options){0}, keep, &wanted, NULL), SW_OK);
    sw_code code = SW_ENOMEM;
    long n = 1;
    for (long i = 0; i < n; i++) {
        check_record *found;
        faults_alloc_begin(i);
        arena *const own = arena_create();
        code = own != NULL ? check_list_try(list, &answer, &(check_options){0}, own, &found, NULL) : SW_ENOMEM;
        for (size_t k = 0; code == SW_OK && k < check_list_size(list); k++)
            assert_true(found[k].outcome == wanted[k].outcome && strcmp(found[k].detail, wanted[k].detail) == 0);
        arena_free(own);
        long n_live;
        n = faults_alloc_end(&n_live) + 1;
        assert_int_equal(n_live, 0);
        assert_true(code == SW_ENOMEM || i == n - 1);
    }
    assert_int_equal(code, SW_OK);
}

/* ---- words ------------------------------------------------------------------------------------------------------ */

static void test_terms_are_whole_words_however_they_are_written(void **state)
{
    (void)state;
    const char *const check = "\"kind\": \"contains\", \"all\": [\"divide and conquer\"]";
    assert_passes(check, "A **Divide-and-Conquer** algorithm.");
    assert_passes(check, "divide\u2011and\u2011conquer");
    assert_passes(check, "divide and\nconquer");
    assert_fails(check, "divide and conquered");
    assert_passes("\"kind\": \"contains\", \"all\": [\"halv*\"]", "It keeps halving.");
    assert_fails("\"kind\": \"contains\", \"all\": [\"art\"]", "It starts.");
    assert_passes("\"kind\": \"contains\", \"all\": [\"server\"]", "the server\u2019s log");
    assert_passes("\"kind\": \"contains\", \"any\": [\"a|b\", \"c\", \"d\"], \"at_least\": 2", "b d");
    assert_fails("\"kind\": \"contains\", \"any\": [\"a|b\", \"c\", \"d\"], \"at_least\": 2", "a b");
    assert_fails("\"kind\": \"contains\", \"any\": [\"a\"], \"none\": [\"z\"]", "a z");
    assert_passes("\"kind\": \"contains\", \"any\": [\"x\"], \"in\": \"code\"", "y\n```\nx\n```\n");
    assert_fails("\"kind\": \"contains\", \"any\": [\"x\"], \"in\": \"prose\"", "y\n```\nx\n```\n");
    assert_fails("\"kind\": \"contains\", \"any\": [\"x\"], \"in\": \"headings\"", "# y\nx\n");
}

static void test_a_cost_is_one_word_in_all_spellings(void **state)
{
    (void)state;
    static const char *const SAME[] = {"O(n log n)",   "$O(n \\log n)$",   "\\(\\mathcal{O}(n\\log n)\\)",
                                       "`O(n log n)`", "O(n\u00b7log(n))", "O(n log\u2082 n)",
                                       "O(n log_2 n)", "O(N log N)",       "\\Theta(n \\log n)"};
    for (size_t i = 0; i < sizeof SAME / sizeof *SAME; i++)
        assert_passes("\"kind\": \"contains\", \"all\": [\"O(n log n)\"]", SAME[i]);
    static const char *const SQUARES[] = {"O(n\u00b2)", "O(n^2)", "$O(n^{2})$", "O(n**2)", "O(n<sup>2</sup>)"};
    for (size_t i = 0; i < sizeof SQUARES / sizeof *SQUARES; i++)
        assert_passes("\"kind\": \"contains\", \"all\": [\"O(n^2)\"]", SQUARES[i]);
    assert_fails("\"kind\": \"contains\", \"all\": [\"O(n)\"]", "O(n log n) and O(n\u00b2)");
}

static void test_a_claim_is_made_in_one_sentence(void **state)
{
    (void)state;
    const char *const check = "\"kind\": \"claim\", \"says\": [[\"less\", \"!greater\", \"left\"]]";
    assert_passes(check, "If it is less, go to the left half.");
    assert_fails(check, "If it is less, stop. Then turn left.");
    assert_fails(check, "If it is less, stop; if it is greater, go left.");
    assert_fails(check, "Go left if it is less.");
    assert_fails("\"kind\": \"claim\", \"says\": [[\"sorted\"]], \"never\": [[\"works\", \"!not\", \"unsorted\"]]",
                 "It wants sorted data. It works on unsorted data.");
    assert_passes("\"kind\": \"claim\", \"says\": [[\"sorted\"]], \"never\": [[\"works\", \"!not\", \"unsorted\"]]",
                  "It wants sorted data. It works, but not on unsorted data.");
    assert_fails("\"kind\": \"claim\", \"says\": [[\"a\", \"b\"]], \"within\": 2", "a x x b");
}

static void test_a_claim_belongs_to_its_subject(void **state)
{
    (void)state;
    const char *const check = "\"kind\": \"claim\", \"subject\": \"alpha\", \"rivals\": \"beta\", \"says\": "
                              "[[\"O(n)\"]], \"never\": [[\"O(n^2)\"]]";
    assert_passes(check, "Alpha takes O(n), while beta takes O(n^2).");
    assert_fails(check, "Beta takes O(n), while alpha takes O(n^2).");
    assert_passes(check, "It is O(n^2) for beta and O(n) for alpha.");
    assert_passes(check, "## Beta\n- time: O(n^2)\n## Alpha\n- time: O(n)\n");
    assert_passes(check, "| | Alpha | Beta |\n|---|---|---|\n| time | O(n) | O(n^2) |\n");
    assert_fails(check, "| | Beta | Alpha |\n|---|---|---|\n| time | O(n) | O(n^2) |\n");
    assert_passes(check, "| name | time |\n|---|---|\n| Alpha | O(n) |\n| Beta | O(n^2) |\n");
    const char *const worst =
        "\"kind\": \"claim\", \"subject\": \"alpha\", \"rivals\": \"beta\", \"says\": [[\"worst\", \"O(n)\"]]";
    assert_passes(worst, "| | Beta | Alpha |\n|---|---|---|\n| worst case | O(1) | O(n) |\n");
    assert_fails(worst, "| | Beta | Alpha |\n|---|---|---|\n| worst case | O(n) | O(1) |\n");
}

static void test_numbers_patterns_topics_and_languages(void **state)
{
    (void)state;
    assert_passes("\"kind\": \"number\", \"equals\": 4, \"unit\": [\"gallon*\"]", "You have exactly **4** gallons.");
    assert_passes("\"kind\": \"number\", \"equals\": 4, \"unit\": [\"gallon*\"]", "four gallons");
    assert_fails("\"kind\": \"number\", \"equals\": 4, \"unit\": [\"gallon*\"]", "4 steps, 5 gallons");
    assert_passes("\"kind\": \"number\", \"equals\": 100, \"tolerance\": 5", "about 98 of them");
    assert_passes("\"kind\": \"regex\", \"pattern\": \"^get +/\", \"at_least\": 2", "GET /a\nget  /b\n");
    assert_fails("\"kind\": \"regex\", \"pattern\": \"^get +/\", \"at_least\": 2", "GET /a\nPUT /b\n");
    const char *const topic = "\"kind\": \"topic\", \"any\": [\"sun\", \"wind\"], \"at_least\": 2, \"min\": 0.2";
    assert_passes(topic, "Sun and wind.");
    assert_fails(topic, "Sun and sun.");
    assert_fails(topic, "Sun and wind are two of very many other things that we could name here today.");
    assert_passes("\"kind\": \"language\", \"any\": [\"the|is|of\"], \"min\": 0.3", "The end of the tale is near.");
    assert_fails("\"kind\": \"language\", \"any\": [\"the|is|of\"], \"min\": 0.3", "Das Ende ist nah.");
}

/* ---- form ------------------------------------------------------------------------------------------------------- */

static void test_lengths_are_bounded(void **state)
{
    (void)state;
    assert_passes("\"kind\": \"words\", \"min\": 2, \"max\": 3", "one two three");
    assert_fails("\"kind\": \"words\", \"min\": 2, \"max\": 3", "one");
    assert_fails("\"kind\": \"words\", \"min\": 2, \"max\": 3", "one two three four");
    assert_passes("\"kind\": \"coverage\", \"tokens\": 8, \"min\": 0.5", "one two three");
    assert_fails("\"kind\": \"coverage\", \"tokens\": 9, \"min\": 0.5", "one two three");
    answer_record counted = answer_of("one");
    counted.completion_tokens = 4;
    assert_int_equal(
        try_list("[{\"name\": \"a\", \"kind\": \"coverage\", \"tokens\": 8, \"min\": 0.5}]", &counted)->outcome,
        CHECK_PASSED);
}

static void test_headings_sections_and_steps(void **state)
{
    (void)state;
    assert_passes("\"kind\": \"headings\", \"at_least\": 2", "# One\ntext\n**Two**\ntext\n");
    assert_fails("\"kind\": \"headings\", \"at_least\": 2", "# One\n```\n# no heading\n```\n");
    assert_passes("\"kind\": \"sections\", \"any\": [\"error*\", \"books\"], \"at_least\": 2",
                  "## Errors\n- **Books:** many\n");
    assert_fails("\"kind\": \"sections\", \"any\": [\"error*\"]", "This long text speaks only later of errors.\n");
    assert_passes("\"kind\": \"steps\", \"ordered\": true, \"at_least\": 3", "1. a\n2. b\n   - x\n3. c\n");
    assert_passes("\"kind\": \"steps\", \"ordered\": true, \"at_least\": 2", "### Step 1: a\ntext\n**Step 2:** b\n");
    assert_fails("\"kind\": \"steps\", \"ordered\": true, \"at_least\": 3", "1. a\n3. b\n2. c\n");
    assert_passes("\"kind\": \"steps\", \"at_least\": 2", "- a\n* b\n");
}

static void test_json_and_markdown(void **state)
{
    (void)state;
    assert_passes("\"kind\": \"json\"", "{\"a\": 1}");
    assert_passes("\"kind\": \"json\", \"members\": [\"a\"]", "See:\n```json\n[{\"a\": 1}]\n```\n");
    assert_fails("\"kind\": \"json\", \"members\": [\"b\"]", "See:\n```json\n[{\"a\": 1}]\n```\n");
    assert_fails("\"kind\": \"json\"", "See:\n```json\n{\"a\": }\n```\n");
    assert_fails("\"kind\": \"json\"", "There is none.");
    assert_passes("\"kind\": \"markdown\"", "# A\n## B\n| a | b |\n|---|---|\n| 1 | 2 |\n```\nx\n```\n");
    assert_fails("\"kind\": \"markdown\"", "# A\n```\nx\n");
    assert_fails("\"kind\": \"markdown\"", "| a | b |\n|---|---|\n| 1 | 2 | 3 |\n");
    assert_fails("\"kind\": \"markdown\"", "# A\n### B\n");
}

static void test_a_cut_answer_is_not_complete(void **state)
{
    (void)state;
    static const char *const COMPLETE[] = {"It is done.",
                                           "Is it?",
                                           "\"Yes!\"",
                                           "- one\n- two\n- three\n",
                                           "Done \U0001F60A",
                                           "| a |\n|---|\n| 1 |\n",
                                           "```\nx\n```\n",
                                           "\u201cIt ends.\u201d",
                                           "It is **done.**",
                                           "So it is\n$$ x = 1 $$\n",
                                           "**Answer: 4 gallons**",
                                           "- Space: O(1)",
                                           "It is \\boxed{4}",
                                           "Output: `120`",
                                           "The End"};
    static const char *const CUT[] = {"",
                                      "It is",
                                      "It is done. And th",
                                      "```python\nx = 1\n",
                                      "See (this.",
                                      "It is **bold.",
                                      "# Heading",
                                      "- one is a\n",
                                      "- First this. Then tha\n",
                                      "| a | b |\n|---|---|\n| 1 | 2",
                                      "These are:",
                                      "It was \u2014"};
    for (size_t i = 0; i < sizeof COMPLETE / sizeof *COMPLETE; i++)
        assert_passes("\"kind\": \"complete\"", COMPLETE[i]);
    for (size_t i = 0; i < sizeof CUT / sizeof *CUT; i++)
        assert_fails("\"kind\": \"complete\"", CUT[i]);
    answer_record ended = answer_of("It is done.");
    ended.finish_reason = "length";
    assert_int_equal(try_list("[{\"name\": \"a\", \"kind\": \"complete\"}]", &ended)->outcome, CHECK_FAILED);
}

static void test_a_loop_is_found_although_the_text_goes_on(void **state)
{
    (void)state;
    assert_passes("\"kind\": \"no_loop\"",
                  "One thing is here. Another thing is there. One thing is here. And that is all there is.");
    assert_fails(
        "\"kind\": \"no_loop\"",
        "It is what it is. It is what it is. It is what it is. It is what it is. It is what it is. And so on.");
    assert_fails("\"kind\": \"no_loop\"", " ");
}

/* ---- jugs and code ---------------------------------------------------------------------------------------------- */

static void test_jugs_are_filled_and_emptied_as_the_answer_says(void **state)
{
    (void)state;
    static const char *const RIGHT[] = {
        "Fill the 5-gallon jug. Pour it into the 3-gallon jug. Empty the 3-gallon jug. Pour the 2 gallons into the "
        "3-gallon jug. "
        "Fill the 5-gallon jug. Pour from the 5-gallon jug into the 3-gallon jug until it is full.",
        "1. Fill the three-gallon jug.\n2. Pour it into the five-gallon jug.\n3. Fill the three-gallon jug again.\n"
        "4. Top off the five-gallon jug from the three-gallon jug, leaving 1 gallon in the three-gallon jug.\n"
        "5. Dump the five-gallon jug.\n6. Pour the 1 gallon into the five-gallon jug.\n7. Refill the three-gallon "
        "jug.\n"
        "8. Pour the three-gallon jug into the five-gallon jug.\n",
        "Call them jug A (3 gallons) and jug B (5 gallons).\n1. Fill jug B.\n2. Pour jug B into jug A.\n3. Empty jug "
        "A.\n"
        "4. Pour the water from jug B into jug A.\n5. Fill jug B.\n6. Pour from jug B into jug A.\n",
    };
    static const char *const WRONG[] = {
        "Fill the 5-gallon jug. Pour it into the 3-gallon jug. You have four gallons.",
        "Fill the 5-gallon jug. Pour 1 gallon from the 5-gallon jug into the 3-gallon jug, leaving 4 gallons in the "
        "5-gallon jug.",
        "Fill the 5-gallon jug. Pour from the 5-gallon jug into the 3-gallon jug, leaving 3 gallons in the 5-gallon "
        "jug. "
        "Empty the 3-gallon jug. Pour from the 5-gallon jug into the 3-gallon jug. Fill the 5-gallon jug. Pour from "
        "the "
        "5-gallon jug into the 3-gallon jug.",
        "Use your eye.",
    };
    for (size_t i = 0; i < sizeof RIGHT / sizeof *RIGHT; i++)
        assert_passes("\"kind\": \"jugs\"", RIGHT[i]);
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
        assert_fails("\"kind\": \"jugs\"", WRONG[i]);
    assert_non_null(strstr(try_check("\"kind\": \"jugs\"", WRONG[2]).detail, "it is 2, not 3"));
}

#define SORT "\"kind\": \"python\", \"function\": [\"sort\"], \"in_place\": true, \"cases\": [[[[3, 1, 2]], [1, 2, 3]]]"

static void assert_runs(const char *members, const char *text, check_outcome wanted)
{
    const check_record r = try_check(members, text);
    if (r.outcome == CHECK_NOT_RUN && strstr(r.detail, "no sandbox") != NULL)
        skip();
    assert_outcome(members, text, wanted);
}

static void test_code_is_found_and_run(void **state)
{
    (void)state;
    assert_runs(SORT, "```python\ndef my_sort(a):\n    return sorted(a)\n```\n", CHECK_PASSED);
    assert_runs(SORT, "```py\ndef my_sort(a):\n    a.sort()\n```\n", CHECK_PASSED);
    assert_runs(SORT, "```\ndef my_sort(a, low, high):\n    a[low:high + 1] = sorted(a[low:high + 1])\n```\n",
                CHECK_PASSED);
    assert_runs(SORT, "1. Code:\n   ```python\n   def my_sort(a):\n       a.sort()\n   ```\n", CHECK_PASSED);
    assert_runs(SORT, "Here it is:\n\ndef my_sort(a: list) -> list:\n    return sorted(a)\n\nIt sorts the list.",
                CHECK_PASSED);
    assert_runs(SORT, "```python\ndef my_sort(a):\n    return a\n```\n", CHECK_FAILED);
    assert_runs(SORT, "```python\ndef my_sort(a)\n    return a\n```\n", CHECK_FAILED);
    assert_runs(SORT, "There is no code.", CHECK_FAILED);
    assert_runs(SORT ", \"optional\": true", "There is no code.", CHECK_NOT_RUN);
    assert_runs("\"kind\": \"python_parses\"", "```python\nx = 1\n```\n```python\nx = \n```\n", CHECK_FAILED);
    assert_runs("\"kind\": \"python_parses\"", "```python\nx = 1\n```\n```bash\nx = \n```\n", CHECK_PASSED);
}

static void test_code_is_not_run_unless_it_may_be(void **state)
{
    (void)state;
    json_fault fault;
    check_record *records;
    const answer_record answer = answer_of("```python\ndef my_sort(a):\n    return sorted(a)\n```\n");
    const check_list *const list = read_list("[{\"name\": \"a\", " SORT "}]", &fault);
    assert_int_equal(check_list_try(list, &answer, &(check_options){.run_code = false}, keep, &records, NULL), SW_OK);
    assert_int_equal(records->outcome, CHECK_NOT_RUN);
    const atomic_bool cancel = true;
    sw_err err = {0};
    const sw_code code =
        check_list_try(list, &answer, &(check_options){.run_code = true, .cancel = &cancel}, keep, &records, &err);
    assert_true(code == SW_ECANCELED || (code == SW_OK && records->outcome == CHECK_NOT_RUN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_faulty_list_is_refused_with_the_path),
        cmocka_unit_test(test_the_number_of_checks_is_limited),
        cmocka_unit_test(test_a_record_says_what_was_tried),
        cmocka_unit_test(test_a_check_fails_with_one_that_it_needs),
        cmocka_unit_test(test_details_hold_no_control_character),
        cmocka_unit_test(test_only_the_beginning_of_an_endless_answer_is_searched),
        cmocka_unit_test(test_short_memory_is_an_error_and_no_outcome),
        cmocka_unit_test(test_terms_are_whole_words_however_they_are_written),
        cmocka_unit_test(test_a_cost_is_one_word_in_all_spellings),
        cmocka_unit_test(test_a_claim_is_made_in_one_sentence),
        cmocka_unit_test(test_a_claim_belongs_to_its_subject),
        cmocka_unit_test(test_numbers_patterns_topics_and_languages),
        cmocka_unit_test(test_lengths_are_bounded),
        cmocka_unit_test(test_headings_sections_and_steps),
        cmocka_unit_test(test_json_and_markdown),
        cmocka_unit_test(test_a_cut_answer_is_not_complete),
        cmocka_unit_test(test_a_loop_is_found_although_the_text_goes_on),
        cmocka_unit_test(test_jugs_are_filled_and_emptied_as_the_answer_says),
        cmocka_unit_test(test_code_is_found_and_run),
        cmocka_unit_test(test_code_is_not_run_unless_it_may_be),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
