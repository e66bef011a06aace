/* expert_profile.h - how often each expert of a model is used: a file that decides which experts come to VRAM first.
 *
 * The file is what GET /v1/experts returns, or the same members alone:
 *   {"object": "experts.profile", "n_expert": 16, "n_expert_used": 4, "n_tokens": 90,
 *    "layers": [{"layer": 0, "counts": [31, 12, ...]}, ...]}
 * Other members are left alone, because GET /v1/experts has more.
 */
#ifndef CACHE_EXPERT_PROFILE_H
#define CACHE_EXPERT_PROFILE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "cache/router_trace.h"
#include "spillway/error.h"

typedef struct expert_profile {
    int n_layers, n_experts, n_used;
    uint64_t n_tokens; // 1 or more
    int *layers;       // (n_layers), ascending
    uint64_t *counts;  // (n_layers, n_experts), each at most n_tokens
} expert_profile;

/* Each reads a profile; free it with expert_profile_free, after a failure too.  `source` names it in errors.  Errors:
 * SW_EFORMAT (names the member; also: no token was counted), SW_ENOMEM. */
SW_NODISCARD sw_code expert_profile_parse(expert_profile *out, const char *text, size_t n, const char *source,
                                          sw_err *err);
SW_NODISCARD sw_code expert_profile_from_json(expert_profile *out, const json_t *document, const char *source,
                                              sw_err *err);
/* The sums of a trace; n_experts of a layer, at least the trace's. */
SW_NODISCARD sw_code expert_profile_from_trace(expert_profile *out, const router_trace *trace, int n_experts,
                                               sw_err *err);
void expert_profile_free(expert_profile *profile);

/* Appends the file. */
void expert_profile_write(buf *out, const expert_profile *profile);
/* Uses per token, (n_layers, n_experts); free them with mem_free.  NULL when memory is short. */
double *expert_profile_heat(const expert_profile *profile);

#endif
