/* Ollama's bodies: what they ask for, as the engine's request, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dialects/ollama.h"

#define HELLO "\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]"

/* The caller frees the request. */
static generation_request parsed(const dialect *family, const char *body)
{
    generation_request r;
    api_error error = {0};
    if (!family->parse(&r, body, strlen(body), /*random=*/0, &error))
        fail_msg("%s: %s", body, error.message);
    return r;
}

static void refused(const dialect *family, const char *body, api_situation what, const char *param)
{
    generation_request r;
    api_error error = {0};
    assert_false(family->parse(&r, body, strlen(body), /*random=*/0, &error));
    if (error.what != what || strcmp(error.param, param) != 0)
        fail_msg("%s: %s at '%s': %s", body, api_code(&error), error.param, error.message);
    assert_null(r.document);
}

static void test_reads_a_chat_with_options(void **state)
{
    (void)state;
    generation_request r = parsed(
        &OLLAMA_CHAT,
        "{\"model\":\"m:latest\",\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},"
        "{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"Look.\",\"tool_calls\":[{\"function\":{\"name\":"
        "\"clock\",\"arguments\":{\"tz\":\"UTC\"}}}]},{\"role\":\"tool\",\"tool_name\":\"clock\",\"content\":\"12\"}],"
        "\"options\":{\"num_predict\":7,\"num_ctx\":4096,\"temperature\":0.5,\"top_k\":3,\"top_p\":0.25,\"min_p\":0."
        "125,"
        "\"seed\":11,\"repeat_penalty\":1.5,\"repeat_last_n\":8,\"stop\":[\"a\",\"b\"],\"num_gpu\":1,\"mirostat\":0}}");
    assert_string_equal(r.model, "m:latest");
    assert_true(r.stream); // the default of this family
    assert_false(r.hides_reasoning || r.has_keep_alive || r.loads_only);
    assert_int_equal(r.core.max_tokens, 7);
    const sw_sampling *const s = &r.core.sampling;
    assert_true(s->temperature == 0.5f && s->top_k == 3 && s->top_p == 0.25f && s->min_p == 0.125f && s->seed == 11);
    assert_true(s->repeat_penalty == 1.5f && s->repeat_last_n == 8);
    assert_int_equal(r.core.n_stop, 2);
    assert_string_equal(r.ignored, "num_ctx, num_gpu");
    const sw_message *const m = r.core.messages;
    assert_int_equal(r.core.n_messages, 3);
    assert_string_equal(m[1].reasoning, "Look.");
    assert_string_equal(m[1].tool_calls[0].arguments, "{\"tz\": \"UTC\"}");
    assert_int_equal(m[2].role, SW_ROLE_TOOL);
    assert_string_equal(m[2].name, "clock");
    generation_request_free(&r);
}

static void test_options_count_more_than_the_same_members_of_the_body(void **state)
{
    (void)state;
    generation_request r = parsed(&OLLAMA_CHAT, "{\"stream\":false,\"temperature\":1,\"max_tokens\":5,\"options\":"
                                                "{\"temperature\":0,\"num_predict\":-1}," HELLO "}");
    assert_false(r.stream);
    assert_true(r.core.sampling.temperature == 0);
    assert_int_equal(r.core.max_tokens, 0); // until the context is full
    generation_request_free(&r);
    refused(&OLLAMA_CHAT, "{\"stop\":\"a\",\"options\":{\"stop\":[\"b\"]}," HELLO "}", API_INVALID_VALUE,
            "options.stop");
    refused(&OLLAMA_CHAT, "{\"options\":{\"temperature\":3}," HELLO "}", API_INVALID_VALUE, "options.temperature");
    refused(&OLLAMA_CHAT, "{\"options\":{\"num_predict\":-3}," HELLO "}", API_INVALID_VALUE, "options.num_predict");
    refused(&OLLAMA_CHAT, "{\"options\":{\"mirostat\":2}," HELLO "}", API_UNSUPPORTED_PARAMETER, "mirostat");
    refused(&OLLAMA_CHAT, "{\"options\":5," HELLO "}", API_INVALID_TYPE, "options");
}

static void test_think_hides_or_deepens_the_reasoning(void **state)
{
    (void)state;
    generation_request r = parsed(&OLLAMA_CHAT, "{\"think\":false," HELLO "}");
    assert_true(r.hides_reasoning);
    generation_request_free(&r);
    r = parsed(&OLLAMA_CHAT, "{\"think\":\"high\"," HELLO "}");
    assert_false(r.hides_reasoning);
    assert_int_equal(r.core.effort, SW_EFFORT_HIGH);
    assert_string_equal(r.effort_name, "think");
    generation_request_free(&r);
    refused(&OLLAMA_CHAT, "{\"think\":\"much\"," HELLO "}", API_INVALID_VALUE, "think");
    refused(&OLLAMA_CHAT, "{\"think\":1," HELLO "}", API_INVALID_TYPE, "think");
}

static void test_keep_alive_is_seconds_or_a_duration(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        double seconds;
    } CASES[] = {{"0", 0},        {"300", 300},        {"-1", -1},         {"-0.5", -1},
                 {"\"5m\"", 300}, {"\"1h30m\"", 5400}, {"\"-1\"", -1},     {"\"-1m\"", -1},
                 {"\"10\"", 10},  {"\"1.5s\"", 1.5},   {"\"500ms\"", 0.5}, {"\"0\"", 0},
                 {"\"0s\"", 0},   {"\"-0\"", 0},       {"\"+2s\"", 2}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char body[128];
        snprintf(body, sizeof body, "{\"keep_alive\":%s," HELLO "}", CASES[i].value);
        generation_request r = parsed(&OLLAMA_CHAT, body);
        if (!r.has_keep_alive || r.keep_alive_s != CASES[i].seconds)
            fail_msg("%s: %g", CASES[i].value, r.keep_alive_s);
        generation_request_free(&r);
    }
    static const char *const BAD[] = {"\"\"",    "\"-\"",   "\"m\"",     "\"5 m\"", "\"5x\"", "\"1h30\"",
                                      "\"inf\"", "\"0x5\"", "\"1.2.3\"", "true",    "[]",     "1e300"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        char body[128];
        snprintf(body, sizeof body, "{\"keep_alive\":%s," HELLO "}", BAD[i]);
        refused(&OLLAMA_CHAT, body, API_INVALID_VALUE, "keep_alive");
    }
}

static void test_a_request_without_content_only_loads_the_model(void **state)
{
    (void)state;
    static const struct {
        const dialect *family;
        const char *body;
    } CASES[] = {{&OLLAMA_CHAT, "{\"model\":\"m\"}"},
                 {&OLLAMA_CHAT, "{\"model\":\"m\",\"messages\":[],\"keep_alive\":0}"},
                 {&OLLAMA_GENERATE, "{\"model\":\"m\"}"},
                 {&OLLAMA_GENERATE, "{\"model\":\"m\",\"prompt\":\"\",\"system\":\"s\"}"},
                 {&OLLAMA_EMBED, "{\"model\":\"m\",\"input\":[]}"},
                 {&OLLAMA_EMBED, "{\"model\":\"m\",\"input\":\"\"}"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        generation_request r = parsed(CASES[i].family, CASES[i].body);
        assert_true(r.loads_only);
        assert_int_equal(generation_n_answers(&r), 0);
        generation_request_free(&r);
    }
}

static void test_a_prompt_is_a_question_or_raw_text(void **state)
{
    (void)state;
    generation_request r = parsed(&OLLAMA_GENERATE, "{\"prompt\":\"Hi\",\"system\":\"Be brief.\",\"context\":[1,2]}");
    assert_int_equal(r.core.n_messages, 2);
    assert_int_equal(r.core.messages[0].role, SW_ROLE_SYSTEM);
    assert_string_equal(r.core.messages[0].content, "Be brief.");
    assert_int_equal(r.core.messages[1].role, SW_ROLE_USER);
    assert_string_equal(r.core.messages[1].content, "Hi");
    assert_null(r.prompts);
    assert_string_equal(r.ignored, "context");
    generation_request_free(&r);
    r = parsed(&OLLAMA_GENERATE, "{\"prompt\":\"Hi\",\"raw\":true,\"system\":\"x\"}");
    assert_int_equal(r.n_prompts, 1);
    assert_string_equal(r.prompts[0].text, "Hi");
    assert_null(r.core.messages);
    assert_string_equal(r.ignored, "system");
    generation_request_free(&r);
    refused(&OLLAMA_GENERATE, "{\"prompt\":5}", API_INVALID_TYPE, "prompt");
    refused(&OLLAMA_GENERATE, "{\"prompt\":\"a\",\"raw\":1}", API_INVALID_TYPE, "raw");
    refused(&OLLAMA_GENERATE, "{\"prompt\":\"a\"," HELLO "}", API_INVALID_VALUE, "prompt");
    refused(&OLLAMA_GENERATE, "{\"raw\":true," HELLO "}", API_INVALID_VALUE, "prompt");
}

static void test_refuses_what_it_cannot_do_by_name(void **state)
{
    (void)state;
    refused(&OLLAMA_CHAT, "{\"format\":\"json\"," HELLO "}", API_UNSUPPORTED_PARAMETER, "format");
    refused(&OLLAMA_CHAT, "{\"format\":{\"type\":\"object\"}," HELLO "}", API_UNSUPPORTED_PARAMETER, "format");
    refused(&OLLAMA_CHAT, "{\"tools\":[{}]," HELLO "}", API_UNSUPPORTED_PARAMETER, "tools");
    refused(&OLLAMA_CHAT, "{\"logprobs\":true," HELLO "}", API_UNSUPPORTED_PARAMETER, "logprobs");
    refused(&OLLAMA_CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":\"x\",\"images\":[\"a\"]}]}",
            API_UNSUPPORTED_PARAMETER, "messages[0].images");
    refused(&OLLAMA_GENERATE, "{\"prompt\":\"a\",\"suffix\":\"b\"}", API_UNSUPPORTED_PARAMETER, "suffix");
    refused(&OLLAMA_GENERATE, "{\"prompt\":\"a\",\"template\":\"b\"}", API_UNSUPPORTED_PARAMETER, "template");
    refused(&OLLAMA_GENERATE, "{\"prompt\":\"a\",\"images\":[\"b\"]}", API_UNSUPPORTED_PARAMETER, "images");
    refused(&OLLAMA_EMBED, "{\"input\":\"a\",\"dimensions\":5}", API_UNSUPPORTED_PARAMETER, "dimensions");
    refused(&OLLAMA_EMBED, "{\"input\":5}", API_INVALID_TYPE, "input");
    generation_request r =
        parsed(&OLLAMA_CHAT, "{\"format\":\"\",\"tools\":[],\"truncate\":true,\"shift\":null," HELLO "}");
    assert_string_equal(r.ignored, "truncate");
    generation_request_free(&r);
}

static void test_inputs_become_prompts_to_embed(void **state)
{
    (void)state;
    generation_request r = parsed(&OLLAMA_EMBED, "{\"input\":[\"a\",\"b\"],\"options\":{\"num_predict\":5}}");
    assert_true(r.core.embed);
    assert_false(r.stream);
    assert_int_equal(r.core.max_tokens, 0);
    assert_int_equal(generation_n_answers(&r), 2);
    assert_string_equal(r.prompts[1].text, "b");
    generation_request_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_a_chat_with_options),
        cmocka_unit_test(test_options_count_more_than_the_same_members_of_the_body),
        cmocka_unit_test(test_think_hides_or_deepens_the_reasoning),
        cmocka_unit_test(test_keep_alive_is_seconds_or_a_duration),
        cmocka_unit_test(test_a_request_without_content_only_loads_the_model),
        cmocka_unit_test(test_a_prompt_is_a_question_or_raw_text),
        cmocka_unit_test(test_refuses_what_it_cannot_do_by_name),
        cmocka_unit_test(test_inputs_become_prompts_to_embed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
