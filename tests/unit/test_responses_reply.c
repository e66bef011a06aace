/* Responses and their events, letter by letter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dialects/openai_responses.h"
#include "dialects/openai_responses_reply.h"
#include "support/event_lines.h"

static const sw_event STOPPED = {.type = SW_EVENT_DONE,
                                 .finish = SW_FINISH_STOP,
                                 .stop_index = -1,
                                 .n_prompt = 30,
                                 .n_cached = 20,
                                 .n_predicted = 4,
                                 .n_reasoning = 1};
static const sw_event CUT = {.type = SW_EVENT_DONE,
                             .finish = SW_FINISH_LENGTH,
                             .stop_index = -1,
                             .n_prompt = 30,
                             .n_cached = 20,
                             .n_predicted = 4,
                             .n_reasoning = 1};

static generation_head head_of_test(void)
{
    return (generation_head){.id = "resp_1f",
                             .created = 1790000000,
                             .model = "m",
                             .backend = "cpu",
                             .n_choices = 1,
                             .n_answers = 1,
                             .seed = 7,
                             .repeated = json_pack("{s:s}", "instructions", "Be brief.")};
}

/* ---- what is expected ------------------------------------------------------------------------------------------- */

#define QUOTED(text) "\"" text "\""
#define RESPONSE(status, error, details, output, usage, end)                                                           \
    "{\"id\":\"resp_1f\",\"object\":\"response\",\"created_at\":1790000000,\"status\":" QUOTED(                        \
        status) ",\"background\":"                                                                                     \
                "false,\"error\":" error ",\"incomplete_details\":" details ",\"model\":\"m\",\"output\":[" output     \
                "],\"previous_response_id\":null,\"store\":false,\"text\":{\"format\":{\"type\":\"text\"}},\"tools\":" \
                "[],"                                                                                                  \
                "\"top_logprobs\":0,\"truncation\":\"disabled\",\"usage\":" usage                                      \
                ",\"instructions\":\"Be brief.\"" end "}"
#define BEGUN RESPONSE("in_progress", "null", "null", "", "null", "")
#define USAGE                                                                                                          \
    "{\"input_tokens\":30,\"input_tokens_details\":{\"cached_tokens\":20},\"output_tokens\":4,"                        \
    "\"output_tokens_details\":{\"reasoning_tokens\":1},\"total_tokens\":34}"
#define FIGURES                                                                                                        \
    ",\"seed\":7,\"sampling\":{\"temperature\":0.0,\"top_p\":0.0,\"top_k\":0,\"min_p\":0.0,\"seed\":7},"               \
    "\"timings\":{\"cache_n\":20,\"prompt_n\":10,\"prompt_ms\":0.0,\"prompt_per_token_ms\":0.0,"                       \
    "\"prompt_per_second\":0.0,\"predicted_n\":4,\"predicted_ms\":0.0,\"predicted_per_token_ms\":0.0,"                 \
    "\"predicted_per_second\":0.0,\"queue_ms\":0.0,\"load_ms\":0.0,\"ttft_ms\":0.0,\"backend\":\"cpu\"}"
#define DONE(output)    RESPONSE("completed", "null", "null", output, USAGE, FIGURES)
#define CUT_OFF(output) RESPONSE("incomplete", "null", "{\"reason\":\"max_output_tokens\"}", output, USAGE, FIGURES)

#define TEXT(text)           "{\"type\":\"output_text\",\"text\":\"" text "\",\"annotations\":[],\"logprobs\":[]}"
#define REASONING_TEXT(text) "{\"type\":\"reasoning_text\",\"text\":\"" text "\"}"
#define MESSAGE(i, status, content)                                                                                    \
    "{\"id\":\"msg_1f_" i "\",\"type\":\"message\",\"status\":\"" status                                               \
    "\",\"role\":\"assistant\",\"content\":[" content "]}"
#define REASONING(i, status, content)                                                                                  \
    "{\"id\":\"rs_1f_" i "\",\"type\":\"reasoning\",\"status\":\"" status "\",\"summary\":[],\"content\":[" content "]}"

/* One event: its name, and its number and members after the type. */
#define EVENT(name, number, members) name " {\"type\":\"" name "\",\"sequence_number\":" number "," members "}\n"
#define ITEM_EVENT(name, number, i, item)                                                                              \
    EVENT("response.output_item." name, number, "\"output_index\":" i ",\"item\":" item)
#define PART_EVENT(name, number, i, id, members)                                                                       \
    EVENT("response." name, number, "\"item_id\":\"" id "\",\"output_index\":" i ",\"content_index\":0," members)

/* ---- the stream ------------------------------------------------------------------------------------------------- */

typedef struct streaming {
    event_lines lines;
    generation_head head;
    openai_responses_state state;
    dialect_stream s;
} streaming;

static void begin(streaming *t)
{
    *t = (streaming){.head = head_of_test()};
    event_lines_init(&t->lines);
    t->s = (dialect_stream){.sink = &t->lines.sink, .head = &t->head, .state = &t->state};
}

static void end(streaming *t)
{
    OPENAI_RESPONSES.free_state(&t->state);
    event_lines_free(&t->lines);
    json_decref(t->head.repeated);
}

static void say(streaming *t, sw_text_kind kind, const char *text, size_t n)
{
    OPENAI_RESPONSES.text(&t->s, 0, &(sw_event){.type = SW_EVENT_TOKEN, .kind = kind, .text = text, .n_bytes = n});
}

static void test_writes_the_events_of_a_stream(void **state)
{
    (void)state;
    streaming t;
    begin(&t);
    OPENAI_RESPONSES.begin(&t.s, 0);
    event_lines_expect(&t.lines, EVENT("response.created", "0", "\"response\":" BEGUN)
                                     EVENT("response.in_progress", "1", "\"response\":" BEGUN));
    say(&t, SW_TEXT_CONTENT, "", 0);
    event_lines_expect(&t.lines, "");
    say(&t, SW_TEXT_CONTENT, "a\"\n\xc3\xa9", 5);
    event_lines_expect(&t.lines, ITEM_EVENT("added", "2", "0", MESSAGE("0", "in_progress", ""))
                                     PART_EVENT("content_part.added", "3", "0", "msg_1f_0", "\"part\":" TEXT(""))
                                         PART_EVENT("output_text.delta", "4", "0", "msg_1f_0",
                                                    "\"delta\":\"a\\\"\\n\xc3\xa9\",\"logprobs\":[]"));
    say(&t, SW_TEXT_CONTENT, "x\0y", 3);
    event_lines_expect(
        &t.lines, PART_EVENT("output_text.delta", "5", "0", "msg_1f_0", "\"delta\":\"x\\u0000y\",\"logprobs\":[]"));
#define WHOLE "a\\\"\\n\xc3\xa9x\\u0000y"
    OPENAI_RESPONSES.end_choice(&t.s, 0, &STOPPED);
    event_lines_expect(&t.lines,
                       PART_EVENT("output_text.done", "6", "0", "msg_1f_0", "\"text\":\"" WHOLE "\",\"logprobs\":[]")
                           PART_EVENT("content_part.done", "7", "0", "msg_1f_0", "\"part\":" TEXT(WHOLE))
                               ITEM_EVENT("done", "8", "0", MESSAGE("0", "completed", TEXT(WHOLE))));
    OPENAI_RESPONSES.end(&t.s, &STOPPED);
    event_lines_expect(&t.lines,
                       EVENT("response.completed", "9", "\"response\":" DONE(MESSAGE("0", "completed", TEXT(WHOLE)))));
    end(&t);
}

static void test_reasoning_is_an_item_before_the_message(void **state)
{
    (void)state;
    streaming t;
    begin(&t);
    say(&t, SW_TEXT_REASONING, "Hm", 2);
    event_lines_expect(&t.lines,
                       ITEM_EVENT("added", "0", "0", REASONING("0", "in_progress", ""))
                           PART_EVENT("content_part.added", "1", "0", "rs_1f_0", "\"part\":" REASONING_TEXT(""))
                               PART_EVENT("reasoning_text.delta", "2", "0", "rs_1f_0", "\"delta\":\"Hm\""));
    say(&t, SW_TEXT_CONTENT, "Hi", 2);
    event_lines_expect(
        &t.lines,
        PART_EVENT("reasoning_text.done", "3", "0", "rs_1f_0", "\"text\":\"Hm\"")
            PART_EVENT("content_part.done", "4", "0", "rs_1f_0", "\"part\":" REASONING_TEXT("Hm"))
                ITEM_EVENT("done", "5", "0", REASONING("0", "completed", REASONING_TEXT("Hm")))
                    ITEM_EVENT("added", "6", "1", MESSAGE("1", "in_progress", ""))
                        PART_EVENT("content_part.added", "7", "1", "msg_1f_1", "\"part\":" TEXT(""))
                            PART_EVENT("output_text.delta", "8", "1", "msg_1f_1", "\"delta\":\"Hi\",\"logprobs\":[]"));
    OPENAI_RESPONSES.end_choice(&t.s, 0, &CUT);
    OPENAI_RESPONSES.end(&t.s, &CUT);
    event_lines_expect(&t.lines, PART_EVENT("output_text.done", "9", "1", "msg_1f_1", "\"text\":\"Hi\",\"logprobs\":[]")
                                     PART_EVENT("content_part.done", "10", "1", "msg_1f_1", "\"part\":" TEXT("Hi"))
                                         ITEM_EVENT("done", "11", "1", MESSAGE("1", "incomplete", TEXT("Hi")))
                                             EVENT("response.incomplete", "12",
                                                   "\"response\":" CUT_OFF(
                                                       REASONING("0", "completed", REASONING_TEXT("Hm")) "," MESSAGE(
                                                           "1", "incomplete", TEXT("Hi")))));
    end(&t);
}

static void test_a_stream_without_text_has_one_empty_message(void **state)
{
    (void)state;
    streaming t;
    begin(&t);
    OPENAI_RESPONSES.end_choice(&t.s, 0, &STOPPED);
    event_lines_expect(&t.lines,
                       ITEM_EVENT("added", "0", "0", MESSAGE("0", "in_progress", ""))
                           PART_EVENT("content_part.added", "1", "0", "msg_1f_0", "\"part\":" TEXT(""))
                               PART_EVENT("output_text.done", "2", "0", "msg_1f_0", "\"text\":\"\",\"logprobs\":[]")
                                   PART_EVENT("content_part.done", "3", "0", "msg_1f_0", "\"part\":" TEXT(""))
                                       ITEM_EVENT("done", "4", "0", MESSAGE("0", "completed", TEXT(""))));
    end(&t);
}

static void test_a_failure_is_an_event_of_the_response_and_an_error(void **state)
{
    (void)state;
    streaming t;
    api_error error;
    begin(&t);
    api_fail(&error, API_SHUTTING_DOWN, NULL, "the server is \"down\"");
    (OPENAI_RESPONSES.fail)(&t.s, &error); // cmocka has a macro of this name
#define FAILED(code, text, output)                                                                                     \
    "\"response\":" RESPONSE("failed", "{\"code\":\"" code "\",\"message\":\"" text "\"}", "null", output, "null", "")
    event_lines_expect(
        &t.lines, EVENT("response.failed", "0", FAILED("server_error", "the server is \\\"down\\\"", ""))
                      EVENT("error", "1",
                            "\"code\":\"shutting_down\",\"message\":\"the server is \\\"down\\\"\",\"param\":null"));
    say(&t, SW_TEXT_REASONING, "Hm", 2);
    say(&t, SW_TEXT_CONTENT, "Hi", 2);
    buf_clear(&t.lines.text);
    api_fail(&error, API_QUEUE_FULL, "x", "full");
    (OPENAI_RESPONSES.fail)(&t.s, &error);
    event_lines_expect(&t.lines,
                       EVENT("response.failed", "11",
                             FAILED("rate_limit_exceeded", "full", REASONING("0", "completed", REASONING_TEXT("Hm"))))
                           EVENT("error", "12", "\"code\":\"queue_full\",\"message\":\"full\",\"param\":\"x\""));
    end(&t);
}

/* ---- documents -------------------------------------------------------------------------------------------------- */

static void expect_document(const char *reasoning, const char *content, const sw_event *done, const char *expected)
{
    const generation_head head = head_of_test();
    buf out, reasoning_text, text;
    buf_init(&out, 1 << 16);
    buf_init(&reasoning_text, 64);
    buf_init(&text, 64);
    buf_puts(&reasoning_text, reasoning);
    buf_puts(&text, content);
    const whole_choice choice = {.content = &text, .reasoning = &reasoning_text, .done = done};
    OPENAI_RESPONSES.write_answer(&out, &head, &(whole_answer){&choice, 1, *done});
    event_lines_document(&out, expected);
    buf_free(&out);
    buf_free(&reasoning_text);
    buf_free(&text);
    json_decref(head.repeated);
}

static void test_writes_an_answer_in_one_document(void **state)
{
    (void)state;
    expect_document("", "Hi", &STOPPED, DONE(MESSAGE("0", "completed", TEXT("Hi"))));
    expect_document("", "", &STOPPED, DONE(MESSAGE("0", "completed", TEXT(""))));
    expect_document("Hm", "Hi", &STOPPED,
                    DONE(REASONING("0", "completed", REASONING_TEXT("Hm")) "," MESSAGE("1", "completed", TEXT("Hi"))));
    expect_document(
        "Hm", "Hi", &CUT,
        CUT_OFF(REASONING("0", "completed", REASONING_TEXT("Hm")) "," MESSAGE("1", "incomplete", TEXT("Hi"))));
    expect_document("Hm", "", &CUT, CUT_OFF(REASONING("0", "incomplete", REASONING_TEXT("Hm"))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_the_events_of_a_stream),
        cmocka_unit_test(test_reasoning_is_an_item_before_the_message),
        cmocka_unit_test(test_a_stream_without_text_has_one_empty_message),
        cmocka_unit_test(test_a_failure_is_an_event_of_the_response_and_an_error),
        cmocka_unit_test(test_writes_an_answer_in_one_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
