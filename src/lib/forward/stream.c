/* stream.c - one token's row at a time, so that a value that is not finite ends its own sequence alone. */
#include "forward/stream.h"

#include "quant/half.h"

void stream_norm_row(const compute_env *env, const norm_weights *norm, const float *x, float *y)
{
    const hparams *const h = env->h;
    if (h->arch.norm == NORM_LAYER)
        env->k->layernorm(x, norm->weight, norm->bias, h->n_embd, h->norm_eps, y);
    else
        env->k->rmsnorm(x, norm->weight, norm->bias, h->n_embd, h->norm_eps, y);
}

typedef struct stream_job {
    const compute_env *env;
    token_batch *b;
    const norm_weights *norm;
    size_t layer;
} stream_job;

static void norm_token(void *ud, size_t i, int worker)
{
    (void)worker;
    const stream_job *const j = ud;
    const size_t at = i * j->env->h->n_embd;
    stream_norm_row(j->env, j->norm, j->b->x + at, j->b->normed + at);
}

void stream_norm(const compute_env *env, token_batch *b, const norm_weights *norm)
{
    stream_job j = {.env = env, .b = b, .norm = norm};
    pool_run(env->pool, b->n, norm_token, &j);
}

void stream_add_row(const compute_env *env, token_batch *b, size_t i, const float *out, size_t layer)
{
    const size_t d = env->h->n_embd;
    const float scale = env->h->residual_scale;
    float *const x = b->x + i * d;
    uint32_t largest = 0; // magnitude as bits: infinity and NaN are above every number
    for (size_t c = 0; c < d; c++) {
        x[c] += scale * out[c];
        const uint32_t magnitude = f32_bits(x[c]) & 0x7fffffff;
        largest = magnitude > largest ? magnitude : largest;
    }
    if (largest >= 0x7f800000 && b->bad_layer[i] < 0)
        b->bad_layer[i] = (int32_t)layer;
}

static void add_token(void *ud, size_t i, int worker)
{
    (void)worker;
    const stream_job *const j = ud;
    stream_add_row(j->env, j->b, i, j->b->out + i * padded_length(j->env->h->n_embd), j->layer);
}

void stream_add(const compute_env *env, token_batch *b, size_t layer)
{
    stream_job j = {.env = env, .b = b, .layer = layer};
    pool_run(env->pool, b->n, add_token, &j);
}
