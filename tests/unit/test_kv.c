/* Pages of keys and values: memory follows the positions held, freed pages are used again, and what is stored stands
 * where the attention kernels look for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/kv.h"
#include "quant/half.h"
#include "support/faults.h"

enum { LAYERS = 2, HEADS = 3, D_K = 24, D_V = 16, SEQS = 2, CTX = 100, PAGES = 4 };

static sw_kv kv;

static int begin(void **state)
{
    (void)state;
    return sw_kv_init(&kv, LAYERS, HEADS, D_K, D_V, SW_KV_F32, SEQS, CTX) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    sw_kv_free(&kv);
    return 0;
}

static void test_pages_come_one_by_one_and_the_context_bounds_them(void **state)
{
    (void)state;
    assert_int_equal(kv.n_pages_max, PAGES);
    assert_true(sw_kv_reserve(&kv, 0, 0));
    assert_int_equal(kv.n_allocated, 0);
    static const struct {
        int n_tokens, n_pages;
    } STEPS[] = {{1, 1}, {32, 1}, {33, 2}, {5, 2}, {CTX, PAGES}, {PAGES * SW_KV_PAGE, PAGES}};
    for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++) {
        assert_true(sw_kv_reserve(&kv, 0, STEPS[i].n_tokens));
        assert_int_equal(kv.seqs[0].n_pages, STEPS[i].n_pages);
    }
    assert_false(sw_kv_reserve(&kv, 0, PAGES * SW_KV_PAGE + 1));
    assert_int_equal(kv.seqs[0].n_pages, PAGES);
    assert_int_equal(kv.n_allocated, PAGES);
    assert_int_equal(kv.seqs[1].n_pages, 0);
}

static void test_truncating_frees_only_what_lies_behind(void **state)
{
    (void)state;
    assert_true(sw_kv_reserve(&kv, 0, CTX));
    const void *const first = kv.seqs[0].pages[0];
    sw_kv_truncate(&kv, 0, 33);
    assert_int_equal(kv.seqs[0].n_pages, 2);
    sw_kv_truncate(&kv, 0, 32);
    assert_int_equal(kv.seqs[0].n_pages, 1);
    assert_ptr_equal(kv.seqs[0].pages[0], first);
    sw_kv_truncate(&kv, 0, 1000); // more than there is: nothing happens
    assert_int_equal(kv.seqs[0].n_pages, 1);
    sw_kv_truncate(&kv, 0, 0);
    sw_kv_truncate(&kv, 0, 0);
    assert_int_equal(kv.seqs[0].n_pages, 0);
    assert_int_equal(kv.n_free, PAGES);
}

static void test_freed_pages_are_used_again_by_any_sequence(void **state)
{
    (void)state;
    assert_true(sw_kv_reserve(&kv, 0, CTX));
    sw_kv_truncate(&kv, 0, 0);
    assert_true(sw_kv_reserve(&kv, 1, CTX));
    assert_int_equal(kv.n_allocated, PAGES);
    assert_int_equal(kv.n_free, 0);
    assert_true(sw_kv_reserve(&kv, 0, 1));
    assert_int_equal(kv.n_allocated, PAGES + 1);
    for (int p = 0; p < PAGES; p++)
        assert_ptr_not_equal(kv.seqs[0].pages[0], kv.seqs[1].pages[p]);
}

static void test_a_page_that_cannot_be_had_leaves_the_others(void **state)
{
    (void)state;
    assert_true(sw_kv_reserve(&kv, 0, 32));
    long n_live;
    faults_alloc_begin(1);
    const bool ok = sw_kv_reserve(&kv, 0, 96);
    faults_alloc_end(&n_live);
    assert_false(ok);
    assert_int_equal(kv.seqs[0].n_pages, 2);
    assert_true(sw_kv_reserve(&kv, 0, 96));
    assert_int_equal(kv.n_allocated, 3);
}

/* A value that tells everything apart. */
static float mark(int seq, int layer, int head, int position, int i, bool is_value)
{
    return (float)((((seq * LAYERS + layer) * HEADS + head) * CTX + position) * D_K + i) * (is_value ? -0.25f : 0.25f);
}

static void store_all(int seq)
{
    for (int l = 0; l < LAYERS; l++) {
        for (int h = 0; h < HEADS; h++) {
            for (int p = 0; p < CTX; p++) {
                float key[D_K], value[D_V];
                for (int i = 0; i < D_K; i++)
                    key[i] = mark(seq, l, h, p, i, false);
                for (int i = 0; i < D_V; i++)
                    value[i] = mark(seq, l, h, p, i, true);
                sw_kv_store(&kv, seq, l, h, p, key, value);
            }
        }
    }
}

static float element(const void *page, size_t i)
{
    return kv.type == SW_F16 ? sw_f32_from_f16(((const uint16_t *)page)[i]) : ((const float *)page)[i];
}

static float rounded(float x)
{
    return kv.type == SW_F16 ? sw_f32_from_f16(sw_f16_from_f32(x)) : x;
}

static void check_head(int seq, int layer, int head)
{
    const void *keys[PAGES], *values[PAGES];
    sw_kv_page_pointers(&kv, seq, layer, head, 0, PAGES, keys, values);
    for (int p = 0; p < CTX; p++) {
        const size_t page = (size_t)p / SW_KV_PAGE, at = (size_t)p % SW_KV_PAGE;
        for (int i = 0; i < D_K; i++) // (d_k, 32)
            assert_true(element(keys[page], (size_t)i * SW_KV_PAGE + at) ==
                        rounded(mark(seq, layer, head, p, i, false)));
        for (int i = 0; i < D_V; i++) // (32, d_v)
            assert_true(element(values[page], at * D_V + (size_t)i) == rounded(mark(seq, layer, head, p, i, true)));
    }
}

static void test_what_is_stored_is_found_in_both_types(void **state)
{
    (void)state;
    for (int type = SW_KV_F16; type <= SW_KV_F32; type++) {
        sw_kv_free(&kv);
        assert_true(sw_kv_init(&kv, LAYERS, HEADS, D_K, D_V, (sw_kv_type)type, SEQS, CTX));
        const uint64_t element_bytes = type == SW_KV_F16 ? 2 : 4;
        assert_int_equal(sw_kv_bytes_per_token(&kv), LAYERS * HEADS * (D_K + D_V) * element_bytes);
        for (int s = 0; s < SEQS; s++) {
            assert_true(sw_kv_reserve(&kv, s, CTX));
            store_all(s);
        }
        for (int s = 0; s < SEQS; s++) {
            for (int l = 0; l < LAYERS; l++) {
                for (int h = 0; h < HEADS; h++)
                    check_head(s, l, h);
            }
        }
    }
}

static void test_only_pages_in_sight_are_pointed_to(void **state)
{
    (void)state;
    assert_true(sw_kv_reserve(&kv, 0, CTX));
    const void *keys[PAGES] = {NULL}, *values[PAGES] = {NULL};
    sw_kv_page_pointers(&kv, 0, 1, 2, 1, 3, keys + 1, values + 1);
    assert_null(keys[0]);
    assert_null(keys[3]);
    for (int p = 1; p <= 2; p++) {
        const uint8_t *const page = kv.seqs[0].pages[p];
        assert_ptr_equal(keys[p], page + (1 * HEADS + 2) * kv.head_bytes);
        assert_ptr_equal(values[p], (const uint8_t *)keys[p] + SW_KV_PAGE * D_K * sizeof(float));
    }
}

static void test_setting_up_fails_cleanly_when_memory_is_short(void **state)
{
    (void)state;
    bool ok = false;
    for (long n = 0; !ok; n++) {
        sw_kv other;
        long n_live;
        faults_alloc_begin(n);
        ok = sw_kv_init(&other, LAYERS, HEADS, D_K, D_V, SW_KV_F32, SEQS, CTX);
        if (ok)
            sw_kv_free(&other);
        faults_alloc_end(&n_live);
        assert_int_equal(n_live, 0);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_pages_come_one_by_one_and_the_context_bounds_them),
        T(test_truncating_frees_only_what_lies_behind),
        T(test_freed_pages_are_used_again_by_any_sequence),
        T(test_a_page_that_cannot_be_had_leaves_the_others),
        T(test_what_is_stored_is_found_in_both_types),
        T(test_only_pages_in_sight_are_pointed_to),
        T(test_setting_up_fails_cleanly_when_memory_is_short),
    };
    return cmocka_run_group_tests_name("kv", tests, NULL, NULL);
}
