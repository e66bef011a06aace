/* Piece boundaries of every pre-tokenizer, on inputs whose pieces were worked out from the regular expressions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "token/pretokenizer.h"
#include "token/scanners.h"

enum { TEXT_MAX = 4096, LONG_TEXT = 128 << 10 };

static const char *const ALL[] = {"default",      "gpt-2",          "llama-bpe",  "glm4",      "qwen2",
                                  "qwen35",       "gpt-4o",         "tekken",     "starcoder", "falcon",
                                  "deepseek-llm", "deepseek-coder", "deepseek-v3"};
enum { N_ALL = sizeof ALL / sizeof *ALL };

static const pretokenizer *find(const char *id)
{
    const pretokenizer *const p = pretokenizer_find((str_view){id, strlen(id)});
    if (p == NULL)
        fail_msg("pre-tokenizer %s is not known", id);
    return p;
}

/* Pieces with "·" between them. */
static void check(const char *id, const char *text, const char *expected)
{
    cut_list cuts = {0};
    buf pieces;
    buf_init(&pieces, TEXT_MAX);
    assert_true(pretokenize(find(id), text, strlen(text), &cuts));
    size_t start = 0;
    for (size_t i = 0; i < cuts.n; i++) {
        if (i > 0)
            buf_puts(&pieces, "·");
        buf_append(&pieces, text + start, cuts.ends[i] - start);
        start = cuts.ends[i];
    }
    if (strcmp(buf_str(&pieces), expected) != 0)
        fail_msg("%s: \"%s\" instead of \"%s\"", id, buf_str(&pieces), expected);
    buf_free(&pieces);
    cuts_free(&cuts);
}

static void test_pieces_of_english_with_odd_white_space(void **state)
{
    (void)state;
    static const char TEXT[] = "I'VE  got 12345 apples!!\n\n  x=1;\tend ";
    check("gpt-2", TEXT, "I·'·VE· · got· 12345· apples·!!·\n\n · x·=·1·;·\t·end· ");
    check("llama-bpe", TEXT, "I·'VE· · got· ·123·45· apples·!!\n\n· · x·=·1·;·\tend· ");
    check("glm4", TEXT, "I·'VE· · got· ·123·45· apples·!!\n\n· · x·=·1·;·\tend· ");
    check("qwen2", TEXT, "I·'VE· · got· ·1·2·3·4·5· apples·!!\n\n· · x·=·1·;·\tend· ");
    check("gpt-4o", TEXT, "I'VE· · got· ·123·45· apples·!!\n\n· · x·=·1·;·\tend· ");
    check("deepseek-llm", TEXT, "I·'·VE· · got· ·12345· apples·!!·\n·\n· · x·=·1·;·\tend· ");
    check("deepseek-coder", TEXT, "I·'·VE· · got· ·1·2·3·4·5· apples·!!·\n·\n· · x·=·1·;·\tend· ");
    check("deepseek-v3", TEXT, "I·'VE· · got· ·123·45· apples·!!\n\n· · x·=·1·;·\tend· ");
    check("starcoder", TEXT, "I·'·VE· · got· ·1·2·3·4·5· apples·!!·\n\n · x·=·1·;·\t·end· ");
    check("default", TEXT, "I·'·VE· · got· ·123·45· apples·!!·\n\n · x·=·1·;·\t·end· ");
}

static void test_pieces_of_several_scripts(void **state)
{
    (void)state;
    static const char TEXT[] = "HTTPServer won't 日本語 3.14€ été";
    check("gpt-2", TEXT, "HTTPServer· won·'t· 日本語· 3·.·14·€· été");
    check("llama-bpe", TEXT, "HTTPServer· won·'t· 日本語· ·3·.·14·€· été");
    check("glm4", TEXT, "HTTPServer· won·'t· 日本語· ·3·.·14·€· été");
    check("qwen2", TEXT, "HTTPServer· won·'t· 日本語· ·3·.·1·4·€· été");
    check("gpt-4o", TEXT, "HTTPServer· won't· 日本語· ·3·.·14·€· été");
    check("deepseek-llm", TEXT, "HTTPServer· won·'·t· ·日本語· ·3·.·14·€· é·t·é");
    check("deepseek-coder", TEXT, "HTTPServer· won·'·t· ·日本語· ·3·.·1·4·€· été");
    check("deepseek-v3", TEXT, "HTTPServer· won·'t· ·日本語· ·3·.·14·€· été");
    check("starcoder", TEXT, "HTTPServer· won·'t· 日本語· ·3·.·1·4·€· été");
    check("default", TEXT, "HTTPServer· won·'·t· 日本語· ·3·.·14·€· été");
}

/* Uncased letters and marks belong to both halves of a word, so the scanner must give some back. */
static void test_gpt4o_splits_words_where_the_backtracking_expression_does(void **state)
{
    (void)state;
    check("gpt-4o", "CamelCaseWord", "Camel·Case·Word");
    check("gpt-4o", "ABC日DEF", "ABC日·DEF");
    check("gpt-4o", "日ABC", "日·ABC");
    check("gpt-4o", "XMLé ÉCOLE", "XMLé· ÉCOLE");
    check("gpt-4o", "nameÀB", "name·ÀB");
    check("gpt-4o", "हिन्दी", "हिन्दी");
    check("gpt-4o", "DON'T don'T a'b", "DON'T· don'T· a·'b");
    check("gpt-4o", "-word --word \u0301A", "-word· --·word· \u0301·A");
    check("gpt-4o", "a//\n/b", "a·//\n/·b");
    check("gpt-4o", "it's'll", "it's·'ll");
    check("gpt-4o", "D'ſ D'ſx", "D'ſ· D'ſ·x"); // U+017F is an s to a match that ignores case
    check("llama-bpe", "D'ſ", "D·'ſ");
    check("gpt-2", "D'ſ", "D·'·ſ");
    check("tekken", "It's 123", "It·'s· ·1·2·3");
}

static void test_white_space_runs(void **state)
{
    (void)state;
    check("llama-bpe", "a \n \n  b", "a· \n \n· · b");
    check("llama-bpe", "\t\tx", "\t·\tx");
    check("llama-bpe", "x \u3000", "x· \u3000");
    check("gpt-2", "\t\tx", "\t·\t·x");
    check("deepseek-llm", "a   \n", "a·   ·\n");
    check("deepseek-llm", "\u3000。x", "\u3000。·x");
    check("falcon", "a`+b 1234", "a·`+·b· ·123·4");
    check("qwen35", "हि x", "हि· x");
}

static void test_aliases_name_the_same_pretokenizer(void **state)
{
    (void)state;
    assert_ptr_equal(find("llama3"), find("llama-bpe"));
    assert_ptr_equal(find("olmo"), find("gpt-2"));
    assert_ptr_equal(find("refact"), find("starcoder"));
    assert_true(pretokenizer_takes_whole_words(find("llama-v3")));
    assert_false(pretokenizer_takes_whole_words(find("glm4")));
    assert_null(pretokenizer_find((str_view){"gpt", 3}));
    assert_null(pretokenizer_find((str_view){"", 0}));
    assert_null(pretokenizer_find((str_view){"phi-2 mpt", 9}));
}

static void test_bytes_that_are_not_utf8_count_as_symbols(void **state)
{
    (void)state;
    check("gpt-2", "a\xff\xfe b\xe2\x82", "a·\xff\xfe· b·\xe2\x82");
    check("gpt-2", "", "");
}

/* Cuts n bytes of a repeated unit; gives how often a scanner looked at a character. */
static uint64_t looks_at(const char *id, const char *unit, size_t n)
{
    const size_t n_unit = strlen(unit);
    char *const text = mem_alloc(n);
    assert_non_null(text);
    for (size_t i = 0; i < n; i++)
        text[i] = unit[i % n_unit];
    cut_list cuts = {0};
    scan_n_looks = 0;
    assert_true(pretokenize(find(id), text, n, &cuts));
    assert_true(cuts.n > 0);
    assert_int_equal(cuts.ends[cuts.n - 1], n);
    for (size_t i = 1; i < cuts.n; i++)
        assert_true(cuts.ends[i] > cuts.ends[i - 1]);
    cuts_free(&cuts);
    mem_free(text);
    return scan_n_looks;
}

/* Twice the text is twice the work, counted and not timed; and the work is some looks at every byte. */
static void test_a_long_text_of_anything_is_cut_in_linear_time(void **state)
{
    (void)state;
    static const char *const UNITS[] = {"a",  "A",  "aA",     "Aa",  " ",    "\n",     "\t",   " \n",   "\n ",
                                        "x ", " x", "'",      "'s",  "a'",   "'re",    "1",    "1 ",    "1a",
                                        "😀",  "日", "\u0301", "日A", "\xff", "!?.,:;", "-_ +", "$<>|`", "/\r\n"};
    uint64_t most = 0;
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++) {
        for (size_t p = 0; p < N_ALL; p++) {
            const uint64_t half = looks_at(ALL[p], UNITS[i], LONG_TEXT / 2);
            const uint64_t whole = looks_at(ALL[p], UNITS[i], LONG_TEXT);
            if (half == 0 || whole > 2 * half + 1000 || whole > 64 * (uint64_t)LONG_TEXT)
                fail_msg("%s on '%s': %llu looks at half of it, %llu at all", ALL[p], UNITS[i],
                         (unsigned long long)half, (unsigned long long)whole);
            most = whole > most ? whole : most;
        }
    }
    print_message("at most %.1f looks per byte\n", (double)most / LONG_TEXT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_of_english_with_odd_white_space),
        cmocka_unit_test(test_pieces_of_several_scripts),
        cmocka_unit_test(test_gpt4o_splits_words_where_the_backtracking_expression_does),
        cmocka_unit_test(test_white_space_runs),
        cmocka_unit_test(test_aliases_name_the_same_pretokenizer),
        cmocka_unit_test(test_bytes_that_are_not_utf8_count_as_symbols),
        cmocka_unit_test(test_a_long_text_of_anything_is_cut_in_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
