/* bench_open.c - from options, or from a stored run, to a session that can begin.
 *
 * What is cheap and may fail (settings, protocol, models) comes before what is expensive (loading a model), and folder
 * and store come as late as they can: a run that cannot begin should leave no folder behind.
 */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "monitor/machine.h"
#include "spillway.h"
#include "suite/bench_state.h"
#include "suite/machine_facts.h"
#include "suite/results_dir.h"

static sw_code out_of_memory(sw_err *err)
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
        return out_of_memory(err);
    for (size_t i = 0; i < b->subjects.n; i++)
        names[i] = b->o.url != NULL ? b->subjects.items[i].record.name : b->subjects.items[i].path;
    b->o.models = names;
    b->o.n_models = b->subjects.n;
    b->o.model_dirs = NULL;
    return SW_OK;
}

static sw_code find_models(bench_session *b, sw_err *err)
{
    const sw_code code = b->o.url != NULL ? find_at_server(b, err)
                                          : subject_list_from_files(&b->subjects, b->o.models, b->o.n_models,
                                                                    b->o.model_dirs, b->keep, &b->notes, err);
    return code == SW_OK ? name_models(b, err) : code;
}

static server_side main_side(const bench_session *b)
{
    return b->o.url != NULL || b->o.is_plain ? SIDE_GIVEN : SIDE_OFFLOADED;
}

static sw_code make_schedule(bench_session *b, const run_record *stored, sw_err *err)
{
    const schedule_options options = {.protocol = b->protocol,
                                      .sweep = &b->o.sweep,
                                      .n_subjects = (int)b->subjects.n,
                                      .side = main_side(b),
                                      .has_reference = b->has_reference,
                                      .stored = stored};
    return schedule_make(&b->schedule, &options, b->keep, err);
}

/* Opens the pool, and the first server: what it says of itself belongs to the run. */
static sw_code open_hosts(bench_session *b, bool opens_first, pooled_host **first, sw_err *err)
{
    b->pool_options.bench = &b->o;
    b->pool_options.subjects = &b->subjects;
    b->pool_options.keep = b->keep;
    b->pool_options.origin_ns = b->opened_ns;
    b->pool_options.origin_ms = b->opened_unix_ms - b->started_unix_ms;
    sw_code code = host_pool_create(&b->hosts, &b->pool_options, err);
    if (code != SW_OK || !opens_first)
        return code;
    code = host_pool_get(b->hosts, 0, main_side(b), first, err);
    size_t n = 0;
    const fact_record *const facts = code == SW_OK ? host_facts((*first)->host, &n) : NULL;
    for (size_t i = 0; i < n; i++) {
        if (facts[i].name == FACT_WATCH_NOTE)
            snprintf(b->watch_note, sizeof b->watch_note, "%s", facts[i].text);
    }
    return code;
}

/* ---- what differs from the protocol --------------------------------------------------------------------------------
 */

static void put_sweep(buf *out, const bench_sweep *sweep)
{
    for (size_t i = 0; i < sweep->n; i++)
        buf_printf(out, "%s%g", i == 0 ? "a sweep over temperature " : ", ", sweep->values[i]);
    if (sweep->n > 0)
        buf_puts(out, " in addition\n");
}

/* Puts flags and sweep into the protocol; an open loop has no pauses, whatever the protocol says. */
static sw_code apply_settings(bench_session *b, sw_err *err)
{
    buf *const differences = &b->differences;
    const sw_code code = settings_apply(&b->o.settings, b->protocol, differences, err);
    put_sweep(differences, &b->o.sweep);
    if (b->o.is_without_code)
        buf_puts(differences, "checks that run code are not run\n");
    return code;
}

/* Whether the model is measured un-offloaded too; *why_not is "" unless the protocol wants it and this run does not. */
static sw_code choose_reference(bench_session *b, bool has_gpu, const char **why_not, sw_err *err)
{
    const bool is_wanted = (b->protocol->settings.modes & 1u << MODE_REFERENCE) != 0;
    const bool is_named = is_wanted && !isnan(b->o.settings.v[SETTING_MODES]);
    *why_not = "";
    b->has_reference = false;
    if (!is_wanted)
        return SW_OK;
    if (main_side(b) == SIDE_GIVEN) {
        *why_not = b->o.url != NULL ? "a server of --url is measured as it is"
                                    : "a server of --serve is measured as its options say";
        return is_named ? sw_fail(err, SW_EINVAL,
                                  "--modes reference is for models that the benchmark serves itself: %s", *why_not)
                        : SW_OK;
    }
    b->has_reference = has_gpu || is_named;
    if (!b->has_reference)
        *why_not = "no GPU: both sides would be in RAM";
    return SW_OK;
}

/* ---- the run -------------------------------------------------------------------------------------------------------
 */

static sw_code open_store(bench_session *b, sw_err *err)
{
    const char *const path = b->o.db_path != NULL ? b->o.db_path : results_dir_join(b->dir, "results.sqlite", b->keep);
    return path != NULL ? store_open(&b->store, path, /*read_only=*/false, err) : out_of_memory(err);
}

/* Stores everything that is needed to repeat or resume the run, but never the API key. */
static sw_code add_run(bench_session *b, const pooled_host *first, sw_err *err)
{
    char *const options_json = bench_options_to_json(&b->o);
    if (options_json == NULL)
        return out_of_memory(err);
    const machine_info machine = machine_facts();
    const server_record server = host_record(first->host);
    const run_info info = {
        .started_unix_ms = b->started_unix_ms,
        .version = SPILLWAY_VERSION,
        .url = b->o.url != NULL ? b->o.url : server.url,
        .model = first->model,
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

static sw_code store_subjects(bench_session *b, sw_err *err)
{
    sw_code code = SW_OK;
    for (size_t i = 0; code == SW_OK && i < b->subjects.n; i++) {
        const bench_subject *const s = &b->subjects.items[i];
        fact_record *const facts = arena_alloc(b->keep, (s->n_facts + 1) * sizeof *facts);
        if (facts == NULL)
            return out_of_memory(err);
        for (size_t k = 0; k < s->n_facts; k++) {
            facts[k] = s->facts[k];
            facts[k].subject = (int)i;
        }
        code = store_put_subject(b->store, b->run_id, (int)i, &s->record, err);
        if (code == SW_OK)
            code = store_add_facts(b->store, b->run_id, facts, s->n_facts, err);
    }
    return code;
}

/* One fact for each line. */
static sw_code store_differences(bench_session *b, const char *skipped, sw_err *err)
{
    enum { FACTS_MAX = 2100 }; // the settings, and two for every test of a protocol
    fact_record *const facts = arena_alloc(b->keep, FACTS_MAX * sizeof *facts);
    char *const lines = arena_copy(b->keep, buf_str(&b->differences), b->differences.size);
    size_t n = 0;
    if (facts == NULL || lines == NULL)
        return out_of_memory(err);
    if (skipped[0] != '\0')
        facts[n++] = (fact_record){-1, -1, FACT_REFERENCE_SKIPPED, NAN, skipped, "options"};
    for (char *line = lines; *line != '\0' && n < FACTS_MAX;) {
        char *const end = strchr(line, '\n');
        *end = '\0';
        facts[n++] = (fact_record){-1, -1, FACT_PROTOCOL_DIFFERENCE, NAN, line, "options"};
        line = end + 1;
    }
    return store_add_facts(b->store, b->run_id, facts, n, err);
}

static bool has_gpu(const fact_record *facts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (facts[i].name == FACT_GPU_TOTAL_BYTES && facts[i].number > 0)
            return true;
    }
    return false;
}

/* Several models are named by what they have in common. */
static sw_code make_dir(bench_session *b, sw_err *err)
{
    const char *const name = b->subjects.n == 1 ? b->subjects.items[0].record.name : b->protocol->name;
    b->dir = b->o.dir != NULL ? b->o.dir : results_dir_name(b->started_unix_ms, name, b->keep);
    b->pool_options.dir = b->dir;
    return b->dir != NULL ? results_dir_make(b->dir, b->keep, err) : out_of_memory(err);
}

/* A server of our own needs the folder for its log; a given one must answer before there is a folder.  The machine is
 * measured before a model of ours is loaded. */
static sw_code open_first(bench_session *b, pooled_host **first, const fact_record **facts, size_t *n_facts,
                          const char **skipped, sw_err *err)
{
    const bool is_given = b->o.url != NULL;
    sw_code code = is_given ? open_hosts(b, true, first, err) : make_dir(b, err);
    if (code == SW_OK && is_given)
        code = make_dir(b, err);
    if (code == SW_OK)
        code = machine_facts_of_run(b->dir, b->keep, facts, n_facts, err);
    if (code == SW_OK)
        code = choose_reference(b, has_gpu(*facts, *n_facts), skipped, err);
    if (code == SW_OK)
        code = make_schedule(b, NULL, err);
    return code == SW_OK && !is_given ? open_hosts(b, true, first, err) : code;
}

static sw_code begin_run(bench_session *b, sw_err *err)
{
    pooled_host *first = NULL;
    const fact_record *facts = NULL;
    size_t n_facts = 0;
    const char *skipped;
    sw_code code = find_models(b, err);
    if (code == SW_OK)
        code = choose_reference(b, true, &skipped, err); // what the options exclude is said before a server is started
    if (code == SW_OK)
        code = open_first(b, &first, &facts, &n_facts, &skipped, err);
    if (code == SW_OK)
        code = open_store(b, err);
    if (code == SW_OK)
        code = add_run(b, first, err);
    b->pool_options.store = b->store;
    b->pool_options.run_id = b->run_id;
    if (code == SW_OK)
        code = store_subjects(b, err);
    if (code == SW_OK)
        code = store_add_facts(b->store, b->run_id, facts, n_facts, err);
    return code == SW_OK ? store_differences(b, skipped, err) : code;
}

sw_code bench_open_new(bench_session *b, sw_err *err)
{
    sw_code code = protocol_load(&b->protocol, b->o.protocol_path, err);
    if (code != SW_OK)
        return code;
    b->started_unix_ms = b->opened_unix_ms;
    code = apply_settings(b, err);
    return code == SW_OK ? begin_run(b, err) : code;
}

/* ---- a stored run --------------------------------------------------------------------------------------------------
 */

/* Takes protocol and options from the stored run, so that all its tests are alike. */
static sw_code adopt_run(bench_session *b, const run_info *info, sw_err *err)
{
    sw_code code = bench_options_complete(&b->o, info->options_json, b->keep, err);
    if (code == SW_OK)
        code = protocol_parse(&b->protocol, info->protocol_json, strlen(info->protocol_json),
                              "the stored run's protocol", NULL, err);
    if (code != SW_OK)
        return code;
    b->run_id = info->id;
    b->started_unix_ms = info->started_unix_ms;
    b->pool_options.dir = b->dir;
    b->pool_options.store = b->store;
    b->pool_options.run_id = b->run_id;
    b->pool_options.session = info->n_sessions;
    return apply_settings(b, err);
}

/* A file that changed since is another model, whatever its name. */
static sw_code check_subjects(const bench_session *b, const run_record *stored, sw_err *err)
{
    if (stored->n_subjects != b->subjects.n)
        return sw_fail(err, SW_EINVAL, "the run in %s has %zu models, there are %zu now", b->dir, stored->n_subjects,
                       b->subjects.n);
    for (size_t i = 0; i < b->subjects.n; i++) {
        const subject_record *const now = &b->subjects.items[i].record, *const then = &stored->subjects[i];
        const bool is_told = now->file_hash[0] != '\0' && then->file_hash[0] != '\0';
        if (is_told && strcmp(now->file_hash, then->file_hash) != 0)
            return sw_fail(err, SW_EINVAL, "the run in %s is of model '%.100s', whose file has changed since: %s",
                           b->dir, then->name, b->o.models[i]);
    }
    return SW_OK;
}

/* What the store has and this session must not do again. */
static sw_code adopt_results(bench_session *b, const run_record *stored, sw_err *err)
{
    const fact_record *const skipped = run_fact(stored, -1, -1, FACT_REFERENCE_SKIPPED);
    b->has_reference = (b->protocol->settings.modes & 1u << MODE_REFERENCE) != 0 && skipped == NULL;
    for (size_t i = 0; i < stored->n_tests; i++)
        b->n_warmups += stored->tests[i].is_warmup;
    sw_code code = check_subjects(b, stored, err);
    if (code == SW_OK)
        code = make_schedule(b, stored, err);
    return code == SW_OK ? open_hosts(b, false, NULL, err) : code;
}

/* A server may have another address now; servers of our own are started when a step needs them. */
sw_code bench_open_stored(bench_session *b, sw_err *err)
{
    b->dir = b->o.dir;
    run_record *stored = NULL;
    sw_code code = open_store(b, err);
    if (code == SW_OK)
        code = store_load_run(b->store, 0, &stored, err);
    if (code != SW_OK)
        return code;
    code = adopt_run(b, &stored->info, err);
    if (code == SW_OK)
        code = find_models(b, err);
    if (code == SW_OK)
        code = adopt_results(b, stored, err);
    run_record_free(stored);
    return code == SW_OK ? store_reopen_run(b->store, b->run_id, err) : code;
}
