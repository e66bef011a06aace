/* experts_curve.c - every rule at every size. */
#include "cmd/experts_curve.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "spillway.h"

/* ---- bytes ------------------------------------------------------------------------------------------------------ */

static sw_code check_model(const sw_model_info *info, const router_trace *t, sw_err *err)
{
    if (t->n_experts <= info->n_experts && t->n_used == info->n_experts_used &&
        t->layers[t->n_layers - 1] < info->n_layers)
        return SW_OK;
    return sw_fail(
        err, SW_EINVAL,
        "the trace has layer %d, expert %d and %d experts per token; %s has %d layers of %d experts, of which "
        "a token uses %d",
        t->layers[t->n_layers - 1], t->n_experts - 1, t->n_used, info->name, info->n_layers, info->n_experts,
        info->n_experts_used);
}

static sw_code sum_bytes(expert_sizes *out, const sw_plan *plan, const router_trace *t, const char *model, sw_err *err)
{
    sw_placement_row *rows;
    size_t n;
    const sw_code code = sw_plan_placement(plan, SW_PLACEMENT_LAYERS, &rows, &n, err);
    if (code != SW_OK)
        return code;
    int missing = -1;
    for (int i = 0; i < t->n_layers; i++) {
        for (size_t r = 0; r < n; r++) {
            if (rows[r].cls == SW_CLASS_EXPERTS && rows[r].layer == t->layers[i])
                out->bytes[i] += rows[r].bytes;
        }
        missing = out->bytes[i] == 0 ? t->layers[i] : missing;
        out->bytes[i] /= (uint64_t)out->n_experts;
    }
    sw_placement_free(rows);
    return missing < 0
               ? SW_OK
               : sw_fail(err, SW_EINVAL, "the trace has layer %d; in %s that layer has no experts", missing, model);
}

sw_code expert_sizes_read(expert_sizes *out, const char *model, const router_trace *trace, sw_err *err)
{
    *out = (expert_sizes){.bytes = NULL};
    sw_model_file *file = NULL;
    sw_plan *plan = NULL;
    sw_code code = sw_model_file_open(&file, model, err);
    if (code == SW_OK)
        code = check_model(sw_model_file_info(file), trace, err);
    if (code == SW_OK)
        code = sw_plan_create(&plan, file, NULL, err);
    if (code == SW_OK) {
        out->n_experts = sw_model_file_info(file)->n_experts;
        out->bytes = mem_calloc((size_t)trace->n_layers, sizeof *out->bytes);
        code = out->bytes != NULL ? sum_bytes(out, plan, trace, model, err) : sw_fail(err, SW_ENOMEM, "out of memory");
    }
    sw_plan_free(plan);
    sw_model_file_close(file);
    return code;
}

void expert_sizes_free(expert_sizes *sizes)
{
    mem_free(sizes->bytes);
    sizes->bytes = NULL;
}

/* ---- points ----------------------------------------------------------------------------------------------------- */

double curve_hit_rate(const curve_point *point, cache_rule rule)
{
    return (double)point->outcomes[rule].n_hits / (double)point->outcomes[rule].n_uses;
}

double curve_marginal(const expert_curve *curve, size_t i, cache_rule rule)
{
    const curve_point *const p = &curve->points[i], *const before = i > 0 ? &curve->points[i - 1] : NULL;
    const double bytes = (double)p->vram_bytes - (before != NULL ? (double)before->vram_bytes : 0);
    const double rate = curve_hit_rate(p, rule) - (before != NULL ? curve_hit_rate(before, rule) : 0);
    return curve->sizes.bytes != NULL ? rate / (bytes / 0x1p30) : NAN;
}

static double missed_bytes(const expert_curve *curve, const cache_outcome *outcome, const uint64_t *hits)
{
    const router_trace *const t = curve->trace;
    double bytes = 0;
    for (int layer = 0; layer < t->n_layers && curve->sizes.bytes != NULL; layer++) {
        const uint64_t n_uses = outcome->n_tokens * (uint64_t)t->n_used;
        bytes += (double)(n_uses - hits[layer]) * (double)curve->sizes.bytes[layer];
    }
    return curve->sizes.bytes != NULL ? bytes / (double)outcome->n_tokens : NAN;
}

static sw_code fill_point(expert_curve *curve, int capacity, uint64_t *hits, sw_err *err)
{
    curve_point *const p = &curve->points[curve->n++];
    *p = (curve_point){.capacity = capacity};
    curve->setting.capacity = capacity;
    for (int layer = 0; layer < curve->trace->n_layers && curve->sizes.bytes != NULL; layer++)
        p->vram_bytes += (uint64_t)capacity * curve->sizes.bytes[layer];
    sw_code code = SW_OK;
    for (cache_rule rule = 0; rule < N_CACHE_RULES && code == SW_OK; rule++) {
        code = cache_simulate(&p->outcomes[rule], &curve->setting, rule, hits, err);
        p->ram_bytes_per_token[rule] = missed_bytes(curve, &p->outcomes[rule], hits);
    }
    return code;
}

/* An even share of the experts, so that at most CURVE_POINTS_MAX steps lead to all. */
static size_t default_capacities(long out[CURVE_POINTS_MAX], int n_experts)
{
    const int step = (n_experts + CURVE_POINTS_MAX - 1) / CURVE_POINTS_MAX;
    size_t n = 0;
    for (long capacity = step; capacity < n_experts; capacity += step)
        out[n++] = capacity;
    out[n++] = n_experts;
    return n;
}

sw_code expert_curve_fill(expert_curve *curve, const long *capacities, size_t n, sw_err *err)
{
    long by_default[CURVE_POINTS_MAX];
    const int n_experts = curve->setting.n_experts;
    if (n == 0) {
        n = default_capacities(by_default, n_experts);
        capacities = by_default;
    }
    uint64_t *const hits = mem_calloc((size_t)curve->trace->n_layers, sizeof *hits);
    sw_code code = hits != NULL ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory");
    for (size_t i = 0; i < n && code == SW_OK; i++) {
        if (capacities[i] > n_experts || (i > 0 && capacities[i] <= capacities[i - 1]))
            code = sw_fail(err, SW_EINVAL, "--experts takes numbers that ascend, at most %d: a layer has no more",
                           n_experts);
        else
            code = fill_point(curve, (int)capacities[i], hits, err);
    }
    mem_free(hits);
    return code;
}
