/* ends.c - the embedding's rows are unpacked from their tiles; the head's room grows, since most steps want few rows of
 * what is the widest product of all. */
#include "forward/ends.h"

#include <string.h>

#include "base/alloc.h"
#include "forward/product.h"
#include "forward/stream.h"
#include "quant/tile.h"

void ends_embed(const compute_env *env, token_batch *b, size_t i)
{
    const mat *const e = &env->w->embd;
    const size_t d = e->n_cols, id = (size_t)b->tokens[i].id;
    float *const x = b->x + i * d;
    tile_decode_row(e->type, e->tiles + id / TILE_ROWS * e->tile_bytes, d, (int)(id % TILE_ROWS), x);
    for (size_t c = 0; c < d; c++)
        x[c] *= env->h->embd_scale;
}

void ends_state(const compute_env *env, token_batch *b, size_t i)
{
    const size_t d = env->h->n_embd;
    stream_norm_row(env, &env->w->output_norm, b->x + i * d, b->normed + i * d);
}

size_t ends_row_bytes(const hparams *h)
{
    return padded_length(h->n_vocab) * sizeof(float);
}

static size_t row_bytes(const logit_room *r)
{
    return ends_row_bytes(r->env->h);
}

static bool grow(logit_room *r, size_t n_rows)
{
    if (n_rows <= r->n_rows)
        return true;
    mem_big_free(r->logits, r->n_rows * row_bytes(r));
    r->logits = mem_big_alloc(n_rows * row_bytes(r));
    r->n_rows = r->logits != NULL ? n_rows : 0;
    return r->logits != NULL;
}

void ends_free(logit_room *r)
{
    if (r->env != NULL)
        mem_big_free(r->logits, r->n_rows * row_bytes(r));
    *r = (logit_room){0};
}

/* Norms the states of the tokens that want logits, one after another; gives their number. */
static size_t norm_wanted(const compute_env *env, token_batch *b)
{
    const size_t d = env->h->n_embd;
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++) {
        if (b->tokens[i].wants_logits)
            stream_norm_row(env, &env->w->output_norm, b->x + i * d, b->normed + n++ * d);
    }
    return n;
}

const float *ends_head(logit_room *r, token_batch *b)
{
    const compute_env *const env = r->env;
    const mat *const output = &env->w->output;
    const size_t n_vocab = env->h->n_vocab, ld = padded_length(n_vocab), n_rows = norm_wanted(env, b);
    if (n_rows == 0 || !grow(r, n_rows))
        return NULL;
    const act_rows x = acts_prepare(env, b->normed, n_rows, env->h->n_embd, mat_form(output));
    product p = {.mat = output, .x = x, .n = n_rows, .y = r->logits, .ld = ld};
    products_run(env, &p, 1);
    for (size_t i = 1; i < n_rows && ld != n_vocab; i++)
        memmove(r->logits + i * n_vocab, r->logits + i * ld, n_vocab * sizeof *r->logits);
    for (size_t i = 0; i < n_rows * n_vocab && env->h->logit_divisor != 1; i++)
        r->logits[i] /= env->h->logit_divisor;
    return r->logits;
}
