/* admission.c - the thread that makes jobs out of requests.
 *
 * Parsing a body of megabytes, tokenizing it and loading a model take time that the network thread does not have.  This
 * thread does them, one request after the other in the order of arrival; while it loads a model, requests wait here
 * (LIMIT_QUEUE_JOBS of them) and everything else is still answered.  It alone opens and closes the engine, so it may
 * use it without asking.
 *
 * One model is loaded at a time.  Another one is loaded when it is asked for and nobody uses the present one; while
 * somebody does, the request is refused with 503 and may be tried again.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/limits.h"
#include "base/rng.h"
#include "server/internal.h"

enum { END_WAIT_S = 5 }; // loading cannot be interrupted: ending the server does not wait longer for it

/* ---- the two lists --------------------------------------------------------------------------------------------- */

bool server_news(server_state *s, exchange *x)
{
    const bool is_first = !x->is_news;
    if (is_first) {
        x->is_news = true;
        x->next_news = NULL;
        *s->news_end = x;
        s->news_end = &x->next_news;
    }
    return is_first;
}

bool admission_put(server_state *s, exchange *x)
{
    pthread_mutex_lock(&s->lock);
    const bool has_room = s->n_waiting < LIMIT_QUEUE_JOBS;
    if (has_room) {
        x->next_waiting = NULL;
        *s->waiting_end = x;
        s->waiting_end = &x->next_waiting;
        s->n_waiting++;
        pthread_cond_signal(&s->admission_wanted);
    }
    pthread_mutex_unlock(&s->lock);
    return has_room;
}

/* ---- loading --------------------------------------------------------------------------------------------------- */

static void set_status(server_state *s, model_entry *m, model_status status, int n_ctx, const char *error)
{
    pthread_mutex_lock(&s->lock);
    m->status = status;
    m->progress = status == MODEL_LOADED ? 1 : 0;
    m->n_ctx = n_ctx;
    model_set_error(m, error);
    pthread_mutex_unlock(&s->lock);
}

static void set_engine(server_state *s, sw_engine *engine, model_entry *m)
{
    pthread_mutex_lock(&s->engine_lock);
    s->engine = engine;
    s->loaded = m;
    pthread_mutex_unlock(&s->engine_lock);
}

typedef struct loading {
    server_state *server;
    model_entry *model;
} loading;

static void on_load(void *ud, uint64_t done, uint64_t total)
{
    const loading *const l = ud;
    pthread_mutex_lock(&l->server->lock);
    l->model->progress = total > 0 ? (double)done / (double)total : 0;
    pthread_mutex_unlock(&l->server->lock);
}

static void print_row(const char *tier, const char *what, uint64_t bytes)
{
    fprintf(stderr, "  %-5s %-22s %10.1f MB\n", tier, what, (double)bytes / 1e6);
}

/* Bytes per memory tier, from what was really allocated. */
static void print_tiers(const model_entry *m, const sw_engine_state *st)
{
    buf name;
    buf_init(&name, 4096);
    escape_terminal(&name, m->id, strlen(m->id));
    fprintf(stderr, "loaded %s in %.1f s: %s, %s kernels, %d threads, %d sequences of %d tokens\n", buf_str(&name),
            st->load_ms / 1000, st->backend, st->isa, st->n_threads, st->n_seqs, st->n_ctx);
    buf_free(&name);
    print_row("VRAM", "weights", st->weight_bytes_vram);
    print_row("RAM", "experts", st->expert_bytes_ram);
    print_row("RAM", "other weights", st->weight_bytes_ram - st->expert_bytes_ram);
    print_row("RAM", "key/value cache, full", st->kv_bytes_max);
    if (st->placement_note != NULL)
        fprintf(stderr, "note: %s\n", st->placement_note);
}

static sw_code load(server_state *s, model_entry *m, sw_err *err)
{
    loading l = {s, m};
    sw_engine_options options = s->options->engine;
    sw_engine *engine;
    options.on_load = on_load;
    options.ud = &l;
    set_status(s, m, MODEL_LOADING, 0, "");
    const sw_code code = sw_engine_open(&engine, m->path, &options, err);
    if (code != SW_OK) {
        set_status(s, m, MODEL_FAILED, 0, err->msg);
        return code;
    }
    const sw_engine_state state = sw_engine_get_state(engine);
    set_engine(s, engine, m);
    set_status(s, m, MODEL_LOADED, state.n_ctx, "");
    print_tiers(m, &state);
    return SW_OK;
}

static void unload(server_state *s)
{
    sw_engine *const engine = s->engine;
    model_entry *const m = s->loaded;
    if (engine == NULL)
        return;
    set_engine(s, NULL, NULL);
    sw_engine_close(engine);
    set_status(s, m, MODEL_UNLOADED, 0, "");
}

/* ---- one request ----------------------------------------------------------------------------------------------- */

/* The model that the request means; NULL: *error says why there is none. */
static model_entry *pick_model(server_state *s, const char *name, api_error *error)
{
    if (name != NULL) {
        model_entry *const m = catalog_find(&s->catalog, name);
        if (m == NULL)
            api_fail(error, API_MODEL_NOT_FOUND, "model", "the model '%.100s' is not known here", name);
        return m;
    }
    if (s->loaded != NULL)
        return s->loaded;
    if (s->catalog.n == 1)
        return &s->catalog.entries[0];
    api_fail(error, API_MISSING_PARAMETER, "model",
             s->catalog.n == 0 ? "no model was found at start" : "several models are known; name one of them");
    return NULL;
}

static bool ensure_loaded(server_state *s, model_entry *m, double *load_ms_out, api_error *error)
{
    if (s->loaded == m)
        return true;
    pthread_mutex_lock(&s->lock);
    const int n_jobs = s->n_jobs;
    pthread_mutex_unlock(&s->lock);
    if (n_jobs > 0)
        return api_fail(error, API_MODEL_LOADING, "model",
                        "%d requests still use the model '%s'; '%s' can be loaded after them", n_jobs, s->loaded->id,
                        m->id);
    const uint64_t start = clock_now_ns(clock_system());
    sw_err err = {0};
    unload(s);
    if (load(s, m, &err) != SW_OK)
        return api_fail(error, err.code == SW_ENOMEM ? API_OUT_OF_MEMORY : API_INTERNAL, NULL,
                        "the model '%s' could not be loaded: %.300s", m->id, m->error);
    *load_ms_out = ns_to_ms(clock_now_ns(clock_system()) - start);
    return true;
}

/* Names what the request asked for and the model's chat format has no place for. */
static void note_ignored(exchange *x, const chat_request *r, const sw_model_info *info)
{
    const bool ignores_effort = r->has_effort && strcmp(info->chat_format, "harmony") != 0;
    snprintf(x->ignored, sizeof x->ignored, "%s%s%s", ignores_effort ? "reasoning_effort" : "",
             ignores_effort && r->has_names ? ", " : "", r->has_names ? "messages.name" : "");
}

static void fill_head(exchange *x, const chat_request *r, double load_ms)
{
    const server_state *const s = x->server;
    const sw_engine_state state = sw_engine_get_state(s->engine);
    chat_head *const h = &x->head;
    snprintf(h->id, sizeof h->id, "chatcmpl-%016llx", (unsigned long long)entropy_next(NULL));
    chat_fingerprint(h->fingerprint, sizeof h->fingerprint, sw_engine_info(s->engine), &state, &s->options->engine);
    h->created = (int64_t)time(NULL);
    h->model = s->loaded->id;
    h->backend = state.backend;
    h->seed = r->core.sampling.seed;
    h->load_ms = load_ms;
    h->include_usage = r->include_usage;
    x->is_stream = r->stream;
    x->wants_progress = r->return_progress;
    x->wants_logprobs = r->core.logprobs;
}

static void submit(exchange *x, chat_request *r)
{
    server_state *const s = x->server;
    sw_err err = {0};
    r->core.on_event = chat_on_event;
    r->core.ud = x;
    if (sw_engine_submit(s->engine, &r->core, &x->job, &err) != SW_OK) {
        api_from_engine(&x->error, &err, sw_engine_get_state(s->engine).n_ctx);
        return;
    }
    pthread_mutex_lock(&s->lock);
    s->n_jobs++;
    pthread_mutex_unlock(&s->lock);
}

static void admit(exchange *x)
{
    server_state *const s = x->server;
    chat_request request;
    double load_ms = 0;
    if (!chat_request_parse(&request, x->body, x->n_body, &x->error))
        return;
    model_entry *const m = pick_model(s, request.model, &x->error);
    if (m != NULL && ensure_loaded(s, m, &load_ms, &x->error)) {
        note_ignored(x, &request, sw_engine_info(s->engine));
        fill_head(x, &request, load_ms);
        submit(x, &request);
    }
    chat_request_free(&request);
}

/* ---- the thread ------------------------------------------------------------------------------------------------ */

/* Waits for the next exchange; NULL: the server ends. */
static exchange *next_exchange(server_state *s)
{
    pthread_mutex_lock(&s->lock);
    while (s->waiting == NULL && !s->admission_must_end)
        pthread_cond_wait(&s->admission_wanted, &s->lock);
    exchange *const x = s->waiting;
    if (x != NULL) {
        s->waiting = x->next_waiting;
        if (s->waiting == NULL)
            s->waiting_end = &s->waiting;
        s->n_waiting--;
    }
    pthread_mutex_unlock(&s->lock);
    return x;
}

static void handle(exchange *x)
{
    server_state *const s = x->server;
    pthread_mutex_lock(&s->lock);
    const bool must_end = s->admission_must_end, is_abandoned = x->is_abandoned;
    pthread_mutex_unlock(&s->lock);
    if (must_end)
        api_fail(&x->error, API_SHUTTING_DOWN, NULL, "the server is shutting down");
    else if (!is_abandoned)
        admit(x);
    mem_free(x->body);
    x->body = NULL;
    pthread_mutex_lock(&s->lock);
    x->is_admitted = true;
    const bool must_wake = server_news(s, x);
    pthread_mutex_unlock(&s->lock);
    if (must_wake)
        lws_cancel_service(s->lws);
}

static void *admission_main(void *ud)
{
    server_state *const s = ud;
    sw_err err = {0};
    const bool has_failed = s->first != NULL && load(s, s->first, &err) != SW_OK;
    pthread_mutex_lock(&s->lock);
    s->has_started = !has_failed;
    s->fatal = err;
    pthread_mutex_unlock(&s->lock);
    if (has_failed)
        lws_cancel_service(s->lws);
    for (exchange *x; (x = next_exchange(s)) != NULL;)
        handle(x);
    pthread_mutex_lock(&s->lock);
    s->admission_has_ended = true;
    pthread_cond_signal(&s->admission_ended);
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

sw_code admission_start(server_state *s, sw_err *err)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->admission_wanted, NULL);
    pthread_cond_init(&s->admission_ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    s->waiting_end = &s->waiting;
    s->news_end = &s->news;
    const int status = pthread_create(&s->admission, NULL, admission_main, s);
    return status == 0 ? SW_OK : sw_fail(err, SW_ENOMEM, "server: cannot start a thread: %s", strerror(status));
}

bool admission_stop(server_state *s)
{
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += END_WAIT_S;
    pthread_mutex_lock(&s->lock);
    s->admission_must_end = true;
    pthread_cond_signal(&s->admission_wanted);
    int status = 0;
    while (!s->admission_has_ended && status != ETIMEDOUT)
        status = pthread_cond_timedwait(&s->admission_ended, &s->lock, &deadline);
    const bool has_ended = s->admission_has_ended;
    pthread_mutex_unlock(&s->lock);
    if (has_ended)
        pthread_join(s->admission, NULL);
    return has_ended;
}
