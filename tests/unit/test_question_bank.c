/* Banks of questions are read strictly, hold no ambiguous answer, and judge answers as a person would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "problems/question_bank.h"
#include "support/faults.h"

static const bank_question *find(const question_bank *bank, const char *words)
{
    for (size_t i = 0; i < bank->n_domains; i++) {
        const bank_domain *const d = &bank->domains[i];
        const bank_list *const lists[] = {&d->facts, &d->specialist, &d->general};
        for (size_t k = 0; k < 3; k++) {
            for (size_t m = 0; m < lists[k]->n; m++) {
                if (strstr(lists[k]->items[m].text, words) != NULL)
                    return &lists[k]->items[m];
            }
        }
    }
    fail_msg("no question has '%s'", words);
    return NULL;
}

static void assert_judged(const question_bank *bank, const char *words, const char *answer, problem_outcome wanted)
{
    problem_outcome outcome;
    assert_int_equal(bank_judge(find(bank, words), answer, strlen(answer), &outcome, NULL), SW_OK);
    if (outcome != wanted)
        fail_msg("%s: %s is %s, not %s", words, answer, problem_outcome_name(outcome), problem_outcome_name(wanted));
}

static question_bank *open_bank(bank_file file)
{
    question_bank *bank;
    sw_err err = {0};
    if (question_bank_open(&bank, file, &err) != SW_OK)
        fail_msg("%s", err.msg);
    return bank;
}

static void test_the_facts_are_two_hundred_in_ten_domains(void **state)
{
    (void)state;
    question_bank *const bank = open_bank(BANK_FACTS);
    size_t n = 0, n_basic = 0;
    assert_int_equal(bank->n_domains, 10);
    for (size_t i = 0; i < bank->n_domains; i++) {
        n += bank->domains[i].facts.n;
        for (size_t k = 0; k < bank->domains[i].facts.n; k++)
            n_basic += bank->domains[i].facts.items[k].is_basic;
    }
    assert_int_equal(n, 200);
    assert_true(n_basic >= 20);
    question_bank_free(bank);
}

static void test_the_domains_have_questions_prompts_and_mixtures(void **state)
{
    (void)state;
    question_bank *const bank = open_bank(BANK_DOMAINS);
    assert_int_equal(bank->n_domains, 8);
    bool is_mixed[8] = {false};
    for (size_t i = 0; i < bank->n_domains; i++) {
        const bank_domain *const d = &bank->domains[i];
        assert_true(d->specialist.n == 8 && d->general.n == 8 && d->n_prompts == 5 && d->facts.n == 0);
    }
    assert_true(bank->n_mixtures >= 10);
    for (size_t i = 0; i < bank->n_mixtures; i++)
        is_mixed[bank->mixtures[i].domains[0]] = is_mixed[bank->mixtures[i].domains[1]] = true;
    for (size_t i = 0; i < 8; i++)
        assert_true(is_mixed[i]);
    question_bank_free(bank);
}

/* Every accepted form alone is right, in a sentence too; every rival is wrong; every other domain's answer is. */
static void test_every_accepted_form_is_right_and_every_rival_wrong(void **state)
{
    (void)state;
    for (int file = 0; file < 2; file++) {
        question_bank *const bank = open_bank((bank_file)file);
        for (size_t i = 0; i < bank->n_domains; i++) {
            const bank_domain *const d = &bank->domains[i];
            const bank_list *const lists[] = {&d->facts, &d->specialist, &d->general};
            for (size_t k = 0; k < 3; k++) {
                for (size_t m = 0; m < lists[k]->n; m++) {
                    const bank_question *const q = &lists[k]->items[m];
                    char text[300];
                    for (size_t f = 0; f < q->n_accepted; f++) {
                        snprintf(text, sizeof text, "I think that it is **%s**.", q->accepted[f]);
                        assert_judged(bank, q->text, q->accepted[f], PROBLEM_RIGHT);
                        assert_judged(bank, q->text, text, PROBLEM_RIGHT);
                    }
                    for (size_t f = 0; f < q->n_rivals; f++) {
                        snprintf(text, sizeof text, "It is %s, and not %s.", q->rivals[f], q->accepted[0]);
                        assert_judged(bank, q->text, text, PROBLEM_WRONG);
                        snprintf(text, sizeof text, "It is %s, not %s.", q->accepted[0], q->rivals[f]);
                        assert_judged(bank, q->text, text, PROBLEM_RIGHT);
                    }
                    assert_judged(bank, q->text, "I do not know.", PROBLEM_WRONG);
                    assert_judged(bank, q->text, "", PROBLEM_UNREADABLE);
                }
            }
        }
        question_bank_free(bank);
    }
}

static void test_answers_are_judged_in_many_wordings(void **state)
{
    (void)state;
    question_bank *const bank = open_bank(BANK_FACTS);
    assert_judged(bank, "spider", "A spider has eight legs.", PROBLEM_RIGHT);
    assert_judged(bank, "spider", "Spiders have 8 legs; insects have 6.", PROBLEM_RIGHT);
    assert_judged(bank, "spider", "Six, unlike insects, which have 8.", PROBLEM_WRONG);
    assert_judged(bank, "Second World War end", "It ended on September 2, 1945.", PROBLEM_RIGHT);
    assert_judged(bank, "Second World War end", "It began in 1939 and ended in 1945.", PROBLEM_WRONG);
    assert_judged(bank, "capital of Australia", "The capital is Canberra, not Sydney.", PROBLEM_RIGHT);
    assert_judged(bank, "capital of Australia", "It is not Sydney, it is Canberra.", PROBLEM_RIGHT);
    assert_judged(bank, "capital of Australia", "Sydney", PROBLEM_WRONG);
    assert_judged(bank, "capital of Turkey", "Ankara is Turkey's capital.", PROBLEM_RIGHT);
    assert_judged(bank, "closest to the earth", "The Sun. After it comes Proxima Centauri.", PROBLEM_RIGHT);
    assert_judged(bank, "How fast is light", "Light travels at about 300 thousand kilometres per second.",
                  PROBLEM_RIGHT);
    assert_judged(bank, "How fast is light", "About 299,792 km/s.", PROBLEM_RIGHT);
    assert_judged(bank, "pi to two", "3.14", PROBLEM_RIGHT);
    assert_judged(bank, "pi to two", "3.15", PROBLEM_WRONG);
    assert_judged(bank, "2 to the power of 10", "2^10 = 1024", PROBLEM_RIGHT);
    assert_judged(bank, "binary search", "The worst case is $O(\\log n)$.", PROBLEM_RIGHT);
    assert_judged(bank, "binary search", "O(n)", PROBLEM_WRONG);
    assert_judged(bank, "copies text", "Press Ctrl+C.", PROBLEM_RIGHT);
    assert_judged(bank, "The Little Prince", "Antoine de Saint-Exup\xc3\xa9ry", PROBLEM_RIGHT);
    assert_judged(bank, "7 times 8", "8 times 7. 1: 7, 2: 14, 3: 21. So 7 x 8 = 56.", PROBLEM_RIGHT);
    assert_judged(bank, "7 times 8", "7 + 7 = 14. The answer is 57.", PROBLEM_WRONG);
    assert_judged(bank, "5 kilometers", "1 kilometer is 1000 meters. So 5 gets three zeros: 5000.", PROBLEM_RIGHT);
    assert_judged(bank, "made of", "Water is made of hydrogen and oxygen.", PROBLEM_RIGHT);
    question_bank_free(bank);
}

static void test_mixtures_count_what_an_answer_holds(void **state)
{
    (void)state;
    question_bank *const bank = open_bank(BANK_DOMAINS);
    size_t n;
    const char *const text = "She wrote it at night:\n\n```python\ndef f():\n    pass\n```";
    assert_int_equal(bank_count_held(&bank->mixtures[0], text, strlen(text), &n, NULL), SW_OK);
    assert_int_equal(n, 2);
    assert_int_equal(bank_count_held(&bank->mixtures[0], "She slept.", 10, &n, NULL), SW_OK);
    assert_int_equal(n, 1);
    assert_int_equal(bank_count_held(&bank->mixtures[0], "\xff\0\x01", 3, &n, NULL), SW_OK);
    assert_int_equal(n, 0);
    question_bank_free(bank);
}

static void assert_refused(const char *json, sw_code wanted, const char *words)
{
    question_bank *bank;
    sw_err err = {0};
    const sw_code code = question_bank_parse(&bank, json, strlen(json), "the file", &err);
    assert_null(bank);
    if (code != wanted || strstr(err.msg, words) == NULL)
        fail_msg("%s: %s", json, err.msg);
}

#define ONE(question) "{\"name\": \"x\", \"domains\": [{\"name\": \"a\", \"facts\": [" question "]}]}"

static void test_ambiguous_and_malformed_banks_are_refused(void **state)
{
    (void)state;
    question_bank *bank;
    const char *const good = ONE("{\"question\": \"Which?\", \"accepted\": [\"this\"]}");
    assert_int_equal(question_bank_parse(&bank, good, strlen(good), "the file", NULL), SW_OK);
    question_bank_free(bank);
    assert_refused("", SW_EFORMAT, "the file");
    assert_refused("[]", SW_EFORMAT, "object");
    assert_refused("{\"name\": \"x\"}", SW_EFORMAT, "domains");
    assert_refused("{\"name\": \"x\", \"domains\": []}", SW_EFORMAT, "at least one entry");
    assert_refused("{\"name\": \"x\", \"domains\": [{\"name\": \"a\"}]}", SW_EFORMAT, "needs 'facts'");
    assert_refused(ONE("{\"question\": \"Which?\"}"), SW_EFORMAT, "accepted");
    assert_refused(ONE("{\"question\": \"Which?\", \"accepted\": [\"a\"], \"x\": 1}"), SW_EFORMAT, "x");
    assert_refused(ONE("{\"question\": \"Which?\", \"accepted\": [7]}"), SW_EFORMAT, "accepted[0]");
    assert_refused(ONE("{\"question\": \"Which?\", \"accepted\": [\"This\"]}"), SW_EFORMAT, "write 'this'");
    assert_refused(ONE("{\"question\": \"Which?\", \"accepted\": [\"a-b\"]}"), SW_EFORMAT, "write 'a b'");
    assert_refused(ONE("{\"question\": \"Which?\", \"accepted\": [\"ada lovelace\", \"ada\"]}"), SW_EFORMAT, "overlap");
    assert_refused(ONE("{\"question\": \"Which?\", \"accepted\": [\"a\"], \"rivals\": [\"a\"]}"), SW_EFORMAT,
                   "overlap");
    assert_refused(ONE("{\"question\": \"Is it this?\", \"accepted\": [\"this\"]}"), SW_EFORMAT,
                   "is judged as a right");
    assert_refused(ONE("{\"question\": \"What is 5 - 0?\", \"accepted\": [\"5\"]}"), SW_EFORMAT,
                   "is judged as a wrong");
    assert_refused(ONE("{\"question\": \"Q?\", \"accepted\": [\"a\"]}, {\"question\": \"Q?\", \"accepted\": [\"b\"]}"),
                   SW_EFORMAT, "comes twice");
    assert_refused("{\"name\": \"x\", \"domains\": [{\"name\": \"a\", \"facts\": [{\"question\": \"Q?\", \"accepted\": "
                   "[\"a\"]}]}], \"mixtures\": [{\"domains\": [\"a\", \"b\"], \"prompt\": \"p\", \"holds\": [\"w\"]}]}",
                   SW_EFORMAT, "'b'");
    assert_refused("{\"name\": \"x\", \"domains\": [{\"name\": \"a\", \"facts\": [{\"question\": \"Q?\", \"accepted\": "
                   "[\"a\"]}]}, {\"name\": \"a\", \"facts\": [{\"question\": \"R?\", \"accepted\": [\"a\"]}]}]}",
                   SW_EFORMAT, "two domains");
}

static void test_short_memory_is_reported(void **state)
{
    (void)state;
    const char *const json = ONE("{\"question\": \"Which?\", \"accepted\": [\"this\"], \"rivals\": [\"that\"]}");
    sw_code code = SW_ENOMEM;
    for (long n = 0; code != SW_OK && n < 400; n++) {
        long n_live;
        question_bank *bank = NULL;
        problem_outcome outcome;
        sw_err err = {0};
        faults_alloc_begin(n);
        code = question_bank_parse(&bank, json, strlen(json), "the file", &err);
        if (code == SW_OK)
            code = bank_judge(&bank->domains[0].facts.items[0], "this", 4, &outcome, &err);
        question_bank_free(bank);
        faults_alloc_end(&n_live);
        assert_true(code == SW_OK || code == SW_ENOMEM);
        assert_int_equal(n_live, 0);
    }
    assert_int_equal(code, SW_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_facts_are_two_hundred_in_ten_domains),
        cmocka_unit_test(test_the_domains_have_questions_prompts_and_mixtures),
        cmocka_unit_test(test_every_accepted_form_is_right_and_every_rival_wrong),
        cmocka_unit_test(test_answers_are_judged_in_many_wordings),
        cmocka_unit_test(test_mixtures_count_what_an_answer_holds),
        cmocka_unit_test(test_ambiguous_and_malformed_banks_are_refused),
        cmocka_unit_test(test_short_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
