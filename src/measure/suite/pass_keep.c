/* pass_keep.c - judges the answers of a pass, and stores those that are results. */
#include "suite/pass_state.h"
#include "suite/refusal.h"

/* The server's own failure ends the turn of its model; the first one counts. */
static void set_trouble(runner *r, sw_code code, const sw_err *err)
{
    if (r->trouble == SW_OK) {
        r->trouble = code;
        r->trouble_err = *err;
    }
}

/* Returns true if this answer is a result, and not a sign that there will be none. */
static bool is_result(runner *r, const test_record *test)
{
    sw_err err = {0};
    sw_code code = SW_OK;
    if (test->answer.status == TEST_CONNECT_FAILED)
        code = sw_fail(&err, SW_EIO, "the server cannot be reached any more: %s", test->answer.error);
    else if (!r->host->is_warm)
        code = refusal_check(host_target(r->host->host), host_models(r->host->host), r->host->model, test, &err);
    r->host->is_warm = true;
    if (code != SW_OK)
        set_trouble(r, code, &err);
    return code == SW_OK;
}

static void look_at_server(runner *r, const test_record *test)
{
    sw_err err = {0};
    if (test->answer.status != TEST_COMPLETED && !host_is_alive(r->host->host)) {
        const sw_code code = sw_fail(&err, SW_EIO, "the server of '%.100s' ended during '%s'; its log says why",
                                     r->host->model, test->plan.name);
        set_trouble(r, code, &err);
    }
}

/* Milliseconds round down, so that a test begins at or after its samples. */
static test_record record_of(const pass *p, const flight *f)
{
    const bench_step *const s = f->step;
    test_record test = {
        .plan = s->plan,
        .subject = s->subject,
        .server = p->r->host->server,
        .mode = s->mode,
        .variant = s->variant,
        .is_warmup = s->pass < 0,
        .index = s->index,
        .repeat = s->repeat,
        .start_ms = runner_ms(p->r, f->start_ns),
        .stage = -1,
        .item = "",
        .answer = *transfer_answer(f->transfer),
    };
    if (p->is_open) // t0 is when the connection was open
        test.answer.scheduled_ns = -(int64_t)(f->start_ns - f->due_ns) - test.answer.connect_ns;
    return test;
}

static sw_code keep(pass *p, const flight *f, sw_err *err)
{
    runner *const r = p->r;
    test_record test = record_of(p, f);
    if (test.answer.status == TEST_CANCELED)
        return sw_fail(err, SW_ECANCELED, "canceled during '%s'", test.plan.name);
    if (!is_result(r, &test))
        return SW_OK;
    runner_name_step(r, f->step);
    const sw_code code = test_keeper_keep(r, &test, f->step->checks, err);
    r->host->has_answered |= test.answer.status == TEST_COMPLETED;
    look_at_server(r, &test);
    return code;
}

/* Stores what has ended; all of it, even if one is canceled. */
sw_code pass_keep_ended(pass *p, sw_err *err)
{
    sw_code code = SW_OK;
    for (size_t i = 0; i < p->n_ended; i++) {
        sw_err own = {0};
        const sw_code kept = code == SW_OK || code == SW_ECANCELED ? keep(p, p->ended[i], &own) : SW_OK;
        if (kept != SW_OK && code == SW_OK) {
            code = kept;
            *err = own;
        }
        transfer_free(p->ended[i]->transfer); // the answer's texts are the transfer's
        p->ended[i]->transfer = NULL;
    }
    p->n_ended = 0;
    return code;
}
