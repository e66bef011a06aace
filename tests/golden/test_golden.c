/* Logits of small models against those of an independent engine: every F32 model within 2e-4 relative L2 and with the
 * same top-1 at every position; and every model bit-identical however its logits were computed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/golden.h"

static void matches(const golden *g, void *ud)
{
    if (g->peer_kl > 0) // quantized: test_golden_quantized.c
        return;
    ++*(size_t *)ud;
    float *const logits = golden_evaluate(g, g->path, &GOLDEN_OPTIONS, g->n_prefill);
    golden_expect(g, logits);
    free(logits);
}

static void test_logits_match_the_independent_engine(void **state)
{
    (void)state;
    size_t n_compared = 0;
    golden_for_each(matches, &n_compared);
    assert_true(n_compared >= 8);
}

static void same_bits(const golden *g, void *ud)
{
    (void)ud;
    sw_engine_options o = GOLDEN_OPTIONS;
    o.kv_type = SW_KV_F16;
    o.n_threads = 1;
    float *const expected = golden_evaluate(g, g->path, &o, g->n_prefill);
    static const size_t CHUNKS[] = {1, 7, 33};
    for (size_t i = 0; i < sizeof CHUNKS / sizeof CHUNKS[0]; i++) {
        o.n_threads = (int)i + 1;
        float *const other = golden_evaluate(g, g->path, &o, CHUNKS[i]);
        assert_memory_equal(other, expected, GOLDEN_POSITIONS * g->n_vocab * sizeof *other);
        free(other);
    }
    free(expected);
}

static void test_logits_do_not_depend_on_threads_or_chunks(void **state)
{
    (void)state;
    assert_true(golden_for_each(same_bits, NULL) >= 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logits_match_the_independent_engine),
        cmocka_unit_test(test_logits_do_not_depend_on_threads_or_chunks),
    };
    return cmocka_run_group_tests_name("golden logits", tests, NULL, NULL);
}
