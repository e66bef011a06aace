/* runner.c - the loop over the tests of a protocol.
 *
 * Invariant: a test is stored, with the memory samples of its time, before its progress is reported as ended; what was
 * reported can therefore not be lost.
 */
#include "suite/runner.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

enum { MODELS_BYTES_MAX = 160 };

typedef struct runner {
    const runner_options *o;
    const run_record *before;  // the run as it was stored before the runner started
    resource_sample *samples;  // WATCH_KEPT, reused by every test
    watch_sample *raw_samples; // the same, as the watch gives them
    runner_progress progress;  // passed to the callback; its views are valid during the call
    bool has_answer;           // to the first request of this session
} runner;

/* Passes the state of the run on; the callback must not keep it. */
static void report(runner *r, runner_phase phase)
{
    r->progress.phase = phase;
    if (r->o->on_progress != NULL)
        r->o->on_progress(r->o->ud, &r->progress);
}

/* A fleet_tick_fn.  While no test has begun, the request under way is the warm-up. */
static void on_tick(void *ud, size_t n_events, double elapsed_s)
{
    runner *const r = ud;
    r->progress.n_events = n_events;
    r->progress.elapsed_s = elapsed_s;
    report(r, r->progress.number > 0 ? RUNNER_ASKING : RUNNER_WARMUP);
}

/* Milliseconds since the run began, in an earlier session perhaps. */
static int64_t run_ms(const runner *r, uint64_t t_ns)
{
    return r->o->origin_ms + (int64_t)(t_ns - r->o->origin_ns) / 1000000;
}

/* Moves the samples of the watch to r->samples; returns how many. */
static size_t take_samples(runner *r)
{
    if (r->o->watch == NULL)
        return 0;
    const size_t n = watch_take(r->o->watch, r->raw_samples, WATCH_KEPT);
    for (size_t i = 0; i < n; i++) {
        const watch_sample *const s = &r->raw_samples[i];
        resource_sample *const m = &r->samples[i];
        *m = (resource_sample){.t_ms = run_ms(r, s->t_ns), .server = -1, .test_index = s->tag, .values = s->values};
    }
    return n;
}

static void tag_samples(const runner *r, int tag)
{
    if (r->o->watch != NULL)
        watch_tag(r->o->watch, tag);
}

/* Stores a test with the memory samples of its time, then reports it. */
static sw_code keep_test(runner *r, const test_record *test, sw_err *err)
{
    const runner_options *const o = r->o;
    const size_t n_samples = take_samples(r);
    tag_samples(r, -1);
    sw_code code = store_add_test(o->store, o->run_id, test, r->samples, n_samples, err);
    test_metrics metrics;
    if (code == SW_OK)
        code = metrics_of(test, &metrics, err);
    if (code == SW_OK && !test->is_warmup) {
        r->progress.work_done += test->plan.max_tokens;
        r->progress.test = test;
        r->progress.metrics = &metrics;
        report(r, RUNNER_ENDED);
        r->progress.test = NULL;
        r->progress.metrics = NULL;
    }
    return code;
}

/* Appends the names of the models that the server lists, as many as fit a sentence. */
static void put_models(buf *out, const model_list *listed)
{
    for (size_t i = 0; i < listed->n; i++) {
        if (out->size + strlen(listed->ids[i]) > MODELS_BYTES_MAX) {
            buf_puts(out, ", ...");
            return;
        }
        buf_printf(out, "%s%s", i == 0 ? "; it lists: " : ", ", listed->ids[i]);
    }
}

/* Returns true if the server refuses what every test asks.  Statuses that pass by (a timeout, a queue that is full) and
 * errors of the server are results of this test alone, unless the model is not one that the server lists. */
static bool is_refusal(const runner_options *o, const test_record *test)
{
    const answer_record *const a = &test->answer;
    const int status = a->http_status;
    const bool is_unlisted = o->listed->n > 0 && !model_list_has(o->listed, o->model);
    if (a->status == TEST_SERVER_ERROR) // with status 200
        return is_unlisted && a->n_arrivals == 0;
    if (a->status != TEST_HTTP_ERROR || status == 408 || status == 429 || status == 503)
        return false;
    // A prompt may be refused (400, 413, 422); a warm-up is short, and what is wrong with it is wrong with all.
    return is_unlisted || status == 401 || status == 403 || status == 404 ||
           (test->is_warmup && status >= 400 && status < 500);
}

/* Returns true if the server answered with another model that it lists, and does not list the one that was asked for.
 * A name that is a part of the other ("gpt-oss" and "gpt-oss-20b") is another spelling. */
static bool is_other_model(const runner_options *o, const answer_record *a)
{
    return a->model[0] != '\0' && strstr(a->model, o->model) == NULL && strstr(o->model, a->model) == NULL &&
           model_list_has(o->listed, a->model) && !model_list_has(o->listed, o->model);
}

/* After the first answer of a session: going on makes sense only if the server serves this model. */
static sw_code check_first(const runner *r, const test_record *test, sw_err *err)
{
    const runner_options *const o = r->o;
    const answer_record *const a = &test->answer;
    sw_code code = SW_OK;
    buf models;
    buf_init(&models, 2 * MODELS_BYTES_MAX);
    put_models(&models, o->listed);
    if (is_refusal(o, test))
        code = sw_fail(err, SW_EUNSUPPORTED, "%s refuses model '%.60s': %.200s%s", target_base(o->target), o->model,
                       a->error, a->http_status != 401 && a->http_status != 403 ? buf_str(&models) : "");
    else if (is_other_model(o, a))
        code = sw_fail(err, SW_EUNSUPPORTED, "%s has no model '%.60s' and answered with '%.60s'%s",
                       target_base(o->target), o->model, a->model, buf_str(&models));
    buf_free(&models);
    return code;
}

/* Asks and stores the answer, unless it is not a result: a canceled request, or a server that cannot be reached. */
static sw_code run_test(runner *r, test_record *test, sw_err *err)
{
    const runner_options *const o = r->o;
    const transfer_options question = {
        .target = o->target, .model = o->model, .plan = &test->plan, .limits = o->limits, .cancel = o->cancel};
    test->start_ms = run_ms(r, clock_now_ns(o->clock));
    on_tick(r, 0, 0);
    tag_samples(r, test->is_warmup ? -1 : test->index);
    chat_transfer *transfer;
    sw_code code = fleet_ask(o->fleet, &question, on_tick, r, &transfer, err);
    if (code != SW_OK)
        return code;
    test->answer = *transfer_answer(transfer);
    if (test->answer.status == TEST_CANCELED)
        code = sw_fail(err, SW_ECANCELED, "canceled during '%s'", test->plan.name);
    else if (test->answer.status == TEST_CONNECT_FAILED)
        code = sw_fail(err, SW_EIO, "the server cannot be reached any more: %s", test->answer.error);
    else if (r->has_answer || (code = check_first(r, test, err)) == SW_OK)
        code = keep_test(r, test, err);
    r->has_answer = true;
    transfer_free(transfer); // the answer's texts are the transfer's
    return code;
}

/* Sends the warm-up, if the protocol has one.  Its answer is stored, but no figure uses it. */
static sw_code warm_up(runner *r, sw_err *err)
{
    if (!r->o->protocol->has_warmup)
        return SW_OK;
    test_record test = {.plan = r->o->protocol->warmup, .server = -1, .is_warmup = true};
    for (size_t i = 0; i < r->before->n_tests; i++)
        test.repeat += r->before->tests[i].is_warmup; // each session of a resumed run warms up anew
    r->progress.plan = &r->o->protocol->warmup;
    return run_test(r, &test, err);
}

/* Waits in slices, so that Ctrl-C ends a pause of an hour within a tenth of a second. */
static sw_code pause_between(runner *r, sw_err *err)
{
    const double slice_s = 0.1;
    const uint64_t end_ns = clock_now_ns(r->o->clock) + (uint64_t)(r->o->pause_s * 1e9);
    for (uint64_t now_ns; (now_ns = clock_now_ns(r->o->clock)) < end_ns;) {
        if (atomic_load_explicit(r->o->cancel, memory_order_relaxed))
            return sw_fail(err, SW_ECANCELED, "canceled between two tests");
        r->progress.elapsed_s = (double)(end_ns - now_ns) / 1e9;
        report(r, RUNNER_PAUSE);
        const uint64_t left_ns = end_ns - now_ns;
        clock_sleep_ns(r->o->clock, left_ns < (uint64_t)(slice_s * 1e9) ? left_ns : (uint64_t)(slice_s * 1e9));
    }
    return SW_OK;
}

/* Returns true if an earlier session has stored this test; its outcome does not matter. */
static bool is_stored(const run_record *run, int index, int repeat)
{
    for (size_t i = 0; i < run->n_tests; i++) {
        const test_record *const t = &run->tests[i];
        if (!t->is_warmup && t->index == index && t->repeat == repeat)
            return true;
    }
    return false;
}

/* Work is counted in tokens that may come, since tests differ twentyfold in length. */
static void plan_work(runner *r)
{
    const bench_protocol *const p = r->o->protocol;
    r->progress.n_tests = (int)p->n_tests * r->o->n_repeats;
    for (int k = 0; k < r->progress.n_tests; k++) {
        const int index = k % (int)p->n_tests;
        r->progress.work_total += p->tests[index].plan.max_tokens;
        if (is_stored(r->before, index, k / (int)p->n_tests))
            r->progress.work_done += p->tests[index].plan.max_tokens;
    }
}

/* Repeats are rounds over the whole protocol: drift over the run then spreads over all tests. */
static sw_code run_all(runner *r, sw_err *err)
{
    const bench_protocol *const p = r->o->protocol;
    plan_work(r);
    if (r->progress.work_done >= r->progress.work_total)
        return SW_OK;
    sw_code code = warm_up(r, err);
    bool is_first = true;
    for (int k = 0; code == SW_OK && k < r->progress.n_tests; k++) {
        const int index = k % (int)p->n_tests;
        const int repeat = k / (int)p->n_tests;
        if (is_stored(r->before, index, repeat))
            continue;
        if (!is_first)
            code = pause_between(r, err);
        is_first = false;
        r->progress.number = k + 1;
        r->progress.plan = &p->tests[index].plan;
        test_record test = {.plan = p->tests[index].plan, .server = -1, .index = index, .repeat = repeat};
        if (code == SW_OK)
            code = run_test(r, &test, err);
    }
    return code;
}

/* What the store has already is loaded once; tests that are added meanwhile cannot be asked for twice. */
sw_code runner_run(const runner_options *options, sw_err *err)
{
    run_record *before;
    sw_code code = store_load_run(options->store, options->run_id, &before, err);
    if (code != SW_OK)
        return code;
    runner r = {
        .o = options,
        .before = before,
        .samples = mem_calloc(WATCH_KEPT, sizeof *r.samples),
        .raw_samples = mem_calloc(WATCH_KEPT, sizeof *r.raw_samples),
    };
    code = r.samples != NULL && r.raw_samples != NULL ? run_all(&r, err)
                                                      : sw_fail(err, SW_ENOMEM, "out of memory for memory samples");
    mem_free(r.samples);
    mem_free(r.raw_samples);
    run_record_free(before);
    return code;
}
