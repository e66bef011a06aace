/* logits.c - the logits of a given token sequence, for parity checks.
 *
 * It drives the language model directly, past the scheduler, which lends it while there are no jobs.
 */
#include "base/alloc.h"
#include "public/handle.h"

/* Evaluates tokens[begin..end) as one batch and hands out their rows; *goes_on_out is what on_row returned last. */
static sw_code run_batch(sw_engine *e, const int32_t *tokens, size_t begin, size_t end, batch_token *batch,
                         sw_logits_fn on_row, void *ud, bool *goes_on_out, sw_err *err)
{
    for (size_t i = begin; i < end; i++)
        batch[i - begin] = (batch_token){.id = tokens[i], .pos = (int32_t)i, .seq = 0, .wants_logits = true};
    const float *logits;
    int32_t bad_seq;
    const sw_code code = e->lm->ops->step(e->lm, batch, end - begin, &logits, &bad_seq, err);
    if (code != SW_OK)
        return code;
    const size_t n_vocab = (size_t)e->lm->n_vocab;
    for (size_t i = begin; i < end && *goes_on_out; i++)
        *goes_on_out = on_row(ud, i, logits + (i - begin) * n_vocab, n_vocab);
    return SW_OK;
}

static sw_code run_all(sw_engine *e, const int32_t *tokens, size_t n_tokens, size_t n_prefill, batch_token *batch,
                       sw_logits_fn on_row, void *ud, sw_err *err)
{
    e->lm->ops->truncate(e->lm, 0, 0);
    if (e->lm->ops->begin != NULL)
        e->lm->ops->begin(e->lm, 0, &(lm_plan){(int32_t)n_tokens, {-1, -1}});
    if (!e->lm->ops->reserve(e->lm, 0, (int32_t)n_tokens))
        return sw_fail(err, SW_ELIMIT, "tokens: %zu do not fit the memory set aside for keys and values", n_tokens);
    const size_t n_batch = (size_t)e->lm->n_batch;
    bool goes_on = true;
    for (size_t begin = 0, end; begin < n_tokens && goes_on; begin = end) {
        end = begin + 1;
        if (begin < n_prefill)
            end = n_prefill - begin < n_batch ? n_prefill : begin + n_batch;
        const sw_code code = run_batch(e, tokens, begin, end, batch, on_row, ud, &goes_on, err);
        if (code != SW_OK)
            return code;
    }
    return SW_OK;
}

sw_code sw_engine_logits(sw_engine *e, const int32_t *tokens, size_t n_tokens, size_t n_prefill, sw_logits_fn on_row,
                         void *ud, sw_err *err)
{
    if (n_tokens > (size_t)e->lm->n_ctx)
        return sw_fail(err, SW_ELIMIT, "tokens: there are %zu, the context holds %d", n_tokens, e->lm->n_ctx);
    if (n_prefill > n_tokens)
        return sw_fail(err, SW_EINVAL, "n_prefill: %zu is more than the %zu tokens", n_prefill, n_tokens);
    for (size_t i = 0; i < n_tokens; i++) {
        if (tokens[i] < 0 || tokens[i] >= e->lm->n_vocab)
            return sw_fail(err, SW_EINVAL, "tokens[%zu]: %d is not a token of this model, which has %d", i, tokens[i],
                           e->lm->n_vocab);
    }
    batch_token *const batch = mem_calloc((size_t)e->lm->n_batch, sizeof *batch);
    if (batch == NULL)
        return sw_fail(err, SW_ENOMEM, "logits: out of memory");
    sw_code code = scheduler_borrow(e->scheduler, err);
    if (code == SW_OK) {
        code = run_all(e, tokens, n_tokens, n_prefill, batch, on_row, ud, err);
        scheduler_give_back(e->scheduler);
    }
    mem_free(batch);
    return code;
}
