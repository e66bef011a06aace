/* code_room.c - every product of a layer with what it reads; a new kind of product must be named here too, or acts_fill
 * stops the program. */
#include "forward/code_room.h"

#include "forward/gate.h"

typedef struct counter {
    const hparams *h;
    size_t n_batch;
    code_room room;
} counter;

/* Counts a product that reads n values of every token of a batch, if there is such a matrix. */
static void count(counter *c, const mat *m, size_t n)
{
    const act_form form = mat_form(m);
    const size_t all = c->n_batch * n;
    if (form != ACTS_F32 && all > c->room.n)
        c->room.n = all;
    if (form == ACTS_FINE && all > c->room.n_fine)
        c->room.n_fine = all;
}

static void count_attention(counter *c, const layer_weights *l)
{
    const hparams *const h = c->h;
    const mat *const of_state[] = {&l->q, &l->k, &l->v, &l->q_a, &l->kv_a};
    for (size_t i = 0; i < sizeof of_state / sizeof of_state[0]; i++)
        count(c, of_state[i], h->n_embd);
    if (mat_exists(&l->q_a))
        count(c, &l->q, h->n_latent_q);
    count(c, &l->k_b, h->n_head * (h->head_k - h->n_rot));
    count(c, &l->v_b, h->n_head * h->n_latent);
    count(c, &l->o, h->n_head * h->head_v);
}

/* The shared experts' values are after those of the routed ones. */
static void count_feed_forward(counter *c, const layer_weights *l)
{
    const hparams *const h = c->h;
    const mat *const of_state[] = {&l->gate,    &l->up,          &l->router,    &l->gate_exps,
                                   &l->up_exps, &l->gate_shared, &l->up_shared, &l->shared_gate};
    for (size_t i = 0; i < sizeof of_state / sizeof of_state[0]; i++)
        count(c, of_state[i], h->n_embd);
    count(c, &l->down, h->n_ff);
    count(c, &l->down_exps, h->n_expert_used * h->n_ff_expert);
    if (mat_exists(&l->down_shared))
        count(c, &l->down_shared, gate_elems(h, c->n_batch) / c->n_batch + 1);
}

static size_t whole_groups(size_t n)
{
    return (n + K_GROUP - 1) / K_GROUP * K_GROUP;
}

code_room code_room_of(const hparams *h, const model_weights *w, size_t n_batch)
{
    counter c = {.h = h, .n_batch = n_batch};
    for (size_t l = 0; l < w->n_layers; l++) {
        count_attention(&c, &w->layers[l]);
        count_feed_forward(&c, &w->layers[l]);
    }
    // Before loading, an output layer that is tied to the embedding is not there yet.
    count(&c, mat_exists(&w->output) ? &w->output : &w->embd, h->n_embd);
    return (code_room){whole_groups(c.room.n), whole_groups(c.room.n_fine)};
}
