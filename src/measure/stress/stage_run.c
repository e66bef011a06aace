/* stage_run.c - the requests of one stage: sessions, the fleet of their transfers, and the clock.
 *
 * Invariant: an answer is stored as soon as it has ended, so that a run that is killed loses only what was under way.
 * Other answers wait for the disk meanwhile: a piece of text that comes in these milliseconds is seen late.
 */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "stress/stress_state.h"

static const uint64_t SLICE_NS = 100 * 1000000u;          // between two looks at what may have happened
static const uint64_t SAVE_NS = UINT64_C(5) * 1000000000; // between two stored records of a stage under way

static uint64_t now_ns(const stage_run *g)
{
    return clock_now_ns(g->run->r.o->bench->clock);
}

double stage_now_s(const stage_run *g, uint64_t t_ns)
{
    return (double)g->before_ms / 1e3 + (double)(t_ns - g->begin_ns) / 1e9;
}

/* Returns false once no further request may begin. */
static bool may_start(const stage_run *g)
{
    const double duration_s = g->w->stage->duration_s;
    const bool has_time = !(duration_s > 0) || stage_now_s(g, now_ns(g)) < duration_s;
    return has_time && g->run->r.trouble == SW_OK && !g->is_canceled && !runner_is_canceled(&g->run->r);
}

/* ---- progress ---------------------------------------------------------------------------------------------------- */

/* By requests or by time, whichever is further. */
static double share_done(const stage_run *g)
{
    const double duration_s = g->w->stage->duration_s;
    const double by_time = duration_s > 0 ? stage_now_s(g, now_ns(g)) / duration_s : 0;
    const double by_requests = g->w->n_planned > 0 ? (double)g->n_ended / g->w->n_planned : 0;
    return fmin(1, fmax(by_time, by_requests));
}

static void report(stage_run *g)
{
    runner_progress *const p = &g->run->r.progress;
    p->n_events = 0;
    p->elapsed_s = 0;
    p->n_active = (int)g->n_active;
    p->number = g->run->n_ended + 1;
    for (int i = 0; i < g->w->n_sessions; i++) {
        const stage_slot *const slot = &g->slots[i];
        if (slot->transfer == NULL)
            continue;
        p->plan = &slot->request.plan;
        p->n_events += transfer_n_events(slot->transfer);
        p->elapsed_s = fmax(p->elapsed_s, transfer_elapsed_s(slot->transfer));
    }
    p->work_done = g->run->work_before + share_done(g) * g->run->stages[g->position].work;
    if (g->n_active == 0)
        p->elapsed_s = fmax(0, g->w->stage->duration_s - stage_now_s(g, now_ns(g)));
    runner_report(&g->run->r, g->n_active > 0 ? RUNNER_ASKING : RUNNER_PAUSE);
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

static sw_code start(stage_run *g, int session, sw_err *err)
{
    runner *const r = &g->run->r;
    stage_slot *const slot = &g->slots[session];
    const work_request *const request = &slot->request;
    const bool is_spillway = host_is_spillway(r->host->host);
    const transfer_options question = {
        .target = host_target(r->host->host),
        .model = r->host->model,
        .plan = &request->plan,
        .history = request->history,
        .n_history = request->n_history,
        .route = request->route != NULL ? request->route->route : r->o->bench->route,
        .is_whole = request->route != NULL && request->route->is_whole,
        .avoids_prefix = g->w->stage->avoids_prefix,
        .ignores_eos = g->w->stage->ignores_eos,
        .wants_experts = is_spillway,
        .wants_token_counts = is_spillway,
        .limits = r->o->bench->limits,
        .cancel = r->o->bench->cancel,
        .ud = slot,
    };
    slot->start_ns = now_ns(g);
    slot->has_left = false;
    slot->index = g->run->next_index++;
    slot->turn = g->w->n_asked[session];
    g->n_active++;
    test_keeper_tag(r, slot->index);
    return fleet_add(r->o->fleet, &question, &slot->transfer, err);
}

/* Starts every request whose time has come; *wait_ns becomes the time to the next that is known. */
static sw_code start_due(stage_run *g, uint64_t *wait_ns, bool *is_over, sw_err *err)
{
    sw_code code = SW_OK;
    *is_over = true;
    for (int i = 0; code == SW_OK && i < g->w->n_sessions; i++) {
        stage_slot *const slot = &g->slots[i];
        if (slot->transfer != NULL || slot->is_over || !may_start(g))
            continue;
        const double now_s = stage_now_s(g, now_ns(g));
        double at_s = now_s;
        const work_next next = g->w->ops->next(g->w, i, now_s, &slot->request, &at_s);
        if (g->w->failed != SW_OK)
            return sw_fail(err, SW_ENOMEM, "out of memory for a request");
        slot->is_over = next == WORK_OVER;
        if (next == WORK_ASK)
            code = start(g, i, err);
        if (next == WORK_WAIT) {
            *is_over = false;
            *wait_ns = (uint64_t)fmin((double)*wait_ns, fmax(0, (at_s - now_s) * 1e9));
        }
    }
    return code;
}

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

/* Stores the answers that have ended. */
static sw_code keep_ended(stage_run *g, sw_err *err)
{
    sw_code code = SW_OK;
    for (chat_transfer *t; (t = fleet_take(g->run->r.o->fleet)) != NULL;) {
        stage_slot *const slot = transfer_ud(t);
        g->n_active--;
        if (code == SW_OK)
            code = stage_keep(g, (int)(slot - g->slots), err);
        transfer_free(t); // the answer's texts are the transfer's
        slot->transfer = NULL;
    }
    return code;
}

/* The time spent is stored now and then, so that a run that is killed loses seconds of it. */
static sw_code save_now_and_then(stage_run *g, sw_err *err)
{
    const uint64_t t_ns = now_ns(g);
    stage_record *const record = &g->run->stages[g->position].record;
    record->spent_ms = g->before_ms + (int64_t)((t_ns - g->begin_ns) / 1000000);
    if (t_ns - g->saved_ns < SAVE_NS)
        return SW_OK;
    g->saved_ns = t_ns;
    return stage_save(g->run, g->position, err);
}

/* Clients that leave in the middle of their answers. */
static void break_off(stage_run *g)
{
    for (int i = 0; i < g->w->n_sessions; i++) {
        stage_slot *const slot = &g->slots[i];
        const int after = slot->request.leaves_after;
        if (slot->transfer == NULL || after == 0 || slot->has_left || transfer_n_events(slot->transfer) < (size_t)after)
            continue;
        slot->has_left = true;
        fleet_cancel(g->run->r.o->fleet, slot->transfer);
    }
}

/* Moves bytes, or sleeps while there are none to come. */
static void wait(stage_run *g, uint64_t wait_ns, uint64_t *tick_ns)
{
    if (g->n_active > 0) {
        fleet_run(g->run->r.o->fleet, (int)(wait_ns / 1000000));
        break_off(g);
    } else {
        clock_sleep_ns(g->run->r.o->bench->clock, wait_ns);
    }
    if (now_ns(g) >= *tick_ns) {
        report(g);
        *tick_ns = now_ns(g) + SLICE_NS;
    }
}

static sw_code run_requests(stage_run *g, sw_err *err)
{
    uint64_t tick_ns = 0;
    sw_code code = SW_OK;
    for (bool is_over = false; code == SW_OK;) {
        uint64_t wait_ns = SLICE_NS;
        code = start_due(g, &wait_ns, &is_over, err);
        if (code == SW_OK && g->n_active == 0 && (is_over || !may_start(g)))
            break;
        if (code == SW_OK) {
            wait(g, wait_ns, &tick_ns);
            code = keep_ended(g, err);
        }
        if (code == SW_OK)
            code = save_now_and_then(g, err);
    }
    fleet_cancel_all(g->run->r.o->fleet); // after an error: what is under way is freed with its fleet
    return code;
}

/* ---- a stage ----------------------------------------------------------------------------------------------------- */

/* How it ended, from what happened. */
static void set_ending(stage_run *g, stage_record *record)
{
    const runner *const r = &g->run->r;
    const bool is_cut = g->is_canceled || runner_is_canceled(r);
    record->ending = r->trouble != SW_OK ? STAGE_FAILED : is_cut ? STAGE_CUT : STAGE_DONE;
    record->reason = r->trouble != SW_OK ? r->trouble_err.msg : is_cut ? "canceled" : "";
    record->end_ms = runner_ms(r, now_ns(g));
    record->spent_ms = g->before_ms + (int64_t)((now_ns(g) - g->begin_ns) / 1000000);
}

static sw_code run_stage(stage_run *g, sw_err *err)
{
    stress_run *const run = g->run;
    stage_record *const record = &run->stages[g->position].record;
    g->begin_ns = g->saved_ns = now_ns(g);
    g->before_ms = record->spent_ms;
    record->start_ms = record->start_ms >= 0 ? record->start_ms : runner_ms(&run->r, g->begin_ns);
    record->ending = STAGE_RUNNING;
    stage_replay(g);
    sw_code code = stage_save(run, g->position, err);
    if (code == SW_OK)
        code = run_requests(g, err);
    if (code != SW_OK)
        return code;
    set_ending(g, record);
    code = stage_save(run, g->position, err);
    if (code == SW_OK && record->ending == STAGE_CUT)
        code = sw_fail(err, SW_ECANCELED, "canceled in stage '%s' of suite '%s'", record->name, record->suite);
    return code;
}

static work_server server_of(const stress_run *run)
{
    size_t n;
    work_server server = {.is_spillway = host_is_spillway(run->r.host->host)};
    const fact_record *const facts = host_facts(run->r.host->host, &n);
    for (size_t i = 0; i < n; i++) {
        if (facts[i].name == FACT_N_CTX && facts[i].number > 0)
            server.n_ctx = (int64_t)facts[i].number;
    }
    return server;
}

sw_code stage_run_missing(stress_run *run, int position, sw_err *err)
{
    planned_stage *const planned = &run->stages[position];
    const work_server server = server_of(run);
    stage_run g = {.run = run, .position = position};
    const char *skip = NULL;
    arena *const keep = arena_create();
    sw_code code = keep != NULL ? workload_open(&g.w, planned->suite, planned->stage, &server, keep, &skip, err)
                                : sw_fail(err, SW_ENOMEM, "out of memory for a stage");
    if (code == SW_OK && skip != NULL) {
        planned->record.ending = STAGE_SKIPPED;
        planned->record.reason = skip;
        code = stage_save(run, position, err);
        planned->record.reason = ""; // the workload's
    } else if (code == SW_OK) {
        g.slots = mem_calloc((size_t)g.w->n_sessions, sizeof *g.slots);
        code = g.slots != NULL ? run_stage(&g, err) : sw_fail(err, SW_ENOMEM, "out of memory for sessions");
        mem_free(g.slots);
    }
    workload_close(g.w);
    arena_free(keep);
    return code;
}
