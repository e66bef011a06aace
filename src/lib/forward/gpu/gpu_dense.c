/* gpu_dense.c - the steps of ffn.c. */
#include "forward/gpu/gpu_env.h"

void gpu_dense(gpu_env *g, size_t l, size_t n)
{
    const layer_weights *const layer = &g->w->layers[l];
    const size_t width = layer->gate.n_rows, ld = padded_length(width);
    const act_form form = mats_form((const mat *const[]){&layer->gate, &layer->up}, 2);
    const gpu_rows x = gpu_rows_in(&g->rooms.input, n, g->h->n_embd, form);
    const gpu_rows middle = gpu_rows_in(&g->rooms.middle, n, width, mat_form(&layer->down));
    gpu_norm_state(g, &layer->ffn_norm, &x);
    gpu_product(g, &layer->gate, &x, NULL, n, g->rooms.gate, ld);
    gpu_product(g, &layer->up, &x, NULL, n, g->rooms.up, ld);
    gpu_activate(g, g->rooms.gate, g->rooms.up, &middle);
    gpu_product(g, &layer->down, &middle, NULL, n, g->rooms.out, padded_length(g->h->n_embd));
}
