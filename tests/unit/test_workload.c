/* Workloads: which request is next for a session, and that answers shown again lead to the same requests. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "stress/stress_protocol.h"
#include "stress/workload.h"

#define PROMPTS "\"prompts\": [{\"name\": \"a\", \"prompt\": \"ask a\"}, {\"name\": \"b\", \"prompt\": \"ask b\"}],"

static stress_protocol *protocol;
static arena *keep;
static const char *skip;

static int setup(void **state)
{
    (void)state;
    keep = arena_create();
    return keep != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(keep);
    stress_protocol_free(protocol);
    protocol = NULL;
    return 0;
}

/* A workload of the stage; NULL if it is skipped. */
static workload *open_stage(const char *stage, const work_server *server)
{
    char json[2048];
    sw_err err = {0};
    workload *w;
    snprintf(json, sizeof json,
             "{\"version\": 1, \"suite\": \"s\", \"title\": \"t\", \"seed\": 5, " PROMPTS
             "\"stages\": [{\"name\": \"n\", %s}]}",
             stage);
    if (stress_protocol_parse(&protocol, json, strlen(json), "test", &err) != SW_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(workload_open(&w, &protocol->suites[0], &protocol->suites[0].stages[0], server, keep, &skip, NULL),
                     SW_OK);
    return w;
}

static const work_server OTHER = {0}, SPILLWAY = {.n_ctx = 4096, .is_spillway = true};

static work_request ask(workload *w, int session)
{
    work_request request;
    double at_s;
    assert_int_equal(w->ops->next(w, session, INFINITY, &request, &at_s), WORK_ASK);
    return request;
}

static void answer(workload *w, int session, const work_request *request, const char *text, int64_t prompt_tokens)
{
    const answer_record record = {.text = text, .n_text = strlen(text), .prompt_tokens = prompt_tokens};
    w->n_asked[session]++;
    if (w->ops->took != NULL)
        w->ops->took(w, session, request, &record, 10);
}

static void assert_over(workload *w, int session)
{
    work_request request;
    double at_s;
    assert_int_equal(w->ops->next(w, session, INFINITY, &request, &at_s), WORK_OVER);
}

static void test_sessions_begin_with_another_prompt_and_the_same_prompt_is_the_same_item(void **state)
{
    (void)state;
    workload *const w =
        open_stage("\"work\": \"sessions\", \"sessions\": 2, \"requests\": 2, \"max_tokens\": [7, 9]", &OTHER);
    assert_int_equal(w->n_planned, 4);
    const work_request first = ask(w, 0), other = ask(w, 1);
    assert_string_equal(first.plan.prompt, "ask a");
    assert_string_equal(other.plan.prompt, "ask b");
    assert_string_equal(first.item, "a/max=7/seed=5");
    assert_true(other.plan.max_tokens == 9 && other.plan.seed == 6);
    answer(w, 1, &other, "x", 3);
    assert_string_equal(ask(w, 1).item, first.item);
    answer(w, 1, &other, "x", 3);
    assert_over(w, 1);
}

static void test_a_session_thinks_before_it_asks_again(void **state)
{
    (void)state;
    workload *const w =
        open_stage("\"work\": \"sessions\", \"requests\": 2, \"think_s\": 3, \"max_tokens\": [7]", &OTHER);
    const work_request first = ask(w, 0);
    work_request request;
    double at_s;
    answer(w, 0, &first, "x", 3); // at 10 s
    assert_int_equal(w->ops->next(w, 0, 12.9, &request, &at_s), WORK_WAIT);
    assert_true(at_s == 13);
    assert_int_equal(w->ops->next(w, 0, 13, &request, &at_s), WORK_ASK);
}

static void test_requests_with_seeds_of_their_own_are_never_alike(void **state)
{
    (void)state;
    workload *const w = open_stage(
        "\"work\": \"sessions\", \"sessions\": 2, \"requests\": 20, \"max_tokens\": [7], \"own_seeds\": true", &OTHER);
    int64_t seeds[40];
    size_t n = 0;
    for (int session = 0; session < 2; session++) {
        for (int i = 0; i < 20; i++) {
            const work_request request = ask(w, session);
            for (size_t k = 0; k < n; k++)
                assert_true(seeds[k] != request.plan.seed);
            seeds[n++] = request.plan.seed;
            answer(w, session, &request, "x", 3);
        }
    }
}

static void test_a_prompt_goes_over_the_routes_that_the_server_has(void **state)
{
    (void)state;
    static const char STAGE[] =
        "\"work\": \"transports\", \"max_tokens\": [7], \"routes\": [\"sse\", \"json\", \"ndjson\"]";
    workload *w = open_stage(STAGE, &SPILLWAY);
    assert_int_equal(w->n_planned, 6);
    static const char *const WANTED[] = {"sse", "json", "ndjson", "sse"};
    for (int i = 0; i < 4; i++) {
        const work_request request = ask(w, 0);
        assert_string_equal(request.route->name, WANTED[i]);
        assert_string_equal(request.plan.name, i < 3 ? "a" : "b");
        answer(w, 0, &request, "x", 3);
    }
    stress_protocol_free(protocol);
    w = open_stage(STAGE, &OTHER);
    assert_int_equal(w->n_planned, 4);
    stress_protocol_free(protocol);
    assert_null(open_stage("\"work\": \"transports\", \"max_tokens\": [7], \"routes\": [\"sse\", \"ndjson\"]", &OTHER));
    assert_non_null(strstr(skip, "fewer than two"));
}

static void test_sessions_go_over_routes_in_turn_and_some_clients_leave(void **state)
{
    (void)state;
    static const char STAGE[] = "\"work\": \"sessions\", \"sessions\": 3, \"requests\": 100, \"max_tokens\": [7],"
                                "\"routes\": [\"sse\", \"ndjson\", \"json\"], \"leave_share\": 0.25";
    workload *w = open_stage(STAGE, &OTHER); // it has no ndjson
    assert_string_equal(ask(w, 0).route->name, "sse");
    assert_string_equal(ask(w, 1).route->name, "json");
    assert_string_equal(ask(w, 2).route->name, "sse");
    stress_protocol_free(protocol);
    w = open_stage(STAGE, &SPILLWAY);
    assert_string_equal(ask(w, 1).route->name, "ndjson");
    int n_leaving = 0;
    for (int i = 0; i < 100; i++) {
        const work_request request = ask(w, 0);
        n_leaving += request.leaves_after > 0;
        answer(w, 0, &request, "x", 3);
    }
    assert_true(n_leaving > 10 && n_leaving < 45);
}

static void test_a_section_shows_how_the_last_one_ended(void **state)
{
    (void)state;
    workload *const w = open_stage("\"work\": \"sections\", \"requests\": 2, \"max_tokens\": [7]", &OTHER);
    work_request request = ask(w, 0);
    assert_non_null(strstr(request.plan.prompt, "section 1 of 2"));
    answer(w, 0, &request, "It ended in a \u65e5", 3);
    request = ask(w, 0);
    assert_non_null(strstr(request.plan.prompt, "It ended in a \u65e5"));
    assert_string_equal(request.item, "a/section=2");
    answer(w, 0, &request, "the end", 3);
    request = ask(w, 0); // another text begins anew
    assert_null(strstr(request.plan.prompt, "the end"));
    assert_string_equal(request.item, "b/section=1");
}

/* The tail is cut at 400 bytes, which may be in the middle of a character. */
static void test_a_tail_is_whole_characters(void **state)
{
    (void)state;
    workload *const w = open_stage("\"work\": \"sections\", \"requests\": 2, \"max_tokens\": [7]", &OTHER);
    char text[600];
    for (size_t i = 0; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "\u65e5", 4);
    const work_request request = ask(w, 0);
    answer(w, 0, &request, text, 3);
    const char *const tail = strchr(ask(w, 0).plan.prompt, '"') + 1;
    assert_memory_equal(tail, "\u65e5", 3);
    assert_int_equal((size_t)(strchr(tail, '"') - tail), 399);
}

/* A server that counts one and a half tokens to a word. */
static void test_a_ladder_finds_out_how_many_words_make_its_tokens(void **state)
{
    (void)state;
    workload *const w =
        open_stage("\"work\": \"ladder\", \"max_tokens\": [16], \"lengths\": [500, 4000, 9000]", &SPILLWAY);
    assert_int_equal(w->n_planned, 3); // the calibration, and two that fit into 4096
    static const int LENGTHS[] = {0, 500, 4000};
    for (int i = 0; i < 3; i++) {
        const work_request request = ask(w, 0);
        int n_words = 0;
        for (const char *p = request.plan.prompt; *p != '\0'; p++)
            n_words += *p == ' ';
        const int n_tokens = n_words * 3 / 2;
        if (i > 0)
            assert_true(n_tokens <= LENGTHS[i] && n_tokens > LENGTHS[i] * 3 / 4);
        answer(w, 0, &request, "x", n_tokens);
    }
    assert_over(w, 0);
}

static void test_a_ladder_above_the_context_is_skipped(void **state)
{
    (void)state;
    assert_null(open_stage("\"work\": \"ladder\", \"max_tokens\": [16], \"lengths\": [4090]", &SPILLWAY));
    assert_non_null(strstr(skip, "context of 4096"));
}

static void test_arrivals_are_due_whatever_is_answered(void **state)
{
    (void)state;
    workload *const w = open_stage(
        "\"work\": \"arrivals\", \"process\": \"constant\", \"rate\": 2, \"duration_s\": 3, \"max_tokens\": [7]",
        &OTHER);
    assert_int_equal(w->n_sessions, 7); // at 0, 0.5, ... 3 s
    work_request request;
    double at_s;
    assert_int_equal(w->ops->next(w, 6, 2.9, &request, &at_s), WORK_WAIT);
    assert_true(at_s == 3);
    assert_int_equal(w->ops->next(w, 6, 3.5, &request, &at_s), WORK_ASK);
    assert_true(request.scheduled_s == 3);
    answer(w, 6, &request, "x", 3);
    assert_over(w, 6);
}

/* Judges an answer as the runner does; the outcome of its check, or -1 if it is not judged. */
static int judged(workload *w, int session, const char *text)
{
    const answer_record record = {.text = text, .n_text = strlen(text)};
    const check_options options = {0};
    check_record *checks = NULL;
    size_t n = 0;
    assert_int_equal(w->ops->judge(w, session, &record, &options, keep, &checks, &n, NULL), SW_OK);
    return n > 0 ? (int)checks[0].outcome : -1;
}

static void test_a_problem_is_checked_against_its_own_solution(void **state)
{
    (void)state;
    workload *const w = open_stage(
        "\"work\": \"problems\", \"problems\": [\"arithmetic\", \"units\"], \"levels\": [0, 1], \"requests\": 2,"
        "\"max_tokens\": [50]",
        &OTHER);
    assert_int_equal(w->n_planned, 8);
    char first[64];
    for (int i = 0; i < 8; i++) {
        const work_request request = ask(w, 0);
        char right[256];
        if (i == 0)
            snprintf(first, sizeof first, "%s", request.item);
        else
            assert_string_not_equal(request.item, first);
        snprintf(right, sizeof right, "The answer is %s.", request.plan.expected);
        assert_int_equal(judged(w, 0, right), CHECK_PASSED);
        assert_int_equal(judged(w, 0, "The answer is 123456789."), CHECK_FAILED);
        answer(w, 0, &request, right, 3);
    }
    assert_over(w, 0);
}

static void test_questions_come_from_all_domains_in_turn(void **state)
{
    (void)state;
    workload *const w =
        open_stage("\"work\": \"questions\", \"questions\": \"facts\", \"requests\": 2, \"max_tokens\": [9]", &OTHER);
    const work_request first = ask(w, 0);
    assert_int_equal(judged(w, 0, first.plan.expected), CHECK_PASSED);
    assert_int_equal(judged(w, 0, "I do not know."), CHECK_FAILED);
    answer(w, 0, &first, "x", 3);
    const work_request second = ask(w, 0);
    assert_string_not_equal(second.plan.group, first.plan.group);
    answer(w, 0, &second, "x", 3);
    assert_over(w, 0);
    workload_close(w);
}

static void test_a_conversation_sends_all_that_was_said(void **state)
{
    (void)state;
    workload *const w =
        open_stage("\"work\": \"conversation\", \"levels\": [0], \"turns\": 10, \"max_tokens\": [9]", &OTHER);
    int n_judged = 0;
    for (int i = 0; i < 10; i++) {
        const work_request request = ask(w, 0);
        assert_int_equal(request.n_history, 2 * i);
        if (i > 0)
            assert_string_equal(request.history[2 * i - 1].text, "as you say");
        if (request.plan.expected[0] != '\0') {
            n_judged++;
            assert_int_equal(judged(w, 0, request.plan.expected), CHECK_PASSED);
        }
        answer(w, 0, &request, "as you say", 3);
    }
    assert_true(n_judged > 0);
    assert_over(w, 0);
}

static void test_conversations_of_a_session_differ(void **state)
{
    (void)state;
    workload *const w = open_stage(
        "\"work\": \"conversation\", \"levels\": [0], \"turns\": 10, \"requests\": 2, \"max_tokens\": [9]", &OTHER);
    char first[512] = "";
    for (int i = 0; i < 20; i++) {
        const work_request request = ask(w, 0);
        if (i == 0)
            snprintf(first, sizeof first, "%s", request.item);
        if (i == 10) {
            assert_int_equal(request.n_history, 0);
            assert_string_not_equal(request.item, first);
        }
        answer(w, 0, &request, "as you say", 3);
    }
    assert_over(w, 0);
}

static void test_a_secret_is_found_at_each_depth(void **state)
{
    (void)state;
    workload *const w = open_stage("\"work\": \"secrets\", \"lengths\": [600, 9000], \"max_tokens\": [9]", &SPILLWAY);
    assert_int_equal(w->n_planned, 10);
    for (int i = 0; i < 10; i++) {
        const work_request request = ask(w, 0);
        assert_non_null(strstr(request.plan.prompt, request.plan.expected));
        if (i > 0)
            assert_int_equal(judged(w, 0, request.plan.expected), CHECK_PASSED);
        answer(w, 0, &request, "x", 200);
    }
    assert_over(w, 0);
}

static void test_basic_secrets_are_told_in_a_conversation(void **state)
{
    (void)state;
    workload *const w =
        open_stage("\"work\": \"secrets\", \"basic\": true, \"lengths\": [600, 1200], \"max_tokens\": [9]", &SPILLWAY);
    assert_int_equal(w->n_planned, 17); // the calibration, and eight secrets of each length
    size_t n_short = 0, n_long = 0;
    for (int i = 0; i < 17; i++) {
        const work_request request = ask(w, 0);
        assert_true(request.n_history > 0 && request.n_history % 2 == 0 && request.history[1].is_answer);
        n_short = i == 1 ? request.n_history : n_short;
        n_long = i == 9 ? request.n_history : n_long;
        if (i > 0)
            assert_int_equal(judged(w, 0, request.plan.expected), CHECK_PASSED);
        answer(w, 0, &request, "x", 200);
    }
    assert_true(n_long > n_short);
    assert_over(w, 0);
}

#define WORK_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORK_TEST(test_sessions_begin_with_another_prompt_and_the_same_prompt_is_the_same_item),
        WORK_TEST(test_a_session_thinks_before_it_asks_again),
        WORK_TEST(test_requests_with_seeds_of_their_own_are_never_alike),
        WORK_TEST(test_a_prompt_goes_over_the_routes_that_the_server_has),
        WORK_TEST(test_sessions_go_over_routes_in_turn_and_some_clients_leave),
        WORK_TEST(test_a_section_shows_how_the_last_one_ended),
        WORK_TEST(test_a_tail_is_whole_characters),
        WORK_TEST(test_a_ladder_finds_out_how_many_words_make_its_tokens),
        WORK_TEST(test_a_ladder_above_the_context_is_skipped),
        WORK_TEST(test_a_problem_is_checked_against_its_own_solution),
        WORK_TEST(test_questions_come_from_all_domains_in_turn),
        WORK_TEST(test_a_conversation_sends_all_that_was_said),
        WORK_TEST(test_conversations_of_a_session_differ),
        WORK_TEST(test_a_secret_is_found_at_each_depth),
        WORK_TEST(test_basic_secrets_are_told_in_a_conversation),
        WORK_TEST(test_arrivals_are_due_whatever_is_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
