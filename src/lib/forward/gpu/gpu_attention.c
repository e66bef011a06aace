/* gpu_attention.c - the steps of attention.c, each over all tokens at once. */
#include "forward/gpu/gpu_env.h"

void gpu_project_heads(gpu_env *g, size_t layer, size_t n)
{
    const mat *const o = &g->w->layers[layer].o;
    const gpu_rows answers = gpu_rows_in(&g->rooms.middle, n, o->n_cols, mat_form(o));
    gpu_quantize(g, &answers);
    gpu_product(g, o, &answers, NULL, n, g->rooms.out, padded_length(g->h->n_embd));
}

static void project(gpu_env *g, const layer_weights *layer, size_t n)
{
    const act_form form = mats_form((const mat *const[]){&layer->q, &layer->k, &layer->v}, 3);
    const gpu_rows x = gpu_rows_in(&g->rooms.input, n, g->h->n_embd, form);
    gpu_norm_state(g, &layer->attn_norm, &x);
    gpu_product(g, &layer->q, &x, NULL, n, g->rooms.q, mat_padded_rows(&layer->q));
    gpu_product(g, &layer->k, &x, NULL, n, g->rooms.key, mat_padded_rows(&layer->k));
    gpu_product(g, &layer->v, &x, NULL, n, g->rooms.value, mat_padded_rows(&layer->v));
}

void gpu_attention(gpu_env *g, size_t l, size_t n)
{
    const hparams *const h = g->h;
    const layer_weights *const layer = &g->w->layers[l];
    const size_t n_q = h->n_head * h->head_k, n_k = h->n_head_kv * h->head_k;
    const size_t q_token = mat_padded_rows(&layer->q), k_token = mat_padded_rows(&layer->k);
    float *const q = g->rooms.q, *const key = g->rooms.key;
    project(g, layer, n);
    if (layer->q_norm != NULL)
        gpu_norm_heads(g, layer->q_norm, layer->q_norm_width, q, n_q / layer->q_norm_width, n, q_token);
    if (layer->k_norm != NULL)
        gpu_norm_heads(g, layer->k_norm, layer->k_norm_width, key, n_k / layer->k_norm_width, n, k_token);
    gpu_rotate(g, n, q, h->n_head, q_token, h->head_k);
    gpu_rotate(g, n, key, h->n_head_kv, k_token, h->head_k);
    gpu_store(g, l, n, key, k_token, g->rooms.value, mat_padded_rows(&layer->v));
    gpu_attend(g, l, n,
               &(gpu_heads){.q = q,
                            .q_token = q_token,
                            .q_head = h->head_k,
                            .out = g->rooms.middle.f32,
                            .out_token = h->n_head * h->head_v,
                            .out_head = h->head_v,
                            .sinks = layer->sinks,
                            .n_head = h->n_head,
                            .n_kv = h->n_head_kv});
    gpu_project_heads(g, l, n);
}
