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
    char *const text = sw_alloc(MEGABYTE);
    assert_non_null(text);
    for (size_t i = 0; i < MEGABYTE; i++)
        text[i] = unit[i % strlen(unit)];
    return text;
}

static void check_round_trip(const sw_vocab *v, const char *unit, bool parse_special)
{
    char *const text = repeat(unit);
    sw_tokens ids = {0};
    sw_err err;
    sw_buf back;
    sw_buf_init(&back, MEGABYTE);
    assert_int_equal(sw_vocab_encode(v, text, MEGABYTE, false, parse_special, &ids, &err), SW_OK);
    sw_vocab_decode(v, ids.ids, ids.n, true, &back);
    assert_int_equal(back.size, MEGABYTE);
    assert_memory_equal(back.data, text, MEGABYTE);
    sw_buf_free(&back);
    sw_tokens_clear(&ids);
    sw_free(text);
}

static void check_vocabulary(const char *name)
{
    static const char *const UNITS[] = {"a", " ", "\n", "😀", "日", "<|", "[PAD"};
    char path[512];
    snprintf(path, sizeof path, "%s/tokenizer/ggml-vocab-%s.gguf", SW_TEST_DATA, name);
    sw_gguf *g;
    sw_vocab *v;
    sw_err err;
    assert_int_equal(sw_gguf_open(&g, path, &err), SW_OK);
    assert_int_equal(sw_vocab_from_gguf(&v, g, &err), SW_OK);
    sw_gguf_close(g);
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++)
        check_round_trip(v, UNITS[i], false);
    sw_vocab_free(v);
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
    sw_vocab *v;
    sw_err err;
    assert_int_equal(sw_vocab_synthetic(&v, NULL, 0, controls, N_CONTROLS, &err), SW_OK);
    static const char *const UNITS[] = {"<|", "<|reserved_", "<|reserved_7|>", "<|reserved_77|> ", "\xff"};
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++)
        check_round_trip(v, UNITS[i], true);
    sw_vocab_free(v);
}

static void test_more_text_than_the_limit_is_refused(void **state)
{
    (void)state;
    sw_vocab *v;
    sw_err err = {0};
    sw_tokens ids = {0};
    assert_int_equal(sw_vocab_synthetic(&v, NULL, 0, NULL, 0, &err), SW_OK);
    // The text is not looked at, so it need not be there.
    assert_int_equal(sw_vocab_encode(v, "", (64u << 20) + 1, false, false, &ids, &err), SW_ELIMIT);
    assert_int_equal(ids.n, 0);
    sw_vocab_free(v);
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
