/* few.h - a tile times 1 or up to 4 tokens, where reading the weights is what costs.
 *
 * A block computes one tile of one slot: 16 rows, all of K.  Its warps share the groups of 32 k (group 8 u + warp),
 * each group one mma_s8, whose column 2 t is token t and whose column 2 t + 1 holds token t's fine codes, where the
 * format reads them.  The tensor cores are idle nearly all of the time; they are used because a lane then needs no sums
 * across lanes.
 *
 * The sums of products are integers, exact in any order.  They go to shared memory as floats, where one thread per row
 * and token adds them up in rising k, as the definition wants: acc = fma(ws * xs, dot, acc), a step per scale (32 or 16
 * k). For K = 2880 that is 90 steps, about 400 cycles, during which the multiprocessor's other blocks load.
 */
#ifndef GPU_KERNELS_FEW_H
#define GPU_KERNELS_FEW_H

#include "gpu/kernels/product_work.h"

enum {
    N_WARPS = 8,
    N_THREADS = N_WARPS * WARP,
    PASS = 96,     // steps whose products are in shared memory at a time
    LD = PASS + 4, // floats per row there: a chain reads four at a time, and rows begin in different banks
};

/* In shared memory, rows of LD: of up to `n` tokens.  Minima only where the format has them. */
#define FEW_ROOM(n, n_min) LD *((n)*TILE_ROWS + TILE_ROWS + (n) + (n_min) * (TILE_ROWS + (n)))
typedef struct few_room {
    float *dots;      // (tokens, 16)
    float *scales;    // (16)
    float *x_scales;  // (tokens)
    float *minus_min; // (16)
    float *x_sums;    // (tokens)
} few_room;

/* What a block works on: one tile and `count` places. */
typedef struct few_work {
    const uint8_t *tile;
    int first, count;
} few_work;

/* Adds `count` steps to the sum of one row and token; the pointers are to the first of them. */
DEVICE float add_chain(const int format, const float *dot, const float *ws, const float *xs, const float *minus_min,
                       const float *sum, int count, float acc)
{
    int i = 0;
    for (; i + 4 <= count; i += 4) {
        const f32x4 d = *(const f32x4 *)(dot + i), w = *(const f32x4 *)(ws + i), x = *(const f32x4 *)(xs + i);
        f32x4 m = {0, 0, 0, 0}, s = m;
        if (has_min(format)) {
            m = *(const f32x4 *)(minus_min + i);
            s = *(const f32x4 *)(sum + i);
        }
        UNROLL
        for (int k = 0; k < 4; k++) {
            acc = fma_f32(w[k] * x[k], d[k], acc);
            if (has_min(format))
                acc = fma_f32(m[k], s[k], acc);
        }
    }
    for (; i < count; i++) {
        acc = fma_f32(ws[i] * xs[i], dot[i], acc);
        if (has_min(format))
            acc = fma_f32(minus_min[i], sum[i], acc);
    }
    return acc;
}

/* Scales of the 16 rows in groups [first, first + count), as they are in the tile: all loads before the first is
 * needed. A thread has row thread % 16 of every 16th group. */
enum { SCALES_PER_THREAD = PASS / (N_THREADS / TILE_ROWS) };

DEVICE void load_scales(const int format, const uint8_t *tile, int first, int count, raw_scale raw[SCALES_PER_THREAD])
{
    UNROLL
    for (int u = 0; u < SCALES_PER_THREAD / (1 + has_halves(format)); u++) {
        const int i = u * (N_THREADS / TILE_ROWS) + thread_id() / TILE_ROWS;
        raw[u] = load_scale(format, tile, first + i, thread_id() % TILE_ROWS, i < count);
    }
}

DEVICE void store_scales(const int format, int count, const raw_scale raw[SCALES_PER_THREAD], const few_room *room)
{
    const int n_halves = 1 + has_halves(format), row = thread_id() % TILE_ROWS;
    UNROLL
    for (int u = 0; u < SCALES_PER_THREAD / n_halves; u++) {
        const int i = u * (N_THREADS / TILE_ROWS) + thread_id() / TILE_ROWS;
        UNROLL
        for (int half = 0; half < n_halves; half++) {
            const row_scale s = open_scale(format, &raw[u], half);
            if (i < count) {
                room->scales[row * LD + n_halves * i + half] = s.scale;
                if (has_min(format))
                    room->minus_min[row * LD + n_halves * i + half] = s.minus_min;
            }
        }
    }
}

/* The tokens' scales and scaled sums of these groups, a step each. */
DEVICE void load_x_scales(const int format, const gpu_product_args *a, const few_work *w, int first, int count,
                          const few_room *room)
{
    const int n_halves = 1 + has_halves(format);
    for (int i = thread_id(); i < w->count * count * n_halves; i += N_THREADS) {
        const int token = i / (count * n_halves), step = i % (count * n_halves);
        const uint64_t row = row_of(a, w->first + token);
        room->x_scales[token * LD + step] = a->x.scale[(uint64_t)(first + step / n_halves) * (uint64_t)a->ld + row];
        const float *const sums = n_halves == 2 ? a->x.half_sum : a->x.sum;
        if (has_min(format))
            room->x_sums[token * LD + step] = sums[(uint64_t)(n_halves * first + step) * (uint64_t)a->ld + row];
    }
}

/* One group's products: rows 2 g and 2 g + 1, token j. */
DEVICE void multiply_group(const int format, const raw_codes *raw, const int8_t *column, int has_column, int step,
                           int is_kept, const few_room *room)
{
    const int lane = thread_id() % WARP, g = lane / 4, j = lane % 4;
    const int32_t begin[4] = {MAGIC, MAGIC, MAGIC, MAGIC};
    float *const out = room->dots + (j * TILE_ROWS + 2 * g) * LD + step;
    uint32_t a[4], b[2];
    int32_t dot[4];
    open_codes(format, raw, lane, a);
    load_column(format, column, lane, has_column, b);
    if (has_halves(format)) {
        UNROLL
        for (int half = 0; half < 2; half++) {
            mma_half(dot, a + 2 * half, b[half], begin);
            if (is_kept) {
                out[half] = float_of_sum(dot[0]);
                out[LD + half] = float_of_sum(dot[2]);
            }
        }
        return;
    }
    mma_s8(dot, a, b, begin);
    if (is_kept) {
        out[0] = is_fine(format) ? float_of_fine(dot[0], dot[1]) : float_of_sum(dot[0]);
        out[LD] = is_fine(format) ? float_of_fine(dot[2], dot[3]) : float_of_sum(dot[2]);
    }
}

/* The products of groups [first, first + count), and the scales of the tile. */
DEVICE void multiply_pass(const int format, const gpu_product_args *a, const few_work *w, int first, int count,
                          const few_room *room)
{
    enum { BATCH_MAX = 12 };
    const int n_halves = 1 + has_halves(format);
    const int batch = has_pairs_of_chunks(format) ? 12 : 6; // groups whose codes a warp asks for at a time
    const int thread = thread_id_here(), warp = thread / WARP, lane = thread % WARP;
    const int token = lane / 8, of_fine = lane / 4 % 2; // of the column that this lane loads
    const int has_column = token < w->count && (!of_fine || is_fine(format));
    const uint64_t row = row_of(a, w->first + (has_column ? token : 0));
    const int8_t *const column =
        (has_column && of_fine ? a->x.fine : a->x.code) + row * (uint64_t)a->n + (uint64_t)(first * GROUP);
    raw_scale scales[SCALES_PER_THREAD];
    load_scales(format, w->tile, first, count, scales);
    UNROLL
    for (int part = 0; part < PASS / n_halves / N_WARPS; part += batch) {
        raw_codes raw[BATCH_MAX];
        UNROLL
        for (int u = 0; u < batch; u++) {
            const int i = (part + u) * N_WARPS + warp;
            raw[u] = load_codes(format, w->tile, first + i, lane, i < count);
        }
        if (part == 0) // while the codes are on their way
            store_scales(format, count, scales, room);
        UNROLL
        for (int u = 0; u < batch; u++) { // no branches: what is beyond the last group is zeros, and not kept
            const int i = (part + u) * N_WARPS + warp;
            multiply_group(format, &raw[u], column + (uint32_t)(i * GROUP), has_column && i < count, n_halves * i,
                           lane % 4 < w->count && i < count, room);
        }
    }
}

/* Grid: (tiles, runs of n_max places, slots). */
DEVICE void multiply_few(const gpu_product_args *a, const int format, const int n_max, float *memory)
{
    const product_work all = work_of(a, n_max);
    const few_work w = {all.tiles + (uint64_t)block_x() * a->tile_bytes, all.first,
                        all.end - all.first < n_max ? all.end - all.first : n_max};
    const int thread = thread_id(), row = thread % TILE_ROWS, token = thread / TILE_ROWS;
    const int n_halves = 1 + has_halves(format), n_groups = a->n / GROUP, pass = PASS / n_halves;
    few_room room = {memory, memory + n_max * TILE_ROWS * LD, 0, 0, 0};
    room.x_scales = room.scales + TILE_ROWS * LD;
    room.minus_min = has_min(format) ? room.x_scales + n_max * LD : room.scales;
    room.x_sums = has_min(format) ? room.minus_min + TILE_ROWS * LD : room.x_scales;
    if (w.count <= 0)
        return;
    float acc = 0;
    NO_UNROLL
    for (int first = 0; first < n_groups; first += pass) {
        const int count = n_groups - first < pass ? n_groups - first : pass;
        if (first > 0)
            block_barrier(); // the chains of the last pass are done
        load_x_scales(format, a, &w, first, count, &room);
        multiply_pass(format, a, &w, first, count, &room);
        block_barrier();
        if (token < w.count)
            acc = add_chain(format, room.dots + thread * LD, room.scales + row * LD, room.x_scales + token * LD,
                            room.minus_min + row * LD, room.x_sums + token * LD, count * n_halves, acc);
    }
    if (token < w.count)
        store_output(a, &all, w.first + token, block_x() * TILE_ROWS + row, acc);
}

/* The two kernels of a format.  n_min: 1 where the format has minima, which take room. */
#define FEW(name, NAME, n, n_min)                                                                                      \
    typedef struct few_##name##_##n##_room {                                                                           \
        float memory[FEW_ROOM(n, n_min)];                                                                              \
    } few_##name##_##n##_room;                                                                                         \
    KERNEL(few_##name##_##n, gpu_product_args, N_THREADS, 3)                                                           \
    {                                                                                                                  \
        SHARED(few_##name##_##n##_room, room);                                                                         \
        multiply_few(&a, GPU_##NAME, n, room->memory);                                                                 \
    }
#define FEW_KERNELS(name, NAME, n_min) FEW(name, NAME, 1, n_min) FEW(name, NAME, 4, n_min)

#endif
