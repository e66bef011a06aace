#include "forward/forward.h"

#include <string.h>

#include "base/alloc.h"
#include "quant/half.h"
#include "quant/tile.h"

/* ---- scratch ----------------------------------------------------------------------------------------------------- */

static size_t max_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* What the feed-forward scratch must hold for the whole batch: a dense block, or experts and shared experts. */
static size_t ffn_elems(const hparams *h, size_t n_batch)
{
    const size_t dense = n_batch * padded_length((size_t)h->n_ff);
    const size_t experts = n_batch * (size_t)h->n_expert_used * padded_length((size_t)h->n_ff_expert);
    return max_size(dense, gated_after(experts) + n_batch * padded_length((size_t)h->n_ff_shared));
}

/* One row per scratch array, so that init and free cannot disagree. */
typedef struct scratch_row {
    float **array;
    size_t n_elems;
} scratch_row;

enum { N_SCRATCH = 14 };

static void list_scratch(forward *f, scratch_row rows[N_SCRATCH])
{
    const hparams *const h = f->h;
    const size_t n = (size_t)f->n_batch, d = (size_t)h->n_embd;
    const size_t q = (size_t)(h->n_head * h->head_k), heads_v = (size_t)(h->n_head * h->head_v);
    const size_t key = (size_t)(hparams_cache_heads(h) * hparams_cache_key(h));
    const size_t value = (size_t)(hparams_cache_heads(h) * hparams_cache_value(h));
    const size_t ffn = ffn_elems(h, n);
    const scratch_row all[N_SCRATCH] = {
        {&f->x, n * d},
        {&f->normed, n * d},
        {&f->q, n * padded_length(q)},
        {&f->kk, n * padded_length(key)},
        {&f->v, n * padded_length(value)},
        {&f->attended, n * heads_v},
        {&f->out, n * padded_length(d)},
        {&f->shared_out, n * padded_length(d)},
        {&f->gate, ffn},
        {&f->up, ffn},
        {&f->act, ffn},
        {&f->pair_out, n * (size_t)h->n_expert_used * padded_length(d)},
        {&f->cosines, n * (size_t)h->n_rot / 2},
        {&f->sines, n * (size_t)h->n_rot / 2},
    };
    memcpy(rows, all, sizeof all);
}

static bool grow_logits(forward *f, size_t n_rows)
{
    if (n_rows <= f->n_logits_cap)
        return true;
    const size_t row_bytes = padded_length((size_t)f->h->n_vocab) * sizeof *f->logits;
    mem_big_free(f->logits, f->n_logits_cap * row_bytes);
    f->logits = mem_big_alloc(n_rows * row_bytes);
    f->n_logits_cap = f->logits != NULL ? n_rows : 0;
    return f->logits != NULL;
}

bool forward_init(forward *f, const hparams *h, const model_weights *w, thread_pool *pool, kv_cache *kv, int n_batch,
                  int n_ctx, int n_seqs, bool by_context)
{
    *f = (forward){.h = h,
                   .w = w,
                   .k = kernels_get(),
                   .pool = pool,
                   .kv = kv,
                   .n_batch = n_batch,
                   .n_ctx = n_ctx,
                   .by_context = by_context};
    scratch_row rows[N_SCRATCH];
    list_scratch(f, rows);
    for (int i = 0; i < N_SCRATCH; i++) {
        *rows[i].array = mem_big_alloc(rows[i].n_elems * sizeof(float));
        if (*rows[i].array == NULL)
            return false;
        f->scratch_bytes += rows[i].n_elems * sizeof(float);
    }
    const size_t n = (size_t)n_batch;
    size_t widest = max_size(ffn_elems(h, n), n * max_size((size_t)h->n_embd, (size_t)(h->n_head * h->head_v)));
    f->n_codes = max_size(widest, latent_acts(h, n));
    f->bad_layer = mem_calloc((size_t)n_batch, sizeof *f->bad_layer);
    f->has_lengths = w->rope_freqs == NULL && (w->rope_factors_short != NULL || w->rope_factors_long != NULL);
    f->is_long = mem_calloc((size_t)n_seqs, sizeof *f->is_long);
    for (int i = 0; i < n_seqs && f->is_long != NULL; i++)
        f->is_long[i] = forward_is_long(f, n_ctx);
    const float *const at_any = w->rope_freqs;
    return f->bad_layer != NULL && f->is_long != NULL &&
           attend_init(&f->attend, n_batch, pool_n_threads(pool), hparams_cache_value(h)) &&
           codes_alloc(&f->codes, f->n_codes) && moe_init(&f->moe, h, n_batch) && latent_init(&f->latent, h, n) &&
           rope_init(&f->rope_short, h, at_any != NULL ? at_any : w->rope_factors_short) &&
           rope_init(&f->rope_long, h, at_any != NULL ? at_any : w->rope_factors_long);
}

void forward_free(forward *f)
{
    if (f->h == NULL)
        return;
    scratch_row rows[N_SCRATCH];
    list_scratch(f, rows);
    for (int i = 0; i < N_SCRATCH; i++)
        mem_big_free(*rows[i].array, rows[i].n_elems * sizeof(float));
    mem_big_free(f->logits, f->n_logits_cap * padded_length((size_t)f->h->n_vocab) * sizeof *f->logits);
    mem_free(f->bad_layer);
    mem_free(f->is_long);
    codes_free(&f->codes, f->n_codes);
    moe_free(&f->moe);
    latent_free(&f->latent);
    attend_free(&f->attend);
    rope_free(&f->rope_short);
    rope_free(&f->rope_long);
    *f = (forward){0};
}

/* ---- pieces that run token by token ------------------------------------------------------------------------------ */

/* Row `id` of the embedding becomes the state; the position's angles are made once for all layers. */
static void embed_token(void *ud, size_t i, int worker)
{
    (void)worker;
    forward *const f = ud;
    const mat *const e = &f->w->embd;
    const int id = f->tokens[i].id, half = f->h->n_rot / 2;
    float *const x = f->x + i * (size_t)e->n_cols;
    tile_decode_row(e->type, e->tiles + (size_t)(id / TILE_ROWS) * e->tile_bytes, (size_t)e->n_cols, id % TILE_ROWS, x);
    for (int c = 0; c < e->n_cols; c++)
        x[c] *= f->h->embd_scale;
    rope_angles(rope_of(f, i), f->tokens[i].pos, f->cosines + i * (size_t)half, f->sines + i * (size_t)half);
    f->bad_layer[i] = -1;
}

static void norm_row(const forward *f, const norm_weights *norm, const float *x, float *y)
{
    const size_t d = (size_t)f->h->n_embd;
    if (f->h->arch.norm == NORM_LAYER)
        f->k->layernorm(x, norm->weight, norm->bias, d, f->h->norm_eps, y);
    else
        f->k->rmsnorm(x, norm->weight, norm->bias, d, f->h->norm_eps, y);
}

typedef struct norm_job {
    forward *f;
    const norm_weights *norm;
} norm_job;

static void norm_token(void *ud, size_t i, int worker)
{
    (void)worker;
    const norm_job *const j = ud;
    const size_t at = i * (size_t)j->f->h->n_embd;
    norm_row(j->f, j->norm, j->f->x + at, j->f->normed + at);
}

static void normalise(forward *f, const norm_weights *norm)
{
    norm_job j = {f, norm};
    pool_run(f->pool, f->n, norm_token, &j);
}

/* x += out; remembers the first layer that leaves a token with a value that is not finite. */
static void add_residual(void *ud, size_t i, int worker)
{
    (void)worker;
    const layer_job *const j = ud;
    forward *const f = j->f;
    const size_t d = (size_t)f->h->n_embd;
    float *const x = f->x + i * d;
    const float *const out = f->out + i * padded_length(d);
    uint32_t largest = 0; // magnitude as bits: infinity and NaN stand above every number
    for (size_t c = 0; c < d; c++) {
        x[c] += f->h->residual_scale * out[c];
        const uint32_t magnitude = f32_bits(x[c]) & 0x7fffffff;
        largest = magnitude > largest ? magnitude : largest;
    }
    if (largest >= 0x7f800000 && f->bad_layer[i] < 0)
        f->bad_layer[i] = j->layer;
}

/* ---- the pass ---------------------------------------------------------------------------------------------------- */

static void layer_forward(forward *f, int l)
{
    const layer_weights *const layer = &f->w->layers[l];
    layer_job j = {f, l};
    normalise(f, &layer->attn_norm);
    if (f->h->n_latent > 0)
        forward_latent(f, l);
    else
        forward_attention(f, l);
    pool_run(f->pool, f->n, add_residual, &j);
    normalise(f, &layer->ffn_norm);
    if (hparams_has_experts(f->h, l))
        forward_moe(f, l);
    else
        forward_ffn(f, layer);
    pool_run(f->pool, f->n, add_residual, &j);
}

/* Logits of the tokens that want them, rows of n_vocab back to back. */
static bool head(forward *f)
{
    const size_t d = (size_t)f->h->n_embd, n_vocab = (size_t)f->h->n_vocab, ld = padded_length(n_vocab);
    size_t n_rows = 0;
    for (size_t i = 0; i < f->n; i++) {
        if (f->tokens[i].wants_logits)
            norm_row(f, &f->w->output_norm, f->x + i * d, f->normed + n_rows++ * d);
    }
    if (n_rows == 0)
        return true;
    if (!grow_logits(f, n_rows))
        return false;
    const mat *const output = &f->w->output;
    const act_rows x = acts_prepare(f->pool, f->k, &f->codes, f->normed, n_rows, d, mat_form(output));
    product p = {.mat = output, .x = x, .n = n_rows, .y = f->logits, .ld = ld};
    products_run(f->pool, f->k, &p, 1);
    for (size_t r = 1; r < n_rows && ld != n_vocab; r++)
        memmove(f->logits + r * n_vocab, f->logits + r * ld, n_vocab * sizeof *f->logits);
    for (size_t i = 0; i < n_rows * n_vocab && f->h->logit_divisor != 1; i++)
        f->logits[i] /= f->h->logit_divisor;
    return true;
}

static sw_code check_tokens(const forward *f, const batch_token *tokens, size_t n, sw_err *err)
{
    if (n == 0 || n > (size_t)f->n_batch)
        return sw_fail(err, SW_EINVAL, "a batch holds 1 to %d tokens, not %zu", f->n_batch, n);
    for (size_t i = 0; i < n; i++) {
        if (tokens[i].id < 0 || tokens[i].id >= f->h->n_vocab)
            return sw_fail(err, SW_EINVAL, "token %d is not in the vocabulary of %d", tokens[i].id, f->h->n_vocab);
    }
    return SW_OK;
}

sw_code forward_step(forward *f, const batch_token *tokens, size_t n, const float **logits_out, int32_t *bad_seq_out,
                     sw_err *err)
{
    *logits_out = NULL;
    *bad_seq_out = -1;
    const sw_code code = check_tokens(f, tokens, n, err);
    if (code != SW_OK)
        return code;
    f->tokens = tokens;
    f->n = n;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && tokens[end].seq == tokens[i].seq;)
            end++;
        kv_advance(f->kv, tokens[i].seq, tokens[i].pos, tokens[end - 1].pos + 1);
    }
    attend_blocks(f, f->h->n_head / hparams_cache_heads(f->h));
    pool_run(f->pool, n, embed_token, f);
    for (int l = 0; l < f->h->n_layers; l++)
        layer_forward(f, l);
    for (size_t i = 0; i < n; i++) {
        if (f->bad_layer[i] >= 0) {
            *bad_seq_out = tokens[i].seq;
            return sw_fail(err, SW_ENUMERIC,
                           "layer %d gave a value that is not finite at position %d; the model file may be damaged",
                           f->bad_layer[i], tokens[i].pos);
        }
    }
    if (!head(f))
        return sw_fail(err, SW_ENOMEM, "out of memory for the logits");
    *logits_out = f->logits;
    return SW_OK;
}
