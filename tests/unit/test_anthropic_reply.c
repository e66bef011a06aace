/* Anthropic's answers, events and errors, letter by letter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dialects/anthropic.h"
#include "dialects/anthropic_reply.h"
#include "support/event_lines.h"

static const char *const STOPS[] = {"END", "\n\"x\""};
static const generation_head HEAD = {
    .id = "msg_1", .model = "m", .n_choices = 1, .stop = STOPS, .n_stop = 2, .n_prompt = 30, .n_cached = 20};
static const sw_event STOPPED = {.type = SW_EVENT_DONE,
                                 .finish = SW_FINISH_STOP,
                                 .stop_index = -1,
                                 .n_prompt = 30,
                                 .n_cached = 20,
                                 .n_predicted = 4};

static void begin(event_lines *lines, dialect_stream *s, anthropic_state *state, const generation_head *head)
{
    *state = (anthropic_state){0};
    event_lines_init(lines);
    *s = (dialect_stream){.sink = &lines->sink, .head = head, .state = state};
}

static void say(dialect_stream *s, sw_text_kind kind, const char *text, size_t n)
{
    ANTHROPIC.text(s, 0, &(sw_event){.type = SW_EVENT_TOKEN, .kind = kind, .text = text, .n_bytes = n});
}

static void test_writes_the_events_of_a_stream(void **state)
{
    (void)state;
    event_lines lines;
    dialect_stream s;
    anthropic_state own;
    begin(&lines, &s, &own, &HEAD);
    ANTHROPIC.begin(&s, 0);
    event_lines_expect(&lines,
                       "message_start {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":"
                       "\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"stop_reason\":null,"
                       "\"stop_sequence\":null,\"usage\":{\"input_tokens\":10,\"cache_creation_input_tokens\":0,"
                       "\"cache_read_input_tokens\":20,\"output_tokens\":0}}}\n");
    say(&s, SW_TEXT_REASONING, "Hm", 2);
    event_lines_expect(&lines,
                       "content_block_start {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":"
                       "\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n"
                       "ping {\"type\":\"ping\"}\n"
                       "content_block_delta {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
                       "\"thinking_delta\",\"thinking\":\"Hm\"}}\n");
    say(&s, SW_TEXT_CONTENT, "", 0);
    say(&s, SW_TEXT_CONTENT, "a\"\n\xc3\xa9", 5);
    event_lines_expect(&lines,
                       "content_block_delta {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
                       "\"signature_delta\",\"signature\":\"\"}}\n"
                       "content_block_stop {\"type\":\"content_block_stop\",\"index\":0}\n"
                       "content_block_start {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":"
                       "\"text\",\"text\":\"\"}}\n"
                       "content_block_delta {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":"
                       "\"text_delta\",\"text\":\"a\\\"\\n\xc3\xa9\"}}\n");
    say(&s, SW_TEXT_CONTENT, "x\0y", 3);
    event_lines_expect(&lines, "content_block_delta {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":"
                               "\"text_delta\",\"text\":\"x\\u0000y\"}}\n");
    ANTHROPIC.end_choice(&s, 0, &STOPPED);
    ANTHROPIC.end(&s, &STOPPED);
    event_lines_expect(&lines, "content_block_stop {\"type\":\"content_block_stop\",\"index\":1}\n"
                               "message_delta {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\","
                               "\"stop_sequence\":null},\"usage\":{\"output_tokens\":4}}\n"
                               "message_stop {\"type\":\"message_stop\"}\n");
    event_lines_free(&lines);
}

static void test_a_stream_without_text_has_one_empty_block(void **state)
{
    (void)state;
    generation_head head = HEAD;
    head.hides_reasoning = true;
    event_lines lines;
    dialect_stream s;
    anthropic_state own;
    begin(&lines, &s, &own, &head);
    say(&s, SW_TEXT_REASONING, "Hm", 2);
    event_lines_expect(&lines, "");
    sw_event done = STOPPED;
    done.stop_index = 1;
    ANTHROPIC.end_choice(&s, 0, &done);
    event_lines_expect(&lines,
                       "content_block_start {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":"
                       "\"text\",\"text\":\"\"}}\n"
                       "ping {\"type\":\"ping\"}\n"
                       "content_block_stop {\"type\":\"content_block_stop\",\"index\":0}\n"
                       "message_delta {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"stop_sequence\","
                       "\"stop_sequence\":\"\\n\\\"x\\\"\"},\"usage\":{\"output_tokens\":4}}\n");
    ANTHROPIC.progress(&s, 0, &(sw_event){.n_prompt = 5}, 1);
    event_lines_expect(&lines, "ping {\"type\":\"ping\"}\n");
    event_lines_free(&lines);
}

#define MESSAGE(content, reason)                                                                                       \
    "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[" content              \
    "],\"stop_reason\":\"" reason ",\"usage\":{\"input_tokens\":10,\"cache_creation_input_tokens\":0,"                 \
    "\"cache_read_input_tokens\":20,\"output_tokens\":4}}"
#define TEXT(text)     "{\"type\":\"text\",\"text\":\"" text "\"}"
#define THINKING(text) "{\"type\":\"thinking\",\"thinking\":\"" text "\",\"signature\":\"\"}"

/* The document of one answer; text NULL: none. */
static void expect_document(const generation_head *head, const char *reasoning, const char *content,
                            const sw_event *done, const char *expected)
{
    buf out, reasoning_text, text;
    buf_init(&out, 1 << 16);
    buf_init(&reasoning_text, 64);
    buf_init(&text, 64);
    buf_puts(&reasoning_text, reasoning);
    buf_puts(&text, content);
    const whole_choice choice = {.content = &text, .reasoning = &reasoning_text, .done = done};
    ANTHROPIC.write_answer(&out, head, &(whole_answer){&choice, 1, *done});
    event_lines_document(&out, expected);
    buf_free(&out);
    buf_free(&reasoning_text);
    buf_free(&text);
}

static void test_writes_an_answer_in_one_document(void **state)
{
    (void)state;
    generation_head hiding = HEAD;
    hiding.hides_reasoning = true;
    sw_event done = STOPPED;
    expect_document(&HEAD, "Hm", "Hi", &done,
                    MESSAGE(THINKING("Hm") "," TEXT("Hi"), "end_turn\",\"stop_sequence\":null"));
    expect_document(&hiding, "Hm", "Hi", &done, MESSAGE(TEXT("Hi"), "end_turn\",\"stop_sequence\":null"));
    expect_document(&hiding, "Hm", "", &done, MESSAGE(TEXT(""), "end_turn\",\"stop_sequence\":null"));
    done.stop_index = 0;
    expect_document(&HEAD, "", "Hi", &done, MESSAGE(TEXT("Hi"), "stop_sequence\",\"stop_sequence\":\"END\""));
    done.finish = SW_FINISH_LENGTH;
    expect_document(&HEAD, "Hm", "", &done, MESSAGE(THINKING("Hm"), "max_tokens\",\"stop_sequence\":null"));
}

static void expect_error(api_situation what, const char *expected)
{
    api_error error;
    buf out;
    buf_init(&out, 1 << 12);
    api_fail(&error, what, "x", "no \"x\"");
    ANTHROPIC.write_error(&out, &error);
    event_lines_document(&out, expected);
    buf_free(&out);
}

static void test_errors_have_the_types_of_this_family(void **state)
{
    (void)state;
#define ERROR(type, message) "{\"type\":\"error\",\"error\":{\"type\":\"" type "\",\"message\":\"" message "\"}}"
    expect_error(API_INVALID_VALUE, ERROR("invalid_request_error", "no \\\"x\\\""));
    expect_error(API_METHOD_NOT_ALLOWED, ERROR("invalid_request_error", "no \\\"x\\\""));
    expect_error(API_BAD_KEY, ERROR("authentication_error", "no \\\"x\\\""));
    expect_error(API_FORBIDDEN, ERROR("permission_error", "no \\\"x\\\""));
    expect_error(API_MODEL_NOT_FOUND, ERROR("not_found_error", "no \\\"x\\\""));
    expect_error(API_TOO_LARGE, ERROR("request_too_large", "no \\\"x\\\""));
    expect_error(API_QUEUE_FULL, ERROR("rate_limit_error", "no \\\"x\\\""));
    expect_error(API_INTERNAL, ERROR("api_error", "no \\\"x\\\""));
    expect_error(API_SHUTTING_DOWN, ERROR("overloaded_error", "no \\\"x\\\""));
    expect_error(API_CONTEXT_LENGTH, ERROR("invalid_request_error", "prompt is too long: no \\\"x\\\""));
    event_lines lines;
    dialect_stream s;
    anthropic_state own;
    api_error error;
    begin(&lines, &s, &own, &HEAD);
    api_fail(&error, API_INTERNAL, NULL, "broken");
    (ANTHROPIC.fail)(&s, &error); // cmocka has a macro of this name
    event_lines_expect(&lines, "error " ERROR("api_error", "broken") "\n");
    event_lines_free(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_the_events_of_a_stream),
        cmocka_unit_test(test_a_stream_without_text_has_one_empty_block),
        cmocka_unit_test(test_writes_an_answer_in_one_document),
        cmocka_unit_test(test_errors_have_the_types_of_this_family),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
