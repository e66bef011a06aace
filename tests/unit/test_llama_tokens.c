/* llama-server's text to tokens and back, over the stub's vocabulary, whose first 256 tokens are the bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dialects/llama_tokens.h"

typedef bool (*parse_fn)(llama_tokens_request *out, generation_request *owner, const char *body, size_t n,
                         api_error *error);

static void refuses(parse_fn parse, const char *body, api_situation what, const char *param)
{
    llama_tokens_request t;
    generation_request owner;
    api_error error = {0};
    assert_false(parse(&t, &owner, body, strlen(body), &error));
    assert_int_equal(error.what, what);
    assert_string_equal(error.param, param);
}

static void test_reads_what_to_tokenize(void **state)
{
    (void)state;
    static const char BODY[] = "{\"content\":\"Hi\",\"add_special\":true,\"parse_special\":false,\"with_pieces\":true,"
                               "\"model\":\"m\",\"other\":1}";
    llama_tokens_request t;
    generation_request owner;
    api_error error = {0};
    assert_true(llama_tokenize_parse(&t, &owner, BODY, strlen(BODY), &error));
    assert_string_equal(t.content, "Hi");
    assert_true(t.options.add_special && !t.options.parse_special && t.with_pieces);
    assert_string_equal(owner.model, "m");
    assert_string_equal(owner.ignored, "other");
    generation_request_free(&owner);
    assert_true(llama_tokenize_parse(&t, &owner, "{\"content\":\"\"}", 14, &error));
    assert_true(!t.options.add_special && t.options.parse_special && !t.with_pieces); // llama-server's defaults
    generation_request_free(&owner);
    refuses(llama_tokenize_parse, "{}", API_MISSING_PARAMETER, "content");
    refuses(llama_tokenize_parse, "{\"content\":[\"a\"]}", API_INVALID_TYPE, "content");
    refuses(llama_tokenize_parse, "{\"content\":\"a\",\"add_special\":1}", API_INVALID_TYPE, "add_special");
    refuses(llama_tokenize_parse, "{\"content\":", API_INVALID_JSON, "");
    refuses(llama_tokenize_parse, "[]", API_INVALID_TYPE, "");
}

static void test_reads_what_to_detokenize(void **state)
{
    (void)state;
    llama_tokens_request t;
    generation_request owner;
    api_error error = {0};
    assert_true(llama_detokenize_parse(&t, &owner, "{\"tokens\":[72,105]}", 19, &error));
    assert_int_equal(t.n_tokens, 2);
    assert_int_equal(t.tokens[1], 105);
    generation_request_free(&owner);
    assert_true(llama_detokenize_parse(&t, &owner, "{\"tokens\":[]}", 13, &error));
    assert_int_equal(t.n_tokens, 0);
    generation_request_free(&owner);
    refuses(llama_detokenize_parse, "{}", API_MISSING_PARAMETER, "tokens");
    refuses(llama_detokenize_parse, "{\"tokens\":\"a\"}", API_INVALID_TYPE, "tokens");
    refuses(llama_detokenize_parse, "{\"tokens\":[1,\"a\"]}", API_INVALID_TYPE, "tokens[1]");
    refuses(llama_detokenize_parse, "{\"tokens\":[1,-1]}", API_INVALID_VALUE, "tokens[1]");
}

static sw_tokenizer *stub_tokenizer(void)
{
    sw_tokenizer *tokenizer;
    sw_err err = {0};
    assert_int_equal(sw_tokenizer_open(&tokenizer, "stub:", &err), SW_OK);
    return tokenizer;
}

static void test_a_piece_that_is_no_character_is_bytes(void **state)
{
    (void)state;
    static const int32_t IDS[] = {'a', '"', 0xc3, 0xa9};
    sw_tokenizer *const tokenizer = stub_tokenizer();
    buf out;
    buf_init(&out, 1 << 12);
    llama_tokens_write(&out, tokenizer, IDS, 4, /*with_pieces=*/false);
    assert_string_equal(buf_str(&out), "{\"tokens\":[97,34,195,169]}");
    buf_clear(&out);
    llama_tokens_write(&out, tokenizer, IDS, 4, /*with_pieces=*/true);
    assert_string_equal(buf_str(&out), "{\"tokens\":[{\"id\":97,\"piece\":\"a\"},{\"id\":34,\"piece\":\"\\\"\"},"
                                       "{\"id\":195,\"piece\":[195]},{\"id\":169,\"piece\":[169]}]}");
    buf_clear(&out);
    llama_tokens_write(&out, tokenizer, IDS, 0, /*with_pieces=*/true);
    assert_string_equal(buf_str(&out), "{\"tokens\":[]}");
    buf_free(&out);
    buf_init(&out, 16); // no room
    llama_tokens_write(&out, tokenizer, IDS, 4, /*with_pieces=*/false);
    assert_int_equal(out.failed, SW_ELIMIT);
    buf_free(&out);
    sw_tokenizer_close(tokenizer);
}

static void test_text_of_tokens_and_the_first_that_does_not_exist(void **state)
{
    (void)state;
    sw_tokenizer *const tokenizer = stub_tokenizer();
    const int32_t n = sw_tokenizer_n_vocab(tokenizer);
    const int32_t ids[] = {'H', 0xc3, n - 1, n, n + 1};
    llama_tokens_request t = {.tokens = ids, .n_tokens = 3};
    api_error error = {0};
    char message[96];
    buf out;
    buf_init(&out, 1 << 12);
    assert_true(llama_text_write(&out, tokenizer, &t, &error));
    assert_string_equal(buf_str(&out), "{\"content\":\"H?<|im_end|>\"}");
    t.n_tokens = 5;
    assert_false(llama_text_write(&out, tokenizer, &t, &error));
    assert_int_equal(error.what, API_INVALID_VALUE);
    assert_string_equal(error.param, "tokens[3]");
    snprintf(message, sizeof message, "tokens[3] is %d, but the tokens of this model are 0 to %d", n, n - 1);
    assert_string_equal(error.message, message);
    buf_free(&out);
    sw_tokenizer_close(tokenizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_what_to_tokenize),
        cmocka_unit_test(test_reads_what_to_detokenize),
        cmocka_unit_test(test_a_piece_that_is_no_character_is_bytes),
        cmocka_unit_test(test_text_of_tokens_and_the_first_that_does_not_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
