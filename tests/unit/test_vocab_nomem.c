/* Every allocation of the tokenizer and the chat formats may fail: the call says so and leaves nothing behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "chat/chat.h"

static long n_until_failure; // allocations that still succeed
static long n_blocks;        // allocated and not freed

static void *failing_resize(void *ud, void *p, size_t size)
{
    (void)ud;
    if (size == 0) {
        free(p);
        n_blocks--;
        return NULL;
    }
    if (n_until_failure-- <= 0)
        return NULL;
    void *const grown = realloc(p, size);
    if (p == NULL && grown != NULL)
        n_blocks++;
    return grown;
}

static void ignore(void *ud, sw_text_kind kind, const char *text, size_t n)
{
    (void)ud, (void)kind, (void)text, (void)n;
}

static sw_code parse(const vocabulary *v, const token_list *ids)
{
    chat_parser *const p = chat_parser_create(CHAT_HARMONY, v);
    if (p == NULL)
        return SW_ENOMEM;
    sw_code code = SW_OK;
    for (size_t i = 0; code == SW_OK && i < ids->n; i++)
        code = chat_parser_feed(p, ids->ids[i], ignore, NULL);
    if (code == SW_OK)
        code = chat_parser_finish(p, ignore, NULL);
    chat_parser_free(p);
    return code;
}

/* From nothing to a parsed answer. */
static sw_code whole_way(void)
{
    static const char *const CONTROLS[] = {"<|start|>",  "<|end|>",  "<|message|>",  "<|channel|>",
                                           "<|return|>", "<|call|>", "<|constrain|>"};
    static const sw_tool_call CALL = {"c1", "f", "{}"};
    static const sw_message MESSAGES[] = {
        {.role = SW_ROLE_USER, .content = "What is <|end|> of 12345 + é?"},
        {.role = SW_ROLE_ASSISTANT, .content = "", .tool_calls = &CALL, .n_tool_calls = 1},
        {.role = SW_ROLE_TOOL, .content = "1", .tool_call_id = "c1"}};
    static const char ANSWER[] = "<|channel|>final<|message|>It is fine.<|return|>";
    const chat_render_options options = {.effort = SW_EFFORT_HIGH, .date = "2025-06-28"};
    vocabulary *v = NULL;
    token_list prompt = {0}, answer = {0};
    sw_err err = {0};
    sw_code code = vocab_synthetic(&v, (const char *const[]){" the"}, 1, CONTROLS, 7, &err);
    if (code == SW_OK)
        code = chat_render(CHAT_HARMONY, v, MESSAGES, 3, &options, &prompt, &err);
    if (code == SW_OK)
        code = vocab_encode(v, ANSWER, strlen(ANSWER), true, true, &answer, &err);
    if (code == SW_OK)
        code = parse(v, &answer);
    token_list_clear(&prompt);
    token_list_clear(&answer);
    vocab_free(v);
    return code;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    const mem_allocator failing = {failing_resize, NULL};
    mem_set_allocator(&failing);
    sw_code code = SW_ENOMEM;
    long n = 0;
    for (; code != SW_OK && n < 100000; n++) {
        n_until_failure = n;
        code = whole_way();
        assert_true(code == SW_OK || code == SW_ENOMEM);
        assert_int_equal(n_blocks, 0);
    }
    mem_set_allocator(NULL);
    assert_int_equal(code, SW_OK);
    assert_true(n > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
