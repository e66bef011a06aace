/* ffn.c - down(activation(gate x) * up x), of layers without experts and of dense models. */
#include "forward/ffn.h"

void ffn_run(gate_room *room, token_batch *b, size_t l)
{
    const compute_env *const env = room->env;
    const layer_weights *const layer = &env->w->layers[l];
    const size_t width = layer->gate.n_rows, ld = padded_length(width), d = env->h->n_embd;
    const act_form form = mats_form((const mat *const[]){&layer->gate, &layer->up}, 2);
    const act_rows x = acts_prepare(env, b->normed, b->n, d, form);
    product both[2] = {
        {.mat = &layer->gate, .x = x, .n = b->n, .y = room->gate, .ld = ld},
        {.mat = &layer->up, .x = x, .n = b->n, .y = room->up, .ld = ld},
    };
    products_run(env, both, 2);
    const gate_part middle = {.n_rows = b->n, .width = width, .form = mat_form(&layer->down)};
    gate_run(room, &middle, 1);
    product p = {.mat = &layer->down, .x = gate_acts(room, &middle), .n = b->n, .y = b->out, .ld = padded_length(d)};
    products_run(env, &p, 1);
}
