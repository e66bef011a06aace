/* Generated tokens to content and reasoning: the published Harmony cases, the quirks of real output, thinking tags. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/rng.h"
#include "base/utf8.h"
#include "chat/chat.h"

enum {
    TEXT_MAX = 1 << 20,
    LINE_MAX_BYTES = 1 << 16,
    N_PARSE_CASES = 15,
    N_FIELD_CASES = 13,
    WORDS_MAX = 256,
    WORD_BYTES = 128
};

static const char *const CONTROLS[] = {"<|start|>",  "<|end|>",  "<|message|>",   "<|channel|>", "<|constrain|>",
                                       "<|return|>", "<|call|>", "<|endoftext|>", "<|im_end|>"};
enum { N_CONTROLS = sizeof CONTROLS / sizeof *CONTROLS };

typedef struct answer {
    buf content, reasoning;
} answer;

static void collect(void *ud, sw_text_kind kind, const char *text, size_t n)
{
    answer *const a = ud;
    assert_true(n > 0);
    assert_true(utf8_valid(text, n));
    buf_append(kind == SW_TEXT_REASONING ? &a->reasoning : &a->content, text, n);
}

/* The words are whole tokens, so that texts reach the parser both in one piece and byte by byte. */
static vocabulary *demo_vocabulary(const char *const *words, size_t n_words)
{
    vocabulary *v;
    sw_err err;
    assert_int_equal(vocab_synthetic(&v, words, n_words, CONTROLS, N_CONTROLS, &err), SW_OK);
    return v;
}

static void feed_ids(chat_parser *p, const token_list *ids, answer *a)
{
    for (size_t i = 0; i < ids->n; i++)
        assert_int_equal(chat_parser_feed(p, ids->ids[i], collect, a), SW_OK);
    assert_int_equal(chat_parser_finish(p, collect, a), SW_OK);
}

static answer new_answer(void)
{
    answer a;
    buf_init(&a.content, TEXT_MAX);
    buf_init(&a.reasoning, TEXT_MAX);
    return a;
}

static answer parse_ids(chat_format f, const vocabulary *v, const token_list *ids)
{
    answer a = new_answer();
    chat_parser *const p = chat_parser_create(f, v);
    assert_non_null(p);
    feed_ids(p, ids, &a);
    chat_parser_free(p);
    return a;
}

/* Every byte between markers is a token of its own. */
static answer parse(chat_format f, const char *text)
{
    vocabulary *const v = demo_vocabulary(NULL, 0);
    token_list ids = {0};
    sw_err err;
    assert_int_equal(vocab_encode(v, text, strlen(text), false, true, &ids, &err), SW_OK);
    const answer a = parse_ids(f, v, &ids);
    token_list_clear(&ids);
    vocab_free(v);
    return a;
}

/* Index of the marker that s begins with, or -1. */
static int marker_at(const char *s)
{
    for (int i = 0; i < N_CONTROLS; i++) {
        if (strncmp(s, CONTROLS[i], strlen(CONTROLS[i])) == 0)
            return i;
    }
    return -1;
}

typedef struct word_list {
    char texts[WORDS_MAX][WORD_BYTES];
    const char *list[WORDS_MAX];
    size_t n;
} word_list;

/* The id of a text as a token: a byte, or a word that is added to the list if it is new. */
static int32_t word_id(word_list *w, const char *text, size_t n)
{
    if (n == 1)
        return (uint8_t)*text;
    size_t i = 0;
    while (i < w->n && (strlen(w->texts[i]) != n || memcmp(w->texts[i], text, n) != 0))
        i++;
    assert_true(i < WORDS_MAX && n < WORD_BYTES);
    if (i == w->n) {
        memcpy(w->texts[i], text, n);
        w->list[w->n++] = w->texts[i];
    }
    return 256 + (int32_t)i;
}

/* The same answer from tokens of n_bytes bytes between markers. */
static answer parse_in_words(chat_format f, const char *text, size_t n_bytes)
{
    word_list words = {.n = 0};
    token_list ids = {0};
    while (*text != '\0') {
        const int marker = marker_at(text);
        size_t n = marker >= 0 ? strlen(CONTROLS[marker]) : 1;
        while (marker < 0 && n < n_bytes && text[n] != '\0' && marker_at(text + n) < 0)
            n++;
        // Markers come after the words, whose number is not known yet.
        assert_true(token_list_push(&ids, marker >= 0 ? -1 - marker : word_id(&words, text, n)));
        text += n;
    }
    for (size_t i = 0; i < ids.n; i++)
        ids.ids[i] = ids.ids[i] < 0 ? 256 + (int32_t)words.n - 1 - ids.ids[i] : ids.ids[i];
    vocabulary *const v = demo_vocabulary(words.list, words.n);
    const answer a = parse_ids(f, v, &ids);
    token_list_clear(&ids);
    vocab_free(v);
    return a;
}

static void free_answer(answer *a)
{
    buf_free(&a->content);
    buf_free(&a->reasoning);
}

static void check_answer(answer a, const char *text, const char *reasoning, const char *content)
{
    if (strcmp(buf_str(&a.reasoning), reasoning) != 0 || strcmp(buf_str(&a.content), content) != 0)
        fail_msg("%s: reasoning \"%s\", content \"%s\"", text, buf_str(&a.reasoning), buf_str(&a.content));
    free_answer(&a);
}

/* Tokens of every length must give the same. */
static void check(chat_format f, const char *text, const char *reasoning, const char *content)
{
    check_answer(parse(f, text), text, reasoning, content);
    for (size_t n_bytes = 2; n_bytes < WORD_BYTES; n_bytes += n_bytes < 12 ? 1 : 24)
        check_answer(parse_in_words(f, text, n_bytes), text, reasoning, content);
}

/* Checks every line of a file; returns their number. */
static int check_file(const char *path)
{
    static char line[LINE_MAX_BYTES];
    FILE *const f = fopen(path, "r");
    assert_non_null(f);
    int n = 0;
    for (; fgets(line, sizeof line, f) != NULL; n++) {
        json_t *const test = json_loads(line, 0, NULL);
        assert_non_null(test);
        const json_t *const expected = json_object_get(test, "expected");
        char content[256];
        // A space after the channel's name, without <|message|>, is shown.
        const char *const text = json_string_value(json_object_get(test, "text"));
        snprintf(content, sizeof content, "%s%s", strstr(text, "final {") != NULL ? " " : "",
                 json_string_value(json_object_get(expected, "content")));
        check(CHAT_HARMONY, text, json_string_value(json_object_get(expected, "reasoning")), content);
        json_decref(test);
    }
    fclose(f);
    return n;
}

/* Tool calls have no interface yet; in their cases the text for the user must be right and the call must not show. */
static void test_published_harmony_answers(void **state)
{
    (void)state;
    assert_int_equal(check_file(SPILLWAY_TEST_DATA "/harmony/parse.jsonl"), N_PARSE_CASES);
}

static void test_harmony_as_models_really_write_it(void **state)
{
    (void)state;
    assert_int_equal(check_file(SPILLWAY_TEST_DATA "/field/harmony.jsonl"), N_FIELD_CASES);
}

static void test_harmony_answers_survive_garbled_headers(void **state)
{
    (void)state;
    // Roles.
    check(CHAT_HARMONY, "<|channel|>final<|message|>a<|end|><|start|>asistant<|channel|>final<|message|>b", "", "ab");
    check(CHAT_HARMONY, "<|channel|>final<|message|>a<|end|><|start|><|channel|>final<|message|>b", "", "ab");
    check(CHAT_HARMONY, "<|channel|>final<|message|>a<|end|><|start|>final<|message|>b", "", "ab");
    check(CHAT_HARMONY, "assistant<|channel|>final<|message|>b", "", "b");
    check(CHAT_HARMONY, "<|end|><|start|>assistantanalysis<|message|>T<|end|><|start|>assistantfinal<|message|>b", "T",
          "b");
    check(CHAT_HARMONY, "<|channel|>final<|message|>a<|end|>assistant b c<|return|>", "", "a b c");
    check(CHAT_HARMONY, "<|start|>assistant<|start|>assistant<|channel|>final<|message|>b", "", "b");
    // Channels and recipients.
    check(CHAT_HARMONY, "<|channel|>Final<|message|>b<|return|>", "", "b");
    check(CHAT_HARMONY, "<|channel|>analysis:<|message|>T<|end|>", "T", "");
    check(CHAT_HARMONY, "<|channel|>commentary to=user,<|message|>b<|return|>", "", "b");
    check(CHAT_HARMONY, "<|channel|>commentary to= <|message|>b<|return|>", "", "b");
    check(CHAT_HARMONY, "<|channel|>commentary one two three four five six seven eight nine<|message|>b", "", "b");
    check(CHAT_HARMONY, "<|channel|><|constrain|>json<|message|>{}<|return|>", "", "{}");
    // Text that nothing announces.
    check(CHAT_HARMONY, "<|channel|>Hello there<|return|>", "", "Hello there");
    check(CHAT_HARMONY, "<|end|><|start|>Hello there<|return|>", "", "Hello there");
    check(CHAT_HARMONY, "<|channel|>final <|constrain|>json {\"a\": 1}<|return|>", "", " {\"a\": 1}");
    check(CHAT_HARMONY, "<|channel|>final Hello<|start|>assistant<|channel|>final<|message|> you", "", " Hello you");
    check(CHAT_HARMONY, "<|channel|>final Hello<|channel|>final<|message|> you", "", " Hello you");
    check(CHAT_HARMONY, "final words<|return|>", "", "final words");
    check(CHAT_HARMONY, "python is a language<|return|>", "", "python is a language");
    check(CHAT_HARMONY, "Set x to=5 and go.on<|return|>", "", "Set x to=5 and go.on");
    check(CHAT_HARMONY, "assistants help<|return|>", "", "assistants help");
}

static void test_harmony_messages_to_tools_stay_hidden_in_garbled_headers(void **state)
{
    (void)state;
    static const char *const CALLS[] = {
        "<|channel|>commentary python<|message|>1<|call|>",
        "<|channel|>commentary container.exec code<|message|>1<|call|>",
        "<|channel|>commentary a b c d e f g h i to=functions.f<|message|>1<|call|>",
        "<|channel|>commentary to:functions.f<|message|>1<|call|>",
        "<|channel|>commentary to=get_weather<|message|>1<|call|>",
        "<|channel|>commentary to=functions.f {\"a\": 1}<|call|>",
        "<|channel|>commentary functions.f {\"a\": 1}<|call|>",
        "browser.search {\"a\": 1}<|call|>",
        "<|end|><|start|>functions.f to=assistant<|channel|>commentary<|message|>1<|end|>",
        "<|end|>functions.f to=assistant<|channel|>commentary<|message|>1<|end|>",
        "<|end|><|start|>python<|message|>1<|end|>",
        "<|end|><|start|>tool<|channel|>final<|message|>1<|end|>",
        "<|end|><|start|>assistantcommentary to=functions.f<|message|>1<|call|>",
    };
    for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS; i++)
        check(CHAT_HARMONY, CALLS[i], "", "");
}

/* Random answers from the parts of real ones: tokens of every length give the same, and nothing is said twice. */
static void test_no_cut_changes_a_harmony_answer(void **state)
{
    (void)state;
    static const char *const PARTS[] = {
        "<|start|>", "<|channel|>", "<|message|>", "<|end|>",    "<|constrain|>",   "<|call|>",   "<|return|>",
        "assistant", "analysis",    "final",       "commentary", " to=functions.f", " to=user",   " python",
        " a",        "b ",          "user",        "\n",         " json",           "{\"a\": 1}", "日本"};
    rng_state rng;
    rng_seed(&rng, 7);
    for (int n = 0; n < 400; n++) {
        char text[800] = "";
        for (uint64_t i = 1 + rng_next(&rng) % (n % 4 == 0 ? 60 : 12); i > 0; i--)
            strcat(text, PARTS[rng_next(&rng) % (sizeof PARTS / sizeof *PARTS)]);
        answer a = parse(CHAT_HARMONY, text);
        for (size_t n_bytes = 2; n_bytes < WORD_BYTES; n_bytes *= 3)
            check_answer(parse_in_words(CHAT_HARMONY, text, n_bytes), text, buf_str(&a.reasoning), buf_str(&a.content));
        free_answer(&a);
    }
}

/* No header is as long as an answer, so text appears before its end. */
static void test_a_harmony_answer_without_a_header_arrives_whole(void **state)
{
    (void)state;
    char text[900] = "", hidden[1000];
    while (strlen(text) + 20 < sizeof text)
        strcat(text, "one <two> three\n日 ");
    check(CHAT_HARMONY, text, "", text);
    snprintf(hidden, sizeof hidden, "<|channel|>commentary to=functions.f %s<|call|>", text);
    check(CHAT_HARMONY, hidden, "", "");
    vocabulary *const v = demo_vocabulary(NULL, 0);
    chat_parser *const p = chat_parser_create(CHAT_HARMONY, v);
    answer a = new_answer();
    for (size_t i = 0; i < 400; i++)
        assert_int_equal(chat_parser_feed(p, (uint8_t)text[i], collect, &a), SW_OK);
    assert_true(a.content.size > 350);
    free_answer(&a);
    chat_parser_free(p);
    vocab_free(v);
}

static void test_harmony_headers_with_quirks(void **state)
{
    (void)state;
    check(CHAT_HARMONY, "<|channel|>final <|constrain|>json<|message|>{}<|return|>", "", "{}");
    check(CHAT_HARMONY, "<|channel|>final<|constrain|>json<|message|>{}<|return|>", "", "{}");
    check(CHAT_HARMONY, "<|channel|>final json<|message|>{}<|return|>", "", "{}");
    check(CHAT_HARMONY, "<|channel|>commentary functions.f json<|message|>{}<|call|>", "", "");
    check(CHAT_HARMONY, "<|channel|>commentary to=functions.f<|constrain|> json<|message|>{}<|call|>", "", "");
    check(CHAT_HARMONY, "<|channel|>final to=functions.f<|message|>{}<|call|>", "", "");
    check(CHAT_HARMONY, "<|channel|>commentary to=all<|message|>x<|end|>", "", "x");
    check(CHAT_HARMONY, "<|message|>no channel<|return|>", "", "no channel");
    check(CHAT_HARMONY, "<|channel|><|message|>empty channel<|return|>", "", "empty channel");
}

static void test_harmony_messages_of_others_are_not_shown(void **state)
{
    (void)state;
    check(CHAT_HARMONY, "<|channel|>final<|message|>a<|end|><|start|>user<|message|>b<|end|>", "", "a");
    check(
        CHAT_HARMONY,
        "<|channel|>final<|message|>a<|end|><|start|>functions.f to=assistant<|channel|>commentary<|message|>b<|end|>",
        "", "a");
}

static void test_harmony_answers_that_forget_their_markers(void **state)
{
    (void)state;
    check(CHAT_HARMONY, "Hello<|return|>", "", "Hello");
    check(CHAT_HARMONY, "<|channel|>analysis hm<|end|><|start|>assistant<|channel|>final<|message|>x", " hm", "x");
    check(CHAT_HARMONY, "<|channel|>analysis<|message|>a<|start|>assistant<|channel|>final<|message|>b", "a", "b");
    check(CHAT_HARMONY, "<|channel|>analysis<|message|>a<|channel|>final<|message|>b<|return|>", "a", "b");
    check(CHAT_HARMONY, "<|channel|>final<|message|>a<|end|>b<|start|>assistant<|message|>c", "", "abc");
    check(CHAT_HARMONY, "<|channel|>final<|message|>a<|endoftext|>b", "", "a");
}

static void test_harmony_answers_cut_inside_a_header(void **state)
{
    (void)state;
    static const char *const CUT[] = {"",
                                      "<|channel|>",
                                      "<|channel|>fin",
                                      "<|channel|>final",
                                      "<|channel|>final <|constrain|>js",
                                      " to=functions.f",
                                      " to=functions.f<|channel|>commentary json",
                                      "<|channel|>final<|message|><|end|><|start|>",
                                      "<|channel|>final<|message|><|end|><|start|>assis",
                                      "<|channel|>final<|message|><|end|><|start|>user hello",
                                      "<|channel|>final<|message|><|end|><|start|>user<|channel|>\thello"};
    for (size_t i = 0; i < sizeof CUT / sizeof *CUT; i++)
        check(CHAT_HARMONY, CUT[i], "", "");
}

static void test_marker_text_is_not_a_marker(void **state)
{
    (void)state;
    vocabulary *const v = demo_vocabulary((const char *const[]){"<|ret", "urn|> still here"}, 2);
    chat_parser *const p = chat_parser_create(CHAT_HARMONY, v);
    answer a = new_answer();
    int32_t list[] = {vocab_find(v, "<|message|>"), 256, 257};
    const token_list ids = {.ids = list, .n = 3};
    feed_ids(p, &ids, &a);
    assert_string_equal(buf_str(&a.content), "<|return|> still here");
    free_answer(&a);
    chat_parser_free(p);
    vocab_free(v);
}

static void test_kind_tells_reasoning_tokens_from_others(void **state)
{
    (void)state;
    vocabulary *const v = demo_vocabulary((const char *const[]){"analysis", "final"}, 2);
    chat_parser *const p = chat_parser_create(CHAT_HARMONY, v);
    answer a = new_answer();
    const int32_t channel = vocab_find(v, "<|channel|>"), message = vocab_find(v, "<|message|>");
    const int32_t ids[] = {channel, 256, message, 'x', channel, 257, message};
    static const sw_text_kind KINDS[] = {SW_TEXT_CONTENT,   SW_TEXT_CONTENT,   SW_TEXT_REASONING, SW_TEXT_REASONING,
                                         SW_TEXT_REASONING, SW_TEXT_REASONING, SW_TEXT_CONTENT};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        assert_int_equal(chat_parser_feed(p, ids[i], collect, &a), SW_OK);
        assert_int_equal(chat_parser_kind(p), KINDS[i]);
    }
    free_answer(&a);
    chat_parser_free(p);
    vocab_free(v);
}

static void test_thinking_comes_before_the_answer(void **state)
{
    (void)state;
    check(CHAT_CHATML, "<think>\nhm\n\nso\n</think>\n\nHi<|im_end|>", "hm\n\nso", "Hi");
    check(CHAT_CHATML, "<think>\n\n</think>\n\nHi", "", "Hi");
    check(CHAT_DEEPSEEK_V3, "<think>a < b </thin </think>c", "a < b </thin ", "c");
    check(CHAT_CHATML, "no <think>tags</think> here", "", "no <think>tags</think> here");
    check(CHAT_CHATML, "\n<think>a</think>b\n", "a", "b\n");
    check(CHAT_CHATML, "<thin", "", "<thin");
    check(CHAT_CHATML, "<think>cut </thi", "cut </thi", "");
    check(CHAT_CHATML, "<think>\n日本 hm\n</think>\n\n😀 Hi", "日本 hm", "😀 Hi");
    check(CHAT_CHATML, "", "", "");
}

static void test_one_leading_space_belongs_to_the_prompt(void **state)
{
    (void)state;
    check(CHAT_DEEPSEEK, " Hi", "", "Hi");
    check(CHAT_DEEPSEEK, "  Hi", "", " Hi");
    check(CHAT_DEEPSEEK, "Hi there", "", "Hi there");
    check(CHAT_MISTRAL, " Hi", "", "Hi");
    check(CHAT_PHI3, " Hi", "", "Hi");
    check(CHAT_PLAIN, " Hi", "", " Hi");
    check(CHAT_LLAMA3, " Hi<|end|>", "", " Hi");
}

/* Log-probabilities are told of texts only. */
static void test_harmony_frames_are_not_text(void **state)
{
    (void)state;
    static const char *const WORDS[] = {"analysis", "final", "think", "say"};
    vocabulary *const v = demo_vocabulary(WORDS, 4);
    static const struct {
        const char *token;
        bool is_in_text; // after it
    } STEPS[] = {{"<|channel|>", false}, {"analysis", false},  {"<|message|>", true},  {"think", true},
                 {"<|end|>", false},     {"<|start|>", false}, {"<|channel|>", false}, {"final", false},
                 {"<|message|>", true},  {"say", true}};
    chat_parser *const p = chat_parser_create(CHAT_HARMONY, v);
    answer a = new_answer();
    assert_false(chat_parser_is_in_text(p));
    for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++) {
        assert_int_equal(chat_parser_feed(p, vocab_find(v, STEPS[i].token), collect, &a), SW_OK);
        assert_int_equal(chat_parser_is_in_text(p), STEPS[i].is_in_text);
    }
    chat_parser_free(p);
    buf_free(&a.content);
    buf_free(&a.reasoning);
    vocab_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_harmony_frames_are_not_text),
        cmocka_unit_test(test_published_harmony_answers),
        cmocka_unit_test(test_harmony_as_models_really_write_it),
        cmocka_unit_test(test_harmony_answers_survive_garbled_headers),
        cmocka_unit_test(test_harmony_messages_to_tools_stay_hidden_in_garbled_headers),
        cmocka_unit_test(test_a_harmony_answer_without_a_header_arrives_whole),
        cmocka_unit_test(test_no_cut_changes_a_harmony_answer),
        cmocka_unit_test(test_harmony_headers_with_quirks),
        cmocka_unit_test(test_harmony_messages_of_others_are_not_shown),
        cmocka_unit_test(test_harmony_answers_that_forget_their_markers),
        cmocka_unit_test(test_harmony_answers_cut_inside_a_header),
        cmocka_unit_test(test_marker_text_is_not_a_marker),
        cmocka_unit_test(test_kind_tells_reasoning_tokens_from_others),
        cmocka_unit_test(test_thinking_comes_before_the_answer),
        cmocka_unit_test(test_one_leading_space_belongs_to_the_prompt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
