/* bench_finish.c - what disturbed a session, what it left undone, and what its run is worth. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "figures/run_status.h"
#include "suite/bench_state.h"
#include "suite/fingerprint.h"

enum { REASONS_BYTES_MAX = 1 << 20 };

/* One sentence about the tests of a model that are missing, in the keep. */
static const char *not_run_text(bench_session *b, int n_missing, int n, const char *first)
{
    buf text;
    buf_init(&text, 1024);
    buf_printf(&text, "%d of %d tests not run, from '%.200s' on", n_missing, n, first);
    if (b->is_over_budget)
        buf_printf(&text, ": the time budget of %g s does not suffice", b->protocol->settings.time_budget_s);
    const char *const kept = arena_copy(b->keep, buf_str(&text), text.size);
    buf_free(&text);
    return kept;
}

/* Appends a fact for a model with tests that no session has run, or that had such in an earlier session. */
static sw_code add_not_run(bench_session *b, const run_record *run, const bench_schedule *now, int subject,
                           fact_record *facts, size_t *n_facts, sw_err *err)
{
    int n = 0, n_missing = 0;
    const char *first = "";
    for (size_t i = 0; i < now->n; i++) {
        const bench_step *const s = &now->steps[i];
        if (s->subject != subject)
            continue;
        n++;
        if (!s->is_stored && n_missing++ == 0)
            first = s->plan.name;
    }
    if (n_missing == 0 && run_fact(run, subject, -1, FACT_NOT_RUN) == NULL)
        return SW_OK;
    const char *const text = n_missing > 0 ? not_run_text(b, n_missing, n, first) : "";
    if (text == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the facts of a run");
    facts[(*n_facts)++] = (fact_record){subject, -1, FACT_NOT_RUN, n_missing, text, "run"};
    return SW_OK;
}

/* Facts about the run as a whole. */
static sw_code store_facts(bench_session *b, const run_record *run, sw_err *err)
{
    const schedule_options options = {.protocol = b->protocol,
                                      .sweep = &b->o.sweep,
                                      .n_subjects = (int)b->subjects.n,
                                      .has_reference = b->has_reference,
                                      .stored = run};
    bench_schedule now;
    fact_record *const facts = arena_alloc(b->keep, (b->subjects.n + 3) * sizeof *facts);
    size_t n = 0;
    if (facts == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the facts of a run");
    sw_code code = schedule_make(&now, &options, b->keep, err);
    for (int i = 0; code == SW_OK && i < (int)b->subjects.n; i++)
        code = add_not_run(b, run, &now, i, facts, &n, err);
    if (code != SW_OK)
        return code;
    const double foreign = foreign_load_of(run);
    facts[n++] = (fact_record){-1, -1, FACT_CLOCK_STEP_MS, b->guard.step_ms, "", "measured"};
    facts[n++] = (fact_record){-1, -1, FACT_SUSPENDED_MS, b->guard.suspended_ms, "", "measured"};
    if (!isnan(foreign))
        facts[n++] = (fact_record){-1, -1, FACT_FOREIGN_LOAD, foreign, "", "measured"};
    return store_add_facts(b->store, b->run_id, facts, n, err);
}

/* A run that did not break off, but had not time enough, is no failure: it says too little. */
static const char *status_of(const bench_session *b, const run_analysis *analysis, buf *reasons)
{
    const run_status status = run_status_of(analysis, reasons);
    if (status != RUN_ABORTED || !b->is_over_budget)
        return run_status_name(status);
    buf_clear(reasons);
    buf_printf(reasons, "the time budget of %g s does not suffice for all tests\n",
               b->protocol->settings.time_budget_s);
    return run_status_name(RUN_INCONCLUSIVE);
}

static sw_code store_status(bench_session *b, const run_record *run, sw_err *err)
{
    run_analysis analysis;
    buf reasons;
    char fingerprint[FINGERPRINT_BYTES];
    buf_init(&reasons, REASONS_BYTES_MAX);
    fingerprint_of(run, &b->o, fingerprint);
    sw_code code = run_analysis_of(run, &analysis, err);
    if (code == SW_OK) {
        const char *const status = status_of(b, &analysis, &reasons);
        const int64_t unix_ms = clock_unix_s(b->o.clock) * 1000;
        code = store_finish_run(b->store, b->run_id, status, buf_str(&reasons), fingerprint, unix_ms, err);
    }
    run_analysis_free(&analysis);
    buf_free(&reasons);
    return code;
}

/* The status depends on the facts, so that the run is loaded again with them. */
sw_code bench_finish(bench_session *b, sw_err *err)
{
    run_record *run;
    clock_guard_look(&b->guard);
    sw_code code = store_load_run(b->store, b->run_id, &run, err);
    if (code != SW_OK)
        return code;
    code = store_facts(b, run, err);
    run_record_free(run);
    if (code == SW_OK)
        code = store_load_run(b->store, b->run_id, &run, err);
    if (code != SW_OK)
        return code;
    code = store_status(b, run, err);
    run_record_free(run);
    return code;
}
