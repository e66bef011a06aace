/* Every field of a request from outside is checked, and the error names it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "public/request.h"

static const sw_message HELLO = {.role = SW_ROLE_USER, .content = "hello"};

static sw_request valid(void)
{
    return (sw_request){.messages = &HELLO, .n_messages = 1, .sampling = {.temperature = 0.3f, .top_p = 0.95f}};
}

enum { N_VOCAB = 500 };

static void check_ok(const sw_request *r)
{
    sw_err err = {0};
    assert_int_equal(request_check(r, N_VOCAB, &err), SW_OK);
}

static void check_refused(const sw_request *r, sw_code code, const char *field)
{
    sw_err err = {0};
    assert_int_equal(request_check(r, N_VOCAB, &err), code);
    assert_memory_equal(err.msg, field, strlen(field));
    assert_int_equal(err.msg[strlen(field)], ':');
}

static void test_request_needs_messages_or_a_prompt_or_tokens(void **state)
{
    (void)state;
    sw_request r = valid();
    check_ok(&r);
    r.prompt = "hello";
    check_refused(&r, SW_EINVAL, "prompt");
    r.messages = NULL;
    check_ok(&r);
    r.prompt = "caf\xc3";
    check_refused(&r, SW_EINVAL, "prompt");
    r.prompt = NULL;
    check_refused(&r, SW_EINVAL, "messages");
    r = valid();
    r.n_messages = 0;
    check_refused(&r, SW_EINVAL, "messages");
}

static void test_request_tokens_are_in_the_vocabulary(void **state)
{
    (void)state;
    int32_t ids[] = {0, N_VOCAB - 1, 3};
    sw_request r = {.tokens = ids, .n_tokens = 3};
    check_ok(&r);
    r.prompt = "hello";
    check_refused(&r, SW_EINVAL, "tokens");
    r = valid();
    r.tokens = ids;
    r.n_tokens = 3;
    check_refused(&r, SW_EINVAL, "tokens");
    r = (sw_request){.tokens = ids};
    check_refused(&r, SW_EINVAL, "tokens");
    r.n_tokens = 3;
    ids[1] = N_VOCAB;
    check_refused(&r, SW_EINVAL, "tokens[1]");
    ids[1] = -1;
    check_refused(&r, SW_EINVAL, "tokens[1]");
    sw_err err = {0};
    assert_int_equal(request_check(&r, N_VOCAB, &err), SW_EINVAL);
    assert_string_equal(err.msg, "tokens[1]: -1 is not a token of this model, which has 500");
}

static void test_request_takes_no_max_tokens_where_nothing_is_sampled(void **state)
{
    (void)state;
    sw_request r = valid();
    r.prompt_only = true;
    check_ok(&r);
    r.max_tokens = 1;
    check_refused(&r, SW_EINVAL, "max_tokens");
    r.prompt_only = false;
    r.embed = true;
    check_refused(&r, SW_EINVAL, "max_tokens");
}

static void test_request_takes_no_probabilities_with_an_embedding(void **state)
{
    (void)state;
    sw_request r = valid();
    r.embed = true;
    check_ok(&r);
    r.logprobs = true;
    check_refused(&r, SW_EINVAL, "embed");
    r.logprobs = false;
    r.prompt_logprobs = true;
    check_refused(&r, SW_EINVAL, "embed");
}

static void test_request_messages_are_checked_one_by_one(void **state)
{
    (void)state;
    sw_message m[] = {HELLO, {.role = SW_ROLE_ASSISTANT, .content = "hi", .reasoning = "short"}, HELLO};
    sw_request r = valid();
    r.messages = m;
    r.n_messages = 3;
    check_ok(&r);
    m[1].reasoning = "\xff";
    check_refused(&r, SW_EINVAL, "messages[1].reasoning");
    m[1].content = "\xe2\x82";
    check_refused(&r, SW_EINVAL, "messages[1].content");
    m[1].content = NULL;
    check_refused(&r, SW_EINVAL, "messages[1].content");
    m[0].role = (sw_role)9;
    check_refused(&r, SW_EINVAL, "messages[0].role");
    m[0] = (sw_message){.role = SW_ROLE_USER, .content = "x", .reasoning = "y"};
    check_refused(&r, SW_EINVAL, "messages[0].reasoning");
}

/* A call and its result, as changed by one case. */
typedef struct tool_talk {
    sw_tool_call calls[2];
    sw_message messages[2];
} tool_talk;

static tool_talk valid_tool_talk(void)
{
    return (tool_talk){.calls = {{"c1", "f.x-1/y:z_\xc3\xa9", "{}"}, {NULL, "g", "{"}},
                       .messages = {{.role = SW_ROLE_ASSISTANT, .content = "", .n_tool_calls = 2},
                                    {.role = SW_ROLE_TOOL, .content = "1", .tool_call_id = "c1", .name = "f"}}};
}

static void check_tool_talk(tool_talk *t, const char *field)
{
    sw_request r = valid();
    if (t->messages[0].tool_calls == NULL && t->messages[0].role != SW_ROLE_SYSTEM)
        t->messages[0].tool_calls = t->calls;
    r.messages = t->messages;
    r.n_messages = 2;
    if (field == NULL)
        check_ok(&r);
    else
        check_refused(&r, SW_EINVAL, field);
}

static void test_request_checks_calls_of_tools(void **state)
{
    (void)state;
    tool_talk t = valid_tool_talk();
    check_tool_talk(&t, NULL);
    t.calls[1].id = "\xff";
    check_tool_talk(&t, "messages[0].tool_calls[1].id");
    t.calls[1].arguments = "\xff";
    check_tool_talk(&t, "messages[0].tool_calls[1].arguments");
    t.calls[1].arguments = NULL;
    check_tool_talk(&t, "messages[0].tool_calls[1]");
    t.calls[0].name = NULL;
    check_tool_talk(&t, "messages[0].tool_calls[0]");
    t = valid_tool_talk();
    t.messages[0].role = SW_ROLE_USER;
    check_tool_talk(&t, "messages[0].tool_calls");
    t.messages[0].role = SW_ROLE_SYSTEM;
    t.messages[0].n_tool_calls = 0;
    check_tool_talk(&t, NULL);
    t = valid_tool_talk();
    t.messages[1].tool_call_id = "\xff";
    check_tool_talk(&t, "messages[1].tool_call_id");
    t.messages[1].role = SW_ROLE_USER;
    check_tool_talk(&t, "messages[1].name");
    t.messages[1].name = NULL;
    check_tool_talk(&t, "messages[1].tool_call_id");
    const sw_message missing = {.role = SW_ROLE_ASSISTANT, .content = "", .n_tool_calls = 1};
    sw_request r = valid();
    r.messages = &missing;
    check_refused(&r, SW_EINVAL, "messages[0].tool_calls");
}

/* A name goes into the headers of messages. */
static void test_request_refuses_names_of_tools_that_are_not_one_word(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"",    "a b", "a\nb", "a\tb",     "\x7f",     "a\"",
                                        "a\\", "<a",  "a>",   "<|call|>", "\xe2\x82", "\x01"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        tool_talk t = valid_tool_talk();
        t.calls[1].name = NAMES[i];
        check_tool_talk(&t, "messages[0].tool_calls[1].name");
        t = valid_tool_talk();
        t.messages[1].name = NAMES[i];
        check_tool_talk(&t, "messages[1].name");
    }
    char name[LIMIT_TOOL_NAME_BYTES + 2];
    memset(name, 'x', sizeof name);
    name[LIMIT_TOOL_NAME_BYTES] = '\0';
    tool_talk t = valid_tool_talk();
    t.calls[1].name = name;
    check_tool_talk(&t, NULL);
    name[LIMIT_TOOL_NAME_BYTES] = 'x';
    name[LIMIT_TOOL_NAME_BYTES + 1] = '\0';
    check_tool_talk(&t, "messages[0].tool_calls[1].name");
}

static void test_request_takes_the_limit_of_calls_and_not_one_more(void **state)
{
    (void)state;
    sw_tool_call *const calls = mem_calloc(LIMIT_TOOL_CALLS, sizeof *calls);
    assert_non_null(calls);
    for (size_t i = 0; i < LIMIT_TOOL_CALLS; i++)
        calls[i] = (sw_tool_call){.name = "f", .arguments = "{}"};
    sw_message m[] = {
        {.role = SW_ROLE_ASSISTANT, .content = "", .tool_calls = calls, .n_tool_calls = LIMIT_TOOL_CALLS - 1},
        {.role = SW_ROLE_ASSISTANT, .content = "", .tool_calls = calls, .n_tool_calls = 1}};
    sw_request r = valid();
    r.messages = m;
    r.n_messages = 2;
    check_ok(&r);
    m[1].n_tool_calls = 2;
    check_refused(&r, SW_EINVAL, "messages[1].tool_calls");
    mem_free(calls);
}

static void test_request_takes_the_limit_of_messages_and_not_one_more(void **state)
{
    (void)state;
    sw_message *const m = mem_calloc(LIMIT_MESSAGES + 1, sizeof *m);
    for (size_t i = 0; i <= LIMIT_MESSAGES; i++)
        m[i] = HELLO;
    sw_request r = valid();
    r.messages = m;
    r.n_messages = LIMIT_MESSAGES;
    check_ok(&r);
    r.n_messages++;
    check_refused(&r, SW_EINVAL, "messages");
    mem_free(m);
}

static void test_request_takes_the_limit_of_bytes_and_not_one_more(void **state)
{
    (void)state;
    char *const text = mem_alloc(LIMIT_PROMPT_BYTES + 2);
    memset(text, 'x', LIMIT_PROMPT_BYTES + 2);
    text[LIMIT_PROMPT_BYTES] = '\0';
    sw_request r = {.prompt = text};
    check_ok(&r);
    const sw_message two[] = {HELLO, {.role = SW_ROLE_USER, .content = text}}; // the sum counts
    sw_request chat = valid();
    chat.messages = two;
    chat.n_messages = 2;
    check_refused(&chat, SW_ELIMIT, "messages[1].content");
    text[LIMIT_PROMPT_BYTES] = 'x';
    text[LIMIT_PROMPT_BYTES + 1] = '\0';
    check_refused(&r, SW_ELIMIT, "prompt");
    mem_free(text);
}

static void check_sampling(sw_sampling sampling, const char *field)
{
    sw_request r = valid();
    r.sampling = sampling;
    if (field == NULL)
        check_ok(&r);
    else
        check_refused(&r, SW_EINVAL, field);
}

static void test_request_sampling_ranges(void **state)
{
    (void)state;
    check_sampling((sw_sampling){0}, NULL);
    check_sampling((sw_sampling){.temperature = 2, .top_p = 1, .min_p = 0.999f, .top_k = 1000000}, NULL);
    check_sampling((sw_sampling){.temperature = 2.001f}, "temperature");
    check_sampling((sw_sampling){.temperature = -0.001f}, "temperature");
    check_sampling((sw_sampling){.temperature = NAN}, "temperature");
    check_sampling((sw_sampling){.temperature = INFINITY}, "temperature");
    check_sampling((sw_sampling){.top_p = 1.001f}, "top_p");
    check_sampling((sw_sampling){.top_p = -0.1f}, "top_p");
    check_sampling((sw_sampling){.top_p = NAN}, "top_p");
    check_sampling((sw_sampling){.min_p = 1}, "min_p");
    check_sampling((sw_sampling){.min_p = NAN}, "min_p");
    check_sampling((sw_sampling){.top_k = -1}, "top_k");
    check_sampling((sw_sampling){.typical_p = 1}, NULL);
    check_sampling((sw_sampling){.typical_p = 1.001f}, "typical_p");
    check_sampling((sw_sampling){.typical_p = NAN}, "typical_p");
}

static void test_request_penalty_ranges(void **state)
{
    (void)state;
    check_sampling((sw_sampling){.repeat_penalty = 0.001f, .repeat_last_n = -1}, NULL);
    check_sampling((sw_sampling){.repeat_penalty = 1000, .repeat_last_n = LIMIT_CTX_TOKENS}, NULL);
    check_sampling((sw_sampling){.repeat_penalty = -1}, "repeat_penalty");
    check_sampling((sw_sampling){.repeat_penalty = INFINITY}, "repeat_penalty");
    check_sampling((sw_sampling){.repeat_last_n = -2}, "repeat_last_n");
    check_sampling((sw_sampling){.repeat_last_n = LIMIT_CTX_TOKENS + 1}, "repeat_last_n");
    check_sampling((sw_sampling){.presence_penalty = -2, .frequency_penalty = 2}, NULL);
    check_sampling((sw_sampling){.presence_penalty = 2.001f}, "presence_penalty");
    check_sampling((sw_sampling){.presence_penalty = NAN}, "presence_penalty");
    check_sampling((sw_sampling){.frequency_penalty = -2.001f}, "frequency_penalty");
}

static void test_request_biases_name_tokens_of_the_model_and_are_bounded(void **state)
{
    (void)state;
    static sw_logit_bias biases[LIMIT_LOGIT_BIASES + 1];
    check_sampling((sw_sampling){.biases = biases, .n_biases = LIMIT_LOGIT_BIASES}, NULL);
    check_sampling((sw_sampling){.biases = biases, .n_biases = LIMIT_LOGIT_BIASES + 1}, "logit_bias");
    check_sampling((sw_sampling){.n_biases = 1}, "logit_bias");
    const sw_logit_bias good[] = {{0, -100}, {N_VOCAB - 1, 100}};
    check_sampling((sw_sampling){.biases = good, .n_biases = 2}, NULL);
    const sw_logit_bias bad[] = {{N_VOCAB, 0}, {-1, 0}, {0, 100.5f}, {0, NAN}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check_sampling((sw_sampling){.biases = &bad[i], .n_biases = 1}, "logit_bias");
}

static void test_request_stop_strings_are_bounded(void **state)
{
    (void)state;
    const char *stop[LIMIT_STOP_STRINGS + 1];
    for (size_t i = 0; i <= LIMIT_STOP_STRINGS; i++)
        stop[i] = "END";
    sw_request r = valid();
    r.stop = stop;
    r.n_stop = LIMIT_STOP_STRINGS;
    check_ok(&r);
    r.n_stop++;
    check_refused(&r, SW_EINVAL, "stop");

    char longest[LIMIT_STOP_STRING_BYTES + 2];
    memset(longest, 'x', sizeof longest);
    longest[LIMIT_STOP_STRING_BYTES] = '\0';
    r.n_stop = 3;
    stop[2] = longest;
    check_ok(&r);
    longest[LIMIT_STOP_STRING_BYTES] = 'x';
    longest[LIMIT_STOP_STRING_BYTES + 1] = '\0';
    check_refused(&r, SW_EINVAL, "stop[2]");
    stop[2] = "";
    check_refused(&r, SW_EINVAL, "stop[2]");
    stop[2] = NULL;
    check_refused(&r, SW_EINVAL, "stop[2]");
    stop[1] = "\x80";
    check_refused(&r, SW_EINVAL, "stop[1]");
    r.stop = NULL;
    check_refused(&r, SW_EINVAL, "stop");
}

static void test_request_numbers_date_and_effort(void **state)
{
    (void)state;
    sw_request r = valid();
    r.max_tokens = -1;
    check_refused(&r, SW_EINVAL, "max_tokens");
    r.max_tokens = 1;
    r.logprobs = true;
    r.n_top_logprobs = SW_TOP_LOGPROBS_MAX;
    check_ok(&r);
    r.n_top_logprobs++;
    check_refused(&r, SW_EINVAL, "n_top_logprobs");
    r.n_top_logprobs = -1;
    check_refused(&r, SW_EINVAL, "n_top_logprobs");
    r.n_top_logprobs = 1;
    r.logprobs = false;
    check_refused(&r, SW_EINVAL, "n_top_logprobs");
    r.n_top_logprobs = 0;
    r.effort = (sw_effort)7;
    check_refused(&r, SW_EINVAL, "effort");
    r.effort = SW_EFFORT_HIGH;
    const char *const bad[] = {"", "2026-1-01", "2026-01-01 ", "yyyy-mm-dd", "<|end|>"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        r.date = bad[i];
        check_refused(&r, SW_EINVAL, "date");
    }
    r.date = "2026-01-31";
    check_ok(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_needs_messages_or_a_prompt_or_tokens),
        cmocka_unit_test(test_request_tokens_are_in_the_vocabulary),
        cmocka_unit_test(test_request_takes_no_max_tokens_where_nothing_is_sampled),
        cmocka_unit_test(test_request_takes_no_probabilities_with_an_embedding),
        cmocka_unit_test(test_request_messages_are_checked_one_by_one),
        cmocka_unit_test(test_request_checks_calls_of_tools),
        cmocka_unit_test(test_request_refuses_names_of_tools_that_are_not_one_word),
        cmocka_unit_test(test_request_takes_the_limit_of_calls_and_not_one_more),
        cmocka_unit_test(test_request_takes_the_limit_of_messages_and_not_one_more),
        cmocka_unit_test(test_request_takes_the_limit_of_bytes_and_not_one_more),
        cmocka_unit_test(test_request_sampling_ranges),
        cmocka_unit_test(test_request_penalty_ranges),
        cmocka_unit_test(test_request_biases_name_tokens_of_the_model_and_are_bounded),
        cmocka_unit_test(test_request_stop_strings_are_bounded),
        cmocka_unit_test(test_request_numbers_date_and_effort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
