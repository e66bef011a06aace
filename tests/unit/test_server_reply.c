/* Answers and errors as JSON, letter by letter. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "dialects/dialect.h"
#include "dialects/openai_chat.h"
#include "dialects/openai_completion.h"
#include "serving/engine_facts.h"
#include "serving/event_queue.h"
#include "support/event_lines.h"
#include "json/json_out.h"

static const generation_head HEAD = {.id = "chatcmpl-1",
                                     .fingerprint = "sw-x",
                                     .created = 1790000000,
                                     .model = "m",
                                     .backend = "cpu",
                                     .n_choices = 1,
                                     .seed = 5,
                                     .sampling = {.temperature = 0.3f, .top_p = 0.95f, .top_k = 40},
                                     .load_ms = 1.5,
                                     .ttft_ms = 512.3456};
static const sw_event END = {.type = SW_EVENT_DONE,
                             .finish = SW_FINISH_LENGTH,
                             .n_prompt = 30,
                             .n_cached = 20,
                             .n_predicted = 4,
                             .n_reasoning = 1,
                             .timings = {.queue_ms = 0.25, .prompt_ms = 500, .predict_ms = 100, .ttft_ms = 7}};

#define CHUNK                                                                                                          \
    "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,\"model\":\"m\","              \
    "\"system_fingerprint\":\"sw-x\",\"choices\":["
#define FIGURES                                                                                                        \
    "\"seed\":5,\"sampling\":{\"temperature\":0.3,\"top_p\":0.95,\"top_k\":40,\"min_p\":0.0,\"seed\":5},"              \
    "\"timings\":{\"cache_n\":20,\"prompt_n\":10,\"prompt_ms\":500.0,\"prompt_per_token_ms\":50.0,"                    \
    "\"prompt_per_second\":20.0,\"predicted_n\":4,\"predicted_ms\":100.0,\"predicted_per_token_ms\":25.0,"             \
    "\"predicted_per_second\":40.0,\"queue_ms\":0.25,\"load_ms\":1.5,\"ttft_ms\":512.346,\"backend\":\"cpu\"}"
#define USAGE                                                                                                          \
    "\"usage\":{\"prompt_tokens\":30,\"completion_tokens\":4,\"total_tokens\":34,\"prompt_tokens_details\":"           \
    "{\"cached_tokens\":20},\"completion_tokens_details\":{\"reasoning_tokens\":1}}"

static void assert_written(buf *out, const char *expected)
{
    assert_int_equal(out->failed, SW_OK);
    assert_string_equal(buf_str(out), expected);
    buf_free(out);
}

static void test_writes_the_chunks_of_a_stream(void **state)
{
    (void)state;
    generation_head with_usage = HEAD;
    with_usage.include_usage = true;
    event_lines lines;
    event_lines_init(&lines);
    dialect_stream plain = {.sink = &lines.sink, .head = &HEAD}, usage = {.sink = &lines.sink, .head = &with_usage};
    const dialect *const d = &OPENAI_CHAT;
    d->begin(&plain, 0);
    event_lines_expect(&lines,
                       CHUNK "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,"
                             "\"finish_reason\":null}]}\n");
    d->text(&usage, 0, &(sw_event){.kind = SW_TEXT_CONTENT, .text = "a\"\n\xc3\xa9", .n_bytes = 5});
    event_lines_expect(&lines, CHUNK "{\"index\":0,\"delta\":{\"content\":\"a\\\"\\n\xc3\xa9\"},\"logprobs\":null,"
                                     "\"finish_reason\":null}],\"usage\":null}\n");
    d->text(&plain, 0, &(sw_event){.kind = SW_TEXT_REASONING, .text = "x\0y", .n_bytes = 3});
    event_lines_expect(&lines, CHUNK "{\"index\":0,\"delta\":{\"reasoning_content\":\"x\\u0000y\"},\"logprobs\":null,"
                                     "\"finish_reason\":null}]}\n");
    d->progress(&plain, 0, &(sw_event){.n_prompt = 100, .n_cached = 32, .n_prompt_done = 64}, 12.5);
    event_lines_expect(&lines,
                       CHUNK "{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":null}],"
                             "\"prompt_progress\":{\"total\":100,\"cache\":32,\"processed\":64,\"time_ms\":12.5}}\n");
    d->end_choice(&plain, 0, &END);
    d->end(&plain, &END);
    event_lines_expect(&lines,
                       CHUNK "{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"length\"}]," FIGURES
                             "}\n[DONE]\n");
    d->end_choice(&usage, 0, &END);
    d->end(&usage, &END);
    event_lines_expect(&lines, CHUNK "{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"length\"}],"
                                     "\"usage\":null}\n" CHUNK "]," USAGE "," FIGURES "}\n[DONE]\n");
    event_lines_free(&lines);
}

static void test_each_chunk_says_how_far_the_answer_is_if_that_was_asked_for(void **state)
{
    (void)state;
    static const int32_t IDS[] = {9, 8, 7, 6};
    generation_head head = HEAD;
    head.include_usage = head.usage_per_token = head.timings_per_token = true;
    head.n_prompt = 30;
    head.n_cached = 20;
    sw_event third = END; // of three tokens, two had no text
    third.type = SW_EVENT_TOKEN;
    third.text = "a";
    third.n_bytes = 1;
    third.n_predicted = 3;
    third.timings.predict_ms = 50;
    event_lines lines;
    event_lines_init(&lines);
    dialect_stream s = {.sink = &lines.sink, .head = &head, .token_ids = IDS};
    const dialect *const families[] = {&OPENAI_CHAT, &OPENAI_COMPLETION};
    for (size_t i = 0; i < 2; i++) {
        s.state = calloc(1, families[i]->state_bytes + 1);
        families[i]->begin(&s, 0);
        if (i == 0)
            assert_non_null(strstr(buf_str(&lines.text), "\"prompt_tokens\":30,\"completion_tokens\":0,"));
        buf_clear(&lines.text);
        families[i]->text(&s, 0, &third);
        assert_non_null(strstr(buf_str(&lines.text), "\"prompt_tokens\":30,\"completion_tokens\":3,"));
        assert_non_null(strstr(buf_str(&lines.text), "\"predicted_n\":3,\"predicted_ms\":50.0,"));
        buf_clear(&lines.text);
        families[i]->end_choice(&s, 0, &END);
        assert_non_null(strstr(buf_str(&lines.text), "\"finish_reason\":\"length\",\"token_ids\":[9,8,7,6]}]," USAGE));
        assert_non_null(strstr(buf_str(&lines.text), "\"predicted_n\":4,"));
        buf_clear(&lines.text);
        families[i]->free_state != NULL ? families[i]->free_state(s.state) : (void)0;
        free(s.state);
    }
    event_lines_free(&lines);
}

static void test_a_document_has_the_ids_of_its_tokens_if_they_were_asked_for(void **state)
{
    (void)state;
    static const int32_t IDS[] = {9, 8, 7, 6};
    buf out, text;
    buf_init(&out, 1 << 16);
    buf_init(&text, 64);
    const whole_choice choice = {.content = &text, .reasoning = &text, .token_ids = IDS, .done = &END};
    const whole_answer answer = {&choice, 1, END};
    OPENAI_CHAT.write_answer(&out, &HEAD, &answer);
    OPENAI_COMPLETION.write_answer(&out, &HEAD, &answer);
    static const char LAST[] = "\"finish_reason\":\"length\",\"token_ids\":[9,8,7,6]}]," USAGE "," FIGURES "}";
    const char *const first = strstr(buf_str(&out), LAST);
    assert_non_null(first);
    assert_non_null(strstr(first + 1, LAST));
    buf_free(&out);
    buf_free(&text);
}

/* Log-probabilities as the server keeps them for a whole answer. */
static bool next_packed(void *ud, sw_logprobs *out)
{
    buf *const rest = ud;
    const char *pos = rest->data;
    if (rest->size == 0)
        return false;
    logprobs_unpack(&pos, out);
    rest->size -= (size_t)(pos - rest->data);
    rest->data += pos - rest->data;
    return true;
}

/* logprobs NULL: not asked for. */
static void write_document(buf *out, const buf *content, const buf *reasoning, const buf *logprobs)
{
    buf rest = logprobs != NULL ? *logprobs : (buf){0};
    const logprob_source source = {next_packed, &rest};
    const whole_choice choice = {
        .content = content, .reasoning = reasoning, .logprobs = logprobs != NULL ? &source : NULL, .done = &END};
    const whole_answer answer = {&choice, 1, END};
    OPENAI_CHAT.write_answer(out, &HEAD, &answer);
}

static void test_writes_an_answer_in_one_document(void **state)
{
    (void)state;
    buf out, content, reasoning;
    buf_init(&out, 1 << 16);
    buf_init(&content, 64);
    buf_init(&reasoning, 64);
    buf_puts(&content, "Hi");
    write_document(&out, &content, &reasoning, NULL);
    assert_written(&out, "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1790000000,\"model\":\"m\","
                         "\"system_fingerprint\":\"sw-x\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
                         "\"assistant\",\"content\":\"Hi\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":"
                         "\"length\"}]," USAGE "," FIGURES "}");
    buf_puts(&reasoning, "Hm");
    write_document(&out, &content, &reasoning, NULL);
    assert_non_null(strstr(buf_str(&out), "\"refusal\":null,\"reasoning_content\":\"Hm\"}"));
    buf_free(&out);
    buf_free(&content);
    buf_free(&reasoning);
}

static void test_several_answers_have_their_numbers_and_one_usage(void **state)
{
    (void)state;
    generation_head head = HEAD;
    head.n_choices = 2;
    sw_event second = END;
    second.n_predicted = 9;
    second.n_cached = 30;
    second.timings.predict_ms = 300;
    const sw_event *const done[] = {&END, &second};
    const sw_event total = dialect_total(done, 2, head.n_choices);
    assert_int_equal(total.n_prompt, 30); // one prompt, two answers
    assert_int_equal(total.n_cached, 20);
    assert_int_equal(total.n_predicted, 13);
    assert_int_equal(dialect_total(done, 2, /*n_choices=*/1).n_prompt, 60);
    assert_true(total.timings.predict_ms == 300);
    event_lines lines;
    event_lines_init(&lines);
    dialect_stream s = {.sink = &lines.sink, .head = &head};
    OPENAI_CHAT.text(&s, 1, &(sw_event){.kind = SW_TEXT_CONTENT, .text = "b", .n_bytes = 1});
    event_lines_expect(&lines, CHUNK "{\"index\":1,\"delta\":{\"content\":\"b\"},\"logprobs\":null,"
                                     "\"finish_reason\":null}]}\n");
    OPENAI_CHAT.end_choice(&s, 1, &END);
    assert_non_null(strstr(buf_str(&lines.text), "\"seed\":6,")); // the next after the first answer's
    event_lines_free(&lines);
}

static void test_writes_log_probabilities_with_the_bytes_of_tokens(void **state)
{
    (void)state;
    const sw_logprobs first = {
        .sampled = {.logprob = -0.125f, .text = "a", .n_bytes = 1},
        .top = {{.logprob = -0.125f, .text = "a", .n_bytes = 1}, {.logprob = -2.5f, .text = "\xe2\x82", .n_bytes = 2}},
        .n_top = 2};
    const sw_logprobs second = {.sampled = {.logprob = -1, .text = NULL, .n_bytes = 0}};
#define FIRST                                                                                                          \
    "\"logprobs\":{\"content\":[{\"token\":\"a\",\"logprob\":-0.125,\"bytes\":[97],\"top_logprobs\":["                 \
    "{\"token\":\"a\",\"logprob\":-0.125,\"bytes\":[97]},"                                                             \
    "{\"token\":\"\xef\xbf\xbd\xef\xbf\xbd\",\"logprob\":-2.5,\"bytes\":[226,130]}]}"
    static const char EXPECTED[] =
        FIRST ",{\"token\":\"\",\"logprob\":-1.0,\"bytes\":[],\"top_logprobs\":[]}],\"refusal\":null}";
    buf out, packed, text;
    buf_init(&out, 1 << 16);
    buf_init(&packed, 1 << 16);
    buf_init(&text, 64);
    logprobs_pack(&packed, &first);
    logprobs_pack(&packed, &second);
    write_document(&out, &text, &text, &packed);
    assert_non_null(strstr(buf_str(&out), EXPECTED));
    buf_free(&out);
    event_lines lines;
    event_lines_init(&lines);
    const sw_event text_event = {.kind = SW_TEXT_CONTENT, .text = "a", .n_bytes = 1, .logprobs = &first};
    OPENAI_CHAT.text(&(dialect_stream){.sink = &lines.sink, .head = &HEAD}, 0, &text_event);
    assert_non_null(strstr(buf_str(&lines.text), FIRST "],\"refusal\":null}"));
    event_lines_free(&lines);
    buf_clear(&packed);
    write_document(&out, &text, &text, &packed); // asked for, and no token came
    assert_non_null(strstr(buf_str(&out), "\"logprobs\":{\"content\":[],\"refusal\":null}"));
    buf_free(&out);
    buf_free(&packed);
}

static void test_never_writes_what_is_not_a_number(void **state)
{
    (void)state;
    const sw_event nothing = {.timings = {.prompt_ms = NAN, .predict_ms = INFINITY}};
    event_lines lines;
    event_lines_init(&lines);
    OPENAI_CHAT.end_choice(&(dialect_stream){.sink = &lines.sink, .head = &HEAD}, 0, &nothing);
    json_t *const chunk = json_loads(buf_str(&lines.text), 0, NULL);
    assert_non_null(chunk);
    const json_t *const timings = json_object_get(chunk, "timings");
    assert_true(json_number_value(json_object_get(timings, "prompt_ms")) == 0);
    assert_true(json_number_value(json_object_get(timings, "predicted_ms")) == 0);
    assert_true(json_number_value(json_object_get(timings, "predicted_per_second")) == 0);
    json_decref(chunk);
    event_lines_free(&lines);
}

static void test_fingerprint_changes_with_weights_and_placement(void **state)
{
    (void)state;
    sw_model_info info = {.name = "a", .arch = "b", .quant = "c", .file_bytes = 10, .n_params = 5};
    sw_engine_state engine = {.n_threads = 1};
    sw_engine_options options = {0};
    char first[40], second[40];
    engine_fingerprint(first, sizeof first, &info, &engine, &options);
    engine.n_threads = 2; // changes no answer
    engine_fingerprint(second, sizeof second, &info, &engine, &options);
    assert_string_equal(first, second);
    engine.weight_bytes_vram = 7;
    engine_fingerprint(second, sizeof second, &info, &engine, &options);
    assert_string_not_equal(first, second);
    engine.weight_bytes_vram = 0;
    info.file_bytes = 11;
    engine_fingerprint(second, sizeof second, &info, &engine, &options);
    assert_string_not_equal(first, second);
}

static void test_writes_errors_with_all_four_members(void **state)
{
    (void)state;
    api_error error;
    buf out;
    buf_init(&out, 1 << 16);
    assert_false(api_fail(&error, API_INVALID_VALUE, "max_tokens", "got %d", 0));
    api_error_write(&out, &error);
    assert_written(&out,
                   "{\"error\":{\"message\":\"got 0\",\"type\":\"invalid_request_error\",\"param\":\"max_tokens\","
                   "\"code\":\"invalid_value\"}}");
    api_fail(&error, API_QUEUE_FULL, NULL, "full");
    api_error_write(&out, &error);
    assert_written(&out, "{\"error\":{\"message\":\"full\",\"type\":\"rate_limit_error\",\"param\":null,"
                         "\"code\":\"queue_full\"}}");
    assert_int_equal(api_status(&error), 429);
    assert_int_equal(api_retry_after(&error), 1);
}

static void test_translates_errors_of_the_engine(void **state)
{
    (void)state;
    static const struct {
        sw_code code;
        int status;
        const char *name;
    } CASES[] = {{SW_EINVAL, 400, "invalid_value"},           {SW_EUNSUPPORTED, 400, "unsupported_value"},
                 {SW_ELIMIT, 400, "context_length_exceeded"}, {SW_EBUSY, 429, "queue_full"},
                 {SW_ECANCELED, 503, "shutting_down"},        {SW_ENOMEM, 500, "out_of_memory"},
                 {SW_ENUMERIC, 500, "internal_error"},        {SW_EIO, 503, "device_lost"}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const sw_err err = {.code = CASES[i].code, .msg = "because"};
        api_error error;
        api_from_engine(&error, &err, 8192);
        assert_int_equal(api_status(&error), CASES[i].status);
        assert_string_equal(api_code(&error), CASES[i].name);
        assert_string_equal(error.message, "because");
        assert_int_equal(error.n_ctx, CASES[i].code == SW_ELIMIT ? 8192 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_the_chunks_of_a_stream),
        cmocka_unit_test(test_each_chunk_says_how_far_the_answer_is_if_that_was_asked_for),
        cmocka_unit_test(test_a_document_has_the_ids_of_its_tokens_if_they_were_asked_for),
        cmocka_unit_test(test_writes_an_answer_in_one_document),
        cmocka_unit_test(test_several_answers_have_their_numbers_and_one_usage),
        cmocka_unit_test(test_writes_log_probabilities_with_the_bytes_of_tokens),
        cmocka_unit_test(test_never_writes_what_is_not_a_number),
        cmocka_unit_test(test_fingerprint_changes_with_weights_and_placement),
        cmocka_unit_test(test_writes_errors_with_all_four_members),
        cmocka_unit_test(test_translates_errors_of_the_engine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
