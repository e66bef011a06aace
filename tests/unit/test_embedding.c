/* OpenAI's embeddings: bodies to requests, vectors to documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dialects/openai_embedding.h"

static bool parse(generation_request *out, const char *body, api_error *error)
{
    *error = (api_error){0};
    return OPENAI_EMBEDDING.parse(out, body, strlen(body), /*random=*/7, error);
}

static void refuses(const char *body, api_situation what, const char *param)
{
    generation_request r;
    api_error error;
    assert_false(parse(&r, body, &error));
    assert_int_equal(error.what, what);
    assert_string_equal(error.param, param);
}

static void test_reads_texts_and_tokens(void **state)
{
    (void)state;
    generation_request r;
    api_error error;
    assert_true(
        parse(&r, "{\"input\":[\"a\",\"b\"],\"model\":\"m\",\"encoding_format\":\"base64\",\"later\":1}", &error));
    assert_true(r.core.embed && r.is_base64 && !r.stream);
    assert_int_equal(r.n_prompts, 2);
    assert_string_equal(r.ignored, "later");
    generation_request_free(&r);
    assert_true(parse(&r, "{\"input\":[[1,2],[3]],\"encoding_format\":\"float\"}", &error));
    assert_false(r.is_base64);
    assert_int_equal(r.prompts[0].n_tokens, 2);
    generation_request_free(&r);
    refuses("{}", API_MISSING_PARAMETER, "input");
    refuses("{\"input\":{}}", API_INVALID_TYPE, "input");
    refuses("{\"input\":\"a\",\"dimensions\":4}", API_UNSUPPORTED_PARAMETER, "dimensions");
    refuses("{\"input\":\"a\",\"encoding_format\":\"int8\"}", API_INVALID_VALUE, "encoding_format");
}

static void test_writes_numbers_or_the_bytes_of_floats(void **state)
{
    (void)state;
    static const float FIRST[] = {0.5f, -0.25f}, SECOND[] = {1, 0};
    const sw_event done = {.type = SW_EVENT_DONE, .n_prompt = 3}, total = {.n_prompt = 6};
    const whole_choice choices[] = {{.embedding = FIRST, .n_embd = 2, .done = &done},
                                    {.embedding = SECOND, .n_embd = 2, .done = &done}};
    generation_head head = {.model = "m", .n_choices = 1, .n_answers = 2};
    buf out;
    buf_init(&out, 4096);
    OPENAI_EMBEDDING.write_answer(&out, &head, &(whole_answer){choices, 2, total});
    assert_string_equal(
        buf_str(&out),
        "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":[0.5,-0.25]},"
        "{\"object\":\"embedding\",\"index\":1,\"embedding\":[1.0,0.0]}],\"model\":\"m\",\"usage\":"
        "{\"prompt_tokens\":6,\"total_tokens\":6}}");
    buf_clear(&out);
    head.is_base64 = true;
    OPENAI_EMBEDDING.write_answer(&out, &head, &(whole_answer){choices, 1, total});
    assert_non_null(strstr(buf_str(&out), "\"embedding\":\"AAAAPwAAgL4=\"")); // 3f000000 be800000, little endian
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_texts_and_tokens),
        cmocka_unit_test(test_writes_numbers_or_the_bytes_of_floats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
