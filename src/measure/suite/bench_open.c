/* bench_open.c - from options, or from a stored run, to a session that can begin.
 *
 * What is cheap and may fail (settings, protocol, models) comes before what is expensive (loading a model), and folder
 * and store come as late as they can: a run that cannot begin should leave no folder behind.
 */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/folder.h"
#include "monitor/machine.h"
#include "spillway.h"
#include "suite/bench_state.h"
#include "suite/results_dir.h"

sw_code bench_out_of_memory(sw_err *err)
{
    return sw_fail(err, SW_ENOMEM, "out of memory preparing the benchmark");
}

/* ---- models and servers ------------------------------------------------------------------------------------------ */

/* Of a given server; it must answer. */
static sw_code find_at_server(bench_session *b, sw_err *err)
{
    chat_target *target;
    sw_code code = target_open(&target, b->o.url, b->o.api_key, err);
    if (code == SW_OK)
        code = subject_list_from_server(&b->subjects, target, b->o.models, b->o.n_models, b->keep, err);
    target_close(target);
    return code;
}

/* The options become those that a resumed run needs: each model by its file, or by its name at the server. */
static sw_code name_models(bench_session *b, sw_err *err)
{
    const char **const names = arena_alloc(b->keep, (b->subjects.n + 1) * sizeof *names);
    if (names == NULL)
        return bench_out_of_memory(err);
    for (size_t i = 0; i < b->subjects.n; i++)
        names[i] = b->o.url != NULL ? b->subjects.items[i].record.name : b->subjects.items[i].path;
    b->o.models = names;
    b->o.n_models = b->subjects.n;
    b->o.model_dirs = NULL;
    return SW_OK;
}

sw_code bench_find_models(bench_session *b, sw_err *err)
{
    const sw_code code = b->o.url != NULL ? find_at_server(b, err)
                                          : subject_list_from_files(&b->subjects, b->o.models, b->o.n_models,
                                                                    b->o.model_dirs, b->keep, &b->notes, err);
    return code == SW_OK ? name_models(b, err) : code;
}

sw_code bench_make_schedule(bench_session *b, const run_record *stored, sw_err *err)
{
    const schedule_options options = {.protocol = b->protocol,
                                      .sweep = &b->o.sweep,
                                      .n_subjects = (int)b->subjects.n,
                                      .side = bench_main_side(b),
                                      .has_reference = b->has_reference,
                                      .stored = stored};
    return schedule_make(&b->schedule, &options, b->keep, err);
}

/* Opens the pool, and the first server: what it says of itself belongs to the run. */
sw_code bench_open_hosts(bench_session *b, pooled_host **first, sw_err *err)
{
    b->pool_options.bench = &b->o;
    b->pool_options.subjects = &b->subjects;
    b->pool_options.keep = b->keep;
    b->pool_options.origin_ns = b->opened_ns;
    b->pool_options.origin_ms = b->origin_ms;
    sw_code code = host_pool_create(&b->hosts, &b->pool_options, err);
    if (code != SW_OK || first == NULL)
        return code;
    code = host_pool_get(b->hosts, 0, bench_main_side(b), first, err);
    size_t n = 0;
    const fact_record *const facts = code == SW_OK ? host_facts((*first)->host, &n) : NULL;
    for (size_t i = 0; i < n; i++) {
        if (facts[i].name == FACT_WATCH_NOTE)
            snprintf(b->watch_note, sizeof b->watch_note, "%s", facts[i].text);
    }
    return code;
}

/* ---- the run ----------------------------------------------------------------------------------------------------- */

sw_code bench_open_store(bench_session *b, sw_err *err)
{
    const char *const path = b->o.db_path != NULL ? b->o.db_path : results_dir_join(b->dir, "results.sqlite", b->keep);
    return path != NULL ? store_open(&b->store, path, /*read_only=*/false, err) : bench_out_of_memory(err);
}

/* Stores everything that is needed to repeat or resume the run, but never the API key. */
static sw_code add_run(bench_session *b, const pooled_host *first, sw_err *err)
{
    char *const options_json = bench_options_to_json(&b->o);
    if (options_json == NULL)
        return bench_out_of_memory(err);
    const machine_info machine = machine_facts();
    const char *const own_url = first->host != NULL ? host_record(first->host).url : "";
    const run_info info = {
        .started_unix_ms = b->started_unix_ms,
        .version = SPILLWAY_VERSION,
        .url = b->o.url != NULL ? b->o.url : own_url,
        .model = first->host != NULL ? first->model : b->subjects.items[0].record.name,
        .protocol_name = b->protocol->name,
        .protocol_hash = b->protocol->hash,
        .protocol_json = b->protocol->json,
        .options_json = options_json,
        .command = b->o.command,
        .cpu = machine.cpu,
        .os = machine.os,
        .n_cores = machine.n_cores,
        .memory_bytes = machine.memory_bytes,
        .n_planned = (int)b->schedule.n,
    };
    const sw_code code = store_add_run(b->store, &info, &b->run_id, err);
    mem_free(options_json);
    return code;
}

static const char *text_of(const fact_record *facts, size_t n, fact_name name)
{
    for (size_t i = 0; i < n; i++) {
        if (facts[i].name == name)
            return facts[i].text;
    }
    return "";
}

/* Returns true if the first server has a GPU open, or the machine has one, and that server does not say that it
 * computes without. */
static bool has_gpu(const fact_record *facts, size_t n, const pooled_host *first)
{
    size_t n_own = 0;
    const fact_record *const own = first->host != NULL ? host_facts(first->host, &n_own) : NULL;
    const bool is_there = text_of(facts, n, FACT_GPU_DRIVER)[0] != '\0' || text_of(own, n_own, FACT_DEVICE)[0] != '\0';
    return is_there && strcmp(text_of(own, n_own, FACT_BACKEND), "cpu") != 0;
}

/* Several models are named by what they have in common. */
static sw_code make_dir(bench_session *b, sw_err *err)
{
    const char *const name = b->subjects.n == 1 ? b->subjects.items[0].record.name : b->protocol->name;
    b->dir = b->o.dir != NULL ? b->o.dir : results_dir_name(b->started_unix_ms, name, b->keep);
    b->pool_options.dir = b->dir;
    return b->dir != NULL ? folder_make(b->dir, err) : bench_out_of_memory(err);
}

/* Among several models one that cannot be loaded costs its own tests only: the runner then finds that out again. */
static sw_code open_own(bench_session *b, pooled_host **first, sw_err *err)
{
    sw_err why = {0};
    const sw_code code = bench_open_hosts(b, first, &why);
    if (code == SW_OK || (b->subjects.n > 1 && b->hosts != NULL && code != SW_ECANCELED && code != SW_ENOMEM))
        return SW_OK;
    *err = why;
    return code;
}

/* A server of our own needs the folder for its log; a given one must answer before there is a folder.  The machine is
 * measured before a model of ours is loaded. */
static sw_code open_first(bench_session *b, pooled_host **first, const fact_record **facts, size_t *n_facts,
                          const char **skipped, sw_err *err)
{
    const bool is_given = b->o.url != NULL;
    sw_code code = is_given ? bench_open_hosts(b, first, err) : make_dir(b, err);
    if (code == SW_OK && is_given)
        code = make_dir(b, err);
    if (code == SW_OK)
        code = bench_machine_facts(b, facts, n_facts, err);
    if (code == SW_OK && !is_given)
        code = open_own(b, first, err);
    if (code == SW_OK)
        code = bench_choose_reference(b, has_gpu(*facts, *n_facts, *first), skipped, err);
    if (code == SW_OK && (*skipped)[0] != '\0')
        buf_printf(&b->notes, "the models are not measured without offloading: %s\n", *skipped);
    return code == SW_OK ? bench_make_schedule(b, NULL, err) : code;
}

static sw_code begin_run(bench_session *b, sw_err *err)
{
    pooled_host *first = NULL;
    const fact_record *facts = NULL;
    size_t n_facts = 0;
    const char *skipped = NULL;
    sw_code code = bench_find_models(b, err);
    if (code == SW_OK) // for what the options exclude, before a server is started
        code = bench_choose_reference(b, true, &skipped, err);
    if (code == SW_OK)
        code = open_first(b, &first, &facts, &n_facts, &skipped, err);
    if (code == SW_OK)
        code = bench_open_store(b, err);
    if (code == SW_OK)
        code = add_run(b, first, err);
    b->pool_options.store = b->store;
    b->pool_options.run_id = b->run_id;
    return code == SW_OK ? bench_describe(b, facts, n_facts, skipped, err) : code;
}

sw_code bench_open_new(bench_session *b, sw_err *err)
{
    sw_code code = b->task != NULL ? b->task->load(b->task->ud, &b->protocol, err)
                                   : protocol_load(&b->protocol, b->o.protocol_path, err);
    if (code != SW_OK)
        return code;
    b->started_unix_ms = b->opened_unix_ms;
    code = bench_apply_settings(b, err);
    return code == SW_OK ? begin_run(b, err) : code;
}
