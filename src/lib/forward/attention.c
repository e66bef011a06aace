/* attention.c - the order of the steps is the family's own: norms of heads before the rotation, sinks in the softmax.
 */
#include "forward/attention.h"

#include "forward/product.h"

/* Norms heads in place, each by itself or all as one vector. */
static void norm_heads(const compute_env *env, const float *weight, size_t width, float *heads, size_t n)
{
    for (size_t at = 0; weight != NULL && at < n; at += width)
        env->k->rmsnorm(heads + at, weight, NULL, width, env->h->norm_eps, heads + at);
}

typedef struct token_job {
    const attention_block *a;
    const token_batch *b;
    size_t layer;
} token_job;

/* Norms and rotates a token's queries and keys, and stores its keys and values. */
static void rotate_and_store(void *ud, size_t i, int worker)
{
    (void)worker;
    const token_job *const j = ud;
    const attention_block *const a = j->a;
    const hparams *const h = a->env->h;
    const layer_weights *const layer = &a->env->w->layers[j->layer];
    const size_t n_q = h->n_head * h->head_k, n_k = h->n_head_kv * h->head_k, n_v = h->n_head_kv * h->head_v;
    float *const q = a->rooms->q + i * padded_length(n_q), *const key = a->rooms->key + i * padded_length(n_k);
    const float *const value = a->rooms->value + i * padded_length(n_v);
    const batch_token *const t = &j->b->tokens[i];
    norm_heads(a->env, layer->q_norm, layer->q_norm_width, q, n_q);
    norm_heads(a->env, layer->k_norm, layer->k_norm_width, key, n_k);
    angles_rotate(a->angles, j->b, i, q, h->n_head, h->head_k);
    angles_rotate(a->angles, j->b, i, key, h->n_head_kv, h->head_k);
    for (size_t g = 0; g < h->n_head_kv; g++)
        kv_store(a->env->kv, &(kv_head){t->seq, j->layer, g}, t->pos, key + g * h->head_k, value + g * h->head_v);
}

static void project(const attention_block *a, const token_batch *b, const layer_weights *layer)
{
    const act_form form = mats_form((const mat *const[]){&layer->q, &layer->k, &layer->v}, 3);
    const act_rows x = acts_prepare(a->env, b->normed, b->n, a->env->h->n_embd, form);
    product qkv[3] = {
        {.mat = &layer->q, .x = x, .n = b->n, .y = a->rooms->q, .ld = mat_padded_rows(&layer->q)},
        {.mat = &layer->k, .x = x, .n = b->n, .y = a->rooms->key, .ld = mat_padded_rows(&layer->k)},
        {.mat = &layer->v, .x = x, .n = b->n, .y = a->rooms->value, .ld = mat_padded_rows(&layer->v)},
    };
    products_run(a->env, qkv, 3);
}

void attention_run(const attention_block *a, token_batch *b, size_t l)
{
    const hparams *const h = a->env->h;
    const layer_weights *const layer = &a->env->w->layers[l];
    project(a, b, layer);
    token_job j = {a, b, l};
    pool_run(a->env->pool, b->n, rotate_and_store, &j);
    attend_run(a->pass, b, l,
               &(head_layout){.q = a->rooms->q,
                              .q_token = padded_length(h->n_head * h->head_k),
                              .q_head = h->head_k,
                              .out = a->rooms->attended,
                              .out_token = h->n_head * h->head_v,
                              .out_head = h->head_v,
                              .sinks = layer->sinks,
                              .n_head = h->n_head,
                              .n_kv = h->n_head_kv});
    heads_output(a->env, a->rooms, b, l);
}
