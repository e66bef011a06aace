/* launches.c - one function per operation; the choice among several kernels is by shape alone, never by content. */
#include "gpu/launches.h"

enum { THREADS = 256, GROUPS_PER_BLOCK = THREADS / 32, SMALL_ROW = 512 };

static uint32_t blocks_of(int n, int per_block)
{
    return (uint32_t)((n + per_block - 1) / per_block);
}

static sw_code run(device_stream *s, kernel_id kernel, const void *args, uint32_t x, uint32_t y, uint32_t z,
                   uint32_t n_threads, sw_err *err)
{
    return device_run(s, &(device_launch){.kernel = kernel, .grid = {x, y, z}, .n_threads = n_threads, .args = args},
                      err);
}

/* Threads for a row of n elements: a short one does not pay for a whole block. */
static uint32_t threads_for(int n)
{
    return n <= SMALL_ROW ? 32 : THREADS;
}

bool launch_format(tensor_type t, gpu_format *out)
{
    switch (t) {
#define X(NAME, name)                                                                                                  \
    case TYPE_##NAME: *out = GPU_##NAME; return true;
        PLAIN_FORMATS(X)
        SIMD_FORMATS(X)
#undef X
    default: return false;
    }
}

sw_code launch_norm(device_stream *s, const gpu_norm_args *a, int n_rows, int n_outer, sw_err *err)
{
    return run(s, KERNEL_norm_rows, a, (uint32_t)n_rows, (uint32_t)n_outer, 1, threads_for(a->n), err);
}

sw_code launch_quantize(device_stream *s, const gpu_quantize_args *a, int n_rows, sw_err *err)
{
    return run(s, KERNEL_quantize_rows, a, (uint32_t)n_rows, blocks_of(a->n, 32 * GROUPS_PER_BLOCK), 1, THREADS, err);
}

sw_code launch_gate(device_stream *s, const gpu_gate_args *a, int n_rows, sw_err *err)
{
    return run(s, KERNEL_gate_rows, a, (uint32_t)n_rows, blocks_of(a->n, 32 * GROUPS_PER_BLOCK), 1, THREADS, err);
}

sw_code launch_embed(device_stream *s, const gpu_embed_args *a, int n_tokens, sw_err *err)
{
    return run(s, KERNEL_embed_rows, a, (uint32_t)n_tokens, 1, 1, threads_for(a->n), err);
}

sw_code launch_copy(device_stream *s, const gpu_copy_args *a, int n_a, int n_b, sw_err *err)
{
    return run(s, KERNEL_copy_rows, a, (uint32_t)n_a, (uint32_t)n_b, 1, threads_for(a->n), err);
}

sw_code launch_divide(device_stream *s, const gpu_divide_args *a, sw_err *err)
{
    return run(s, KERNEL_divide_rows, a, blocks_of(a->n, THREADS), 1, 1, THREADS, err);
}

sw_code launch_rotate(device_stream *s, const gpu_rotate_args *a, int n_heads, int n_tokens, sw_err *err)
{
    return run(s, KERNEL_rotate_heads, a, (uint32_t)n_heads, (uint32_t)n_tokens, 1, 32, err);
}

sw_code launch_store(device_stream *s, const gpu_store_args *a, int n_heads, int n_tokens, sw_err *err)
{
    return run(s, KERNEL_store_heads, a, (uint32_t)n_heads, (uint32_t)n_tokens, 1, a->n <= 128 ? 32 : 128, err);
}

sw_code launch_route(device_stream *s, const gpu_route_args *a, int n_tokens, sw_err *err)
{
    if (a->n > GPU_EXPERTS_MAX || a->n_used > GPU_EXPERTS_USED_MAX || a->n_groups > GPU_GROUPS_MAX || a->n_used > a->n)
        return sw_fail(err, SW_EINVAL, "the router kernel takes at most %d experts, %d of them used, in %d groups",
                       GPU_EXPERTS_MAX, GPU_EXPERTS_USED_MAX, GPU_GROUPS_MAX);
    return run(s, KERNEL_route_tokens, a, (uint32_t)n_tokens, 1, 1, 32, err);
}

sw_code launch_group(device_stream *s, const gpu_group_args *a, sw_err *err)
{
    return run(s, KERNEL_group_pairs, a, blocks_of(a->n_experts + 1, THREADS / 32), 1, 1, THREADS, err);
}

sw_code launch_join(device_stream *s, const gpu_join_args *a, int n_tokens, sw_err *err)
{
    return run(s, KERNEL_join_experts, a, (uint32_t)n_tokens, 1, 1, THREADS, err);
}

/* ---- products ---------------------------------------------------------------------------------------------------- */

enum { FEW_1, FEW_4, MANY_32, MANY_64, N_SHAPES };

/* How a kernel cuts its work. */
typedef struct product_shape {
    int tiles, places; // of a block
    uint32_t n_threads;
} product_shape;

static const product_shape SHAPES[N_SHAPES] = {
    [FEW_1] = {1, 1, 256}, [FEW_4] = {1, 4, 256}, [MANY_32] = {4, 32, 128}, [MANY_64] = {4, 64, 128}};
static const product_shape PLAIN_SHAPE = {1, 8, 128};

static const kernel_id QUANTIZED[N_GPU_FORMATS][N_SHAPES] = {
#define X(NAME, name)                                                                                                  \
    [GPU_##NAME] = {KERNEL_few_##name##_1, KERNEL_few_##name##_4, KERNEL_many_##name##_32, KERNEL_many_##name##_64},
    SIMD_FORMATS(X)
#undef X
};

static const kernel_id PLAIN[N_GPU_FORMATS] = {
#define X(NAME, name) [GPU_##NAME] = KERNEL_plain_##name,
    PLAIN_FORMATS(X)
#undef X
};

static bool is_plain(gpu_format f)
{
    return f == GPU_F32 || f == GPU_F16 || f == GPU_BF16;
}

sw_code launch_product(device_stream *s, const gpu_product_args *a, gpu_format format, int n_slots, int n_most,
                       sw_err *err)
{
    const int shape = n_most <= 1 ? FEW_1 : n_most <= 4 ? FEW_4 : n_most <= 32 ? MANY_32 : MANY_64;
    const product_shape *const p = is_plain(format) ? &PLAIN_SHAPE : &SHAPES[shape];
    const kernel_id kernel = is_plain(format) ? PLAIN[format] : QUANTIZED[format][shape];
    return run(s, kernel, a, blocks_of(a->n_tiles, p->tiles), blocks_of(n_most, p->places), (uint32_t)n_slots,
               p->n_threads, err);
}

/* ---- attention --------------------------------------------------------------------------------------------------- */

enum { QUERIES_MAX = 8, NARROW_HEAD = 128, WIDE_ROOM = 3072 }; // as kernels/attend_scores.h has them

attend_shape launch_attend_shape(int d_k, int d_v, int heads_per_kv)
{
    const int padded = (d_k + 31) / 32 * 32, widest = padded > d_v ? padded : d_v;
    const bool is_wide = widest > NARROW_HEAD;
    const int fit = is_wide ? WIDE_ROOM / widest : QUERIES_MAX, n = fit < QUERIES_MAX ? fit : QUERIES_MAX;
    if (n < 1)
        return (attend_shape){0};
    const int together = heads_per_kv < n ? heads_per_kv : n;
    return (attend_shape){is_wide, together, (heads_per_kv + together - 1) / together, n / together};
}

sw_code launch_attend(device_stream *s, gpu_attend_args *a, gpu_kv_type type, int n_blocks, int n_kv, int n_tokens,
                      sw_err *err)
{
    static const kernel_id KERNELS[2][3] = {{KERNEL_attend_f16, KERNEL_attend_f32, KERNEL_attend_q8_0},
                                            {KERNEL_attend_wide_f16, KERNEL_attend_wide_f32, KERNEL_attend_wide_q8_0}};
    const attend_shape shape = launch_attend_shape(a->n, a->d_v, a->heads_per_kv);
    if (shape.tokens_together < 1)
        return sw_fail(err, SW_EINVAL, "the attention kernel takes heads of at most %d elements, not %d and %d",
                       WIDE_ROOM, a->n, a->d_v);
    a->heads_together = shape.heads_together;
    a->runs = shape.runs;
    const uint32_t n_spans = a->is_split ? (uint32_t)a->n_spans : 1;
    sw_code code =
        run(s, KERNELS[shape.is_wide][type], a, (uint32_t)(n_blocks * shape.runs), (uint32_t)n_kv, n_spans, 128, err);
    if (code == SW_OK && a->is_split)
        code = run(s, KERNEL_attend_join, a, (uint32_t)a->n_heads, (uint32_t)n_tokens, 1, a->d_v <= 64 ? 64 : 128, err);
    return code;
}
