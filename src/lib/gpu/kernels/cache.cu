/* cache.cu - rotary embedding, and keys and values on their way into pages (rope_apply in forward/rope.c,
 * forward/kv_store.c). */
#include "gpu/kernels/gpu_math.h"

enum { CACHE_THREADS = 128 };

/* Angles come from the host, which has the one implementation of sine and cosine. */
KERNEL(rotate_heads, gpu_rotate_args, CACHE_THREADS, 8)
{
    const uint64_t token = (uint64_t)block_y();
    float *const head = a.x + token * (uint64_t)a.x_token + (uint64_t)block_x() * (uint64_t)a.x_head;
    for (int i = thread_id(); i < a.n; i += block_threads()) {
        const float c = a.cosines[token * (uint64_t)a.n + (uint64_t)i],
                    s = a.sines[token * (uint64_t)a.n + (uint64_t)i];
        float *const first = head + (a.is_neox ? i : 2 * i), *const second = first + (a.is_neox ? a.n : 1);
        const float x = *first, y = *second;
        *first = x * c - y * s;
        *second = x * s + y * c;
    }
}

/* Keys have their positions side by side, values their elements. */
DEVICE void store_plain(const gpu_store_args *a, uint8_t *keys, uint8_t *values, int at, const float *key,
                        const float *value)
{
    for (int i = thread_id(); i < a->n; i += block_threads()) {
        if (a->type == GPU_KV_F16)
            ((uint16_t *)keys)[i * PAGE + at] = half_of_f32(key[i]);
        else
            ((float *)keys)[i * PAGE + at] = key[i];
    }
    for (int i = thread_id(); i < a->d_v; i += block_threads()) {
        if (a->type == GPU_KV_F16)
            ((uint16_t *)values)[at * a->d_v + i] = half_of_f32(value[i]);
        else
            ((float *)values)[at * a->d_v + i] = value[i];
    }
}

/* Groups of 32 by warps; the last one is filled up with zeros, which a key keeps and a value does not. */
DEVICE void store_q8(const gpu_store_args *a, uint8_t *keys, uint8_t *values, int at, const float *key,
                     const float *value)
{
    const int lane = thread_id() % WARP, warp = thread_id() / WARP, n_warps = block_threads() / WARP;
    const int key_groups = (a->n + GROUP - 1) / GROUP, value_groups = (a->d_v + GROUP - 1) / GROUP;
    uint16_t *const key_scales = (uint16_t *)(keys + key_groups * GROUP * PAGE);
    uint16_t *const value_scales = (uint16_t *)(values + a->d_v * PAGE);
    for (int g = warp; g < key_groups; g += n_warps) {
        const int i = g * GROUP + lane;
        const quantized q = quantize_lane(i < a->n ? key[i] : 0.0f);
        ((int8_t *)keys)[(i / 4 * PAGE + at) * 4 + i % 4] = (int8_t)q.code;
        if (lane == 0)
            key_scales[g * PAGE + at] = half_of_f32(q.scale);
    }
    for (int g = warp; g < value_groups; g += n_warps) {
        const int i = g * GROUP + lane;
        const quantized q = quantize_lane(i < a->d_v ? value[i] : 0.0f);
        if (i < a->d_v)
            ((int8_t *)values)[at * a->d_v + i] = (int8_t)q.code;
        if (lane == 0)
            value_scales[g * PAGE + at] = half_of_f32(q.scale);
    }
}

KERNEL(store_heads, gpu_store_args, CACHE_THREADS, 8)
{
    const uint64_t token = (uint64_t)block_y(), head = (uint64_t)block_x();
    const int position = a.position[token], at = position % PAGE;
    const uint64_t page = a.cache.pages[(uint64_t)a.seq[token] * (uint64_t)a.ld_pages + (uint64_t)(position / PAGE)];
    uint8_t *const keys = (uint8_t *)writable_pointer_of(page) + a.offset + head * a.head_bytes;
    const float *const key = a.key + token * (uint64_t)a.key_token + head * (uint64_t)a.n;
    const float *const value = a.value + token * (uint64_t)a.value_token + head * (uint64_t)a.d_v;
    if (a.type == GPU_KV_Q8_0)
        store_q8(&a, keys, keys + a.key_bytes, at, key, value);
    else
        store_plain(&a, keys, keys + a.key_bytes, at, key, value);
}
