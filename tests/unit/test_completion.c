/* OpenAI's text completions: bodies to requests, events to bytes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "dialects/openai_completion.h"
#include "support/event_lines.h"

static bool parse(generation_request *out, const char *body, api_error *error)
{
    *error = (api_error){0};
    return OPENAI_COMPLETION.parse(out, body, strlen(body), /*random=*/77, error);
}

static void refuses(const char *body, api_situation what, const char *param)
{
    generation_request r;
    api_error error;
    assert_false(parse(&r, body, &error));
    assert_int_equal(error.what, what);
    assert_string_equal(error.param, param);
    assert_true(error.message[0] != '\0');
}

static void test_reads_each_form_of_a_prompt(void **state)
{
    (void)state;
    generation_request r;
    api_error error;
    assert_true(parse(&r, "{\"prompt\":\"Once\"}", &error));
    assert_int_equal(generation_n_answers(&r), 1);
    assert_string_equal(r.prompts[0].text, "Once");
    assert_null(r.core.messages);
    generation_request_free(&r);
    assert_true(parse(&r, "{\"prompt\":[\"a\",\"\"],\"n\":3}", &error));
    assert_int_equal(generation_n_answers(&r), 6);
    assert_string_equal(r.prompts[1].text, "");
    generation_request_free(&r);
    assert_true(parse(&r, "{\"prompt\":[5,6,7]}", &error));
    assert_int_equal(r.n_prompts, 1);
    assert_int_equal(r.prompts[0].n_tokens, 3);
    assert_int_equal(r.prompts[0].tokens[2], 7);
    generation_request_free(&r);
    assert_true(parse(&r, "{\"prompt\":[[1],[2,3],\"x\"]}", &error));
    assert_int_equal(r.n_prompts, 3);
    assert_int_equal(r.prompts[0].tokens[0], 1);
    assert_int_equal(r.prompts[1].n_tokens, 2);
    assert_int_equal(r.prompts[1].tokens[1], 3);
    assert_string_equal(r.prompts[2].text, "x");
    generation_request_free(&r);
}

static void test_an_echo_makes_scoring_without_an_answer_possible(void **state)
{
    (void)state;
    generation_request r;
    api_error error;
    assert_true(parse(&r, "{\"prompt\":\"a\",\"max_tokens\":0,\"echo\":true,\"logprobs\":0}", &error));
    assert_true(r.echo && r.core.prompt_only && r.core.logprobs && r.core.prompt_logprobs);
    assert_int_equal(r.core.n_top_logprobs, 0);
    generation_request_free(&r);
    assert_true(parse(&r, "{\"prompt\":\"a\",\"max_tokens\":-1,\"logprobs\":5}", &error));
    assert_false(r.core.prompt_only || r.core.prompt_logprobs);
    assert_int_equal(r.core.max_tokens, 0);
    assert_int_equal(r.core.n_top_logprobs, 5);
    generation_request_free(&r);
    assert_true(parse(&r, "{\"prompt\":\"a\"}", &error));
    assert_int_equal(r.core.max_tokens, 0); // until the end, as llama-server; not OpenAI's 16
    assert_false(r.core.prompt_only);
    generation_request_free(&r);
}

static void test_refuses_what_it_cannot_do_by_its_name(void **state)
{
    (void)state;
    refuses("{}", API_MISSING_PARAMETER, "prompt");
    refuses("{\"prompt\":null}", API_MISSING_PARAMETER, "prompt");
    refuses("{\"prompt\":5}", API_INVALID_TYPE, "prompt");
    refuses("{\"prompt\":[]}", API_INVALID_VALUE, "prompt");
    refuses("{\"prompt\":[1,\"a\"]}", API_INVALID_TYPE, "prompt[1]");
    refuses("{\"prompt\":[\"a\",1]}", API_INVALID_TYPE, "prompt[1]");
    refuses("{\"prompt\":[[1],[]]}", API_INVALID_TYPE, "prompt[1]");
    refuses("{\"prompt\":[[1],[-1]]}", API_INVALID_VALUE, "prompt[1][0]");
    refuses("{\"prompt\":\"a\",\"max_tokens\":0}", API_INVALID_VALUE, "max_tokens");
    refuses("{\"prompt\":\"a\",\"suffix\":\"b\"}", API_UNSUPPORTED_PARAMETER, "suffix");
    refuses("{\"prompt\":\"a\",\"best_of\":2}", API_UNSUPPORTED_VALUE, "best_of");
    refuses("{\"prompt\":\"a\",\"n\":9}", API_INVALID_VALUE, "n");
    refuses("{\"prompt\":\"a\",\"logprobs\":21}", API_INVALID_VALUE, "logprobs");
    refuses("{\"prompt\":\"a\",\"grammar\":\"x\"}", API_UNSUPPORTED_PARAMETER, "grammar");
}

static void test_as_many_prompts_as_the_limit_says(void **state)
{
    (void)state;
    generation_request r;
    api_error error;
    for (int n = LIMIT_REQUEST_ANSWERS; n <= LIMIT_REQUEST_ANSWERS + 1; n++) {
        buf body;
        buf_init(&body, 1 << 16);
        buf_puts(&body, "{\"prompt\":[\"a\"");
        for (int i = 1; i < n; i++)
            buf_puts(&body, ",\"a\"");
        buf_puts(&body, "]}");
        assert_int_equal(parse(&r, buf_str(&body), &error), n == LIMIT_REQUEST_ANSWERS);
        if (n == LIMIT_REQUEST_ANSWERS)
            generation_request_free(&r);
        buf_free(&body);
    }
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

static const generation_head HEAD = {.id = "cmpl-1",
                                     .fingerprint = "sw-x",
                                     .created = 5,
                                     .model = "m",
                                     .backend = "cpu",
                                     .n_choices = 1,
                                     .n_answers = 2};

static sw_logprobs token(const char *text, float logprob)
{
    const sw_token_logprob t = {.text = text, .n_bytes = strlen(text), .logprob = logprob};
    sw_logprobs l = {.is_content = true, .sampled = t, .n_top = isnan(logprob) ? 0 : 1};
    l.top[0] = t;
    return l;
}

#define CHUNK                                                                                                          \
    "{\"id\":\"cmpl-1\",\"object\":\"text_completion\",\"created\":5,\"model\":\"m\",\"system_fingerprint\":\"sw-x\"," \
    "\"choices\":["

static void test_offsets_go_on_from_chunk_to_chunk(void **state)
{
    (void)state;
    void *const own = calloc(1, OPENAI_COMPLETION.state_bytes);
    event_lines lines;
    event_lines_init(&lines);
    dialect_stream s = {.sink = &lines.sink, .head = &HEAD, .state = own};
    const sw_logprobs first = token("\xc3\xa9t", NAN), second = token("\xe2\x82", -0.5f);
    OPENAI_COMPLETION.begin(&s, 1);
    OPENAI_COMPLETION.text(&s, 1, &(sw_event){.type = SW_EVENT_PROMPT_TOKEN, .logprobs = &first});
    event_lines_expect(&lines, CHUNK
                       "{\"index\":1,\"text\":\"\",\"logprobs\":{\"tokens\":[\"\xc3\xa9t\"],\"token_logprobs\":[null],"
                       "\"top_logprobs\":[null],\"text_offset\":[0]},\"finish_reason\":null}]}\n");
    OPENAI_COMPLETION.text(&s, 1, &(sw_event){.text = "x", .n_bytes = 1, .logprobs = &second});
    event_lines_expect(&lines, CHUNK "{\"index\":1,\"text\":\"x\",\"logprobs\":{\"tokens\":[\"bytes:\\\\xe2\\\\x82\"],"
                                     "\"token_logprobs\":[-0.5],\"top_logprobs\":[{\"bytes:\\\\xe2\\\\x82\":-0.5}],"
                                     "\"text_offset\":[2]},\"finish_reason\":null}]}\n");
    OPENAI_COMPLETION.text(&s, 0, &(sw_event){.text = "x", .n_bytes = 1});
    event_lines_expect(&lines, CHUNK "{\"index\":0,\"text\":\"x\",\"logprobs\":null,\"finish_reason\":null}]}\n");
    OPENAI_COMPLETION.end(&s, &(sw_event){.n_prompt = 1});
    event_lines_expect(&lines, "[DONE]\n");
    OPENAI_COMPLETION.free_state(own);
    free(own);
    event_lines_free(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_each_form_of_a_prompt),
        cmocka_unit_test(test_an_echo_makes_scoring_without_an_answer_possible),
        cmocka_unit_test(test_refuses_what_it_cannot_do_by_its_name),
        cmocka_unit_test(test_as_many_prompts_as_the_limit_says),
        cmocka_unit_test(test_offsets_go_on_from_chunk_to_chunk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
