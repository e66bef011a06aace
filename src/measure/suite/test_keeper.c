/* test_keeper.c - from an answer to a stored test.
 *
 * Invariant: a test is stored, with the samples of its time, before its progress is reported as ended; what was
 * reported can therefore not be lost.
 */
#include "suite/runner_state.h"

void test_keeper_tag(const runner *r, int index)
{
    memory_watch *const watch = host_watch(r->host->host);
    if (watch != NULL)
        watch_tag(watch, index);
}

size_t test_keeper_samples(runner *r)
{
    memory_watch *const watch = host_watch(r->host->host);
    if (watch == NULL)
        return 0;
    const gpu_values *gpus;
    const size_t n = watch_take(watch, r->raw_samples, WATCH_KEPT, &gpus), n_gpus = watch_n_gpus(watch);
    for (size_t i = 0; i < n; i++) {
        const watch_sample *const s = &r->raw_samples[i];
        r->samples[i] = (resource_sample){.t_ms = runner_ms(r, s->t_ns),
                                          .server = r->host->server,
                                          .test_index = s->tag,
                                          .values = s->values,
                                          .gpus = gpus + i * n_gpus,
                                          .n_gpus = n_gpus};
    }
    return n;
}

/* Only answers that completed are checked: the others have failed already. */
static sw_code try_checks(const runner *r, test_record *test, const check_list *checks, arena *keep, sw_err *err)
{
    check_record *records = NULL;
    if (test->is_warmup || check_list_size(checks) == 0 || test->answer.status != TEST_COMPLETED)
        return SW_OK;
    const check_options options = {
        .clock = r->o->bench->clock, .cancel = r->o->bench->cancel, .run_code = !r->o->bench->is_without_code};
    const sw_code code = check_list_try(checks, &test->answer, &options, keep, &records, err);
    test->checks = records;
    test->n_checks = code == SW_OK ? check_list_size(checks) : 0;
    return code;
}

static void report_end(runner *r, const test_record *test, const test_metrics *metrics)
{
    r->progress.work_done += test->plan.max_tokens;
    r->progress.test = test;
    r->progress.metrics = metrics;
    runner_report(r, RUNNER_ENDED);
    r->progress.test = NULL;
    r->progress.metrics = NULL;
}

sw_code test_keeper_keep(runner *r, test_record *test, const check_list *checks, sw_err *err)
{
    const size_t n_samples = test_keeper_samples(r);
    test_keeper_tag(r, -1);
    arena *const keep = arena_create();
    sw_code code = keep != NULL ? try_checks(r, test, checks, keep, err)
                                : sw_fail(err, SW_ENOMEM, "out of memory for the checks of a test");
    if (code == SW_OK)
        code = store_add_test(r->o->store, r->o->run_id, test, r->samples, n_samples, err);
    test_metrics metrics = {0};
    if (code == SW_OK)
        code = metrics_of(test, &metrics, err);
    if (code == SW_OK && test->is_warmup)
        r->warmup_tps = 1000 / metrics.tpot_ms;
    else if (code == SW_OK)
        report_end(r, test, &metrics);
    arena_free(keep);
    return code;
}
