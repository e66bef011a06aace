/* The body of a chat request: what is honoured, and the error for everything that is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "dialects/openai_chat_request.h"

#define HELLO "\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]"

/* What a server draws from its entropy. */
static uint64_t next_random(void)
{
    static uint64_t n;
    return n += 0x9e3779b97f4a7c15u;
}

/* Parses {<HELLO>, members}; on success the caller frees. */
static bool parse(generation_request *out, const char *members, api_error *error)
{
    char body[1024];
    const int n = snprintf(body, sizeof body, "{" HELLO "%s%s}", members[0] != '\0' ? "," : "", members);
    assert_true(n > 0 && (size_t)n < sizeof body);
    return openai_chat_parse(out, body, (size_t)n, next_random(), error);
}

static void assert_parses(const char *members)
{
    generation_request r;
    api_error error = {0};
    if (!parse(&r, members, &error))
        fail_msg("%s: %s", members, error.message);
    generation_request_free(&r);
}

static void assert_refused(const char *body, api_situation what, const char *param)
{
    generation_request r;
    api_error error = {0};
    assert_false(openai_chat_parse(&r, body, strlen(body), next_random(), &error));
    if (error.what != what || strcmp(error.param, param) != 0)
        fail_msg("%s: %s at '%s': %s", body, api_code(&error), error.param, error.message);
    assert_true(strlen(error.message) > 0);
    assert_null(r.document);
}

static void test_reads_every_field_that_it_honours(void **state)
{
    (void)state;
    static const char BODY[] =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"developer\",\"content\":\"Be brief.\"},"
        "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"One \"},{\"type\":\"text\",\"text\":\"two\"}]},"
        "{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\"Hm.\"},"
        "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"42\"}],"
        "\"stream\":true,\"stream_options\":{\"include_usage\":true,\"continuous_usage_stats\":true},"
        "\"timings_per_token\":true,\"return_token_ids\":true,\"max_tokens\":9,\"max_completion_tokens\":7,"
        "\"temperature\":0.5,\"top_p\":0.25,\"top_k\":3,\"min_p\":0.125,\"seed\":11,\"stop\":[\"a\",\"b\"],"
        "\"reasoning_effort\":\"high\",\"ignore_eos\":true,\"return_progress\":true,\"never heard of\":1}";
    generation_request r;
    api_error error;
    assert_true(openai_chat_parse(&r, BODY, sizeof BODY - 1, next_random(), &error));
    assert_string_equal(r.model, "m");
    assert_int_equal(r.core.n_messages, 4);
    assert_int_equal(r.core.messages[0].role, SW_ROLE_SYSTEM);
    assert_string_equal(r.core.messages[0].content, "Be brief.");
    assert_string_equal(r.core.messages[1].content, "One two");
    assert_int_equal(r.core.messages[2].role, SW_ROLE_ASSISTANT);
    assert_string_equal(r.core.messages[2].content, "");
    assert_string_equal(r.core.messages[2].reasoning, "Hm.");
    assert_int_equal(r.core.messages[3].role, SW_ROLE_TOOL);
    assert_true(r.stream && r.include_usage && r.return_progress && r.core.ignore_eos);
    assert_true(r.usage_per_token && r.timings_per_token && r.core.keep_tokens);
    assert_int_equal(r.core.max_tokens, 7);
    assert_true(r.core.sampling.temperature == 0.5f && r.core.sampling.top_p == 0.25f);
    assert_true(r.core.sampling.top_k == 3 && r.core.sampling.min_p == 0.125f && r.core.sampling.seed == 11);
    assert_int_equal(r.core.n_stop, 2);
    assert_string_equal(r.core.stop[1], "b");
    assert_int_equal(r.core.effort, SW_EFFORT_HIGH);
    assert_string_equal(r.ignored, "never?heard?of");
    generation_request_free(&r);
}

static void test_takes_penalties_biases_and_log_probabilities(void **state)
{
    (void)state;
    generation_request r;
    api_error error;
    assert_true(parse(&r,
                      "\"presence_penalty\":0.5,\"frequency_penalty\":-2,\"repeat_penalty\":1.25,\"repeat_last_n\":-1,"
                      "\"typical_p\":0.75,\"top_logprobs\":20,\"logprobs\":true,\"logit_bias\":{\"5\":-100,\"70\":0.5}",
                      &error));
    const sw_sampling *const s = &r.core.sampling;
    assert_true(s->presence_penalty == 0.5f && s->frequency_penalty == -2 && s->repeat_penalty == 1.25f);
    assert_true(s->repeat_last_n == -1 && s->typical_p == 0.75f);
    assert_true(r.core.logprobs && r.core.n_top_logprobs == 20);
    assert_int_equal(s->n_biases, 2);
    for (int i = 0; i < 2; i++)
        assert_true(s->biases[i].id == 5 ? s->biases[i].bias == -100 : s->biases[i].bias == 0.5f);
    generation_request_free(&r);
}

static void test_has_the_documented_defaults(void **state)
{
    (void)state;
    generation_request r, again;
    api_error error;
    assert_true(parse(&r, "", &error));
    assert_null(r.model);
    assert_false(r.stream || r.include_usage || r.core.ignore_eos || r.effort_name != NULL);
    assert_false(r.usage_per_token || r.timings_per_token || r.core.keep_tokens);
    assert_int_equal(r.core.max_tokens, 0);
    assert_true(r.core.sampling.temperature == sw_sampling_default().temperature);
    assert_true(r.core.sampling.top_p == sw_sampling_default().top_p);
    assert_true(parse(&again, "\"seed\":-1", &error));
    assert_true(r.core.sampling.seed != again.core.sampling.seed); // both are drawn
    assert_true(r.core.sampling.seed < (1ull << 53));
    generation_request_free(&r);
    generation_request_free(&again);
}

static void test_takes_null_for_absent(void **state)
{
    (void)state;
    assert_parses("\"model\":null,\"temperature\":null,\"stop\":null,\"tools\":null,\"n\":null,\"seed\":null,"
                  "\"stream\":null,\"stream_options\":null,\"response_format\":null,\"logit_bias\":null");
}

static void test_takes_the_neutral_value_of_what_it_does_not_support(void **state)
{
    (void)state;
    assert_parses("\"n\":1,\"presence_penalty\":0,\"frequency_penalty\":0.0,\"repeat_penalty\":1.0,\"logprobs\":false,"
                  "\"top_logprobs\":0,\"logit_bias\":{},\"response_format\":{\"type\":\"text\"},\"tools\":[],"
                  "\"tool_choice\":\"auto\",\"parallel_tool_calls\":true,\"chat_template_kwargs\":{},"
                  "\"cache_prompt\":false,\"id_slot\":-1,\"max_tokens\":-1");
    assert_parses("\"user\":\"u\",\"store\":true,\"metadata\":{\"a\":\"b\"},\"service_tier\":\"auto\","
                  "\"prompt_cache_key\":\"k\",\"safety_identifier\":\"s\"");
}

/* Parses and compares what is named in Spillway-Ignored. */
static void assert_ignores(const char *members, const char *ignored)
{
    generation_request r;
    api_error error = {0};
    if (!parse(&r, members, &error))
        fail_msg("%s: %s", members, error.message);
    if (strcmp(r.ignored, ignored) != 0)
        fail_msg("%s: ignored are '%s', not '%s'", members, r.ignored, ignored);
    generation_request_free(&r);
}

static void test_names_what_changes_nothing(void **state)
{
    (void)state;
    assert_ignores("\"user\":\"u\",\"store\":true,\"service_tier\":\"auto\",\"dry_base\":1.75", "");
    assert_ignores("\"keep_alive\":\"5m\",\"think\":true,\"prediction\":{\"type\":\"content\",\"content\":\"a\"}",
                   "keep_alive, think, prediction");
    assert_ignores("\"temprature\":1,\"seeds\":null", "temprature"); // null is absent
    assert_ignores("\"stream\":true,\"stream_options\":{\"include_obfuscation\":true}",
                   "stream_options.include_obfuscation");
    assert_ignores("\"tools\":[{\"type\":\"function\"}],\"tool_choice\":\"none\"", "tools");
    assert_ignores("\"a\\r\\nSet-Cookie: b\":1,\"c,d\":1", "a??Set-Cookie:?b, c?d");
}

static void test_names_what_a_message_has_in_vain_once(void **state)
{
    (void)state;
    static const char BODY[] = "{\"messages\":[{\"role\":\"user\",\"content\":\"a\",\"name\":\"A\",\"weight\":0},"
                               "{\"role\":\"user\",\"content\":\"b\",\"name\":\"B\",\"weight\":1}]}";
    generation_request r;
    api_error error;
    assert_true(openai_chat_parse(&r, BODY, sizeof BODY - 1, next_random(), &error));
    assert_string_equal(r.ignored, "messages.name, messages.weight");
    generation_request_free(&r);
}

static void test_cuts_the_list_of_what_it_ignores(void **state)
{
    (void)state;
    char members[1200] = "";
    for (int i = 0; i < 100; i++)
        sprintf(members + strlen(members), "%s\"u%d\":1", i > 0 ? "," : "", 10000 + i);
    generation_request r;
    api_error error;
    char body[1400];
    const int n = snprintf(body, sizeof body, "{" HELLO ",%s}", members);
    assert_true(openai_chat_parse(&r, body, (size_t)n, next_random(), &error));
    assert_true(strlen(r.ignored) < sizeof r.ignored && strcmp(r.ignored + strlen(r.ignored) - 5, ", ...") == 0);
    generation_request_free(&r);
}

/* Of each: a value that asks for nothing, and one that asks for what this server does not have. */
static void test_refuses_what_it_cannot_honour_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *name, *neutral, *wanted;
    } CASES[] = {
        {"grammar", "\"\"", "\"root ::= x\""},
        {"json_schema", "{}", "{\"type\":\"object\"}"},
        {"reasoning_format", "\"auto\"", "\"none\""},
        {"mirostat", "0", "2"},
        {"dry_multiplier", "0.0", "0.8"},
        {"xtc_probability", "0", "0.5"},
        {"samplers", "[]", "[\"top_k\"]"},
        {"modalities", "[\"text\"]", "[\"text\",\"audio\"]"},
        {"audio", "{}", "{\"voice\":\"a\"}"},
        {"options", "{}", "{\"num_ctx\":4096}"},
        {"format", "\"\"", "\"json\""},
        {"top_n_sigma", "-1", "1"},
        {"n_probs", "0", "5"},
        {"min_tokens", "0", "10"},
        {"stop_token_ids", "[]", "[5]"},
        {"guided_regex", "\"\"", "\"a+\""},
        {"use_beam_search", "false", "true"},
        {"skip_special_tokens", "true", "false"},
        {"chat_template", "\"\"", "\"{{ x }}\""},
        {"min_keep", "0", "2"},
        {"best_of", "1", "\"1\""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char members[128], body[256];
        snprintf(members, sizeof members, "\"%s\":%s", CASES[i].name, CASES[i].neutral);
        assert_ignores(members, "");
        snprintf(body, sizeof body, "{" HELLO ",\"%s\":%s}", CASES[i].name, CASES[i].wanted);
        assert_refused(body, API_UNSUPPORTED_PARAMETER, CASES[i].name);
    }
}

static void test_refuses_what_has_no_neutral_value(void **state)
{
    (void)state;
    assert_refused("{" HELLO ",\"web_search_options\":{}}", API_UNSUPPORTED_PARAMETER, "web_search_options");
    assert_refused("{" HELLO ",\"prompt_logprobs\":0}", API_UNSUPPORTED_PARAMETER, "prompt_logprobs");
    assert_ignores("\"web_search_options\":null", "");
}

static void test_takes_top_p_0_for_greedy(void **state)
{
    (void)state;
    static const char *const ZEROS[] = {"\"top_p\":0", "\"temperature\":1,\"top_p\":0.0", "\"top_p\":1e-60"};
    for (size_t i = 0; i < sizeof ZEROS / sizeof *ZEROS; i++) {
        generation_request r;
        api_error error;
        assert_true(parse(&r, ZEROS[i], &error));
        assert_true(r.core.sampling.temperature == 0 && r.core.sampling.top_p == 1);
        generation_request_free(&r);
    }
}

static void test_takes_what_others_call_its_fields(void **state)
{
    (void)state;
    generation_request r;
    api_error error;
    assert_true(parse(&r, "\"n_predict\":5,\"repetition_penalty\":1.5", &error));
    assert_int_equal(r.core.max_tokens, 5);
    assert_true(r.core.sampling.repeat_penalty == 1.5f && r.core.sampling.repeat_last_n == -1);
    generation_request_free(&r);
    assert_true(parse(&r, "\"max_tokens\":7,\"n_predict\":5,\"repetition_penalty\":1.5,\"repeat_last_n\":8", &error));
    assert_int_equal(r.core.max_tokens, 7);
    assert_int_equal(r.core.sampling.repeat_last_n, 8);
    generation_request_free(&r);
}

static void test_reads_refusals_and_nul_in_messages(void **state)
{
    (void)state;
    static const char BODY[] =
        "{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"refusal\",\"refusal\":\"No\"},{\"type\":"
        "\"text\","
        "\"text\":\".\"}]},{\"role\":\"assistant\",\"content\":null,\"refusal\":\"Never.\"},{\"role\":\"assistant\","
        "\"content\":\"Yes.\",\"refusal\":null,\"reasoning\":\"Hm.\"},{\"role\":\"user\",\"content\":\"a\\u0000b\"}]}";
    generation_request r;
    api_error error;
    assert_true(openai_chat_parse(&r, BODY, sizeof BODY - 1, next_random(), &error));
    assert_string_equal(r.core.messages[0].content, "No.");
    assert_string_equal(r.core.messages[1].content, "Never.");
    assert_string_equal(r.core.messages[2].content, "Yes.");
    assert_string_equal(r.core.messages[2].reasoning, "Hm.");
    assert_string_equal(r.core.messages[3].content, "a\xef\xbf\xbd"
                                                    "b");
    assert_string_equal(r.ignored, "");
    generation_request_free(&r);
}

static void test_reads_calls_of_tools_and_their_results(void **state)
{
    (void)state;
    static const char BODY[] =
        "{\"messages\":[{\"role\":\"user\",\"content\":\"a\",\"tool_calls\":[]},"
        "{\"role\":\"assistant\",\"content\":null,\"function_call\":null,\"tool_calls\":["
        "{\"id\":\"c1\",\"type\":\"function\",\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\": "
        "1}\"}},"
        "{\"function\":{\"arguments\":{\"y\":[2,0.1]},\"name\":\"g\"},\"id\":\"c2\",\"extra\":1}]},"
        "{\"role\":\"tool\",\"tool_call_id\":\"c2\",\"content\":\"20\"},"
        "{\"role\":\"tool\",\"name\":\"f\",\"tool_call_id\":\"c1\",\"content\":[{\"type\":\"text\",\"text\":\"10\"}]},"
        "{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[],\"function_call\":{\"name\":\"h\",\"arguments\":"
        "\"\"}},"
        "{\"role\":\"function\",\"name\":\"h\",\"content\":\"30\"}]}";
    generation_request r;
    api_error error = {0};
    if (!openai_chat_parse(&r, BODY, sizeof BODY - 1, next_random(), &error))
        fail_msg("%s", error.message);
    const sw_message *const m = r.core.messages;
    assert_int_equal(r.core.n_messages, 6);
    assert_int_equal(m[0].n_tool_calls, 0);
    assert_int_equal(m[1].n_tool_calls, 2);
    assert_string_equal(m[1].content, "");
    assert_string_equal(m[1].tool_calls[0].id, "c1");
    assert_string_equal(m[1].tool_calls[0].name, "f");
    assert_string_equal(m[1].tool_calls[0].arguments, "{\"x\": 1}");
    assert_string_equal(m[1].tool_calls[1].id, "c2");
    assert_string_equal(m[1].tool_calls[1].arguments, "{\"y\": [2, 0.1]}");
    assert_string_equal(m[2].tool_call_id, "c2");
    assert_null(m[2].name);
    assert_string_equal(m[3].name, "f");
    assert_string_equal(m[3].content, "10");
    assert_int_equal(m[4].n_tool_calls, 1);
    assert_null(m[4].tool_calls[0].id);
    assert_string_equal(m[4].tool_calls[0].arguments, "{}");
    assert_string_equal(m[5].name, "h");
    assert_string_equal(r.ignored, "messages.tool_calls.extra");
    generation_request_free(&r);
}

static void test_names_the_place_of_an_error_in_calls_of_tools(void **state)
{
    (void)state;
    static const struct {
        const char *members;
        api_situation what;
        const char *param;
    } CASES[] = {
        {"\"tool_calls\":5", API_INVALID_TYPE, "tool_calls"},
        {"\"tool_calls\":[5]", API_INVALID_TYPE, "tool_calls[0]"},
        {"\"tool_calls\":[{}]", API_MISSING_PARAMETER, "tool_calls[0].function"},
        {"\"tool_calls\":[{\"id\":1}]", API_INVALID_TYPE, "tool_calls[0].id"},
        {"\"tool_calls\":[{\"type\":1}]", API_INVALID_TYPE, "tool_calls[0].type"},
        {"\"tool_calls\":[{\"type\":\"custom\"}]", API_UNSUPPORTED_VALUE, "tool_calls[0].type"},
        {"\"tool_calls\":[{\"function\":[]}]", API_INVALID_TYPE, "tool_calls[0].function"},
        {"\"tool_calls\":[{\"function\":{}}]", API_MISSING_PARAMETER, "tool_calls[0].function.name"},
        {"\"tool_calls\":[{\"function\":{\"name\":null}}]", API_MISSING_PARAMETER, "tool_calls[0].function.name"},
        {"\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":5}}]", API_INVALID_TYPE,
         "tool_calls[0].function.arguments"},
        {"\"function_call\":\"auto\"", API_INVALID_TYPE, "function_call"},
        {"\"function_call\":{}", API_MISSING_PARAMETER, "function_call.name"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char body[512], param[96];
        snprintf(body, sizeof body, "{\"messages\":[{\"role\":\"assistant\",\"content\":\"\",%s}]}", CASES[i].members);
        snprintf(param, sizeof param, "messages[0].%s", CASES[i].param);
        assert_refused(body, CASES[i].what, param);
    }
    assert_refused("{\"messages\":[{\"role\":\"user\",\"content\":\"a\",\"tool_calls\":[{}]}]}", API_INVALID_VALUE,
                   "messages[0].tool_calls");
    assert_refused("{\"messages\":[{\"role\":\"tool\",\"content\":\"a\",\"tool_call_id\":5}]}", API_INVALID_TYPE,
                   "messages[0].tool_call_id");
    assert_refused("{\"messages\":[{\"role\":\"tool\",\"content\":\"a\",\"name\":5}]}", API_INVALID_TYPE,
                   "messages[0].name");
}

static void test_names_the_field_of_every_error(void **state)
{
    (void)state;
    static const struct {
        const char *members;
        api_situation what;
        const char *param;
    } CASES[] = {
        {"\"model\":1", API_INVALID_TYPE, "model"},
        {"\"stream\":\"yes\"", API_INVALID_TYPE, "stream"},
        {"\"stream_options\":{}", API_INVALID_VALUE, "stream_options"},
        {"\"stream\":true,\"stream_options\":[]", API_INVALID_TYPE, "stream_options"},
        {"\"stream\":true,\"stream_options\":{\"include_usage\":1}", API_INVALID_TYPE, "stream_options.include_usage"},
        {"\"max_tokens\":0", API_INVALID_VALUE, "max_tokens"},
        {"\"max_tokens\":1.5", API_INVALID_TYPE, "max_tokens"},
        {"\"max_completion_tokens\":-2", API_INVALID_VALUE, "max_completion_tokens"},
        {"\"temperature\":\"hot\"", API_INVALID_TYPE, "temperature"},
        {"\"temperature\":2.5", API_INVALID_VALUE, "temperature"},
        {"\"temperature\":-0.1", API_INVALID_VALUE, "temperature"},
        {"\"top_p\":-0.1", API_INVALID_VALUE, "top_p"},
        {"\"top_p\":1.1", API_INVALID_VALUE, "top_p"},
        {"\"top_k\":-1", API_INVALID_VALUE, "top_k"},
        {"\"min_p\":2", API_INVALID_VALUE, "min_p"},
        {"\"seed\":0.5", API_INVALID_TYPE, "seed"},
        {"\"stop\":5", API_INVALID_TYPE, "stop"},
        {"\"stop\":[\"a\",5]", API_INVALID_TYPE, "stop"},
        {"\"stop\":\"\"", API_INVALID_VALUE, "stop"},
        {"\"reasoning_effort\":\"huge\"", API_INVALID_VALUE, "reasoning_effort"},
        {"\"reasoning_effort\":\"none\"", API_UNSUPPORTED_VALUE, "reasoning_effort"},
        {"\"n\":0", API_INVALID_VALUE, "n"},
        {"\"n\":9", API_INVALID_VALUE, "n"},
        {"\"presence_penalty\":3", API_INVALID_VALUE, "presence_penalty"},
        {"\"frequency_penalty\":true", API_INVALID_TYPE, "frequency_penalty"},
        {"\"repeat_penalty\":0", API_INVALID_VALUE, "repeat_penalty"},
        {"\"repeat_last_n\":-2", API_INVALID_VALUE, "repeat_last_n"},
        {"\"typical_p\":0", API_INVALID_VALUE, "typical_p"},
        {"\"logprobs\":1", API_INVALID_TYPE, "logprobs"},
        {"\"top_logprobs\":5", API_INVALID_VALUE, "top_logprobs"},
        {"\"top_logprobs\":21,\"logprobs\":true", API_INVALID_VALUE, "top_logprobs"},
        {"\"logit_bias\":true", API_INVALID_TYPE, "logit_bias"},
        {"\"logit_bias\":{\"1\":-101}", API_INVALID_VALUE, "logit_bias"},
        {"\"logit_bias\":{\"1\":\"1\"}", API_INVALID_TYPE, "logit_bias"},
        {"\"logit_bias\":{\"-1\":1}", API_INVALID_VALUE, "logit_bias"},
        {"\"logit_bias\":{\" 1\":1}", API_INVALID_VALUE, "logit_bias"},
        {"\"logit_bias\":{\"\":1}", API_INVALID_VALUE, "logit_bias"},
        {"\"logit_bias\":{\"99999999999999999999\":1}", API_INVALID_VALUE, "logit_bias"},
        {"\"response_format\":{\"type\":\"json_object\"}", API_UNSUPPORTED_VALUE, "response_format"},
        {"\"response_format\":{}", API_MISSING_PARAMETER, "response_format.type"},
        {"\"tools\":[{}]", API_UNSUPPORTED_PARAMETER, "tools"},
        {"\"tools\":1", API_INVALID_TYPE, "tools"},
        {"\"tools\":{},\"tool_choice\":\"required\"", API_UNSUPPORTED_PARAMETER, "tool_choice"},
        {"\"tools\":[{}],\"tool_choice\":\"auto\"", API_UNSUPPORTED_PARAMETER, "tools"},
        {"\"n_predict\":0", API_INVALID_VALUE, "n_predict"},
        {"\"repetition_penalty\":0", API_INVALID_VALUE, "repetition_penalty"},
        {"\"chat_template_kwargs\":{\"a\":1}", API_UNSUPPORTED_PARAMETER, "chat_template_kwargs"},
        {"\"timings_per_token\":1", API_INVALID_TYPE, "timings_per_token"},
        {"\"return_token_ids\":\"yes\"", API_INVALID_TYPE, "return_token_ids"},
        {"\"id_slot\":0", API_UNSUPPORTED_PARAMETER, "id_slot"},
        {"\"messages\":[]", API_INVALID_JSON, ""}, // a member must not come twice
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char body[512];
        snprintf(body, sizeof body, "{" HELLO ",%s}", CASES[i].members);
        assert_refused(body, CASES[i].what, CASES[i].param);
    }
}

static void test_names_the_place_of_an_error_in_messages(void **state)
{
    (void)state;
    static const struct {
        const char *messages;
        api_situation what;
        const char *param;
    } CASES[] = {
        {"5", API_INVALID_TYPE, "messages"},
        {"null", API_MISSING_PARAMETER, "messages"},
        {"[]", API_INVALID_VALUE, "messages"},
        {"[5]", API_INVALID_TYPE, "messages[0]"},
        {"[{\"role\":\"user\",\"content\":\"a\"},{\"content\":\"b\"}]", API_MISSING_PARAMETER, "messages[1].role"},
        {"[{\"role\":5,\"content\":\"a\"}]", API_INVALID_TYPE, "messages[0].role"},
        {"[{\"role\":\"pope\",\"content\":\"a\"}]", API_INVALID_VALUE, "messages[0].role"},
        {"[{\"role\":\"user\"}]", API_MISSING_PARAMETER, "messages[0].content"},
        {"[{\"role\":\"user\",\"content\":null}]", API_INVALID_TYPE, "messages[0].content"},
        {"[{\"role\":\"user\",\"content\":{}}]", API_INVALID_TYPE, "messages[0].content"},
        {"[{\"role\":\"user\",\"content\":[]}]", API_INVALID_VALUE, "messages[0].content"},
        {"[{\"role\":\"user\",\"content\":[\"a\"]}]", API_INVALID_TYPE, "messages[0].content[0]"},
        {"[{\"role\":\"user\",\"content\":[{}]}]", API_MISSING_PARAMETER, "messages[0].content[0]"},
        {"[{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}]", API_MISSING_PARAMETER, "messages[0].content[0]"},
        {"[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image_url\"}]}]",
         API_UNSUPPORTED_VALUE, "messages[0].content[1]"},
        {"[{\"role\":\"user\",\"content\":[{\"type\":\"refusal\",\"refusal\":\"a\"}]}]", API_UNSUPPORTED_VALUE,
         "messages[0].content[0]"},
        {"[{\"role\":\"assistant\",\"content\":[{\"type\":\"refusal\",\"text\":\"a\"}]}]", API_MISSING_PARAMETER,
         "messages[0].content[0]"},
        {"[{\"role\":\"user\",\"content\":\"a\",\"images\":[\"b\"]}]", API_UNSUPPORTED_PARAMETER, "messages[0].images"},
        {"[{\"role\":\"assistant\",\"content\":\"\",\"reasoning_content\":5}]", API_INVALID_TYPE,
         "messages[0].reasoning_content"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char body[512];
        snprintf(body, sizeof body, "{\"messages\":%s}", CASES[i].messages);
        assert_refused(body, CASES[i].what, CASES[i].param);
    }
    assert_refused("{}", API_MISSING_PARAMETER, "messages");
}

static void test_says_what_is_wrong_with_the_document(void **state)
{
    (void)state;
    assert_refused("", API_INVALID_JSON, "");
    assert_refused("{", API_INVALID_JSON, "");
    assert_refused("{}{}", API_INVALID_JSON, "");
    assert_refused("{\"mod\\u0000el\":1}", API_INVALID_JSON, "");
    assert_refused("{\"model\":\"\xff\"}", API_INVALID_JSON, "");
    assert_refused("[]", API_INVALID_TYPE, "");
    assert_refused("null", API_INVALID_JSON, ""); // jansson reads only arrays and objects at the top
}

static void test_cuts_quoted_text_of_the_client_at_a_character(void **state)
{
    (void)state;
    char body[2048] = "{" HELLO ",\"messages\":[{\"role\":\"";
    for (int i = 0; i < 200; i++)
        strcat(body, "\xe2\x82\xac"); // a euro sign
    strcat(body, "\",\"content\":\"\"}]}");
    generation_request r;
    api_error error;
    assert_false(openai_chat_parse(&r, body, strlen(body), next_random(), &error));
    buf out;
    buf_init(&out, 8192);
    api_error_write(&out, &error); // fails on text that is not UTF-8
    assert_int_equal(out.failed, SW_OK);
    buf_free(&out);
}

/* `n` elements of `element`, between `head` and `tail`; the caller frees. */
static char *repeat(const char *head, const char *element, size_t n, const char *separator, const char *tail)
{
    char *const text = malloc(strlen(head) + n * (strlen(element) + strlen(separator)) + strlen(tail) + 1);
    assert_non_null(text);
    char *p = text + sprintf(text, "%s", head);
    for (size_t i = 0; i < n; i++)
        p += sprintf(p, "%s%s", i > 0 ? separator : "", element);
    strcpy(p, tail);
    return text;
}

static void check_limit(const char *head, const char *element, size_t n, const char *separator, const char *tail,
                        api_situation what, const char *param)
{
    char *const fits = repeat(head, element, n, separator, tail);
    char *const exceeds = repeat(head, element, n + 1, separator, tail);
    generation_request r;
    api_error error;
    assert_true(openai_chat_parse(&r, fits, strlen(fits), next_random(), &error));
    generation_request_free(&r);
    assert_refused(exceeds, what, param);
    free(fits);
    free(exceeds);
}

static void test_holds_its_limits_to_the_last_element(void **state)
{
    (void)state;
    check_limit("{" HELLO ",\"stop\":[", "\"a\"", LIMIT_STOP_STRINGS, ",", "]}", API_INVALID_VALUE, "stop");
    check_limit("{" HELLO ",\"stop\":\"", "a", LIMIT_STOP_STRING_BYTES, "", "\"}", API_INVALID_VALUE, "stop");
    check_limit("{\"messages\":[", "{\"role\":\"user\",\"content\":\"a\"}", LIMIT_MESSAGES, ",", "]}",
                API_INVALID_VALUE, "messages");
    check_limit("{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[", "{\"function\":{\"name\":\"f\"}}",
                LIMIT_TOOL_CALLS, ",", "]}]}", API_INVALID_VALUE, "messages[0].tool_calls[4096].function");
    char *const close = repeat("", "]", LIMIT_JSON_DEPTH - 1, "", "}");
    check_limit("{" HELLO ",\"x\":", "[", LIMIT_JSON_DEPTH - 1, "", close, API_INVALID_JSON, "");
    free(close);
    assert_parses(
        "\"brackets in a string\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_every_field_that_it_honours),
        cmocka_unit_test(test_takes_penalties_biases_and_log_probabilities),
        cmocka_unit_test(test_has_the_documented_defaults),
        cmocka_unit_test(test_takes_null_for_absent),
        cmocka_unit_test(test_takes_the_neutral_value_of_what_it_does_not_support),
        cmocka_unit_test(test_names_what_changes_nothing),
        cmocka_unit_test(test_names_what_a_message_has_in_vain_once),
        cmocka_unit_test(test_cuts_the_list_of_what_it_ignores),
        cmocka_unit_test(test_refuses_what_it_cannot_honour_by_name),
        cmocka_unit_test(test_refuses_what_has_no_neutral_value),
        cmocka_unit_test(test_takes_top_p_0_for_greedy),
        cmocka_unit_test(test_takes_what_others_call_its_fields),
        cmocka_unit_test(test_reads_refusals_and_nul_in_messages),
        cmocka_unit_test(test_reads_calls_of_tools_and_their_results),
        cmocka_unit_test(test_names_the_place_of_an_error_in_calls_of_tools),
        cmocka_unit_test(test_names_the_field_of_every_error),
        cmocka_unit_test(test_names_the_place_of_an_error_in_messages),
        cmocka_unit_test(test_says_what_is_wrong_with_the_document),
        cmocka_unit_test(test_cuts_quoted_text_of_the_client_at_a_character),
        cmocka_unit_test(test_holds_its_limits_to_the_last_element),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
