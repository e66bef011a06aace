/* placement_rows.c - sums the items of the plan, which are in the order of layers; the addresses that loading gave them
 * decide the tier, so that a weight that is elsewhere than planned shows. */
#include "model/placement_rows.h"

#include <string.h>

#include "base/alloc.h"
#include "model/weights_item.h"

/* Bytes by requested memory and by effective tier.  Options may ask for VRAM without saying of which device. */
typedef struct tier_sums {
    uint64_t bytes[SW_N_TIERS][N_TIERS];
} tier_sums;

static sw_tier memory_of(weight_tier tier)
{
    return tier_is_vram(tier) ? SW_TIER_VRAM : SW_TIER_RAM;
}

typedef struct summing {
    placement_rows *out;
    const model_weights *w;
    const model_placement *requested;
    sw_placement_detail detail;
    tier_sums classes[SW_N_CLASSES]; // of `layer`, or with SW_PLACEMENT_CLASSES of all so far
    tier_sums *experts;              // (n_expert) of `layer`; NULL unless they are wanted one by one
    int layer;
    bool has_failed;
} summing;

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static void add_row(summing *s, sw_placement_row row)
{
    placement_rows *const out = s->out;
    if (row.bytes == 0 || s->has_failed)
        return;
    s->has_failed = !mem_grow(&out->rows, &out->cap, out->n + 1, sizeof *out->rows);
    if (!s->has_failed)
        out->rows[out->n++] = row;
}

/* The rows of some weights, one for every pair of tiers. */
static void add_rows(summing *s, const tier_sums *sums, sw_placement_row row)
{
    for (int r = 0; r < SW_N_TIERS; r++) {
        for (int e = 0; e < N_TIERS; e++) {
            row.requested = (sw_tier)r;
            row.effective = memory_of((weight_tier)e);
            row.device = tier_is_vram((unsigned)e) ? tier_device((weight_tier)e) : -1;
            row.bytes = sums->bytes[r][e];
            add_row(s, row);
        }
    }
}

/* Returns true if two experts have bytes in the same tiers. */
static bool is_alike(const tier_sums *a, const tier_sums *b)
{
    bool is = true;
    for (int i = 0; i < SW_N_TIERS * N_TIERS; i++)
        is = is && (a->bytes[i / N_TIERS][i % N_TIERS] > 0) == (b->bytes[i / N_TIERS][i % N_TIERS] > 0);
    return is;
}

static void add_sums(tier_sums *to, const tier_sums *from)
{
    for (int i = 0; i < SW_N_TIERS * N_TIERS; i++)
        to->bytes[i / N_TIERS][i % N_TIERS] += from->bytes[i / N_TIERS][i % N_TIERS];
}

/* Neighbours that are alike share a row. */
static void add_experts(summing *s)
{
    const size_t n = s->requested->n_expert;
    for (size_t first = 0, end; first < n; first = end) {
        tier_sums sums = s->experts[first];
        for (end = first + 1; end < n && is_alike(&s->experts[first], &s->experts[end]); end++)
            add_sums(&sums, &s->experts[end]);
        add_rows(
            s, &sums,
            (sw_placement_row){
                .cls = SW_CLASS_EXPERTS, .layer = s->layer, .expert = (int)first, .n_experts = (int)(end - first)});
    }
    memset(s->experts, 0, n * sizeof *s->experts);
}

/* Ends a layer: what was summed becomes rows. */
static void flush(summing *s)
{
    const bool is_layer = s->detail != SW_PLACEMENT_CLASSES;
    for (int c = 0; c < SW_N_CLASSES; c++)
        add_rows(s, &s->classes[c],
                 (sw_placement_row){.cls = (sw_tensor_class)c, .layer = is_layer ? s->layer : -1, .expert = -1});
    memset(s->classes, 0, sizeof s->classes);
    if (s->experts != NULL)
        add_experts(s);
}

/* ---- sums -------------------------------------------------------------------------------------------------------- */

/* The tier whose block has the item; before loading, the one that it is planned for. */
static weight_tier tier_of(const model_weights *w, const weights_item *item)
{
    const uintptr_t at = (uintptr_t)*item->target;
    for (int t = 0; t < N_TIERS && at != 0; t++) {
        const uintptr_t begin = (uintptr_t)w->blocks[t].data;
        if (begin != 0 && at >= begin && at - begin < w->blocks[t].n_bytes)
            return (weight_tier)t;
    }
    return item->tier;
}

static sw_tier requested_tier(const summing *s, const weights_item *item, size_t expert)
{
    return memory_of(placement_tier(s->requested, item->cls, item->layer < 0 ? 0 : (size_t)item->layer, expert));
}

/* Experts that are one item have equal parts of its bytes; the last one also what aligns the next item. */
static void sum_experts(summing *s, const weights_item *item, weight_tier effective)
{
    const uint64_t part = item->n_bytes / item->n_stacked;
    for (size_t e = item->first; e < item->first + item->n_stacked; e++) {
        const bool is_last = e + 1 == item->first + item->n_stacked;
        const uint64_t bytes = is_last ? item->n_bytes - part * (item->n_stacked - 1) : part;
        tier_sums *const sums = s->experts != NULL ? &s->experts[e] : &s->classes[SW_CLASS_EXPERTS];
        sums->bytes[requested_tier(s, item, e)][effective] += bytes;
    }
}

static void sum(summing *s, const weights_item *item)
{
    const weight_tier effective = tier_of(s->w, item);
    if (item->layer != s->layer && s->detail != SW_PLACEMENT_CLASSES)
        flush(s);
    s->layer = item->layer;
    if (item->cls == SW_CLASS_EXPERTS)
        sum_experts(s, item, effective);
    else
        s->classes[item->cls].bytes[requested_tier(s, item, 0)][effective] += item->n_bytes;
}

bool placement_rows_fill(placement_rows *out, const model_weights *w, const model_placement *requested,
                         sw_placement_detail detail)
{
    summing s = {.out = out, .w = w, .requested = requested, .detail = detail, .layer = -1};
    if (detail == SW_PLACEMENT_EXPERTS && requested->n_expert > 0) {
        s.experts = mem_calloc(requested->n_expert, sizeof *s.experts);
        s.has_failed = s.experts == NULL;
    }
    for (size_t i = 0; i < w->n_items && !s.has_failed; i++)
        sum(&s, &w->items[i]);
    if (!s.has_failed)
        flush(&s);
    mem_free(s.experts);
    return !s.has_failed;
}
