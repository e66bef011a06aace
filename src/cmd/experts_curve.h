/* experts_curve.h - hit rates of caches of several sizes over one trace, and what they cost in bytes. */
#ifndef CMD_EXPERTS_CURVE_H
#define CMD_EXPERTS_CURVE_H

#include "cache/cache_policy.h"

enum { CURVE_POINTS_MAX = 16 };

/* The bytes of one expert of each layer of the trace; from a model's header. */
typedef struct expert_sizes {
    uint64_t *bytes; // (n_layers); NULL: not known
    int n_experts;   // of a layer; 0: not known
} expert_sizes;

/* Reads them from a model.  Free them with expert_sizes_free, after a failure too.  Errors: those of opening a model,
 * SW_EINVAL (the trace is of another model), SW_ENOMEM. */
SW_NODISCARD sw_code expert_sizes_read(expert_sizes *out, const char *model, const router_trace *trace, sw_err *err);
void expert_sizes_free(expert_sizes *sizes);

/* One size of the cache. */
typedef struct curve_point {
    int capacity; // experts of each layer
    uint64_t vram_bytes;
    cache_outcome outcomes[N_CACHE_RULES];
    double ram_bytes_per_token[N_CACHE_RULES]; // of missed experts; NAN: not known
} curve_point;

typedef struct expert_curve {
    const router_trace *trace;
    expert_sizes sizes;
    cache_setting setting; // capacity is that of the last point
    curve_point points[CURVE_POINTS_MAX];
    size_t n;
} expert_curve;

/* The share of uses that were hits. */
double curve_hit_rate(const curve_point *point, cache_rule rule);
/* How much the rate of point i rises over that of the point before it (of the first: an empty cache) per GiB of VRAM;
 * NAN: not known. */
double curve_marginal(const expert_curve *curve, size_t i, cache_rule rule);

/* Fills the points of `n` capacities, which ascend; n 0: up to 16 from an even share of the experts to all.  trace,
 * sizes and setting are set.  Errors: SW_EINVAL (a capacity), SW_ENOMEM. */
SW_NODISCARD sw_code expert_curve_fill(expert_curve *curve, const long *capacities, size_t n, sw_err *err);

/* Print the curve; false if memory is short or standard output cannot be written. */
bool experts_print_text(const expert_curve *curve);
bool experts_print_json(const expert_curve *curve);
bool experts_print_csv(const expert_curve *curve);

#endif
