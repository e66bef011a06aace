/* experts.c - what an engine knows of its routers' choices.  Engines without routers have empty sums and no trace. */
#include "base/alloc.h"
#include "engine/model_lm.h"
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

void sw_expert_use_add(sw_expert_use *to, const sw_expert_use *from)
{
    expert_tally_sum(to, from);
}

void sw_engine_expert_mark(sw_engine *e)
{
    if (e->lm->experts != NULL)
        expert_log_mark(e->lm->experts);
}

size_t sw_engine_expert_rows(sw_engine *e, uint64_t *cursor, sw_expert_row *rows, size_t n_max, uint64_t *n_lost_out)
{
    *n_lost_out = 0;
    return e->lm->experts != NULL ? expert_log_read_trace(e->lm->experts, cursor, rows, n_max, n_lost_out) : 0;
}

sw_expert_trace sw_engine_expert_trace(sw_engine *e)
{
    return e->lm->experts != NULL ? expert_log_trace(e->lm->experts) : (sw_expert_trace){0};
}

const char *sw_expert_cache_state_name(sw_expert_cache_state state)
{
    static const char *const NAMES[] = {[SW_EXPERT_CACHE_ACTIVE] = "active",
                                        [SW_EXPERT_CACHE_STOPPED] = "stopped",
                                        [SW_EXPERT_CACHE_FAILED] = "failed"};
    return NAMES[state];
}

sw_code sw_engine_expert_cache(const sw_engine *e, sw_expert_cache **out, sw_err *err)
{
    *out = NULL;
    return e->file != NULL ? model_lm_expert_cache(e->lm, out, err) : SW_OK;
}

void sw_expert_cache_free(sw_expert_cache *cache)
{
    mem_free(cache);
}
