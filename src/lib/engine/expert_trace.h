/* expert_trace.h - the last rows of which experts a token used in a layer, in a ring.
 *
 * Rows have numbers, 0, 1, ... in the order of their making, so that readers continue where they stopped and know what
 * was overwritten.  The caller holds a lock around every call but create and free.
 */
#ifndef ENGINE_EXPERT_TRACE_H
#define ENGINE_EXPERT_TRACE_H

#include "spillway.h"

typedef struct expert_trace expert_trace;

/* A ring of n_rows (>= 1) rows with n_used experts each.  NULL when memory is short. */
expert_trace *expert_trace_create(size_t n_rows, int n_used);
void expert_trace_free(expert_trace *t);
/* What it takes. */
size_t expert_trace_bytes(size_t n_rows, int n_used);

/* Appends a row with the head of `row` and n_used experts and weights. */
void expert_trace_add(expert_trace *t, const sw_expert_row *row, const int *experts, const float *weights);

/* As sw_engine_expert_rows. */
size_t expert_trace_read(const expert_trace *t, uint64_t *cursor, sw_expert_row *rows, size_t n_max,
                         uint64_t *n_lost_out);
/* The numbers of the oldest row and of the next one. */
void expert_trace_range(const expert_trace *t, uint64_t *first_out, uint64_t *end_out);

#endif
