/* Tokens to events: with stop strings, the log-probabilities of just those tokens are told whose text is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "public/answer_text.h"

static const char *const WORDS[] = {"ab", " STOP", "x S"};
static const char *const CONTROLS[] = {"<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|return|>", "<|x|>"};
enum { N_WORDS = sizeof WORDS / sizeof *WORDS, N_CONTROLS = sizeof CONTROLS / sizeof *CONTROLS };

/* What an answer told: its text, the texts of the tokens with log-probabilities, each in brackets, and how often. */
typedef struct told {
    buf text, tokens;
    int n_tokens, n_logprobs, n_content;
} told;

static void on_event(void *ud, const sw_event *e)
{
    told *const t = ud;
    assert_int_equal(strlen(e->text), e->n_bytes);
    buf_append(&t->text, e->text, e->n_bytes);
    t->n_tokens += e->n_tokens;
    if (e->logprobs == NULL)
        return;
    t->n_logprobs++;
    if (!e->logprobs->is_content)
        return;
    t->n_content++;
    buf_printf(&t->tokens, "[%.*s]", (int)e->logprobs->sampled.n_bytes, e->logprobs->sampled.text);
    // No token is told before its text.
    assert_true(t->text.size > 0);
}

typedef struct script {
    chat_format format;
    const char *const *stop;
    size_t n_stop;
    const char *const *tokens; // NULL-terminated; of one byte each, or words and controls
} script;

static int32_t id_of(const vocabulary *v, const char *token)
{
    for (int i = 0; i < N_WORDS; i++) {
        if (strcmp(WORDS[i], token) == 0)
            return 256 + i; // the vocabulary spells its blank otherwise
    }
    const int32_t id = strlen(token) == 1 ? (uint8_t)token[0] : vocab_find(v, token);
    assert_true(id >= 0);
    return id;
}

static told run(const script *s)
{
    vocabulary *v;
    answer_text a;
    told t = {0};
    sw_err err = {0};
    buf_init(&t.text, 1000);
    buf_init(&t.tokens, 1000);
    assert_int_equal(vocab_synthetic(&v, WORDS, N_WORDS, CONTROLS, N_CONTROLS, &err), SW_OK);
    const answer_options o = {.vocab = v,
                              .format = s->format,
                              .stop = s->stop,
                              .n_stop = s->n_stop,
                              .wants_logprobs = true,
                              .on_event = on_event,
                              .ud = &t};
    assert_int_equal(answer_text_init(&a, &o, &err), SW_OK);
    bool goes_on = true;
    for (size_t i = 0; goes_on && s->tokens[i] != NULL; i++) {
        const sw_logprobs figures = {.sampled = {.id = id_of(v, s->tokens[i]), .logprob = -1}};
        goes_on = answer_text_take(&a, figures.sampled.id, &figures);
    }
    answer_text_end(&a);
    assert_int_equal(a.error.code, SW_OK);
    assert_int_equal(a.n_predicted, t.n_tokens);
    answer_text_free(&a);
    vocab_free(v);
    return t;
}

static void check(const script *s, const char *text, const char *tokens)
{
    told t = run(s);
    if (strcmp(buf_str(&t.text), text) != 0 || strcmp(buf_str(&t.tokens), tokens) != 0)
        fail_msg("text \"%s\", tokens %s; expected \"%s\", %s", buf_str(&t.text), buf_str(&t.tokens), text, tokens);
    buf_free(&t.text);
    buf_free(&t.tokens);
}

#define TOKENS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void check_stop(const char *stop, const char *const *tokens, const char *text, const char *listed)
{
    check(&(script){CHAT_PLAIN, &stop, 1, tokens}, text, listed);
}

static void test_tokens_of_the_stop_string_are_not_listed(void **state)
{
    (void)state;
    check_stop("STOP", TOKENS("x", " ", "S", "T", "O", "P", "y"), "x ", "[x][ ]");
    check_stop("STOP", TOKENS("ab", " STOP", "y"), "ab ", "[ab][ STOP]"); // its blank is shown
    check_stop(" STOP", TOKENS("ab", " STOP", "y"), "ab", "[ab]");
    check_stop("STOP", TOKENS("x S", "T", "O", "P"), "x ", "[x S]");
    check_stop("é", TOKENS("a", "\xc3", "\xa9", "b"), "a", "[a]"); // its first byte alone is not known to be one
    check_stop("STOP", TOKENS("x", "S", "T", "O", "P"), "x", "[x]");
}

static void test_tokens_that_only_looked_like_the_stop_string_are_listed(void **state)
{
    (void)state;
    check_stop("STOP", TOKENS("x", "S", "T", "x", "S", "T"), "xSTxST", "[x][S][T][x][S][T]");
    check_stop("aab", TOKENS("a", "a", "a", "b", "c"), "a", "[a]");
    check_stop("STOP", TOKENS("a", "\xc3", "\xa9", "S"), "aéS", "[a][\xc3][\xa9][S]");
    check_stop("STOP", TOKENS("a", "S", "\xc3", "<|x|>"), "aS\xef\xbf\xbd", "[a][S][\xc3][<|x|>]"); // cut inside é
    check_stop("é!", TOKENS("a", "\xc3", "\xa9", "?"), "aé?", "[a][\xc3][\xa9][?]");
}

static void test_harmony_lists_the_content_before_the_stop_string(void **state)
{
    (void)state;
    static const char *const STOP[] = {"STOP"};
    check(&(script){CHAT_HARMONY, STOP, 1,
                    TOKENS("<|channel|>", "f", "i", "n", "a", "l", "<|message|>", "x", " ", "S", "T", "O", "P", " ",
                           "y", "<|return|>")},
          "x ", "[x][ ]");
    told t =
        run(&(script){CHAT_HARMONY, STOP, 1,
                      TOKENS("<|channel|>", "f", "i", "n", "a", "l", "<|message|>", "x", " ", "S", "T", "<|return|>")});
    assert_string_equal(buf_str(&t.text), "x ST");
    assert_int_equal(t.n_content, 4);
    buf_free(&t.text);
    buf_free(&t.tokens);
}

static void test_without_stop_strings_every_token_is_told_at_once(void **state)
{
    (void)state;
    told t = run(&(script){CHAT_PLAIN, NULL, 0, TOKENS("a", "b", "ab")});
    assert_string_equal(buf_str(&t.tokens), "[a][b][ab]");
    assert_int_equal(t.n_logprobs, 3);
    buf_free(&t.text);
    buf_free(&t.tokens);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens_of_the_stop_string_are_not_listed),
        cmocka_unit_test(test_tokens_that_only_looked_like_the_stop_string_are_listed),
        cmocka_unit_test(test_harmony_lists_the_content_before_the_stop_string),
        cmocka_unit_test(test_without_stop_strings_every_token_is_told_at_once),
    };
    return cmocka_run_group_tests_name("answer_text", tests, NULL, NULL);
}
