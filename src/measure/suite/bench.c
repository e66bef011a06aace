/* bench.c - the life of a session: opened, run, closed.
 *
 * Invariant: bench_close frees whatever was opened, in any state, and no server of ours is left running.
 */
#include "suite/bench.h"

#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "suite/bench_state.h"

enum { NOTES_BYTES_MAX = 1 << 20 };

static sw_code check_text(const char *what, const char *text, sw_err *err)
{
    if (text == NULL || utf8_valid(text, strlen(text)))
        return SW_OK;
    return sw_fail(err, SW_EINVAL, "%s is not UTF-8 and cannot be stored with the run: '%.100s'", what, text);
}

/* SQLite and JSON hold UTF-8 only, and a run that cannot be stored must not begin.  The command is last: it repeats the
 * others. */
static sw_code check_texts(const bench_options *o, sw_err *err)
{
    sw_code code = check_text("--url", o->url, err);
    if (code == SW_OK)
        code = check_text("the folder of the results", o->dir, err);
    for (size_t i = 0; code == SW_OK && i < o->n_models; i++)
        code = check_text("a model", o->models[i], err);
    for (size_t i = 0; code == SW_OK && i < o->n_serve_options; i++)
        code = check_text("an option after \"--\"", o->serve_options[i], err);
    return code == SW_OK ? check_text("an argument", o->command, err) : code;
}

sw_code bench_open(bench_session **out, const bench_options *options, const bench_task *task, sw_err *err)
{
    *out = NULL;
    sw_code code = check_texts(options, err);
    if (code != SW_OK)
        return code;
    bench_session *const b = mem_calloc(1, sizeof *b);
    if (b == NULL || (b->keep = arena_create()) == NULL) {
        mem_free(b);
        return sw_fail(err, SW_ENOMEM, "out of memory preparing the benchmark");
    }
    buf_init(&b->notes, NOTES_BYTES_MAX);
    buf_init(&b->differences, NOTES_BYTES_MAX);
    b->o = *options;
    b->task = task;
    b->opened_unix_ms = clock_unix_s(options->clock) * 1000; // it dates a run, and figures never come from it
    b->opened_ns = clock_now_ns(options->clock);
    clock_guard_begin(&b->guard, clock_reader_system());
    code = fleet_create(&b->fleet, options->clock, err);
    if (code == SW_OK)
        code = options->resume ? bench_open_stored(b, err) : bench_open_new(b, err);
    if (code != SW_OK) {
        bench_close(b);
        return code;
    }
    *out = b;
    return SW_OK;
}

/* The servers are ended before the status is stored, so that a report never says "ok" while one still runs. */
sw_code bench_run(bench_session *b, runner_progress_fn on_progress, void *ud, sw_err *err)
{
    const runner_options options = {
        .schedule = &b->schedule,
        .protocol = b->protocol,
        .bench = &b->o,
        .hosts = b->hosts,
        .subjects = &b->subjects,
        .fleet = b->fleet,
        .store = b->store,
        .run_id = b->run_id,
        .n_warmups = b->n_warmups,
        .origin_ns = b->opened_ns,
        .origin_ms = b->origin_ms,
        .guard = &b->guard,
        .on_progress = on_progress,
        .ud = ud,
    };
    runner_result result = {0};
    const sw_code code =
        b->task != NULL ? b->task->run(b->task->ud, &options, &result, err) : runner_run(&options, &result, err);
    b->is_over_budget = result.is_over_budget;
    fleet_free(b->fleet); // its transfers refer to the servers' targets
    b->fleet = NULL;
    host_pool_close_all(b->hosts);
    sw_err own = {0};
    const sw_code stored = bench_finish(b, &own);
    if (code == SW_OK && stored != SW_OK)
        *err = own;
    return code != SW_OK ? code : stored; // the first error is the one that is reported
}

sw_code bench_load(bench_session *b, run_record **out, sw_err *err)
{
    return store_load_run(b->store, b->run_id, out, err);
}

const char *bench_memory_note(const bench_session *b)
{
    return b->watch_note;
}

const char *bench_notes(const bench_session *b)
{
    return buf_str(&b->notes);
}

const char *bench_differences(const bench_session *b)
{
    return buf_str(&b->differences);
}

const char *bench_dir(const bench_session *b)
{
    return b->dir;
}

void bench_close(bench_session *b)
{
    if (b == NULL)
        return;
    fleet_free(b->fleet);
    host_pool_free(b->hosts);
    store_close(b->store);
    protocol_free(b->protocol);
    buf_free(&b->notes);
    buf_free(&b->differences);
    arena_free(b->keep);
    mem_free(b);
}
