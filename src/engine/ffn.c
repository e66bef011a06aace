/* ffn.c - gated feed-forward blocks: the dense one, and the middle that the experts share with it. */
#include "engine/forward.h"

/* ---- between gate, up and down ----------------------------------------------------------------------------------- */

typedef struct gated_job {
    sw_forward *f;
    const sw_gated *parts;
    size_t n_parts;
} gated_job;

/* A row is activated and, while it is in the cache, quantized. */
static void gate_row(void *ud, size_t row, int worker)
{
    (void)worker;
    const gated_job *const j = ud;
    const sw_forward *const f = j->f;
    const sw_gated *g = j->parts;
    for (; row >= g->n_rows; g++)
        row -= g->n_rows;
    const size_t from = g->at + row * sw__padded(g->width), to = g->at + row * g->width;
    if (f->h->arch.activation == SW_ACT_SWIGLU_OAI)
        f->k->swiglu_oai(f->gate + from, f->up + from, g->width, f->act + to);
    else
        f->k->swiglu(f->gate + from, f->up + from, g->width, f->act + to);
    sw_acts_fill(&f->codes, f->k, f->act + to, g->width, to, g->form);
}

void sw__forward_gate(sw_forward *f, const sw_gated *parts, size_t n_parts)
{
    gated_job j = {f, parts, n_parts};
    size_t n_rows = 0;
    for (size_t i = 0; i < n_parts; i++)
        n_rows += parts[i].n_rows;
    sw_pool_run(f->pool, n_rows, gate_row, &j);
}

sw_acts sw__gated_acts(const sw_forward *f, const sw_gated *g)
{
    const sw_acts all = sw_acts_view(&f->codes, f->act, g->width, g->form);
    return sw_acts_at(&all, g->at);
}

/* ---- the dense block --------------------------------------------------------------------------------------------- */

void sw__forward_ffn(sw_forward *f, const sw_layer *layer)
{
    const size_t width = (size_t)layer->gate.n_rows, ld = sw__padded(width), d = (size_t)f->h->n_embd;
    const sw_act_form form = sw_mats_form((const sw_mat *const[]){&layer->gate, &layer->up}, 2);
    const sw_acts x = sw_acts_prepare(f->pool, f->k, &f->codes, f->normed, f->n, d, form);
    sw_product both[2] = {
        {.mat = &layer->gate, .x = x, .n = f->n, .y = f->gate, .ld = ld},
        {.mat = &layer->up, .x = x, .n = f->n, .y = f->up, .ld = ld},
    };
    sw_products_run(f->pool, f->k, both, 2);
    const sw_gated middle = {.n_rows = f->n, .width = width, .form = sw_mat_form(&layer->down)};
    sw__forward_gate(f, &middle, 1);
    sw_product p = {.mat = &layer->down, .x = sw__gated_acts(f, &middle), .n = f->n, .y = f->out, .ld = sw__padded(d)};
    sw_products_run(f->pool, f->k, &p, 1);
}
