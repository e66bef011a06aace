/* vector.cu - operations on rows: norms, codes, activation functions, embedding, copies.  kernels/scalar/scalar.c
 * defines them, but for the embedding (tile_decode_row, quant/tile.h). */
#include "gpu/kernels/fragments.h"

enum { NORM_STAGE = 2048, VECTOR_THREADS = 256, GROUPS_PER_BLOCK = VECTOR_THREADS / WARP };

typedef struct norm_room {
    float stage[NORM_STAGE];
    float center, factor;
} norm_room;

/* Sum of x[0..n), or of (x - center)^2, in the one order: element i belongs to partial sum i % 16, each a chain in
 * rising i; then the tree.  By the whole block; the result is in warp 0. */
DEVICE float sum_in_order(const float *x, int n, float center, int is_of_squares, float *stage)
{
    const int thread = thread_id();
    float s = 0;
    NO_UNROLL
    for (int first = 0; first < n; first += NORM_STAGE) {
        const int count = n - first < NORM_STAGE ? n - first : NORM_STAGE;
        for (int i = thread; i < count; i += block_threads())
            stage[i] = x[first + i];
        block_barrier();
        if (thread < WARP) { // lanes i and i + 16 compute the same
            int i = thread % 16;
            NO_UNROLL
            for (; i + 16 * 15 < count; i += 16 * 16) {
                float v[16];
                UNROLL
                for (int k = 0; k < 16; k++)
                    v[k] = stage[i + 16 * k] - center;
                UNROLL
                for (int k = 0; k < 16; k++)
                    s = is_of_squares ? fma_f32(v[k], v[k], s) : s + v[k];
            }
            for (; i < count; i += 16) {
                const float v = stage[i] - center;
                s = is_of_squares ? fma_f32(v, v, s) : s + v;
            }
        }
        block_barrier();
    }
    return thread < WARP ? tree_sum(s) : 0.0f;
}

/* x += scale * add, and notes a value that is not finite. */
DEVICE void add_row(float *x, const float *add, int n, float scale, int32_t *bad, int layer)
{
    for (int i = thread_id(); i < n; i += block_threads()) {
        const float v = x[i] + scale * add[i];
        x[i] = v;
        if (bad != 0 && !is_finite_f32(v) && *bad < 0)
            *bad = layer; // whichever thread writes, it is the same number
    }
    block_barrier();
}

/* Factor and center of a row for all threads. */
DEVICE void measure_row(const gpu_norm_args *a, const float *x, norm_room *room)
{
    const int thread = thread_id();
    if (thread == 0)
        room->center = 0;
    if (a->is_layernorm) {
        const float sum = sum_in_order(x, a->n, 0.0f, 0, room->stage);
        if (thread == 0)
            room->center = sum / (float)a->n;
    }
    block_barrier();
    const float squares = sum_in_order(x, a->n, room->center, 1, room->stage);
    if (thread == 0)
        room->factor = 1.0f / sqrt_f32(squares / (float)a->n + a->eps);
    block_barrier();
}

KERNEL(norm_rows, gpu_norm_args, VECTOR_THREADS, 4)
{
    SHARED(norm_room, room);
    const int lane = thread_id() % WARP, warp = thread_id() / WARP, n_warps = block_threads() / WARP;
    const uint64_t row = (uint64_t)block_x(), outer = (uint64_t)block_y();
    float *const x = a.x + outer * (uint64_t)a.x_outer + row * (uint64_t)a.x_row;
    float *const y = a.y.f32 + outer * (uint64_t)a.y_outer + row * (uint64_t)a.y_row;
    if (a.add != 0)
        add_row(x, a.add + outer * (uint64_t)a.add_outer + row * (uint64_t)a.add_row, a.n, a.add_scale,
                a.bad != 0 ? a.bad + outer : 0, a.layer);
    measure_row(&a, x, room);
    const float center = room->center, factor = room->factor;
    for (int group = warp; group * GROUP < a.n; group += n_warps) {
        const int i = group * GROUP + lane;
        float v = 0;
        if (i < a.n) {
            v = (x[i] - center) * factor * a.weight[i];
            v = a.bias != 0 ? v + a.bias[i] : v;
            y[i] = v;
        }
        if (a.y.code != 0)
            store_codes(&a.y, (int)outer * grid_x() + (int)row, a.n, group, a.ld, v);
    }
}

KERNEL(quantize_rows, gpu_quantize_args, VECTOR_THREADS, 4)
{
    const int group = block_y() * GROUPS_PER_BLOCK + thread_id() / WARP, row = block_x();
    if (group * GROUP < a.n)
        store_codes(&a.y, row, a.n, group, a.ld,
                    a.y.f32[(uint64_t)row * (uint64_t)a.n + (uint64_t)(group * GROUP + thread_id() % WARP)]);
}

KERNEL(gate_rows, gpu_gate_args, VECTOR_THREADS, 4)
{
    const int group = block_y() * GROUPS_PER_BLOCK + thread_id() / WARP, row = block_x();
    const int i = group * GROUP + thread_id() % WARP;
    if (group * GROUP >= a.n)
        return; // a whole warp
    float v = 0;
    if (i < a.n) {
        const uint64_t from = (uint64_t)row * (uint64_t)a.row + (uint64_t)i;
        v = a.is_oai ? swiglu_oai_f32(a.gate[from], a.up[from]) : swiglu_f32(a.gate[from], a.up[from]);
        a.y.f32[(uint64_t)row * (uint64_t)a.n + (uint64_t)i] = v;
    }
    if (a.y.code != 0)
        store_codes(&a.y, row, a.n, group, a.ld, v);
}

/* Eight elements of a row of a packed matrix, those of slots j of a group: k = 4 x .. 4 x + 3 of two chunks x. */
DEVICE void embed_lane(const gpu_embed_args *a, const int format, const uint8_t *tile, int row, int group, int j,
                       float *y)
{
    const int lane = row / 2 * 4 + j;
    const raw_codes raw = load_codes(format, tile, group, lane, 1);
    const raw_scale raw_s = load_scale(format, tile, group, row, 1);
    uint32_t words[2];
    open_row(format, &raw, lane, row % 2, words);
    UNROLL
    for (int slot = 0; slot < 2; slot++) {
        row_scale s = open_scale(format, &raw_s, slot);
        if (format == GPU_Q8_0)
            s.scale = s.scale * 128.0f;
        const int chunk = has_pairs_of_chunks(format) ? 2 * j + slot : j + 4 * slot;
        for (int i = 0; i < 4; i++) {
            const float scaled = s.scale * (float)(int8_t)(words[slot] >> 8 * i);
            const float v = has_min(format) ? scaled + s.minus_min : scaled;
            y[group * GROUP + 4 * chunk + i] = v * a->scale;
        }
    }
}

DEVICE float plain_weight(int format, const uint8_t *tile, int k, int row)
{
    if (format == GPU_F32)
        return f32_from_bits(load_u32_if(tile + (uint64_t)k * 64 + (uint64_t)(4 * row), 1));
    const uint32_t bits = load_u16_if(tile + (uint64_t)k * 32 + (uint64_t)(2 * row), 1);
    return format == GPU_F16 ? f32_of_half(bits) : f32_from_bits(bits << 16);
}

KERNEL(embed_rows, gpu_embed_args, VECTOR_THREADS, 2)
{
    const int id = a.id[block_x()], row = id % TILE_ROWS;
    const uint8_t *const tile = a.tiles + (uint64_t)(id / TILE_ROWS) * a.tile_bytes;
    float *const y = a.y + (uint64_t)block_x() * (uint64_t)a.n;
    if (a.format == GPU_F32 || a.format == GPU_F16 || a.format == GPU_BF16) {
        for (int k = thread_id(); k < a.n; k += block_threads())
            y[k] = plain_weight(a.format, tile, k, row) * a.scale;
        return;
    }
    for (int i = thread_id(); i < a.n / 8; i += block_threads()) {
        switch (a.format) {
#define X(NAME, name)                                                                                                  \
    case GPU_##NAME: embed_lane(&a, GPU_##NAME, tile, row, i / 4, i % 4, y); break;
            SIMD_FORMATS(X)
#undef X
        default: break;
        }
    }
}

KERNEL(copy_rows, gpu_copy_args, VECTOR_THREADS, 4)
{
    const uint64_t to_a = (uint64_t)block_x(), b = (uint64_t)block_y();
    const uint64_t from_a = a.index != 0 ? (uint64_t)a.index[to_a] : to_a;
    for (int i = thread_id(); i < a.n; i += block_threads())
        a.to[to_a * (uint64_t)a.to_a + b * (uint64_t)a.to_b + (uint64_t)i] =
            a.from[from_a * (uint64_t)a.from_a + b * (uint64_t)a.from_b + (uint64_t)i];
}

KERNEL(divide_rows, gpu_divide_args, VECTOR_THREADS, 4)
{
    const int i = block_x() * VECTOR_THREADS + thread_id();
    if (i < a.n)
        a.y[i] /= a.by;
}
