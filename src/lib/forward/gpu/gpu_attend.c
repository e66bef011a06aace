/* gpu_attend.c - keys, values and queries: their rotation, their pages, and the softmax over them. */
#include "forward/gpu/gpu_env.h"

enum { BLOCKS_PER_PROCESSOR = 4 }; // fewer do not keep it busy: then spans go side by side

static gpu_kv_type kv_type_of(tensor_type t)
{
    return t == TYPE_F16 ? GPU_KV_F16 : t == TYPE_F32 ? GPU_KV_F32 : GPU_KV_Q8_0;
}

/* The pages of a layer, and where in them it begins. */
static gpu_pages pages_of(const gpu_env *g, size_t layer, uint64_t *offset)
{
    const struct kv_place *const place = &g->kv->layers[layer];
    *offset = place->index * g->kv->n_heads * g->kv->head_bytes;
    return (gpu_pages){g->tables.pages[place->class % 2]};
}

void gpu_rotate(gpu_env *g, size_t n, float *x, size_t n_heads, size_t token_apart, size_t head_apart)
{
    const gpu_rotate_args args = {.x = x,
                                  .cosines = g->tables.cosines,
                                  .sines = g->tables.sines,
                                  .n = (int32_t)(g->h->n_rot / 2),
                                  .x_token = (int32_t)token_apart,
                                  .x_head = (int32_t)head_apart,
                                  .is_neox = g->h->arch.rope == ROPE_NEOX};
    if (args.n > 0)
        GPU_GIVE(g, launch_rotate(g->stream, &args, (int)n_heads, (int)n, &g->err));
}

void gpu_store(gpu_env *g, size_t layer, size_t n, const float *key, size_t key_token, const float *value,
               size_t value_token)
{
    const kv_cache *const kv = g->kv;
    gpu_store_args args = {.key = key,
                           .value = value,
                           .seq = g->tables.seq,
                           .position = g->tables.position,
                           .n = (int32_t)kv->d_k,
                           .d_v = (int32_t)kv->d_v,
                           .key_token = (int32_t)key_token,
                           .value_token = (int32_t)value_token,
                           .ld_pages = (int32_t)g->tables.ld_pages,
                           .type = (int32_t)kv_type_of(kv->type),
                           .head_bytes = kv->head_bytes,
                           .key_bytes = kv->key_bytes};
    args.cache = pages_of(g, layer, &args.offset);
    GPU_GIVE(g, launch_store(g->stream, &args, (int)kv->n_heads, (int)n, &g->err));
}

static attend_shape shape_of(const hparams *h)
{
    return launch_attend_shape((int)hparams_cache_key(h), (int)hparams_cache_value(h),
                               (int)(h->n_head / hparams_cache_heads(h)));
}

size_t gpu_tokens_together(const hparams *h)
{
    return (size_t)shape_of(h).tokens_together;
}

/* Spans side by side cost room and a second kernel. */
static bool is_split(const gpu_env *g, size_t n, const gpu_heads *heads, int n_spans)
{
    const size_t n_blocks = g->tables.n_blocks * (size_t)shape_of(g->h).runs * heads->n_kv;
    return n_spans > 1 && n * heads->n_head * (size_t)n_spans <= g->rooms.n_span_rows &&
           n_blocks < (size_t)g->device->n_processors * BLOCKS_PER_PROCESSOR;
}

void gpu_attend(gpu_env *g, size_t layer, size_t n, const gpu_heads *heads)
{
    const kv_cache *const kv = g->kv;
    const gpu_tables *const t = &g->tables;
    const bool windowed = hparams_is_windowed(g->h, layer);
    gpu_attend_args args = {.blocks = t->blocks,
                            .q = heads->q,
                            .sinks = heads->sinks,
                            .seq = t->seq,
                            .begin = t->begin[windowed],
                            .end = t->end,
                            .out = heads->out,
                            .span_out = g->rooms.span_out,
                            .span_state = g->rooms.span_state,
                            .n = (int32_t)kv->d_k,
                            .d_v = (int32_t)kv->d_v,
                            .n_heads = (int32_t)heads->n_head,
                            .heads_per_kv = (int32_t)(heads->n_head / heads->n_kv),
                            .q_token = (int32_t)heads->q_token,
                            .q_head = (int32_t)heads->q_head,
                            .out_token = (int32_t)heads->out_token,
                            .out_head = (int32_t)heads->out_head,
                            .ld_pages = (int32_t)t->ld_pages,
                            .first_span = t->first_span[windowed],
                            .n_spans = t->n_spans[windowed],
                            .is_split = is_split(g, n, heads, t->n_spans[windowed]),
                            .scale = g->h->attn_scale,
                            .head_bytes = kv->head_bytes,
                            .key_bytes = kv->key_bytes};
    args.cache = pages_of(g, layer, &args.offset);
    GPU_GIVE(
        g, launch_attend(g->stream, &args, kv_type_of(kv->type), (int)t->n_blocks, (int)heads->n_kv, (int)n, &g->err));
}
