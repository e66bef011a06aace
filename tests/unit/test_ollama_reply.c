/* Ollama's and shimmy's answers, lines and errors, letter by letter. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dialects/ollama.h"
#include "dialects/shimmy.h"
#include "support/event_lines.h"

static const generation_head HEAD = {.model = "m",
                                     .backend = "cpu",
                                     .created = 1790000000,
                                     .n_choices = 1,
                                     .n_answers = 1,
                                     .seed = 5,
                                     .load_ms = 1.5,
                                     .ttft_ms = 500};
static const sw_event END = {.type = SW_EVENT_DONE,
                             .finish = SW_FINISH_LENGTH,
                             .stop_index = -1,
                             .n_prompt = 30,
                             .n_cached = 20,
                             .n_predicted = 4,
                             .timings = {.queue_ms = 0.25, .prompt_ms = 400, .predict_ms = 100}};

#define TOP "{\"model\":\"m\",\"created_at\":\"2026-09-21T14:13:20Z\","
#define LAST(reason)                                                                                                   \
    "\"done\":true,\"done_reason\":\"" reason "\",\"total_duration\":600000000,\"load_duration\":1500000,"             \
    "\"prompt_eval_count\":30,\"prompt_eval_duration\":400000000,\"eval_count\":4,\"eval_duration\":100000000"

static void say(const dialect *family, dialect_stream *s, sw_text_kind kind, const char *text, size_t n)
{
    family->text(s, 0, &(sw_event){.type = SW_EVENT_TOKEN, .kind = kind, .text = text, .n_bytes = n});
}

static void end(const dialect *family, dialect_stream *s)
{
    family->end_choice(s, 0, &END);
    family->end(s, &END);
}

static void test_writes_the_lines_of_a_chat(void **state)
{
    (void)state;
    event_lines lines;
    event_lines_init(&lines);
    dialect_stream s = {.sink = &lines.sink, .head = &HEAD};
    OLLAMA_CHAT.begin(&s, 0);
    event_lines_expect(&lines, "");
    say(&OLLAMA_CHAT, &s, SW_TEXT_REASONING, "Hm", 2);
    event_lines_expect(&lines, TOP "\"message\":{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"Hm\"},"
                                   "\"done\":false}\n");
    say(&OLLAMA_CHAT, &s, SW_TEXT_CONTENT, "", 0);
    say(&OLLAMA_CHAT, &s, SW_TEXT_CONTENT, "a\"\n\xc3\xa9", 5);
    event_lines_expect(&lines, TOP "\"message\":{\"role\":\"assistant\",\"content\":\"a\\\"\\n\xc3\xa9\"},"
                                   "\"done\":false}\n");
    end(&OLLAMA_CHAT, &s);
    event_lines_expect(&lines, TOP "\"message\":{\"role\":\"assistant\",\"content\":\"\"}," LAST("length") "}\n");
    event_lines_free(&lines);
}

static void test_writes_the_lines_of_a_completion(void **state)
{
    (void)state;
    generation_head hiding = HEAD;
    hiding.hides_reasoning = true;
    event_lines lines;
    event_lines_init(&lines);
    dialect_stream s = {.sink = &lines.sink, .head = &HEAD}, hidden = {.sink = &lines.sink, .head = &hiding};
    say(&OLLAMA_GENERATE, &s, SW_TEXT_REASONING, "Hm", 2);
    event_lines_expect(&lines, TOP "\"response\":\"\",\"thinking\":\"Hm\",\"done\":false}\n");
    say(&OLLAMA_GENERATE, &hidden, SW_TEXT_REASONING, "Hm", 2);
    event_lines_expect(&lines, "");
    say(&OLLAMA_GENERATE, &s, SW_TEXT_CONTENT, "x\0y", 3);
    event_lines_expect(&lines, TOP "\"response\":\"x\\u0000y\",\"done\":false}\n");
    end(&OLLAMA_GENERATE, &s);
    event_lines_expect(&lines, TOP "\"response\":\"\"," LAST("length") "}\n");
    event_lines_free(&lines);
}

static void test_a_loaded_model_is_one_line(void **state)
{
    (void)state;
    const sw_event nothing = dialect_total(NULL, 0, 1);
    generation_head head = HEAD;
    head.n_answers = 0;
    head.ttft_ms = 2;
    event_lines lines;
    event_lines_init(&lines);
    dialect_stream s = {.sink = &lines.sink, .head = &head};
#define LOADED(reason)                                                                                                 \
    "\"done\":true,\"done_reason\":\"" reason "\",\"total_duration\":2000000,\"load_duration\":1500000,"               \
    "\"prompt_eval_count\":0,\"prompt_eval_duration\":0,\"eval_count\":0,\"eval_duration\":0"
    OLLAMA_CHAT.end(&s, &nothing);
    event_lines_expect(&lines, TOP "\"message\":{\"role\":\"assistant\",\"content\":\"\"}," LOADED("load") "}\n");
    head.unloads = true;
    OLLAMA_GENERATE.end(&s, &nothing);
    event_lines_expect(&lines, TOP "\"response\":\"\"," LOADED("unload") "}\n");
    OLLAMA_CHAT.write_answer(&lines.text, &head, &(whole_answer){NULL, 0, nothing});
    event_lines_expect(&lines, TOP "\"message\":{\"role\":\"assistant\",\"content\":\"\"}," LOADED("unload") "}");
    event_lines_free(&lines);
}

#define FIGURES                                                                                                        \
    ",\"usage\":{\"prompt_tokens\":30,\"completion_tokens\":4,\"total_tokens\":34,\"prompt_tokens_details\":"          \
    "{\"cached_tokens\":20},\"completion_tokens_details\":{\"reasoning_tokens\":0}},\"seed\":5,"                       \
    "\"sampling\":{\"temperature\":0.0,\"top_p\":0.0,\"top_k\":0,\"min_p\":0.0,\"seed\":5},\"timings\":"               \
    "{\"cache_n\":20,\"prompt_n\":10,\"prompt_ms\":400.0,\"prompt_per_token_ms\":40.0,\"prompt_per_second\":25.0,"     \
    "\"predicted_n\":4,\"predicted_ms\":100.0,\"predicted_per_token_ms\":25.0,\"predicted_per_second\":40.0,"          \
    "\"queue_ms\":0.25,\"load_ms\":1.5,\"ttft_ms\":500.0,\"backend\":\"cpu\"}"

static void test_writes_an_answer_in_one_document(void **state)
{
    (void)state;
    buf out, reasoning, content;
    buf_init(&out, 1 << 16);
    buf_init(&reasoning, 64);
    buf_init(&content, 64);
    buf_puts(&reasoning, "Hm");
    buf_puts(&content, "Hi");
    const whole_choice choice = {.content = &content, .reasoning = &reasoning, .done = &END};
    const whole_answer answer = {&choice, 1, END};
    OLLAMA_CHAT.write_answer(&out, &HEAD, &answer);
    event_lines_document(
        &out, TOP "\"message\":{\"role\":\"assistant\",\"content\":\"Hi\",\"thinking\":\"Hm\"}," LAST("length") "}");
    generation_head hiding = HEAD;
    hiding.hides_reasoning = true;
    OLLAMA_CHAT.write_answer(&out, &hiding, &answer);
    event_lines_document(&out, TOP "\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"}," LAST("length") "}");
    OLLAMA_GENERATE.write_answer(&out, &hiding, &answer);
    event_lines_document(&out, TOP "\"response\":\"Hi\"," LAST("length") FIGURES "}");
    SHIMMY.write_answer(&out, &hiding, &answer); // the same
    event_lines_document(&out, TOP "\"response\":\"Hi\"," LAST("length") FIGURES "}");
    buf_free(&out);
    buf_free(&reasoning);
    buf_free(&content);
}

static void test_writes_vectors(void **state)
{
    (void)state;
    static const float VECTOR[] = {0.5f, -0.25f};
    const whole_choice choices[] = {{.embedding = VECTOR, .n_embd = 2, .done = &END},
                                    {.embedding = VECTOR, .n_embd = 1, .done = &END}};
    buf out;
    buf_init(&out, 1 << 16);
    OLLAMA_EMBED.write_answer(&out, &HEAD, &(whole_answer){choices, 2, END});
    event_lines_document(&out, "{\"model\":\"m\",\"embeddings\":[[0.5,-0.25],[0.5]],\"total_duration\":500000000,"
                               "\"load_duration\":1500000,\"prompt_eval_count\":30}");
    buf_free(&out);
}

static void test_a_shimmy_stream_is_the_text_alone(void **state)
{
    (void)state;
    event_lines lines;
    event_lines_init(&lines);
    dialect_stream s = {.sink = &lines.sink, .head = &HEAD};
    SHIMMY.begin(&s, 0);
    say(&SHIMMY, &s, SW_TEXT_REASONING, "Hm", 2);
    say(&SHIMMY, &s, SW_TEXT_CONTENT, "Binary", 6);
    say(&SHIMMY, &s, SW_TEXT_CONTENT, " search", 7);
    end(&SHIMMY, &s);
    event_lines_expect(&lines, "Binary\n search\n[DONE]\n");
    event_lines_free(&lines);
}

static void test_errors_are_texts_and_shimmy_has_its_own_statuses(void **state)
{
    (void)state;
    api_error error;
    event_lines lines;
    event_lines_init(&lines);
    dialect_stream s = {.sink = &lines.sink, .head = &HEAD};
    api_fail(&error, API_INTERNAL, "x", "no \"x\"");
    OLLAMA_CHAT.write_error(&lines.text, &error);
    event_lines_expect(&lines, "{\"error\":\"no \\\"x\\\"\"}");
    (OLLAMA_CHAT.fail)(&s, &error); // cmocka has a macro of this name
    event_lines_expect(&lines, "{\"error\":\"no \\\"x\\\"\"}\n");
    (SHIMMY.fail)(&s, &error); // and no [DONE]
    event_lines_expect(&lines, "[ERROR] no \"x\"\n");
    SHIMMY.write_error(&lines.text, &error);
    event_lines_expect(&lines, "{\"error\":{\"message\":\"no \\\"x\\\"\",\"type\":\"server_error\",\"param\":\"x\","
                               "\"code\":\"internal_error\"}}");
    assert_null(OLLAMA_CHAT.status);
    assert_int_equal(SHIMMY.status(&error), 502);
    api_fail(&error, API_MODEL_NOT_FOUND, NULL, "x");
    assert_int_equal(SHIMMY.status(&error), 404);
    event_lines_free(&lines);
}

static void test_never_writes_what_is_not_a_number(void **state)
{
    (void)state;
    generation_head head = HEAD;
    head.load_ms = NAN;
    head.ttft_ms = INFINITY;
    buf out;
    buf_init(&out, 1 << 12);
    OLLAMA_EMBED.write_answer(&out, &head, &(whole_answer){NULL, 0, END});
    event_lines_document(&out, "{\"model\":\"m\",\"embeddings\":[],\"total_duration\":0,\"load_duration\":0,"
                               "\"prompt_eval_count\":30}");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_the_lines_of_a_chat),
        cmocka_unit_test(test_writes_the_lines_of_a_completion),
        cmocka_unit_test(test_a_loaded_model_is_one_line),
        cmocka_unit_test(test_writes_an_answer_in_one_document),
        cmocka_unit_test(test_writes_vectors),
        cmocka_unit_test(test_a_shimmy_stream_is_the_text_alone),
        cmocka_unit_test(test_errors_are_texts_and_shimmy_has_its_own_statuses),
        cmocka_unit_test(test_never_writes_what_is_not_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
