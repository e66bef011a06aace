/* What the events of other people's servers mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "client/chat_stream.h"

#define CONTENT(text)  "{\"choices\":[{\"delta\":{\"content\":\"" text "\"},\"finish_reason\":null}]}"
#define FINISH(reason) "{\"choices\":[{\"delta\":{},\"finish_reason\":\"" reason "\"}]}"

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

/* Events 10 ns apart, from 10 on. */
static answer_record answer_of(chat_stream *s, const char *const *events)
{
    int64_t t = 0;
    for (size_t i = 0; events[i] != NULL; i++)
        chat_stream_event(s, "message", events[i], strlen(events[i]), t += 10);
    return chat_stream_finish(s, t + 10);
}

static void test_a_good_answer(void **state)
{
    static const char *const EVENTS[] = {
        "{\"model\":\"m\",\"system_fingerprint\":\"fp\",\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":"
        "\"\"}}]}",
        "{\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}",
        "{\"choices\":[{\"delta\":{\"reasoning\":\"mm\"}}]}",
        CONTENT("Bin"),
        CONTENT("ary\\n\\u65e5"),
        FINISH("stop"),
        "{\"choices\":[],\"usage\":{\"prompt_tokens\":78,\"completion_tokens\":24,\"prompt_tokens_details\":"
        "{\"cached_tokens\":64},\"completion_tokens_details\":{\"reasoning_tokens\":9}}}",
        "[DONE]",
        NULL,
    };
    const answer_record a = answer_of(*state, EVENTS);
    assert_int_equal(a.status, TEST_COMPLETED);
    assert_string_equal(a.error, "");
    assert_string_equal(a.text, "Binary\n\u65e5");
    assert_string_equal(a.reasoning, "hmmm");
    assert_string_equal(a.model, "m");
    assert_string_equal(a.fingerprint, "fp");
    assert_string_equal(a.finish_reason, "stop");
    assert_int_equal(a.n_arrivals, 4);
    assert_int_equal(a.arrivals[0].t_ns, 20);
    assert_true(a.arrivals[1].is_reasoning && !a.arrivals[2].is_reasoning);
    assert_int_equal(a.arrivals[2].n_bytes, 3);
    assert_int_equal(a.first_event_ns, 10);
    assert_int_equal(a.end_ns, 80);
    assert_true(a.prompt_tokens == 78 && a.cached_tokens == 64 && a.completion_tokens == 24 && a.reasoning_tokens == 9);
}

static void assert_ends(void **state, const char *const *events, test_status status, const char *error)
{
    chat_stream_reset(*state);
    const answer_record a = answer_of(*state, events);
    assert_string_equal(test_status_name(a.status), test_status_name(status));
    if (strstr(a.error, error) == NULL)
        fail_msg("'%s' does not say '%s'", a.error, error);
}

static void test_answers_that_end_badly(void **state)
{
    assert_ends(state, (const char *const[]){CONTENT("x"), NULL}, TEST_INCOMPLETE, "without a finish_reason");
    assert_ends(state, (const char *const[]){CONTENT("x"), "[DONE]", NULL}, TEST_INCOMPLETE, "finish_reason");
    assert_ends(state, (const char *const[]){CONTENT("x"), FINISH("content_filter"), NULL}, TEST_INCOMPLETE,
                "'content_filter'");
    assert_ends(state, (const char *const[]){FINISH("stop"), "[DONE]", NULL}, TEST_SILENT_EMPTY, "empty");
    assert_ends(state, (const char *const[]){CONTENT("x"), "not JSON", NULL}, TEST_BAD_STREAM, "after 1 pieces");
    assert_ends(state, (const char *const[]){"[1]", NULL}, TEST_BAD_STREAM, "not a JSON object");
}

static void test_finish_without_done_is_complete(void **state)
{
    assert_ends(state, (const char *const[]){CONTENT("x"), FINISH("length"), NULL}, TEST_COMPLETED, "");
}

static void test_errors_in_the_stream(void **state)
{
    assert_ends(state, (const char *const[]){CONTENT("x"), "{\"error\":{\"message\":\"boom\"}}", NULL},
                TEST_SERVER_ERROR, "boom");
    assert_ends(state, (const char *const[]){"{\"error\":\"plain\"}", NULL}, TEST_SERVER_ERROR, "plain");
    assert_ends(state, (const char *const[]){"{\"error\":{}}", NULL}, TEST_SERVER_ERROR, "without a message");
    assert_ends(state, (const char *const[]){"{\"error\":null}", CONTENT("x"), FINISH("stop"), NULL}, TEST_COMPLETED,
                "");
}

static void assert_http_error(void **state, const char *body, const char *wanted)
{
    chat_stream_reset(*state);
    chat_stream_fail_document(*state, 404, body, strlen(body));
    const answer_record a = chat_stream_finish(*state, 1);
    assert_int_equal(a.status, TEST_HTTP_ERROR);
    assert_string_equal(a.error, wanted);
}

static void test_http_errors_of_every_shape(void **state)
{
    assert_http_error(state, "{\"error\":{\"message\":\"no such model\",\"code\":null}}", "HTTP 404: no such model");
    assert_http_error(state, "{\"error\":\"model 'x' not found\"}", "HTTP 404: model 'x' not found");
    assert_http_error(state, "{\"detail\":\"Not Found\"}", "HTTP 404: Not Found");
    assert_http_error(state, "", "HTTP 404 with an empty body");
    assert_http_error(state, "event: error\ndata: {\"error\":{\"message\":\"in a stream\"}}\n\n",
                      "HTTP 404: in a stream");
    assert_http_error(state, "<p>{not JSON</p>", "HTTP 404: <p>{not JSON</p>");
    assert_http_error(state, "<h1>\x1b[2J\xff</h1>", "HTTP 404: <h1><U+001B>[2J\uFFFD</h1>");
}

/* The reason of a document that is an error, whatever its status is. */
static void assert_reason(void **state, const char *document, const char *wanted)
{
    const char *const names[] = {"message", "error"};
    for (size_t i = 0; i < 2; i++) {
        chat_stream_reset(*state);
        chat_stream_event(*state, names[i], document, strlen(document), 1);
        const answer_record a = chat_stream_finish(*state, 2);
        assert_int_equal(a.status, TEST_SERVER_ERROR);
        assert_string_equal(a.error, wanted);
    }
    chat_stream_reset(*state);
    chat_stream_fail_document(*state, 200, document, strlen(document));
    const answer_record a = chat_stream_finish(*state, 1);
    assert_int_equal(a.status, TEST_SERVER_ERROR);
    assert_string_equal(a.error, wanted);
}

static void test_errors_of_every_shape_keep_their_reason(void **state)
{
    assert_reason(state, "{\"object\":\"error\",\"message\":\"engine died\",\"code\":500}", "engine died");
    assert_reason(state, "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"busy\"}}", "busy");
    assert_reason(state, "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"field required\"}]}", "field required");
    assert_reason(state, "{\"error\":true,\"message\":\"no memory\"}", "no memory");
    assert_reason(state, "{\"errors\":[{\"message\":\"first\"},{\"message\":\"second\"}]}", "first");
    assert_reason(state, "{\"error\":{\"code\":503}}", "{\"code\":503}");
    assert_reason(state, "{\"choices\":[{\"error\":{\"message\":\"provider down\"},\"finish_reason\":\"error\"}]}",
                  "provider down");
    assert_reason(state, "{\"error\":{\"message\":\"half \xf0\x9f\"},\"code\":18446744073709551616}", "half \uFFFD");
    assert_reason(state, "{\"message\":\"no choices\"}", "no choices");
}

/* What comes as an event named error is one, whatever it holds; what others send where there is none, is none. */
static void test_the_name_of_an_event_makes_it_an_error(void **state)
{
    static const char *const DATA[][2] = {{"out of memory", "out of memory"},
                                          {"", "without a message"},
                                          {"{}", "without a message"},
                                          {"\"text\"", "text"}};
    for (size_t i = 0; i < sizeof DATA / sizeof DATA[0]; i++) {
        chat_stream_reset(*state);
        chat_stream_event(*state, "error", DATA[i][0], strlen(DATA[i][0]), 1);
        const answer_record a = chat_stream_finish(*state, 2);
        assert_int_equal(a.status, TEST_SERVER_ERROR);
        assert_non_null(strstr(a.error, DATA[i][1]));
    }
    assert_ends(state,
                (const char *const[]){"{\"error\":\"\",\"choices\":[{\"delta\":{\"content\":\"x\"}}]}",
                                      "{\"error\":false,\"message\":\"m\",\"choices\":[]}", FINISH("stop"), NULL},
                TEST_COMPLETED, "");
}

static void assert_texts(void **state, const char *delta, const char *reasoning, const char *text)
{
    char event[512];
    snprintf(event, sizeof event, "{\"choices\":[{\"delta\":%s}]}", delta);
    chat_stream_reset(*state);
    const answer_record a = answer_of(*state, (const char *const[]){event, FINISH("stop"), NULL});
    assert_string_equal(a.reasoning, reasoning);
    assert_string_equal(a.text, text);
    assert_int_equal(a.n_arrivals, 1);
    assert_int_equal(a.arrivals[0].n_bytes, strlen(reasoning) + strlen(text));
    assert_int_equal(a.arrivals[0].is_reasoning, text[0] == '\0');
}

static void test_text_has_many_shapes(void **state)
{
    assert_texts(state, "{\"reasoning_content\":null,\"reasoning\":\"a\",\"content\":null}", "a", "");
    assert_texts(state, "{\"reasoning_content\":\"\",\"reasoning\":\"a\"}", "a", "");
    assert_texts(state, "{\"reasoning_content\":\"a\",\"reasoning\":null}", "a", "");
    assert_texts(state, "{\"reasoning_content\":\"a\",\"reasoning\":\"a\"}", "a", ""); // both: one text
    assert_texts(state, "{\"thinking\":\"a\",\"content\":\"\"}", "a", "");
    assert_texts(state, "{\"content\":[{\"type\":\"text\",\"text\":\"b\"},{\"type\":\"text\",\"text\":\"c\"}]}", "",
                 "bc");
    assert_texts(state,
                 "{\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"a\"}]},\"b\"]}", "a",
                 "b");
    assert_texts(state, "{\"content\":[{\"type\":\"reasoning\",\"text\":\"a\"}]}", "a", "");
    assert_texts(state, "{\"content\":{\"type\":\"text\",\"text\":\"b\"}}", "", "b");
    assert_texts(state, "{\"content\":null,\"refusal\":\"I cannot\"}", "", "I cannot");
    assert_texts(state, "{\"content\":\"x\\ud83d\"}", "", "x\uFFFD"); // half a pair
    assert_texts(state, "{\"content\":\"\\ud83d\\ude00\",\"logprob\":-Infinity}", "", "\U0001f600");
    assert_texts(state, "{\"content\":\"a\xf0\x9f\x98z\",\"n\":[1e999,-99999999999999999999,NaN]}", "", "a\uFFFDz");
}

static void test_a_server_that_ignores_max_tokens_is_stopped(void **state)
{
    enum { MAX_TOKENS = 3, N_ALLOWED = 2 * MAX_TOKENS + 4 };
    chat_stream *const s = *state;
    s->max_tokens = MAX_TOKENS;
    for (int i = 0; i < N_ALLOWED; i++)
        chat_stream_event(s, "message", CONTENT("x"), strlen(CONTENT("x")), i);
    assert_false(s->has_failed);
    chat_stream_event(s, "message", CONTENT("x"), strlen(CONTENT("x")), N_ALLOWED);
    const answer_record a = chat_stream_finish(s, 100);
    assert_int_equal(a.status, TEST_BAD_STREAM);
    assert_non_null(strstr(a.error, "ignores max_tokens"));
    s->max_tokens = 0;
}

static void test_counts_that_no_answer_has_are_not_sent(void **state)
{
    static const char *const EVENTS[] = {
        CONTENT("x"),
        "{\"choices\":[],\"usage\":{\"prompt_tokens\":4611686018427387904,\"completion_tokens\":99999999999999999999}}",
        FINISH("stop"), NULL};
    const answer_record a = answer_of(*state, EVENTS);
    assert_int_equal(a.status, TEST_COMPLETED);
    assert_true(a.prompt_tokens == -1 && a.completion_tokens == -1);
}

static void test_odd_json_is_survived(void **state)
{
    static const char *const EVENTS[] = {
        "{}",
        "{\"choices\":{}}",
        "{\"choices\":[null]}",
        "{\"choices\":[{\"delta\":7}]}",
        "{\"choices\":[{\"delta\":{\"content\":7}}],\"usage\":3,\"model\":4}",
        "{\"usage\":{\"completion_tokens\":-5,\"prompt_tokens\":\"many\"}}",
        CONTENT("a\\u0000b"),
        FINISH("stop"),
        NULL,
    };
    const answer_record a = answer_of(*state, EVENTS);
    assert_int_equal(a.status, TEST_COMPLETED);
    assert_string_equal(a.text, "a\uFFFDb");
    assert_true(a.completion_tokens == -1 && a.prompt_tokens == -1);
}

static void test_length_of_an_answer_is_limited(void **state)
{
    enum { PIECE = 1024 * 1024 };
    static const char HEAD[] = "{\"choices\":[{\"delta\":{\"content\":\"";
    static const char TAIL[] = "\"}}]}";
    buf event;
    buf_init(&event, 2 * PIECE);
    buf_puts(&event, HEAD);
    for (int i = 0; i < PIECE; i++)
        buf_putc(&event, 'x');
    buf_puts(&event, TAIL);
    for (int i = 0; i < LIMIT_ANSWER_BYTES / PIECE; i++)
        chat_stream_event(*state, "message", buf_str(&event), event.size, i);
    answer_record a = chat_stream_finish(*state, 100);
    assert_int_equal(a.n_text, LIMIT_ANSWER_BYTES);
    assert_int_not_equal(a.status, TEST_BAD_STREAM);
    chat_stream_event(*state, "message", CONTENT("y"), strlen(CONTENT("y")), 101);
    a = chat_stream_finish(*state, 102);
    assert_int_equal(a.status, TEST_BAD_STREAM);
    buf_free(&event);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_good_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_answers_that_end_badly, setup, teardown),
        cmocka_unit_test_setup_teardown(test_finish_without_done_is_complete, setup, teardown),
        cmocka_unit_test_setup_teardown(test_errors_in_the_stream, setup, teardown),
        cmocka_unit_test_setup_teardown(test_http_errors_of_every_shape, setup, teardown),
        cmocka_unit_test_setup_teardown(test_errors_of_every_shape_keep_their_reason, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_name_of_an_event_makes_it_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(test_text_has_many_shapes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_server_that_ignores_max_tokens_is_stopped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_counts_that_no_answer_has_are_not_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_odd_json_is_survived, setup, teardown),
        cmocka_unit_test_setup_teardown(test_length_of_an_answer_is_limited, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
