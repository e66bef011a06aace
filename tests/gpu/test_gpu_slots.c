/* test_gpu_slots.c - slots for copies of experts: what arrives in them, from pinned and from other memory, as single
 * matrices and as stacks, with biases and without, while nothing waits. */
#include "gpu/on_device.h"

#include "forward/gpu/gpu_slots.h"

enum { LAYERS = 3, EXPERTS = 5, TILES = 3, TILE_BYTES = 100003, ROWS = 16 * TILES, SLOTS = 2 };

static sw_err last;

/* Layer 0 is dense, 1 has stacks with biases, 2 matrices of their own without; the third one's are smaller. */
typedef struct small_model {
    hparams h;
    model_weights w;
    layer_weights layers[LAYERS];
    mat_place places[GPU_STACKS][EXPERTS];
    uint8_t tiles[LAYERS][GPU_STACKS][EXPERTS * TILES * TILE_BYTES];
    float bias[GPU_STACKS][EXPERTS * ROWS];
    int n_slots[LAYERS];
    uint64_t slot_bytes[LAYERS];
} small_model;

static small_model model;

static mat *stack_of(size_t l, size_t which)
{
    layer_weights *const layer = &model.layers[l];
    return which == 0 ? &layer->gate_exps : which == 1 ? &layer->up_exps : &layer->down_exps;
}

static void make_stack(size_t l, size_t which)
{
    mat *const m = stack_of(l, which);
    uint8_t *const tiles = model.tiles[l][which];
    m->n_tiles = which == 2 ? 1 : TILES;
    m->tile_bytes = TILE_BYTES;
    for (size_t i = 0; i < sizeof model.tiles[l][which]; i++)
        tiles[i] = (uint8_t)((i * 2654435761u + l * 7 + which * 13) >> 11);
    if (l == 1) {
        m->tiles = tiles;
        m->bias = model.bias[which];
        for (size_t i = 0; i < EXPERTS * ROWS; i++)
            m->bias[i] = (float)i + (float)which / 4;
        return;
    }
    m->split = model.places[which];
    for (size_t e = 0; e < EXPERTS; e++)
        m->split[e].tiles = tiles + e * m->n_tiles * m->tile_bytes;
}

static const small_model *small(void)
{
    model.h = (hparams){.n_layers = LAYERS, .n_layers_dense = 1, .n_expert = EXPERTS};
    model.w = (model_weights){.layers = model.layers, .n_layers = LAYERS};
    for (size_t l = 1; l < LAYERS; l++) {
        for (size_t i = 0; i < GPU_STACKS; i++)
            make_stack(l, i);
        model.n_slots[l] = SLOTS;
        model.slot_bytes[l] = 7 * (TILE_BYTES + 64) + (l == 1 ? 3 * (ROWS * sizeof(float) + 64) : 0);
        model.slot_bytes[l] = (model.slot_bytes[l] + 63) / 64 * 64;
    }
    return &model;
}

static gpu_slots *opened(bool is_pinned)
{
    const small_model *const m = small();
    gpu_slots *s;
    sw_err_clear(&last);
    const gpu_slots_options o = {.h = &m->h,
                                 .w = &m->w,
                                 .device = on_device,
                                 .is_pinned = is_pinned,
                                 .n_slots = m->n_slots,
                                 .slot_bytes = m->slot_bytes};
    on_device_ok(gpu_slots_open(&s, &o, &last), &last);
    assert_int_equal(device_allocated(on_device), SLOTS * (m->slot_bytes[1] + m->slot_bytes[2]));
    return s;
}

static void upload(gpu_slots *s, size_t l, int slot, int expert)
{
    on_device_ok(gpu_slots_upload(s, l, slot, expert, &last), &last);
}

/* How often it had to be asked until all was there. */
static int finish(gpu_slots *s)
{
    bool is_done = false;
    int n = 0;
    for (; !is_done; n++)
        on_device_ok(gpu_slots_poll(s, &is_done, &last), &last);
    return n;
}

static void check_slot(const gpu_slots *s, size_t l, int slot, int expert)
{
    static uint8_t got[TILES * TILE_BYTES];
    float bias[ROWS];
    const gpu_expert_place place = gpu_slots_place(s, l, slot);
    for (size_t i = 0; i < GPU_STACKS; i++) {
        const mat *const m = stack_of(l, i);
        const size_t n = m->n_tiles * m->tile_bytes, n_bias = mat_padded_rows(m) * sizeof(float);
        assert_int_equal((uintptr_t)place.tiles[i] % 64, 0);
        on_device_get(got, place.tiles[i], n);
        assert_memory_equal(got, mat_tiles(m, (size_t)expert), n);
        assert_true((place.bias[i] != NULL) == (l == 1));
        if (l != 1)
            continue;
        on_device_get(bias, place.bias[i], n_bias);
        assert_memory_equal(bias, mat_bias(m, (size_t)expert), n_bias);
    }
}

static uint64_t expert_bytes(size_t l)
{
    return 7 * (uint64_t)TILE_BYTES + (l == 1 ? 7 * 16 * sizeof(float) : 0);
}

static void test_experts_arrive_in_their_slots(void **state)
{
    (void)state;
    for (int is_pinned = 0; is_pinned < 2; is_pinned++) {
        gpu_slots *const s = opened(is_pinned);
        assert_int_equal(finish(s), 1); // nothing was asked for
        for (int l = 1; l < LAYERS; l++) {
            for (int slot = 0; slot < SLOTS; slot++)
                upload(s, (size_t)l, slot, (l + 2 * slot) % EXPERTS);
        }
        // Without pinned weights nearly 3 MB come in parts of 1 MiB, and none before the one ahead of it is there.
        assert_true(finish(s) >= (is_pinned ? 1 : 4));
        for (int l = 1; l < LAYERS; l++) {
            for (int slot = 0; slot < SLOTS; slot++)
                check_slot(s, (size_t)l, slot, (l + 2 * slot) % EXPERTS);
        }
        assert_int_equal(gpu_slots_uploaded(s), SLOTS * (expert_bytes(1) + expert_bytes(2)));
        // One slot is overwritten, its neighbours stay.
        upload(s, 1, 0, 4);
        finish(s);
        check_slot(s, 1, 0, 4);
        check_slot(s, 1, 1, 3);
        check_slot(s, 2, 0, 2);
        gpu_slots_close(s);
        assert_int_equal(device_allocated(on_device), 0);
    }
    gpu_slots_close(NULL);
}

static void test_it_is_closed_while_uploads_are_under_way(void **state)
{
    (void)state;
    for (int is_pinned = 0; is_pinned < 2; is_pinned++) {
        gpu_slots *const s = opened(is_pinned);
        upload(s, 1, 0, 0);
        upload(s, 2, 1, 1);
        gpu_slots_close(s);
        assert_int_equal(device_allocated(on_device), 0);
    }
}

static void test_more_uploads_than_the_queue_holds_are_refused(void **state)
{
    (void)state;
    gpu_slots *const s = opened(true);
    for (int i = 0; i < GPU_SLOT_UPLOADS_MAX; i++)
        upload(s, 1, i % SLOTS, i % EXPERTS);
    assert_int_equal(gpu_slots_upload(s, 1, 0, 0, &last), SW_EBUSY);
    assert_non_null(strstr(last.msg, "more than 16 experts"));
    finish(s);
    check_slot(s, 1, 1, (GPU_SLOT_UPLOADS_MAX - 1) % EXPERTS);
    gpu_slots_close(s);
}

static void test_slots_beyond_the_budget_are_refused(void **state)
{
    (void)state;
    const small_model *const m = small();
    gpu_slots *s;
    sw_err_clear(&last);
    on_device->budget = SLOTS * (m->slot_bytes[1] + m->slot_bytes[2]) - 1;
    const gpu_slots_options o = {
        .h = &m->h, .w = &m->w, .device = on_device, .n_slots = m->n_slots, .slot_bytes = m->slot_bytes};
    assert_int_equal(gpu_slots_open(&s, &o, &last), SW_ENOMEM);
    assert_non_null(strstr(last.msg, "the cache of experts"));
    assert_null(s);
    assert_int_equal(device_allocated(on_device), 0);
}

#define ON(test) cmocka_unit_test_setup_teardown(test, on_device_open, on_device_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON(test_experts_arrive_in_their_slots),
        ON(test_it_is_closed_while_uploads_are_under_way),
        ON(test_more_uploads_than_the_queue_holds_are_refused),
        ON(test_slots_beyond_the_budget_are_refused),
    };
    return cmocka_run_group_tests_name("slots of the cache of experts", tests, NULL, NULL);
}
