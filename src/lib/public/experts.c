/* experts.c - what an engine knows of its routers' choices.  Engines without routers have empty sums and no trace. */
#include "base/alloc.h"
#include "public/handle.h"

sw_code sw_engine_expert_use(const sw_engine *e, sw_expert_span span, bool with_pairs, sw_expert_use **out, sw_err *err)
{
    static const expert_dims NONE;
    expert_log *const log = e->lm->experts;
    *out = log != NULL ? expert_log_snapshot(log, span, with_pairs) : expert_tally_create(&NONE, with_pairs);
    return *out != NULL ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory for the use of experts");
}

void sw_expert_use_free(sw_expert_use *use)
{
    mem_free(use);
}

void sw_engine_expert_mark(sw_engine *e)
{
    if (e->lm->experts != NULL)
        expert_log_mark(e->lm->experts);
}

size_t sw_engine_expert_trace(sw_engine *e, uint64_t *cursor, sw_expert_row *rows, size_t n_max, uint64_t *n_lost_out)
{
    *n_lost_out = 0;
    return e->lm->experts != NULL ? expert_log_read_trace(e->lm->experts, cursor, rows, n_max, n_lost_out) : 0;
}

void sw_engine_expert_trace_range(sw_engine *e, uint64_t *first_out, uint64_t *end_out)
{
    *first_out = *end_out = 0;
    if (e->lm->experts != NULL)
        expert_log_trace_range(e->lm->experts, first_out, end_out);
}

/* For callers that know nothing of an engine's dimensions but one layer. */
bool sw_engine_router_counts(const sw_engine *e, int layer, uint64_t *counts)
{
    sw_expert_use *use;
    sw_err err = {0};
    if (sw_engine_expert_use(e, SW_EXPERTS_SINCE_OPEN, /*with_pairs=*/false, &use, &err) != SW_OK)
        return false;
    const bool has = layer >= use->first_layer && layer < use->first_layer + use->n_layers;
    for (int x = 0; has && x < use->n_experts; x++)
        counts[x] = use->counts[(layer - use->first_layer) * use->n_experts + x];
    sw_expert_use_free(use);
    return has;
}
