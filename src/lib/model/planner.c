/* planner.c - items are put one after another into the block of their tier, each at the start of a cache line. */
#include "model/planner.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "quant/decode.h" // decode_supports
#include "quant/tile.h"

enum { ALIGN = 64 };

const gguf_tensor *planner_find(planner *p, const char *base, const char *suffix)
{
    if (p->is_global)
        snprintf(p->name, sizeof p->name, "%s.%s", base, suffix);
    else
        snprintf(p->name, sizeof p->name, "blk.%zu.%s.%s", p->layer, base, suffix);
    return gguf_find_tensor(p->g, p->name);
}

void planner_fail(planner *p, sw_code code, const char *fmt, ...)
{
    if (p->code != SW_OK)
        return;
    char what[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    p->code = sw_fail(p->err, code, "%s: tensor '%s' %s", gguf_path(p->g), p->name, what);
}

void planner_fail_missing(planner *p)
{
    planner_fail(p, SW_EFORMAT, "is missing");
}

void planner_expect(planner *p, const gguf_tensor *t, size_t ne0, size_t ne1, size_t ne2)
{
    if (t->ne[0] != ne0 || t->ne[1] != ne1 || t->ne[2] != ne2 || t->ne[3] != 1)
        planner_fail(p, SW_EFORMAT, "has shape %llu x %llu x %llu; %zu x %zu x %zu fits this model",
                     (unsigned long long)t->ne[0], (unsigned long long)t->ne[1], (unsigned long long)t->ne[2], ne0, ne1,
                     ne2);
    if (!decode_supports(t->type))
        planner_fail(p, SW_EUNSUPPORTED, "has type %s; supported are %s", type_name(t->type), decode_types());
}

static void out_of_memory(planner *p)
{
    if (p->code == SW_OK)
        p->code = sw_fail(p->err, SW_ENOMEM, "out of memory reading %s", gguf_path(p->g));
}

/* Where expert `expert` of what is planned now belongs. */
static weight_tier tier_of(const planner *p, size_t expert)
{
    return placement_tier(p->w->placement, p->cls, p->layer, expert);
}

/* Returns true if the stack that is planned now lies in more than one tier. */
static bool is_split(const planner *p)
{
    const unsigned tiers = placement_expert_tiers(p->w->placement, p->layer);
    return p->cls == SW_CLASS_EXPERTS && (tiers & (tiers - 1)) != 0;
}

/* Reserves `bytes` in the block of the item's tier. */
static void add_item(planner *p, weights_item item, size_t bytes)
{
    model_weights *const w = p->w;
    if (p->code != SW_OK)
        return;
    if (!mem_grow(&w->items, &w->cap_items, w->n_items + 1, sizeof *w->items)) {
        out_of_memory(p);
        return;
    }
    weight_block *const block = &w->blocks[item.tier];
    const size_t aligned = (bytes + ALIGN - 1) / ALIGN * ALIGN;
    item.offset = block->n_bytes;
    item.n_bytes = aligned;
    item.cls = p->cls;
    item.layer = p->is_global ? -1 : (int)p->layer;
    w->items[w->n_items++] = item;
    block->n_bytes += aligned;
    block->expert_bytes += p->cls == SW_CLASS_EXPERTS ? aligned : 0;
}

/* ---- vectors: norms, biases, factors ----------------------------------------------------------------------------- */

/* Some rows of float32. */
typedef struct float_rows {
    size_t n_cols;       // of each, padded to whole tiles in memory
    size_t offset;       // of the first element in the tensor's rows
    size_t first, count; // which of the tensor's rows
} float_rows;

static void add_floats(planner *p, float **target, const gguf_tensor *t, const float_rows *rows)
{
    add_item(p,
             (weights_item){.tensor = t,
                            .target = (void **)target,
                            .tier = tier_of(p, rows->first),
                            .row = rows->offset,
                            .n_rows = 1,
                            .n_cols = rows->n_cols,
                            .first = rows->first,
                            .n_stacked = rows->count},
             tile_count(rows->n_cols) * TILE_ROWS * rows->count * sizeof(float));
}

static void check_float_type(planner *p, const gguf_tensor *t)
{
    if (type_get((uint32_t)t->type)->block_elems != 1)
        planner_fail(p, SW_EUNSUPPORTED, "has type %s; norms and biases must be F32, F16 or BF16", type_name(t->type));
}

void planner_vector(planner *p, float **target, const char *base, const char *suffix, size_t n, bool is_required)
{
    const gguf_tensor *const t = planner_find(p, base, suffix);
    if (t == NULL && is_required)
        planner_fail_missing(p);
    if (t == NULL)
        return;
    planner_expect(p, t, n, 1, 1);
    check_float_type(p, t);
    add_floats(p, target, t, &(float_rows){.n_cols = n, .count = 1});
}

void planner_norm(planner *p, norm_weights *norm, const char *base)
{
    const size_t n = p->h->n_embd;
    planner_vector(p, &norm->weight, base, "weight", n, true);
    planner_vector(p, &norm->bias, base, "bias", n, (p->h->arch.needs & NEEDS_NORM_BIAS) != 0);
}

/* ---- matrices ---------------------------------------------------------------------------------------------------- */

static void add_matrices(planner *p, mat *m, uint8_t **target, const gguf_tensor *t, const stack_rows *s, size_t first,
                         size_t count)
{
    add_item(p,
             (weights_item){.tensor = t,
                            .target = (void **)target,
                            .tier = tier_of(p, first),
                            .is_matrix = true,
                            .is_turned = s->is_turned,
                            .row = s->row,
                            .n_rows = s->n_rows,
                            .n_cols = s->n_cols,
                            .first = first,
                            .n_stacked = count,
                            .rows_apart = s->rows_apart},
             m->n_tiles * m->tile_bytes * count);
}

static void set_shape(mat *m, const gguf_tensor *t, const stack_rows *s)
{
    m->type = s->is_turned ? TYPE_F32 : t->type;
    m->n_rows = s->n_rows;
    m->n_cols = s->n_cols;
    m->n_tiles = tile_count(s->n_rows);
    m->tile_bytes = tile_size(m->type, s->n_cols);
}

static void split(planner *p, mat *m, size_t n_stacked)
{
    m->split = mem_calloc(n_stacked, sizeof *m->split);
    if (m->split == NULL)
        out_of_memory(p);
}

void planner_stack(planner *p, mat *m, const gguf_tensor *t, const stack_rows *s)
{
    if (p->code != SW_OK)
        return;
    set_shape(m, t, s);
    if (!is_split(p)) {
        add_matrices(p, m, &m->tiles, t, s, 0, s->n_stacked);
        return;
    }
    split(p, m, s->n_stacked);
    for (size_t e = 0; e < s->n_stacked && p->code == SW_OK; e++)
        add_matrices(p, m, &m->split[e].tiles, t, s, e, 1);
}

void planner_rows(planner *p, mat *m, const gguf_tensor *t, size_t row, size_t n_rows)
{
    planner_stack(
        p, m, t,
        &(stack_rows){.row = row, .n_rows = n_rows, .n_cols = t->ne[0], .n_stacked = t->ne[2], .rows_apart = t->ne[1]});
}

void planner_bias(planner *p, mat *m, const gguf_tensor *t, size_t offset, size_t n_stacked)
{
    if (t == NULL || p->code != SW_OK)
        return;
    check_float_type(p, t);
    float_rows rows = {.n_cols = m->n_rows, .offset = offset, .count = n_stacked};
    if (m->split == NULL) {
        add_floats(p, &m->bias, t, &rows);
        return;
    }
    rows.count = 1;
    for (; rows.first < n_stacked; rows.first++)
        add_floats(p, &m->split[rows.first].bias, t, &rows);
}

void planner_switch_off(planner *p, mat *m, const uint8_t *is_off)
{
    const model_weights *const w = p->w;
    if (p->code != SW_OK)
        return;
    const weights_item *const last = &w->items[w->n_items - 1];
    const bool is_made = last->is_matrix; // else it is the bias
    if (is_made)
        add_floats(p, &m->bias, last->tensor, &(float_rows){.n_cols = m->n_rows, .count = 1});
    if (p->code != SW_OK)
        return;
    w->items[w->n_items - 1].is_made = is_made;
    w->items[w->n_items - 1].is_off = is_off;
}

void planner_mats(planner *p, mat *m, const char *base, mat_shape shape, unsigned needs)
{
    const gguf_tensor *const t = planner_find(p, base, "weight");
    if (t == NULL && (needs & MAT_WEIGHT) != 0)
        planner_fail_missing(p);
    if (t == NULL)
        return;
    planner_expect(p, t, shape.n_cols, shape.n_rows, shape.n_stacked);
    planner_rows(p, m, t, 0, shape.n_rows);
    const gguf_tensor *const bias = planner_find(p, base, "bias");
    if (bias == NULL && (needs & MAT_BIAS) != 0)
        planner_fail_missing(p);
    if (bias != NULL)
        planner_expect(p, bias, shape.n_rows, shape.n_stacked, 1);
    planner_bias(p, m, bias, 0, shape.n_stacked);
}

/* One of them; with rows_apart 0, every number of a matrix means the first rows of its tensor. */
static void add_apart(planner *p, mat *m, const gguf_tensor *t, mat_shape shape, size_t expert)
{
    planner_expect(p, t, shape.n_cols, shape.n_rows, 1);
    const stack_rows rows = {.n_rows = shape.n_rows, .n_cols = shape.n_cols, .n_stacked = 1};
    if (expert == 0 && p->code == SW_OK) {
        set_shape(m, t, &rows);
        split(p, m, shape.n_stacked);
    }
    if (t->type != m->type)
        planner_fail(p, SW_EUNSUPPORTED, "has type %s, but the first expert of its layer %s; quantize the model anew",
                     type_name(t->type), type_name(m->type));
    if (p->code == SW_OK)
        add_matrices(p, m, &m->split[expert].tiles, t, &rows, expert, 1);
}

void planner_mats_apart(planner *p, mat *m, const char *base, mat_shape shape)
{
    for (size_t e = 0; e < shape.n_stacked && p->code == SW_OK; e++) {
        char name[32];
        snprintf(name, sizeof name, "%s.%zu", base, e);
        const gguf_tensor *const t = planner_find(p, name, "weight");
        if (t == NULL)
            planner_fail_missing(p);
        else
            add_apart(p, m, t, shape, e);
    }
}

void planner_mat(planner *p, mat *m, const char *base, size_t n_rows, size_t n_cols)
{
    planner_mats(p, m, base, (mat_shape){n_rows, n_cols, 1}, MAT_WEIGHT);
}
