/* Histories with calls of tools: the exact prompt in every format that has a form for them, and a refusal by name in
 * the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/limits.h"
#include "chat/chat.h"
#include "support/gguf_case.h"

enum { TEXT_MAX = 1 << 20, MESSAGES_MAX = 16, CALLS_MAX = 4, LINE_MAX_BYTES = 1 << 16 };

static const char *const CONTROLS[] = {
    "<|start|>",
    "<|end|>",
    "<|message|>",
    "<|channel|>",
    "<|constrain|>",
    "<|return|>",
    "<|call|>",
    "<|im_start|>",
    "<|im_end|>",
    "<think>",
    "</think>",
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
    "<｜User｜>",
    "<｜Assistant｜>",
    "<｜tool▁calls▁begin｜>",
    "<｜tool▁calls▁end｜>",
    "<｜tool▁call▁begin｜>",
    "<｜tool▁call▁end｜>",
    "<｜tool▁sep｜>",
    "<｜tool▁outputs▁begin｜>",
    "<｜tool▁outputs▁end｜>",
    "<｜tool▁output▁begin｜>",
    "<｜tool▁output▁end｜>",
};
enum { N_CONTROLS = sizeof CONTROLS / sizeof *CONTROLS, N_WITHOUT_TAGS = 9 };

static const chat_render_options DATED = {.date = "2025-06-28"};

/* With the first n_controls of the markers. */
static vocabulary *vocabulary_with(size_t n_controls)
{
    vocabulary *v;
    sw_err err;
    assert_int_equal(vocab_synthetic(&v, NULL, 0, CONTROLS, n_controls, &err), SW_OK);
    return v;
}

/* The prompt, or the error's message after "error: ". */
static void render(buf *out, chat_format f, size_t n_controls, const sw_message *messages, size_t n)
{
    vocabulary *const v = vocabulary_with(n_controls);
    sw_err err = {0};
    buf_init(out, TEXT_MAX);
    if (chat_render_text(f, v, messages, n, &DATED, out, &err) != SW_OK)
        buf_printf(out, "error: %s", err.msg);
    vocab_free(v);
}

static void check_text(chat_format f, size_t n_controls, const sw_message *messages, size_t n, const char *expected)
{
    buf text;
    render(&text, f, n_controls, messages, n);
    const char *shown = buf_str(&text);
    if (f == CHAT_HARMONY) { // the system message is not the subject here
        shown = strstr(shown, "<|end|>");
        assert_non_null(shown);
        shown += strlen("<|end|>");
    }
    assert_string_equal(shown, expected);
    buf_free(&text);
}

#define CHECK(format, messages, expected)                                                                              \
    check_text(format, N_CONTROLS, messages, sizeof(messages) / sizeof *(messages), expected)

/* ---- Harmony: the published cases ---- */

static sw_role role_of(const char *name)
{
    static const char *const NAMES[] = {"system", "user", "assistant", "tool"};
    for (int i = 0; i < 4; i++) {
        if (strcmp(name, NAMES[i]) == 0)
            return (sw_role)i;
    }
    fail_msg("role %s", name);
    return SW_ROLE_SYSTEM;
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static size_t read_calls(const json_t *list, sw_tool_call *calls)
{
    const size_t n = json_array_size(list);
    assert_in_range(n, 0, CALLS_MAX);
    for (size_t k = 0; k < n; k++) {
        const json_t *const call = json_array_get(list, k), *const function = json_object_get(call, "function");
        calls[k] = (sw_tool_call){text_of(call, "id"), text_of(function, "name"), text_of(function, "arguments")};
    }
    return n;
}

/* Everything after the first user message's marker: what is before it declares tools, which requests cannot carry. */
static void check_history(const json_t *test)
{
    static const char USER[] = "<|start|>user";
    sw_message messages[MESSAGES_MAX];
    sw_tool_call calls[MESSAGES_MAX][CALLS_MAX];
    const json_t *const list = json_object_get(test, "messages");
    const size_t n = json_array_size(list);
    assert_in_range(n, 1, MESSAGES_MAX);
    for (size_t i = 0; i < n; i++) {
        const json_t *const m = json_array_get(list, i);
        messages[i] = (sw_message){.role = role_of(text_of(m, "role")),
                                   .content = text_of(m, "content"),
                                   .reasoning = text_of(m, "reasoning_content"),
                                   .tool_calls = calls[i],
                                   .n_tool_calls = read_calls(json_object_get(m, "tool_calls"), calls[i]),
                                   .tool_call_id = text_of(m, "tool_call_id")};
    }
    buf text;
    render(&text, CHAT_HARMONY, N_CONTROLS, messages, n);
    const char *const shown = strstr(buf_str(&text), USER);
    assert_non_null(shown);
    assert_string_equal(shown, strstr(text_of(test, "expected"), USER));
    buf_free(&text);
}

/* A case with parallel calls has its results after all of them; there the format's guide counts, see the next test. */
static bool has_parallel_calls(const json_t *test)
{
    size_t i;
    const json_t *m;
    json_array_foreach(json_object_get(test, "messages"), i, m)
    {
        if (json_array_size(json_object_get(m, "tool_calls")) > 1)
            return true;
    }
    return false;
}

static void test_published_harmony_histories(void **state)
{
    (void)state;
    static char line[LINE_MAX_BYTES];
    FILE *const f = fopen(SPILLWAY_TEST_DATA "/harmony/render.jsonl", "r");
    assert_non_null(f);
    int n_run = 0, n_skipped = 0;
    while (fgets(line, sizeof line, f) != NULL) {
        json_t *const test = json_loads(line, 0, NULL);
        assert_non_null(test);
        if (has_parallel_calls(test)) {
            n_skipped++;
        } else {
            check_history(test);
            n_run++;
        }
        json_decref(test);
    }
    fclose(f);
    assert_int_equal(n_run, 10);
    assert_int_equal(n_skipped, 1);
}

/* ---- one conversation in every format ---- */

static const sw_tool_call TOKYO = {"c1", "get_weather", "{\"location\": \"Tokyo\"}"};
static const sw_message WEATHER[] = {
    {.role = SW_ROLE_USER, .content = "Weather in Tokyo?"},
    {.role = SW_ROLE_ASSISTANT, .content = "", .reasoning = "\nHm.\n", .tool_calls = &TOKYO, .n_tool_calls = 1},
    {.role = SW_ROLE_TOOL, .content = "{\"temp\": 20}", .tool_call_id = "c1"},
};

static const sw_tool_call TWO[] = {{"c1", "f", "{}"}, {"c2", "g", "{\"x\":1}"}};
static const sw_message PARALLEL[] = {
    {.role = SW_ROLE_USER, .content = "a"},
    {.role = SW_ROLE_ASSISTANT, .content = "Look.", .reasoning = "Old.", .tool_calls = TWO, .n_tool_calls = 2},
    {.role = SW_ROLE_TOOL, .content = "2", .tool_call_id = "c2"},
    {.role = SW_ROLE_TOOL, .content = "1", .tool_call_id = "c1"},
    {.role = SW_ROLE_ASSISTANT, .content = "Done."},
    {.role = SW_ROLE_USER, .content = "b"},
};

/* One call at a time, each followed by its result; reasoning of a turn with an answer is left out. */
static void test_harmony(void **state)
{
    (void)state;
    CHECK(CHAT_HARMONY, WEATHER,
          "<|start|>user<|message|>Weather in Tokyo?<|end|>"
          "<|start|>assistant<|channel|>analysis<|message|>\nHm.\n<|end|>"
          "<|start|>assistant to=functions.get_weather<|channel|>commentary <|constrain|>json<|message|>"
          "{\"location\": \"Tokyo\"}<|call|>"
          "<|start|>functions.get_weather to=assistant<|channel|>commentary<|message|>{\"temp\": 20}<|end|>"
          "<|start|>assistant");
    CHECK(CHAT_HARMONY, PARALLEL,
          "<|start|>user<|message|>a<|end|>"
          "<|start|>assistant<|channel|>commentary<|message|>Look.<|end|>"
          "<|start|>assistant to=functions.f<|channel|>commentary <|constrain|>json<|message|>{}<|call|>"
          "<|start|>functions.f to=assistant<|channel|>commentary<|message|>1<|end|>"
          "<|start|>assistant to=functions.g<|channel|>commentary <|constrain|>json<|message|>{\"x\":1}<|call|>"
          "<|start|>functions.g to=assistant<|channel|>commentary<|message|>2<|end|>"
          "<|start|>assistant<|channel|>final<|message|>Done.<|end|>"
          "<|start|>user<|message|>b<|end|><|start|>assistant");
}

/* Results that follow each other are one message of the user; reasoning before the last question is left out. */
static void test_chatml(void **state)
{
    (void)state;
    CHECK(CHAT_CHATML, WEATHER,
          "<|im_start|>user\nWeather in Tokyo?<|im_end|>\n"
          "<|im_start|>assistant\n<think>\nHm.\n</think>\n\n"
          "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"location\": \"Tokyo\"}}\n</tool_call><|im_end|>\n"
          "<|im_start|>user\n<tool_response>\n{\"temp\": 20}\n</tool_response><|im_end|>\n"
          "<|im_start|>assistant\n");
    CHECK(CHAT_CHATML, PARALLEL,
          "<|im_start|>user\na<|im_end|>\n"
          "<|im_start|>assistant\nLook.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>\n"
          "<tool_call>\n{\"name\": \"g\", \"arguments\": {\"x\":1}}\n</tool_call><|im_end|>\n"
          "<|im_start|>user\n<tool_response>\n2\n</tool_response>\n<tool_response>\n1\n</tool_response><|im_end|>\n"
          "<|im_start|>assistant\nDone.<|im_end|>\n<|im_start|>user\nb<|im_end|>\n<|im_start|>assistant\n");
}

/* Without the tags as tokens they are text, and a model without <think> does not think. */
static void test_chatml_without_tokens_for_the_tags(void **state)
{
    (void)state;
    check_text(CHAT_CHATML, N_WITHOUT_TAGS, WEATHER, 3,
               "<|im_start|>user\nWeather in Tokyo?<|im_end|>\n"
               "<|im_start|>assistant\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"location\": "
               "\"Tokyo\"}}\n</tool_call><|im_end|>\n"
               "<|im_start|>user\n<tool_response>\n{\"temp\": 20}\n</tool_response><|im_end|>\n"
               "<|im_start|>assistant\n");
}

static void test_deepseek(void **state)
{
    (void)state;
    CHECK(CHAT_DEEPSEEK_V3, WEATHER,
          "<｜User｜>Weather in Tokyo?<｜Assistant｜>"
          "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{\"location\": "
          "\"Tokyo\"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
          "<｜tool▁outputs▁begin｜><｜tool▁output▁begin｜>{\"temp\": 20}<｜tool▁output▁end｜><｜tool▁outputs▁end｜>");
    CHECK(CHAT_DEEPSEEK_V3, PARALLEL,
          "<｜User｜>a<｜Assistant｜>Look."
          "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{}\n```<｜tool▁call▁end｜>\n"
          "<｜tool▁call▁begin｜>function<｜tool▁sep｜>g\n```json\n{\"x\":1}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
          "<｜tool▁outputs▁begin｜><｜tool▁output▁begin｜>2<｜tool▁output▁end｜>\n"
          "<｜tool▁output▁begin｜>1<｜tool▁output▁end｜><｜tool▁outputs▁end｜>"
          "Done.<｜User｜>b<｜Assistant｜>");
    CHECK(CHAT_DEEPSEEK_V31, WEATHER,
          "<｜User｜>Weather in Tokyo?<｜Assistant｜>"
          "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{\"location\": \"Tokyo\"}"
          "<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
          "<｜tool▁output▁begin｜>{\"temp\": 20}<｜tool▁output▁end｜>");
    CHECK(CHAT_DEEPSEEK_V31, PARALLEL,
          "<｜User｜>a<｜Assistant｜>Look."
          "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{}<｜tool▁call▁end｜>"
          "<｜tool▁call▁begin｜>g<｜tool▁sep｜>{\"x\":1}<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
          "<｜tool▁output▁begin｜>2<｜tool▁output▁end｜><｜tool▁output▁begin｜>1<｜tool▁output▁end｜>"
          "Done.<｜User｜>b<｜Assistant｜>");
}

static void check_refused(chat_format f, const sw_message *messages, size_t n, const char *const *words)
{
    buf text;
    render(&text, f, N_CONTROLS, messages, n);
    assert_memory_equal(buf_str(&text), "error: ", 7);
    for (; *words != NULL; words++) {
        if (strstr(buf_str(&text), *words) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", buf_str(&text), *words);
    }
    buf_free(&text);
}

static void test_other_formats_refuse_calls_and_results_by_name(void **state)
{
    (void)state;
    static const chat_format FORMATS[] = {CHAT_PLAIN,      CHAT_PHI3,    CHAT_DEEPSEEK,
                                          CHAT_CHATML_XML, CHAT_MISTRAL, CHAT_LLAMA3};
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++) {
        const char *const name = chat_format_name(FORMATS[i]);
        assert_false(chat_writes_tools(FORMATS[i]));
        check_refused(FORMATS[i], WEATHER, 3, (const char *const[]){"messages[1]", "call of a tool", name, NULL});
        check_refused(FORMATS[i], &WEATHER[2], 1, (const char *const[]){"messages[0]", "result of a tool", name, NULL});
    }
}

/* ---- whose result it is ---- */

static void check_harmony_names(const sw_message *messages, size_t n, const char *expected)
{
    buf text, names;
    render(&text, CHAT_HARMONY, N_CONTROLS, messages, n);
    buf_init(&names, TEXT_MAX);
    const char *p = buf_str(&text);
    for (; (p = strstr(p, "functions.")) != NULL; p++) {
        const size_t length = strcspn(p + strlen("functions."), " <");
        buf_append(&names, p + strlen("functions."), length);
        buf_putc(&names, ' ');
    }
    assert_string_equal(buf_str(&names), expected);
    buf_free(&names);
    buf_free(&text);
}

static void test_a_result_finds_its_call(void **state)
{
    (void)state;
    const sw_tool_call calls[] = {{NULL, "f", "{}"}, {NULL, "g", "{}"}};
    sw_message m[] = {{.role = SW_ROLE_ASSISTANT, .content = "", .tool_calls = calls, .n_tool_calls = 2},
                      {.role = SW_ROLE_TOOL, .content = "1"},
                      {.role = SW_ROLE_TOOL, .content = "2"},
                      {.role = SW_ROLE_TOOL, .content = "3", .name = "h"}};
    check_harmony_names(m, 3, "f f g g ");   // by place
    check_harmony_names(m, 4, "f f g g h "); // a result without a call that it fits
    m[1].name = "g";
    m[2].name = "f";
    check_harmony_names(m, 3, "f f g g "); // by name
    m[1].tool_call_id = "c9";
    check_harmony_names(m, 3, "f f g g "); // an unknown id: the name counts
    const sw_message orphan[] = {{.role = SW_ROLE_USER, .content = "a"},
                                 {.role = SW_ROLE_TOOL, .content = "1", .tool_call_id = "c1", .name = "f"}};
    check_harmony_names(orphan, 2, "f ");
}

static void test_a_result_of_an_unknown_call_is_refused_where_the_format_needs_its_name(void **state)
{
    (void)state;
    static const char *const WORDS[] = {"messages[1]", "tool_call_id", "name", NULL};
    static const sw_message MESSAGES[] = {{.role = SW_ROLE_USER, .content = "a"},
                                          {.role = SW_ROLE_TOOL, .content = "1", .tool_call_id = "c1"}};
    check_refused(CHAT_HARMONY, MESSAGES, 2, WORDS);
    CHECK(CHAT_CHATML, MESSAGES,
          "<|im_start|>user\na<|im_end|>\n<|im_start|>user\n<tool_response>\n1\n</tool_response><|im_end|>\n"
          "<|im_start|>assistant\n");
}

/* ---- reasoning ---- */

static void test_harmony_keeps_reasoning_until_the_answer(void **state)
{
    (void)state;
    static const sw_message MESSAGES[] = {
        {.role = SW_ROLE_ASSISTANT, .content = "", .reasoning = "Old.", .tool_calls = TWO, .n_tool_calls = 1},
        {.role = SW_ROLE_TOOL, .content = "1", .tool_call_id = "c1"},
        {.role = SW_ROLE_ASSISTANT, .content = "A.", .reasoning = "Old."},
        {.role = SW_ROLE_USER, .content = "b"},
        {.role = SW_ROLE_ASSISTANT, .content = "", .reasoning = "New.", .tool_calls = TWO, .n_tool_calls = 1},
        {.role = SW_ROLE_TOOL, .content = "1", .tool_call_id = "c1"},
        {.role = SW_ROLE_USER, .content = "Go on."},
    };
    buf text;
    render(&text, CHAT_HARMONY, N_CONTROLS, MESSAGES, 7);
    assert_null(strstr(buf_str(&text), "Old."));
    assert_non_null(strstr(buf_str(&text), "<|channel|>analysis<|message|>New.<|end|>"));
    buf_free(&text);
}

/* A client that leaves reasoning inside the content; and a result that it writes itself is no question. */
static void test_chatml_finds_reasoning_in_the_content(void **state)
{
    (void)state;
    static const sw_message MESSAGES[] = {
        {.role = SW_ROLE_USER, .content = "a"},
        {.role = SW_ROLE_ASSISTANT,
         .content = "<think>\nHm.\n</think>\n\nCalling.",
         .tool_calls = TWO,
         .n_tool_calls = 1},
        {.role = SW_ROLE_USER, .content = "<tool_response>\n1\n</tool_response>"},
    };
    check_text(CHAT_CHATML, N_CONTROLS, MESSAGES, 2,
               "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n<think>\nHm.\n</think>\n\nCalling.\n"
               "<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call><|im_end|>\n<|im_start|>assistant\n");
    CHECK(CHAT_CHATML, MESSAGES,
          "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n<think>\nHm.\n</think>\n\nCalling.\n"
          "<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call><|im_end|>\n"
          "<|im_start|>user\n<tool_response>\n1\n</tool_response><|im_end|>\n<|im_start|>assistant\n");
}

/* ---- text from outside ---- */

static size_t count_controls(chat_format f, const char *text)
{
    const sw_tool_call call = {text, "f", text};
    const sw_message m[] = {
        {.role = SW_ROLE_ASSISTANT, .content = text, .reasoning = text, .tool_calls = &call, .n_tool_calls = 1},
        {.role = SW_ROLE_TOOL, .content = text, .tool_call_id = text}};
    vocabulary *const v = vocabulary_with(N_CONTROLS);
    token_list ids = {0};
    sw_err err;
    size_t n = 0;
    assert_int_equal(chat_render(f, v, m, 2, &DATED, &ids, &err), SW_OK);
    for (size_t i = 0; i < ids.n; i++)
        n += vocab_type(v, ids.ids[i]) == TOKEN_CONTROL;
    token_list_clear(&ids);
    vocab_free(v);
    return n;
}

static void test_calls_and_results_cannot_contain_a_control_token(void **state)
{
    (void)state;
    static const chat_format FORMATS[] = {CHAT_HARMONY, CHAT_CHATML, CHAT_DEEPSEEK_V3, CHAT_DEEPSEEK_V31};
    for (size_t f = 0; f < sizeof FORMATS / sizeof *FORMATS; f++) {
        const size_t n_expected = count_controls(FORMATS[f], "harmless");
        for (size_t i = 0; i < N_CONTROLS; i++)
            assert_int_equal(count_controls(FORMATS[f], CONTROLS[i]), n_expected);
    }
}

/* ---- which form a template writes ---- */

/* A vocabulary from a file, since only such have an end token. */
static vocabulary *vocabulary_with_end(void)
{
    static const char *const TOKENS[] = {"a", "<eos>", "<|im_start|>", "<|im_end|>", "<｜User｜>", "<｜Assistant｜>"};
    static const int32_t TYPES[] = {1, 3, 3, 3, 3, 3};
    gguf_builder *const b = &gguf_built;
    builder_str(b, "tokenizer.ggml.model", "gpt2");
    builder_str(b, "tokenizer.ggml.pre", "gpt-2");
    builder_strings(b, "tokenizer.ggml.tokens", TOKENS, 6);
    builder_array(b, "tokenizer.ggml.token_type", GGUF_I32, 6, TYPES, sizeof TYPES);
    builder_strings(b, "tokenizer.ggml.merges", NULL, 0);
    builder_u32(b, "tokenizer.ggml.eos_token_id", 1);
    gguf_file *const g = gguf_opened(b);
    vocabulary *v;
    sw_err err = {0};
    if (vocab_from_gguf(&v, g, &err) != SW_OK)
        fail_msg("%s", err.msg);
    gguf_close(g);
    return v;
}

static void test_the_template_says_how_calls_are_written(void **state)
{
    (void)state;
    static const struct {
        const char *jinja;
        chat_format format;
    } CASES[] = {
        {"<|im_start|>{{ role }}", CHAT_CHATML},
        {"<|im_start|>{{ role }}<tool_call>\n{\"name\": ", CHAT_CHATML},
        {"<|im_start|>{{ role }}<tool_call>\n<function={{ name }}>", CHAT_CHATML_XML},
        {"<｜User｜>{{ text }}<｜Assistant｜>{{ text }}<｜end▁of▁sentence｜>", CHAT_DEEPSEEK_V3},
        {"<｜User｜><｜Assistant｜><｜tool▁sep｜>{{ name }}\n```json<｜end▁of▁sentence｜>", CHAT_DEEPSEEK_V3},
        {"<｜User｜><｜Assistant｜>{{ name }}<｜tool▁sep｜><｜end▁of▁sentence｜>", CHAT_DEEPSEEK_V31},
    };
    vocabulary *const v = vocabulary_with_end();
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const str_view jinja = {CASES[i].jinja, strlen(CASES[i].jinja)};
        const char *note;
        assert_string_equal(chat_format_name(chat_detect((chat_source){.jinja_template = jinja}, v, &note)),
                            chat_format_name(CASES[i].format));
        assert_null(note);
    }
    vocab_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_harmony_histories),
        cmocka_unit_test(test_harmony),
        cmocka_unit_test(test_chatml),
        cmocka_unit_test(test_chatml_without_tokens_for_the_tags),
        cmocka_unit_test(test_deepseek),
        cmocka_unit_test(test_other_formats_refuse_calls_and_results_by_name),
        cmocka_unit_test(test_a_result_finds_its_call),
        cmocka_unit_test(test_a_result_of_an_unknown_call_is_refused_where_the_format_needs_its_name),
        cmocka_unit_test(test_harmony_keeps_reasoning_until_the_answer),
        cmocka_unit_test(test_chatml_finds_reasoning_in_the_content),
        cmocka_unit_test(test_calls_and_results_cannot_contain_a_control_token),
        cmocka_unit_test_setup_teardown(test_the_template_says_how_calls_are_written, gguf_case_begin, gguf_case_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
