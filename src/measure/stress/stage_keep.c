/* stage_keep.c - answers of a stage into the store, and back into its workload when a run is resumed. */
#include <math.h>
#include <string.h>

#include "stress/stress_state.h"

/* ---- storing ----------------------------------------------------------------------------------------------------- */

sw_code stage_save(stress_run *run, int position, sw_err *err)
{
    runner *const r = &run->r;
    const size_t n_samples = r->host != NULL ? test_keeper_samples(r) : 0;
    return store_put_stage(r->o->store, r->o->run_id, position, &run->stages[position].record, r->samples, n_samples,
                           err);
}

static test_mode mode_of(const stage_run *g, const work_request *request)
{
    if (g->w->stage->is_reference)
        return MODE_REFERENCE;
    return request->route != NULL && request->route->is_whole ? MODE_WHOLE : MODE_STREAM;
}

/* Milliseconds round down, so that a test begins at or after its samples. */
static test_record record_of(const stage_run *g, int session)
{
    const stage_slot *const slot = &g->slots[session];
    const work_request *const request = &slot->request;
    runner *const r = &g->run->r;
    test_record test = {
        .plan = request->plan,
        .subject = g->run->stages[g->position].record.subject,
        .server = r->host->server,
        .mode = mode_of(g, request),
        .variant = request->route != NULL && request->route->is_of_spillway ? request->route->name : "",
        .index = slot->index,
        .start_ms = runner_ms(r, slot->start_ns),
        .stage = g->position,
        .session = session,
        .turn = slot->turn,
        .item = request->item,
        .answer = *transfer_answer(slot->transfer),
    };
    if (request->scheduled_s >= 0) // t0 is when the connection was open
        test.answer.scheduled_ns =
            (int64_t)fmin(0, (request->scheduled_s - stage_now_s(g, slot->start_ns)) * 1e9) - test.answer.connect_ns;
    return test;
}

/* A server that ended, or that answers nobody any more, ends the turn of its model. */
static void look_at_server(stage_run *g, const test_record *test)
{
    runner *const r = &g->run->r;
    const bool is_gone = !host_is_alive(r->host->host) ||
                         (test->answer.status == TEST_CONNECT_FAILED && !target_is_healthy(host_target(r->host->host)));
    if (test->answer.status == TEST_COMPLETED || r->trouble != SW_OK || !is_gone)
        return;
    r->trouble = sw_fail(&r->trouble_err, SW_EIO, "the server of '%.100s' cannot be reached any more: %.300s",
                         r->host->model, test->answer.error);
}

/* Judges an answer that completed. */
static sw_code judge(stage_run *g, int session, test_record *test, arena *keep, sw_err *err)
{
    const bench_options *const o = g->run->r.o->bench;
    const check_options options = {.clock = o->clock, .cancel = o->cancel, .run_code = !o->is_without_code};
    check_record *checks = NULL;
    if (g->w->ops->judge == NULL || test->answer.status != TEST_COMPLETED)
        return SW_OK;
    const sw_code code = g->w->ops->judge(g->w, session, &test->answer, &options, keep, &checks, &test->n_checks, err);
    test->checks = checks;
    return code;
}

/* With its checks. */
static sw_code store_test(stage_run *g, int session, test_record *test, sw_err *err)
{
    arena *const keep = arena_create();
    sw_code code = keep != NULL ? judge(g, session, test, keep, err)
                                : sw_fail(err, SW_ENOMEM, "out of memory for the checks of an answer");
    if (code == SW_OK)
        code = test_keeper_keep(&g->run->r, test, NULL, err);
    arena_free(keep);
    return code;
}

sw_code stage_keep(stage_run *g, int session, sw_err *err)
{
    stage_slot *const slot = &g->slots[session];
    runner *const r = &g->run->r;
    test_record test = record_of(g, session);
    if (test.answer.status == TEST_CANCELED && !slot->has_left) {
        g->is_canceled = true;
        return SW_OK;
    }
    r->progress.plan = &slot->request.plan;
    r->progress.number = ++g->run->n_ended;
    const sw_code code = store_test(g, session, &test, err);
    g->n_ended++;
    g->w->n_asked[session]++;
    if (g->w->ops->took != NULL)
        g->w->ops->took(g->w, session, &slot->request, &test.answer, stage_now_s(g, clock_now_ns(r->o->bench->clock)));
    look_at_server(g, &test);
    return code;
}

/* ---- what earlier sessions stored -------------------------------------------------------------------------------- */

/* Requests of a session follow each other, so that its answers are in the order of the store. */
void stage_replay(stage_run *g)
{
    const run_record *const stored = g->run->stored;
    for (size_t i = 0; i < stored->n_tests; i++) {
        const test_record *const t = &stored->tests[i];
        work_request request;
        double at_s;
        if (t->stage != g->position || t->session < 0 || t->session >= g->w->n_sessions)
            continue;
        if (g->w->ops->next(g->w, t->session, INFINITY, &request, &at_s) != WORK_ASK)
            continue;
        g->w->n_asked[t->session]++;
        g->n_ended++;
        if (g->w->ops->took != NULL)
            g->w->ops->took(g->w, t->session, &request, &t->answer, 0);
    }
}
