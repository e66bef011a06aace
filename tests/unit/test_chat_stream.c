/* What the events of other people's servers mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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
        chat_stream_event(s, events[i], strlen(events[i]), t += 10);
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
        CONTENT("after the end"),
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
    assert_ends(state, (const char *const[]){"{\"choices\":[{\"delta\":{\"content\":\"\xff\"}}]}", NULL},
                TEST_BAD_STREAM, "0xff");
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
    chat_stream_fail_http(*state, 404, body, strlen(body));
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
    assert_http_error(state, "<h1>\x1b[2J\xff</h1>", "HTTP 404: <h1><U+001B>[2J\uFFFD</h1>");
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
        chat_stream_event(*state, buf_str(&event), event.size, i);
    answer_record a = chat_stream_finish(*state, 100);
    assert_int_equal(a.n_text, LIMIT_ANSWER_BYTES);
    assert_int_not_equal(a.status, TEST_BAD_STREAM);
    chat_stream_event(*state, CONTENT("y"), strlen(CONTENT("y")), 101);
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
        cmocka_unit_test_setup_teardown(test_odd_json_is_survived, setup, teardown),
        cmocka_unit_test_setup_teardown(test_length_of_an_answer_is_limited, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
