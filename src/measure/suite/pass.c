/* pass.c - sends the requests of one pass and takes their answers: one at a time, several, or by a schedule.
 *
 * Invariant: nothing is checked or stored while a request is under way, because that would delay the arrival times of
 * its tokens.  An open loop never waits for answers: a request that is late keeps the moment for which it was
 * scheduled.
 */
#include <math.h>

#include "base/alloc.h"
#include "suite/pass_state.h"

static const uint64_t SLICE_NS = 100 * 1000000u; // between two looks at what may have happened

/* ---- when -------------------------------------------------------------------------------------------------------- */

static int next_worker(const pass *p)
{
    int first = 0;
    for (int i = 1; i < p->n_workers; i++) {
        if (p->ready_ns[i] < p->ready_ns[first])
            first = i;
    }
    return first;
}

/* When the next step was to be sent, whether or not a worker is free. */
static uint64_t due_ns(const pass *p)
{
    const bench_step *const step = p->flights[p->next].step;
    if (p->is_open)
        return p->begin_ns + (uint64_t)((step->offset_s - p->flights[0].step->offset_s) * 1e9);
    return step->is_beside ? p->begin_ns : p->ready_ns[next_worker(p)];
}

/* When it can be sent; UINT64_MAX while all workers wait for answers. */
static uint64_t start_ns(const pass *p)
{
    const uint64_t ready = p->ready_ns[next_worker(p)], due = due_ns(p);
    return ready == UINT64_MAX || (p->is_open && ready > due) ? ready : due;
}

/* Returns true if the next step fits the time budget, by the time per token of the tests so far. */
static bool fits_budget(const runner *r, const bench_step *step, uint64_t now_ns)
{
    const double budget_s = r->o->protocol->settings.time_budget_s;
    const double estimate_s = r->spent_work > 0 ? r->spent_s / r->spent_work * step->plan.max_tokens : 0;
    return !(budget_s > 0) || (double)(now_ns - r->begin_ns) / 1e9 + estimate_s <= budget_s;
}

static bool may_start(const pass *p)
{
    return p->next < p->n && p->r->trouble == SW_OK && !p->r->is_over_budget && !runner_is_canceled(p->r);
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

static sw_code start(pass *p, flight *f, uint64_t now_ns, sw_err *err)
{
    runner *const r = p->r;
    const bool is_spillway = host_is_spillway(r->host->host);
    const transfer_options question = {
        .target = host_target(r->host->host),
        .model = r->host->model,
        .plan = &f->step->plan,
        .route = r->o->bench->route,
        .is_whole = f->step->mode == MODE_WHOLE,
        .avoids_prefix = f->step->mode == MODE_COLD,
        .wants_experts = is_spillway,
        .wants_token_counts = is_spillway,
        .limits = r->o->bench->limits,
        .cancel = r->o->bench->cancel,
        .ud = f,
    };
    f->due_ns = p->is_open ? due_ns(p) : now_ns;
    f->start_ns = now_ns;
    f->worker = next_worker(p);
    p->ready_ns[f->worker] = UINT64_MAX;
    p->n_active++;
    p->next++;
    runner_name_step(r, f->step);
    test_keeper_tag(r, f->step->index);
    return fleet_add(r->o->fleet, &question, &f->transfer, err);
}

/* Starts every step whose time has come. */
static sw_code start_due(pass *p, sw_err *err)
{
    sw_code code = SW_OK;
    while (code == SW_OK && may_start(p)) {
        const uint64_t now_ns = clock_now_ns(p->r->o->bench->clock);
        flight *const f = &p->flights[p->next];
        if (start_ns(p) > now_ns)
            break;
        if (!fits_budget(p->r, f->step, now_ns))
            p->r->is_over_budget = true;
        else
            code = start(p, f, now_ns, err);
    }
    return code;
}

/* Takes the answers that have ended. */
static void take_ended(pass *p)
{
    const double pause_s = p->is_open ? 0 : p->r->o->protocol->settings.pause_s;
    chat_transfer *t;
    while ((t = fleet_take(p->r->o->fleet)) != NULL) {
        flight *const f = transfer_ud(t);
        const uint64_t now_ns = clock_now_ns(p->r->o->bench->clock);
        p->ended[p->n_ended++] = f;
        p->n_active--;
        p->r->last_end_ns = now_ns;
        p->ready_ns[f->worker] = now_ns + (uint64_t)(pause_s * 1e9);
        p->r->spent_s += (double)(now_ns - f->start_ns) / 1e9 / p->n_workers;
        p->r->spent_work += f->step->plan.max_tokens;
    }
}

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

static void report_asking(pass *p)
{
    runner_progress *const g = &p->r->progress;
    g->n_events = 0;
    g->elapsed_s = 0;
    g->n_active = (int)p->n_active;
    for (size_t i = 0; i < p->next; i++) {
        const chat_transfer *const t = p->flights[i].transfer;
        if (t == NULL || transfer_has_ended(t))
            continue;
        g->n_events += transfer_n_events(t);
        g->elapsed_s = fmax(g->elapsed_s, transfer_elapsed_s(t));
    }
    runner_report(p->r, g->number > 0 ? RUNNER_ASKING : RUNNER_WARMUP);
}

/* Waits for the next start in slices, so that Ctrl-C ends a pause of an hour within a tenth of a second. */
static void wait_for_start(pass *p, uint64_t now_ns)
{
    const uint64_t at_ns = start_ns(p);
    if (at_ns <= now_ns)
        return;
    p->r->progress.elapsed_s = (double)(at_ns - now_ns) / 1e9;
    runner_report(p->r, RUNNER_PAUSE);
    clock_sleep_ns(p->r->o->bench->clock, at_ns - now_ns < SLICE_NS ? at_ns - now_ns : SLICE_NS);
}

/* Moves bytes until something has ended or the next step is due. */
static void wait_for_answers(pass *p, uint64_t now_ns, uint64_t *tick_ns)
{
    uint64_t wait_ns = SLICE_NS;
    if (may_start(p) && start_ns(p) != UINT64_MAX)
        wait_ns = start_ns(p) <= now_ns ? 0 : start_ns(p) - now_ns < SLICE_NS ? start_ns(p) - now_ns : SLICE_NS;
    fleet_run(p->r->o->fleet, (int)(wait_ns / 1000000));
    if (now_ns >= *tick_ns) {
        report_asking(p);
        *tick_ns = now_ns + SLICE_NS;
    }
}

static sw_code run_flights(pass *p, sw_err *err)
{
    uint64_t tick_ns = 0;
    sw_code code = SW_OK;
    while (code == SW_OK && (may_start(p) || p->n_active > 0)) {
        code = start_due(p, err);
        const uint64_t now_ns = clock_now_ns(p->r->o->bench->clock);
        if (code == SW_OK && p->n_active > 0) {
            wait_for_answers(p, now_ns, &tick_ns);
            take_ended(p);
            if (p->n_active == 0)
                code = pass_keep_ended(p, err);
        } else if (code == SW_OK && may_start(p)) {
            wait_for_start(p, now_ns);
        }
    }
    if (code == SW_OK && runner_is_canceled(p->r))
        code = sw_fail(err, SW_ECANCELED, "canceled between two tests");
    return code;
}

/* The first request of a model's turn follows its warm-up without a pause. */
static void begin(pass *p)
{
    const runner *const r = p->r;
    const protocol_settings *const s = &r->o->protocol->settings;
    p->begin_ns = clock_now_ns(r->o->bench->clock);
    const uint64_t pause_ns = p->is_open ? 0 : (uint64_t)(s->pause_s * 1e9);
    for (int i = 0; i < p->n_workers; i++)
        p->ready_ns[i] = r->last_end_ns > 0 ? r->last_end_ns + pause_ns : p->begin_ns;
}

sw_code pass_run(runner *r, const bench_step *const *steps, size_t n, sw_err *err)
{
    const protocol_settings *const s = &r->o->protocol->settings;
    const bool overlaps = steps[0]->pass >= 0 && schedule_is_concurrent(steps[0], s);
    pass p = {.r = r, .n = n, .n_workers = overlaps ? s->concurrency : 1};
    p.is_open = overlaps && s->arrivals != ARRIVALS_CLOSED;
    if (p.is_open && s->arrivals == ARRIVALS_BURST)
        p.n_workers = (int)n; // a burst does not wait for the one before it
    p.flights = mem_calloc(n, sizeof *p.flights);
    p.ended = mem_calloc(n, sizeof *p.ended);
    p.ready_ns = mem_calloc((size_t)p.n_workers, sizeof *p.ready_ns);
    sw_code code = SW_OK;
    if (p.flights == NULL || p.ended == NULL || p.ready_ns == NULL)
        code = sw_fail(err, SW_ENOMEM, "out of memory for %zu requests", n);
    for (size_t i = 0; code == SW_OK && i < n; i++)
        p.flights[i].step = steps[i];
    if (code == SW_OK) {
        begin(&p);
        code = run_flights(&p, err);
        fleet_cancel_all(r->o->fleet); // after an error: what is under way is freed with its fleet
    }
    mem_free(p.flights);
    mem_free(p.ended);
    mem_free(p.ready_ns);
    return code;
}
