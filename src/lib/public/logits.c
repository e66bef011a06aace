/* logits.c - the logits of a given token sequence, for parity checks.
 *
 * It calls the language model directly, without the scheduler, which lends it while there are no jobs.
 */
#include <math.h>

#include "base/alloc.h"
#include "public/handle.h"

/* One call of sw_engine_logits. */
typedef struct logits_run {
    language_model *lm;
    const int32_t *tokens; // (n_tokens)
    size_t n_tokens, n_prefill;
    sw_logits_fn on_row;
    void *ud;
    batch_token *batch; // (n_batch)
    bool goes_on;       // the last result of on_row
    sw_err *err;
} logits_run;

/* Parity checks compare distances, in which a NaN disappears: a row that holds one is never passed on. */
static sw_code check_row(const float *logits, size_t n_vocab, size_t position, sw_err *err)
{
    for (size_t i = 0; i < n_vocab; i++) {
        if (!isfinite(logits[i]))
            return sw_fail(err, SW_ENUMERIC,
                           "the logit of token %zu at position %zu is %g, not a finite number; the model file may be "
                           "damaged",
                           i, position, (double)logits[i]);
    }
    return SW_OK;
}

/* Evaluates tokens[begin..end) as one batch and passes on their rows. */
static sw_code run_batch(logits_run *r, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++)
        r->batch[i - begin] = (batch_token){.id = r->tokens[i], .pos = (int32_t)i, .seq = 0, .wants_logits = true};
    const float *logits;
    int32_t bad_seq;
    sw_code code = r->lm->ops->step(r->lm, r->batch, end - begin, &logits, &bad_seq, r->err);
    const size_t n_vocab = (size_t)r->lm->n_vocab;
    for (size_t i = begin; i < end && code == SW_OK && r->goes_on; i++) {
        const float *const row = logits + (i - begin) * n_vocab;
        code = check_row(row, n_vocab, i, r->err);
        if (code == SW_OK)
            r->goes_on = r->on_row(r->ud, i, row, n_vocab);
    }
    return code;
}

/* The first n_prefill tokens in batches as large as the model takes, the others one by one. */
static sw_code run_all(logits_run *r)
{
    language_model *const lm = r->lm;
    lm->ops->truncate(lm, 0, 0);
    if (lm->ops->begin != NULL)
        lm->ops->begin(lm, 0, &(lm_plan){.n_max = (int32_t)r->n_tokens, .marks = {-1, -1}});
    if (!lm->ops->reserve(lm, 0, (int32_t)r->n_tokens))
        return sw_fail(r->err, SW_ELIMIT, "tokens: %zu do not fit the memory set aside for keys and values",
                       r->n_tokens);
    const size_t n_batch = (size_t)lm->n_batch;
    for (size_t begin = 0, end; begin < r->n_tokens && r->goes_on; begin = end) {
        end = begin + 1;
        if (begin < r->n_prefill)
            end = r->n_prefill - begin < n_batch ? r->n_prefill : begin + n_batch;
        const sw_code code = run_batch(r, begin, end);
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
    logits_run r = {.lm = e->lm,
                    .tokens = tokens,
                    .n_tokens = n_tokens,
                    .n_prefill = n_prefill,
                    .on_row = on_row,
                    .ud = ud,
                    .batch = mem_calloc((size_t)e->lm->n_batch, sizeof *r.batch),
                    .goes_on = true,
                    .err = err};
    if (r.batch == NULL)
        return sw_fail(err, SW_ENOMEM, "logits: out of memory");
    sw_code code = scheduler_borrow(e->scheduler, err);
    if (code == SW_OK) {
        code = run_all(&r);
        scheduler_give_back(e->scheduler);
    }
    mem_free(r.batch);
    return code;
}
