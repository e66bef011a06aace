/* A megabyte of the worst input is encoded in a time that is no matter, and comes back whole.  No test here looks at a
 * clock: quadratic work would take hours and meet the deadline of the test program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "token/vocab.h"

enum { MEGABYTE = 1 << 20, N_CONTROLS = 1000 };

static char *repeat(const char *unit)
{
    char *const text = mem_alloc(MEGABYTE);
    assert_non_null(text);
    for (size_t i = 0; i < MEGABYTE; i++)
        text[i] = unit[i % strlen(unit)];
    return text;
}

static void check_round_trip(const vocabulary *v, const char *unit, bool parse_special)
{
    char *const text = repeat(unit);
    token_list ids = {0};
    sw_err err;
    buf back;
    buf_init(&back, MEGABYTE);
    assert_int_equal(vocab_encode(v, text, MEGABYTE, false, parse_special, &ids, &err), SW_OK);
    vocab_decode(v, ids.ids, ids.n, true, &back);
    assert_int_equal(back.size, MEGABYTE);
    assert_memory_equal(back.data, text, MEGABYTE);
    buf_free(&back);
    token_list_clear(&ids);
    mem_free(text);
}

static void check_vocabulary(const char *name)
{
    static const char *const UNITS[] = {"a", " ", "\n", "😀", "日", "<|", "[PAD"};
    char path[512];
    snprintf(path, sizeof path, "%s/tokenizer/ggml-vocab-%s.gguf", SPILLWAY_TEST_DATA, name);
    gguf_file *g;
    vocabulary *v;
    sw_err err;
    assert_int_equal(gguf_open(&g, path, &err), SW_OK);
    assert_int_equal(vocab_from_gguf(&v, g, &err), SW_OK);
    gguf_close(g);
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++)
        check_round_trip(v, UNITS[i], false);
    vocab_free(v);
}

static void test_a_megabyte_through_phi3(void **state)
{
    (void)state;
    check_vocabulary("phi-3");
}

static void test_a_megabyte_through_deepseek(void **state)
{
    (void)state;
    check_vocabulary("deepseek-llm");
}

static void test_a_megabyte_among_a_thousand_special_tokens(void **state)
{
    (void)state;
    static char texts[N_CONTROLS][32];
    const char *controls[N_CONTROLS];
    for (int i = 0; i < N_CONTROLS; i++) {
        snprintf(texts[i], sizeof texts[i], "<|reserved_%d|>", i);
        controls[i] = texts[i];
    }
    vocabulary *v;
    sw_err err;
    assert_int_equal(vocab_synthetic(&v, NULL, 0, controls, N_CONTROLS, &err), SW_OK);
    static const char *const UNITS[] = {"<|", "<|reserved_", "<|reserved_7|>", "<|reserved_77|> ", "\xff"};
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++)
        check_round_trip(v, UNITS[i], true);
    vocab_free(v);
}

static void test_more_text_than_the_limit_is_refused(void **state)
{
    (void)state;
    vocabulary *v;
    sw_err err = {0};
    token_list ids = {0};
    assert_int_equal(vocab_synthetic(&v, NULL, 0, NULL, 0, &err), SW_OK);
    // The text is not looked at, so it need not be there.
    assert_int_equal(vocab_encode(v, "", (64u << 20) + 1, false, false, &ids, &err), SW_ELIMIT);
    assert_int_equal(ids.n, 0);
    vocab_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_megabyte_through_phi3),
        cmocka_unit_test(test_a_megabyte_through_deepseek),
        cmocka_unit_test(test_a_megabyte_among_a_thousand_special_tokens),
        cmocka_unit_test(test_more_text_than_the_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
