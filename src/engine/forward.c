#include "engine/forward.h"

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
static size_t ffn_elems(const sw_hparams *h, size_t n_batch)
{
    const size_t dense = n_batch * sw__padded((size_t)h->n_ff);
    const size_t experts = n_batch * (size_t)h->n_expert_used * sw__padded((size_t)h->n_ff_expert);
    return max_size(dense, sw__gated_after(experts) + n_batch * sw__padded((size_t)h->n_ff_shared));
}

/* One row per scratch array, so that init and free cannot disagree. */
typedef struct scratch_row {
    float **array;
    size_t n_elems;
} scratch_row;

enum { N_SCRATCH = 14 };

static void list_scratch(sw_forward *f, scratch_row rows[N_SCRATCH])
{
    const sw_hparams *const h = f->h;
    const size_t n = (size_t)f->n_batch, d = (size_t)h->n_embd;
    const size_t q = (size_t)(h->n_head * h->head_k), heads_v = (size_t)(h->n_head * h->head_v);
    const size_t key = (size_t)(sw_cache_heads(h) * sw_cache_key(h));
    const size_t value = (size_t)(sw_cache_heads(h) * sw_cache_value(h));
    const size_t ffn = ffn_elems(h, n);
    const scratch_row all[N_SCRATCH] = {
        {&f->x, n * d},
        {&f->normed, n * d},
        {&f->q, n * sw__padded(q)},
        {&f->kk, n * sw__padded(key)},
        {&f->v, n * sw__padded(value)},
        {&f->attended, n * heads_v},
        {&f->out, n * sw__padded(d)},
        {&f->shared_out, n * sw__padded(d)},
        {&f->gate, ffn},
        {&f->up, ffn},
        {&f->act, ffn},
        {&f->pair_out, n * (size_t)h->n_expert_used * sw__padded(d)},
        {&f->cosines, n * (size_t)h->n_rot / 2},
        {&f->sines, n * (size_t)h->n_rot / 2},
    };
    memcpy(rows, all, sizeof all);
}

static bool grow_logits(sw_forward *f, size_t n_rows)
{
    if (n_rows <= f->n_logits_cap)
        return true;
    const size_t row_bytes = sw__padded((size_t)f->h->n_vocab) * sizeof *f->logits;
    sw_big_free(f->logits, f->n_logits_cap * row_bytes);
    f->logits = sw_big_alloc(n_rows * row_bytes);
    f->n_logits_cap = f->logits != NULL ? n_rows : 0;
    return f->logits != NULL;
}

bool sw_forward_init(sw_forward *f, const sw_hparams *h, const sw_weights *w, sw_pool *pool, sw_kv *kv, int n_batch,
                     int n_ctx, int n_seqs, bool by_context)
{
    *f = (sw_forward){.h = h,
                      .w = w,
                      .k = sw_kernels_get(),
                      .pool = pool,
                      .kv = kv,
                      .n_batch = n_batch,
                      .n_ctx = n_ctx,
                      .by_context = by_context};
    scratch_row rows[N_SCRATCH];
    list_scratch(f, rows);
    for (int i = 0; i < N_SCRATCH; i++) {
        *rows[i].array = sw_big_alloc(rows[i].n_elems * sizeof(float));
        if (*rows[i].array == NULL)
            return false;
        f->scratch_bytes += rows[i].n_elems * sizeof(float);
    }
    const size_t n = (size_t)n_batch;
    size_t widest = max_size(ffn_elems(h, n), n * max_size((size_t)h->n_embd, (size_t)(h->n_head * h->head_v)));
    f->n_codes = max_size(widest, sw__latent_acts(h, n));
    f->bad_layer = sw_calloc((size_t)n_batch, sizeof *f->bad_layer);
    f->has_lengths = w->rope_freqs == NULL && (w->rope_factors_short != NULL || w->rope_factors_long != NULL);
    f->is_long = sw_calloc((size_t)n_seqs, sizeof *f->is_long);
    for (int i = 0; i < n_seqs && f->is_long != NULL; i++)
        f->is_long[i] = sw_forward_is_long(f, n_ctx);
    const float *const at_any = w->rope_freqs;
    return f->bad_layer != NULL && f->is_long != NULL &&
           sw__attend_init(&f->attend, n_batch, sw_pool_n_threads(pool), sw_cache_value(h)) &&
           sw_codes_alloc(&f->codes, f->n_codes) && sw__moe_init(&f->moe, h, n_batch) &&
           sw__latent_init(&f->latent, h, n) &&
           sw_rope_init(&f->rope_short, h, at_any != NULL ? at_any : w->rope_factors_short) &&
           sw_rope_init(&f->rope_long, h, at_any != NULL ? at_any : w->rope_factors_long);
}

void sw_forward_free(sw_forward *f)
{
    if (f->h == NULL)
        return;
    scratch_row rows[N_SCRATCH];
    list_scratch(f, rows);
    for (int i = 0; i < N_SCRATCH; i++)
        sw_big_free(*rows[i].array, rows[i].n_elems * sizeof(float));
    sw_big_free(f->logits, f->n_logits_cap * sw__padded((size_t)f->h->n_vocab) * sizeof *f->logits);
    sw_free(f->bad_layer);
    sw_free(f->is_long);
    sw_codes_free(&f->codes, f->n_codes);
    sw__moe_free(&f->moe);
    sw__latent_free(&f->latent);
    sw__attend_free(&f->attend);
    sw_rope_free(&f->rope_short);
    sw_rope_free(&f->rope_long);
    *f = (sw_forward){0};
}

/* ---- pieces that run token by token ------------------------------------------------------------------------------ */

/* Row `id` of the embedding becomes the state; the position's angles are made once for all layers. */
static void embed_token(void *ud, size_t i, int worker)
{
    (void)worker;
    sw_forward *const f = ud;
    const sw_mat *const e = &f->w->embd;
    const int id = f->tokens[i].id, half = f->h->n_rot / 2;
    float *const x = f->x + i * (size_t)e->n_cols;
    sw_tile_decode_row(e->type, e->tiles + (size_t)(id / SW_TILE_ROWS) * e->tile_bytes, (size_t)e->n_cols,
                       id % SW_TILE_ROWS, x);
    for (int c = 0; c < e->n_cols; c++)
        x[c] *= f->h->embd_scale;
    sw_rope_angles(sw__rope_of(f, i), f->tokens[i].pos, f->cosines + i * (size_t)half, f->sines + i * (size_t)half);
    f->bad_layer[i] = -1;
}

static void norm_row(const sw_forward *f, const sw_norm *norm, const float *x, float *y)
{
    const size_t d = (size_t)f->h->n_embd;
    if (f->h->arch.norm == SW_NORM_LAYER)
        f->k->layernorm(x, norm->weight, norm->bias, d, f->h->norm_eps, y);
    else
        f->k->rmsnorm(x, norm->weight, norm->bias, d, f->h->norm_eps, y);
}

typedef struct norm_job {
    sw_forward *f;
    const sw_norm *norm;
} norm_job;

static void norm_token(void *ud, size_t i, int worker)
{
    (void)worker;
    const norm_job *const j = ud;
    const size_t at = i * (size_t)j->f->h->n_embd;
    norm_row(j->f, j->norm, j->f->x + at, j->f->normed + at);
}

static void normalise(sw_forward *f, const sw_norm *norm)
{
    norm_job j = {f, norm};
    sw_pool_run(f->pool, f->n, norm_token, &j);
}

/* x += out; remembers the first layer that leaves a token with a value that is not finite. */
static void add_residual(void *ud, size_t i, int worker)
{
    (void)worker;
    const sw_layer_job *const j = ud;
    sw_forward *const f = j->f;
    const size_t d = (size_t)f->h->n_embd;
    float *const x = f->x + i * d;
    const float *const out = f->out + i * sw__padded(d);
    uint32_t largest = 0; // magnitude as bits: infinity and NaN stand above every number
    for (size_t c = 0; c < d; c++) {
        x[c] += f->h->residual_scale * out[c];
        const uint32_t magnitude = sw_f32_bits(x[c]) & 0x7fffffff;
        largest = magnitude > largest ? magnitude : largest;
    }
    if (largest >= 0x7f800000 && f->bad_layer[i] < 0)
        f->bad_layer[i] = j->layer;
}

/* ---- the pass ---------------------------------------------------------------------------------------------------- */

static void layer_forward(sw_forward *f, int l)
{
    const sw_layer *const layer = &f->w->layers[l];
    sw_layer_job j = {f, l};
    normalise(f, &layer->attn_norm);
    if (f->h->n_latent > 0)
        sw__forward_latent(f, l);
    else
        sw__forward_attention(f, l);
    sw_pool_run(f->pool, f->n, add_residual, &j);
    normalise(f, &layer->ffn_norm);
    if (sw_layer_has_experts(f->h, l))
        sw__forward_moe(f, l);
    else
        sw__forward_ffn(f, layer);
    sw_pool_run(f->pool, f->n, add_residual, &j);
}

/* Logits of the tokens that want them, rows of n_vocab back to back. */
static bool head(sw_forward *f)
{
    const size_t d = (size_t)f->h->n_embd, n_vocab = (size_t)f->h->n_vocab, ld = sw__padded(n_vocab);
    size_t n_rows = 0;
    for (size_t i = 0; i < f->n; i++) {
        if (f->tokens[i].wants_logits)
            norm_row(f, &f->w->output_norm, f->x + i * d, f->normed + n_rows++ * d);
    }
    if (n_rows == 0)
        return true;
    if (!grow_logits(f, n_rows))
        return false;
    const sw_mat *const output = &f->w->output;
    const sw_acts x = sw_acts_prepare(f->pool, f->k, &f->codes, f->normed, n_rows, d, sw_mat_form(output));
    sw_product p = {.mat = output, .x = x, .n = n_rows, .y = f->logits, .ld = ld};
    sw_products_run(f->pool, f->k, &p, 1);
    for (size_t r = 1; r < n_rows && ld != n_vocab; r++)
        memmove(f->logits + r * n_vocab, f->logits + r * ld, n_vocab * sizeof *f->logits);
    for (size_t i = 0; i < n_rows * n_vocab && f->h->logit_divisor != 1; i++)
        f->logits[i] /= f->h->logit_divisor;
    return true;
}

static sw_code check_tokens(const sw_forward *f, const sw_lm_token *tokens, size_t n, sw_err *err)
{
    if (n == 0 || n > (size_t)f->n_batch)
        return sw_fail(err, SW_EINVAL, "a batch holds 1 to %d tokens, not %zu", f->n_batch, n);
    for (size_t i = 0; i < n; i++) {
        if (tokens[i].id < 0 || tokens[i].id >= f->h->n_vocab)
            return sw_fail(err, SW_EINVAL, "token %d is not in the vocabulary of %d", tokens[i].id, f->h->n_vocab);
    }
    return SW_OK;
}

sw_code sw_forward_step(sw_forward *f, const sw_lm_token *tokens, size_t n, const float **logits_out,
                        int32_t *bad_seq_out, sw_err *err)
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
        sw_kv_advance(f->kv, tokens[i].seq, tokens[i].pos, tokens[end - 1].pos + 1);
    }
    sw__attend_blocks(f, f->h->n_head / sw_cache_heads(f->h));
    sw_pool_run(f->pool, n, embed_token, f);
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
