/* bench.c - prepares a run, hands it to the runner, and takes everything down again.
 *
 * Invariant: bench_close frees whatever was opened, in any state, and no server of ours is left running.  What is cheap
 * and may fail (options, protocol, folder) comes before what is expensive (loading a model).
 */
#include "suite/bench.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/sysinfo.h"
#include "base/utf8.h"
#include "figures/run_status.h"
#include "monitor/machine.h"
#include "monitor/sample_source.h"
#include "spillway.h"
#include "suite/bench_options.h"
#include "suite/server_process.h"

enum { REASONS_BYTES_MAX = 65536 };

enum { LOAD_SECONDS_MAX = 3600 }; // a large model on a slow disk takes minutes

struct bench_session {
    bench_options o; // of the command line, completed from the stored run when resumed
    arena *keep;     // texts of the session: paths, and options of a stored run
    bench_protocol *protocol;
    server_process *server; // NULL: the server was running already
    chat_target *target;
    transfer_fleet *fleet;
    memory_watch *watch;   // NULL: its memory is not measured
    sample_source *source; // of the watch
    char watch_note[256];  // why not, or ""
    model_list listed;     // by the server; empty: not known
    result_store *store;
    int64_t run_id;
    const char *url;         // of the options or of the server
    char *model;             // as the server calls it
    const char *dir;         // of the options or in the arena
    double pause_s;          // between tests
    double load_ms;          // NAN: not loaded for this run
    int64_t started_unix_ms; // of the run, which a resumed one began earlier
    int64_t opened_unix_ms;  // of this session ...
    uint64_t opened_ns;      // ... and the same moment on the clock
};

/* The wall clock, to the second: it dates a run, and figures never come from it. */
static int64_t unix_ms(const bench_session *b)
{
    return clock_unix_s(b->o.clock) * 1000;
}

static sw_code out_of_memory(sw_err *err)
{
    return sw_fail(err, SW_ENOMEM, "out of memory preparing the benchmark");
}

/* ---- the folder of the results ---------------------------------------------------------------------------------- */

/* Creates `path` and the folders above it. */
static sw_code make_dirs(arena *keep, const char *path, sw_err *err)
{
    char *const copy = arena_copy(keep, path, strlen(path));
    if (copy == NULL)
        return out_of_memory(err);
    for (char *p = copy + 1; *p != '\0'; p++) {
        if (*p == '/') {
            *p = '\0';
            mkdir(copy, 0777); // a failure shows below
            *p = '/';
        }
    }
    struct stat st;
    if (mkdir(copy, 0777) == 0 || (errno == EEXIST && stat(copy, &st) == 0 && S_ISDIR(st.st_mode)))
        return SW_OK;
    return sw_fail(err, SW_EIO, "cannot create the folder %s: %s", path, strerror(errno == EEXIST ? ENOTDIR : errno));
}

/* dir/name, in the arena; NULL when memory is short. */
static char *join(arena *keep, const char *dir, const char *name)
{
    buf path;
    buf_init(&path, 65536);
    buf_printf(&path, "%s/%s", dir, name);
    char *const joined = path.failed == SW_OK ? arena_copy(keep, buf_str(&path), path.size) : NULL;
    buf_free(&path);
    return joined;
}

/* "results/20261122T011544Z-gpt-oss-20b".  Only letters, digits and "-_." of the model's name are kept: a name from
 * outside never becomes a path. */
static const char *default_dir(bench_session *b, const char *model)
{
    enum { NAME_BYTES_MAX = 60 };
    const char *const slash = strrchr(model, '/');
    const char *const name = slash != NULL && slash[1] != '\0' ? slash + 1 : model;
    size_t n = strlen(name);
    if (n > 5 && strcmp(name + n - 5, ".gguf") == 0)
        n -= 5;
    while (n > 0 && !isalnum((unsigned char)name[n - 1]))
        n--;
    char stamp[32];
    const time_t seconds = (time_t)(b->started_unix_ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &tm);
    char safe[NAME_BYTES_MAX + 1];
    size_t n_safe = 0;
    for (; n_safe < n && n_safe < NAME_BYTES_MAX; n_safe++)
        safe[n_safe] = isalnum((unsigned char)name[n_safe]) || strchr("-_.", name[n_safe]) != NULL ? name[n_safe] : '-';
    safe[n_safe] = '\0';
    char path[sizeof stamp + sizeof safe + 16];
    snprintf(path, sizeof path, "results/%s-%s", stamp, safe);
    return arena_copy(b->keep, path, strlen(path));
}

static sw_code make_dir(bench_session *b, const char *model, sw_err *err)
{
    b->dir = b->o.dir != NULL ? b->o.dir : default_dir(b, model);
    return b->dir != NULL ? make_dirs(b->keep, b->dir, err) : out_of_memory(err);
}

/* ---- the server ---------------------------------------------------------------------------------------------------
 */

/* Nothing is sent yet. */
static sw_code open_client(bench_session *b, sw_err *err)
{
    const sw_code code = target_open(&b->target, b->url, b->o.api_key, err);
    return code == SW_OK ? fleet_create(&b->fleet, b->o.clock, err) : code;
}

static sw_code watch(bench_session *b, long pid, sw_err *err)
{
    const sw_code code = sample_source_open(&b->source, &(sample_source_options){.pid = pid}, err);
    return code == SW_OK ? watch_start(&b->watch, &(watch_options){sample_source_read, b->source, b->o.clock}, err)
                         : code;
}

/* Waits for the first healthy answer; until then the model is loading. */
static sw_code wait_until_healthy(bench_session *b, sw_err *err)
{
    const uint64_t step_ns = 20 * 1000000u;
    const uint64_t deadline_ns = clock_now_ns(b->o.clock) + LOAD_SECONDS_MAX * 1000000000ull;
    while (!target_is_healthy(b->target)) {
        if (!server_process_is_alive(b->server))
            return sw_fail(err, SW_EIO, "the server ended while loading; %s/server.log says why", b->dir);
        if (atomic_load_explicit(b->o.cancel, memory_order_relaxed))
            return sw_fail(err, SW_ECANCELED, "canceled while the server was loading");
        if (clock_now_ns(b->o.clock) > deadline_ns)
            return sw_fail(err, SW_ELIMIT, "the server was not ready within an hour; see %s/server.log", b->dir);
        clock_sleep_ns(b->o.clock, step_ns);
    }
    return SW_OK;
}

/* Starts the server and waits until it is healthy.  Its memory is watched from the beginning, so that the peak of
 * loading is seen; load_ms is the time of all this. */
static sw_code start_server(bench_session *b, sw_err *err)
{
    const char *const log_path = join(b->keep, b->dir, "server.log");
    if (log_path == NULL)
        return out_of_memory(err);
    const uint64_t start_ns = clock_now_ns(b->o.clock);
    const server_process_options options = {.model = b->o.serve,
                                            .serve_options = b->o.serve_options,
                                            .n_serve_options = b->o.n_serve_options,
                                            .log_path = log_path,
                                            .clock = b->o.clock,
                                            .cancel = b->o.cancel};
    sw_code code = server_process_start(&b->server, &options, err);
    if (code == SW_OK)
        code = watch(b, server_process_pid(b->server), err);
    if (code == SW_OK)
        code = server_process_url(b->server, &b->url, err);
    if (code == SW_OK)
        code = open_client(b, err);
    if (code == SW_OK)
        code = wait_until_healthy(b, err);
    b->load_ms = ns_to_ms(clock_now_ns(b->o.clock) - start_ns);
    return code;
}

/* Sets b->model, which is owned by the session, and b->listed.  A server need not list its models if one is named. */
static sw_code find_model(bench_session *b, sw_err *err)
{
    const bool is_named = b->o.model != NULL;
    const sw_code code = target_list_models(b->target, &b->listed, is_named ? NULL : err);
    if (code != SW_OK && (!is_named || code == SW_ENOMEM))
        return code;
    b->model = mem_strdup(is_named ? b->o.model : b->listed.ids[0]);
    return b->model != NULL ? SW_OK : out_of_memory(err);
}

/* The process of a server that was running already: the one that the user named, or the one that listens on the port
 * if its program is known to hold a model.  The memory of a proxy would say nothing.  0: none; the note says why. */
static long find_process(bench_session *b)
{
    const int port = target_loopback_port(b->target);
    const long pid = port != 0 ? machine_pid_listening_on(port) : 0;
    char program[MACHINE_PROGRAM_BYTES];
    if (b->o.server_pid != 0)
        return b->o.server_pid;
    if (port == 0)
        snprintf(b->watch_note, sizeof b->watch_note, "the server is not on this machine");
    else if (pid == 0)
        snprintf(b->watch_note, sizeof b->watch_note, "the process that listens on port %d is not visible", port);
    else if (!machine_is_model_server(pid, program))
        snprintf(b->watch_note, sizeof b->watch_note,
                 "'%s' (process %ld), which listens on port %d, is not known as a model server and may be a proxy; "
                 "name the server's process with --server-pid",
                 program, pid, port);
    return b->watch_note[0] == '\0' ? pid : 0;
}

/* Uses a server that runs already. */
static sw_code reach_server(bench_session *b, sw_err *err)
{
    b->url = b->o.url;
    const sw_code code = open_client(b, err);
    if (code != SW_OK)
        return code;
    const long pid = find_process(b);
    if (b->o.server_pid != 0 && sysinfo_memory_of(pid).rss == 0)
        return sw_fail(err, SW_EINVAL, "--server-pid: the memory of process %ld cannot be read", pid);
    return pid != 0 ? watch(b, pid, err) : SW_OK;
}

/* ---- the run ------------------------------------------------------------------------------------------------------
 */

static sw_code open_store(bench_session *b, sw_err *err)
{
    const char *const path = b->o.db_path != NULL ? b->o.db_path : join(b->keep, b->dir, "results.sqlite");
    return path != NULL ? store_open(&b->store, path, /*read_only=*/false, err) : out_of_memory(err);
}

/* Stores everything that is needed to repeat or resume the run, but never the API key. */
static sw_code add_run(bench_session *b, sw_err *err)
{
    bench_options as_run = b->o;
    as_run.model = b->model;
    as_run.pause_s = b->pause_s;
    char *const options_json = bench_options_to_json(&as_run);
    if (options_json == NULL)
        return out_of_memory(err);
    const machine_info machine = machine_facts();
    const run_info info = {
        .started_unix_ms = b->started_unix_ms,
        .version = SPILLWAY_VERSION,
        .url = b->url,
        .model = b->model,
        .protocol_name = b->protocol->name,
        .protocol_hash = b->protocol->hash,
        .protocol_json = b->protocol->json,
        .options_json = options_json,
        .command = b->o.command,
        .cpu = machine.cpu,
        .os = machine.os,
        .n_cores = machine.n_cores,
        .memory_bytes = machine.memory_bytes,
        .n_planned = (int)b->protocol->n_tests * b->o.n_repeats,
    };
    const sw_code code = store_add_run(b->store, &info, &b->run_id, err);
    mem_free(options_json);
    return code;
}

/* Folder and store come as late as they can: a run that cannot begin should leave no folder behind. */
static sw_code open_new(bench_session *b, sw_err *err)
{
    sw_code code = protocol_load(&b->protocol, b->o.protocol_path, err);
    if (code != SW_OK)
        return code;
    b->started_unix_ms = b->opened_unix_ms;
    b->pause_s = b->o.pause_s >= 0 ? b->o.pause_s : b->protocol->settings.pause_s;
    if (b->o.serve != NULL) {
        code = make_dir(b, b->o.serve, err); // its log needs a folder before the model's name is known
        if (code == SW_OK)
            code = start_server(b, err);
        if (code == SW_OK)
            code = find_model(b, err);
    } else {
        code = reach_server(b, err);
        if (code == SW_OK)
            code = find_model(b, err);
        if (code == SW_OK)
            code = make_dir(b, b->model, err);
    }
    if (code == SW_OK)
        code = open_store(b, err);
    return code == SW_OK ? add_run(b, err) : code;
}

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
    b->pause_s = b->o.pause_s;
    return SW_OK;
}

/* The server may have another address now, but it must have the same model. */
static sw_code open_resumed(bench_session *b, sw_err *err)
{
    b->dir = b->o.dir;
    sw_code code = open_store(b, err);
    run_record *stored = NULL;
    if (code == SW_OK)
        code = store_load_run(b->store, 0, &stored, err);
    if (code != SW_OK)
        return code;
    code = adopt_run(b, &stored->info, err);
    if (code == SW_OK)
        code = b->o.serve != NULL ? start_server(b, err) : reach_server(b, err);
    if (code == SW_OK)
        code = find_model(b, err);
    if (code == SW_OK && strcmp(b->model, stored->info.model) != 0)
        code = sw_fail(err, SW_EINVAL, "the run in %s is of model '%.100s', this server has '%.100s'", b->dir,
                       stored->info.model, b->model);
    run_record_free(stored);
    return code == SW_OK ? store_reopen_run(b->store, b->run_id, err) : code;
}

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
    const struct {
        const char *what, *text;
    } texts[] = {{"--url", o->url},
                 {"the model of --serve", o->serve},
                 {"--model", o->model},
                 {"the folder of the results", o->dir}};
    sw_code code = SW_OK;
    for (size_t i = 0; code == SW_OK && i < sizeof texts / sizeof texts[0]; i++)
        code = check_text(texts[i].what, texts[i].text, err);
    for (size_t i = 0; code == SW_OK && i < o->n_serve_options; i++)
        code = check_text("an option after \"--\"", o->serve_options[i], err);
    return code == SW_OK ? check_text("an argument", o->command, err) : code;
}

sw_code bench_open(bench_session **out, const bench_options *options, sw_err *err)
{
    *out = NULL;
    sw_code code = check_texts(options, err);
    if (code != SW_OK)
        return code;
    bench_session *const b = mem_calloc(1, sizeof *b);
    if (b == NULL || (b->keep = arena_create()) == NULL) {
        mem_free(b);
        return out_of_memory(err);
    }
    b->o = *options;
    b->load_ms = NAN;
    b->opened_unix_ms = unix_ms(b);
    b->opened_ns = clock_now_ns(options->clock);
    code = options->resume ? open_resumed(b, err) : open_new(b, err);
    if (code != SW_OK) {
        bench_close(b);
        return code;
    }
    *out = b;
    return SW_OK;
}

/* Stores the status of the run, complete or not. */
static sw_code finish_run(bench_session *b, sw_err *err)
{
    run_record *run;
    sw_code code = bench_load(b, &run, err);
    if (code != SW_OK)
        return code;
    run_analysis analysis;
    buf reasons;
    buf_init(&reasons, REASONS_BYTES_MAX);
    code = run_analysis_of(run, &analysis, err);
    if (code == SW_OK) {
        const char *const status = run_status_name(run_status_of(&analysis, &reasons));
        code = store_finish_run(b->store, b->run_id, status, buf_str(&reasons), "", unix_ms(b), err);
    }
    run_analysis_free(&analysis);
    buf_free(&reasons);
    run_record_free(run);
    return code;
}

/* The server is ended before the status is stored, so that a report never says "ok" while it still runs. */
sw_code bench_run(bench_session *b, runner_progress_fn on_progress, void *ud, sw_err *err)
{
    const runner_options options = {
        .protocol = b->protocol,
        .model = b->model,
        .listed = &b->listed,
        .pause_s = b->pause_s,
        .n_repeats = b->o.n_repeats,
        .target = b->target,
        .fleet = b->fleet,
        .limits = {.connect_s = b->o.connect_timeout_s,
                   .first_token_s = b->o.first_token_timeout_s,
                   .idle_s = b->o.idle_timeout_s,
                   .deadline_s = b->o.test_timeout_s},
        .store = b->store,
        .run_id = b->run_id,
        .watch = b->watch,
        .clock = b->o.clock,
        .origin_ns = b->opened_ns,
        .origin_ms = b->opened_unix_ms - b->started_unix_ms,
        .cancel = b->o.cancel,
        .on_progress = on_progress,
        .ud = ud,
    };
    sw_code code = runner_run(&options, err);
    watch_stop(b->watch);
    b->watch = NULL;
    server_process_stop(b->server);
    b->server = NULL;
    const sw_code stored = finish_run(b, err); // the first error is the one that is reported
    return code != SW_OK ? code : stored;
}

sw_code bench_load(bench_session *b, run_record **out, sw_err *err)
{
    return store_load_run(b->store, b->run_id, out, err);
}

const char *bench_memory_note(const bench_session *b)
{
    return b->watch_note;
}

const char *bench_dir(const bench_session *b)
{
    return b->dir;
}

void bench_close(bench_session *b)
{
    if (b == NULL)
        return;
    watch_stop(b->watch);
    sample_source_close(b->source);
    fleet_free(b->fleet);
    target_close(b->target);
    server_process_stop(b->server);
    store_close(b->store);
    protocol_free(b->protocol);
    mem_free(b->model);
    model_list_free(&b->listed);
    arena_free(b->keep);
    mem_free(b);
}
