/* timing.c - the time of model calls alone, as `spillway perf` reports it.
 *
 * Tokens are random but the same in every run; the clock is the engine's.
 */
#include "base/alloc.h"
#include "base/rng.h"
#include "public/handle.h"

/* One measurement in progress; the lm is borrowed from the scheduler. */
typedef struct timing {
    language_model *lm;
    batch_token *batch; // (n_batch)
    rng_state rng;
    const sw_clock *clock;
    sw_err *err;
} timing;

static int32_t random_token(timing *t)
{
    return (int32_t)(rng_next(&t->rng) % (uint64_t)t->lm->n_vocab);
}

/* The logits are computed but not used. */
static sw_code step(timing *t, size_t n)
{
    const float *logits;
    int32_t bad_seq;
    return t->lm->ops->step(t->lm, t->batch, n, &logits, &bad_seq, t->err);
}

/* Evaluates n tokens of a sequence from position `at` on, in batches, with logits for the last one. */
static sw_code evaluate_prompt(timing *t, int seq, int at, int n)
{
    sw_code code = SW_OK;
    for (int done = 0; done < n && code == SW_OK;) {
        const int count = n - done < t->lm->n_batch ? n - done : t->lm->n_batch;
        for (int i = 0; i < count; i++)
            t->batch[i] = (batch_token){
                .id = random_token(t), .pos = at + done + i, .seq = seq, .wants_logits = done + i == n - 1};
        code = step(t, (size_t)count);
        done += count;
    }
    return code;
}

/* n steps, each with one token and its logits for every sequence. */
static sw_code generate(timing *t, int n_seqs, int at, int n)
{
    sw_code code = SW_OK;
    for (int i = 0; i < n && code == SW_OK; i++) {
        for (int s = 0; s < n_seqs; s++)
            t->batch[s] = (batch_token){.id = random_token(t), .pos = at + i, .seq = s, .wants_logits = true};
        code = step(t, (size_t)n_seqs);
    }
    return code;
}

/* Fills the sequences to n_depth, then measures the rest. */
static sw_code run(timing *t, const sw_time_request *r, uint64_t *ns_out)
{
    sw_code code = SW_OK;
    for (int s = 0; s < r->n_seqs && code == SW_OK; s++) {
        const int n_max = r->n_depth + r->n_prompt + r->n_gen;
        t->lm->ops->truncate(t->lm, s, 0);
        if (t->lm->ops->begin != NULL)
            t->lm->ops->begin(t->lm, s, &(lm_plan){.n_max = n_max, .marks = {-1, -1}});
        if (!t->lm->ops->reserve(t->lm, s, n_max))
            return sw_fail(t->err, SW_ELIMIT, "the tokens do not fit the memory set aside for keys and values");
        code = evaluate_prompt(t, s, 0, r->n_depth);
    }
    if (code != SW_OK)
        return code;
    const uint64_t start = clock_now_ns(t->clock);
    code =
        r->n_prompt > 0 ? evaluate_prompt(t, 0, r->n_depth, r->n_prompt) : generate(t, r->n_seqs, r->n_depth, r->n_gen);
    *ns_out = clock_now_ns(t->clock) - start;
    return code;
}

sw_code sw_engine_time(sw_engine *e, const sw_time_request *r, uint64_t *ns_out, sw_err *err)
{
    *ns_out = 0;
    if (r->n_depth < 0 || r->n_prompt < 0 || r->n_gen < 0 || (r->n_prompt > 0) == (r->n_gen > 0))
        return sw_fail(err, SW_EINVAL, "either n_prompt or n_gen must be above zero, and n_depth must not be negative");
    if (r->n_seqs < 1 || r->n_seqs > e->lm->n_seqs)
        return sw_fail(err, SW_EINVAL, "n_seqs: %d is not between 1 and %d", r->n_seqs, e->lm->n_seqs);
    if ((int64_t)r->n_depth + r->n_prompt + r->n_gen > e->lm->n_ctx)
        return sw_fail(err, SW_ELIMIT, "%lld tokens do not fit the context of %d; raise it with --ctx-size",
                       (long long)r->n_depth + r->n_prompt + r->n_gen, e->lm->n_ctx);
    timing t = {
        .lm = e->lm, .clock = e->clock, .err = err, .batch = mem_calloc((size_t)e->lm->n_batch, sizeof *t.batch)};
    if (t.batch == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory");
    rng_seed(&t.rng, 1);
    sw_code code = scheduler_borrow(e->scheduler, err);
    if (code == SW_OK) {
        code = run(&t, r, ns_out);
        scheduler_give_back(e->scheduler);
    }
    mem_free(t.batch);
    return code;
}
