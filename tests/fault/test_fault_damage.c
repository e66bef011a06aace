/* Models whose header is damaged in one byte: whatever the byte says now, the model is opened and computes, or is
 * refused with a message; it never reads or writes where it should not. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/model_lm.h"
#include "support/temp_dir.h"
#include "support/tiny_model.h"

/* Opens the file as an engine does and evaluates three tokens. */
static sw_code use(const char *path, sw_err *err)
{
    static const sw_engine_options OPTIONS = {.n_threads = 1, .n_ctx = 32, .n_seqs = 1, .n_batch = 4};
    sw_gguf *g;
    sw_lm *lm = NULL;
    sw_code code = sw_gguf_open(&g, path, err);
    if (code != SW_OK)
        return code;
    code = sw_model_lm_open(&lm, g, &OPTIONS, err);
    sw_gguf_close(g);
    if (code != SW_OK)
        return code;
    sw_lm_token batch[3];
    for (int i = 0; i < 3; i++)
        batch[i] = (sw_lm_token){i % lm->n_vocab, i, 0, true};
    const float *logits;
    int32_t bad;
    code = lm->ops->reserve(lm, 0, 3) ? lm->ops->step(lm, batch, 3, &logits, &bad, err)
                                      : sw_fail(err, SW_ENOMEM, "no page");
    lm->ops->close(lm);
    return code;
}

static void check_file(const char *path, size_t at)
{
    sw_err err = {0};
    const sw_code code = use(path, &err);
    if ((code == SW_OK) != (err.msg[0] == '\0') || code == SW_EINVAL)
        fail_msg("byte %zu: %s, '%s'", at, sw_code_name(code), err.msg);
    sw_model_file *f;
    sw_err_clear(&err);
    assert_true((sw_model_file_open(&f, path, &err) == SW_OK) == (f != NULL));
    sw_model_file_close(f);
}

static void damage_each_byte(tiny_arch arch)
{
    const temp_path path = temp_file("damaged.gguf");
    gguf_builder b;
    gguf_begin(&b);
    tiny_build(&b, arch, TINY_NO_TOKEN);
    gguf_write(&b, path.s);
    const size_t n_header = 24 + b.keys.size + b.infos.size;
    gguf_end(&b);
    const int fd = open(path.s, O_RDWR);
    assert_true(fd >= 0);
    for (size_t at = 0; at < n_header; at++) {
        uint8_t original;
        assert_int_equal(pread(fd, &original, 1, (off_t)at), 1);
        const uint8_t values[] = {0, 0xff, original ^ 1u, original ^ 0x80u};
        for (size_t v = at % 2; v < sizeof values; v += 2) { // two of the four, in turn
            assert_int_equal(pwrite(fd, &values[v], 1, (off_t)at), 1);
            check_file(path.s, at);
        }
        assert_int_equal(pwrite(fd, &original, 1, (off_t)at), 1);
    }
    close(fd);
    sw_err err = {0};
    assert_int_equal(use(path.s, &err), SW_OK);
}

static void test_a_damaged_gpt_oss_header_does_no_harm(void **state)
{
    (void)state;
    damage_each_byte(TINY_GPT_OSS);
}

static void test_a_damaged_deepseek_header_does_no_harm(void **state)
{
    (void)state;
    damage_each_byte(TINY_DEEPSEEK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_damaged_gpt_oss_header_does_no_harm),
        cmocka_unit_test(test_a_damaged_deepseek_header_does_no_harm),
    };
    return cmocka_run_group_tests_name("damaged headers", tests, NULL, NULL);
}
