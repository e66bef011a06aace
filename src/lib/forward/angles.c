/* angles.c - cosines and sines per token, and which of LongRoPE's two tables they come from. */
#include "forward/angles.h"

bool angles_by_length(const model_weights *w)
{
    return w->rope_freqs == NULL && (w->rope_factors_short != NULL || w->rope_factors_long != NULL);
}

bool angles_init(token_angles *a, const compute_env *env)
{
    const model_weights *const w = env->w;
    const float *const at_any = w->rope_freqs;
    const size_t n = env->n_batch * env->h->n_rot / 2;
    *a = (token_angles){.env = env, .cosines = scratch_floats(env->memory, n), .sines = scratch_floats(env->memory, n)};
    return rope_init(&a->of_short, env->h, at_any != NULL ? at_any : w->rope_factors_short) &&
           rope_init(&a->of_long, env->h, at_any != NULL ? at_any : w->rope_factors_long);
}

void angles_free(token_angles *a)
{
    rope_free(&a->of_short);
    rope_free(&a->of_long);
}

static const rope_table *table_of(const token_angles *a, const token_batch *b, size_t i)
{
    return b->is_long[b->tokens[i].seq] ? &a->of_long : &a->of_short;
}

typedef struct angles_job {
    token_angles *a;
    const token_batch *b;
} angles_job;

static void make_token(void *ud, size_t i, int worker)
{
    (void)worker;
    const angles_job *const j = ud;
    const size_t half = j->a->env->h->n_rot / 2;
    rope_angles(table_of(j->a, j->b, i), j->b->tokens[i].pos, j->a->cosines + i * half, j->a->sines + i * half);
}

void angles_make(token_angles *a, const token_batch *b)
{
    angles_job j = {a, b};
    pool_run(a->env->pool, b->n, make_token, &j);
}

void angles_rotate(const token_angles *a, const token_batch *b, size_t i, float *heads, size_t n, size_t apart)
{
    const size_t half = a->env->h->n_rot / 2;
    for (size_t h = 0; h < n; h++)
        rope_apply(table_of(a, b, i), a->cosines + i * half, a->sines + i * half, heads + h * apart);
}
