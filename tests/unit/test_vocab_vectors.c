/* The published vocabularies must give the published ids, and the ids the text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/file.h"
#include "token/vocab.h"

static const char SEPARATOR[] = "\n__ggml_vocab_test__\n";
enum { FILE_MAX = 1 << 20, N_STRINGS = 46 };

static vocabulary *load(const char *path)
{
    sw_err err = {0};
    gguf_file *g = NULL;
    vocabulary *v = NULL;
    if (gguf_open(&g, path, &err) != SW_OK || vocab_from_gguf(&v, g, &err) != SW_OK)
        fail_msg("%s: %s", path, err.msg);
    gguf_close(g);
    return v;
}

static char *slurp(const char *path, const char *suffix)
{
    char name[512], *data = NULL;
    size_t n;
    sw_err err = {0};
    snprintf(name, sizeof name, "%s%s", path, suffix);
    if (file_slurp(name, FILE_MAX, &data, &n, &err) != SW_OK)
        fail_msg("%s: %s", name, err.msg);
    return data;
}

static void check_ids(const token_list *ids, char **out, int string)
{
    for (size_t i = 0; i < ids->n; i++) {
        const long expected = strtol(*out, out, 10);
        if (expected != ids->ids[i])
            fail_msg("string %d, token %zu: %d instead of %ld", string, i, ids->ids[i], expected);
    }
    if (**out != '\n')
        fail_msg("string %d: more ids are expected after %zu", string, ids->n);
    (*out)++;
}

/* Encodes the next string of *in and compares with the next line of *out. */
static void check_string(const vocabulary *v, char **in, char **out, int string)
{
    sw_err err = {0};
    char *const end = strstr(*in, SEPARATOR);
    assert_non_null(end);
    const size_t n = (size_t)(end - *in);
    token_list ids = {0};
    assert_int_equal(vocab_encode(v, *in, n, false, false, &ids, &err), SW_OK);
    check_ids(&ids, out, string);
    buf text;
    buf_init(&text, FILE_MAX);
    vocab_decode(v, ids.ids, ids.n, false, &text);
    assert_int_equal(text.size, n);
    assert_memory_equal(buf_str(&text), *in, n);
    buf_free(&text);
    token_list_clear(&ids);
    *in = end + strlen(SEPARATOR);
}

static void check_vocabulary(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/tokenizer/ggml-vocab-%s.gguf", SPILLWAY_TEST_DATA, name);
    vocabulary *const v = load(path);
    char *const inputs = slurp(path, ".inp"), *const outputs = slurp(path, ".out");
    char *in = inputs, *out = outputs;
    for (int i = 0; i < N_STRINGS; i++)
        check_string(v, &in, &out, i);
    assert_int_equal(*in, '\0');
    mem_free(inputs);
    mem_free(outputs);
    vocab_free(v);
}

static void test_phi3_vocabulary_gives_the_published_ids(void **state)
{
    (void)state;
    check_vocabulary("phi-3");
}

static void test_deepseek_vocabulary_gives_the_published_ids(void **state)
{
    (void)state;
    check_vocabulary("deepseek-llm");
}

static void test_gpt2_vocabulary_gives_the_published_ids(void **state)
{
    (void)state;
    check_vocabulary("gpt-2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_phi3_vocabulary_gives_the_published_ids),
        cmocka_unit_test(test_deepseek_vocabulary_gives_the_published_ids),
        cmocka_unit_test(test_gpt2_vocabulary_gives_the_published_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
