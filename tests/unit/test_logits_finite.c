/* Logits that are not finite are an error of the function that returns logits, too. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spillway.h"
#include "support/model_copy.h"
#include "support/temp_dir.h"

static bool count_row(void *ud, size_t position, const float *logits, size_t n_vocab)
{
    (void)position;
    for (size_t i = 0; i < n_vocab; i++)
        assert_true(isfinite(logits[i]));
    (*(int *)ud)++;
    return true;
}

/* The outcome for a model whose output head has this value in the row of token 5. */
static sw_code logits_with(float value, int *n_rows, sw_err *err)
{
    const temp_path path = temp_file("damaged.gguf");
    model_copy *const m = model_copy_open(SPILLWAY_TEST_DATA "/golden/mixtral-f32.gguf");
    model_tensor *const head = model_copy_find(m, -1, "output.weight");
    assert_non_null(head);
    float old;
    memcpy(&old, head->data + 5 * head->ne[0] * sizeof old, sizeof old);
    const float written = isnan(value) || isinf(value) ? value : old;
    memcpy(head->data + 5 * head->ne[0] * sizeof written, &written, sizeof written);
    model_copy_write(m, path.s, NULL, NULL);
    model_copy_close(m);
    static const int32_t TOKENS[] = {1, 2, 3};
    sw_engine *engine;
    assert_int_equal(sw_engine_open(&engine, path.s, &(sw_engine_options){.n_ctx = 16, .n_seqs = 1}, err), SW_OK);
    *n_rows = 0;
    const sw_code code = sw_engine_logits(engine, TOKENS, 3, 2, count_row, n_rows, err);
    sw_engine_close(engine);
    return code;
}

static void test_a_logit_that_is_not_finite_is_an_error(void **state)
{
    (void)state;
    const float values[] = {NAN, INFINITY, -INFINITY};
    int n_rows;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        sw_err err = {0};
        assert_int_equal(logits_with(values[i], &n_rows, &err), SW_ENUMERIC);
        assert_non_null(strstr(err.msg, "token 5 at position 0"));
        assert_int_equal(n_rows, 0);
    }
    sw_err err = {0};
    assert_int_equal(logits_with(0, &n_rows, &err), SW_OK);
    assert_int_equal(n_rows, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_logit_that_is_not_finite_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
