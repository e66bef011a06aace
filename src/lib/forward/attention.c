/* attention.c - grouped-query attention: project, rotate, store, attend, project back. */
#include "forward/forward.h"

/* Norms heads in place, each by itself or all as one vector. */
static void norm_heads(const forward *f, const float *weight, int width, float *heads, size_t n)
{
    for (size_t at = 0; weight != NULL && at < n; at += (size_t)width)
        f->k->rmsnorm(heads + at, weight, NULL, (size_t)width, f->h->norm_eps, heads + at);
}

/* Norms and rotates a token's queries and keys, and stores its keys and values. */
static void rotate_and_store(void *ud, size_t i, int worker)
{
    (void)worker;
    const layer_job *const j = ud;
    forward *const f = j->f;
    const hparams *const h = f->h;
    const layer_weights *const layer = &f->w->layers[j->layer];
    const size_t half = (size_t)h->n_rot / 2, d_k = (size_t)h->head_k, d_v = (size_t)h->head_v;
    const size_t n_q = (size_t)h->n_head * d_k, n_k = (size_t)h->n_head_kv * d_k, n_v = (size_t)h->n_head_kv * d_v;
    const rope_table *const rope = rope_of(f, i);
    const float *const c = f->cosines + i * half, *const s = f->sines + i * half;
    float *const q = f->q + i * padded_length(n_q), *const key = f->kk + i * padded_length(n_k);
    const float *const value = f->v + i * padded_length(n_v);
    norm_heads(f, layer->q_norm, layer->q_norm_width, q, n_q);
    norm_heads(f, layer->k_norm, layer->k_norm_width, key, n_k);
    for (size_t a = 0; a < (size_t)h->n_head; a++)
        rope_apply(rope, c, s, q + a * d_k);
    for (size_t g = 0; g < (size_t)h->n_head_kv; g++) {
        rope_apply(rope, c, s, key + g * d_k);
        kv_store(f->kv, f->tokens[i].seq, j->layer, (int)g, f->tokens[i].pos, key + g * d_k, value + g * d_v);
    }
}

void forward_output(forward *f, int l)
{
    const mat *const o = &f->w->layers[l].o;
    const act_rows x = acts_prepare(f->pool, f->k, &f->codes, f->attended, f->n, (size_t)o->n_cols, mat_form(o));
    product p = {.mat = o, .x = x, .n = f->n, .y = f->out, .ld = padded_length((size_t)f->h->n_embd)};
    products_run(f->pool, f->k, &p, 1);
}

void forward_attention(forward *f, int l)
{
    const layer_weights *const layer = &f->w->layers[l];
    const hparams *const h = f->h;
    const act_form form = mats_form((const mat *const[]){&layer->q, &layer->k, &layer->v}, 3);
    const act_rows x = acts_prepare(f->pool, f->k, &f->codes, f->normed, f->n, (size_t)h->n_embd, form);
    product qkv[3] = {
        {.mat = &layer->q, .x = x, .n = f->n, .y = f->q, .ld = mat_padded_rows(&layer->q)},
        {.mat = &layer->k, .x = x, .n = f->n, .y = f->kk, .ld = mat_padded_rows(&layer->k)},
        {.mat = &layer->v, .x = x, .n = f->n, .y = f->v, .ld = mat_padded_rows(&layer->v)},
    };
    products_run(f->pool, f->k, qkv, 3);
    layer_job j = {f, l};
    pool_run(f->pool, f->n, rotate_and_store, &j);
    const size_t head_k = (size_t)h->head_k, head_v = (size_t)h->head_v, n_head = (size_t)h->n_head;
    attend_run(f, l,
               &(head_layout){.q = f->q,
                              .q_token = padded_length(n_head * head_k),
                              .q_head = head_k,
                              .out = f->attended,
                              .out_token = n_head * head_v,
                              .out_head = head_v,
                              .sinks = layer->sinks,
                              .n_head = h->n_head,
                              .n_kv = h->n_head_kv});
    forward_output(f, l);
}
