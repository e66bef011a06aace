/* attention.c - grouped-query attention: project, rotate, store, attend, project back. */
#include "engine/forward.h"

/* Norms heads in place, each by itself or all as one vector. */
static void norm_heads(const sw_forward *f, const float *weight, int width, float *heads, size_t n)
{
    for (size_t at = 0; weight != NULL && at < n; at += (size_t)width)
        f->k->rmsnorm(heads + at, weight, NULL, (size_t)width, f->h->norm_eps, heads + at);
}

/* Norms and rotates a token's queries and keys, and stores its keys and values. */
static void rotate_and_store(void *ud, size_t i, int worker)
{
    (void)worker;
    const sw_layer_job *const j = ud;
    sw_forward *const f = j->f;
    const sw_hparams *const h = f->h;
    const sw_layer *const layer = &f->w->layers[j->layer];
    const size_t half = (size_t)f->rope.n_rot / 2, d_k = (size_t)h->head_k, d_v = (size_t)h->head_v;
    const size_t n_q = (size_t)h->n_head * d_k, n_k = (size_t)h->n_head_kv * d_k, n_v = (size_t)h->n_head_kv * d_v;
    const float *const c = f->cosines + i * half, *const s = f->sines + i * half;
    float *const q = f->q + i * sw__padded(n_q), *const key = f->kk + i * sw__padded(n_k);
    const float *const value = f->v + i * sw__padded(n_v);
    norm_heads(f, layer->q_norm, layer->q_norm_width, q, n_q);
    norm_heads(f, layer->k_norm, layer->k_norm_width, key, n_k);
    for (size_t a = 0; a < (size_t)h->n_head; a++)
        sw_rope_apply(&f->rope, c, s, q + a * d_k);
    for (size_t g = 0; g < (size_t)h->n_head_kv; g++) {
        sw_rope_apply(&f->rope, c, s, key + g * d_k);
        sw_kv_store(f->kv, f->tokens[i].seq, j->layer, (int)g, f->tokens[i].pos, key + g * d_k, value + g * d_v);
    }
}

void sw__attend(sw_forward *f, int layer, size_t i, int kv_head, const float *q, const float *sink, float *out,
                int worker)
{
    const sw_hparams *const h = f->h;
    const sw_lm_token *const token = &f->tokens[i];
    const int end = token->pos + 1;
    const int begin = sw_layer_is_windowed(h, layer) && end > h->n_window ? end - h->n_window : 0;
    const size_t scratch = (size_t)worker * (size_t)f->kv->n_pages_max;
    const void **const keys = f->page_keys + scratch, **const values = f->page_values + scratch;
    sw_kv_page_pointers(f->kv, token->seq, layer, kv_head, begin, end, keys, values);
    f->k->attend(&(sw_attend){
        .q = q,
        .scale = h->attn_scale,
        .is_f16 = f->kv->is_f16,
        .keys = keys,
        .values = values,
        .begin = begin,
        .end = end,
        .d_k = f->kv->d_k,
        .d_v = f->kv->d_v,
        .sink = sink,
        .out = out,
    });
}

/* One token's query heads that share one KV head. */
static void attend_group(void *ud, size_t task, int worker)
{
    const sw_layer_job *const j = ud;
    sw_forward *const f = j->f;
    const sw_hparams *const h = f->h;
    const size_t i = task / (size_t)h->n_head_kv, g = task % (size_t)h->n_head_kv;
    const size_t per_group = (size_t)(h->n_head / h->n_head_kv);
    const float *const q = f->q + i * sw__padded((size_t)(h->n_head * h->head_k));
    const float *const sinks = f->w->layers[j->layer].sinks;
    for (size_t a = g * per_group; a < (g + 1) * per_group; a++)
        sw__attend(f, j->layer, i, (int)g, q + a * (size_t)h->head_k, sinks != NULL ? &sinks[a] : NULL,
                   f->attended + (i * (size_t)h->n_head + a) * (size_t)h->head_v, worker);
}

void sw__forward_output(sw_forward *f, int l)
{
    const sw_mat *const o = &f->w->layers[l].o;
    const sw_acts x =
        sw_acts_prepare(f->pool, f->k, &f->acts, f->attended, f->n, (size_t)o->n_cols, sw_mat_is_quantized(o));
    sw_product p = {.mat = o, .x = x, .n = f->n, .y = f->out, .ld = sw__padded((size_t)f->h->n_embd)};
    sw_products_run(f->pool, f->k, &p, 1);
}

void sw__forward_attention(sw_forward *f, int l)
{
    const sw_layer *const layer = &f->w->layers[l];
    const sw_hparams *const h = f->h;
    const bool quantized =
        sw_mat_is_quantized(&layer->q) || sw_mat_is_quantized(&layer->k) || sw_mat_is_quantized(&layer->v);
    const sw_acts x = sw_acts_prepare(f->pool, f->k, &f->acts, f->normed, f->n, (size_t)h->n_embd, quantized);
    sw_product qkv[3] = {
        {.mat = &layer->q, .x = x, .n = f->n, .y = f->q, .ld = sw_mat_padded_rows(&layer->q)},
        {.mat = &layer->k, .x = x, .n = f->n, .y = f->kk, .ld = sw_mat_padded_rows(&layer->k)},
        {.mat = &layer->v, .x = x, .n = f->n, .y = f->v, .ld = sw_mat_padded_rows(&layer->v)},
    };
    sw_products_run(f->pool, f->k, qkv, 3);
    sw_layer_job j = {f, l};
    sw_pool_run(f->pool, f->n, rotate_and_store, &j);
    sw_pool_run(f->pool, f->n * (size_t)h->n_head_kv, attend_group, &j);
    sw__forward_output(f, l);
}
