/* gate.c - a row is activated and, while it is in the cache, quantized. */
#include "forward/gate.h"

static size_t max_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

size_t gate_elems(const hparams *h, size_t n_batch)
{
    const bool has_dense = h->n_expert == 0 || h->n_layers_dense > 0; // some files name a width that no layer has
    const size_t dense = has_dense ? n_batch * padded_length(h->n_ff) : 0;
    const size_t experts = n_batch * h->n_expert_used * padded_length(h->n_ff_expert);
    return max_size(dense, gate_after(experts) + n_batch * padded_length(h->n_ff_shared));
}

void gate_init(gate_room *r, const compute_env *env)
{
    const size_t n = gate_elems(env->h, env->n_batch);
    *r = (gate_room){.env = env,
                     .gate = scratch_floats(env->memory, n),
                     .up = scratch_floats(env->memory, n),
                     .act = scratch_floats(env->memory, n)};
}

typedef struct gate_job {
    const gate_room *room;
    const gate_part *parts;
} gate_job;

static void gate_row(void *ud, size_t row, int worker)
{
    (void)worker;
    const gate_job *const j = ud;
    const gate_room *const r = j->room;
    const compute_env *const env = r->env;
    const gate_part *g = j->parts;
    for (; row >= g->n_rows; g++)
        row -= g->n_rows;
    const size_t from = g->at + row * padded_length(g->width), to = g->at + row * g->width;
    if (env->h->arch.activation == ACT_SWIGLU_OAI)
        env->k->swiglu_oai(r->gate + from, r->up + from, g->width, r->act + to);
    else
        env->k->swiglu(r->gate + from, r->up + from, g->width, r->act + to);
    acts_fill(env, r->act + to, g->width, to, g->form);
}

void gate_run(gate_room *r, const gate_part *parts, size_t n_parts)
{
    gate_job j = {r, parts};
    size_t n_rows = 0;
    for (size_t i = 0; i < n_parts; i++)
        n_rows += parts[i].n_rows;
    pool_run(r->env->pool, n_rows, gate_row, &j);
}

act_rows gate_acts(const gate_room *r, const gate_part *part)
{
    const act_rows all = acts_view(r->env, r->act, part->width, part->form);
    return acts_at(&all, part->at);
}
