/* What servers say of an answer beside its text: counts of each event, times, sampling, token ids, experts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "client/chat_stream.h"
#include "support/faults.h"

#define CHUNK(text, more) "{\"choices\":[{\"delta\":{\"content\":\"" text "\"}}]" more "}"
#define TIMED(text, n)    CHUNK(text, ",\"timings\":{\"predicted_n\":" #n "}")
#define USED(text, n)     CHUNK(text, ",\"usage\":{\"completion_tokens\":" #n "}")
#define FINISH            "{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}"

static int setup(void **state)
{
    static chat_stream stream;
    chat_stream_init(&stream);
    *state = &stream;
    return 0;
}

static int teardown(void **state)
{
    chat_stream_free(*state);
    return 0;
}

static answer_record answer_of(chat_stream *s, const char *const *events)
{
    chat_stream_reset(s);
    for (size_t i = 0; events[i] != NULL; i++)
        chat_stream_event(s, "message", events[i], strlen(events[i]), (int64_t)i);
    return chat_stream_finish(s, 100);
}

/* `wanted`: tokens of each arrival, ended by -1. */
static void assert_tokens(void **state, const char *const *events, const int *wanted)
{
    const answer_record a = answer_of(*state, events);
    for (size_t i = 0; i < a.n_arrivals; i++)
        assert_int_equal(a.arrivals[i].n_tokens, wanted[i]);
    assert_int_equal(wanted[a.n_arrivals], -1);
}

static void test_each_event_has_the_tokens_since_the_one_before(void **state)
{
    assert_tokens(state, (const char *const[]){TIMED("a", 1), TIMED("b", 2), TIMED("c", 5), FINISH, NULL},
                  (const int[]){1, 1, 3, -1});
    assert_tokens(state, (const char *const[]){USED("", 0), USED("a", 2), USED("b", 4), USED("", 5), NULL},
                  (const int[]){2, 2, -1});
}

/* gpt-oss writes a channel's name, a reasoning model may think unseen. */
static void test_tokens_without_text_belong_to_the_next_event_with_text(void **state)
{
    assert_tokens(state, (const char *const[]){TIMED("", 3), TIMED("a", 4), TIMED("", 6), TIMED("b", 7), FINISH, NULL},
                  (const int[]){4, 3, -1});
}

static void test_a_count_at_the_end_is_not_that_of_the_last_event(void **state)
{
    assert_tokens(state, (const char *const[]){CHUNK("a", ""), CHUNK("b", ""), TIMED("c", 9), FINISH, NULL},
                  (const int[]){0, 0, 0, -1});
}

static void test_a_token_that_is_split_in_one_read_is_one_arrival(void **state)
{
    static const char *const EVENTS[] = {
        TIMED("a", 1), "{\"choices\":[{\"delta\":{\"reasoning\":\"bc\"}}],\"timings\":{\"predicted_n\":2}}",
        TIMED("d", 2), TIMED("e", 3)};
    chat_stream *const s = *state;
    for (size_t i = 0; i < 4; i++)
        chat_stream_event(s, "message", EVENTS[i], strlen(EVENTS[i]), i == 0 ? 10 : 20);
    const answer_record a = chat_stream_finish(s, 30);
    assert_int_equal(a.n_arrivals, 3);
    assert_true(a.arrivals[1].n_bytes == 3 && a.arrivals[1].n_tokens == 1 && !a.arrivals[1].is_reasoning);
    assert_true(a.arrivals[2].n_tokens == 1);
}

static void test_counts_that_lie_are_bounded(void **state)
{
    assert_tokens(state,
                  (const char *const[]){TIMED("a", 2), TIMED("b", 1), TIMED("c", -7), TIMED("d", 1e300), TIMED("e", 3),
                                        TIMED("f", "4"), NULL},
                  (const int[]){2, 0, 0, 0, 1, 0, -1});
}

static void test_times_and_sampling_are_kept(void **state)
{
    static const char *const EVENTS[] = {
        CHUNK("a", ""), FINISH,
        "{\"choices\":[],\"timings\":{\"cache_n\":7,\"prompt_n\":5,\"prompt_ms\":12.5,\"predicted_n\":3,"
        "\"predicted_ms\":80,\"queue_ms\":0.5},\"sampling\":{\"temperature\":0.25,\"seed\":42}}",
        NULL};
    const answer_record a = answer_of(*state, EVENTS);
    assert_true(a.temperature == 0.25 && a.seed == 42);
    assert_true(a.queue_ms == 0.5 && a.prompt_ms == 12.5 && a.decode_ms == 80);
    assert_true(a.cached_tokens == 7 && a.prompt_tokens == 12 && a.completion_tokens == 3);
}

static void test_usage_counts_more_than_timings(void **state)
{
    static const char *const EVENTS[] = {
        CHUNK("a", ""),
        "{\"choices\":[],\"timings\":{\"cache_n\":7,\"prompt_n\":5,\"predicted_n\":3},"
        "\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":4,\"prompt_tokens_details\":{\"cached_tokens\":6}}}",
        NULL};
    const answer_record a = answer_of(*state, EVENTS);
    assert_true(a.cached_tokens == 6 && a.prompt_tokens == 11 && a.completion_tokens == 4);
}

static void test_what_no_server_can_mean_is_not_told(void **state)
{
    static const char *const EVENTS[] = {
        CHUNK("a", ",\"sampling\":{\"temperature\":-1,\"seed\":\"x\"},\"timings\":{\"prompt_ms\":-1e308,"
                   "\"predicted_ms\":1e308,\"queue_ms\":null}"),
        "{\"sampling\":7,\"timings\":[],\"experts\":[],\"usage\":\"u\",\"choices\":[{\"token_ids\":{}}]}", NULL};
    const answer_record a = answer_of(*state, EVENTS);
    assert_true(isnan(a.temperature) && isnan(a.queue_ms) && isnan(a.prompt_ms) && isnan(a.decode_ms));
    assert_true(a.seed == -1 && a.token_ids == NULL && a.n_token_ids == 0 && a.experts.n_layers == 0);
}

static void test_token_ids_are_joined(void **state)
{
    static const char *const EVENTS[] = {"{\"choices\":[{\"delta\":{\"content\":\"a\"},\"token_ids\":[5]}]}",
                                         "{\"choices\":[{\"delta\":{\"content\":\"b\"},\"token_ids\":[0,9]}]}", NULL};
    const answer_record a = answer_of(*state, EVENTS);
    assert_int_equal(a.n_token_ids, 3);
    assert_true(a.token_ids[0] == 5 && a.token_ids[1] == 0 && a.token_ids[2] == 9);
}

static void test_one_bad_id_spoils_the_list(void **state)
{
    static const char *const BAD[] = {"-1", "2147483648", "1.5", "\"7\"", "null"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        char event[128];
        snprintf(event, sizeof event, "{\"choices\":[{\"delta\":{},\"token_ids\":[1,%s]}]}", BAD[i]);
        const answer_record a =
            answer_of(*state, (const char *const[]){"{\"choices\":[{\"token_ids\":[1]}]}", event, NULL});
        assert_true(a.token_ids == NULL && a.n_token_ids == 0);
    }
}

/* Two layers of three experts; the numbers are those of the prompt's first layer and of the answer's second. */
static answer_record ask_experts(void **state, const char *prompt0, const char *generated1)
{
    char event[512];
    snprintf(event, sizeof event,
             "{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"experts\":{\"request\":\"1\","
             "\"prompt\":{\"n_tokens\":2,\"layers\":[{\"layer\":1,\"counts\":%s},{\"layer\":2,\"counts\":[2,2,0]}]},"
             "\"generated\":{\"n_tokens\":1,\"layers\":[{\"layer\":1,\"counts\":[1,0,1]},{\"counts\":%s}]}}}",
             prompt0, generated1);
    return answer_of(*state, (const char *const[]){event, NULL});
}

static void test_experts_of_prompt_and_answer_are_added(void **state)
{
    static const uint64_t WANTED[] = {3, 1, 2, 2, 3, 1};
    const expert_counts e = ask_experts(state, "[2,1,1]", "[0,1,1]").experts;
    assert_true(e.n_layers == 2 && e.n_experts == 3 && e.n_used == 2 && e.n_tokens == 3);
    assert_memory_equal(e.counts, WANTED, sizeof WANTED);
}

static void test_experts_that_contradict_themselves_are_not_told(void **state)
{
    static const char *const BAD[] = {"[2,1]", "[2,1,2]", "[2,1,-1]", "[2,1,1.0]", "[1e300,1,1]", "7", "[9,9,9]"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        assert_true(ask_experts(state, BAD[i], "[0,1,1]").experts.counts == NULL);
        assert_true(ask_experts(state, "[2,1,1]", BAD[i]).experts.counts == NULL);
    }
}

static void assert_document(void **state, const char *body, test_status status, const char *error)
{
    chat_stream *const s = *state;
    chat_stream_reset(s);
    s->is_whole = true;
    chat_stream_document(s, body, strlen(body), 70);
    const answer_record a = chat_stream_finish(s, 100);
    assert_string_equal(test_status_name(a.status), test_status_name(status));
    if (strstr(a.error, error) == NULL)
        fail_msg("'%s' does not say '%s'", a.error, error);
}

static void test_a_whole_answer_is_one_arrival(void **state)
{
    assert_document(state,
                    "{\"model\":\"m\",\"choices\":[{\"message\":{\"role\":\"assistant\",\"reasoning_content\":\"hm\","
                    "\"content\":\"a b\"},\"finish_reason\":\"stop\"}],\"usage\":{\"completion_tokens\":5}}",
                    TEST_COMPLETED, "");
    const answer_record a = chat_stream_finish(*state, 100);
    assert_string_equal(a.text, "a b");
    assert_string_equal(a.reasoning, "hm");
    assert_int_equal(a.n_arrivals, 1);
    assert_true(a.arrivals[0].t_ns == 70 && a.arrivals[0].n_tokens == 5 && a.arrivals[0].n_bytes == 5);
    assert_true(a.end_ns == 70 && a.first_event_ns == 70);
    assert_string_equal(a.finish_reason, "stop");
}

static void test_documents_that_are_no_answer(void **state)
{
    assert_document(state, "{\"error\":{\"message\":\"boom\"}}", TEST_SERVER_ERROR, "boom");
    assert_document(state, "{\"choices\":[]}", TEST_INCOMPLETE, "finish_reason");
    assert_document(state, "{\"choices\":[{\"finish_reason\":\"stop\"}]}", TEST_SILENT_EMPTY, "empty");
    assert_document(state, "{\"a\":1}", TEST_BAD_STREAM, "instead of a chat completion");
    assert_document(state, "[1", TEST_BAD_STREAM, "instead of a chat completion: [1");
}

static void test_text_after_done_is_kept_apart(void **state)
{
    static const char *const EVENTS[] = {CHUNK("a", ""), FINISH, "[DONE]",      CHUNK("late", ""),
                                         "[DONE]",       "{}",   CHUNK("", ""), NULL};
    const answer_record a = answer_of(*state, EVENTS);
    assert_int_equal(a.status, TEST_BAD_STREAM);
    assert_string_equal(a.error, "the server sent 1 more pieces of text after [DONE]; they are not in the answer");
    assert_string_equal(a.text, "a");
    assert_int_equal(a.end_ns, 2);
}

/* An allocation that fails makes the answer a failure, or leaves out what is said beside its text; it never makes a
 * good answer of half a text. */
static void test_no_failed_allocation_makes_a_wrong_answer(void **state)
{
    static const char *const EVENTS[] = {
        TIMED("one ", 2), TIMED("t\\u0077o ", 3),
        "{\"choices\":[{\"delta\":{\"content\":\"three\"},\"token_ids\":[1,2],\"finish_reason\":\"stop\"}],\"experts\":"
        "{\"prompt\":{\"n_tokens\":1,\"layers\":[{\"counts\":[1,0]}]},\"generated\":{\"n_tokens\":0,\"layers\":"
        "[{\"counts\":[0,0]}]}}}",
        "[DONE]", NULL};
    long n = 1;
    for (long i = 0; i < n; i++) {
        chat_stream s;
        chat_stream_init(&s);
        faults_alloc_begin(i);
        const answer_record a = answer_of(&s, EVENTS);
        if (a.status == TEST_COMPLETED) {
            assert_string_equal(a.text, "one two three");
            assert_true(a.n_token_ids == 0 || a.n_token_ids == 2);
            assert_true(a.experts.counts == NULL || a.experts.counts[0] == 1);
        } else {
            assert_non_null(strstr(a.error, "memory"));
        }
        chat_stream_free(&s);
        long n_live;
        n = faults_alloc_end(&n_live);
        assert_int_equal(n_live, 0);
    }
    assert_true(n > 20);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_event_has_the_tokens_since_the_one_before, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tokens_without_text_belong_to_the_next_event_with_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_count_at_the_end_is_not_that_of_the_last_event, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_token_that_is_split_in_one_read_is_one_arrival, setup, teardown),
        cmocka_unit_test_setup_teardown(test_counts_that_lie_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_times_and_sampling_are_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_usage_counts_more_than_timings, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_no_server_can_mean_is_not_told, setup, teardown),
        cmocka_unit_test_setup_teardown(test_token_ids_are_joined, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_bad_id_spoils_the_list, setup, teardown),
        cmocka_unit_test_setup_teardown(test_experts_of_prompt_and_answer_are_added, setup, teardown),
        cmocka_unit_test_setup_teardown(test_experts_that_contradict_themselves_are_not_told, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_whole_answer_is_one_arrival, setup, teardown),
        cmocka_unit_test_setup_teardown(test_documents_that_are_no_answer, setup, teardown),
        cmocka_unit_test(test_no_failed_allocation_makes_a_wrong_answer),
        cmocka_unit_test_setup_teardown(test_text_after_done_is_kept_apart, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
