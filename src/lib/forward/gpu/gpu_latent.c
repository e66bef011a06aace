/* gpu_latent.c - the steps of latent.c.  Queries go through three layouts there and here; rooms.middle holds, one after
 * another, what the next product reads. */
#include "forward/gpu/gpu_env.h"

/* The query from the normed state, through the compressed query where there is one; the latent and rotated key part. */
static void project(gpu_env *g, const layer_weights *layer, size_t n)
{
    const bool is_compressed = mat_exists(&layer->q_a);
    const mat *const first = is_compressed ? &layer->q_a : &layer->q;
    const act_form form = mats_form((const mat *const[]){first, &layer->kv_a}, 2);
    const gpu_rows x = gpu_rows_in(&g->rooms.input, n, g->h->n_embd, form);
    gpu_norm_state(g, &layer->attn_norm, &x);
    gpu_product(g, first, &x, NULL, n, g->rooms.q, mat_padded_rows(first));
    gpu_product(g, &layer->kv_a, &x, NULL, n, g->rooms.key, mat_padded_rows(&layer->kv_a));
    if (!is_compressed)
        return;
    const size_t width = g->h->n_latent_q, apart = mat_padded_rows(first);
    const gpu_rows compressed = gpu_rows_in(&g->rooms.middle, n, width, mat_form(&layer->q));
    gpu_norm_heads(g, layer->q_a_norm, width, g->rooms.q, 1, n, apart);
    gpu_reorder(g, compressed.acts.f32, g->rooms.q,
                &(gpu_order){.n_a = n, .n_b = 1, .n = width, .to_a = width, .from_a = apart});
    gpu_quantize(g, &compressed);
    gpu_product(g, &layer->q, &compressed, NULL, n, g->rooms.q, mat_padded_rows(&layer->q));
}

/* Queries, token by token, become q_latent: the part that is not rotated goes through k_b, head by head. */
static void turn_queries(gpu_env *g, const layer_weights *layer, size_t n)
{
    const hparams *const h = g->h;
    const size_t heads = h->n_head, d = h->head_k, rot = h->n_rot, plain = d - rot, latent = h->n_latent;
    const size_t q_token = mat_padded_rows(&layer->q), ld = mat_padded_rows(&layer->k_b);
    float *const q_latent = g->rooms.q_latent;
    const gpu_rows x = gpu_rows_in(&g->rooms.middle, heads * n, plain, mat_form(&layer->k_b));
    const gpu_order to_heads = {
        .n_a = heads, .n_b = n, .n = plain, .to_a = n * plain, .to_b = plain, .from_a = d, .from_b = q_token};
    gpu_order to_tokens = {
        .n_a = heads, .n_b = n, .to_a = latent + rot, .to_b = heads * (latent + rot), .from_a = d, .from_b = q_token};
    to_tokens.n = rot;
    gpu_reorder(g, x.acts.f32, g->rooms.q, &to_heads);
    gpu_reorder(g, q_latent + latent, g->rooms.q + plain, &to_tokens);
    gpu_quantize(g, &x);
    gpu_product_each(g, &layer->k_b, heads, &x, n, g->rooms.turned, ld);
    to_tokens.n = latent;
    to_tokens.from_a = n * ld;
    to_tokens.from_b = ld;
    gpu_reorder(g, q_latent, g->rooms.turned, &to_tokens);
}

/* What attention gathered becomes the heads' answers, token by token. */
static void gather_answers(gpu_env *g, const layer_weights *layer, size_t n)
{
    const size_t heads = g->h->n_head, d_v = g->h->head_v, ld = mat_padded_rows(&layer->v_b);
    const gpu_rows z = gpu_rows_in(&g->rooms.middle, heads * n, g->h->n_latent, mat_form(&layer->v_b));
    gpu_quantize(g, &z);
    gpu_product_each(g, &layer->v_b, heads, &z, n, g->rooms.turned, ld);
    gpu_reorder(
        g, g->rooms.middle.f32, g->rooms.turned,
        &(gpu_order){
            .n_a = heads, .n_b = n, .n = d_v, .to_a = d_v, .to_b = heads * d_v, .from_a = n * ld, .from_b = ld});
}

void gpu_latent(gpu_env *g, size_t l, size_t n)
{
    const hparams *const h = g->h;
    const layer_weights *const layer = &g->w->layers[l];
    const size_t latent = h->n_latent, d = latent + h->n_rot, heads = h->n_head;
    float *const key = g->rooms.key;
    project(g, layer, n);
    const size_t key_token = mat_padded_rows(&layer->kv_a), q_token = mat_padded_rows(&layer->q);
    gpu_norm_heads(g, layer->kv_a_norm, latent, key, 1, n, key_token);
    gpu_rotate(g, n, key + latent, 1, key_token, 0);
    gpu_store(g, l, n, key, key_token, key, key_token);
    gpu_rotate(g, n, g->rooms.q + h->head_k - h->n_rot, heads, q_token, h->head_k);
    turn_queries(g, layer, n);
    gpu_attend(g, l, n,
               &(gpu_heads){.q = g->rooms.q_latent,
                            .q_token = heads * d,
                            .q_head = d,
                            .out = g->rooms.middle.f32,
                            .out_token = latent,
                            .out_head = n * latent,
                            .n_head = heads,
                            .n_kv = 1});
    gather_answers(g, layer, n);
    gpu_project_heads(g, l, n);
}
