/* expert_trace.c - rows in three arrays, since a model uses fewer experts than a sw_expert_row has room for. */
#include "engine/expert_trace.h"

#include "base/alloc.h"
#include "base/limits.h"

_Static_assert((int)SW_EXPERTS_USED_MAX == (int)LIMIT_MODEL_EXPERTS_USED, "a row has room for every choice");

typedef struct row_head {
    uint64_t tag;
    int32_t sequence, position, layer;
} row_head;

struct expert_trace {
    size_t n_rows, n_used;
    uint64_t end;      // number of the next row
    row_head *heads;   // (n_rows)
    uint16_t *experts; // (n_rows, n_used)
    float *weights;    // (n_rows, n_used)
};

expert_trace *expert_trace_create(size_t n_rows, int n_used)
{
    expert_trace *const t = mem_calloc(1, sizeof *t);
    if (t == NULL)
        return NULL;
    const size_t n = n_rows * (size_t)n_used;
    *t = (expert_trace){.n_rows = n_rows,
                        .n_used = (size_t)n_used,
                        .heads = mem_calloc(n_rows, sizeof *t->heads),
                        .experts = mem_calloc(n, sizeof *t->experts),
                        .weights = mem_calloc(n, sizeof *t->weights)};
    if (t->heads != NULL && t->experts != NULL && t->weights != NULL)
        return t;
    expert_trace_free(t);
    return NULL;
}

void expert_trace_free(expert_trace *t)
{
    if (t == NULL)
        return;
    mem_free(t->heads);
    mem_free(t->experts);
    mem_free(t->weights);
    mem_free(t);
}

size_t expert_trace_bytes(size_t n_rows, int n_used)
{
    return sizeof(expert_trace) + n_rows * (sizeof(row_head) + (size_t)n_used * (sizeof(uint16_t) + sizeof(float)));
}

void expert_trace_add(expert_trace *t, const sw_expert_row *row, const int *experts, const float *weights)
{
    const size_t at = (size_t)(t->end++ % t->n_rows);
    t->heads[at] = (row_head){row->tag, row->sequence, row->position, row->layer};
    for (size_t i = 0; i < t->n_used; i++) {
        t->experts[at * t->n_used + i] = (uint16_t)experts[i];
        t->weights[at * t->n_used + i] = weights[i];
    }
}

/* Only what n_used names: readers pass over many rows. */
static void fill_row(const expert_trace *t, size_t at, sw_expert_row *row)
{
    const row_head *const h = &t->heads[at];
    row->tag = h->tag;
    row->sequence = h->sequence;
    row->position = h->position;
    row->layer = h->layer;
    row->n_used = (int)t->n_used;
    for (size_t i = 0; i < t->n_used; i++) {
        row->experts[i] = t->experts[at * t->n_used + i];
        row->weights[i] = t->weights[at * t->n_used + i];
    }
}

void expert_trace_range(const expert_trace *t, uint64_t *first_out, uint64_t *end_out)
{
    *first_out = t->end > t->n_rows ? t->end - t->n_rows : 0;
    *end_out = t->end;
}

size_t expert_trace_read(const expert_trace *t, uint64_t *cursor, sw_expert_row *rows, size_t n_max,
                         uint64_t *n_lost_out)
{
    uint64_t first, end;
    expert_trace_range(t, &first, &end);
    *n_lost_out = *cursor < first ? first - *cursor : 0;
    *cursor += *n_lost_out;
    size_t n = 0;
    for (; n < n_max && *cursor < end; n++)
        fill_row(t, (size_t)((*cursor)++ % t->n_rows), &rows[n]);
    return n;
}
