/* The list of messages that every family's reader builds: texts in pieces, calls of tools, limits, memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "dialects/message_list.h"
#include "support/faults.h"

/* Reads `text`, which must be JSON; the request owns it. */
static json_t *load(generation_request *g, json_reader *r, const char *text)
{
    const json_load_options options = {.bytes_max = LIMIT_HTTP_BODY_BYTES};
    *g = (generation_request){0};
    *r = (json_reader){.document = "the body"};
    g->document = json_load_text(r, text, strlen(text), &options);
    return g->document;
}

/* user, assistant with two texts, reasoning and two calls, result, assistant in pieces of one turn. */
static bool build(message_list *l, const json_t *arguments)
{
    if (!message_list_add(l, NULL, SW_ROLE_USER))
        return false;
    message_list_content(l, "Hello");
    if (!message_list_add(l, NULL, SW_ROLE_ASSISTANT))
        return false;
    message_list_content(l, "One");
    message_list_content(l, "");
    message_list_content(l, " two");
    message_list_reasoning(l, "Hm");
    message_list_reasoning(l, "m.");
    if (!message_list_call(l, NULL, "c1", "f", json_object_get(arguments, "object")) ||
        !message_list_call(l, NULL, NULL, "g", json_object_get(arguments, "text")) ||
        !message_list_add(l, NULL, SW_ROLE_TOOL))
        return false;
    message_list_content(l, "20");
    message_list_result_of(l, "c1", NULL);
    if (!message_list_continue(l, NULL, SW_ROLE_ASSISTANT) || !message_list_continue(l, NULL, SW_ROLE_ASSISTANT))
        return false;
    return message_list_call(l, NULL, "c2", "h", NULL) && message_list_end(l);
}

static const char ARGUMENTS[] =
    "{\"object\":{\"a\":[1,0.1,2.5e-7,1e15,3.0,1e300,\"\\u00e9\\\"\"],\"b\":{},\"c\":null,\"d\":9.95},"
    "\"text\":\"{\\\"x\\\":1}\"}";

static void check_built(const generation_request *g)
{
    const sw_message *const m = g->core.messages;
    assert_int_equal(g->core.n_messages, 4);
    assert_string_equal(m[0].content, "Hello");
    assert_null(m[0].reasoning);
    assert_null(m[0].tool_calls);
    assert_string_equal(m[1].content, "One two");
    assert_string_equal(m[1].reasoning, "Hmm.");
    assert_int_equal(m[1].n_tool_calls, 2);
    assert_string_equal(m[1].tool_calls[0].id, "c1");
    assert_string_equal(m[1].tool_calls[0].name, "f");
    assert_string_equal(m[1].tool_calls[0].arguments,
                        "{\"a\": [1, 0.1, 2.5e-07, 1000000000000000.0, 3.0, 1e+300, \"\xc3\xa9\\\"\"], \"b\": {}, "
                        "\"c\": null, \"d\": 9.95}");
    assert_null(m[1].tool_calls[1].id);
    assert_string_equal(m[1].tool_calls[1].arguments, "{\"x\":1}");
    assert_int_equal(m[2].role, SW_ROLE_TOOL);
    assert_string_equal(m[2].tool_call_id, "c1");
    assert_null(m[2].name);
    assert_string_equal(m[3].content, "");
    assert_int_equal(m[3].n_tool_calls, 1);
    assert_string_equal(m[3].tool_calls[0].name, "h");
    assert_string_equal(m[3].tool_calls[0].arguments, "{}");
}

static void test_a_list_holds_what_was_added_to_it(void **state)
{
    (void)state;
    generation_request g;
    json_reader r;
    message_list l;
    const json_t *const arguments = load(&g, &r, ARGUMENTS);
    assert_non_null(arguments);
    message_list_begin(&l, &g, &r);
    assert_true(build(&l, arguments));
    message_list_free(&l);
    check_built(&g);
    generation_request_free(&g);
}

static void test_a_message_without_a_piece_has_no_content(void **state)
{
    (void)state;
    generation_request g = {0};
    json_reader r = {0};
    message_list l;
    message_list_begin(&l, &g, &r);
    assert_true(message_list_add(&l, NULL, SW_ROLE_ASSISTANT));
    assert_false(message_list_has_content(&l));
    message_list_content(&l, "");
    assert_true(message_list_has_content(&l));
    assert_true(message_list_add(&l, NULL, SW_ROLE_ASSISTANT));
    assert_false(message_list_has_content(&l));
    assert_true(message_list_end(&l));
    message_list_free(&l);
    generation_request_free(&g);
}

static void test_limits_are_held_to_the_last_element(void **state)
{
    (void)state;
    generation_request g = {0};
    json_reader r = {0};
    message_list l;
    const json_place at = {NULL, "messages", 0};
    message_list_begin(&l, &g, &r);
    for (int i = 0; i < LIMIT_MESSAGES; i++)
        assert_true(message_list_add(&l, &at, SW_ROLE_ASSISTANT));
    for (int i = 0; i < LIMIT_TOOL_CALLS; i++)
        assert_true(message_list_call(&l, &at, NULL, "f", NULL));
    assert_false(message_list_call(&l, &at, NULL, "f", NULL));
    assert_int_equal(r.fault.kind, JSON_FAULT_RANGE);
    r.fault = (json_fault){0};
    assert_false(message_list_add(&l, &at, SW_ROLE_USER));
    assert_int_equal(r.fault.kind, JSON_FAULT_RANGE);
    assert_string_equal(r.fault.path, "messages");
    assert_true(message_list_end(&l));
    assert_int_equal(g.core.n_messages, LIMIT_MESSAGES);
    message_list_free(&l);
    generation_request_free(&g);
}

/* The n-th allocation fails, for each n that a list needs. */
static void test_short_memory_is_a_fault_and_leaks_nothing(void **state)
{
    (void)state;
    generation_request g;
    json_reader r;
    message_list l;
    bool ok = false;
    long n = 0, n_live;
    for (; !ok; n++) {
        const json_t *const arguments = load(&g, &r, ARGUMENTS);
        assert_non_null(arguments);
        message_list_begin(&l, &g, &r);
        faults_alloc_begin(n);
        ok = build(&l, arguments);
        faults_alloc_end(&n_live);
        message_list_free(&l);
        if (ok)
            check_built(&g);
        else
            assert_int_equal(r.fault.kind, JSON_FAULT_MEMORY);
        generation_request_free(&g);
    }
    assert_true(n > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_list_holds_what_was_added_to_it),
        cmocka_unit_test(test_a_message_without_a_piece_has_no_content),
        cmocka_unit_test(test_limits_are_held_to_the_last_element),
        cmocka_unit_test(test_short_memory_is_a_fault_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
