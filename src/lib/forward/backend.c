/* backend.c - counts where each operation ran. */
#include "forward/backend.h"

const char *backend_op_name(backend_op op)
{
    static const char *const NAMES[N_BACKEND_OPS] = {"embed", "attention", "dense",  "route", "experts",
                                                     "join",  "head",      "states", "move"};
    return NAMES[op];
}

/* One thread writes and others may read, so a plain addition of an atomic load is enough: no locked instruction. */
static void add(uint64_t *count, uint64_t n)
{
    __atomic_store_n(count, __atomic_load_n(count, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
}

static void count(backend *be, backend_op op, size_t n_items)
{
    add(&be->counts[op].n_calls, 1);
    add(&be->counts[op].n_items, n_items);
}

static uint64_t read(const uint64_t *count)
{
    return __atomic_load_n(count, __ATOMIC_RELAXED);
}

backend_count backend_counted(const backend *be, backend_op op)
{
    return (backend_count){read(&be->counts[op].n_calls), read(&be->counts[op].n_items)};
}

void backend_add_streamed(backend *be, const backend_streamed *more)
{
    add(&be->streamed.n_steps, more->n_steps);
    add(&be->streamed.n_experts, more->n_experts);
    add(&be->streamed.n_bytes, more->n_bytes);
}

backend_streamed backend_streamed_so_far(const backend *be)
{
    return (backend_streamed){read(&be->streamed.n_steps), read(&be->streamed.n_experts), read(&be->streamed.n_bytes)};
}

void backend_embed(backend *be, token_batch *b)
{
    be->ops->embed(be, b);
    count(be, OP_EMBED, b->n);
}

void backend_attention(backend *be, token_batch *b, size_t layer)
{
    be->ops->attention(be, b, layer);
    count(be, OP_ATTENTION, b->n);
}

void backend_dense(backend *be, token_batch *b, size_t layer)
{
    be->ops->dense(be, b, layer);
    count(be, OP_DENSE, b->n);
}

void backend_route(backend *be, token_batch *b, size_t layer, const expert_choice *choice)
{
    be->ops->route(be, b, layer, choice);
    count(be, OP_ROUTE, b->n);
}

void backend_experts(backend *be, const token_batch *b, size_t layer, const expert_share *share)
{
    count(be, OP_EXPERTS, be->ops->experts_begin(be, b, layer, share));
}

void backend_join(backend *be, token_batch *b, size_t layer, const expert_choice *choice, const expert_answers *answers)
{
    be->ops->join(be, b, layer, choice, answers);
    count(be, OP_JOIN, b->n);
}

const float *backend_head(backend *be, token_batch *b)
{
    const float *const logits = be->ops->head(be, b);
    count(be, OP_HEAD, logits != NULL ? b->n : 0);
    return logits;
}

void backend_states(backend *be, token_batch *b)
{
    be->ops->states(be, b);
    count(be, OP_STATES, b->n);
}

void backend_move(backend *from, backend *to, token_batch *b)
{
    if (from->ops->give_state != NULL)
        from->ops->give_state(from, b);
    if (to->ops->take_state != NULL)
        to->ops->take_state(to, b);
    count(from, OP_MOVE, b->n);
    count(to, OP_MOVE, b->n);
}
