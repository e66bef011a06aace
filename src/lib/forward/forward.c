/* forward.c - who computes what of a layer, and in which order: the two sides of a layer run at the same time between
 * experts_begin and experts_finish, and nowhere else. */
#include "forward/forward.h"

#include <string.h>

#include "forward/angles.h"

/* ---- setting up -------------------------------------------------------------------------------------------------- */

bool forward_init(forward *f, const forward_options *o)
{
    const hparams *const h = o->h;
    const size_t n = o->n_batch, n_pairs = n * h->n_expert_used;
    *f = (forward){.o = *o, .has_lengths = angles_by_length(o->w)};
    scratch *const memory = &f->memory;
    f->batch.x = scratch_floats(memory, n * h->n_embd);
    f->batch.normed = scratch_floats(memory, n * h->n_embd);
    f->batch.out = scratch_floats(memory, n * padded_length(h->n_embd));
    f->batch.bad_layer = scratch_items(memory, n, sizeof *f->batch.bad_layer);
    f->batch.is_long = f->is_long = scratch_items(memory, (size_t)o->n_seqs, sizeof *f->is_long);
    f->chosen = scratch_items(memory, h->n_layers * n_pairs, sizeof *f->chosen);
    f->weights = scratch_floats(memory, h->n_layers * n_pairs);
    f->answers = scratch_items(memory, n_pairs, sizeof *f->answers);
    pooled_init(&f->pooled, memory, (size_t)o->n_seqs, h->n_embd);
    if (!division_init(&f->division, memory, h, o->w->placement, f->o.backends))
        return false;
    for (int s = 0; s < o->n_seqs; s++)
        forward_begin_sequence(f, s, o->n_ctx);
    return true;
}

void forward_free(forward *f)
{
    scratch_free(&f->memory);
    *f = (forward){0};
}

void forward_set_expert(forward *f, size_t l, size_t expert, weight_tier tier)
{
    division_set(&f->division, l, expert, tier);
}

/* ---- sequences --------------------------------------------------------------------------------------------------- */

/* Returns true if a sequence of up to n_max positions uses LongRoPE's factors for long ones. */
static bool is_long(const forward *f, int n_max)
{
    return f->has_lengths && (f->o.by_context ? f->o.n_ctx : n_max) > f->o.h->rope_ctx_orig;
}

void forward_begin_sequence(forward *f, int seq, int n_max)
{
    f->is_long[seq] = is_long(f, n_max);
    pooled_begin(&f->pooled, seq);
}

bool forward_same_kind(const forward *f, int seq, int n_max)
{
    return f->is_long[seq] == is_long(f, n_max);
}

/* ---- one layer --------------------------------------------------------------------------------------------------- */

static backend *backend_of(const forward *f, sw_tensor_class cls, size_t layer)
{
    return f->o.backends[placement_tier(f->o.w->placement, cls, layer, 0)];
}

/* The backend that has a layer's weights of a class, with the residual stream moved to it. */
static backend *holder_of(forward *f, sw_tensor_class cls, size_t layer)
{
    backend *const be = backend_of(f, cls, layer);
    if (f->holder != be)
        backend_move(f->holder, be, &f->batch);
    f->holder = be;
    return be;
}

static expert_choice choice_of(const forward *f, size_t l)
{
    const size_t k = f->o.h->n_expert_used, at = l * f->o.n_batch * k;
    return (expert_choice){.n_used = k, .chosen = f->chosen + at, .weights = f->weights + at};
}

static bool has_shared(const forward *f, size_t l)
{
    return mat_exists(&f->o.w->layers[l].gate_shared);
}

static int shared_tier(const forward *f, size_t l)
{
    return (int)placement_tier(f->o.w->placement, SW_CLASS_FFN, l, 0);
}

/* Returns true if one tier computes all of the layer, its router too. */
static bool is_whole(const forward *f, size_t l)
{
    const int home = (int)placement_tier(f->o.w->placement, SW_CLASS_ATTENTION, l, 0);
    return f->division.tiers[l] == 1u << home && (!has_shared(f, l) || shared_tier(f, l) == home);
}

/* The part of a layer's experts, routed and shared, that is computed in a tier. */
static expert_share share_of(const forward *f, size_t l, int tier, const layer_division *d, const expert_choice *choice)
{
    return (expert_share){.choice = choice,
                          .tiers = d->used == 1u << tier ? NULL : d->tiers,
                          .tier = (uint8_t)tier,
                          .has_shared = has_shared(f, l) && shared_tier(f, l) == tier};
}

static bool has_work(const layer_division *d, const expert_share *share)
{
    return (d->used >> share->tier & 1) != 0 || share->has_shared;
}

/* Where the router is, the answers are joined.  The backend of RAM begins last: it computes while it begins. */
static void experts(forward *f, size_t l)
{
    token_batch *const b = &f->batch;
    backend *const home = holder_of(f, SW_CLASS_ATTENTION, l);
    expert_choice choice = choice_of(f, l);
    choice.can_wait = is_whole(f, l) && !division_is_open(&f->division, l, b->n);
    expert_answers answers = {.rows = f->answers};
    memset(f->answers, 0, b->n * choice.n_used * sizeof *f->answers);
    backend_route(home, b, l, &choice);
    const layer_division d = division_of(&f->division, l, b->n, &choice);
    expert_share shares[N_TIERS];
    for (int tier = N_TIERS - 1; tier >= 0; tier--) {
        shares[tier] = share_of(f, l, tier, &d, &choice);
        if (has_work(&d, &shares[tier]))
            backend_experts(f->o.backends[tier], b, l, &shares[tier]);
    }
    for (int tier = 0; tier < N_TIERS; tier++) {
        backend *const be = f->o.backends[tier];
        if (has_work(&d, &shares[tier]))
            be->ops->experts_finish(be, b, l, &shares[tier], &answers);
    }
    backend_join(home, b, l, &choice, &answers);
}

static void layer(forward *f, size_t l)
{
    backend_attention(holder_of(f, SW_CLASS_ATTENTION, l), &f->batch, l);
    if (hparams_has_experts(f->o.h, l))
        experts(f, l);
    else
        backend_dense(holder_of(f, SW_CLASS_FFN, l), &f->batch, l);
}

const int *forward_chosen(const forward *f, size_t l)
{
    return choice_of(f, l).chosen;
}

const float *forward_chosen_weights(const forward *f, size_t l)
{
    return choice_of(f, l).weights;
}

/* ---- the pass ---------------------------------------------------------------------------------------------------- */

static sw_code check_tokens(const forward *f, const batch_token *tokens, size_t n, sw_err *err)
{
    if (n == 0 || n > f->o.n_batch)
        return sw_fail(err, SW_EINVAL, "a batch holds 1 to %zu tokens, not %zu", f->o.n_batch, n);
    for (size_t i = 0; i < n; i++) {
        if (tokens[i].id < 0 || (size_t)tokens[i].id >= f->o.h->n_vocab)
            return sw_fail(err, SW_EINVAL, "token %d is not in the vocabulary of %zu", tokens[i].id, f->o.h->n_vocab);
    }
    return SW_OK;
}

static void begin(forward *f, const batch_token *tokens, size_t n)
{
    f->batch.tokens = tokens;
    f->batch.n = n;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && tokens[end].seq == tokens[i].seq;)
            end++;
        kv_advance(f->o.kv, tokens[i].seq, tokens[i].pos, tokens[end - 1].pos + 1);
    }
    for (size_t i = 0; i < n; i++)
        f->batch.bad_layer[i] = -1;
    for (int tier = 0; tier < N_TIERS; tier++) {
        if (f->o.backends[tier] != NULL)
            f->o.backends[tier]->ops->begin(f->o.backends[tier], &f->batch);
    }
}

/* Ends the step everywhere; the first failure counts. */
static sw_code end(forward *f, sw_err *err)
{
    sw_code code = SW_OK;
    for (int tier = 0; tier < N_TIERS; tier++) {
        backend *const be = f->o.backends[tier];
        const sw_code own = be != NULL ? be->ops->end(be, &f->batch, code == SW_OK ? err : NULL) : SW_OK;
        code = code == SW_OK ? own : code;
    }
    return code;
}

/* Every token's state was finite after every layer; else *bad_seq_out is the first sequence that was not. */
static sw_code check_finite(const token_batch *b, int32_t *bad_seq_out, sw_err *err)
{
    for (size_t i = 0; i < b->n; i++) {
        if (b->bad_layer[i] < 0)
            continue;
        *bad_seq_out = b->tokens[i].seq;
        return sw_fail(err, SW_ENUMERIC,
                       "layer %d gave a value that is not finite at position %d; the model file may be damaged",
                       b->bad_layer[i], b->tokens[i].pos);
    }
    return SW_OK;
}

sw_code forward_step(forward *f, const batch_token *tokens, size_t n, const float **logits_out, int32_t *bad_seq_out,
                     sw_err *err)
{
    *logits_out = NULL;
    *bad_seq_out = -1;
    sw_code code = check_tokens(f, tokens, n, err);
    if (code != SW_OK)
        return code;
    begin(f, tokens, n);
    f->holder = backend_of(f, SW_CLASS_EMBEDDING, 0);
    backend_embed(f->holder, &f->batch);
    for (size_t l = 0; l < f->o.h->n_layers; l++)
        layer(f, l);
    const float *const logits = backend_head(holder_of(f, SW_CLASS_OUTPUT, 0), &f->batch);
    if (pooled_wants(&f->batch))
        backend_states(f->holder, &f->batch);
    code = end(f, err);
    if (code == SW_OK)
        code = check_finite(&f->batch, bad_seq_out, err);
    if (code != SW_OK)
        return code; // nothing is added: the others of the batch may come again
    pooled_add(&f->pooled, &f->batch);
    *logits_out = logits;
    return SW_OK;
}

sw_code forward_embedding(const forward *f, int seq, float *out, sw_err *err)
{
    if (pooled_direction(&f->pooled, seq, out))
        return SW_OK;
    return sw_fail(err, SW_ENUMERIC,
                   "embedding: the states add up to nothing or are not finite; the model file may be damaged");
}
