/* latent.c - queries go through three layouts: token by token (as products give them), head by head (as the stacks k_b
 * and v_b take them), and token by token again for the output projection. */
#include "forward/latent.h"

#include <string.h>

void latent_init(latent_block *a)
{
    const hparams *const h = a->env->h;
    scratch *const memory = a->env->memory;
    const size_t n = a->env->n_batch, heads = h->n_head;
    if (h->n_latent == 0)
        return;
    a->q_a = scratch_floats(memory, n * padded_length(h->n_latent_q));
    a->q_plain = scratch_floats(memory, n * heads * (h->head_k - h->n_rot));
    a->q_latent = scratch_floats(memory, n * heads * (h->n_latent + h->n_rot));
    a->z = scratch_floats(memory, n * heads * h->n_latent);
    a->answer = scratch_floats(memory, n * heads * padded_length(h->head_v));
    a->products = scratch_items(memory, heads, sizeof *a->products);
}

typedef struct token_job {
    const latent_block *a;
    const token_batch *b;
    size_t layer;
} token_job;

/* Rows come out of the product padded and go into the next one back to back. */
static void norm_query(void *ud, size_t i, int worker)
{
    (void)worker;
    const token_job *const j = ud;
    const compute_env *const env = j->a->env;
    const size_t n = env->h->n_latent_q;
    float *const row = j->a->q_a + i * padded_length(n);
    env->k->rmsnorm(row, env->w->layers[j->layer].q_a_norm, NULL, n, env->h->norm_eps, row);
}

/* Closes the gaps that padding left between rows of n elements. */
static void close_gaps(float *rows, size_t n_rows, size_t n)
{
    for (size_t i = 1; i < n_rows && padded_length(n) != n; i++)
        memmove(rows + i * n, rows + i * padded_length(n), n * sizeof *rows);
}

/* Queries from the normed state, through the compressed query where there is one; the latent and rotated key part. */
static void project(const latent_block *a, const token_batch *b, size_t l)
{
    const compute_env *const env = a->env;
    const layer_weights *const layer = &env->w->layers[l];
    const bool is_compressed = mat_exists(&layer->q_a);
    const mat *const first = is_compressed ? &layer->q_a : &layer->q;
    float *const y = is_compressed ? a->q_a : a->rooms->q;
    const act_form form = mats_form((const mat *const[]){first, &layer->kv_a}, 2);
    const act_rows x = acts_prepare(env, b->normed, b->n, env->h->n_embd, form);
    product both[2] = {
        {.mat = first, .x = x, .n = b->n, .y = y, .ld = mat_padded_rows(first)},
        {.mat = &layer->kv_a, .x = x, .n = b->n, .y = a->rooms->key, .ld = mat_padded_rows(&layer->kv_a)},
    };
    products_run(env, both, 2);
    if (!is_compressed)
        return;
    token_job j = {a, b, l};
    pool_run(env->pool, b->n, norm_query, &j);
    close_gaps(a->q_a, b->n, env->h->n_latent_q);
    const act_rows compressed = acts_prepare(env, a->q_a, b->n, env->h->n_latent_q, mat_form(&layer->q));
    product q = {.mat = &layer->q, .x = compressed, .n = b->n, .y = a->rooms->q, .ld = mat_padded_rows(&layer->q)};
    products_run(env, &q, 1);
}

/* Norms and stores a token's latent vector and rotated key; rotates its queries and sorts their parts by head. */
static void rotate_and_store(void *ud, size_t i, int worker)
{
    (void)worker;
    const token_job *const j = ud;
    const latent_block *const a = j->a;
    const compute_env *const env = a->env;
    const hparams *const h = env->h;
    const size_t latent = h->n_latent, rot = h->n_rot, d = h->head_k, plain = d - rot, heads = h->n_head;
    const batch_token *const t = &j->b->tokens[i];
    float *const key = a->rooms->key + i * padded_length(latent + rot);
    float *const queries = a->rooms->q + i * padded_length(heads * d);
    env->k->rmsnorm(key, env->w->layers[j->layer].kv_a_norm, NULL, latent, h->norm_eps, key);
    angles_rotate(a->angles, j->b, i, key + latent, 1, 0);
    kv_store(env->kv, &(kv_head){t->seq, j->layer, 0}, t->pos, key, key);
    angles_rotate(a->angles, j->b, i, queries + plain, heads, d);
    for (size_t head = 0; head < heads; head++) {
        const float *const q = queries + head * d;
        memcpy(a->q_plain + (head * j->b->n + i) * plain, q, plain * sizeof *q);
        memcpy(a->q_latent + (i * heads + head) * (latent + rot) + latent, q + plain, rot * sizeof *q);
    }
}

/* y of every head: its matrix of the stack times its own n rows of x. */
static void per_head(const latent_block *a, size_t n, const mat *stack, const float *x, float *y, size_t head_stride,
                     size_t ld)
{
    const size_t heads = a->env->h->n_head;
    const act_rows all = acts_prepare(a->env, x, heads * n, stack->n_cols, mat_form(stack));
    for (size_t head = 0; head < heads; head++)
        a->products[head] = (product){.mat = stack,
                                      .expert = head,
                                      .x = acts_from(&all, head * n),
                                      .n = n,
                                      .y = y + head * head_stride,
                                      .ld = ld};
    products_run(a->env, a->products, heads);
}

/* What attention gathered becomes the heads' answers, token by token. */
static void gather_answers(const latent_block *a, size_t n, const mat *v_b)
{
    const size_t heads = a->env->h->n_head, d_v = a->env->h->head_v, ld = padded_length(d_v);
    per_head(a, n, v_b, a->z, a->answer, n * ld, ld);
    for (size_t head = 0; head < heads; head++) {
        for (size_t i = 0; i < n; i++)
            memcpy(a->rooms->attended + (i * heads + head) * d_v, a->answer + (head * n + i) * ld,
                   d_v * sizeof *a->answer);
    }
}

void latent_run(const latent_block *a, token_batch *b, size_t l)
{
    const hparams *const h = a->env->h;
    const layer_weights *const layer = &a->env->w->layers[l];
    const size_t heads = h->n_head, d = h->n_latent + h->n_rot;
    token_job j = {a, b, l};
    project(a, b, l);
    pool_run(a->env->pool, b->n, rotate_and_store, &j);
    per_head(a, b->n, &layer->k_b, a->q_plain, a->q_latent, d, heads * d);
    attend_run(a->pass, b, l,
               &(head_layout){.q = a->q_latent,
                              .q_token = heads * d,
                              .q_head = d,
                              .out = a->z,
                              .out_token = h->n_latent,
                              .out_head = b->n * h->n_latent,
                              .n_head = heads,
                              .n_kv = 1});
    gather_answers(a, b->n, &layer->v_b);
    heads_output(a->env, a->rooms, b, l);
}
