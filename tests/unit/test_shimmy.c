/* Bodies of /api/generate: whose they are, and what they ask for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dialects/ollama.h"
#include "dialects/shimmy.h"

static void test_reads_a_prompt_or_messages(void **state)
{
    (void)state;
    static const char *const BODIES[] = {
        "{\"model\":\"m\",\"prompt\":\"Hi\",\"system\":\"Be brief.\",\"temperature\":0.5,\"top_p\":0.25,\"top_k\":3,"
        "\"max_tokens\":7}",
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"system\":\"Be brief.\","
        "\"temperature\":0.5,\"top_p\":0.25,\"top_k\":3,\"max_tokens\":7}"};
    for (size_t i = 0; i < 2; i++) {
        generation_request r;
        api_error error = {0};
        assert_true(SHIMMY.parse(&r, BODIES[i], strlen(BODIES[i]), 0, &error));
        assert_null(r.family);
        assert_true(r.stream); // the default of this family
        assert_string_equal(r.model, "m");
        assert_true(r.core.sampling.temperature == 0.5f && r.core.sampling.top_p == 0.25f);
        assert_true(r.core.sampling.top_k == 3 && r.core.max_tokens == 7);
        assert_int_equal(r.core.n_messages, 2);
        assert_string_equal(r.core.messages[0].content, "Be brief.");
        assert_string_equal(r.core.messages[1].content, "Hi");
        generation_request_free(&r);
    }
}

static void test_an_ollama_member_decides_whose_body_it_is(void **state)
{
    (void)state;
    static const char *const MEMBERS[] = {"\"options\":{}",   "\"keep_alive\":\"5m\"", "\"raw\":false",
                                          "\"format\":\"\"",  "\"context\":[]",        "\"template\":\"\"",
                                          "\"suffix\":\"\"",  "\"images\":[]",         "\"think\":true",
                                          "\"options\":null", "\"temperature\":1",     "\"seed\":1"};
    for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS; i++) {
        char body[128];
        generation_request r;
        api_error error = {0};
        const int n = snprintf(body, sizeof body, "{\"prompt\":\"Hi\",%s}", MEMBERS[i]);
        if (!SHIMMY_OR_OLLAMA.parse(&r, body, (size_t)n, 0, &error))
            fail_msg("%s: %s", body, error.message);
        assert_ptr_equal(r.family, i < 10 ? &OLLAMA_GENERATE : NULL);
        generation_request_free(&r);
    }
}

static void test_a_model_alone_is_loaded_as_for_ollama(void **state)
{
    (void)state;
    generation_request r;
    api_error error = {0};
    assert_true(SHIMMY_OR_OLLAMA.parse(&r, "{\"model\":\"m\"}", 13, 0, &error));
    assert_ptr_equal(r.family, &OLLAMA_GENERATE);
    assert_true(r.loads_only);
    generation_request_free(&r);
}

static void refused(const dialect *family, const char *body, const dialect *whose, const char *param)
{
    generation_request r;
    api_error error = {0};
    assert_false(family->parse(&r, body, strlen(body), 0, &error));
    assert_string_equal(error.param, param);
    assert_ptr_equal(r.family, whose);
    assert_null(r.document);
}

static void test_a_refused_body_keeps_its_family(void **state)
{
    (void)state;
    refused(&SHIMMY_OR_OLLAMA, "{\"prompt\":\"Hi\",\"format\":\"json\"}", &OLLAMA_GENERATE, "format");
    refused(&SHIMMY_OR_OLLAMA, "{\"prompt\":\"Hi\",\"temperature\":3}", NULL, "temperature");
    refused(&SHIMMY_OR_OLLAMA, "{\"system\":\"Be brief.\"}", NULL, "prompt");
    refused(&SHIMMY, "{\"model\":\"m\"}", NULL, "prompt");
    refused(&SHIMMY_OR_OLLAMA, "[1]", NULL, "");
    refused(&SHIMMY_OR_OLLAMA, "{", NULL, "");
    refused(&SHIMMY, "{\"prompt\":\"Hi\",\"options\":{\"seed\":1}}", NULL, "options");
    refused(&SHIMMY, "{\"prompt\":\"Hi\",\"raw\":true}", NULL, "raw");
    refused(&SHIMMY, "{\"prompt\":\"\"}", NULL, "prompt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_a_prompt_or_messages),
        cmocka_unit_test(test_an_ollama_member_decides_whose_body_it_is),
        cmocka_unit_test(test_a_model_alone_is_loaded_as_for_ollama),
        cmocka_unit_test(test_a_refused_body_keeps_its_family),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
