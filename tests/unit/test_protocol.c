/* Protocols are data from outside: the built-in one says what it should, and a wrong one says what is wrong. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "protocol/protocol.h"
#include "support/temp_dir.h"

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

#define PROTOCOL(fields)                                                                                               \
    "{\"version\":1,\"name\":\"n\"," fields ",\"tests\":[{\"name\":\"a\",\"prompt\":\"p\",\"max_tokens\":1}]}"

static void test_settings_that_change_nothing_are_refused(void **state)
{
    (void)state;
    assert_rejected(PROTOCOL("\"repetitions\":0"), "repetitions must be a whole number from 1 to 1000");
    assert_rejected(PROTOCOL("\"modes\":[]"), "modes must be a list of at least one mode");
    assert_rejected(PROTOCOL("\"modes\":[\"stream\",\"sweep\"]"), "modes[1] must be one of stream, whole");
    assert_rejected(PROTOCOL("\"arrivals\":{\"process\":\"poisson\"}"), "arrivals.rate is required");
    assert_rejected(PROTOCOL("\"arrivals\":{\"process\":\"closed\",\"rate\":1}"), "arrivals.rate has no effect");
    assert_rejected(PROTOCOL("\"arrivals\":{\"process\":\"poisson\",\"rate\":1,\"burstiness\":1}"),
                    "arrivals.burstiness has no effect");
    assert_rejected(PROTOCOL("\"objectives\":{\"ttft\":1}"), "objectives.ttft is not a known member");
    assert_rejected(PROTOCOL("\"time_budget_s\":0"), "time_budget_s must be a number above 0");
    assert_rejected(PROTOCOL("\"warmup\":{\"prompt\":\"p\",\"max_tokens\":1,\"rule\":\"never\"}"),
                    "warmup.rule must be");
    assert_rejected(TEST("\"max_tokens\":1,\"filler_seed\":1"), "filler_seed has no effect without filler_tokens");
    assert_rejected("{\"version\":1,\"name\":\"n\",\"tests\":[{\"name\":\"a\",\"max_tokens\":1}]}",
                    "tests[0].prompt is required");
}

static void test_errors_name_the_line(void **state)
{
    (void)state;
    assert_rejected("{\n\"version\":1,\n\"name\":\"n\",\n\"tests\":[\n{\"name\":\"a\",\"prompt\":\"{]\\\"\\n,\","
                    "\n\"max_tokens\":1},\n"
                    "{\"name\":\"b\",\"prompt\":\"p\",\n\n\"max_tokens\":0}]}",
                    "p.json: line 9: tests[1].max_tokens");
    assert_rejected("{\n\"version\":1,\"name\":\"n\",\n\"tests\":[\n\n{\"name\":\"a\",\"prompt\":\"p\"}]}",
                    "p.json: line 5: tests[0].max_tokens is required");
    assert_rejected("{\n\"version\":1,\"name\":\"n\",\n\"tests\":[\n\n{\"x\":[[1,{}],\"\"], "
                    "\"name\":\"a\",\"prompt\":\"p\",\"max_tokens\":1}]}",
                    "p.json: line 5: tests[0].x is not a known member");
}

static void test_settings_are_read(void **state)
{
    (void)state;
    static const char JSON[] = PROTOCOL(
        "\"repetitions\":3,\"pause_s\":5,\"modes\":[\"stream\",\"cold\"],\"concurrency\":4,\"time_budget_s\":60,"
        "\"arrivals\":{\"process\":\"gamma\",\"rate\":2.5,\"burstiness\":0.5},\"objectives\":{\"ttft_ms\":200},"
        "\"warmup\":{\"prompt\":\"w\",\"max_tokens\":2,\"requests\":3,\"rule\":\"steady\"}");
    bench_protocol *p;
    sw_err err = {0};
    assert_int_equal(protocol_parse(&p, JSON, strlen(JSON), "p.json", NULL, &err), SW_OK);
    const protocol_settings *const s = &p->settings;
    assert_true(s->n_repeats == 3 && s->pause_s == 5 && s->concurrency == 4 && s->time_budget_s == 60);
    assert_true(s->modes == (1u << MODE_STREAM | 1u << MODE_COLD));
    assert_true(s->arrivals == ARRIVALS_GAMMA && s->rate == 2.5 && s->burstiness == 0.5);
    assert_true(s->slo_ttft_ms == 200 && isnan(s->slo_e2e_ms));
    assert_true(p->has_warmup && s->warmup_requests == 3 && s->warmup == WARMUP_STEADY);
    assert_string_equal(p->warmup.prompt, "w");
    protocol_free(p);
}

/* Writes a protocol with this prompt beside "long.txt" and loads it. */
static sw_code load_with(const char *prompt, bench_protocol **out, sw_err *err)
{
    char json[512];
    snprintf(json, sizeof json, "{\"version\":1,\"name\":\"n\",\"tests\":[{\"name\":\"a\",%s,\"max_tokens\":1}]}",
             prompt);
    temp_write(temp_file("long.txt").s, "a long text", 11);
    temp_write(temp_file("p.json").s, json, strlen(json));
    return protocol_load(out, temp_file("p.json").s, err);
}

static void test_prompts_come_from_files_and_fillers(void **state)
{
    (void)state;
    bench_protocol *p, *again, *longer;
    sw_err err = {0};
    assert_int_equal(load_with("\"prompt_file\":\"long.txt\",\"prompt\":\"Sum up.\"", &p, &err), SW_OK);
    assert_string_equal(p->tests[0].plan.prompt, "a long text\n\nSum up.");
    assert_null(strstr(p->json, "prompt_file"));
    assert_int_equal(protocol_parse(&again, p->json, strlen(p->json), "stored", NULL, &err), SW_OK);
    assert_string_equal(again->tests[0].plan.prompt, p->tests[0].plan.prompt);
    assert_string_equal(again->hash, p->hash);
    protocol_free(again);
    protocol_free(p);
    assert_int_equal(load_with("\"filler_tokens\":90,\"filler_seed\":3", &p, &err), SW_OK);
    assert_int_equal(load_with("\"filler_tokens\":900,\"filler_seed\":3", &longer, &err), SW_OK);
    assert_memory_equal(p->tests[0].plan.prompt, longer->tests[0].plan.prompt, strlen(p->tests[0].plan.prompt));
    assert_true(strlen(longer->tests[0].plan.prompt) > 9 * strlen(p->tests[0].plan.prompt));
    protocol_free(p);
    protocol_free(longer);
    static const char *const REFUSED[] = {"/etc/passwd", "../long.txt", "none.txt", "."};
    for (size_t i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++) {
        char prompt[128];
        snprintf(prompt, sizeof prompt, "\"prompt_file\":\"%s\"", REFUSED[i]);
        assert_int_not_equal(load_with(prompt, &p, &err), SW_OK);
        assert_non_null(strstr(err.msg, "prompt_file"));
    }
    assert_rejected(
        "{\"version\":1,\"name\":\"n\",\"tests\":[{\"name\":\"a\",\"prompt_file\":\"f\",\"max_tokens\":1}]}",
        "only for protocols that are read from a file");
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
        cmocka_unit_test(test_errors_name_the_line),
        cmocka_unit_test(test_settings_that_change_nothing_are_refused),
        cmocka_unit_test(test_settings_are_read),
        cmocka_unit_test(test_prompts_come_from_files_and_fillers),
        cmocka_unit_test(test_defaults_come_from_the_protocol),
        cmocka_unit_test(test_number_of_tests_is_limited),
        cmocka_unit_test(test_size_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
