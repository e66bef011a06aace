/* Texts with secrets have the length and the depths that were asked for, and nothing but them tells the secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "problems/secret_chat.h"
#include "problems/secret_text.h"
#include "support/faults.h"

static const double DEPTHS[] = {0.1, 0.3, 0.5, 0.7, 0.9};

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

static const secret_text *make(const secret_options *o)
{
    const secret_text *t;
    sw_err err = {0};
    if (secret_text_make(o, keep, &t, &err) != SW_OK)
        fail_msg("%s", err.msg);
    return t;
}

/* A tokenizer with a token for every three bytes. */
static int64_t count_thirds(const char *text, size_t n, void *ud)
{
    ++*(int *)ud;
    assert_int_equal(strlen(text), n);
    return (int64_t)(n / 3);
}

static void test_texts_have_their_length_and_depths(void **state)
{
    (void)state;
    for (int n_tokens = 256; n_tokens <= 65536; n_tokens *= 4) {
        int n_calls = 0;
        for (int counted = 0; counted < 2; counted++) {
            const secret_options o = {.n_tokens = n_tokens,
                                      .seed = 5,
                                      .depths = DEPTHS,
                                      .n_depths = 5,
                                      .count = counted ? count_thirds : NULL,
                                      .ud = &n_calls};
            const secret_text *const t = make(&o);
            assert_true(llabs(t->n_tokens - n_tokens) * 20 <= n_tokens); // a sentence is more than 1 % of a short text
            if (counted)
                assert_int_equal(t->n_tokens, t->n_text / 3);
            for (size_t i = 0; i < t->n_secrets; i++) {
                const char *const at = strstr(t->text, t->secrets[i].value);
                assert_non_null(at);
                assert_null(strstr(at + 1, t->secrets[i].value));
                const double depth = (double)(at - t->text) / (double)t->n_text;
                assert_true(depth - DEPTHS[i] < 0.2 && DEPTHS[i] - depth < 0.1);
                if (n_tokens >= 4096)
                    assert_true(depth - DEPTHS[i] < 0.02 && DEPTHS[i] - depth < 0.02);
                assert_true(t->secrets[i].depth <= depth && depth - t->secrets[i].depth < 0.1);
            }
        }
        assert_true(n_calls > 0 && n_calls <= 4);
    }
}

static void test_secrets_of_all_seeds_differ(void **state)
{
    (void)state;
    static char seen[100000][1];
    for (uint64_t seed = 0; seed < 1000; seed++) {
        const double depth = 0.5;
        const secret_text *const t =
            make(&(secret_options){.n_tokens = 64, .seed = seed, .depths = &depth, .n_depths = 1});
        const int value = atoi(t->secrets[0].value);
        assert_true(value >= 10000 && value < 100000 && seen[value][0] == 0);
        seen[value][0] = 1;
    }
    double depths[SECRETS_MAX];
    for (int i = 0; i < SECRETS_MAX; i++)
        depths[i] = i / 32.0;
    const secret_text *const t =
        make(&(secret_options){.n_tokens = 2000, .seed = 3, .depths = depths, .n_depths = SECRETS_MAX});
    for (size_t i = 0; i < t->n_secrets; i++) {
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(t->secrets[i].value, t->secrets[k].value);
            assert_string_not_equal(t->secrets[i].question, t->secrets[k].question);
        }
    }
}

static const secret_chat *make_chat(int n_tokens, uint64_t seed, secret_count_fn count, void *ud)
{
    const secret_chat *c;
    const secret_options o = {
        .n_tokens = n_tokens, .seed = seed, .depths = DEPTHS, .n_depths = 5, .count = count, .ud = ud};
    assert_int_equal(secret_chat_make(&o, keep, &c, NULL), SW_OK);
    return c;
}

static void test_chats_have_their_length_and_depths(void **state)
{
    (void)state;
    int n_calls = 0;
    for (int n_tokens = 512; n_tokens <= 32768; n_tokens *= 4) {
        for (int counted = 0; counted < 2; counted++) {
            const secret_chat *const c = make_chat(n_tokens, 3, counted ? count_thirds : NULL, &n_calls);
            assert_true(c->n_tokens >= n_tokens && c->n_tokens < n_tokens + 100);
            assert_int_equal(c->n_secrets, 5);
            for (size_t i = 0; i < c->n_secrets; i++) {
                const double depth = c->secrets[i].depth;
                assert_true(depth >= 0 && depth < 1 && depth > DEPTHS[i] - 0.15 && depth < DEPTHS[i] + 0.15);
                if (n_tokens > 5000)
                    assert_true(depth > DEPTHS[i] - 0.02 && depth < DEPTHS[i] + 0.02);
            }
        }
    }
    assert_true(n_calls > 0 && n_calls < 1000); // each exchange once, not each time that it occurs
}

/* One exchange of the user's holds the value of a secret, and none holds another value that would be judged right. */
static void test_nothing_else_in_a_chat_is_a_secret_of_its_kind(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 100; seed++) {
        const secret_chat *const c = make_chat(600, seed, NULL, NULL);
        for (size_t k = 0; k < c->n_secrets; k++) {
            int n_users = 0, n_assistants = 0;
            for (size_t i = 0; i < c->n_exchanges; i++) {
                const secret_exchange *const e = &c->exchanges[i];
                problem_outcome user, assistant;
                assert_int_equal(secret_judge(&c->secrets[k], e->user, strlen(e->user), &user, NULL), SW_OK);
                assert_int_equal(secret_judge(&c->secrets[k], e->assistant, strlen(e->assistant), &assistant, NULL),
                                 SW_OK);
                n_users += user == PROBLEM_RIGHT;
                n_assistants += assistant == PROBLEM_RIGHT;
            }
            assert_int_equal(n_users, 1);
            assert_int_equal(n_assistants, 1);
        }
    }
}

static void assert_judged(const secret *s, const char *answer, problem_outcome wanted)
{
    problem_outcome outcome;
    assert_int_equal(secret_judge(s, answer, strlen(answer), &outcome, NULL), SW_OK);
    if (outcome != wanted)
        fail_msg("'%s' is %s", answer, problem_outcome_name(outcome));
}

static void test_answers_to_secrets_are_judged(void **state)
{
    (void)state;
    const secret s = {.value = "48213", .question = "What is the code of the red door? Answer with the number only."};
    assert_judged(&s, "48213", PROBLEM_RIGHT);
    assert_judged(&s, "The code of the red door is **48,213**.", PROBLEM_RIGHT);
    assert_judged(&s, "It is 48213, I think, or 1.", PROBLEM_RIGHT);
    assert_judged(&s, "48214", PROBLEM_WRONG);
    assert_judged(&s, "It could be 12345 or 48213.", PROBLEM_WRONG);
    assert_judged(&s, "I do not know.", PROBLEM_WRONG);
    assert_judged(&s, "", PROBLEM_UNREADABLE);
}

static void assert_refused(secret_options o, const char *words)
{
    const secret_text *t;
    sw_err err = {0};
    assert_int_equal(secret_text_make(&o, keep, &t, &err), SW_EINVAL);
    if (strstr(err.msg, words) == NULL)
        fail_msg("%s", err.msg);
    assert_null(t);
}

static void test_options_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    const double falling[] = {0.5, 0.4}, outside[] = {1.5}, fine[] = {0.1, 0.2};
    assert_refused((secret_options){.n_tokens = 63, .depths = fine, .n_depths = 1}, "not 63");
    assert_refused((secret_options){.n_tokens = SECRET_TOKENS_MAX + 1, .depths = fine, .n_depths = 1}, "tokens");
    assert_refused((secret_options){.n_tokens = 100, .depths = falling, .n_depths = 2}, "ascend");
    assert_refused((secret_options){.n_tokens = 100, .depths = outside, .n_depths = 1}, "1.5");
    assert_refused((secret_options){.n_tokens = 100, .depths = fine, .n_depths = 0}, "not 0");
    assert_refused((secret_options){.n_tokens = 100, .depths = fine, .n_depths = SECRETS_MAX + 1}, "not 33");
}

static void test_short_memory_is_reported(void **state)
{
    (void)state;
    sw_code code = SW_ENOMEM;
    for (long n = 0; code != SW_OK && n < 200; n++) {
        long n_live;
        const secret_text *t;
        const secret_chat *c;
        sw_err err = {0};
        faults_alloc_begin(n);
        arena *const own = arena_create();
        const secret_options o = {.n_tokens = 200, .seed = 5, .depths = DEPTHS, .n_depths = 5};
        code = own != NULL ? secret_text_make(&o, own, &t, &err) : SW_ENOMEM;
        if (code == SW_OK)
            code = secret_chat_make(&o, own, &c, &err);
        arena_free(own);
        faults_alloc_end(&n_live);
        assert_true(code == SW_OK || code == SW_ENOMEM);
        assert_int_equal(n_live, 0);
    }
    assert_int_equal(code, SW_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_texts_have_their_length_and_depths, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_secrets_of_all_seeds_differ, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_chats_have_their_length_and_depths, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_nothing_else_in_a_chat_is_a_secret_of_its_kind, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_answers_to_secrets_are_judged, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_options_that_make_no_sense_are_refused, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_short_memory_is_reported, open_arena, close_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
