/* Anthropic's bodies: what they ask for, as the engine's request, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dialects/anthropic.h"
#include "dialects/anthropic_request.h"

#define HELLO "\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]"

/* The request of {"max_tokens":9, members}; the caller frees it. */
static generation_request parsed(const char *members)
{
    char body[2048];
    generation_request r;
    api_error error = {0};
    const int n = snprintf(body, sizeof body, "{\"max_tokens\":9,%s}", members);
    assert_true(n > 0 && (size_t)n < sizeof body);
    if (!anthropic_parse(&r, body, (size_t)n, /*random=*/0, &error))
        fail_msg("%s: %s", members, error.message);
    return r;
}

static void refused(const char *members, api_situation what, const char *param)
{
    char body[1024];
    generation_request r;
    api_error error = {0};
    const int n = snprintf(body, sizeof body, "{\"max_tokens\":9,%s}", members);
    assert_true(n > 0 && (size_t)n < sizeof body);
    assert_false(anthropic_parse(&r, body, (size_t)n, /*random=*/0, &error));
    if (error.what != what || strcmp(error.param, param) != 0)
        fail_msg("%s: %s at '%s': %s", members, api_code(&error), error.param, error.message);
    assert_null(r.document);
}

static void test_reads_every_field_that_it_honours(void **state)
{
    (void)state;
    generation_request r = parsed("\"model\":\"m\",\"stream\":true,\"temperature\":0.5,\"top_p\":0.25,\"top_k\":3,"
                                  "\"stop_sequences\":[\"a\",\"b\"],\"metadata\":{\"user_id\":\"u\"},\"seed\":11,"
                                  "\"service_tier\":\"auto\",\"cache_control\":{\"type\":\"ephemeral\"}," HELLO);
    assert_string_equal(r.model, "m");
    assert_true(r.stream && r.hides_reasoning);
    assert_int_equal(r.core.max_tokens, 9);
    assert_true(r.core.sampling.temperature == 0.5f && r.core.sampling.top_p == 0.25f);
    assert_true(r.core.sampling.top_k == 3 && r.core.sampling.seed == 11);
    assert_int_equal(r.core.n_stop, 2);
    assert_string_equal(r.core.stop[1], "b");
    assert_int_equal(r.core.n_messages, 1);
    assert_string_equal(r.core.messages[0].content, "Hello");
    assert_string_equal(r.ignored, "");
    generation_request_free(&r);
}

static void test_system_is_a_text_or_blocks(void **state)
{
    (void)state;
    static const char *const SYSTEMS[] = {
        "\"system\":\"Be brief.\"," HELLO,
        "\"system\":[{\"type\":\"text\",\"text\":\"Be \"},{\"type\":\"text\",\"text\":\"brief.\","
        "\"cache_control\":{\"type\":\"ephemeral\"}}]," HELLO};
    for (size_t i = 0; i < 2; i++) {
        generation_request r = parsed(SYSTEMS[i]);
        assert_int_equal(r.core.n_messages, 2);
        assert_int_equal(r.core.messages[0].role, SW_ROLE_SYSTEM);
        assert_string_equal(r.core.messages[0].content, "Be brief.");
        assert_string_equal(r.ignored, "");
        generation_request_free(&r);
    }
    refused("\"system\":5," HELLO, API_INVALID_TYPE, "system");
    refused("\"system\":[{\"type\":\"image\"}]," HELLO, API_UNSUPPORTED_VALUE, "system[0]");
    refused("\"system\":[{\"type\":\"text\"}]," HELLO, API_MISSING_PARAMETER, "system[0].text");
}

static void test_shows_the_model_calls_and_results_of_tools(void **state)
{
    (void)state;
    generation_request r =
        parsed("\"messages\":[{\"role\":\"user\",\"content\":\"Time?\"},"
               "{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"Ask.\",\"signature\":\"\"},"
               "{\"type\":\"text\",\"text\":\"I look.\"},"
               "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"clock\",\"input\":{\"tz\":\"UTC\"}},"
               "{\"type\":\"tool_use\",\"id\":\"t2\",\"name\":\"date\",\"input\":{}}]},"
               "{\"role\":\"user\",\"content\":["
               "{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",\"content\":[{\"type\":\"text\",\"text\":\"12\"},"
               "{\"type\":\"text\",\"text\":\":30\"}]},"
               "{\"type\":\"tool_result\",\"tool_use_id\":\"t2\",\"is_error\":true,\"content\":\"no date\"},"
               "{\"type\":\"text\",\"text\":\"Well?\"},{\"type\":\"text\",\"text\":\" Now.\"}]},"
               "{\"role\":\"user\",\"content\":\"Quick.\"}]");
    const sw_message *const m = r.core.messages;
    assert_int_equal(r.core.n_messages, 6);
    assert_int_equal(m[1].role, SW_ROLE_ASSISTANT);
    assert_string_equal(m[1].content, "I look.");
    assert_string_equal(m[1].reasoning, "Ask.");
    assert_int_equal(m[1].n_tool_calls, 2);
    assert_string_equal(m[1].tool_calls[0].id, "t1");
    assert_string_equal(m[1].tool_calls[0].name, "clock");
    assert_string_equal(m[1].tool_calls[0].arguments, "{\"tz\": \"UTC\"}");
    assert_int_equal(m[2].role, SW_ROLE_TOOL);
    assert_string_equal(m[2].tool_call_id, "t1");
    assert_string_equal(m[2].content, "12:30");
    assert_string_equal(m[3].tool_call_id, "t2");
    assert_string_equal(m[3].content, "no date");
    assert_int_equal(m[4].role, SW_ROLE_USER);
    assert_string_equal(m[4].content, "Well? Now.");
    assert_string_equal(m[5].content, "Quick."); // a turn of its own
    assert_string_equal(r.ignored, "is_error");
    generation_request_free(&r);
}

static void test_refuses_blocks_that_it_cannot_show(void **state)
{
    (void)state;
#define TURN(role, block)                                                                                              \
    "\"messages\":[{\"role\":\"" role "\",\"content\":[" block "]},{\"role\":\"user\",\"content\":\"x\"}]"
    refused(TURN("user", "{\"type\":\"image\",\"source\":{}}"), API_UNSUPPORTED_VALUE, "messages[0].content[0]");
    refused(TURN("user", "{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"b\",\"input\":{}}"), API_UNSUPPORTED_VALUE,
            "messages[0].content[0]");
    refused(TURN("assistant", "{\"type\":\"tool_result\",\"tool_use_id\":\"a\"}"), API_UNSUPPORTED_VALUE,
            "messages[0].content[0]");
    refused(TURN("user", "{\"text\":\"x\"}"), API_MISSING_PARAMETER, "messages[0].content[0].type");
    refused(TURN("user", "{\"type\":\"text\"}"), API_MISSING_PARAMETER, "messages[0].content[0].text");
    refused(TURN("user", "{\"type\":\"tool_result\"}"), API_MISSING_PARAMETER, "messages[0].content[0].tool_use_id");
    refused(TURN("user", "{\"type\":\"tool_result\",\"tool_use_id\":\"a\",\"content\":[{\"type\":\"image\"}]}"),
            API_UNSUPPORTED_VALUE, "messages[0].content[0].content[0]");
    refused(TURN("assistant", "{\"type\":\"tool_use\",\"id\":\"a\",\"input\":{}}"), API_MISSING_PARAMETER,
            "messages[0].content[0].name");
    refused(TURN("assistant", "{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"b\",\"input\":\"{}\"}"), API_INVALID_TYPE,
            "messages[0].content[0].input");
    refused(TURN("user", ""), API_INVALID_VALUE, "messages[0].content");
    refused(TURN("system", "{\"type\":\"text\",\"text\":\"x\"}"), API_INVALID_VALUE, "messages[0].role");
    refused("\"messages\":[]", API_INVALID_VALUE, "messages");
    refused("\"messages\":{}", API_INVALID_TYPE, "messages");
    refused("\"messages\":[{\"role\":\"user\"}]", API_MISSING_PARAMETER, "messages[0].content");
    refused("\"messages\":[{\"role\":\"user\",\"content\":null}]", API_INVALID_TYPE, "messages[0].content");
    refused("\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"content\":\"An\"}]",
            API_UNSUPPORTED_VALUE, "messages");
}

static void test_reasoning_is_shown_if_it_is_asked_for(void **state)
{
    (void)state;
    generation_request r = parsed("\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}," HELLO);
    assert_false(r.hides_reasoning);
    assert_string_equal(r.ignored, "thinking.budget_tokens");
    generation_request_free(&r);
    r = parsed("\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{\"effort\":\"max\"}," HELLO);
    assert_false(r.hides_reasoning);
    assert_int_equal(r.core.effort, SW_EFFORT_HIGH);
    assert_string_equal(r.effort_name, "output_config.effort");
    generation_request_free(&r);
    r = parsed("\"thinking\":{\"type\":\"disabled\"}," HELLO);
    assert_true(r.hides_reasoning);
    generation_request_free(&r);
    refused("\"thinking\":true," HELLO, API_INVALID_TYPE, "thinking");
    refused("\"thinking\":{}," HELLO, API_MISSING_PARAMETER, "thinking.type");
    refused("\"thinking\":{\"type\":\"much\"}," HELLO, API_INVALID_VALUE, "thinking.type");
    refused("\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":\"all\"}," HELLO, API_INVALID_TYPE,
            "thinking.budget_tokens");
    refused("\"output_config\":{\"format\":{\"type\":\"json_schema\"}}," HELLO, API_UNSUPPORTED_PARAMETER,
            "output_config.format");
}

static void test_tools_are_ignored_only_if_they_must_not_be_called(void **state)
{
    (void)state;
#define TOOLS "\"tools\":[{\"name\":\"f\",\"input_schema\":{}}]"
    refused(TOOLS "," HELLO, API_UNSUPPORTED_PARAMETER, "tools");
    refused(TOOLS ",\"tool_choice\":{\"type\":\"auto\"}," HELLO, API_UNSUPPORTED_PARAMETER, "tools");
    refused("\"tool_choice\":{\"type\":\"any\"}," HELLO, API_UNSUPPORTED_VALUE, "tool_choice.type");
    refused("\"tool_choice\":\"none\"," HELLO, API_INVALID_TYPE, "tool_choice");
    generation_request r = parsed(TOOLS ",\"tool_choice\":{\"type\":\"none\"}," HELLO);
    assert_string_equal(r.ignored, "tools");
    generation_request_free(&r);
    r = parsed("\"tools\":[],\"tool_choice\":{\"type\":\"auto\"}," HELLO);
    assert_string_equal(r.ignored, "");
    generation_request_free(&r);
}

static void test_names_what_it_does_not_know(void **state)
{
    (void)state;
    generation_request r = parsed("\"context_management\":{\"edits\":[]},\"messages\":[{\"role\":\"user\",\"id\":\"x\","
                                  "\"content\":[{\"type\":\"text\",\"text\":\"a\",\"citations\":[]}]}]");
    assert_string_equal(r.ignored, "context_management, messages.content.citations, messages.id");
    generation_request_free(&r);
    refused("\"mcp_servers\":[{}]," HELLO, API_UNSUPPORTED_PARAMETER, "mcp_servers");
    refused("\"stop\":\"a\",\"stop_sequences\":[\"b\"]," HELLO, API_INVALID_VALUE, "stop");
    refused("\"stop_sequences\":[5]," HELLO, API_INVALID_TYPE, "stop_sequences");
}

static void test_only_an_answer_needs_a_limit(void **state)
{
    (void)state;
    static const char BODY[] = "{" HELLO "}";
    static const char BEGUN[] = "{\"messages\":[{\"role\":\"assistant\",\"content\":\"An\"}]}";
    generation_request r;
    api_error error = {0};
    assert_false(ANTHROPIC.parse(&r, BODY, sizeof BODY - 1, 0, &error));
    assert_string_equal(error.param, "max_tokens");
    assert_true(anthropic_count_parse(&r, BODY, sizeof BODY - 1, &error));
    generation_request_free(&r);
    assert_true(anthropic_count_parse(&r, BEGUN, sizeof BEGUN - 1, &error));
    generation_request_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_every_field_that_it_honours),
        cmocka_unit_test(test_system_is_a_text_or_blocks),
        cmocka_unit_test(test_shows_the_model_calls_and_results_of_tools),
        cmocka_unit_test(test_refuses_blocks_that_it_cannot_show),
        cmocka_unit_test(test_reasoning_is_shown_if_it_is_asked_for),
        cmocka_unit_test(test_tools_are_ignored_only_if_they_must_not_be_called),
        cmocka_unit_test(test_names_what_it_does_not_know),
        cmocka_unit_test(test_only_an_answer_needs_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
