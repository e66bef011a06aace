/* pooled.c - one thread adds: a step's states are far fewer numbers than the weights that gave them. */
#include "forward/pooled.h"

#include <math.h>
#include <string.h>

void pooled_init(pooled_states *p, scratch *memory, size_t n_seqs, size_t n_embd)
{
    *p = (pooled_states){.sums = scratch_items(memory, n_seqs * n_embd, sizeof *p->sums), .n_embd = n_embd};
}

static double *sum_of(const pooled_states *p, int seq)
{
    return p->sums + (size_t)seq * p->n_embd;
}

void pooled_begin(pooled_states *p, int seq)
{
    memset(sum_of(p, seq), 0, p->n_embd * sizeof *p->sums);
}

bool pooled_wants(const token_batch *b)
{
    bool wants = false;
    for (size_t i = 0; i < b->n; i++)
        wants = wants || b->tokens[i].wants_state;
    return wants;
}

void pooled_add(pooled_states *p, const token_batch *b)
{
    for (size_t i = 0; i < b->n; i++) {
        if (!b->tokens[i].wants_state)
            continue;
        double *const sum = sum_of(p, b->tokens[i].seq);
        const float *const state = b->normed + i * p->n_embd;
        for (size_t c = 0; c < p->n_embd; c++)
            sum[c] += (double)state[c];
    }
}

bool pooled_direction(const pooled_states *p, int seq, float *out)
{
    return pooled_unit(sum_of(p, seq), p->n_embd, out);
}

bool pooled_unit(const double *sum, size_t n, float *out)
{
    double square = 0;
    for (size_t c = 0; c < n; c++)
        square += sum[c] * sum[c];
    const double length = sqrt(square);
    if (!(length > 0 && isfinite(length)))
        return false;
    for (size_t c = 0; c < n; c++)
        out[c] = (float)(sum[c] / length);
    return true;
}
