/* product_plain.cu - products with weights that are floats (F32, F16, BF16), such as routers: one chain of fma per row
 * and token, in rising k, with activations that are floats.
 *
 * A block computes one tile for up to 8 places: thread (row, place).  The chain is what takes time (4 cycles per k at
 * least), so weights and activations are copied ahead of it, 128 k at a time, into a ring of three stages.
 */
#include "gpu/kernels/product_work.h"

enum { PLAIN_PLACES = 8, PLAIN_THREADS = PLAIN_PLACES * TILE_ROWS, STAGE_K = 128, RING = 3, X_ROW = STAGE_K + 4 };

typedef struct plain_stage {
    unsigned char weights[STAGE_K * TILE_ROWS * 4]; // (k, 16)
    float x[PLAIN_PLACES * X_ROW];
} plain_stage;

typedef struct plain_room {
    plain_stage ring[RING];
} plain_room;

/* Asks for k [stage * 128, ..) as far as there are any, of one tile and n places; `bytes` are those of one k of a tile.
 */
DEVICE void ask_for_stage(const gpu_product_args *a, const uint8_t *tile, const int bytes, int first, int n, int stage,
                          plain_stage *to)
{
    const int thread = thread_id(), k0 = stage * STAGE_K, count = a->n - k0 < STAGE_K ? a->n - k0 : STAGE_K;
    for (int i = thread; i < count * bytes / 16; i += PLAIN_THREADS)
        copy_16(to->weights + 16 * i, tile + (uint64_t)k0 * (uint64_t)bytes + (uint64_t)(16 * i));
    for (int i = thread; i < n * STAGE_K; i += PLAIN_THREADS) {
        const int k = i % STAGE_K;
        if (k < count)
            copy_4(to->x + i / STAGE_K * X_ROW + k,
                   a->x.f32 + row_of(a, first + i / STAGE_K) * (uint64_t)a->n + (uint64_t)(k0 + k));
    }
    copy_commit();
}

DEVICE float weight_of(const int format, const unsigned char *weights, int k, int row)
{
    if (format == GPU_F32)
        return ((const float *)weights)[k * TILE_ROWS + row];
    const uint32_t bits = ((const uint16_t *)weights)[k * TILE_ROWS + row];
    return format == GPU_F16 ? f32_of_half(bits) : f32_from_bits(bits << 16);
}

/* Adds k [0, count) of a stage to the chain of a row. */
DEVICE float add_stage(const int format, const plain_stage *s, const float *x, int row, int count, float acc)
{
    int k = 0;
    NO_UNROLL
    for (; k + 16 <= count; k += 16) {
        float w[16];
        f32x4 v[4];
        UNROLL
        for (int i = 0; i < 16; i++)
            w[i] = weight_of(format, s->weights, k + i, row);
        UNROLL
        for (int i = 0; i < 4; i++)
            v[i] = *(const f32x4 *)(x + k + 4 * i);
        UNROLL
        for (int i = 0; i < 16; i++)
            acc = fma_f32(w[i], v[i / 4][i % 4], acc);
    }
    for (; k < count; k++)
        acc = fma_f32(weight_of(format, s->weights, k, row), x[k], acc);
    return acc;
}

/* Grid: (tiles, runs of 8 places, slots). */
DEVICE void multiply_plain(const gpu_product_args *a, const int format, plain_room *room)
{
    const product_work w = work_of(a, PLAIN_PLACES);
    const int row = thread_id() % TILE_ROWS, place = thread_id() / TILE_ROWS, bytes = format == GPU_F32 ? 64 : 32;
    const int n = w.end - w.first < PLAIN_PLACES ? w.end - w.first : PLAIN_PLACES;
    const uint8_t *const tile = w.tiles + (uint64_t)block_x() * a->tile_bytes;
    if (n <= 0)
        return;
    ask_for_stage(a, tile, bytes, w.first, n, 0, &room->ring[0]);
    ask_for_stage(a, tile, bytes, w.first, n, 1, &room->ring[1]);
    float acc = 0;
    NO_UNROLL
    for (int stage = 0; stage * STAGE_K < a->n; stage++) {
        const int left = a->n - stage * STAGE_K;
        const plain_stage *const now = &room->ring[stage % RING];
        copy_wait(1);
        block_barrier(); // the stage has come for all threads, and all are done with the one before it
        ask_for_stage(a, tile, bytes, w.first, n, stage + 2, &room->ring[(stage + 2) % RING]);
        if (place < n)
            acc = add_stage(format, now, now->x + place * X_ROW, row, left < STAGE_K ? left : STAGE_K, acc);
    }
    copy_wait(0);
    if (place < n)
        store_output(a, &w, w.first + place, block_x() * TILE_ROWS + row, acc);
}

#define PLAIN(NAME, name)                                                                                              \
    KERNEL(plain_##name, gpu_product_args, PLAIN_THREADS, 4)                                                           \
    {                                                                                                                  \
        SHARED(plain_room, room);                                                                                      \
        multiply_plain(&a, GPU_##NAME, room);                                                                          \
    }
PLAIN_FORMATS(PLAIN)
