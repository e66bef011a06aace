/* server.c - the life of a server: what is opened in which order, and closed in the opposite one. */
#include "server/server.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/limits.h"
#include "base/rng.h"
#include "base/sysinfo.h"
#include "http/guard.h"
#include "server/exchange.h"
#include "server/experts_live.h"
#include "server/routes.h"
#include "server/server_state.h"
#include "serving/placement_text.h"

static const double HEAD_TIMEOUT_S = 10;
static const double WS_PING_INTERVAL_S = 20;
static const double IDLE_TIMEOUT_S = 75; // longer than clients keep idle connections in their pools

/* ---- models ----------------------------------------------------------------------------------------------------- */

static sw_code fail_unknown(const server *s, const char *what, const char *id, sw_err *err)
{
    return sw_fail(err, SW_ENOTFOUND, "server: %s'%s' is %s a model in '%s'", what, id,
                   what[0] != '\0' ? "not" : "neither a file nor", s->o.model_dirs);
}

/* Decides what to load at start: the model that was named, else the default one, else the only one that there is. */
static sw_code find_models(server *s, sw_err *err)
{
    const char *const model = s->o.model, *const preferred = s->o.default_model;
    struct stat st;
    const bool is_path = server_is_stub(s) || (model != NULL && stat(model, &st) == 0);
    if (server_list_models(s, is_path, err) != SW_OK)
        return err->code;
    if (model != NULL)
        s->first = is_path ? s->catalog.entries[0] : model_catalog_find(&s->catalog, model);
    if (model != NULL && s->first == NULL)
        return fail_unknown(s, "", model, err);
    if (s->o.alias != NULL && model_catalog_rename(&s->catalog, s->first, s->o.alias, err) != SW_OK)
        return err->code;
    if (preferred != NULL && (s->preferred = model_catalog_find(&s->catalog, preferred)) == NULL)
        return fail_unknown(s, "--default-model ", preferred, err);
    if (model == NULL)
        s->first = s->preferred != NULL ? s->preferred : s->catalog.n == 1 ? s->catalog.entries[0] : NULL;
    return SW_OK;
}

/* Where the bytes are; their sum is the most that the process takes while it answers. */
static void print_loaded(const char *name, const sw_engine_state *st)
{
    buf table;
    buf_init(&table, 65536);
    placement_text(&table, st, st->weights, st->n_weights);
    fprintf(stderr, "loaded %s in %.1f s: %s, %s kernels, %d threads, %d sequences of %d tokens\n%s", name,
            st->load_ms / 1000, st->backend, st->isa, st->n_threads, st->n_seqs, st->n_ctx, buf_str(&table));
    buf_free(&table);
    if (st->placement_note != NULL)
        fprintf(stderr, "warning: %s\n", st->placement_note);
    if (st->compat_note != NULL)
        fprintf(stderr, "note: %s\n", st->compat_note);
}

static void on_loaded(void *ud, const model_entry *m, const sw_engine_state *st)
{
    buf name;
    if (((const server *)ud)->o.quiet)
        return;
    buf_init(&name, 4096);
    escape_terminal(&name, m->id, strlen(m->id));
    if (st->chat_note != NULL)
        fprintf(stderr, "warning: %s: %s\n", buf_str(&name), st->chat_note);
    print_loaded(buf_str(&name), st);
    buf_free(&name);
}

static void on_notice(void *ud, const model_entry *m, const char *text)
{
    buf name;
    if (((const server *)ud)->o.quiet)
        return;
    buf_init(&name, 4096);
    escape_terminal(&name, m->id, strlen(m->id));
    fprintf(stderr, "note: %s: %s\n", buf_str(&name), text);
    buf_free(&name);
}

static void on_lost(void *ud, const model_entry *m, const char *why)
{
    buf name, text;
    (void)ud; // a failure is told with --quiet, too
    buf_init(&name, 4096);
    buf_init(&text, 4096);
    escape_terminal(&name, m->id, strlen(m->id));
    escape_terminal(&text, why, strlen(why));
    fprintf(stderr, "error: %s: %s; it is unloaded\n", buf_str(&name), buf_str(&text));
    buf_free(&text);
    buf_free(&name);
}

/* ---- what the rooms below call ---------------------------------------------------------------------------------- */

/* On the pool's thread, after the first model was loaded or failed to. */
static void on_started(void *ud, const sw_err *err)
{
    server *const s = ud;
    pthread_mutex_lock(&s->lock);
    s->has_started = err->code == SW_OK;
    if (err->code != SW_OK) // its message is for clients and has no path; the user needs one
        (void)sw_fail(&s->fatal, err->code, "%s: %s", s->first->path, err->msg);
    pthread_mutex_unlock(&s->lock);
    if (err->code != SW_OK)
        server_stop(s);
}

static void wake_network(void *ud)
{
    http_wake(((server *)ud)->http);
}

static void on_wake(void *ud)
{
    server *const s = ud;
    if (exchange_take_events(s)) // a fast engine makes events as quickly as they are read
        http_wake(s->http);
}

static void on_tick(void *ud)
{
    experts_live_tick(ud);
}

static void log_request(void *ud, const http_conn *c, int status)
{
    const server *const s = ud;
    const http_request *const r = http_request_of(c);
    if (s->o.quiet || (!s->o.verbose && status < 500))
        return;
    buf path;
    buf_init(&path, 4096);
    escape_terminal(&path, r->path, strlen(r->path));
    fprintf(stderr, "%s %s %s %d %.1f ms\n", r->id, r->method, buf_str(&path), status,
            ns_to_ms(clock_now_ns(s->o.clock) - r->received_ns));
    buf_free(&path);
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

static sw_code open_http(server *s, sw_err *err)
{
    const http_options options = {
        .address = s->o.address,
        .port = s->o.port,
        .api_key = s->o.api_key,
        .cors_any = s->o.cors_any,
        .allow_origin = s->o.allow_origin,
        .header_bytes_max = LIMIT_HTTP_HEADER_BYTES,
        .body_bytes_max = LIMIT_HTTP_BODY_BYTES,
        .n_connections_max = LIMIT_HTTP_CONNECTIONS,
        .head_timeout_s = HEAD_TIMEOUT_S,
        .body_timeout_s = s->o.body_timeout_s,
        .idle_timeout_s = IDLE_TIMEOUT_S,
        .slow_client_timeout_s = s->o.slow_client_timeout_s,
        .ping_interval_s = s->o.ping_interval_s,
        .ws_ping_interval_s = WS_PING_INTERVAL_S,
        .tick_ms = s->o.tick_ms,
        .clock = s->o.clock,
        .entropy = s->o.entropy,
        .routes = SERVER_ROUTES,
        .n_routes = N_SERVER_ROUTES,
        .write_problem = write_problem,
        .on_wake = on_wake,
        .on_tick = on_tick,
        .on_done = log_request,
        .ud = s,
    };
    return http_open(&s->http, &options, err);
}

/* Nine tenths: what the process itself, the page cache and other programs take beside models. */
static uint64_t automatic_budget(void)
{
    const uint64_t bytes = sysinfo_memory_available().bytes;
    return bytes != UINT64_MAX ? bytes / 10 * 9 : 0;
}

static sw_code open_pool(server *s, sw_err *err)
{
    const bool is_automatic = s->o.memory_bytes_max == 0;
    const model_pool_options options = {
        .catalog = &s->catalog,
        .preferred = s->preferred,
        .any_name = s->o.any_model_name || (s->o.model != NULL && s->catalog.n == 1),
        .n_engines_max = s->o.n_models_max > 0 ? s->o.n_models_max : LIMIT_LOADED_MODELS,
        .memory_bytes_max = is_automatic ? automatic_budget() : s->o.memory_bytes_max,
        .is_budget_soft = is_automatic,
        .has_keep_alive = s->o.has_keep_alive,
        .keep_alive_s = s->o.keep_alive_s,
        .engine = s->o.engine,
        .clock = s->o.clock,
        .on_loaded = on_loaded,
        .on_notice = on_notice,
        .on_lost = on_lost,
        .ud = s,
    };
    return model_pool_open(&s->pool, &options, err);
}

static sw_code start_intake(server *s, sw_err *err)
{
    const intake_options options = {
        .pool = s->pool,
        .first = s->first != NULL ? s->first->id : NULL,
        .on_started = on_started,
        .ud = s,
    };
    return intake_start(&s->intake, &options, err);
}

static sw_code open_all(server *s, sw_err *err)
{
    sw_code code = find_models(s, err);
    s->has_started = s->first == NULL;
    if (code == SW_OK)
        code = open_http(s, err);
    if (code == SW_OK)
        code = open_pool(s, err);
    if (code == SW_OK)
        code = start_intake(s, err);
    return code;
}

sw_code server_open(server **out, const server_options *options, sw_err *err)
{
    server *const s = mem_calloc(1, sizeof *s);
    *out = s;
    if (s == NULL)
        return sw_fail(err, SW_ENOMEM, "server: not enough memory to start");
    s->o = *options;
    s->o.clock = clock_or_system(options->clock);
    s->o.entropy = options->entropy != NULL ? options->entropy : entropy_system();
    s->started_ns = clock_now_ns(s->o.clock);
    pthread_mutex_init(&s->lock, NULL);
    event_inbox_init(&s->inbox, wake_network, s);
    s->inbox.clock = s->o.clock;
    const sw_code code = open_all(s, err);
    if (code != SW_OK) {
        server_close(s);
        *out = NULL;
    }
    return code;
}

int server_port(const server *s)
{
    return http_port(s->http);
}

sw_code server_serve(server *s, sw_err *err)
{
    http_run(s->http);
    pthread_mutex_lock(&s->lock);
    const sw_err fatal = s->fatal;
    pthread_mutex_unlock(&s->lock);
    return fatal.code == SW_OK ? SW_OK : sw_fail(err, fatal.code, "%s", fatal.msg);
}

void server_stop(server *s)
{
    atomic_store(&s->is_stopping, true);
    http_stop(s->http);
}

void server_close(server *s)
{
    if (s == NULL || !model_pool_end(s->pool))
        return;
    intake_stop(s->intake);
    // The intake has given every exchange back.  Those without a connection end here, the others when their connection
    // is closed.  After that no job is left, and the engines can be closed.
    while (exchange_take_events(s))
        ;
    http_close(s->http);
    serving_metrics_free(&s->metrics);
    expert_requests_free(&s->expert_requests);
    model_pool_close(s->pool);
    model_catalog_free(&s->catalog);
    mem_free(s->default_dirs);
    event_inbox_destroy(&s->inbox);
    pthread_mutex_destroy(&s->lock);
    mem_free(s);
}

/* ---- `spillway serve` ------------------------------------------------------------------------------------------- */

static server *volatile signal_server;

static void on_signal(int number)
{
    (void)number;
    server *const s = signal_server;
    if (s != NULL)
        server_stop(s);
}

static void set_signals(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* Names the folders as this process sees them: a relative one may be another than the user thinks of. */
static void warn_of_no_model(const server *s)
{
    char here[PATH_MAX];
    buf line;
    buf_init(&line, 8 * PATH_MAX);
    escape_terminal(&line, s->o.model_dirs, strlen(s->o.model_dirs));
    buf_puts(&line, "', seen from ");
    const char *const folder = getcwd(here, sizeof here) != NULL ? here : "a folder that is gone";
    escape_terminal(&line, folder, strlen(folder));
    fprintf(stderr,
            "warning: no model was found in '%s; name a GGUF file, or folders that hold some with --model-dirs 'A;B'\n",
            buf_str(&line));
    buf_free(&line);
}

static void announce(const server *s)
{
    const bool is_v6 = strchr(s->o.address, ':') != NULL;
    const bool is_loopback = guard_is_loopback_authority(s->o.address) || strcmp(s->o.address, "::1") == 0;
    printf("http://%s%s%s:%d\n", is_v6 ? "[" : "", s->o.address, is_v6 ? "]" : "", server_port(s));
    fflush(stdout);
    if (s->o.quiet)
        return;
    if (s->catalog.n > 0)
        fprintf(stderr, "%zu model%s known\n", s->catalog.n, s->catalog.n == 1 ? "" : "s");
    else
        warn_of_no_model(s);
    if (!is_loopback && s->o.api_key == NULL)
        fprintf(stderr, "warning: anyone who can reach this address may use the server; --api-key asks for a key\n");
}

sw_code server_run(const server_options *options, sw_err *err)
{
    server *s;
    mem_return_early();
    sw_code code = server_open(&s, options, err);
    if (code != SW_OK)
        return code;
    signal_server = s;
    set_signals(on_signal);
    announce(s);
    code = server_serve(s, err);
    set_signals(SIG_DFL);
    signal_server = NULL;
    server_close(s);
    return code;
}
