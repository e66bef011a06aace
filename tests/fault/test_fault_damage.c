/* Models that are damaged in one byte, or cut at one: whatever stands there now, the model is opened and computes, or
 * is refused with a message; it never reads or writes where it should not. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/model_lm.h"
#include "public/model_file.h"
#include "support/temp_dir.h"
#include "support/tiny_model.h"
#include "token/vocab.h"

/* Text to ids and back. */
static sw_code use_vocab(const vocabulary *v, sw_err *err)
{
    static const char TEXT[] = "ab c\n<s3> 42 \xc3\xa9\xff";
    token_list tokens = {0};
    const sw_code code = vocab_encode(v, TEXT, sizeof TEXT - 1, true, true, &tokens, err);
    buf text;
    buf_init(&text, 1 << 16);
    vocab_decode(v, tokens.ids, tokens.n, true, &text);
    buf_free(&text);
    token_list_clear(&tokens);
    return code;
}

/* A prompt of two tokens and one more. */
static sw_code use_lm(language_model *lm, sw_err *err)
{
    batch_token batch[3];
    for (int i = 0; i < 3; i++)
        batch[i] = (batch_token){.id = i % lm->n_vocab, .pos = i, .wants_logits = true};
    const float *logits;
    int32_t bad;
    if (!lm->ops->reserve(lm, 0, 3))
        return sw_fail(err, SW_ENOMEM, "no page");
    const sw_code code = lm->ops->step(lm, batch, 2, &logits, &bad, err);
    return code == SW_OK ? lm->ops->step(lm, batch + 2, 1, &logits, &bad, err) : code;
}

/* Opens the file as an engine does and computes with it. */
static sw_code use(const char *path, sw_err *err)
{
    static const sw_engine_options OPTIONS = {.n_threads = 1, .n_ctx = 32, .n_seqs = 1, .n_batch = 4};
    sw_model_file *f;
    sw_code code = sw_model_file_open(&f, path, err);
    assert_true((code == SW_OK) == (f != NULL));
    if (code != SW_OK)
        return code;
    vocabulary *v;
    code = model_file_take_vocab(f, &v, err);
    language_model *lm = NULL;
    if (code == SW_OK)
        code = use_vocab(v, err);
    if (code == SW_OK)
        code = model_lm_open(&lm, model_file_gguf(f), &OPTIONS, err);
    if (code == SW_OK) {
        code = use_lm(lm, err);
        lm->ops->close(lm);
    }
    vocab_free(v);
    sw_model_file_close(f);
    return code;
}

static sw_code check_file(const char *path, size_t at)
{
    sw_err err = {0};
    const sw_code code = use(path, &err);
    if ((code == SW_OK) != (err.msg[0] == '\0') || code == SW_EINVAL)
        fail_msg("byte %zu: %s, '%s'", at, sw_code_name(code), err.msg);
    return code;
}

typedef struct damaged {
    temp_path path;
    int fd;
    size_t n_header, n_bytes;
} damaged;

static damaged begin(tiny_arch arch)
{
    damaged d = {.path = temp_file("damaged.gguf")};
    gguf_builder b;
    builder_begin(&b);
    tiny_build(&b, arch, TINY_NO_TOKEN);
    builder_write(&b, d.path.s);
    d.n_header = 24 + b.keys.size + b.infos.size;
    builder_end(&b);
    d.fd = open(d.path.s, O_RDWR);
    struct stat st;
    assert_true(d.fd >= 0 && fstat(d.fd, &st) == 0);
    d.n_bytes = (size_t)st.st_size;
    assert_true(d.n_bytes > d.n_header + 10000);
    return d;
}

/* The file as it was is a model. */
static void end(const damaged *d)
{
    assert_int_equal(check_file(d->path.s, 0), SW_OK);
    close(d->fd);
}

static sw_code with_byte(const damaged *d, size_t at, uint8_t value)
{
    uint8_t original;
    assert_int_equal(pread(d->fd, &original, 1, (off_t)at), 1);
    assert_int_equal(pwrite(d->fd, &value, 1, (off_t)at), 1);
    const sw_code code = check_file(d->path.s, at);
    assert_int_equal(pwrite(d->fd, &original, 1, (off_t)at), 1);
    return code;
}

static void test_a_header_with_any_byte_changed_does_no_harm(void **state)
{
    (void)state;
    for (int arch = 0; arch < TINY_N_ARCHS; arch++) {
        const damaged d = begin((tiny_arch)arch);
        size_t n_refused = 0;
        for (size_t at = 0; at < d.n_header; at++) {
            uint8_t original;
            assert_int_equal(pread(d.fd, &original, 1, (off_t)at), 1);
            const uint8_t values[] = {0, 0xff, original ^ 1u, original ^ 0x80u};
            n_refused += with_byte(&d, at, values[(at + (size_t)arch) % 4]) != SW_OK;
        }
        assert_in_range(n_refused, d.n_header / 4, d.n_header);
        end(&d);
    }
}

/* The byte that makes a weight huge, infinite or no number.  Five is prime to all dimensions: every row and every
 * column of every tensor has its turn. */
static void test_weights_changed_anywhere_do_no_harm(void **state)
{
    (void)state;
    for (int arch = 0; arch < TINY_N_ARCHS; arch++) {
        const damaged d = begin((tiny_arch)arch);
        size_t n_refused = 0, n_used = 0;
        for (size_t at = (d.n_header + 31) / 32 * 32 + 3; at < d.n_bytes; at += 29 * sizeof(float)) {
            const sw_code code = with_byte(&d, at, at % 8 == 3 ? 0x7f : 0xff);
            assert_true(code == SW_OK || code == SW_ENUMERIC);
            n_refused += code != SW_OK;
            n_used += code == SW_OK;
        }
        assert_true(n_refused > 0 && n_used > 0);
        end(&d);
    }
}

static void test_a_file_cut_at_any_byte_is_refused(void **state)
{
    (void)state;
    for (int arch = 0; arch < TINY_N_ARCHS; arch++) {
        damaged d = begin((tiny_arch)arch);
        assert_int_equal(check_file(d.path.s, 0), SW_OK);
        for (size_t n = d.n_bytes; n-- > 0;) {
            if (arch > 0 && n % 7 != 0) // one family in full
                continue;
            const bool is_deep_in_data = n > d.n_header + 64 && n + 64 < d.n_bytes;
            if (is_deep_in_data && n % 251 != 0) // all that matters there is where the data end
                continue;
            assert_int_equal(ftruncate(d.fd, (off_t)n), 0);
            if (n + 32 > d.n_bytes && check_file(d.path.s, n) == SW_OK)
                continue; // the padding behind the last tensor may be missing
            assert_int_equal(check_file(d.path.s, n), SW_EFORMAT);
        }
        close(d.fd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_header_with_any_byte_changed_does_no_harm),
        cmocka_unit_test(test_weights_changed_anywhere_do_no_harm),
        cmocka_unit_test(test_a_file_cut_at_any_byte_is_refused),
    };
    return cmocka_run_group_tests_name("damaged models", tests, NULL, NULL);
}
