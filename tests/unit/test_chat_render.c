/* Prompts: the published Harmony cases byte for byte, the standard conversation in every format, and text from outside
 * that never becomes a marker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "chat/chat.h"

enum { TEXT_MAX = 1 << 20, MESSAGES_MAX = 16, LINE_MAX_BYTES = 1 << 16, N_RENDER_CASES_WITHOUT_TOOLS = 3 };

static const char *const CONTROLS[] = {
    "<|start|>",           "<|end|>",           "<|message|>",  "<|channel|>",
    "<|constrain|>",       "<|return|>",        "<|call|>",     "<|user|>",
    "<|assistant|>",       "<|system|>",        "<|im_start|>", "<|im_end|>",
    "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>",   "<｜User｜>",
    "<｜Assistant｜>",
};
enum { N_CONTROLS = sizeof CONTROLS / sizeof *CONTROLS };

static vocabulary *demo_vocabulary(void)
{
    vocabulary *v;
    sw_err err;
    assert_int_equal(vocab_synthetic(&v, NULL, 0, CONTROLS, N_CONTROLS, &err), SW_OK);
    return v;
}

static void check_text(chat_format f, const sw_message *messages, size_t n, const chat_render_options *options,
                       const char *expected)
{
    vocabulary *const v = demo_vocabulary();
    sw_err err = {0};
    buf text;
    buf_init(&text, TEXT_MAX);
    if (chat_render_text(f, v, messages, n, options, &text, &err) != SW_OK)
        fail_msg("%s", err.msg);
    assert_string_equal(buf_str(&text), expected);
    buf_free(&text);
    vocab_free(v);
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static sw_role role_of(const char *name)
{
    if (strcmp(name, "user") == 0)
        return SW_ROLE_USER;
    return strcmp(name, "assistant") == 0 ? SW_ROLE_ASSISTANT : SW_ROLE_SYSTEM;
}

static sw_effort effort_of(const char *name)
{
    if (strcmp(name, "low") == 0)
        return SW_EFFORT_LOW;
    return strcmp(name, "high") == 0 ? SW_EFFORT_HIGH : SW_EFFORT_MEDIUM;
}

static void check_harmony_case(const json_t *test)
{
    sw_message messages[MESSAGES_MAX] = {{.role = SW_ROLE_USER}};
    const json_t *const list = json_object_get(test, "messages");
    const size_t n = json_array_size(list);
    assert_in_range(n, 1, MESSAGES_MAX);
    for (size_t i = 0; i < n; i++) {
        const json_t *const m = json_array_get(list, i);
        messages[i] = (sw_message){.role = role_of(text_of(m, "role")), .content = text_of(m, "content")};
    }
    const chat_render_options options = {.effort = effort_of(text_of(test, "effort")), .date = text_of(test, "date")};
    check_text(CHAT_HARMONY, messages, n, &options, text_of(test, "expected"));
}

/* Tools are not part of the interface yet; their cases are skipped. */
static void test_published_harmony_prompts_byte_for_byte(void **state)
{
    (void)state;
    static char line[LINE_MAX_BYTES];
    FILE *const f = fopen(SPILLWAY_TEST_DATA "/harmony/render.jsonl", "r");
    assert_non_null(f);
    int n_run = 0;
    while (fgets(line, sizeof line, f) != NULL) {
        json_t *const test = json_loads(line, 0, NULL);
        assert_non_null(test);
        if (json_array_size(json_object_get(test, "tools")) == 0) {
            check_harmony_case(test);
            n_run++;
        }
        json_decref(test);
    }
    fclose(f);
    assert_int_equal(n_run, N_RENDER_CASES_WITHOUT_TOOLS);
}

static const sw_message TALK[] = {
    {.role = SW_ROLE_SYSTEM, .content = "You are a helpful assistant"},
    {.role = SW_ROLE_USER, .content = "Hello"},
    {.role = SW_ROLE_ASSISTANT, .content = "Hi there", .reasoning = "They greet me."},
    {.role = SW_ROLE_USER, .content = "Who are you"},
};
static const chat_render_options DATED = {.date = "2025-06-28"};

static void test_standard_conversation_in_every_format(void **state)
{
    (void)state;
    check_text(
        CHAT_PHI3, TALK, 4, &DATED,
        "<|system|>\nYou are a helpful assistant<|end|>\n<|user|>\nHello<|end|>\n<|assistant|>\nHi there<|end|>\n"
        "<|user|>\nWho are you<|end|>\n<|assistant|>\n");
    check_text(CHAT_DEEPSEEK, TALK, 4, &DATED,
               "You are a helpful assistant\n\nUser: Hello\n\nAssistant: Hi thereUser: Who are you\n\nAssistant:");
    check_text(CHAT_DEEPSEEK_V3, TALK, 4, &DATED,
               "You are a helpful assistant<｜User｜>Hello<｜Assistant｜>Hi there<｜User｜>Who are you<｜Assistant｜>");
    check_text(CHAT_CHATML, TALK, 4, &DATED,
               "<|im_start|>system\nYou are a helpful assistant<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n"
               "<|im_start|>assistant\nHi there<|im_end|>\n<|im_start|>user\nWho are you<|im_end|>\n"
               "<|im_start|>assistant\n");
    check_text(CHAT_MISTRAL, TALK, 4, &DATED,
               "[INST] You are a helpful assistant\nHello [/INST]Hi there[INST] Who are you [/INST]");
    check_text(CHAT_LLAMA3, TALK, 4, &DATED,
               "<|start_header_id|>system<|end_header_id|>\n\nYou are a helpful assistant<|eot_id|>"
               "<|start_header_id|>user<|end_header_id|>\n\nHello<|eot_id|>"
               "<|start_header_id|>assistant<|end_header_id|>\n\nHi there<|eot_id|>"
               "<|start_header_id|>user<|end_header_id|>\n\nWho are you<|eot_id|>"
               "<|start_header_id|>assistant<|end_header_id|>\n\n");
    check_text(CHAT_PLAIN, TALK, 4, &DATED,
               "system: You are a helpful assistant\nuser: Hello\nassistant: Hi there\nuser: Who are you\nassistant:");
}

static void test_harmony_history_keeps_answers_and_drops_reasoning(void **state)
{
    (void)state;
    check_text(CHAT_HARMONY, TALK, 4, &DATED,
               "<|start|>system<|message|>You are ChatGPT, a large language model trained by OpenAI.\n"
               "Knowledge cutoff: 2024-06\nCurrent date: 2025-06-28\n\nReasoning: medium\n\n"
               "# Valid channels: analysis, commentary, final. Channel must be included for every message.<|end|>"
               "<|start|>developer<|message|># Instructions\n\nYou are a helpful assistant<|end|>"
               "<|start|>user<|message|>Hello<|end|>"
               "<|start|>assistant<|channel|>final<|message|>Hi there<|end|>"
               "<|start|>user<|message|>Who are you<|end|><|start|>assistant");
}

static void check_date(const chat_render_options *options, const char *line)
{
    vocabulary *const v = demo_vocabulary();
    sw_err err = {0};
    buf text;
    buf_init(&text, TEXT_MAX);
    assert_int_equal(chat_render_text(CHAT_HARMONY, v, TALK, 4, options, &text, &err), SW_OK);
    assert_non_null(strstr(buf_str(&text), line));
    buf_free(&text);
    vocab_free(v);
}

static void test_a_request_without_a_date_gets_the_day_of_the_clock(void **state)
{
    (void)state;
    fake_clock clock;
    fake_clock_init(&clock);
    check_date(&(chat_render_options){.clock = &clock.clock}, "\nCurrent date: 2026-01-01\n");
    fake_clock_advance(&clock, (uint64_t)(24 * 3600 - 1) * 1000000000u);
    check_date(&(chat_render_options){.clock = &clock.clock}, "\nCurrent date: 2026-01-01\n");
    fake_clock_advance(&clock, 1000000000u);
    check_date(&(chat_render_options){.clock = &clock.clock}, "\nCurrent date: 2026-01-02\n");
    check_date(&(chat_render_options){.date = "2025-06-28", .clock = &clock.clock}, "\nCurrent date: 2025-06-28\n");
}

static void test_thinking_in_past_answers_is_cut(void **state)
{
    (void)state;
    static const sw_message MESSAGES[] = {{.role = SW_ROLE_USER, .content = "a"},
                                          {.role = SW_ROLE_ASSISTANT, .content = "<think>\nhm\n</think>\n\nb"}};
    check_text(CHAT_CHATML, MESSAGES, 2, &DATED,
               "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n<|im_start|>assistant\n");
}

static void test_llama3_trims_contents(void **state)
{
    (void)state;
    static const sw_message MESSAGES[] = {{.role = SW_ROLE_USER, .content = " \n a b \t"}};
    check_text(CHAT_LLAMA3, MESSAGES, 1, &DATED,
               "<|start_header_id|>user<|end_header_id|>\n\na b<|eot_id|>"
               "<|start_header_id|>assistant<|end_header_id|>\n\n");
}

static size_t count_controls(const vocabulary *v, const token_list *ids)
{
    size_t n = 0;
    for (size_t i = 0; i < ids->n; i++)
        n += vocab_type(v, ids->ids[i]) == TOKEN_CONTROL;
    return n;
}

static void test_messages_cannot_contain_a_control_token(void **state)
{
    (void)state;
    vocabulary *const v = demo_vocabulary();
    for (chat_format f = CHAT_PLAIN; f <= CHAT_LLAMA3; f++) {
        size_t n_expected = 0;
        for (int i = -1; i < (int)N_CONTROLS; i++) {
            const sw_message message = {.role = SW_ROLE_USER, .content = i < 0 ? "harmless" : CONTROLS[i]};
            token_list ids = {0};
            sw_err err;
            assert_int_equal(chat_render(f, v, &message, 1, &DATED, &ids, &err), SW_OK);
            const size_t n = count_controls(v, &ids);
            if (i < 0)
                n_expected = n;
            assert_int_equal(n, n_expected);
            token_list_clear(&ids);
        }
    }
    vocab_free(v);
}

static void check_refused(chat_format f, const sw_message *messages, size_t n, const char *what)
{
    vocabulary *const v = demo_vocabulary();
    sw_err err = {0};
    token_list ids = {0};
    assert_int_equal(chat_render(f, v, messages, n, &DATED, &ids, &err), SW_EINVAL);
    if (strstr(err.msg, what) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.msg, what);
    assert_int_equal(ids.n, 0);
    token_list_clear(&ids);
    vocab_free(v);
}

static void test_wrong_conversations_are_refused_by_message(void **state)
{
    (void)state;
    static const sw_message NO_CONTENT[] = {{.role = SW_ROLE_USER, .content = "a"},
                                            {.role = SW_ROLE_ASSISTANT, .content = NULL}};
    static const sw_message TOOL[] = {{.role = SW_ROLE_TOOL, .content = "a"}};
    static const sw_message TWO_USERS[] = {{.role = SW_ROLE_USER, .content = "a"},
                                           {.role = SW_ROLE_USER, .content = "b"}};
    check_refused(CHAT_CHATML, NULL, 0, "messages");
    check_refused(CHAT_CHATML, NO_CONTENT, 2, "messages[1]");
    check_refused(CHAT_HARMONY, TOOL, 1, "messages[0]");
    check_refused(CHAT_MISTRAL, TWO_USERS, 2, "messages[1]");
    check_refused(CHAT_MISTRAL, TALK, 3, "user message at the end");
}

static void test_conversations_beyond_the_limit_are_refused(void **state)
{
    (void)state;
    char *const half = mem_alloc(LIMIT_PROMPT_BYTES / 2 + 1);
    assert_non_null(half);
    memset(half, 'x', LIMIT_PROMPT_BYTES / 2);
    half[LIMIT_PROMPT_BYTES / 2] = '\0';
    const sw_message messages[] = {{.role = SW_ROLE_USER, .content = half}, {.role = SW_ROLE_USER, .content = half}};
    vocabulary *const v = demo_vocabulary();
    sw_err err = {0};
    token_list ids = {0};
    // Together with the role names this is just too long.
    assert_int_equal(chat_render(CHAT_PLAIN, v, messages, 2, &DATED, &ids, &err), SW_ELIMIT);
    assert_int_equal(ids.n, 0);
    token_list_clear(&ids);
    vocab_free(v);
    mem_free(half);
}

static void test_lists_of_messages_beyond_the_limit_are_refused(void **state)
{
    (void)state;
    static sw_message messages[LIMIT_MESSAGES + 1];
    for (size_t i = 0; i <= LIMIT_MESSAGES; i++)
        messages[i] = (sw_message){.role = SW_ROLE_USER, .content = "a"};
    vocabulary *const v = demo_vocabulary();
    sw_err err = {0};
    token_list ids = {0};
    assert_int_equal(chat_render(CHAT_PLAIN, v, messages, LIMIT_MESSAGES, &DATED, &ids, &err), SW_OK);
    assert_int_equal(chat_render(CHAT_PLAIN, v, messages, LIMIT_MESSAGES + 1, &DATED, &ids, &err), SW_ELIMIT);
    token_list_clear(&ids);
    vocab_free(v);
}

static void check_detected(const char *jinja, const vocabulary *v, chat_format expected)
{
    const char *note;
    const chat_format f = chat_detect((chat_source){.jinja_template = {jinja, strlen(jinja)}}, v, &note);
    if (f != expected)
        fail_msg("%s: %s", jinja, chat_format_name(f));
    if ((note != NULL) != (f == CHAT_PLAIN))
        fail_msg("%s: note '%s'", jinja, note != NULL ? note : "none");
}

/* The architecture and the vocabulary leave no doubt. */
static void test_gpt_oss_speaks_harmony_without_a_template(void **state)
{
    (void)state;
    static const str_view GPT_OSS = {"gpt-oss", 7}, LLAMA = {"llama", 5}, UNKNOWN = {"### Instruction:", 16};
    vocabulary *const v = demo_vocabulary();
    vocabulary *bare;
    const char *note;
    sw_err err;
    assert_int_equal(chat_detect((chat_source){.arch = GPT_OSS}, v, &note), CHAT_HARMONY);
    assert_null(note);
    assert_int_equal(chat_detect((chat_source){.arch = GPT_OSS, .jinja_template = UNKNOWN}, v, &note), CHAT_HARMONY);
    assert_non_null(strstr(note, "Harmony"));
    assert_int_equal(chat_detect((chat_source){.arch = LLAMA}, v, &note), CHAT_PLAIN);
    assert_non_null(strstr(note, "no chat template"));
    assert_int_equal(vocab_synthetic(&bare, NULL, 0, CONTROLS, 2, &err), SW_OK);
    assert_int_equal(chat_detect((chat_source){.arch = GPT_OSS}, bare, &note), CHAT_PLAIN);
    assert_non_null(note);
    assert_int_equal(chat_detect((chat_source){.arch = GPT_OSS}, NULL, NULL), CHAT_PLAIN);
    vocab_free(bare);
    vocab_free(v);
}

static void test_format_is_detected_from_the_template(void **state)
{
    (void)state;
    vocabulary *const v = demo_vocabulary();
    check_detected("<|start|>{{ role }}<|channel|>", v, CHAT_HARMONY);
    check_detected("<|im_start|>{{ role }}", v, CHAT_CHATML);
    check_detected("<|im_start|>{{ role }}<|im_sep|>", v, CHAT_PLAIN);
    check_detected("<|assistant|>{{ x }}<|end|>", v, CHAT_PHI3);
    check_detected("<|start_header_id|>{{ role }}<|end_header_id|>", v, CHAT_LLAMA3);
    check_detected("### Instruction:", v, CHAT_PLAIN);
    check_detected("", v, CHAT_PLAIN);
    // An end-of-sequence token is what these need, and this vocabulary has none.
    check_detected("{{ 'Assistant: ' + message['content'] + eos_token }}", v, CHAT_PLAIN);
    check_detected("[INST]", v, CHAT_PLAIN);
    vocab_free(v);
}

static void test_format_without_its_markers_in_the_vocabulary_is_plain(void **state)
{
    (void)state;
    vocabulary *v;
    sw_err err;
    assert_int_equal(vocab_synthetic(&v, NULL, 0, CONTROLS, 2, &err), SW_OK);
    check_detected("<|start|>{{ role }}<|channel|>", v, CHAT_PLAIN);
    check_detected("<|im_start|>{{ role }}", v, CHAT_PLAIN);
    vocab_free(v);
}

/* ---- with real vocabularies ---- */

static vocabulary *load(const char *path, chat_format *detected)
{
    gguf_file *g;
    vocabulary *v;
    str_view jinja;
    sw_err err;
    assert_int_equal(gguf_open(&g, path, &err), SW_OK);
    assert_int_equal(vocab_from_gguf(&v, g, &err), SW_OK);
    assert_int_equal(gguf_str(g, "tokenizer.chat_template", &jinja, &err), SW_OK);
    *detected = chat_detect((chat_source){.jinja_template = jinja}, v, NULL);
    gguf_close(g);
    return v;
}

/* The prompt is what encoding the rendered template with special parsing on would give. */
static void check_as_encoded(const vocabulary *v, chat_format f, const char *text)
{
    token_list rendered = {0}, encoded = {0};
    sw_err err;
    assert_int_equal(chat_render(f, v, TALK, 4, &DATED, &rendered, &err), SW_OK);
    assert_int_equal(vocab_encode(v, text, strlen(text), false, true, &encoded, &err), SW_OK);
    assert_int_equal(rendered.n, encoded.n);
    assert_memory_equal(rendered.ids, encoded.ids, encoded.n * sizeof *encoded.ids);
    token_list_clear(&rendered);
    token_list_clear(&encoded);
}

static void test_phi3_prompt_has_the_ids_of_its_template(void **state)
{
    (void)state;
    chat_format f;
    vocabulary *const v = load(SPILLWAY_TEST_DATA "/tokenizer/ggml-vocab-phi-3.gguf", &f);
    assert_int_equal(f, CHAT_PHI3);
    check_as_encoded(v, f,
                     "<s><|system|>\nYou are a helpful assistant<|end|>\n<|user|>\nHello<|end|>\n<|assistant|>\n"
                     "Hi there<|end|>\n<|user|>\nWho are you<|end|>\n<|assistant|>\n");
    vocab_free(v);
}

static void test_deepseek_prompt_has_the_ids_of_its_template(void **state)
{
    (void)state;
    chat_format f;
    vocabulary *const v = load(SPILLWAY_TEST_DATA "/tokenizer/ggml-vocab-deepseek-llm.gguf", &f);
    check_as_encoded(v, CHAT_DEEPSEEK,
                     "<｜begin▁of▁sentence｜>You are a helpful assistant\n\nUser: Hello\n\nAssistant: Hi there"
                     "<｜end▁of▁sentence｜>User: Who are you\n\nAssistant:");
    vocab_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_harmony_prompts_byte_for_byte),
        cmocka_unit_test(test_standard_conversation_in_every_format),
        cmocka_unit_test(test_harmony_history_keeps_answers_and_drops_reasoning),
        cmocka_unit_test(test_a_request_without_a_date_gets_the_day_of_the_clock),
        cmocka_unit_test(test_thinking_in_past_answers_is_cut),
        cmocka_unit_test(test_llama3_trims_contents),
        cmocka_unit_test(test_messages_cannot_contain_a_control_token),
        cmocka_unit_test(test_wrong_conversations_are_refused_by_message),
        cmocka_unit_test(test_conversations_beyond_the_limit_are_refused),
        cmocka_unit_test(test_lists_of_messages_beyond_the_limit_are_refused),
        cmocka_unit_test(test_format_is_detected_from_the_template),
        cmocka_unit_test(test_gpt_oss_speaks_harmony_without_a_template),
        cmocka_unit_test(test_format_without_its_markers_in_the_vocabulary_is_plain),
        cmocka_unit_test(test_phi3_prompt_has_the_ids_of_its_template),
        cmocka_unit_test(test_deepseek_prompt_has_the_ids_of_its_template),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
