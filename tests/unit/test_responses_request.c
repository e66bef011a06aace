/* Bodies for responses: what they ask for, as the engine's request, what is repeated, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "dialects/openai_responses.h"
#include "support/event_lines.h"
#include "json/json_out.h"

#define HELLO "\"input\":\"Hello\""

/* The request of {members}; the caller frees it. */
static generation_request parsed(const char *members)
{
    char body[2048];
    generation_request r;
    api_error error = {0};
    const int n = snprintf(body, sizeof body, "{%s}", members);
    assert_true(n > 0 && (size_t)n < sizeof body);
    if (!OPENAI_RESPONSES.parse(&r, body, (size_t)n, /*random=*/0, &error))
        fail_msg("%s: %s", members, error.message);
    return r;
}

static void refused(const char *members, api_situation what, const char *param)
{
    char body[1024];
    generation_request r;
    api_error error = {0};
    const int n = snprintf(body, sizeof body, "{%s}", members);
    assert_true(n > 0 && (size_t)n < sizeof body);
    assert_false(OPENAI_RESPONSES.parse(&r, body, (size_t)n, /*random=*/0, &error));
    if (error.what != what || strcmp(error.param, param) != 0)
        fail_msg("%s: %s at '%s': %s", members, api_code(&error), error.param, error.message);
    assert_null(r.document);
}

static void ignores(const char *members, const char *names)
{
    generation_request r = parsed(members);
    assert_string_equal(r.ignored, names);
    generation_request_free(&r);
}

static void test_reads_every_field_that_it_honours(void **state)
{
    (void)state;
    generation_request r =
        parsed("\"model\":\"m\",\"stream\":true,\"temperature\":0.5,\"top_p\":0.25,\"max_output_tokens\":9,"
               "\"reasoning\":{\"effort\":\"low\",\"summary\":null},\"text\":{\"format\":{\"type\":\"text\"}},"
               "\"metadata\":{\"a\":\"b\"},\"store\":true,\"user\":\"u\",\"service_tier\":\"auto\","
               "\"safety_identifier\":\"s\",\"prompt_cache_key\":\"k\",\"tools\":[],\"tool_choice\":\"auto\","
               "\"parallel_tool_calls\":false,\"truncation\":\"disabled\",\"include\":[],\"background\":false,"
               "\"top_logprobs\":0,\"previous_response_id\":null,\"seed\":11,\"top_k\":3,\"stop\":[\"x\"],"
               "\"experts\":true," HELLO);
    assert_string_equal(r.model, "m");
    assert_true(r.stream && r.core.count_experts && !r.hides_reasoning);
    assert_int_equal(r.core.max_tokens, 9);
    assert_true(r.core.sampling.temperature == 0.5f && r.core.sampling.top_p == 0.25f);
    assert_true(r.core.sampling.top_k == 3 && r.core.sampling.seed == 11);
    assert_int_equal(r.core.n_stop, 1);
    assert_int_equal(r.core.effort, SW_EFFORT_LOW);
    assert_string_equal(r.effort_name, "reasoning.effort");
    assert_int_equal(r.core.n_messages, 1);
    assert_int_equal(r.core.messages[0].role, SW_ROLE_USER);
    assert_string_equal(r.core.messages[0].content, "Hello");
    assert_string_equal(r.ignored, "");
    generation_request_free(&r);
}

static void repeats(const char *members, const char *expected)
{
    generation_request r = parsed(members);
    buf out;
    buf_init(&out, 1 << 12);
    json_write(&out, json_incref(r.repeated));
    event_lines_document(&out, expected);
    buf_free(&out);
    generation_request_free(&r);
}

static void test_keeps_what_a_response_repeats(void **state)
{
    (void)state;
    repeats(HELLO, "{\"instructions\":null,\"max_output_tokens\":null,\"metadata\":{},\"parallel_tool_calls\":true,"
                   "\"reasoning\":{\"effort\":null,\"summary\":null},\"temperature\":0.3,\"tool_choice\":\"auto\","
                   "\"top_p\":0.95}");
    repeats(
        "\"instructions\":\"Be brief.\",\"max_output_tokens\":9,\"metadata\":{\"a\":\"b\"},\"parallel_tool_calls\":"
        "false,\"reasoning\":{\"effort\":\"high\"},\"temperature\":1,\"tool_choice\":\"none\",\"top_p\":0.0625," HELLO,
        "{\"instructions\":\"Be brief.\",\"max_output_tokens\":9,\"metadata\":{\"a\":\"b\"},"
        "\"parallel_tool_calls\":false,\"reasoning\":{\"effort\":\"high\",\"summary\":null},\"temperature\":1,"
        "\"tool_choice\":\"none\",\"top_p\":0.0625}");
    repeats("\"max_output_tokens\":-1," HELLO,
            "{\"instructions\":null,\"max_output_tokens\":null,\"metadata\":{},\"parallel_tool_calls\":true,"
            "\"reasoning\":{\"effort\":null,\"summary\":null},\"temperature\":0.3,\"tool_choice\":\"auto\","
            "\"top_p\":0.95}");
}

static void test_reads_messages_of_every_role(void **state)
{
    (void)state;
    generation_request r =
        parsed("\"instructions\":\"Be brief.\",\"input\":[{\"role\":\"developer\",\"content\":\"English.\"},"
               "{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"Hel\"},"
               "{\"type\":\"input_text\",\"text\":\"lo\"}]},"
               "{\"type\":\"message\",\"id\":\"msg_1\",\"status\":\"completed\",\"role\":\"assistant\",\"content\":["
               "{\"type\":\"output_text\",\"text\":\"Hi\",\"annotations\":[],\"logprobs\":[]}]},"
               "{\"role\":\"assistant\",\"content\":[{\"type\":\"refusal\",\"refusal\":\"No.\"}]},"
               "{\"role\":\"system\",\"content\":\"\"},{\"role\":\"user\",\"content\":\"Bye\"}]");
    const sw_message *const m = r.core.messages;
    static const struct {
        sw_role role;
        const char *content;
    } EXPECTED[] = {{SW_ROLE_SYSTEM, "Be brief."}, {SW_ROLE_SYSTEM, "English."}, {SW_ROLE_USER, "Hello"},
                    {SW_ROLE_ASSISTANT, "Hi"},     {SW_ROLE_ASSISTANT, "No."},   {SW_ROLE_SYSTEM, ""},
                    {SW_ROLE_USER, "Bye"}};
    assert_int_equal(r.core.n_messages, 7);
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(m[i].role, EXPECTED[i].role);
        assert_string_equal(m[i].content, EXPECTED[i].content);
    }
    assert_string_equal(r.ignored, "");
    generation_request_free(&r);
}

#define REASONING(text)                                                                                                \
    "{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[],\"content\":[{\"type\":\"reasoning_text\",\"text\":"       \
    "\"" text "\"}]}"
#define ANSWER(text)                                                                                                   \
    "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"" text "\"}]}"
#define CALL(id)                                                                                                       \
    "{\"type\":\"function_call\",\"id\":\"fc_1\",\"call_id\":\"" id                                                    \
    "\",\"name\":\"clock\",\"arguments\":\"{\\\"tz\\\":1}\",\"status\":\"completed\"}"

static void test_the_items_of_a_turn_become_one_message(void **state)
{
    (void)state;
    generation_request r =
        parsed("\"input\":[{\"role\":\"user\",\"content\":\"Time?\"}," REASONING("Ask.") "," ANSWER("I look.") "," CALL(
            "c1") "," CALL("c2") ",{\"type\":\"function_call_output\",\"call_id\":\"c1\",\"output\":\"12:30\"},"
                                 "{\"type\":\"function_call_output\",\"call_id\":\"c2\",\"output\":[{\"type\":"
                                 "\"input_text\",\"text\":\"1\"},{\"type\":\"input_text\",\"text\":\"2\"}]}"
                                 "," REASONING("So.") "," REASONING(" Now.") "," ANSWER("12:30") "," REASONING(
                                     "Late.") "," CALL("c3") "," ANSWER("Bye.") ",{\"role\":\"user\",\"content\":"
                                                                                "\"Ok\"}]");
    const sw_message *const m = r.core.messages;
    assert_int_equal(r.core.n_messages, 8);
    assert_string_equal(m[1].reasoning, "Ask.");
    assert_string_equal(m[1].content, "I look.");
    assert_int_equal(m[1].n_tool_calls, 2);
    assert_string_equal(m[1].tool_calls[0].id, "c1");
    assert_string_equal(m[1].tool_calls[0].name, "clock");
    assert_string_equal(m[1].tool_calls[0].arguments, "{\"tz\":1}");
    assert_string_equal(m[1].tool_calls[1].id, "c2");
    assert_int_equal(m[2].role, SW_ROLE_TOOL);
    assert_string_equal(m[2].tool_call_id, "c1");
    assert_string_equal(m[2].content, "12:30");
    assert_string_equal(m[3].tool_call_id, "c2");
    assert_string_equal(m[3].content, "12");
    assert_string_equal(m[4].reasoning, "So. Now.");
    assert_string_equal(m[4].content, "12:30");
    assert_string_equal(m[5].reasoning, "Late.");
    assert_string_equal(m[5].content, "");
    assert_int_equal(m[5].n_tool_calls, 1);
    assert_string_equal(m[6].content, "Bye.");
    assert_null(m[6].reasoning);
    assert_string_equal(r.ignored, "");
    generation_request_free(&r);
}

static void test_names_what_no_model_is_shown(void **state)
{
    (void)state;
    ignores("\"input\":[{\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"S\"}],"
            "\"encrypted_content\":\"x\",\"content\":null},{\"role\":\"user\",\"content\":\"a\",\"mood\":1}]",
            "input.encrypted_content, input.summary, input.mood");
    ignores(
        "\"input\":[{\"type\":\"reasoning\",\"summary\":\"S\",\"content\":[]},{\"role\":\"user\",\"content\":\"a\"}]",
        "input.summary");
    ignores("\"include\":[\"reasoning.encrypted_content\",\"code_interpreter_call.outputs\"]," HELLO, "include");
    ignores("\"reasoning\":{\"effort\":null,\"summary\":\"auto\"},\"text\":{\"verbosity\":\"low\"}," HELLO,
            "reasoning.summary, text.verbosity");
    ignores("\"truncation\":\"auto\",\"tools\":[{\"type\":\"function\",\"name\":\"f\"},{\"type\":\"web_search\"}],"
            "\"tool_choice\":\"none\",\"max_tool_calls\":3,\"stream_options\":{\"include_obfuscation\":false}," HELLO,
            "tools, truncation, max_tool_calls, stream_options");
}

static void test_refuses_what_it_cannot_do(void **state)
{
    (void)state;
    refused("\"previous_response_id\":\"resp_1\"," HELLO, API_UNSUPPORTED_PARAMETER, "previous_response_id");
    refused("\"conversation\":\"conv_1\"," HELLO, API_UNSUPPORTED_PARAMETER, "conversation");
    refused("\"prompt\":{\"id\":\"p\"}," HELLO, API_UNSUPPORTED_PARAMETER, "prompt");
    refused("\"background\":true," HELLO, API_UNSUPPORTED_PARAMETER, "background");
    refused("\"background\":1," HELLO, API_INVALID_TYPE, "background");
    refused("\"top_logprobs\":2," HELLO, API_UNSUPPORTED_PARAMETER, "top_logprobs");
    refused("\"top_logprobs\":21," HELLO, API_INVALID_VALUE, "top_logprobs");
    refused("\"include\":[\"message.output_text.logprobs\"]," HELLO, API_UNSUPPORTED_VALUE, "include[0]");
    refused("\"include\":\"x\"," HELLO, API_INVALID_TYPE, "include");
    refused("\"include\":[5]," HELLO, API_INVALID_TYPE, "include[0]");
    refused("\"tools\":[{\"type\":\"function\",\"name\":\"f\"}]," HELLO, API_UNSUPPORTED_PARAMETER, "tools");
    refused("\"tools\":[{\"type\":\"function\"},{\"type\":\"web_search\"}]," HELLO, API_UNSUPPORTED_VALUE, "tools[1]");
    refused("\"tools\":{\"type\":\"function\"}," HELLO, API_UNSUPPORTED_PARAMETER, "tools");
    refused("\"tool_choice\":\"required\"," HELLO, API_UNSUPPORTED_PARAMETER, "tool_choice");
    refused("\"tool_choice\":{\"type\":\"file_search\"}," HELLO, API_UNSUPPORTED_PARAMETER, "tool_choice");
    refused("\"text\":{\"format\":{\"type\":\"json_schema\"}}," HELLO, API_UNSUPPORTED_VALUE, "text.format");
    refused("\"text\":{\"format\":{}}," HELLO, API_MISSING_PARAMETER, "text.format.type");
    refused("\"text\":\"x\"," HELLO, API_INVALID_TYPE, "text");
    refused("\"reasoning\":{\"effort\":\"minimal\"}," HELLO, API_UNSUPPORTED_VALUE, "reasoning.effort");
    refused("\"reasoning\":{\"effort\":\"much\"}," HELLO, API_INVALID_VALUE, "reasoning.effort");
    refused("\"truncation\":\"left\"," HELLO, API_INVALID_VALUE, "truncation");
    refused("\"max_output_tokens\":0," HELLO, API_INVALID_VALUE, "max_output_tokens");
    refused("\"metadata\":\"x\"," HELLO, API_INVALID_TYPE, "metadata");
    refused("\"metadata\":{\"a\":5}," HELLO, API_INVALID_TYPE, "metadata.a");
    refused("\"grammar\":\"root ::= x\"," HELLO, API_UNSUPPORTED_PARAMETER, "grammar");
}

static void test_refuses_items_that_it_cannot_show(void **state)
{
    (void)state;
    refused("\"model\":\"m\"", API_MISSING_PARAMETER, "input");
    refused("\"input\":null", API_MISSING_PARAMETER, "input");
    refused("\"input\":5", API_INVALID_TYPE, "input");
    refused("\"input\":[]", API_INVALID_VALUE, "input");
    refused("\"input\":[],\"instructions\":\"x\"", API_INVALID_VALUE, "input");
    refused("\"input\":[{\"type\":\"reasoning\",\"summary\":[]}]", API_INVALID_VALUE, "input");
    refused("\"instructions\":[]," HELLO, API_INVALID_TYPE, "instructions");
#define ITEM(members) "\"input\":[{\"role\":\"user\",\"content\":\"a\"},{" members "}]"
    refused("\"input\":[\"x\"]", API_INVALID_TYPE, "input[0]");
    refused(ITEM("\"content\":\"x\""), API_MISSING_PARAMETER, "input[1].role");
    refused(ITEM("\"role\":\"user\""), API_MISSING_PARAMETER, "input[1].content");
    refused(ITEM("\"role\":\"tool\",\"content\":\"x\""), API_INVALID_VALUE, "input[1].role");
    refused(ITEM("\"role\":\"user\",\"content\":5"), API_INVALID_TYPE, "input[1].content");
    refused(ITEM("\"role\":\"user\",\"content\":[]"), API_INVALID_VALUE, "input[1].content");
    refused(ITEM("\"role\":\"user\",\"content\":[{\"type\":\"input_image\",\"image_url\":\"x\"}]"),
            API_UNSUPPORTED_VALUE, "input[1].content[0]");
    refused(ITEM("\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"x\"},{\"type\":\"input_file\"}]"),
            API_UNSUPPORTED_VALUE, "input[1].content[1]");
    refused(ITEM("\"role\":\"user\",\"content\":[{\"type\":\"refusal\",\"refusal\":\"x\"}]"), API_UNSUPPORTED_VALUE,
            "input[1].content[0]");
    refused(ITEM("\"role\":\"user\",\"content\":[{\"type\":\"input_text\"}]"), API_MISSING_PARAMETER,
            "input[1].content[0]");
    refused(ITEM("\"type\":\"item_reference\",\"id\":\"x\""), API_UNSUPPORTED_VALUE, "input[1]");
    refused(ITEM("\"type\":\"web_search_call\",\"id\":\"x\""), API_UNSUPPORTED_VALUE, "input[1]");
    refused(ITEM("\"type\":\"reasoning\",\"content\":\"x\""), API_INVALID_TYPE, "input[1].content");
    refused(ITEM("\"type\":\"reasoning\",\"content\":[{\"type\":\"summary_text\",\"text\":\"x\"}]"),
            API_UNSUPPORTED_VALUE, "input[1].content[0]");
    refused(ITEM("\"type\":\"function_call\",\"name\":\"f\",\"arguments\":\"{}\""), API_MISSING_PARAMETER,
            "input[1].call_id");
    refused(ITEM("\"type\":\"function_call\",\"call_id\":\"c\",\"arguments\":\"{}\""), API_MISSING_PARAMETER,
            "input[1].name");
    refused(ITEM("\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\""), API_MISSING_PARAMETER,
            "input[1].arguments");
    refused(ITEM("\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\",\"arguments\":{}"), API_INVALID_TYPE,
            "input[1].arguments");
    refused(ITEM("\"type\":\"function_call_output\",\"output\":\"x\""), API_MISSING_PARAMETER, "input[1].call_id");
    refused(ITEM("\"type\":\"function_call_output\",\"call_id\":\"c\""), API_MISSING_PARAMETER, "input[1].output");
    refused(ITEM("\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":[{\"type\":\"input_image\"}]"),
            API_UNSUPPORTED_VALUE, "input[1].output[0]");
}

/* {"metadata":{"a":"xx..."},"input":"Hello"} with n bytes of metadata. */
static bool takes_metadata_of(size_t n)
{
    buf body;
    generation_request r;
    api_error error = {0};
    buf_init(&body, 2 * LIMIT_METADATA_BYTES);
    buf_puts(&body, "{\"metadata\":{\"a\":\"");
    for (size_t i = 1; i < n; i++)
        buf_putc(&body, 'x');
    buf_puts(&body, "\"}," HELLO "}");
    const bool is_read = OPENAI_RESPONSES.parse(&r, body.data, body.size, /*random=*/0, &error);
    assert_true(is_read || (error.what == API_INVALID_VALUE && strcmp(error.param, "metadata") == 0));
    generation_request_free(&r);
    buf_free(&body);
    return is_read;
}

static void test_limits_the_metadata_that_it_repeats(void **state)
{
    (void)state;
    assert_true(takes_metadata_of(LIMIT_METADATA_BYTES));
    assert_false(takes_metadata_of(LIMIT_METADATA_BYTES + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_every_field_that_it_honours),
        cmocka_unit_test(test_keeps_what_a_response_repeats),
        cmocka_unit_test(test_reads_messages_of_every_role),
        cmocka_unit_test(test_the_items_of_a_turn_become_one_message),
        cmocka_unit_test(test_names_what_no_model_is_shown),
        cmocka_unit_test(test_refuses_what_it_cannot_do),
        cmocka_unit_test(test_refuses_items_that_it_cannot_show),
        cmocka_unit_test(test_limits_the_metadata_that_it_repeats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
