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
    const size_t half = (size_t)h->n_rot / 2, d_k = (size_t)h->head_k, d_v = (size_t)h->head_v;
    const size_t n_q = (size_t)h->n_head * d_k, n_k = (size_t)h->n_head_kv * d_k, n_v = (size_t)h->n_head_kv * d_v;
    const sw_rope *const rope = sw__rope_of(f, i);
    const float *const c = f->cosines + i * half, *const s = f->sines + i * half;
    float *const q = f->q + i * sw__padded(n_q), *const key = f->kk + i * sw__padded(n_k);
    const float *const value = f->v + i * sw__padded(n_v);
    norm_heads(f, layer->q_norm, layer->q_norm_width, q, n_q);
    norm_heads(f, layer->k_norm, layer->k_norm_width, key, n_k);
    for (size_t a = 0; a < (size_t)h->n_head; a++)
        sw_rope_apply(rope, c, s, q + a * d_k);
    for (size_t g = 0; g < (size_t)h->n_head_kv; g++) {
        sw_rope_apply(rope, c, s, key + g * d_k);
        sw_kv_store(f->kv, f->tokens[i].seq, j->layer, (int)g, f->tokens[i].pos, key + g * d_k, value + g * d_v);
    }
}

void sw__forward_output(sw_forward *f, int l)
{
    const sw_mat *const o = &f->w->layers[l].o;
    const sw_acts x = sw_acts_prepare(f->pool, f->k, &f->codes, f->attended, f->n, (size_t)o->n_cols, sw_mat_form(o));
    sw_product p = {.mat = o, .x = x, .n = f->n, .y = f->out, .ld = sw__padded((size_t)f->h->n_embd)};
    sw_products_run(f->pool, f->k, &p, 1);
}

void sw__forward_attention(sw_forward *f, int l)
{
    const sw_layer *const layer = &f->w->layers[l];
    const sw_hparams *const h = f->h;
    const sw_act_form form = sw_mats_form((const sw_mat *const[]){&layer->q, &layer->k, &layer->v}, 3);
    const sw_acts x = sw_acts_prepare(f->pool, f->k, &f->codes, f->normed, f->n, (size_t)h->n_embd, form);
    sw_product qkv[3] = {
        {.mat = &layer->q, .x = x, .n = f->n, .y = f->q, .ld = sw_mat_padded_rows(&layer->q)},
        {.mat = &layer->k, .x = x, .n = f->n, .y = f->kk, .ld = sw_mat_padded_rows(&layer->k)},
        {.mat = &layer->v, .x = x, .n = f->n, .y = f->v, .ld = sw_mat_padded_rows(&layer->v)},
    };
    sw_products_run(f->pool, f->k, qkv, 3);
    sw_layer_job j = {f, l};
    sw_pool_run(f->pool, f->n, rotate_and_store, &j);
    const size_t head_k = (size_t)h->head_k, head_v = (size_t)h->head_v, n_head = (size_t)h->n_head;
    sw__attend(f, l,
               &(sw_heads){.q = f->q,
                           .q_token = sw__padded(n_head * head_k),
                           .q_head = head_k,
                           .out = f->attended,
                           .out_token = n_head * head_v,
                           .out_head = head_v,
                           .sinks = layer->sinks,
                           .n_head = h->n_head,
                           .n_kv = h->n_head_kv});
    sw__forward_output(f, l);
}
