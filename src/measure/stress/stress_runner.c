/* stress_runner.c - the stages of a run in their order: the server of each, and what it left undone.
 *
 * All stages are stored before the first one begins, so that a report of a run that was killed shows what is missing.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "stress/stress_protocol.h"
#include "stress/stress_state.h"

static const double ASSUMED_TPS = 10; // of a session, until its stage has ended; for the time left only

static sw_code out_of_memory(sw_err *err)
{
    return sw_fail(err, SW_ENOMEM, "out of memory for a stress run");
}

/* ---- the plan ---------------------------------------------------------------------------------------------------- */

static sw_code plan_stage(stress_run *run, int subject, const stress_suite *suite, const stress_stage *stage,
                          sw_err *err)
{
    planned_stage *const p = &run->stages[run->n++];
    *p = (planned_stage){
        .suite = suite,
        .stage = stage,
        .record = {.subject = subject,
                   .suite = suite->name,
                   .name = stage->name,
                   .work = stress_work_name((stress_work)stage->work),
                   .parameters = stress_parameters(suite, stage, run->keep),
                   .n_planned = stress_stage_requests(suite, stage),
                   .planned_s = stage->duration_s,
                   .start_ms = -1,
                   .end_ms = -1,
                   .ending = STAGE_PLANNED,
                   .reason = ""},
        .work = stress_stage_tokens(suite, stage, ASSUMED_TPS),
    };
    return p->record.parameters != NULL ? SW_OK : out_of_memory(err);
}

static sw_code plan(stress_run *run, sw_err *err)
{
    const stress_protocol *const p = run->protocol;
    const size_t n_subjects = run->r.o->subjects->n;
    size_t n = 0;
    for (size_t i = 0; i < p->n_suites; i++)
        n += p->suites[i].n_stages;
    run->stages = arena_alloc(run->keep, (n * n_subjects + 1) * sizeof *run->stages);
    if (run->stages == NULL)
        return out_of_memory(err);
    sw_code code = SW_OK;
    for (size_t subject = 0; subject < n_subjects; subject++) {
        for (size_t i = 0; i < p->n_suites; i++) {
            for (size_t k = 0; code == SW_OK && k < p->suites[i].n_stages; k++)
                code = plan_stage(run, (int)subject, &p->suites[i], &p->suites[i].stages[k], err);
        }
    }
    return code;
}

/* Takes up what earlier sessions stored. */
static sw_code adopt_stages(stress_run *run, sw_err *err)
{
    const run_record *const stored = run->stored;
    if (stored->n_stages > run->n)
        return sw_fail(err, SW_EFORMAT, "the run has %zu stages, and its protocol %zu; start a new run",
                       stored->n_stages, run->n);
    for (size_t i = 0; i < stored->n_stages; i++) {
        const stage_record *const s = &stored->stages[i];
        stage_record *const own = &run->stages[i].record;
        if (strcmp(s->suite, own->suite) != 0 || strcmp(s->name, own->name) != 0 || s->subject != own->subject)
            return sw_fail(err, SW_EFORMAT, "stage %zu of the run is '%.60s', and of its protocol '%.60s'", i, s->name,
                           own->name);
        own->start_ms = s->start_ms;
        own->end_ms = s->end_ms;
        own->spent_ms = s->spent_ms;
        own->ending = s->ending;
        own->reason = s->reason;
    }
    return SW_OK;
}

static sw_code store_plan(stress_run *run, sw_err *err)
{
    sw_code code = adopt_stages(run, err);
    for (size_t i = run->stored->n_stages; code == SW_OK && i < run->n; i++)
        code = stage_save(run, (int)i, err);
    return code;
}

/* What was asked before, and how much all of it is. */
static void count_work(stress_run *run)
{
    for (size_t i = 0; i < run->stored->n_tests; i++) {
        const test_record *const t = &run->stored->tests[i];
        if (t->stage < 0)
            continue;
        run->n_ended++;
        run->next_index = t->index >= run->next_index ? t->index + 1 : run->next_index;
    }
    for (size_t i = 0; i < run->n; i++) {
        run->r.progress.n_tests += run->stages[i].record.n_planned;
        run->r.progress.work_total += run->stages[i].work;
    }
}

/* ---- one stage --------------------------------------------------------------------------------------------------- */

static void name_stage(stress_run *run, int position)
{
    static const test_plan NONE = {.name = "", .group = "", .prompt = "", .expected = ""};
    runner_progress *const p = &run->r.progress;
    const stage_record *const s = &run->stages[position].record;
    buf text;
    buf_init(&text, 1024);
    buf_printf(&text, "%s, %s", s->suite, s->name);
    // A display keeps the name for longer than the run is under way.
    const char *const mode = text.failed == SW_OK ? arena_copy(run->protocol->keep, buf_str(&text), text.size) : NULL;
    buf_free(&text);
    p->mode = mode != NULL ? mode : "";
    p->model = run->r.has_models ? run->r.o->subjects->items[s->subject].record.name : "";
    p->plan = &NONE;
    p->number = run->n_ended + 1;
    p->work_done = run->work_before;
}

/* Why this stage cannot be run with a server that runs already; NULL: it can. */
static const char *skip_reason(const stress_run *run, const stress_stage *s)
{
    if (run->r.o->bench->url == NULL)
        return NULL;
    return s->restarts       ? "a server of --url is not restarted"
           : s->n_serve > 0  ? "a server of --url keeps the options that it was started with"
           : s->is_reference ? "a server of --url has one placement: there is no other side"
                             : NULL;
}

/* The server of the stage: opened, stored and warm.  Its failures are in run->r.trouble. */
static sw_code ready_host(stress_run *run, const planned_stage *p, sw_err *err)
{
    runner *const r = &run->r;
    const stress_stage *const s = p->stage;
    const bench_step first = {
        .subject = p->record.subject,
        .side = s->is_reference                                     ? SIDE_REFERENCE
                : r->o->bench->url != NULL || r->o->bench->is_plain ? SIDE_GIVEN
                                                                    : SIDE_OFFLOADED,
    };
    if (s->restarts)
        host_pool_close_all(r->o->hosts);
    host_pool_set_options(r->o->hosts, s->serve, s->n_serve);
    runner_report(r, RUNNER_LOADING);
    r->host = NULL;
    r->trouble = host_pool_get(r->o->hosts, first.subject, first.side, &r->host, &r->trouble_err);
    if (r->trouble == SW_ECANCELED || r->trouble == SW_ENOMEM) {
        *err = r->trouble_err;
        return r->trouble;
    }
    if (r->trouble != SW_OK) {
        r->host = NULL;
        return SW_OK;
    }
    const sw_code code = host_pool_store(r->o->hosts, r->host, err);
    return code == SW_OK && !r->host->is_warm ? warmup_run(r, &first, err) : code;
}

/* A stage that could not begin says why. */
static sw_code end_unbegun(stress_run *run, int position, stage_ending ending, const char *reason, sw_err *err)
{
    stage_record *const s = &run->stages[position].record;
    s->ending = ending;
    s->reason = reason;
    const sw_code code = stage_save(run, position, err);
    s->reason = "";
    return code;
}

static sw_code run_stage(stress_run *run, int position, sw_err *err)
{
    planned_stage *const p = &run->stages[position];
    const char *const skip = skip_reason(run, p->stage);
    name_stage(run, position);
    if (skip != NULL)
        return end_unbegun(run, position, STAGE_SKIPPED, skip, err);
    sw_code code = ready_host(run, p, err);
    name_stage(run, position); // the warm-up has other names
    if (code == SW_OK && run->r.trouble != SW_OK)
        return end_unbegun(run, position, STAGE_FAILED, run->r.trouble_err.msg, err);
    if (code == SW_OK)
        code = stage_run_missing(run, position, err);
    return code;
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

/* The first server that failed is the one that is reported; it costs its stage, and the next has a server of its own. A
 * given one is not tried again. */
static sw_code run_stages(stress_run *run, sw_err *err)
{
    sw_err first_err = {0};
    sw_code code = SW_OK, first = SW_OK;
    for (size_t i = 0; code == SW_OK && i < run->n; i++) {
        if (!stage_is_over(run->stages[i].record.ending))
            code = run_stage(run, (int)i, err);
        run->work_before += run->stages[i].work;
        if (run->r.trouble != SW_OK && first == SW_OK) {
            first = run->r.trouble;
            first_err = run->r.trouble_err;
        }
        if (run->r.trouble != SW_OK && run->r.o->bench->url != NULL)
            break;
        if (run->r.trouble != SW_OK) { // the next stage begins with another server
            host_pool_close_all(run->r.o->hosts);
            run->r.host = NULL;
        }
        run->r.trouble = SW_OK;
    }
    if (code == SW_OK && first != SW_OK) {
        *err = first_err;
        code = first;
    }
    return code;
}

sw_code stress_run_all(const stress_protocol *protocol, const runner_options *options, sw_err *err)
{
    run_record *stored = NULL;
    stress_run run = {
        .r = {.o = options,
              .samples = mem_calloc(WATCH_KEPT, sizeof *run.r.samples),
              .raw_samples = mem_calloc(WATCH_KEPT, sizeof *run.r.raw_samples),
              .has_models = options->subjects->n > 1,
              .has_modes = true,
              .n_warmups = options->n_warmups,
              .begin_ns = clock_now_ns(options->bench->clock),
              .progress = {.model = "", .mode = ""}},
        .protocol = protocol,
        .keep = arena_create(),
    };
    sw_code code = run.keep != NULL && run.r.samples != NULL && run.r.raw_samples != NULL
                       ? store_load_run(options->store, options->run_id, &stored, err)
                       : out_of_memory(err);
    run.stored = stored;
    if (code == SW_OK)
        code = plan(&run, err);
    if (code == SW_OK)
        code = store_plan(&run, err);
    if (code == SW_OK)
        count_work(&run);
    if (code == SW_OK)
        code = run_stages(&run, err);
    run_record_free(stored);
    arena_free(run.keep);
    mem_free(run.r.samples);
    mem_free(run.r.raw_samples);
    return code;
}
