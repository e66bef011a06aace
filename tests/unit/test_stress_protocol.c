/* Stress protocols: the built-in ones are whole, scale is applied, and what has no effect is refused with its line. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stress/stress_protocol.h"
#include "stress/stress_suites.h"

static stress_protocol *parse(const char *json)
{
    stress_protocol *p;
    sw_err err = {0};
    if (stress_protocol_parse(&p, json, strlen(json), "test", &err) != SW_OK)
        fail_msg("%s", err.msg);
    return p;
}

static void test_every_built_in_suite_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_STRESS_SUITES; i++) {
        stress_protocol *p;
        sw_err err = {0};
        const built_in_suite *const s = &STRESS_SUITES[i];
        if (stress_protocol_parse(&p, (const char *)s->json, *s->size, s->name, &err) != SW_OK)
            fail_msg("%s", err.msg);
        assert_int_equal(p->n_suites, 1);
        assert_string_equal(p->suites[0].name, s->name);
        assert_int_equal(p->suites[0].is_scenario, s->is_scenario);
        stress_protocol_free(p);
    }
}

static void test_without_a_name_all_suites_are_chosen_and_no_scenario(void **state)
{
    (void)state;
    stress_protocol *p;
    const stress_choice choice = {.scale = 1};
    size_t n = 0;
    for (size_t i = 0; i < N_STRESS_SUITES; i++)
        n += !STRESS_SUITES[i].is_scenario;
    assert_int_equal(stress_protocol_choose(&p, &choice, NULL), SW_OK);
    assert_int_equal(p->n_suites, n);
    for (size_t i = 0; i < p->n_suites; i++)
        assert_false(p->suites[i].is_scenario);
    stress_protocol_free(p);
}

static void test_scale_and_duration_are_those_of_the_run(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"marathon"};
    stress_protocol *p, *again;
    const stress_choice choice = {.scenarios = NAMES, .n_scenarios = 1, .scale = 0.5, .duration_s = 60};
    assert_int_equal(stress_protocol_choose(&p, &choice, NULL), SW_OK);
    assert_true(p->suites[0].stages[0].duration_s == 60);
    assert_true(p->suites[0].stages[2].duration_s == 15); // idle
    again = parse(p->json);                               // as a resumed run does
    assert_true(again->suites[0].stages[0].duration_s == 60);
    assert_string_equal(again->hash, p->hash);
    stress_protocol_free(again);
    stress_protocol_free(p);
}

static void test_a_scaled_stage_keeps_a_request(void **state)
{
    (void)state;
    stress_protocol *const p =
        parse("{\"scale\": 0.001, \"suites\": [{\"version\": 1, \"suite\": \"s\", \"title\": \"t\","
              "\"prompts\": [{\"name\": \"a\", \"prompt\": \"b\"}], \"stages\": [{\"name\": \"n\","
              "\"work\": \"sessions\", \"requests\": 7, \"max_tokens\": [5]}]}]}");
    assert_int_equal(p->suites[0].stages[0].n_requests, 1);
    stress_protocol_free(p);
}

static void test_a_suite_that_is_not_there_is_named(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"marathon"}; // a scenario
    stress_protocol *p;
    sw_err err = {0};
    const stress_choice choice = {.suites = NAMES, .n_suites = 1, .scale = 1};
    assert_int_equal(stress_protocol_choose(&p, &choice, &err), SW_EINVAL);
    assert_null(p);
    assert_non_null(strstr(err.msg, "no suite 'marathon'"));
}

/* A document with this stage on line 3. */
static void assert_refused(const char *stage, const char *wanted)
{
    char json[1024];
    snprintf(
        json, sizeof json,
        "{\"version\": 1, \"suite\": \"s\", \"title\": \"t\", \"prompts\": [{\"name\": \"a\", \"prompt\": \"b\"}],\n"
        "\"stages\": [\n{%s}]}",
        stage);
    stress_protocol *p;
    sw_err err = {0};
    assert_int_equal(stress_protocol_parse(&p, json, strlen(json), "test", &err), SW_EFORMAT);
    assert_null(p);
    if (strstr(err.msg, wanted) == NULL || strstr(err.msg, "line 3") == NULL)
        fail_msg("'%s' does not say '%s' and the line", err.msg, wanted);
}

static void test_what_has_no_effect_or_is_missing_is_refused(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"\"name\": \"n\", \"work\": \"magic\", \"max_tokens\": [1]", "work"},
        {"\"name\": \"n\", \"work\": \"idle\", \"duration_s\": 1, \"max_tokens\": [1]", "no effect"},
        {"\"name\": \"n\", \"work\": \"sessions\", \"requests\": 1", "max_tokens"},
        {"\"name\": \"n\", \"work\": \"sessions\", \"max_tokens\": [1]", "never ends"},
        {"\"name\": \"n\", \"work\": \"sessions\", \"requests\": 0, \"max_tokens\": [1]", "requests"},
        {"\"name\": \"n\", \"work\": \"sessions\", \"requests\": 1, \"max_tokens\": []", "at least one"},
        {"\"name\": \"n\", \"work\": \"sessions\", \"requests\": 1, \"max_tokens\": [1], \"rate\": 1", "no effect"},
        {"\"name\": \"n\", \"work\": \"transports\", \"max_tokens\": [1], \"routes\": [\"fax\"]", "a route is"},
        {"\"name\": \"n\", \"work\": \"ladder\", \"max_tokens\": [1], \"lengths\": [9, 9]", "ascend"},
        {"\"name\": \"n\", \"work\": \"arrivals\", \"max_tokens\": [1], \"requests\": 1, \"process\": \"poisson\"",
         "rate"},
        {"\"name\": \"n\", \"work\": \"arrivals\", \"max_tokens\": [1], \"requests\": 1, \"process\": \"poisson\","
         "\"rate\": 1, \"burstiness\": 2",
         "burstiness"},
        {"\"name\": \"n\", \"work\": \"idle\", \"duration_s\": 1, \"durations\": 1", "durations"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        assert_refused(CASES[i][0], CASES[i][1]);
}

static void test_requests_and_seconds_of_a_stage_follow_from_it(void **state)
{
    (void)state;
    stress_protocol *const p =
        parse("{\"version\": 1, \"suite\": \"s\", \"title\": \"t\","
              "\"prompts\": [{\"name\": \"a\", \"prompt\": \"b\"}, {\"name\": \"c\", \"prompt\": \"d\"}],"
              "\"stages\": [{\"name\": \"1\", \"work\": \"sessions\", \"sessions\": 4, \"requests\": 5, "
              "\"max_tokens\": [10, 30]},"
              "{\"name\": \"2\", \"work\": \"transports\", \"routes\": [\"sse\", \"json\"], \"max_tokens\": [10]},"
              "{\"name\": \"3\", \"work\": \"idle\", \"duration_s\": 8}]}");
    const stress_suite *const s = &p->suites[0];
    assert_int_equal(stress_stage_requests(s, &s->stages[0]), 20);
    assert_true(stress_stage_seconds(s, &s->stages[0], 10) == 10); // 20 answers of 20 tokens, 4 at a time
    assert_true(stress_stage_tokens(s, &s->stages[0], 10) == 400);
    assert_int_equal(stress_stage_requests(s, &s->stages[1]), 4);
    assert_int_equal(stress_stage_requests(s, &s->stages[2]), 0);
    assert_true(stress_stage_seconds(s, &s->stages[2], 10) == 8);
    stress_protocol_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_built_in_suite_is_read),
        cmocka_unit_test(test_without_a_name_all_suites_are_chosen_and_no_scenario),
        cmocka_unit_test(test_scale_and_duration_are_those_of_the_run),
        cmocka_unit_test(test_a_scaled_stage_keeps_a_request),
        cmocka_unit_test(test_a_suite_that_is_not_there_is_named),
        cmocka_unit_test(test_what_has_no_effect_or_is_missing_is_refused),
        cmocka_unit_test(test_requests_and_seconds_of_a_stage_follow_from_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
