/* Loading a model while memory and files fail: the n-th allocation, the n-th read, for every n until nothing fails any
 * more.  The outcome is an error value or success; nothing is leaked and nothing crashes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/model_lm.h"
#include "model/hparams.h"
#include "model/weights.h"
#include "spillway.h"
#include "support/faults.h"
#include "support/temp_dir.h"
#include "support/tiny_model.h"

static temp_path model;

static const sw_engine_options SMALL = {.n_threads = 2, .n_ctx = 64, .n_seqs = 2, .n_batch = 8};

/* ---- what is tried: each opens and closes ---- */

typedef sw_code (*attempt_fn)(sw_err *err);

static sw_code try_gguf(sw_err *err)
{
    gguf_file *g;
    const sw_code code = gguf_open(&g, model.s, err);
    assert_true((code == SW_OK) == (g != NULL));
    gguf_close(g);
    return code;
}

static sw_code try_weights(sw_err *err)
{
    gguf_file *g;
    sw_code code = gguf_open(&g, model.s, err);
    if (code != SW_OK)
        return code;
    hparams h;
    model_weights w = {0};
    code = hparams_read(g, false, &h, err);
    if (code == SW_OK)
        code = weights_plan(g, &h, NULL, &w, err);
    thread_pool *const pool = pool_create(2);
    if (code == SW_OK && pool == NULL)
        code = sw_fail(err, SW_ENOMEM, "no pool");
    if (code == SW_OK)
        code = weights_load(&w, g, &(weights_load_options){.pool = pool}, err);
    pool_free(pool);
    weights_free(&w);
    gguf_close(g);
    return code;
}

static sw_code try_model_lm(sw_err *err)
{
    gguf_file *g;
    sw_code code = gguf_open(&g, model.s, err);
    if (code != SW_OK)
        return code;
    language_model *lm;
    code = model_lm_open(&lm, g, &SMALL, err);
    assert_true((code == SW_OK) == (lm != NULL));
    gguf_close(g);
    if (code == SW_OK) {
        const batch_token token = {.id = 1, .wants_logits = true};
        const float *logits;
        int32_t bad;
        code = lm->ops->reserve(lm, 0, 1) ? lm->ops->step(lm, &token, 1, &logits, &bad, err)
                                          : sw_fail(err, SW_ENOMEM, "no page");
        lm->ops->close(lm);
    }
    return code;
}

static sw_code try_engine(sw_err *err)
{
    sw_engine *e;
    const sw_code code = sw_engine_open(&e, model.s, &SMALL, err);
    assert_true((code == SW_OK) == (e != NULL));
    sw_engine_close(e);
    return code;
}

static sw_code try_tokenizer(sw_err *err)
{
    sw_tokenizer *t;
    sw_code code = sw_tokenizer_open(&t, model.s, err);
    assert_true((code == SW_OK) == (t != NULL));
    if (code == SW_OK) {
        int32_t *ids;
        size_t n;
        code = sw_tokenizer_encode(t, "abc", 3, &(sw_encode_options){true, true}, &ids, &n, err);
        assert_true(code != SW_OK || n == 3);
        sw_tokens_free(ids);
        sw_tokenizer_close(t);
    }
    return code;
}

static sw_code try_model_file(sw_err *err)
{
    sw_model_file *f;
    const sw_code code = sw_model_file_open(&f, model.s, err);
    assert_true((code == SW_OK) == (f != NULL));
    sw_model_file_close(f);
    return code;
}

/* ---- memory ---- */

static void each_allocation_fails_once(attempt_fn attempt)
{
    for (long n = 0;; n++) {
        sw_err err = {0};
        long n_live;
        faults_alloc_begin(n);
        const sw_code code = attempt(&err);
        const long n_allocs = faults_alloc_end(&n_live);
        if (n_live != 0)
            fail_msg("allocation %ld failed: %ld blocks were not freed", n, n_live);
        if (code == SW_OK && n >= n_allocs)
            return;
        if (code != SW_OK && code != SW_ENOMEM)
            fail_msg("allocation %ld failed: %s, %s", n, sw_code_name(code), err.msg);
        assert_true((code == SW_OK) == (err.msg[0] == '\0'));
        assert_true(n < 2000);
    }
}

/* Every architecture, since each asks for other tensors. */
static void for_every_architecture(attempt_fn attempt, void (*test)(attempt_fn attempt))
{
    for (int arch = 0; arch < TINY_N_ARCHS; arch++) {
        tiny_write(model.s, (tiny_arch)arch, TINY_NO_TOKEN);
        test(attempt);
    }
}

static void test_opening_a_file_survives_every_failed_allocation(void **state)
{
    (void)state;
    each_allocation_fails_once(try_gguf);
}

static void test_loading_weights_survives_every_failed_allocation(void **state)
{
    (void)state;
    for_every_architecture(try_weights, each_allocation_fails_once);
}

static void test_opening_a_model_survives_every_failed_allocation(void **state)
{
    (void)state;
    for_every_architecture(try_model_lm, each_allocation_fails_once);
}

static void test_opening_an_engine_survives_every_failed_allocation(void **state)
{
    (void)state;
    for_every_architecture(try_engine, each_allocation_fails_once);
}

static void test_a_tokenizer_survives_every_failed_allocation(void **state)
{
    (void)state;
    each_allocation_fails_once(try_tokenizer);
}

static void test_the_facts_of_a_file_survive_every_failed_allocation(void **state)
{
    (void)state;
    each_allocation_fails_once(try_model_file);
}

/* ---- files ---- */

static void each_read_fails(attempt_fn attempt)
{
    static const struct {
        faults_read how;
        sw_code expected;
    } KINDS[] = {{FAULTS_EIO, SW_EIO}, {FAULTS_END_OF_FILE, SW_EFORMAT}};
    for (size_t k = 0; k < sizeof KINDS / sizeof KINDS[0]; k++) {
        for (long n = 0;; n++) {
            sw_err err = {0};
            faults_read_begin(n, KINDS[k].how);
            const sw_code code = attempt(&err);
            const long n_reads = faults_read_end();
            if (n >= n_reads) {
                assert_int_equal(code, SW_OK);
                assert_true(n > 0);
                break;
            }
            assert_int_equal(code, KINDS[k].expected);
            assert_non_null(strstr(err.msg, model.s));
        }
    }
}

static void test_failed_and_short_reads_are_errors_that_name_the_file(void **state)
{
    (void)state;
    each_read_fails(try_gguf);
    each_read_fails(try_weights);
    each_read_fails(try_engine);
    each_read_fails(try_tokenizer);
    each_read_fails(try_model_file);
}

static void test_reads_in_small_pieces_and_interruptions_change_nothing(void **state)
{
    (void)state;
    sw_err err = {0};
    faults_read_begin(0, FAULTS_ONE_BYTE);
    const sw_code code = try_model_lm(&err);
    assert_true(faults_read_end() > 10000);
    assert_int_equal(code, SW_OK);
}

static int write_model(void **state)
{
    (void)state;
    model = temp_file("tiny.gguf");
    tiny_write(model.s, TINY_DEEPSEEK, TINY_NO_TOKEN);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_opening_a_file_survives_every_failed_allocation, write_model),
        cmocka_unit_test_setup(test_loading_weights_survives_every_failed_allocation, write_model),
        cmocka_unit_test_setup(test_opening_a_model_survives_every_failed_allocation, write_model),
        cmocka_unit_test_setup(test_opening_an_engine_survives_every_failed_allocation, write_model),
        cmocka_unit_test_setup(test_a_tokenizer_survives_every_failed_allocation, write_model),
        cmocka_unit_test_setup(test_the_facts_of_a_file_survive_every_failed_allocation, write_model),
        cmocka_unit_test_setup(test_failed_and_short_reads_are_errors_that_name_the_file, write_model),
        cmocka_unit_test_setup(test_reads_in_small_pieces_and_interruptions_change_nothing, write_model),
    };
    return cmocka_run_group_tests_name("faults while loading", tests, NULL, NULL);
}
