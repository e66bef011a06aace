/* model_lm.c - a loaded model as a language_model: what the scheduler calls. */
#include <string.h>

#include "base/alloc.h"
#include "engine/model_lm_state.h"

/* Adds the experts that the routers chose in a successful step to what is known of them. */
static void log_experts(model_lm *m, const batch_token *tokens, size_t n)
{
    const size_t first = m->h.n_layers_dense;
    expert_log_step(m->lm.experts, &(expert_step){.tokens = tokens,
                                                  .n = n,
                                                  .chosen = forward_chosen(&m->f, first),
                                                  .weights = forward_chosen_weights(&m->f, first),
                                                  .stride = (size_t)m->lm.n_batch * m->h.n_expert_used});
}

/* A device that failed computes nothing more.  The first reason is the one that is told from then on. */
static sw_code lose_device(model_lm *m, const sw_err *why, sw_err *err)
{
    if (!atomic_load(&m->is_lost)) {
        memcpy(m->lost, why->msg, sizeof m->lost);
        atomic_store(&m->is_lost, true);
    }
    return sw_fail(err, SW_EIO, "the model's device is lost: %s", m->lost);
}

static sw_code step(language_model *lm, const batch_token *tokens, size_t n, const float **logits_out,
                    int32_t *bad_seq_out, sw_err *err)
{
    model_lm *const m = (model_lm *)lm;
    sw_err why;
    sw_err_clear(&why);
    if (m->cache != NULL)
        expert_cache_begin(m->cache);
    const sw_code code = forward_step(&m->f, tokens, n, logits_out, bad_seq_out, &why);
    if (code == SW_OK && m->cache != NULL)
        expert_cache_end(m->cache, tokens, n);
    if (code == SW_OK && lm->experts != NULL)
        log_experts(m, tokens, n);
    if (code == SW_EIO)
        return lose_device(m, &why, err);
    return code == SW_OK ? SW_OK : sw_fail(err, code, "%s", why.msg);
}

static void truncate_seq(language_model *lm, int32_t seq, int32_t n_keep)
{
    model_lm *const m = (model_lm *)lm;
    kv_truncate(&m->kv, seq, n_keep);
    if (n_keep == 0)
        forward_begin_sequence(&m->f, seq, lm->n_ctx);
}

static bool reserve(language_model *lm, int32_t seq, int32_t n_tokens)
{
    return kv_reserve(&((model_lm *)lm)->kv, seq, n_tokens);
}

static int32_t resumable(language_model *lm, int32_t seq, int32_t n_tokens, int32_t n_max)
{
    const model_lm *const m = (const model_lm *)lm;
    return forward_same_kind(&m->f, seq, n_max) ? kv_resumable(&m->kv, seq, n_tokens) : 0;
}

static void begin(language_model *lm, int32_t seq, const lm_plan *plan)
{
    model_lm *const m = (model_lm *)lm;
    forward_begin_sequence(&m->f, seq, plan->n_max);
    if (lm->experts != NULL)
        expert_log_begin(lm->experts, seq, &plan->owner);
    kv_mark(&m->kv, seq, plan->marks);
}

void model_lm_take_down(model_lm *m)
{
    expert_cache_close(m->cache);
    m->cache = NULL;
    forward_free(&m->f);
    for (int t = 0; t < N_TIERS; t++) {
        if (m->backends[t] != NULL)
            m->backends[t]->ops->close(m->backends[t]);
        m->backends[t] = NULL;
    }
}

void model_lm_close(language_model *lm)
{
    model_lm *const m = (model_lm *)lm;
    model_lm_take_down(m);
    model_lm_unpin_weights(m);
    kv_free(&m->kv);
    weights_free(&m->w);
    placement_free(&m->placement);
    placement_free(&m->requested);
    mem_free(m->classes.rows);
    pool_free(m->pool);
    tiers_close(&m->tiers);
    expert_log_free(lm->experts);
    expert_mask_free(&m->mask);
    mem_free(m);
}

static sw_code embedding(language_model *lm, int32_t seq, float *out, sw_err *err)
{
    return forward_embedding(&((const model_lm *)lm)->f, seq, out, err);
}

const lm_ops MODEL_LM_OPS = {step, truncate_seq, reserve, model_lm_close, resumable, begin, embedding};
