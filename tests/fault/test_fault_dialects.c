/* Every family, while each allocation fails once: a body is read or refused for lack of memory, an answer is written
 * whole or not at all, and nothing leaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dialects/anthropic.h"
#include "dialects/generation_fields.h"
#include "dialects/llama_completion.h"
#include "dialects/llama_tokens.h"
#include "dialects/ollama.h"
#include "dialects/openai_chat.h"
#include "dialects/openai_completion.h"
#include "dialects/shimmy.h"
#include "support/event_lines.h"
#include "support/faults.h"

#define HISTORY(thinking)                                                                                              \
    "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Is it "                                             \
    "\"},{\"type\":\"text\",\"text\":\"late?\"}]}," thinking

static const struct {
    const dialect *family;
    const char *body;
} CASES[] = {
    {&OPENAI_CHAT, "{\"messages\":[" HISTORY(
                       "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"t\","
                       "\"function\":{\"name\":\"clock\",\"arguments\":{\"tz\":1.5}}}]}") "],\"stop\":[\"a\",\"b\"],"
                                                                                          "\"logit_bias\":{\"5\":1}}"},
    {&OPENAI_COMPLETION, "{\"prompt\":[\"one\",\"two\"],\"stop\":\"a\"}"},
    {&LLAMA_COMPLETION, "{\"prompt\":[\"one\",[1,2]],\"stop\":[\"a\"],\"logit_bias\":[[5,1],[6,false]]}"},
    {&ANTHROPIC,
     "{\"max_tokens\":5,\"system\":[{\"type\":\"text\",\"text\":\"Be \"},{\"type\":\"text\",\"text\":\"brief.\"}],"
     "\"stop_sequences\":[\"a\"],\"messages\":[" HISTORY(
         "{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"Look\"},"
         "{\"type\":\"thinking\",\"thinking\":\" up.\"},{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"clock\","
         "\"input\":{\"tz\":1}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\","
         "\"content\":[{\"type\":\"text\",\"text\":\"12\"},{\"type\":\"text\",\"text\":\":30\"}]}]}") "]}"},
    {&OLLAMA_CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"keep_alive\":\"5m\",\"options\":"
                   "{\"stop\":[\"a\"],\"seed\":1}}"},
    {&OLLAMA_GENERATE, "{\"prompt\":\"Hi\",\"raw\":true}"},
    {&OLLAMA_EMBED, "{\"input\":[\"one\",\"two\"]}"},
    {&SHIMMY, "{\"prompt\":\"Hi\",\"system\":\"Be brief.\"}"},
    {&SHIMMY_OR_OLLAMA, "{\"prompt\":\"Hi\",\"options\":{\"stop\":[\"a\"]}}"},
};
enum { N_CASES = sizeof CASES / sizeof *CASES };

static void test_a_body_is_read_or_refused_for_lack_of_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_CASES; i++) {
        long n = 0, n_live;
        for (bool has_failed = true; has_failed; n++) {
            generation_request r;
            api_error error = {0};
            faults_alloc_begin(n);
            const bool is_read = CASES[i].family->parse(&r, CASES[i].body, strlen(CASES[i].body), 0, &error);
            generation_request_free(&r);
            has_failed = faults_alloc_end(&n_live) > n;
            if (!is_read && (!has_failed || error.what != API_OUT_OF_MEMORY))
                fail_msg("%s, allocation %ld: %s", CASES[i].body, n, error.message);
            assert_int_equal(n_live, 0);
        }
        assert_true(n > 10);
    }
}

static const char *const STOPS[] = {"a"};
static const generation_head HEAD = {.id = "x-1",
                                     .fingerprint = "sw-x",
                                     .model = "m",
                                     .backend = "cpu",
                                     .request_id = "r",
                                     .ignored = "",
                                     .n_choices = 1,
                                     .n_answers = 1,
                                     .stop = STOPS,
                                     .n_stop = 1};
static const sw_event DONE = {.type = SW_EVENT_DONE, .n_prompt = 3, .n_predicted = 2};

static void write_stream(const dialect *d, event_lines *lines)
{
    void *const state = calloc(1, d->state_bytes + 1);
    dialect_stream s = {.sink = &lines->sink, .head = &HEAD, .state = state};
    d->begin(&s, 0);
    d->text(&s, 0, &(sw_event){.type = SW_EVENT_TOKEN, .kind = SW_TEXT_REASONING, .text = "Hm", .n_bytes = 2});
    d->text(&s, 0, &(sw_event){.type = SW_EVENT_TOKEN, .text = "Hi", .n_bytes = 2});
    d->end_choice(&s, 0, &DONE);
    d->end(&s, &DONE);
    if (d->free_state != NULL)
        d->free_state(state);
    free(state);
}

static void test_a_stream_is_whole_or_known_to_be_broken(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_CASES; i++) {
        event_lines whole, lines;
        if (CASES[i].family->text == NULL)
            continue;
        event_lines_init(&whole);
        write_stream(CASES[i].family, &whole);
        long n = 0, n_live;
        for (bool has_failed = true; has_failed; n++) {
            event_lines_init(&lines);
            faults_alloc_begin(n);
            write_stream(CASES[i].family, &lines);
            const bool is_whole = lines.text.failed == SW_OK && strcmp(buf_str(&lines.text), buf_str(&whole.text)) == 0;
            const bool is_known = lines.sink.failed || lines.text.failed != SW_OK;
            event_lines_free(&lines);
            has_failed = faults_alloc_end(&n_live) > n;
            assert_true(is_whole || (has_failed && is_known));
            assert_int_equal(n_live, 0);
        }
        event_lines_free(&whole);
    }
}

static void write_document(const dialect *d, buf *out, const buf *text)
{
    static const float VECTOR[] = {0.5f, 0.25f};
    const whole_choice choice = {.content = text, .reasoning = text, .embedding = VECTOR, .n_embd = 2, .done = &DONE};
    d->write_answer(out, &HEAD, &(whole_answer){&choice, 1, DONE});
}

static void test_a_document_is_whole_or_fails(void **state)
{
    (void)state;
    buf text, whole, out;
    buf_init(&text, 64);
    buf_puts(&text, "Hi");
    for (size_t i = 0; i < N_CASES; i++) {
        buf_init(&whole, 1 << 16);
        write_document(CASES[i].family, &whole, &text);
        assert_int_equal(whole.failed, SW_OK);
        long n = 0, n_live;
        for (bool has_failed = true; has_failed; n++) {
            buf_init(&out, 1 << 16);
            faults_alloc_begin(n);
            write_document(CASES[i].family, &out, &text);
            const bool is_whole = out.failed == SW_OK && strcmp(buf_str(&out), buf_str(&whole)) == 0;
            const bool is_known = out.failed == SW_ENOMEM;
            buf_free(&out);
            has_failed = faults_alloc_end(&n_live) > n;
            assert_true(is_whole || (has_failed && is_known));
            assert_int_equal(n_live, 0);
        }
        assert_true(n > 10);
        buf_free(&whole);
    }
    buf_free(&text);
}

/* Answers a body of POST /detokenize, or of POST /tokenize, into `out`. */
static void answer_tokens(const sw_tokenizer *tokenizer, bool is_text, buf *out, api_error *error)
{
    static const char TEXT[] = "{\"content\":\"A\\u00e9\",\"with_pieces\":true}", TOKENS[] = "{\"tokens\":[72,195]}";
    llama_tokens_request t;
    generation_request owner;
    int32_t *ids = NULL;
    size_t n;
    if (is_text && llama_tokenize_parse(&t, &owner, TEXT, strlen(TEXT), error)) {
        if (sw_tokenizer_encode(tokenizer, t.content, strlen(t.content), &t.options, &ids, &n, NULL) == SW_OK)
            llama_tokens_write(out, tokenizer, ids, n, t.with_pieces);
        else
            api_fail(error, API_OUT_OF_MEMORY, NULL, "tokens");
        sw_tokens_free(ids);
    } else if (!is_text && llama_detokenize_parse(&t, &owner, TOKENS, strlen(TOKENS), error)) {
        (void)llama_text_write(out, tokenizer, &t, error);
    }
    generation_request_free(&owner);
}

static void test_tokens_are_answered_or_refused_for_lack_of_memory(void **state)
{
    (void)state;
    static const char *const WHOLE[] = {
        "{\"content\":\"H?\"}",
        "{\"tokens\":[{\"id\":65,\"piece\":\"A\"},{\"id\":195,\"piece\":[195]},{\"id\":169,\"piece\":[169]}]}"};
    sw_tokenizer *tokenizer;
    assert_int_equal(sw_tokenizer_open(&tokenizer, "stub:", NULL), SW_OK);
    for (int is_text = 0; is_text < 2; is_text++) {
        long n = 0, n_live;
        for (bool has_failed = true; has_failed; n++) {
            buf out;
            api_error error = {0};
            buf_init(&out, 1 << 12);
            faults_alloc_begin(n);
            answer_tokens(tokenizer, is_text, &out, &error);
            const bool is_whole = out.failed == SW_OK && strcmp(buf_str(&out), WHOLE[is_text]) == 0;
            const bool is_known = out.failed == SW_ENOMEM || error.what == API_OUT_OF_MEMORY;
            buf_free(&out);
            has_failed = faults_alloc_end(&n_live) > n;
            assert_true(is_whole || (has_failed && is_known));
            assert_int_equal(n_live, 0);
        }
        assert_true(n > 10);
    }
    sw_tokenizer_close(tokenizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_body_is_read_or_refused_for_lack_of_memory),
        cmocka_unit_test(test_a_stream_is_whole_or_known_to_be_broken),
        cmocka_unit_test(test_a_document_is_whole_or_fails),
        cmocka_unit_test(test_tokens_are_answered_or_refused_for_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
