/* ffn.c - gated feed-forward blocks: the dense one, and the middle that the experts share with it. */
#include "forward/forward.h"

/* ---- between gate, up and down ----------------------------------------------------------------------------------- */

typedef struct gated_job {
    forward *f;
    const gated_scratch *parts;
    size_t n_parts;
} gated_job;

/* A row is activated and, while it is in the cache, quantized. */
static void gate_row(void *ud, size_t row, int worker)
{
    (void)worker;
    const gated_job *const j = ud;
    const forward *const f = j->f;
    const gated_scratch *g = j->parts;
    for (; row >= g->n_rows; g++)
        row -= g->n_rows;
    const size_t from = g->at + row * padded_length(g->width), to = g->at + row * g->width;
    if (f->h->arch.activation == ACT_SWIGLU_OAI)
        f->k->swiglu_oai(f->gate + from, f->up + from, g->width, f->act + to);
    else
        f->k->swiglu(f->gate + from, f->up + from, g->width, f->act + to);
    acts_fill(&f->codes, f->k, f->act + to, g->width, to, g->form);
}

void forward_gate(forward *f, const gated_scratch *parts, size_t n_parts)
{
    gated_job j = {f, parts, n_parts};
    size_t n_rows = 0;
    for (size_t i = 0; i < n_parts; i++)
        n_rows += parts[i].n_rows;
    pool_run(f->pool, n_rows, gate_row, &j);
}

act_rows gated_acts(const forward *f, const gated_scratch *g)
{
    const act_rows all = acts_view(&f->codes, f->act, g->width, g->form);
    return acts_at(&all, g->at);
}

/* ---- the dense block --------------------------------------------------------------------------------------------- */

void forward_ffn(forward *f, const layer_weights *layer)
{
    const size_t width = (size_t)layer->gate.n_rows, ld = padded_length(width), d = (size_t)f->h->n_embd;
    const act_form form = mats_form((const mat *const[]){&layer->gate, &layer->up}, 2);
    const act_rows x = acts_prepare(f->pool, f->k, &f->codes, f->normed, f->n, d, form);
    product both[2] = {
        {.mat = &layer->gate, .x = x, .n = f->n, .y = f->gate, .ld = ld},
        {.mat = &layer->up, .x = x, .n = f->n, .y = f->up, .ld = ld},
    };
    products_run(f->pool, f->k, both, 2);
    const gated_scratch middle = {.n_rows = f->n, .width = width, .form = mat_form(&layer->down)};
    forward_gate(f, &middle, 1);
    product p = {.mat = &layer->down, .x = gated_acts(f, &middle), .n = f->n, .y = f->out, .ld = padded_length(d)};
    products_run(f->pool, f->k, &p, 1);
}
