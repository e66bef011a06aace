/* Pages of keys and values: memory follows the positions held, freed pages are used again, and what is stored stands
 * where the attention kernels look for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "forward/kv.h"
#include "quant/half.h"
#include "support/faults.h"

enum { LAYERS = 2, HEADS = 3, D_K = 24, D_V = 16, SEQS = 2, CTX = 100, PAGES = 4 };

static kv_cache kv;

static kv_options options_of(sw_kv_type type)
{
    return (kv_options){.n_layers = LAYERS,
                        .n_heads = HEADS,
                        .d_k = D_K,
                        .d_v = D_V,
                        .type = type,
                        .n_seqs = SEQS,
                        .n_ctx = CTX,
                        .n_batch = 16};
}

static kv_class *full(void)
{
    return &kv.classes[KV_FULL];
}

static int begin(void **state)
{
    (void)state;
    const kv_options o = options_of(SW_KV_F32);
    return kv_init(&kv, &o) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    kv_free(&kv);
    return 0;
}

static void test_pages_come_one_by_one_and_the_context_bounds_them(void **state)
{
    (void)state;
    assert_int_equal(kv.n_pages_max, PAGES);
    assert_true(kv_reserve(&kv, 0, 0));
    assert_int_equal(full()->n_allocated, 0);
    static const struct {
        int n_tokens, n_pages;
    } STEPS[] = {{1, 1}, {32, 1}, {33, 2}, {5, 2}, {CTX, PAGES}, {PAGES * KV_PAGE, PAGES}};
    for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++) {
        assert_true(kv_reserve(&kv, 0, STEPS[i].n_tokens));
        assert_int_equal(full()->seqs[0].end, STEPS[i].n_pages);
    }
    assert_false(kv_reserve(&kv, 0, PAGES * KV_PAGE + 1));
    assert_int_equal(full()->seqs[0].end, PAGES);
    assert_int_equal(full()->n_allocated, PAGES);
    assert_int_equal(full()->seqs[1].end, 0);
}

static void test_truncating_frees_only_what_lies_behind(void **state)
{
    (void)state;
    assert_true(kv_reserve(&kv, 0, CTX));
    const void *const first = full()->seqs[0].pages[0];
    kv_truncate(&kv, 0, 33);
    assert_int_equal(full()->seqs[0].end, 2);
    kv_truncate(&kv, 0, 32);
    assert_int_equal(full()->seqs[0].end, 1);
    assert_ptr_equal(full()->seqs[0].pages[0], first);
    kv_truncate(&kv, 0, 1000); // more than there is: nothing happens
    assert_int_equal(full()->seqs[0].end, 1);
    kv_truncate(&kv, 0, 0);
    kv_truncate(&kv, 0, 0);
    assert_int_equal(full()->seqs[0].end, 0);
    assert_int_equal(full()->n_free, PAGES);
}

static void test_freed_pages_are_used_again_by_any_sequence(void **state)
{
    (void)state;
    assert_true(kv_reserve(&kv, 0, CTX));
    kv_truncate(&kv, 0, 0);
    assert_true(kv_reserve(&kv, 1, CTX));
    assert_int_equal(full()->n_allocated, PAGES);
    assert_int_equal(full()->n_free, 0);
    assert_true(kv_reserve(&kv, 0, 1));
    assert_int_equal(full()->n_allocated, PAGES + 1);
    for (int p = 0; p < PAGES; p++)
        assert_ptr_not_equal(full()->seqs[0].pages[0], full()->seqs[1].pages[p]);
}

static void test_a_page_that_cannot_be_had_leaves_the_others(void **state)
{
    (void)state;
    assert_true(kv_reserve(&kv, 0, 32));
    long n_live;
    faults_alloc_begin(1);
    const bool ok = kv_reserve(&kv, 0, 96);
    faults_alloc_end(&n_live);
    assert_false(ok);
    assert_int_equal(full()->seqs[0].end, 2);
    assert_true(kv_reserve(&kv, 0, 96));
    assert_int_equal(full()->n_allocated, 3);
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
                kv_store(&kv, &(kv_head){seq, (size_t)l, (size_t)h}, p, key, value);
            }
        }
    }
}

/* Element i of the key or value of position `at` in a page. */
static float element(const uint8_t *page, bool is_value, size_t at, size_t i)
{
    const size_t place = is_value ? at * D_V + i : i * KV_PAGE + at;
    if (kv.type == TYPE_F16)
        return half_load(page + 2 * place);
    if (kv.type == TYPE_F32) {
        float x;
        memcpy(&x, page + 4 * place, sizeof x);
        return x;
    }
    const size_t code = is_value ? place : (i / 4 * KV_PAGE + at) * 4 + i % 4;
    const size_t codes = is_value ? kv_value_codes(D_V) : kv_key_codes(D_K);
    return (float)(int8_t)page[code] * half_load(page + codes + 2 * (i / K_GROUP * KV_PAGE + at));
}

/* As near as the type can say it; the largest element of a vector is below `largest`. */
static void check_element(float expected, float actual, float largest)
{
    if (kv.type == TYPE_Q8_0)
        assert_float_equal(actual, expected, largest / 254 + largest / 1024);
    else
        assert_true(actual == (kv.type == TYPE_F16 ? f32_from_f16(f16_from_f32(expected)) : expected));
}

static void check_head(int seq, int layer, int head)
{
    const void *keys[PAGES], *values[PAGES];
    kv_page_pointers(&kv, &(kv_head){seq, (size_t)layer, (size_t)head}, 0, PAGES, keys, values);
    for (int p = 0; p < CTX; p++) {
        const size_t page = (size_t)p / KV_PAGE, at = (size_t)p % KV_PAGE;
        for (int i = 0; i < D_K; i++)
            check_element(mark(seq, layer, head, p, i, false), element(keys[page], false, at, (size_t)i),
                          mark(seq, layer, head, p, D_K, false));
        for (int i = 0; i < D_V; i++)
            check_element(mark(seq, layer, head, p, i, true), element(values[page], true, at, (size_t)i),
                          -mark(seq, layer, head, p, D_V, true));
    }
}

static void test_what_is_stored_is_found_in_every_type(void **state)
{
    (void)state;
    static const uint64_t PAGE_BYTES[] = {
        [SW_KV_F16] = 32 * (D_K + D_V) * 2,
        [SW_KV_F32] = 32 * (D_K + D_V) * 4,
        [SW_KV_Q8_0] = 32 * (32 + 2 + D_V + 2), // keys fill their group up
    };
    for (int type = SW_KV_F16; type <= SW_KV_Q8_0; type++) {
        kv_free(&kv);
        const kv_options o = options_of((sw_kv_type)type);
        assert_true(kv_init(&kv, &o));
        assert_int_equal(kv_bytes(&kv, 1), LAYERS * HEADS * PAGE_BYTES[type]);
        assert_int_equal(kv_bytes(&kv, CTX), PAGES * LAYERS * HEADS * PAGE_BYTES[type]);
        for (int s = 0; s < SEQS; s++) {
            assert_true(kv_reserve(&kv, s, CTX));
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

static void test_pointers_are_those_of_the_pages_asked_for(void **state)
{
    (void)state;
    assert_true(kv_reserve(&kv, 0, CTX));
    const void *keys[2], *values[2];
    kv_page_pointers(&kv, &(kv_head){.seq = 0, .layer = 1, .head = 2}, 1, 3, keys, values);
    for (int p = 1; p <= 2; p++) {
        const uint8_t *const page = full()->seqs[0].pages[p];
        assert_ptr_equal(keys[p - 1], page + (1 * HEADS + 2) * kv.head_bytes);
        assert_ptr_equal(values[p - 1], (const uint8_t *)keys[p - 1] + KV_PAGE * D_K * sizeof(float));
    }
}

/* ---- windows ---- */

enum { LONG = 4000, WINDOW = 100, BATCH = 50, BOUND = 6 + 2 * 5, FILLED = 5 + 2 * 5 };

/* Layer 0 sees all, layer 1 a window. */
static void begin_windowed(void)
{
    static const bool IS_WINDOWED[LAYERS] = {false, true};
    kv_free(&kv);
    kv_options o = options_of(SW_KV_F16);
    o.n_ctx = LONG;
    o.n_window = WINDOW;
    o.is_windowed = IS_WINDOWED;
    o.n_batch = BATCH;
    assert_true(kv_init(&kv, &o));
}

static kv_class *windowed(void)
{
    return &kv.classes[KV_WINDOWED];
}

static bool is_there(int position)
{
    return windowed()->seqs[0].pages[position / KV_PAGE] != NULL;
}

/* Evaluates positions [begin, end) of sequence 0 in steps: whatever a step sees is there. */
static void advance(int begin, int end, int n_step)
{
    for (int at = begin; at < end; at += n_step) {
        const int last = at + n_step < end ? at + n_step : end;
        assert_true(kv_reserve(&kv, 0, last));
        kv_advance(&kv, 0, at, last);
        for (int p = at - WINDOW + 1 > 0 ? at - WINDOW + 1 : 0; p < last; p++)
            assert_true(is_there(p));
        assert_true(windowed()->n_allocated <= BOUND);
    }
}

static void test_windowed_layers_keep_what_a_step_sees(void **state)
{
    (void)state;
    begin_windowed();
    advance(0, LONG, BATCH);
    assert_int_equal(full()->n_allocated, LONG / KV_PAGE);
    assert_false(is_there(LONG - BATCH - WINDOW - KV_PAGE));
    const uint64_t one_layer = (uint64_t)HEADS * KV_PAGE * (D_K + D_V) * 2; // of one page
    assert_int_equal(kv_bytes(&kv, LONG), (LONG / KV_PAGE + FILLED) * one_layer);
    assert_int_equal(kv_bytes(&kv, 64), 2 * 2 * one_layer);
    // The other sequence has its own, and what is freed serves anyone.
    assert_true(kv_reserve(&kv, 1, LONG));
    assert_int_equal(windowed()->n_allocated, 2 * BOUND);
    kv_truncate(&kv, 1, 0);
    kv_truncate(&kv, 0, 0);
    assert_int_equal(windowed()->n_free, 2 * BOUND);
    assert_int_equal(full()->n_free, full()->n_allocated);
}

static void test_a_sequence_can_be_cut_back_where_its_window_is(void **state)
{
    (void)state;
    begin_windowed();
    assert_int_equal(kv_resumable(&kv, 0, 0), 0);
    advance(0, WINDOW, 7);
    for (int n = 0; n <= WINDOW; n++)
        assert_int_equal(kv_resumable(&kv, 0, n), n); // nothing was dropped yet
    advance(WINDOW, 2000, 1);
    // The last step, at 1999, saw from 1900 on, in the page that begins at 1888.
    assert_int_equal(kv_resumable(&kv, 0, 2000), 2000);
    assert_int_equal(kv_resumable(&kv, 0, 1888 + WINDOW - 1), 1888 + WINDOW - 1);
    assert_int_equal(kv_resumable(&kv, 0, 1888 + WINDOW - 2), 0);
    assert_int_equal(kv_resumable(&kv, 0, 500), 0);
    kv_truncate(&kv, 0, 1990);
    advance(1990, 2500, 50);
}

static void test_marks_keep_their_windows(void **state)
{
    (void)state;
    begin_windowed();
    kv_mark(&kv, 0, (const int[]){40, 1000});
    advance(0, LONG, BATCH);
    assert_int_equal(kv_resumable(&kv, 0, 3000), 1024); // the end of the page in which 1000 is
    assert_int_equal(kv_resumable(&kv, 0, 1001), 1001);
    assert_int_equal(kv_resumable(&kv, 0, 1000), 1000);
    assert_int_equal(kv_resumable(&kv, 0, 900), 64);
    assert_int_equal(kv_resumable(&kv, 0, 41), 41);
    // Cut back, other marks, and on: what the old ones kept is given up.
    kv_truncate(&kv, 0, 1001);
    assert_int_equal(kv_resumable(&kv, 0, 1001), 1001);
    kv_mark(&kv, 0, (const int[]){-1, 2000});
    advance(1001, LONG, BATCH);
    assert_false(is_there(40));
    assert_false(is_there(1000));
    assert_int_equal(kv_resumable(&kv, 0, 2001), 2001);
    // Back to nothing.
    kv_truncate(&kv, 0, 0);
    assert_int_equal(kv_resumable(&kv, 0, 0), 0);
    advance(0, 300, BATCH);
}

static void test_a_short_context_drops_nothing(void **state)
{
    (void)state;
    static const bool IS_WINDOWED[LAYERS] = {true, true};
    kv_free(&kv);
    kv_options o = options_of(SW_KV_F16);
    o.n_ctx = BOUND * KV_PAGE;
    o.n_window = WINDOW;
    o.is_windowed = IS_WINDOWED;
    o.n_batch = BATCH;
    assert_true(kv_init(&kv, &o));
    assert_int_equal(full()->n_layers, LAYERS);
    assert_true(kv_reserve(&kv, 0, o.n_ctx));
    kv_advance(&kv, 0, o.n_ctx - 1, o.n_ctx);
    assert_int_equal(kv_resumable(&kv, 0, 17), 17);
}

/* How many different pages of sequence 0 held something: adds those that are in use. */
static size_t pages_used(const void *used[BOUND + 1], size_t n)
{
    for (int p = 0; p < LONG / KV_PAGE; p++) {
        const void *const page = windowed()->seqs[0].pages[p];
        size_t at = 0;
        while (at < n && used[at] != page)
            at++;
        if (page != NULL && at == n && n <= BOUND)
            used[n++] = page;
    }
    return n;
}

/* As the scheduler plans them: a prompt goes on where an earlier one ended, and both places are marked. */
static void test_a_request_fills_fewer_pages_than_are_reserved(void **state)
{
    (void)state;
    enum { PROMPT = 615, ANSWER = 385 };
    begin_windowed();
    const void *used[BOUND + 1];
    size_t n = 0;
    for (int begin = 0; begin + PROMPT + ANSWER <= LONG; begin += PROMPT) {
        kv_truncate(&kv, 0, begin);
        kv_mark(&kv, 0, (const int[KV_MARKS]){begin > 0 ? begin : -1, begin + PROMPT - 1});
        for (int at = begin, n_step; at < begin + PROMPT + ANSWER; at += n_step) {
            const int left = begin + PROMPT - at;
            n_step = left <= 0 ? 1 : left < BATCH ? left : BATCH;
            advance(at, at + n_step, n_step);
            n = pages_used(used, n);
        }
        assert_int_equal(kv_resumable(&kv, 0, begin + PROMPT), begin + PROMPT);
        assert_int_equal(kv_resumable(&kv, 0, begin), begin);
    }
    assert_in_range(n, FILLED - 2, FILLED);
}

/* ---- tiers ---- */

static int n_other_pages;

static void *other_alloc(void *ud, size_t n_bytes)
{
    (void)ud;
    n_other_pages++;
    return mem_big_alloc(n_bytes);
}

static void other_free(void *ud, void *page, size_t n_bytes)
{
    (void)ud;
    n_other_pages--;
    mem_big_free(page, n_bytes);
}

static void test_layers_of_another_tier_have_pages_in_its_memory(void **state)
{
    (void)state;
    static const bool IS_WINDOWED[LAYERS] = {true, true};
    static const uint8_t TIERS[LAYERS] = {TIER_RAM, TIER_VRAM};
    kv_free(&kv);
    kv_options o = options_of(SW_KV_F16);
    o.n_ctx = LONG;
    o.n_window = WINDOW;
    o.is_windowed = IS_WINDOWED;
    o.n_batch = BATCH;
    o.tiers = TIERS;
    o.memory[TIER_VRAM] = (tier_memory){.alloc = other_alloc, .free = other_free};
    assert_true(kv_init(&kv, &o));
    advance(0, LONG, BATCH);
    const kv_class *const other = &kv.classes[2 * TIER_VRAM + KV_WINDOWED];
    assert_int_equal(other->n_allocated, windowed()->n_allocated);
    assert_int_equal(n_other_pages, other->n_allocated);
    for (int p = 0; p < LONG / KV_PAGE; p++) // both keep the same positions
        assert_true((other->seqs[0].pages[p] == NULL) == (windowed()->seqs[0].pages[p] == NULL));
    // In memory of its own, what is allocated counts.
    assert_int_equal(kv_tier_bytes(&kv, TIER_RAM, LONG) * BOUND, kv_tier_bytes(&kv, TIER_VRAM, LONG) * FILLED);
    assert_int_equal(kv_bytes(&kv, LONG), kv_tier_bytes(&kv, TIER_RAM, LONG) + kv_tier_bytes(&kv, TIER_VRAM, LONG));
    const void *keys[1], *values[1];
    kv_page_pointers(&kv, &(kv_head){.layer = 1}, LONG / KV_PAGE - 1, LONG / KV_PAGE, keys, values);
    assert_ptr_equal(keys[0], other->seqs[0].pages[LONG / KV_PAGE - 1]);
    kv_free(&kv);
    assert_int_equal(n_other_pages, 0);
}

static void test_setting_up_fails_cleanly_when_memory_is_short(void **state)
{
    (void)state;
    bool ok = false;
    for (long n = 0; !ok; n++) {
        kv_cache other;
        long n_live;
        faults_alloc_begin(n);
        static const bool IS_WINDOWED[LAYERS] = {true, false};
        kv_options o = options_of(SW_KV_F32);
        o.n_ctx = LONG;
        o.n_window = WINDOW;
        o.is_windowed = IS_WINDOWED;
        ok = kv_init(&other, &o);
        if (ok)
            kv_free(&other);
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
        T(test_what_is_stored_is_found_in_every_type),
        T(test_pointers_are_those_of_the_pages_asked_for),
        T(test_windowed_layers_keep_what_a_step_sees),
        T(test_a_request_fills_fewer_pages_than_are_reserved),
        T(test_a_sequence_can_be_cut_back_where_its_window_is),
        T(test_marks_keep_their_windows),
        T(test_a_short_context_drops_nothing),
        T(test_layers_of_another_tier_have_pages_in_its_memory),
        T(test_setting_up_fails_cleanly_when_memory_is_short),
    };
    return cmocka_run_group_tests_name("kv", tests, NULL, NULL);
}
