/* Placement: which tier every tensor and expert belongs in, that the blocks of the tiers add up to the whole, and that
 * two blocks hold what one would, even where this processor cannot touch one of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "model/placement_decide.h"
#include "model/weights.h"
#include "support/gguf_case.h"
#include "support/golden.h"
#include "support/tiny_model.h"

static const placement_machine WITHOUT = {.bytes = {[TIER_RAM] = 1 << 30}};
static const placement_machine WITH = {.bytes = {[TIER_RAM] = 1 << 30, [TIER_VRAM] = 1 << 30}};

/* ---- deciding ---------------------------------------------------------------------------------------------------- */

static hparams read_tiny(tiny_arch arch, gguf_file **g)
{
    hparams h;
    sw_err err = {0};
    gguf_again(&gguf_built);
    tiny_build(&gguf_built, arch, TINY_NO_TOKEN);
    *g = gguf_opened(&gguf_built);
    if (hparams_read(*g, false, &h, &err) != SW_OK)
        fail_msg("%s", err.msg);
    return h;
}

static model_placement placed(const hparams *h, const placement_machine *m, placement_options o)
{
    model_placement p;
    assert_true(placement_init(&p, h, NULL, m, &o));
    return p;
}

static void test_without_an_accelerator_everything_is_in_ram(void **state)
{
    (void)state;
    gguf_file *g;
    const hparams h = read_tiny(TINY_DEEPSEEK, &g);
    static const placement_options ROWS[] = {{0}, {.cpu_moe = true}, {.n_cpu_moe = 1}};
    for (size_t i = 0; i < 3; i++) {
        model_placement p = placed(&h, &WITHOUT, ROWS[i]);
        for (size_t l = 0; l < h.n_layers; l++) {
            for (int cls = 0; cls < SW_N_CLASSES; cls++)
                assert_int_equal(placement_tier(&p, (sw_tensor_class)cls, l, h.n_expert - 1), TIER_RAM);
        }
        placement_free(&p);
    }
    gguf_close(g);
}

static void expect_reason(const hparams *h, const placement_machine *m, placement_options o, const char *expected)
{
    char text[256];
    placement_explain(text, sizeof text, h, m, &o);
    assert_string_equal(text, expected);
}

static void test_an_option_without_effect_is_named_with_the_reason(void **state)
{
    (void)state;
    gguf_file *g;
    hparams h = read_tiny(TINY_GPT_OSS, &g);
    expect_reason(&h, &WITHOUT, (placement_options){0}, "");
    expect_reason(&h, &WITHOUT, (placement_options){.n_gpu_layers = -1}, "");
    expect_reason(&h, &WITHOUT, (placement_options){.cpu_moe = true},
                  "--cpu-moe has no effect: there is no accelerator, all weights are in RAM");
    expect_reason(&h, &WITHOUT, (placement_options){.n_gpu_layers = 9},
                  "--n-gpu-layers 9 has no effect: there is no accelerator, all weights are in RAM");
    expect_reason(&h, &WITH, (placement_options){.cpu_moe = true, .n_gpu_layers = 1}, "");
    h.n_expert = 0;
    expect_reason(&h, &WITH, (placement_options){.cpu_moe = true},
                  "--cpu-moe has no effect: this model has no experts");
    expect_reason(&h, &WITHOUT, (placement_options){.n_cpu_moe = 2, .n_gpu_layers = 1},
                  "--n-cpu-moe 2 has no effect: this model has no experts; --n-gpu-layers 1 has no effect: there is no "
                  "accelerator, all weights are in RAM");
    gguf_close(g);
}

static void test_n_gpu_layers_puts_the_last_layers_into_vram(void **state)
{
    (void)state;
    gguf_file *g;
    const hparams h = read_tiny(TINY_GPT_OSS, &g);
    for (int n = -1; n <= (int)h.n_layers + 1; n++) {
        const size_t n_near = n == 0 ? h.n_layers + 1 : n < 0 ? 0 : (size_t)n;
        model_placement p = placed(&h, &WITH, (placement_options){.n_gpu_layers = n});
        for (size_t l = 0; l < h.n_layers; l++) {
            const weight_tier expected = l + n_near >= h.n_layers ? TIER_VRAM : TIER_RAM;
            assert_int_equal(placement_tier(&p, SW_CLASS_ATTENTION, l, 0), expected);
            assert_int_equal(placement_tier(&p, SW_CLASS_EXPERTS, l, 1), expected);
        }
        assert_int_equal(p.output, n_near > h.n_layers ? TIER_VRAM : TIER_RAM);
        assert_int_equal(p.embedding, h.ties_output ? p.output : TIER_RAM);
        placement_free(&p);
        // Without an accelerator the same is asked for.
        const placement_options o = {.n_gpu_layers = n};
        assert_true(placement_init_requested(&p, &h, NULL, &WITHOUT, &o));
        assert_int_equal(p.attention[h.n_layers - 1], n > 0 ? TIER_VRAM : TIER_RAM);
        placement_free(&p);
    }
    gguf_close(g);
}

static void test_n_cpu_moe_keeps_the_experts_of_the_first_layers_in_ram(void **state)
{
    (void)state;
    gguf_file *g;
    const hparams h = read_tiny(TINY_GPT_OSS, &g);
    for (size_t n = 0; n <= h.n_layers + 1; n++) {
        model_placement p = placed(&h, &WITH, (placement_options){.n_cpu_moe = (int)n});
        for (size_t l = 0; l < h.n_layers; l++) {
            const weight_tier expected = l < n ? TIER_RAM : TIER_VRAM;
            assert_int_equal(placement_expert_tiers(&p, l), 1u << expected);
            for (size_t e = 0; e < h.n_expert; e++)
                assert_int_equal(placement_tier(&p, SW_CLASS_EXPERTS, l, e), expected);
            assert_int_equal(placement_tier(&p, SW_CLASS_ATTENTION, l, 0), TIER_VRAM);
            assert_int_equal(placement_tier(&p, SW_CLASS_FFN, l, 0), TIER_VRAM);
        }
        assert_int_equal(placement_tier(&p, SW_CLASS_OUTPUT, 0, 0), TIER_VRAM);
        assert_int_equal(placement_tier(&p, SW_CLASS_EMBEDDING, 0, 0), h.ties_output ? TIER_VRAM : TIER_RAM);
        placement_free(&p);
    }
    gguf_close(g);
}

/* ---- planning ---------------------------------------------------------------------------------------------------- */

static void plan(const gguf_file *g, const hparams *h, const model_placement *p, model_weights *out)
{
    sw_err err = {0};
    if (weights_plan(g, h, p, out, &err) != SW_OK)
        fail_msg("%s", err.msg);
}

static void test_the_bytes_of_the_tiers_add_up(void **state)
{
    (void)state;
    for (int arch = 0; arch < TINY_N_ARCHS; arch++) {
        gguf_file *g;
        const hparams h = read_tiny((tiny_arch)arch, &g);
        model_weights whole, w;
        plan(g, &h, NULL, &whole);
        const weight_block all = whole.blocks[TIER_RAM];
        const size_t layers = h.n_layers - h.n_layers_dense;
        assert_int_equal(whole.blocks[TIER_VRAM].n_bytes, 0);
        for (size_t n = 0; n <= h.n_layers; n++) {
            model_placement p = placed(&h, &WITH, (placement_options){.n_cpu_moe = (int)n});
            plan(g, &h, &p, &w);
            const weight_block *const ram = &w.blocks[TIER_RAM], *const vram = &w.blocks[TIER_VRAM];
            assert_int_equal(weights_bytes(&w), all.n_bytes);
            assert_int_equal(ram->expert_bytes + vram->expert_bytes, all.expert_bytes);
            const size_t in_ram = n > h.n_layers_dense ? n - h.n_layers_dense : 0;
            assert_int_equal(ram->expert_bytes, all.expert_bytes / layers * in_ram);
            // Beside experts RAM holds the token embedding, and what every backend reads: the factors of the rotation.
            const size_t embedding = h.ties_output ? 0 : w.embd.n_tiles * w.embd.tile_bytes;
            assert_in_range(ram->n_bytes - ram->expert_bytes, embedding, embedding + 2 * 64);
            assert_true(vram->n_bytes > vram->expert_bytes);
            weights_free(&w);
            placement_free(&p);
        }
        weights_free(&whole);
        gguf_close(g);
    }
}

static void test_experts_are_placed_one_by_one(void **state)
{
    (void)state;
    gguf_file *g;
    const hparams h = read_tiny(TINY_GPT_OSS, &g);
    model_placement p = placed(&h, &WITH, (placement_options){.cpu_moe = true});
    model_weights before, w;
    plan(g, &h, &p, &before);
    placement_set_expert(&p, 1, 2, TIER_VRAM);
    assert_int_equal(placement_expert_tiers(&p, 0), 1u << TIER_RAM);
    assert_int_equal(placement_expert_tiers(&p, 1), 1u << TIER_RAM | 1u << TIER_VRAM);
    plan(g, &h, &p, &w);
    const size_t one = before.blocks[TIER_RAM].expert_bytes / (h.n_layers * h.n_expert);
    // Each matrix and each bias is a piece of its own now, at the start of a cache line.
    const size_t vram = w.blocks[TIER_VRAM].expert_bytes, ram = w.blocks[TIER_RAM].expert_bytes;
    assert_in_range(vram, one, one + 6 * 64);
    assert_in_range(vram + ram, h.n_layers * h.n_expert * one, h.n_layers * h.n_expert * (one + 6 * 64));
    assert_non_null(w.layers[1].gate_exps.split);
    assert_null(w.layers[0].gate_exps.split);
    weights_free(&w);
    weights_free(&before);
    placement_free(&p);
    gguf_close(g);
}

/* ---- loading ----------------------------------------------------------------------------------------------------- */

/* A memory whose addresses this processor cannot use: only `write` reaches it. */
typedef struct device {
    uint8_t *addresses; // not readable, not writable
    uint8_t *content;
    size_t n_bytes;
    _Atomic size_t n_writes;
} device;

static void *device_alloc(void *ud, size_t n_bytes)
{
    device *const d = ud;
    d->n_bytes = n_bytes;
    d->content = calloc(1, n_bytes);
    d->addresses = mmap(NULL, n_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return d->addresses;
}

static void device_free(void *ud, void *block, size_t n_bytes)
{
    device *const d = ud;
    assert_ptr_equal(block, d->addresses);
    assert_int_equal(n_bytes, d->n_bytes);
    munmap(block, n_bytes);
    free(d->content);
    *d = (device){0};
}

static bool is_device(const device *d, const void *p)
{
    return (uintptr_t)p - (uintptr_t)d->addresses < d->n_bytes;
}

static void device_write(void *ud, void *to, const void *from, size_t n_bytes)
{
    device *const d = ud;
    const size_t at = (size_t)((uint8_t *)to - d->addresses);
    if (!is_device(d, to) || n_bytes > d->n_bytes - at)
        abort(); // in a thread of the pool
    memcpy(d->content + at, from, n_bytes);
    d->n_writes++;
}

/* What is at an address of either memory. */
static const void *content(const device *d, const void *p)
{
    return is_device(d, p) ? d->content + ((const uint8_t *)p - d->addresses) : p;
}

/* Compares a stack with the one loaded in one block; every matrix is in the tier that it belongs in. */
static void compare_mat(const device *d, const model_placement *p, size_t layer, const mat *actual, const mat *expected,
                        size_t n_stacked)
{
    assert_int_equal(actual->n_tiles, expected->n_tiles);
    const bool is_split = actual->split != NULL;
    for (size_t e = 0; e < n_stacked && mat_exists(expected); e++) {
        const uint8_t *const tiles = mat_tiles(actual, e);
        assert_memory_equal(content(d, tiles), mat_tiles(expected, e), expected->n_tiles * expected->tile_bytes);
        if (is_split)
            assert_int_equal(is_device(d, tiles), placement_tier(p, SW_CLASS_EXPERTS, layer, e) == TIER_VRAM);
        assert_true((mat_bias(actual, e) == NULL) == (mat_bias(expected, e) == NULL));
        if (mat_bias(actual, e) != NULL)
            assert_memory_equal(content(d, mat_bias(actual, e)), mat_bias(expected, e),
                                mat_padded_rows(expected) * sizeof(float));
    }
}

static void compare_floats(const device *d, const float *actual, const float *expected, size_t n)
{
    assert_true((actual == NULL) == (expected == NULL));
    if (actual != NULL)
        assert_memory_equal(content(d, actual), expected, n * sizeof *actual);
}

static void compare_layer(const device *d, const model_placement *p, size_t l, const layer_weights *a,
                          const layer_weights *b, const hparams *h)
{
    static const size_t SINGLE[] = {
        offsetof(layer_weights, q),           offsetof(layer_weights, k),           offsetof(layer_weights, v),
        offsetof(layer_weights, o),           offsetof(layer_weights, q_a),         offsetof(layer_weights, kv_a),
        offsetof(layer_weights, gate),        offsetof(layer_weights, up),          offsetof(layer_weights, down),
        offsetof(layer_weights, router),      offsetof(layer_weights, gate_shared), offsetof(layer_weights, up_shared),
        offsetof(layer_weights, down_shared), offsetof(layer_weights, shared_gate)};
    for (size_t i = 0; i < sizeof SINGLE / sizeof SINGLE[0]; i++)
        compare_mat(d, p, l, (const void *)((const char *)a + SINGLE[i]), (const void *)((const char *)b + SINGLE[i]),
                    1);
    compare_mat(d, p, l, &a->k_b, &b->k_b, h->n_head);
    compare_mat(d, p, l, &a->v_b, &b->v_b, h->n_head);
    compare_mat(d, p, l, &a->gate_exps, &b->gate_exps, h->n_expert);
    compare_mat(d, p, l, &a->up_exps, &b->up_exps, h->n_expert);
    compare_mat(d, p, l, &a->down_exps, &b->down_exps, h->n_expert);
    compare_floats(d, a->attn_norm.weight, b->attn_norm.weight, h->n_embd);
    compare_floats(d, a->ffn_norm.weight, b->ffn_norm.weight, h->n_embd);
    compare_floats(d, a->sinks, b->sinks, h->n_head);
    compare_floats(d, a->kv_a_norm, b->kv_a_norm, h->n_latent);
    compare_floats(d, a->selection_bias, b->selection_bias, h->n_expert);
}

/* Every other expert of every layer, beginning with another one in each. */
static model_placement checkered(const hparams *h)
{
    model_placement p = placed(h, &WITH, (placement_options){.cpu_moe = true});
    for (size_t l = 0; l < h->n_layers; l++) {
        for (size_t e = l % 2; e < h->n_expert; e += 2)
            placement_set_expert(&p, l, e, TIER_VRAM);
    }
    return p;
}

static void two_blocks(const golden *golden_model, void *ud)
{
    sw_err err = {0};
    gguf_file *g;
    hparams h;
    thread_pool *const pool = pool_create(2);
    assert_true(gguf_open(&g, golden_model->path, &err) == SW_OK && hparams_read(g, false, &h, &err) == SW_OK);
    model_placement p = checkered(&h);
    model_weights whole, parts;
    plan(g, &h, NULL, &whole);
    plan(g, &h, &p, &parts);
    device d = {0};
    const tier_memory memory = {device_alloc, device_free, device_write, &d};
    assert_int_equal(weights_load(&whole, g, &(weights_load_options){.pool = pool}, &err), SW_OK);
    assert_int_equal(
        weights_load(&parts, g, &(weights_load_options){.pool = pool, .memory = {[TIER_VRAM] = memory}}, &err), SW_OK);
    assert_true(d.n_writes > 0);
    for (size_t l = 0; l < h.n_layers; l++)
        compare_layer(&d, &p, l, &parts.layers[l], &whole.layers[l], &h);
    compare_mat(&d, &p, 0, &parts.embd, &whole.embd, 1);
    compare_mat(&d, &p, 0, &parts.output, &whole.output, 1);
    compare_floats(&d, parts.output_norm.weight, whole.output_norm.weight, h.n_embd);
    compare_floats(&d, parts.rope_factors_long, whole.rope_factors_long, h.n_rot / 2);
    assert_true(parts.rope_factors_long == NULL || !is_device(&d, parts.rope_factors_long)); // every backend reads it
    *(size_t *)ud += h.n_expert > 0;
    weights_free(&parts);
    assert_null(d.content);
    weights_free(&whole);
    placement_free(&p);
    pool_free(pool);
    gguf_close(g);
}

static void test_two_blocks_hold_what_one_does(void **state)
{
    (void)state;
    size_t n_with_experts = 0;
    golden_for_each(two_blocks, &n_with_experts);
    assert_true(n_with_experts >= 8);
}

static void *no_memory(void *ud, size_t n_bytes)
{
    (void)ud;
    (void)n_bytes;
    return NULL;
}

static void test_a_tier_without_memory_is_named(void **state)
{
    (void)state;
    gguf_file *g;
    sw_err err = {0};
    const hparams h = read_tiny(TINY_GPT_OSS, &g);
    model_placement p = placed(&h, &WITH, (placement_options){.cpu_moe = true});
    model_weights w;
    plan(g, &h, &p, &w);
    thread_pool *const pool = pool_create(1);
    const weights_load_options o = {.pool = pool, .memory = {[TIER_VRAM] = {.alloc = no_memory}}};
    assert_int_equal(weights_load(&w, g, &o, &err), SW_ENOMEM);
    assert_non_null(strstr(err.msg, "VRAM"));
    pool_free(pool);
    weights_free(&w);
    placement_free(&p);
    gguf_close(g);
}

#define T(name) cmocka_unit_test_setup_teardown(name, gguf_case_begin, gguf_case_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_without_an_accelerator_everything_is_in_ram),
        T(test_an_option_without_effect_is_named_with_the_reason),
        T(test_n_gpu_layers_puts_the_last_layers_into_vram),
        T(test_n_cpu_moe_keeps_the_experts_of_the_first_layers_in_ram),
        T(test_the_bytes_of_the_tiers_add_up),
        T(test_experts_are_placed_one_by_one),
        T(test_two_blocks_hold_what_one_does),
        T(test_a_tier_without_memory_is_named),
    };
    return cmocka_run_group_tests_name("placement", tests, NULL, NULL);
}
