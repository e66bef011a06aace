/* heads.c - the rooms are as wide as the model's widest use of them: MLA caches one key and value for all heads. */
#include "forward/heads.h"

#include "forward/product.h"

void heads_init(head_rooms *r, const compute_env *env)
{
    const hparams *const h = env->h;
    const size_t n = env->n_batch, n_cached = hparams_cache_heads(h);
    r->q = scratch_floats(env->memory, n * padded_length(h->n_head * h->head_k));
    r->key = scratch_floats(env->memory, n * padded_length(n_cached * hparams_cache_key(h)));
    r->value = scratch_floats(env->memory, n * padded_length(n_cached * hparams_cache_value(h)));
    r->attended = scratch_floats(env->memory, n * h->n_head * h->head_v);
}

void heads_output(const compute_env *env, const head_rooms *r, token_batch *b, size_t layer)
{
    const mat *const o = &env->w->layers[layer].o;
    const act_rows x = acts_prepare(env, r->attended, b->n, o->n_cols, mat_form(o));
    product p = {.mat = o, .x = x, .n = b->n, .y = b->out, .ld = padded_length(env->h->n_embd)};
    products_run(env, &p, 1);
}
