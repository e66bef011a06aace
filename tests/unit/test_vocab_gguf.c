/* Vocabularies from files that are wrong in one place, and what the right ones mean. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"
#include "token/vocab.h"

/* ---- a model file with metadata only ---- */

typedef struct metadata {
    buf bytes; // key-value pairs
    uint64_t n;
} metadata;

static metadata begin(void)
{
    metadata m = {.n = 0};
    buf_init(&m.bytes, 1 << 20);
    return m;
}

static void put_u32(metadata *m, uint32_t v)
{
    buf_append(&m->bytes, &v, sizeof v);
}

static void put_text(metadata *m, const char *s)
{
    const uint64_t n = strlen(s);
    buf_append(&m->bytes, &n, sizeof n);
    buf_append(&m->bytes, s, n);
}

static void put_key(metadata *m, const char *key, gguf_value type)
{
    put_text(m, key);
    put_u32(m, type);
    m->n++;
}

static void put_array(metadata *m, const char *key, gguf_value type, uint64_t n)
{
    put_key(m, key, GGUF_ARRAY);
    put_u32(m, type);
    buf_append(&m->bytes, &n, sizeof n);
}

static void string_key(metadata *m, const char *key, const char *value)
{
    put_key(m, key, GGUF_STRING);
    put_text(m, value);
}

static void strings_key(metadata *m, const char *key, const char *const *values, size_t n)
{
    put_array(m, key, GGUF_STRING, n);
    for (size_t i = 0; i < n; i++)
        put_text(m, values[i]);
}

static void ints_key(metadata *m, const char *key, const int32_t *values, size_t n)
{
    put_array(m, key, GGUF_I32, n);
    buf_append(&m->bytes, values, n * sizeof *values);
}

static void floats_key(metadata *m, const char *key, const float *values, size_t n)
{
    put_array(m, key, GGUF_F32, n);
    buf_append(&m->bytes, values, n * sizeof *values);
}

static void id_key(metadata *m, const char *key, uint32_t value)
{
    put_key(m, key, GGUF_U32);
    put_u32(m, value);
}

static void flag_key(metadata *m, const char *key, bool value)
{
    put_key(m, key, GGUF_BOOL);
    buf_append(&m->bytes, &value, 1);
}

/* Writes the file, loads its vocabulary and removes it. */
static sw_code load(metadata *m, vocabulary **out, sw_err *err)
{
    char path[] = "/tmp/test_vocab_XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    const uint32_t magic_version[2] = {0x46554747, 3};
    const uint64_t counts[2] = {0, m->n};
    assert_int_equal(write(fd, magic_version, sizeof magic_version), sizeof magic_version);
    assert_int_equal(write(fd, counts, sizeof counts), sizeof counts);
    assert_int_equal(write(fd, m->bytes.data, m->bytes.size), m->bytes.size);
    close(fd);
    gguf_file *g = NULL;
    sw_err_clear(err);
    *out = NULL;
    sw_code code = gguf_open(&g, path, err);
    if (code == SW_OK)
        code = vocab_from_gguf(out, g, err);
    gguf_close(g);
    unlink(path);
    buf_free(&m->bytes);
    return code;
}

static vocabulary *load_good(metadata *m)
{
    vocabulary *v;
    sw_err err;
    if (load(m, &v, &err) != SW_OK)
        fail_msg("%s", err.msg);
    return v;
}

/* The load fails with this code, and the message says `what`. */
static void load_bad(metadata *m, sw_code code, const char *what)
{
    vocabulary *v;
    sw_err err;
    assert_int_equal(load(m, &v, &err), code);
    assert_null(v);
    if (strstr(err.msg, what) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.msg, what);
}

/* ---- a small byte-level vocabulary ---- */

static const char *const TOKENS[] = {"a", "b", "c", "ab", "abc", "<|end|>", "<think>", "Ġ", "Ġa", "<unk>"};
enum { N_TOKENS = 10 };
static const int32_t TYPES[N_TOKENS] = {1, 1, 1, 1, 1, 4, 4, 1, 1, 2};
static const char *const MERGES[] = {"a b", "ab c", "Ġ a"};

static metadata bpe(void)
{
    metadata m = begin();
    string_key(&m, "tokenizer.ggml.model", "gpt2");
    strings_key(&m, "tokenizer.ggml.tokens", TOKENS, N_TOKENS);
    return m;
}

static metadata whole_bpe(void)
{
    metadata m = bpe();
    ints_key(&m, "tokenizer.ggml.token_type", TYPES, N_TOKENS);
    strings_key(&m, "tokenizer.ggml.merges", MERGES, 3);
    return m;
}

static void check_ids(const vocabulary *v, const char *text, bool parse_special, const int32_t *expected, size_t n)
{
    token_list ids = {0};
    sw_err err;
    assert_int_equal(vocab_encode(v, text, strlen(text), true, parse_special, &ids, &err), SW_OK);
    assert_int_equal(ids.n, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(ids.ids[i], expected[i]);
    token_list_clear(&ids);
}

static void test_small_bpe_merges_by_rank(void **state)
{
    (void)state;
    metadata m = whole_bpe();
    vocabulary *const v = load_good(&m);
    check_ids(v, "abc ab a", false, (const int32_t[]){4, 7, 3, 8}, 4);
    assert_string_equal(vocab_description(v), "gpt2/default");
    vocab_free(v);
}

static void test_control_tokens_in_text_stay_text_unless_asked_for(void **state)
{
    (void)state;
    metadata m = whole_bpe();
    vocabulary *const v = load_good(&m);
    check_ids(v, "a<|end|>b", true, (const int32_t[]){0, 5, 1}, 3);
    check_ids(v, "a<|end|>b", false, (const int32_t[]){0, 1}, 2);    // its characters are not in this vocabulary
    check_ids(v, "a<think>b", false, (const int32_t[]){0, 6, 1}, 3); // user-defined
    check_ids(v, "a<unk>b", true, (const int32_t[]){0, 9, 1}, 3);
    vocab_free(v);
}

static void test_ends_of_turn_are_control_tokens_whatever_the_file_says(void **state)
{
    (void)state;
    metadata m = whole_bpe();
    vocabulary *const v = load_good(&m);
    assert_int_equal(vocab_type(v, 5), TOKEN_CONTROL);
    assert_true(vocab_is_eog(v, 5));
    assert_int_equal(vocab_piece(v, 5, false).size, 0);
    assert_int_equal(vocab_piece(v, 5, true).size, 7);
    assert_int_equal(vocab_type(v, 6), TOKEN_USER);
    assert_int_equal(vocab_piece(v, 6, false).size, 7);
    assert_int_equal(vocab_piece(v, -1, true).size, 0);
    assert_int_equal(vocab_piece(v, N_TOKENS, true).size, 0);
    vocab_free(v);
}

static void test_end_of_message_ends_no_harmony_turn(void **state)
{
    (void)state;
    static const char *const CONTROLS[] = {"<|end|>", "<|return|>", "<|call|>"};
    vocabulary *v;
    sw_err err;
    assert_int_equal(vocab_synthetic(&v, NULL, 0, CONTROLS, 3, &err), SW_OK);
    assert_false(vocab_is_eog(v, vocab_find(v, "<|end|>")));
    assert_true(vocab_is_eog(v, vocab_find(v, "<|return|>")));
    assert_true(vocab_is_eog(v, vocab_find(v, "<|call|>")));
    vocab_free(v);
}

static void test_unknown_pretokenizer_is_the_default_and_said_so(void **state)
{
    (void)state;
    metadata m = whole_bpe();
    string_key(&m, "tokenizer.ggml.pre", "from-the-future");
    vocabulary *const v = load_good(&m);
    assert_non_null(strstr(vocab_description(v), "gpt2/default"));
    assert_non_null(strstr(vocab_description(v), "from-the-future"));
    vocab_free(v);
}

static void test_special_ids_and_flags_come_from_the_file(void **state)
{
    (void)state;
    metadata m = whole_bpe();
    id_key(&m, "tokenizer.ggml.bos_token_id", 2);
    id_key(&m, "tokenizer.ggml.eos_token_id", 1);
    id_key(&m, "tokenizer.ggml.eot_token_id", 99999); // beyond the vocabulary: ignored
    flag_key(&m, "tokenizer.ggml.add_bos_token", true);
    flag_key(&m, "tokenizer.ggml.add_eos_token", true);
    vocabulary *const v = load_good(&m);
    assert_int_equal(vocab_bos(v), 2);
    assert_true(vocab_is_eog(v, 1));
    check_ids(v, "a", false, (const int32_t[]){2, 0, 1}, 3);
    vocab_free(v);
}

/* -1 is how some converters write "none"; no default stands for it. */
static void test_special_ids_below_zero_are_absent(void **state)
{
    (void)state;
    static const char *const KEYS[] = {"bos", "eos", "unknown", "eot", "eom", "fim_pad", "fim_rep", "fim_sep"};
    metadata m = whole_bpe();
    for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++) {
        char key[64];
        snprintf(key, sizeof key, "tokenizer.ggml.%s_token_id", KEYS[i]);
        put_key(&m, key, GGUF_I32);
        put_u32(&m, UINT32_MAX); // -1
    }
    flag_key(&m, "tokenizer.ggml.add_bos_token", true);
    vocabulary *const v = load_good(&m);
    assert_int_equal(vocab_bos(v), TOKEN_NONE);
    assert_int_equal(vocab_eos(v), TOKEN_NONE);
    assert_false(vocab_adds_bos(v));
    vocab_free(v);
}

static void test_longest_special_token_wins_wherever_it_stands(void **state)
{
    (void)state;
    static const char *const CONTROLS[] = {"<a>", "<a><b>", "<b><c><d>"};
    vocabulary *v;
    sw_err err;
    assert_int_equal(vocab_synthetic(&v, NULL, 0, CONTROLS, 3, &err), SW_OK);
    check_ids(v, "<a><b><c><d>", true, (const int32_t[]){256, 258}, 2);
    check_ids(v, "<a><b><a>x", true, (const int32_t[]){257, 256, 'x'}, 3);
    vocab_free(v);
}

static void test_malformed_vocabularies_are_refused_by_key(void **state)
{
    (void)state;
    metadata m = begin();
    strings_key(&m, "tokenizer.ggml.tokens", TOKENS, N_TOKENS);
    load_bad(&m, SW_EFORMAT, "tokenizer.ggml.model");
    m = begin();
    string_key(&m, "tokenizer.ggml.model", "bert");
    load_bad(&m, SW_EUNSUPPORTED, "bert");
    m = begin();
    string_key(&m, "tokenizer.ggml.model", "gpt2");
    load_bad(&m, SW_EFORMAT, "tokenizer.ggml.tokens");
    m = bpe();
    load_bad(&m, SW_EFORMAT, "tokenizer.ggml.merges");
    m = whole_bpe();
    string_key(&m, "tokenizer.ggml.add_bos_token", "yes");
    load_bad(&m, SW_EFORMAT, "tokenizer.ggml.add_bos_token");
}

static void test_wrong_token_types_are_refused(void **state)
{
    (void)state;
    metadata m = bpe();
    ints_key(&m, "tokenizer.ggml.token_type", TYPES, N_TOKENS - 1);
    load_bad(&m, SW_EFORMAT, "tokenizer.ggml.token_type has 9 elements for 10 tokens");
    m = bpe();
    ints_key(&m, "tokenizer.ggml.token_type", (const int32_t[N_TOKENS]){1, 7}, N_TOKENS);
    load_bad(&m, SW_EFORMAT, "tokenizer.ggml.token_type[");
    m = bpe();
    floats_key(&m, "tokenizer.ggml.token_type", (const float[N_TOKENS]){1}, N_TOKENS);
    load_bad(&m, SW_EFORMAT, "tokenizer.ggml.token_type[0]");
}

static void test_wrong_merges_are_refused_and_foreign_ones_ignored(void **state)
{
    (void)state;
    static const char *const BAD[][1] = {{"ab"}, {" ab"}, {""}, {"ab "}};
    for (size_t i = 0; i < 4; i++) {
        metadata m = bpe();
        strings_key(&m, "tokenizer.ggml.merges", BAD[i], 1);
        load_bad(&m, SW_EFORMAT, "tokenizer.ggml.merges[0]");
    }
    metadata m = bpe();
    strings_key(&m, "tokenizer.ggml.merges", (const char *const[]){"x y", "a b"}, 2);
    vocabulary *const v = load_good(&m);
    check_ids(v, "ab", false, (const int32_t[]){3}, 1);
    vocab_free(v);
}

static void test_duplicate_texts_are_refused_but_empty_ones_are_named(void **state)
{
    (void)state;
    metadata m = begin();
    string_key(&m, "tokenizer.ggml.model", "gpt2");
    strings_key(&m, "tokenizer.ggml.tokens", (const char *const[]){"a", "b", "a"}, 3);
    strings_key(&m, "tokenizer.ggml.merges", MERGES, 3);
    load_bad(&m, SW_EFORMAT, "tokens 0 and 2 have the same text");
    m = begin();
    string_key(&m, "tokenizer.ggml.model", "gpt2");
    strings_key(&m, "tokenizer.ggml.tokens", (const char *const[]){"a", "", ""}, 3);
    strings_key(&m, "tokenizer.ggml.merges", MERGES, 3);
    vocabulary *const v = load_good(&m);
    assert_int_equal(vocab_find(v, "[EMPTY_2]"), 2);
    vocab_free(v);
}

/* ---- SentencePiece ---- */

static const char *const SPM_TOKENS[] = {"<unk>", "<s>", "</s>", "<0x0A>", "<0xC3>", "<0xA9>",
                                         "▁",     "a",   "b",    "▁a",     "ab",     "<0xZZ>"};
enum { N_SPM = 12 };
static const int32_t SPM_TYPES[N_SPM] = {2, 3, 3, 6, 6, 6, 1, 1, 1, 1, 1, 6};
static const float SPM_SCORES[N_SPM] = {0, 0, 0, 0, 0, 0, -5, -6, -7, -2, -1, 0};

static metadata spm(const float *scores, size_t n_scores)
{
    metadata m = begin();
    string_key(&m, "tokenizer.ggml.model", "llama");
    strings_key(&m, "tokenizer.ggml.tokens", SPM_TOKENS, N_SPM);
    ints_key(&m, "tokenizer.ggml.token_type", SPM_TYPES, N_SPM);
    floats_key(&m, "tokenizer.ggml.scores", scores, n_scores);
    return m;
}

/* n tokens without a text each, which get one of their own. */
static metadata nameless(size_t n)
{
    metadata m = {.n = 0};
    buf_init(&m.bytes, 1 << 26);
    string_key(&m, "tokenizer.ggml.model", "gpt2");
    strings_key(&m, "tokenizer.ggml.merges", MERGES, 0);
    put_array(&m, "tokenizer.ggml.tokens", GGUF_STRING, n);
    void *const lengths = calloc(n, sizeof(uint64_t));
    buf_append(&m.bytes, lengths, n * sizeof(uint64_t));
    assert_int_equal(m.bytes.failed, SW_OK);
    free(lengths);
    return m;
}

static void test_the_largest_vocabulary_is_read_and_a_larger_one_refused(void **state)
{
    (void)state;
    metadata m = nameless(LIMIT_VOCAB_TOKENS);
    vocabulary *const v = load_good(&m);
    assert_int_equal(vocab_size(v), LIMIT_VOCAB_TOKENS);
    assert_int_equal(vocab_find(v, "[EMPTY_4194303]"), LIMIT_VOCAB_TOKENS - 1);
    vocab_free(v);
    m = nameless(LIMIT_VOCAB_TOKENS + 1);
    load_bad(&m, SW_ELIMIT, "tokenizer.ggml.tokens");
}

static void test_spm_merges_by_score_and_falls_back_to_bytes(void **state)
{
    (void)state;
    metadata m = spm(SPM_SCORES, N_SPM);
    vocabulary *const v = load_good(&m);
    check_ids(v, "ab", false, (const int32_t[]){1, 6, 10}, 3);           // "ab" scores higher than "▁a"
    check_ids(v, "é\nx", false, (const int32_t[]){1, 6, 4, 5, 3, 0}, 6); // no byte token for x
    check_ids(v, "a</s>a", true, (const int32_t[]){1, 9, 2, 9}, 4);
    assert_string_equal(vocab_description(v), "llama");
    assert_int_equal(vocab_piece(v, 4, false).data[0], '\xc3');
    assert_int_equal(vocab_piece(v, 11, false).size, 0);
    vocab_free(v);
}

static void test_spm_without_space_prefix(void **state)
{
    (void)state;
    metadata m = spm(SPM_SCORES, N_SPM);
    flag_key(&m, "tokenizer.ggml.add_space_prefix", false);
    flag_key(&m, "tokenizer.ggml.add_bos_token", false);
    vocabulary *const v = load_good(&m);
    check_ids(v, "ab a", false, (const int32_t[]){10, 9}, 2);
    vocab_free(v);
}

static void test_wrong_scores_are_refused(void **state)
{
    (void)state;
    metadata m = spm(SPM_SCORES, N_SPM - 1);
    load_bad(&m, SW_EFORMAT, "tokenizer.ggml.scores has 11 elements");
    m = spm(NULL, 0);
    load_bad(&m, SW_EFORMAT, "tokenizer.ggml.scores");
    float scores[N_SPM] = {0};
    scores[3] = NAN;
    m = spm(scores, N_SPM);
    load_bad(&m, SW_EFORMAT, "tokenizer.ggml.scores[3]");
}

/* ---- the Phi-3 vocabulary ---- */

static void test_phi3_markers_swallow_the_line_break_after_them(void **state)
{
    (void)state;
    gguf_file *g;
    vocabulary *v;
    sw_err err;
    assert_int_equal(gguf_open(&g, SPILLWAY_TEST_DATA "/tokenizer/ggml-vocab-phi-3.gguf", &err), SW_OK);
    assert_int_equal(vocab_from_gguf(&v, g, &err), SW_OK);
    gguf_close(g);
    assert_true(vocab_strips_right(v, 32010));
    assert_false(vocab_strips_right(v, 1));
    assert_false(vocab_strips_right(v, 32000));
    check_ids(v, "<|user|> \nHello<|end|>\n", true, (const int32_t[]){1, 32010, 15043, 32007}, 4);
    check_ids(v, "<|endoftext|>\n", true, (const int32_t[]){1, 32000, 29871, 13}, 4);
    vocab_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_bpe_merges_by_rank),
        cmocka_unit_test(test_control_tokens_in_text_stay_text_unless_asked_for),
        cmocka_unit_test(test_ends_of_turn_are_control_tokens_whatever_the_file_says),
        cmocka_unit_test(test_end_of_message_ends_no_harmony_turn),
        cmocka_unit_test(test_unknown_pretokenizer_is_the_default_and_said_so),
        cmocka_unit_test(test_special_ids_and_flags_come_from_the_file),
        cmocka_unit_test(test_special_ids_below_zero_are_absent),
        cmocka_unit_test(test_longest_special_token_wins_wherever_it_stands),
        cmocka_unit_test(test_malformed_vocabularies_are_refused_by_key),
        cmocka_unit_test(test_wrong_token_types_are_refused),
        cmocka_unit_test(test_wrong_merges_are_refused_and_foreign_ones_ignored),
        cmocka_unit_test(test_duplicate_texts_are_refused_but_empty_ones_are_named),
        cmocka_unit_test(test_the_largest_vocabulary_is_read_and_a_larger_one_refused),
        cmocka_unit_test(test_spm_merges_by_score_and_falls_back_to_bytes),
        cmocka_unit_test(test_spm_without_space_prefix),
        cmocka_unit_test(test_wrong_scores_are_refused),
        cmocka_unit_test(test_phi3_markers_swallow_the_line_break_after_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
