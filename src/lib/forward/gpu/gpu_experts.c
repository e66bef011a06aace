/* gpu_experts.c - who has the choice and the answers of a layer, and what goes up and down for it; gpu_share.c
 * computes.
 */
#include "forward/gpu/gpu_experts.h"

#include <string.h>

#include "base/alloc.h"
#include "forward/gpu/gpu_share.h"

_Static_assert((int)GPU_GATE_SPARSEMIXER == (int)GATE_SPARSEMIXER && (int)GPU_GATE_SIGMOID == (int)GATE_SIGMOID &&
                   (int)GPU_GATE_TOPK_SOFTMAX == (int)GATE_TOPK_SOFTMAX,
               "kernels number the kinds of routing as the families' rows do");

/* ---- what is here ------------------------------------------------------------------------------------------------ */

static bool has_shared(const gpu_env *g, size_t l)
{
    return mat_exists(&g->w->layers[l].gate_shared);
}

static size_t n_pairs_of(const gpu_env *g, const token_batch *b)
{
    return b->n * g->h->n_expert_used;
}

bool gpu_experts_init(gpu_experts *e, gpu_env *g)
{
    *e = (gpu_experts){.g = g,
                       .later = mem_calloc(g->h->n_layers, sizeof *e->later),
                       .batch = mem_calloc(g->h->n_layers, sizeof *e->batch)};
    return e->later != NULL && e->batch != NULL;
}

void gpu_experts_free(gpu_experts *e)
{
    mem_free(e->later);
    mem_free(e->batch);
    *e = (gpu_experts){0};
}

/* ---- routing ----------------------------------------------------------------------------------------------------- */

void gpu_experts_start(gpu_experts *e)
{
    e->routed = 0;
    memset(e->batch, 0, e->g->h->n_layers * sizeof *e->batch);
}

/* The normed state as all of the block's products read it. */
static gpu_rows input_of(const gpu_env *g, size_t l, size_t n)
{
    const layer_weights *const layer = &g->w->layers[l];
    const mat *const readers[] = {&layer->router,      &layer->gate_exps, &layer->up_exps,
                                  &layer->gate_shared, &layer->up_shared, &layer->shared_gate};
    return gpu_rows_in(&g->rooms.input, n, g->h->n_embd, mats_form(readers, sizeof readers / sizeof readers[0]));
}

static void choose(gpu_env *g, const layer_weights *layer, const gpu_rows *x)
{
    const hparams *const h = g->h;
    const size_t ld = padded_length(h->n_expert);
    const gpu_route_args args = {.logits = g->rooms.router_logits,
                                 .selection_bias = layer->selection_bias,
                                 .chosen = g->rooms.chosen,
                                 .weights = g->rooms.weights,
                                 .n = (int32_t)h->n_expert,
                                 .n_used = (int32_t)h->n_expert_used,
                                 .ld = (int32_t)ld,
                                 .n_groups = (int32_t)h->n_groups,
                                 .n_groups_used = (int32_t)h->n_groups_used,
                                 .groups_by_top_two = h->arch.groups_by_top_two,
                                 .gating = (int32_t)h->arch.gating,
                                 .renormalise = h->arch.renormalise,
                                 .scale = h->expert_scale};
    gpu_product(g, &layer->router, x, NULL, x->n, g->rooms.router_logits, ld);
    GPU_GIVE(g, launch_route(g->stream, &args, (int)x->n, &g->err));
}

static void copy_choice_down(gpu_env *g, int32_t *chosen, float *weights, size_t n_pairs)
{
    gpu_copy(g, chosen, g->rooms.chosen, n_pairs * sizeof *chosen, COPY_DOWN);
    gpu_copy(g, weights, g->rooms.weights, n_pairs * sizeof *weights, COPY_DOWN);
}

/* After a failure others go on with some choice, as long as it is one. */
static void choose_any(const expert_choice *choice, size_t n_tokens)
{
    for (size_t i = 0; i < n_tokens * choice->n_used; i++) {
        choice->chosen[i] = (int)(i % choice->n_used);
        choice->weights[i] = 0;
    }
}

/* The choice and the normed state for other backends, now. */
static void hand_out_choice(gpu_env *g, token_batch *b, const expert_choice *choice)
{
    const size_t n_pairs = n_pairs_of(g, b), n_bytes = b->n * g->h->n_embd * sizeof(float);
    const gpu_staging *const st = &g->staging;
    copy_choice_down(g, st->chosen, st->weights, n_pairs);
    gpu_copy(g, st->normed, g->rooms.input.f32, n_bytes, COPY_DOWN);
    gpu_wait(g);
    if (g->code == SW_OK) {
        memcpy(choice->chosen, st->chosen, n_pairs * sizeof *st->chosen);
        memcpy(choice->weights, st->weights, n_pairs * sizeof *st->weights);
        gpu_move(g, b->normed, st->normed, n_bytes);
    } else {
        choose_any(choice, b->n);
        memset(b->normed, 0, n_bytes);
    }
}

void gpu_experts_route(gpu_experts *e, token_batch *b, size_t l, const expert_choice *choice)
{
    gpu_env *const g = e->g;
    const gpu_rows x = input_of(g, l, b->n);
    gpu_norm_state(g, &g->w->layers[l].ffn_norm, &x);
    choose(g, &g->w->layers[l], &x);
    e->routed = l + 1;
    e->slot = NULL;
    if (!choice->can_wait) {
        hand_out_choice(g, b, choice);
        return;
    }
    const size_t at = l * g->n_batch * choice->n_used;
    copy_choice_down(g, g->staging.all_chosen + at, g->staging.all_weights + at, n_pairs_of(g, b));
    e->later[l] = *choice;
    e->batch[l] = b;
}

void gpu_experts_end(gpu_experts *e)
{
    const gpu_env *const g = e->g;
    for (size_t l = 0; l < g->h->n_layers; l++) {
        if (e->batch[l] == NULL)
            continue;
        const size_t at = l * g->n_batch * e->later[l].n_used, n = n_pairs_of(g, e->batch[l]);
        memcpy(e->later[l].chosen, g->staging.all_chosen + at, n * sizeof(int32_t));
        memcpy(e->later[l].weights, g->staging.all_weights + at, n * sizeof(float));
    }
}

/* ---- one share --------------------------------------------------------------------------------------------------- */

/* What another backend chose, and the state that it normed. */
static void take_choice(gpu_env *g, const token_batch *b, const gpu_rows *x, const expert_choice *choice)
{
    const size_t n_pairs = n_pairs_of(g, b), n_bytes = b->n * g->h->n_embd * sizeof(float);
    gpu_move(g, g->staging.normed, b->normed, n_bytes);
    memcpy(g->staging.chosen, choice->chosen, n_pairs * sizeof(int32_t));
    gpu_copy(g, x->acts.f32, g->staging.normed, n_bytes, COPY_UP);
    gpu_copy(g, g->rooms.chosen, g->staging.chosen, n_pairs * sizeof(int32_t), COPY_UP);
    gpu_quantize(g, x);
}

static size_t count_own(const expert_share *share, size_t n_pairs)
{
    size_t n = 0;
    if (share->choice->can_wait)
        return n_pairs;
    for (size_t p = 0; p < n_pairs; p++)
        n += share_has(share, share->choice->chosen[p]);
    return n;
}

size_t gpu_experts_begin(gpu_experts *e, const token_batch *b, size_t l, const expert_share *share)
{
    gpu_env *const g = e->g;
    const gpu_rows x = input_of(g, l, b->n);
    const size_t n_pairs = n_pairs_of(g, b);
    if (e->routed != l + 1)
        take_choice(g, b, &x, share->choice);
    const size_t n_own = count_own(share, n_pairs);
    e->slot = NULL;
    if (share->has_shared)
        gpu_share_shared(g, l, &x);
    if (n_own > 0)
        e->slot = gpu_share_routed(g, l, &x, share, n_own);
    if (!share->choice->can_wait)
        gpu_flush(g);
    return n_own;
}

/* ---- the answers of all shares ----------------------------------------------------------------------------------- */

static void copy_shared(gpu_env *g, size_t l, size_t n, device_way way)
{
    const gpu_staging *const st = &g->staging;
    const size_t n_bytes = n * padded_length(g->h->n_embd) * sizeof(float),
                 n_gates = n * GPU_GATE_APART * sizeof(float);
    const bool is_up = way == COPY_UP;
    gpu_copy(g, is_up ? g->rooms.shared : st->shared, is_up ? st->shared : g->rooms.shared, n_bytes, way);
    if (mat_exists(&g->w->layers[l].shared_gate))
        gpu_copy(g, is_up ? g->rooms.shared_gates : st->shared_gates, is_up ? st->shared_gates : g->rooms.shared_gates,
                 n_gates, way);
}

/* Answers that another backend joins come down; own ones stay. */
void gpu_experts_finish(gpu_experts *e, const token_batch *b, size_t l, const expert_share *share, expert_answers *out)
{
    gpu_env *const g = e->g;
    const gpu_staging *const st = &g->staging;
    const size_t ld = padded_length(g->h->n_embd), n_pairs = n_pairs_of(g, b);
    if (e->routed == l + 1)
        return;
    const size_t n_own = count_own(share, n_pairs);
    if (n_own > 0) {
        gpu_copy(g, st->answers, g->rooms.own, n_own * ld * sizeof(float), COPY_DOWN);
        gpu_copy(g, st->slot, e->slot, n_pairs * sizeof(int32_t), COPY_DOWN);
    }
    if (share->has_shared)
        copy_shared(g, l, b->n, COPY_DOWN);
    gpu_wait(g);
    for (size_t p = 0; p < n_pairs; p++) {
        if (share_has(share, share->choice->chosen[p]))
            out->rows[p] = st->answers + (g->code == SW_OK ? (size_t)st->slot[p] * ld : 0);
    }
    if (!share->has_shared)
        return;
    out->shared = st->shared;
    out->shared_gates = mat_exists(&g->w->layers[l].shared_gate) ? st->shared_gates : NULL;
}

typedef struct answers_job {
    const gpu_env *g;
    const expert_answers *answers;
} answers_job;

static void put_answer(void *ud, size_t p, int worker)
{
    (void)worker;
    const answers_job *const j = ud;
    const size_t n = j->g->h->n_embd;
    if (j->answers->rows[p] != NULL)
        memcpy(j->g->staging.answers + p * padded_length(n), j->answers->rows[p], n * sizeof(float));
}

/* The answers of other backends go up, each at its pair. */
static void take_answers(gpu_env *g, const token_batch *b, size_t l, const expert_answers *answers)
{
    const size_t ld = padded_length(g->h->n_embd), n_pairs = n_pairs_of(g, b);
    size_t first = 0, end = n_pairs;
    answers_job j = {g, answers};
    while (first < n_pairs && answers->rows[first] == NULL)
        first++;
    while (end > first && answers->rows[end - 1] == NULL)
        end--;
    if (b->n > GPU_FEW_TOKENS)
        pool_run(g->pool, n_pairs, put_answer, &j);
    for (size_t p = 0; b->n <= GPU_FEW_TOKENS && p < n_pairs; p++)
        put_answer(&j, p, 0);
    if (end > first)
        gpu_copy(g, g->rooms.other + first * ld, g->staging.answers + first * ld, (end - first) * ld * sizeof(float),
                 COPY_UP);
    if (answers->shared == NULL)
        return;
    memcpy(g->staging.shared, answers->shared, b->n * ld * sizeof(float));
    if (answers->shared_gates != NULL)
        memcpy(g->staging.shared_gates, answers->shared_gates, b->n * GPU_GATE_APART * sizeof(float));
    copy_shared(g, l, b->n, COPY_UP);
}

void gpu_experts_join(gpu_experts *e, token_batch *b, size_t l, const expert_choice *choice,
                      const expert_answers *answers)
{
    gpu_env *const g = e->g;
    const bool shares = has_shared(g, l);
    if (!choice->can_wait && g->code == SW_OK) {
        take_answers(g, b, l, answers);
        gpu_flush(g);
    }
    if (e->slot == NULL) {
        gpu_fill(g, g->rooms.slot, 0xff, n_pairs_of(g, b) * sizeof(int32_t)); // -1: another's
        e->slot = g->rooms.slot;
    }
    const gpu_join_args args = {.slot = e->slot,
                                .weights = g->rooms.weights,
                                .own = g->rooms.own,
                                .other = g->rooms.other,
                                .shared = shares ? g->rooms.shared : NULL,
                                .shared_gates =
                                    shares && mat_exists(&g->w->layers[l].shared_gate) ? g->rooms.shared_gates : NULL,
                                .x = g->rooms.x,
                                .bad = g->rooms.bad,
                                .n = (int32_t)g->h->n_embd,
                                .n_used = (int32_t)g->h->n_expert_used,
                                .row = (int32_t)padded_length(g->h->n_embd),
                                .layer = (int32_t)l,
                                .scale = g->h->residual_scale};
    GPU_GIVE(g, launch_join(g->stream, &args, (int)b->n, &g->err));
}
