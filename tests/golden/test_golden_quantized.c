/* Quantized models against an independent engine's logits for the same weights in float32.
 *
 * Two claims, which hold apart: the weights are what the file says (with them expanded to float32 the logits are the
 * expected ones, as exactly as for any F32 model), and what rounded activations cost is at most 1.25 times what they
 * cost the independent engine, and less on the average.  The second is a coarse measure: most of the divergence comes
 * from the few positions at which a router near a tie chooses another expert. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/golden.h"
#include "support/model_copy.h"
#include "support/temp_dir.h"

typedef struct divergence {
    size_t n;
    double ours, peers;
} divergence;

static void compare(const golden *g, void *ud)
{
    if (g->peer_kl == 0)
        return;
    divergence *const d = ud;
    float *const logits = golden_evaluate(g, g->path, &GOLDEN_OPTIONS, g->n_prefill);
    const double kl = golden_mean_kl(g, logits);
    free(logits);
    print_message("%-16s mean KL %.6f, the peer's %.6f: ratio %.3f\n", g->name, kl, g->peer_kl, kl / g->peer_kl);
    if (!(kl >= 0 && kl <= 1.25 * g->peer_kl))
        fail_msg("%s: mean KL divergence %.6f, more than 1.25 times %.6f", g->name, kl, g->peer_kl);
    d->n++;
    d->ours += kl;
    d->peers += g->peer_kl;
}

static void test_quantized_models_stay_as_near_as_the_peer(void **state)
{
    (void)state;
    divergence d = {0};
    golden_for_each(compare, &d);
    assert_true(d.n >= 3);
    assert_true(d.ours < d.peers);
}

static void expand(const golden *g, void *ud)
{
    if (g->peer_kl == 0)
        return;
    size_t *const n_expanded = ud;
    const temp_path path = temp_file("expanded.gguf");
    model_copy *const m = model_copy_open(g->path);
    for (size_t i = 0; i < m->n_tensors; i++) {
        model_tensor *const t = &m->tensors[i];
        if (type_get((uint32_t)t->type)->block_elems == 1)
            continue; // F16 and BF16 stay: their products take activations as they are
        model_tensor_convert(t, TYPE_F32);
        ++*n_expanded;
    }
    model_copy_write(m, path.s, NULL, NULL);
    model_copy_close(m);
    float *const logits = golden_evaluate(g, path.s, &GOLDEN_OPTIONS, g->n_prefill);
    golden_expect(g, logits);
    free(logits);
}

static void test_their_weights_are_exact(void **state)
{
    (void)state;
    size_t n_expanded = 0;
    golden_for_each(expand, &n_expanded);
    assert_true(n_expanded >= 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantized_models_stay_as_near_as_the_peer),
        cmocka_unit_test(test_their_weights_are_exact),
    };
    return cmocka_run_group_tests_name("golden logits, quantized", tests, NULL, NULL);
}
