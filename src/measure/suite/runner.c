/* runner.c - the order of a run: model by model, pass by pass.
 *
 * Invariant: the steps of a pass are next to each other in the schedule, and so are the passes of a model; a server
 * that fails costs the rest of its model's steps and no others.
 */
#include "suite/runner.h"

#include <string.h>

#include "base/alloc.h"
#include "suite/runner_state.h"

/* ---- shared with pass.c and test_keeper.c ------------------------------------------------------------------------ */

void runner_report(runner *r, runner_phase phase)
{
    clock_guard_look(r->o->guard);
    r->progress.phase = phase;
    if (r->o->on_progress != NULL)
        r->o->on_progress(r->o->ud, &r->progress);
}

int64_t runner_ms(const runner *r, uint64_t t_ns)
{
    return r->o->origin_ms + (int64_t)(t_ns - r->o->origin_ns) / 1000000;
}

bool runner_is_canceled(const runner *r)
{
    return atomic_load_explicit(r->o->bench->cancel, memory_order_relaxed);
}

void runner_name_step(runner *r, const bench_step *step)
{
    r->progress.plan = &step->plan;
    r->progress.number = step->pass < 0 ? 0 : (int)(step - r->o->schedule->steps) + 1;
    r->progress.model = r->has_models ? r->o->subjects->items[step->subject].record.name : "";
    r->progress.mode = !r->has_modes ? "" : step->mode == MODE_SWEEP ? step->variant : test_mode_name(step->mode);
}

/* ---- one pass ---------------------------------------------------------------------------------------------------- */

/* Finds out at which temperature a server samples, once it has shown that it answers at all. */
static sw_code probe_temperature(runner *r, sw_err *err)
{
    pooled_host *const h = r->host;
    bool agrees; // what it does not agree with makes the run invalid, and is no reason to stop
    if (h->is_probed || !h->has_answered)
        return SW_OK;
    h->is_probed = true;
    const sw_code code = host_probe_temperature(h->host, r->o->protocol->settings.temperature, &agrees, err);
    return code == SW_OK ? host_pool_store(r->o->hosts, h, err) : code;
}

/* The server of a pass: opened, stored and warm.  Its failures are in r->trouble. */
static sw_code ready_host(runner *r, const bench_step *first, sw_err *err)
{
    runner_report(r, RUNNER_LOADING);
    const sw_code code = host_pool_get(r->o->hosts, first->subject, first->side, &r->host, &r->trouble_err);
    if (code == SW_ECANCELED || code == SW_ENOMEM) {
        *err = r->trouble_err;
        return code;
    }
    r->trouble = code;
    if (code != SW_OK)
        return SW_OK;
    sw_code mine = host_pool_store(r->o->hosts, r->host, err);
    if (mine == SW_OK && !r->host->is_warm)
        mine = warmup_run(r, first, err);
    return mine == SW_OK && r->trouble == SW_OK ? probe_temperature(r, err) : mine;
}

/* Asks the steps [begin, end) of one pass that are not stored. */
static sw_code run_pass(runner *r, size_t begin, size_t end, sw_err *err)
{
    const bench_step *const all = r->o->schedule->steps;
    const bench_step **const missing = mem_calloc(end - begin, sizeof *missing);
    if (missing == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for a pass of %zu tests", end - begin);
    size_t n = 0;
    for (size_t i = begin; i < end; i++) {
        if (!all[i].is_stored)
            missing[n++] = &all[i];
    }
    sw_code code = SW_OK;
    if (n > 0) {
        runner_name_step(r, missing[0]);
        code = ready_host(r, missing[0], err);
        if (code == SW_OK && r->trouble == SW_OK && !r->is_over_budget)
            code = pass_run(r, missing, n, err);
    }
    mem_free(missing);
    return code;
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

/* Work is counted in tokens that may come, since tests differ twentyfold in length.  What all steps have in common need
 * not be said of each. */
static void plan_work(runner *r)
{
    const bench_schedule *const s = r->o->schedule;
    r->progress.n_tests = (int)s->n;
    for (size_t i = 1; i < s->n; i++) {
        r->has_models |= s->steps[i].subject != s->steps[0].subject;
        r->has_modes |= s->steps[i].mode != s->steps[0].mode || strcmp(s->steps[i].variant, s->steps[0].variant) != 0;
    }
    for (size_t i = 0; i < s->n; i++) {
        r->progress.work_total += s->steps[i].plan.max_tokens;
        if (s->steps[i].is_stored)
            r->progress.work_done += s->steps[i].plan.max_tokens;
    }
}

/* Returns where the steps end that begin at `begin` and are of one pass. */
static size_t pass_end(const bench_schedule *s, size_t begin)
{
    size_t end = begin;
    while (end < s->n && s->steps[end].pass == s->steps[begin].pass)
        end++;
    return end;
}

/* Returns where the steps of this one's model end. */
static size_t subject_end(const bench_schedule *s, size_t begin)
{
    size_t end = begin;
    while (end < s->n && s->steps[end].subject == s->steps[begin].subject)
        end++;
    return end;
}

/* A given server that cannot be reached answers for no other model either. */
static bool ends_run(const runner *r)
{
    return r->is_over_budget || (r->trouble == SW_EIO && r->o->bench->url != NULL);
}

/* The first server that failed is the one that is reported. */
static void remember_trouble(const runner *r, sw_code *first, sw_err *first_err)
{
    if (*first == SW_OK) {
        *first = r->trouble;
        *first_err = r->trouble_err;
    }
}

static sw_code run_all(runner *r, sw_err *err)
{
    const bench_schedule *const s = r->o->schedule;
    sw_code code = SW_OK, first = SW_OK;
    sw_err first_err = {0};
    for (size_t i = 0; code == SW_OK && i < s->n;) {
        const size_t end = pass_end(s, i);
        if (i > 0 && s->steps[i].subject != s->steps[i - 1].subject)
            r->last_end_ns = 0;
        code = run_pass(r, i, end, err);
        i = end;
        if (r->trouble != SW_OK)
            i = subject_end(s, end - 1);
        remember_trouble(r, &first, &first_err);
        if (ends_run(r))
            break;
        r->trouble = SW_OK;
        r->trouble_err = (sw_err){0};
    }
    if (code == SW_OK && first != SW_OK) {
        *err = first_err;
        code = first;
    }
    return code;
}

sw_code runner_run(const runner_options *options, runner_result *result, sw_err *err)
{
    runner r = {
        .o = options,
        .samples = mem_calloc(WATCH_KEPT, sizeof *r.samples),
        .raw_samples = mem_calloc(WATCH_KEPT, sizeof *r.raw_samples),
        .n_warmups = options->n_warmups,
        .begin_ns = clock_now_ns(options->bench->clock),
        .progress = {.model = "", .mode = ""},
    };
    plan_work(&r);
    const sw_code code = r.samples != NULL && r.raw_samples != NULL
                             ? run_all(&r, err)
                             : sw_fail(err, SW_ENOMEM, "out of memory for samples");
    result->is_over_budget = r.is_over_budget;
    mem_free(r.samples);
    mem_free(r.raw_samples);
    return code;
}
