/* Protocols are data from outside: the built-in one says what it should, and a wrong one says what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "suite/protocol.h"

static void test_built_in_protocol_asks_the_nine_questions(void **state)
{
    (void)state;
    static const struct {
        const char *name, *prompt;
        int max_tokens;
    } wanted[] = {
        {"simple response", "Hello, how are you?", 50},
        {"code generation", "Write a Python function to calculate factorial", 150},
        {"technical explanation", "Explain how binary search works", 200},
        {"multi-step problem", "You have 3-gallon and 5-gallon jugs. Measure exactly 4 gallons step-by-step", 300},
        {"system design", "Design a simple chat application architecture", 400},
        {"algorithm analysis", "Compare bubble sort and quicksort algorithms", 350},
        {"creative writing", "Write a short story about AI discovering emotions", 800},
        {"technical documentation", "Document a REST API for a library management system", 1000},
        {"research analysis", "Analyze the benefits and challenges of renewable energy", 600},
    };
    bench_protocol *p;
    sw_err err = {0};
    assert_int_equal(protocol_load(&p, NULL, &err), SW_OK);
    assert_int_equal(p->n_tests, sizeof wanted / sizeof wanted[0]);
    for (size_t i = 0; i < p->n_tests; i++) {
        assert_string_equal(p->tests[i].plan.name, wanted[i].name);
        assert_string_equal(p->tests[i].plan.prompt, wanted[i].prompt);
        assert_int_equal(p->tests[i].plan.max_tokens, wanted[i].max_tokens);
        assert_true(p->tests[i].plan.temperature == 0.3);
        assert_int_equal(p->tests[i].plan.seed, 42);
    }
    assert_true(p->settings.pause_s == 5);
    assert_true(p->has_warmup);
    assert_int_equal(p->tests[1].plan.form, FORM_CODE);
    protocol_free(p);
}

static void test_file_and_built_in_are_the_same(void **state)
{
    (void)state;
    bench_protocol *inside, *file;
    sw_err err = {0};
    assert_int_equal(protocol_load(&inside, NULL, &err), SW_OK);
    assert_int_equal(protocol_load(&file, SPILLWAY_SOURCE_DIR "/protocols/local-streaming.json", &err), SW_OK);
    assert_string_equal(inside->hash, file->hash);
    protocol_free(inside);
    protocol_free(file);
}

static void assert_rejected(const char *json, const char *wanted)
{
    bench_protocol *p;
    sw_err err = {0};
    assert_int_not_equal(protocol_parse(&p, json, strlen(json), "p.json", NULL, &err), SW_OK);
    assert_null(p);
    assert_int_equal(err.code, SW_EFORMAT);
    if (strstr(err.msg, wanted) == NULL)
        fail_msg("'%s' does not say '%s'", err.msg, wanted);
}

#define TEST(fields) "{\"version\":1,\"name\":\"n\",\"tests\":[{\"name\":\"a\",\"prompt\":\"p\"," fields "}]}"

static void test_errors_name_the_field(void **state)
{
    (void)state;
    assert_rejected("{\"version\":1,", "p.json: line 1");
    assert_rejected("[]", "p.json: a protocol must be a JSON object");
    assert_rejected("{\"version\":2,\"name\":\"n\",\"tests\":[{}]}", "version must be a whole number from 1 to 1");
    assert_rejected("{\"version\":1,\"tests\":[{}]}", "name is required");
    assert_rejected("{\"version\":1,\"name\":\"n\"}", "tests must be a list");
    assert_rejected("{\"version\":1,\"name\":\"n\",\"tests\":[]}", "tests must be a list");
    assert_rejected("{\"version\":1,\"name\":\"n\",\"tests\":[7]}", "tests[0] must be an object");
    assert_rejected("{\"version\":1,\"name\":\"n\",\"pause_s\":-1,\"tests\":[{}]}", "pause_s must be a number from 0");
    assert_rejected("{\"version\":1,\"name\":\"n\",\"name\":\"m\",\"tests\":[{}]}", "duplicate");
    assert_rejected("{\"version\":1,\"name\":\"n\",\"warmup\":{\"prompt\":\"p\"},\"tests\":[{}]}", "warmup.max_tokens");
    assert_rejected(TEST("\"max_tokens\":0"), "tests[0].max_tokens must be a whole number from 1");
    assert_rejected(TEST("\"max_tokens\":1.5"), "tests[0].max_tokens");
    assert_rejected(TEST("\"max_token\":1"), "tests[0].max_token is not a known member");
    assert_rejected(TEST("\"max_tokens\":1,\"temperature\":3"), "tests[0].temperature must be a number from 0 to 2");
    assert_rejected(TEST("\"max_tokens\":1,\"kind\":\"poem\""), "tests[0].kind must be one of prose, code, list");
    assert_rejected(TEST("\"max_tokens\":1,\"seed\":-1"), "tests[0].seed");
    assert_rejected(TEST("\"max_tokens\":1},{\"name\":\"a\",\"prompt\":\"q\",\"max_tokens\":1"), "are the same");
}

static void test_defaults_come_from_the_protocol(void **state)
{
    (void)state;
    static const char JSON[] = "{\"version\":1,\"name\":\"n\",\"temperature\":0.5,\"seed\":7,\"tests\":["
                               "{\"name\":\"a\",\"prompt\":\"p\",\"max_tokens\":1},"
                               "{\"name\":\"b\",\"prompt\":\"p\",\"max_tokens\":1,\"temperature\":0,\"seed\":8}]}";
    bench_protocol *p;
    sw_err err = {0};
    assert_int_equal(protocol_parse(&p, JSON, strlen(JSON), "p.json", NULL, &err), SW_OK);
    assert_true(p->tests[0].plan.temperature == 0.5 && p->tests[1].plan.temperature == 0);
    assert_true(p->tests[0].plan.seed == 7 && p->tests[1].plan.seed == 8);
    assert_true(p->settings.pause_s == 0 && !p->has_warmup);
    assert_string_equal(p->json, JSON);
    protocol_free(p);
}

static sw_code parse_n_tests(int n)
{
    buf json;
    buf_init(&json, 1 << 20);
    buf_puts(&json, "{\"version\":1,\"name\":\"n\",\"tests\":[");
    for (int i = 0; i < n; i++)
        buf_printf(&json, "%s{\"name\":\"t%d\",\"prompt\":\"p\",\"max_tokens\":1}", i > 0 ? "," : "", i);
    buf_puts(&json, "]}");
    bench_protocol *p;
    const sw_code code = protocol_parse(&p, buf_str(&json), json.size, "p.json", NULL, NULL);
    protocol_free(p);
    buf_free(&json);
    return code;
}

static void test_number_of_tests_is_limited(void **state)
{
    (void)state;
    assert_int_equal(parse_n_tests(LIMIT_PROTOCOL_TESTS), SW_OK);
    assert_int_equal(parse_n_tests(LIMIT_PROTOCOL_TESTS + 1), SW_ELIMIT);
}

/* A valid protocol that white space fills up to n bytes. */
static sw_code parse_n_bytes(size_t n)
{
    static const char JSON[] = TEST("\"max_tokens\":1");
    buf text;
    buf_init(&text, n);
    buf_puts(&text, JSON);
    while (text.size < n)
        buf_putc(&text, ' ');
    bench_protocol *p;
    const sw_code code = protocol_parse(&p, buf_str(&text), text.size, "p.json", NULL, NULL);
    protocol_free(p);
    buf_free(&text);
    return code;
}

static void test_size_is_limited(void **state)
{
    (void)state;
    assert_int_equal(parse_n_bytes(LIMIT_PROTOCOL_BYTES), SW_OK);
    assert_int_equal(parse_n_bytes(LIMIT_PROTOCOL_BYTES + 1), SW_ELIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_built_in_protocol_asks_the_nine_questions),
        cmocka_unit_test(test_file_and_built_in_are_the_same),
        cmocka_unit_test(test_errors_name_the_field),
        cmocka_unit_test(test_defaults_come_from_the_protocol),
        cmocka_unit_test(test_number_of_tests_is_limited),
        cmocka_unit_test(test_size_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
