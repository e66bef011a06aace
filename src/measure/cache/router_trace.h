/* router_trace.h - what routers chose, token by token: a file that GET /v1/experts/trace wrote.
 *
 * JSON lines or CSV (docs/api.md), read strictly and bounded.  Row t of a layer is the layer's choice for token t:
 * every layer has as many rows.  A trace whose oldest rows were overwritten in the middle of a token has a few more
 * rows of later layers; the oldest of those are left out.
 */
#ifndef CACHE_ROUTER_TRACE_H
#define CACHE_ROUTER_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "spillway/error.h"

typedef struct router_trace {
    int n_layers;      // that have rows
    int *layers;       // (n_layers): their numbers, ascending
    int n_experts;     // the highest expert that was chosen, plus 1
    int n_used;        // experts that a token uses
    size_t n_tokens;   // 2 or more
    size_t n_left_out; // rows of incomplete tokens
    uint16_t *experts; // (n_layers, n_tokens, n_used), the best first; of a row all are different
} router_trace;

/* Reads text[0..n); `source` names it in errors, which name the line, too.  Free it with router_trace_free, after a
 * failure too.  Errors: SW_EFORMAT, SW_ELIMIT (EXPERT_TRACE_ROWS), SW_ENOMEM. */
SW_NODISCARD sw_code router_trace_parse(router_trace *out, const char *text, size_t n, const char *source, sw_err *err);
void router_trace_free(router_trace *trace);

/* The n_used experts of a token, as a layer's place in `layers`. */
static inline const uint16_t *router_trace_at(const router_trace *t, int layer, size_t token)
{
    return t->experts + ((size_t)layer * t->n_tokens + token) * (size_t)t->n_used;
}

/* Adds up the uses of tokens first .. end - 1 to counts (n_layers, n_experts of the caller's choice, at least the
 * trace's). */
void router_trace_count(const router_trace *trace, size_t first, size_t end, int n_experts, uint64_t *counts);

#endif
