/* exchange_intake.c - what happens to an exchange on the intake's thread: its body becomes a request, the request a
 * job. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/rng.h"
#include "dialects/generation_fields.h"
#include "server/exchange_state.h"

enum { TRIM_FROM_BYTES = 1 << 20 }; // of a body; parsed it takes up to twenty times as much

static bool prepare(void *job, const char **model_out)
{
    exchange *const x = job;
    const sw_entropy *const entropy = x->server->o.entropy;
    if (atomic_load(&x->is_abandoned) ||
        !x->family->parse(&x->request, x->body, x->n_body, entropy_next(entropy), &x->error))
        return false;
    *model_out = x->request.model;
    return true;
}

static void refused(void *job, model_refusal refusal, const sw_err *why)
{
    static const struct {
        api_situation what;
        bool is_about_model; // the client can do better by naming another
    } ROWS[] = {
        [MODEL_ACQUIRED] = {API_INTERNAL, false},       [MODEL_UNKNOWN] = {API_MODEL_NOT_FOUND, true},
        [MODEL_NONE] = {API_NO_MODEL, false},           [MODEL_BUSY] = {API_MODEL_LOADING, true},
        [MODEL_TOO_LARGE] = {API_OUT_OF_MEMORY, false}, [MODEL_BROKEN] = {API_INTERNAL, false},
    };
    exchange *const x = job;
    api_fail(&x->error, ROWS[refusal].what, ROWS[refusal].is_about_model ? "model" : NULL, "%s", why->msg);
}

/* Adds what the request asked for and this model does not honour to what its family already noted. */
static void note_ignored(exchange *x, const sw_model_info *info)
{
    generation_request *const r = &x->request;
    const model_entry *const m = model_handle_model(x->handle);
    if (r->has_effort && strcmp(info->chat_format, "harmony") != 0)
        generation_ignore(r, "reasoning_effort");
    if (r->model != NULL && model_catalog_find(&x->server->catalog, r->model) != m)
        generation_ignore(r, "model"); // any name is answered
    snprintf(x->ignored, sizeof x->ignored, "%s", r->ignored);
}

static void fill_head(exchange *x, double load_ms)
{
    const server_options *const o = &x->server->o;
    generation_head *const h = &x->head;
    snprintf(h->id, sizeof h->id, "%s%016llx", x->family->id_prefix, (unsigned long long)entropy_next(o->entropy));
    h->fingerprint = model_handle_fingerprint(x->handle);
    h->created = clock_unix_s(o->clock);
    h->model = model_handle_model(x->handle)->id;
    h->backend = sw_engine_get_state(model_handle_engine(x->handle)).backend;
    h->seed = x->request.core.sampling.seed;
    h->load_ms = load_ms;
    h->include_usage = x->request.include_usage;
}

static void submit(exchange *x)
{
    sw_engine *const engine = model_handle_engine(x->handle);
    sw_request *const core = &x->request.core;
    sw_err err = {0};
    core->client = x->client;
    core->on_event = event_queue_on_event;
    core->has_room = event_queue_has_room;
    core->ud = &x->events;
    if (sw_engine_submit(engine, core, &x->job, &err) != SW_OK)
        api_from_engine(&x->error, &err, sw_engine_get_state(engine).n_ctx);
}

static void admitted(void *job, model_handle *handle, double load_ms)
{
    exchange *const x = job;
    x->handle = handle;
    note_ignored(x, sw_engine_info(model_handle_engine(handle)));
    fill_head(x, load_ms);
    x->is_stream = x->request.stream;
    x->wants_progress = x->request.return_progress;
    x->wants_logprobs = x->request.core.logprobs;
    submit(x);
}

static void stopped(void *job)
{
    api_fail(&((exchange *)job)->error, API_SHUTTING_DOWN, NULL, "the server is shutting down");
}

static void finished(void *job)
{
    exchange *const x = job;
    generation_request_free(&x->request);
    mem_free(x->body);
    x->body = NULL;
    if (x->n_body >= TRIM_FROM_BYTES)
        mem_trim();
    event_queue_open_to_reader(&x->events); // from here on x is the network thread's
}

const intake_steps EXCHANGE_STEPS = {prepare, refused, admitted, stopped, finished};
