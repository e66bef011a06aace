/* gpu_rooms.c - a room per purpose.  What a block needs at the same time is apart; blocks share what they do not. */
#include "forward/gpu/gpu_rooms.h"

#include "forward/batch.h"
#include "kernels/kernels.h"

enum {
    ALIGN = 256,
    SPAN_TOKENS = 8,          // tokens whose spans can be computed side by side
    SPAN_BYTES_MAX = 32 << 20 // of their answers
};

/* A piece that is cut from the front. */
typedef struct cutter {
    uint8_t *base; // NULL: only the length is asked for
    size_t used;
} cutter;

static void *cut(cutter *c, size_t n, size_t item_bytes)
{
    uint8_t *const at = c->base != NULL ? c->base + c->used : NULL;
    c->used += (n * item_bytes + ALIGN - 1) / ALIGN * ALIGN;
    return at;
}

static float *cut_floats(cutter *c, size_t n)
{
    return cut(c, n, sizeof(float));
}

static size_t max_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* ---- activations ------------------------------------------------------------------------------------------------- */

/* Room for the largest of several uses. */
typedef struct acts_size {
    size_t n, n_scales;
} acts_size;

static void fit(acts_size *s, size_t n_rows, size_t n_cols)
{
    s->n = max_size(s->n, n_rows * n_cols);
    s->n_scales = max_size(s->n_scales, (n_cols + 31) / 32 * padded_length(n_rows));
}

static gpu_acts cut_acts(cutter *c, const acts_size *s)
{
    return (gpu_acts){.f32 = cut_floats(c, s->n),
                      .code = cut(c, s->n, 1),
                      .fine = cut(c, s->n, 1),
                      .scale = cut_floats(c, s->n_scales),
                      .sum = cut_floats(c, s->n_scales),
                      .half_sum = cut_floats(c, 2 * s->n_scales)};
}

static gpu_acts cut_middle(cutter *c, const gpu_room_sizes *s)
{
    const hparams *const h = s->h;
    acts_size size = {0};
    fit(&size, s->n_batch, h->n_head * h->head_v);
    fit(&size, s->n_batch, h->n_ff);
    fit(&size, s->n_batch * h->n_expert_used, h->n_ff_expert);
    if (h->n_latent > 0) {
        fit(&size, s->n_batch, h->n_latent_q);
        fit(&size, s->n_batch * h->n_head, h->head_k - h->n_rot);
        fit(&size, s->n_batch * h->n_head, h->n_latent);
    }
    return cut_acts(c, &size);
}

/* ---- the device -------------------------------------------------------------------------------------------------- */

static void cut_attention(gpu_rooms *r, cutter *c, const gpu_room_sizes *s)
{
    const hparams *const h = s->h;
    const size_t n = s->n_batch, n_cached = hparams_cache_heads(h), d_v = hparams_cache_value(h);
    r->q = cut_floats(c, n * max_size(padded_length(h->n_head * h->head_k), padded_length(h->n_latent_q)));
    r->key = cut_floats(c, n * padded_length(n_cached * hparams_cache_key(h)));
    r->value = cut_floats(c, n * padded_length(n_cached * d_v));
    const size_t d_turned = max_size(padded_length(h->n_latent), padded_length(h->head_v));
    r->q_latent = cut_floats(c, h->n_latent > 0 ? n * h->n_head * (h->n_latent + h->n_rot) : 0);
    r->turned = cut_floats(c, h->n_latent > 0 ? n * h->n_head * d_turned : 0);
    const size_t n_spans = (s->n_ctx - 1) / (KV_SPAN * KV_PAGE) + 1, n_tokens = n < SPAN_TOKENS ? n : SPAN_TOKENS;
    const size_t wanted = n_spans > 1 ? n_tokens * h->n_head * n_spans : 0;
    const size_t most = SPAN_BYTES_MAX / (d_v * sizeof(float));
    r->n_span_rows = wanted < most ? wanted : most;
    r->span_out = cut_floats(c, r->n_span_rows * d_v);
    r->span_state = cut_floats(c, r->n_span_rows * 2);
}

static void cut_experts(gpu_rooms *r, cutter *c, const gpu_room_sizes *s)
{
    const hparams *const h = s->h;
    const size_t n = s->n_batch, pairs = n * h->n_expert_used, ld = padded_length(h->n_embd);
    const size_t n_shared = h->n_ff_shared > 0 ? n : 0, n_stacked = h->n_layers * GPU_STACKS * h->n_expert;
    r->gate_shared = cut_floats(c, n * padded_length(h->n_ff_shared));
    r->up_shared = cut_floats(c, n * padded_length(h->n_ff_shared));
    r->router_logits = cut_floats(c, h->n_expert > 0 ? n * padded_length(h->n_expert) : 0);
    r->chosen = cut(c, pairs, sizeof *r->chosen);
    r->weights = cut_floats(c, pairs);
    r->slot = cut(c, pairs, sizeof *r->slot);
    r->token = cut(c, pairs, sizeof *r->token);
    r->first = cut(c, h->n_expert + 1, sizeof *r->first);
    r->own = cut_floats(c, pairs * ld);
    r->other = cut_floats(c, pairs * ld);
    r->shared = cut_floats(c, n_shared * ld);
    r->shared_gates = cut_floats(c, n_shared * GPU_GATE_APART);
    r->tiles_of = cut(c, n_stacked, sizeof *r->tiles_of);
    r->bias_of = cut(c, n_stacked, sizeof *r->bias_of);
    r->is_here = cut(c, h->n_layers * h->n_expert, 1);
    r->is_own = cut(c, h->n_layers * h->n_expert, 1);
}

size_t gpu_rooms_cut(gpu_rooms *r, const gpu_room_sizes *s, void *base)
{
    const hparams *const h = s->h;
    const size_t n = s->n_batch;
    cutter c = {.base = base};
    acts_size state = {0}, shared = {0};
    fit(&state, n, h->n_embd);
    fit(&shared, n, h->n_ff_shared);
    r->x = cut_floats(&c, n * h->n_embd);
    r->out = cut_floats(&c, n * padded_length(h->n_embd));
    r->bad = cut(&c, n, sizeof *r->bad);
    r->input = cut_acts(&c, &state);
    r->middle = cut_middle(&c, s);
    r->middle_shared = cut_acts(&c, &shared);
    const size_t widest = max_size(padded_length(h->n_ff), h->n_expert_used * padded_length(h->n_ff_expert));
    r->gate = cut_floats(&c, n * widest);
    r->up = cut_floats(&c, n * widest);
    cut_attention(r, &c, s);
    cut_experts(r, &c, s);
    r->logits = cut_floats(&c, (n < GPU_HEAD_ROWS ? n : GPU_HEAD_ROWS) * padded_length(h->n_vocab));
    r->tables = cut(&c, s->n_tables, 1);
    return c.used;
}

/* ---- between the machines ---------------------------------------------------------------------------------------- */

size_t gpu_staging_cut(gpu_staging *st, const gpu_room_sizes *s, void *base)
{
    const hparams *const h = s->h;
    const size_t n = s->n_batch, pairs = n * h->n_expert_used, ld = padded_length(h->n_embd);
    cutter c = {.base = base};
    st->tables = cut(&c, s->n_tables, 1);
    st->x = cut_floats(&c, n * h->n_embd);
    st->normed = cut_floats(&c, n * h->n_embd);
    st->chosen = cut(&c, pairs, sizeof *st->chosen);
    st->weights = cut_floats(&c, pairs);
    st->all_chosen = cut(&c, h->n_layers * pairs, sizeof *st->all_chosen);
    st->all_weights = cut_floats(&c, h->n_layers * pairs);
    st->answers = cut_floats(&c, pairs * ld);
    st->shared = cut_floats(&c, n * ld);
    st->shared_gates = cut_floats(&c, n * GPU_GATE_APART);
    st->slot = cut(&c, pairs, sizeof *st->slot);
    st->bad = cut(&c, n, sizeof *st->bad);
    st->tiles_of = cut(&c, h->n_layers * GPU_STACKS * h->n_expert, sizeof *st->tiles_of);
    st->bias_of = cut(&c, h->n_layers * GPU_STACKS * h->n_expert, sizeof *st->bias_of);
    st->is_here = cut(&c, h->n_layers * h->n_expert, 1);
    st->is_own = cut(&c, h->n_layers * h->n_expert, 1);
    st->has_changed = cut(&c, h->n_layers, sizeof *st->has_changed);
    return c.used;
}
