/* exchange.c - ties one connection, one dialect and one job of an engine together.
 *
 * An exchange belongs to the network thread, but for the time between intake_put and the moment when its event queue is
 * opened to the reader: then it is the intake's.  It is destroyed here and only by the network thread.  A connection
 * that closes while the intake has the exchange only leaves a mark; the exchange is destroyed when it comes back.
 */
#include "server/exchange.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/rng.h"

enum { EVENTS_AT_ONCE = 64 }; // exchanges, until sockets have their turn

typedef struct exchange {
    server *server;
    const dialect *family;
    http_conn *conn; // network thread only; NULL: the answer is complete, or the connection is closed
    intake_place place;
    event_queue events;
    atomic_bool is_abandoned; // `conn` is NULL; for the intake

    /* Set by the intake before the event queue is opened. */
    char *body;
    size_t n_body;
    generation_request request; // until it is submitted
    bool is_stream, wants_progress, wants_logprobs;
    generation_head head;
    char ignored[64]; // for the header Spillway-Ignored
    api_error error;  // what != API_OK: refused
    model_handle *handle;
    sw_job *job;

    /* Network thread only. */
    bool has_begun; // the intake's result was looked at
    bool has_role;  // the first event of the stream was sent
    uint64_t accepted_ns;
    buf content, reasoning, logprobs; // of an answer that is not streamed
} exchange;

/* ---- life ----------------------------------------------------------------------------------------------------------
 */

static void destroy(exchange *x)
{
    sw_job_release(x->job); // cancels; no event comes after this
    model_handle_release(x->handle);
    event_queue_free(&x->events);
    generation_request_free(&x->request);
    buf_free(&x->content);
    buf_free(&x->reasoning);
    buf_free(&x->logprobs);
    mem_free(x->body);
    mem_free(x);
}

/* The connection has no more use for x: its answer is complete, or it is closed. */
static void detach(exchange *x)
{
    x->conn = NULL;
    atomic_store(&x->is_abandoned, true);
    if (event_queue_is_open(&x->events))
        destroy(x);
}

/* ---- the intake's thread -------------------------------------------------------------------------------------------
 */

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
        [MODEL_ACQUIRED] = {API_INTERNAL, false},        [MODEL_UNKNOWN] = {API_MODEL_NOT_FOUND, true},
        [MODEL_UNNAMED] = {API_MISSING_PARAMETER, true}, [MODEL_NONE] = {API_MISSING_PARAMETER, true},
        [MODEL_BUSY] = {API_MODEL_LOADING, true},        [MODEL_TOO_LARGE] = {API_OUT_OF_MEMORY, false},
        [MODEL_BROKEN] = {API_INTERNAL, false},
    };
    exchange *const x = job;
    api_fail(&x->error, ROWS[refusal].what, ROWS[refusal].is_about_model ? "model" : NULL, "%s", why->msg);
}

/* Names what the request asked for and the model's chat format has no place for. */
static void note_ignored(exchange *x, const sw_model_info *info)
{
    const generation_request *const r = &x->request;
    const bool ignores_effort = r->has_effort && strcmp(info->chat_format, "harmony") != 0;
    snprintf(x->ignored, sizeof x->ignored, "%s%s%s", ignores_effort ? "reasoning_effort" : "",
             ignores_effort && r->has_names ? ", " : "", r->has_names ? "messages.name" : "");
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

static const sw_request *admitted(void *job, model_handle *handle, double load_ms)
{
    exchange *const x = job;
    sw_request *const core = &x->request.core;
    x->handle = handle;
    note_ignored(x, sw_engine_info(model_handle_engine(handle)));
    fill_head(x, load_ms);
    x->is_stream = x->request.stream;
    x->wants_progress = x->request.return_progress;
    x->wants_logprobs = core->logprobs;
    core->on_event = event_queue_on_event;
    core->ud = &x->events;
    return core;
}

static void submitted(void *job, sw_job *submitted_job, const sw_err *err)
{
    exchange *const x = job;
    x->job = submitted_job;
    if (submitted_job == NULL)
        api_from_engine(&x->error, err, sw_engine_get_state(model_handle_engine(x->handle)).n_ctx);
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
    event_queue_open_to_reader(&x->events); // from here on x is the network thread's
}

static const intake_steps STEPS = {prepare, refused, admitted, submitted, stopped, finished};

/* ---- the network thread: sending -----------------------------------------------------------------------------------
 */

/* Breaks the connection, since part of the answer is lost. */
static void drop(exchange *x)
{
    x->server->metrics.n_failed++;
    http_drop(x->conn);
    detach(x);
}

typedef struct conn_sink {
    event_sink sink; // first, so that emit finds the rest
    http_conn *conn;
} conn_sink;

static void emit(event_sink *sink, const char *name, const char *payload, size_t n)
{
    http_stream_event(((conn_sink *)sink)->conn, name, payload, n);
}

static conn_sink sink_of(const exchange *x)
{
    return (conn_sink){.sink = {.emit = emit}, .conn = x->conn};
}

static void send_role(exchange *x, event_sink *sink)
{
    if (!x->has_role)
        x->family->begin(sink, &x->head);
    x->has_role = true;
}

/* Ends the exchange with an error, before or after the answer began. */
static void fail(exchange *x, const api_error *error)
{
    x->server->metrics.n_failed++;
    if (x->has_begun && x->is_stream) {
        // The status is sent: a client learns of the failure from the event, and from the end that is missing.
        conn_sink sink = sink_of(x);
        x->family->fail(&sink.sink, error);
        http_stream_end(x->conn, /*is_broken=*/true);
    } else {
        reply_error(x->conn, x->family, error);
    }
    detach(x);
}

/* Headers of an answer beside the usual ones. */
static void fill_fields(const exchange *x, http_field fields[2])
{
    fields[0] = x->ignored[0] != '\0' ? (http_field){"spillway-ignored", x->ignored} : (http_field){0};
    fields[1] = (http_field){0};
}

static http_framing framing_of(const dialect *family)
{
    return family->framing == DIALECT_NDJSON ? HTTP_NDJSON : HTTP_SSE;
}

/* Looks at the intake's result.  Returns false if x is destroyed. */
static bool begin(exchange *x)
{
    http_field fields[2];
    if (x->error.what != API_OK) {
        fail(x, &x->error);
        return false;
    }
    x->has_begun = true;
    fill_fields(x, fields);
    if (x->is_stream)
        http_stream_begin(x->conn, framing_of(x->family), fields);
    return true;
}

/* ---- the network thread: events ------------------------------------------------------------------------------------
 */

static bool next_logprobs(void *ud, sw_logprobs *out)
{
    buf *const rest = ud; // data and size are what is left
    if (rest->size == 0)
        return false;
    const char *pos = rest->data;
    logprobs_unpack(&pos, out);
    rest->size -= (size_t)(pos - rest->data);
    rest->data += pos - rest->data;
    return true;
}

static void end_document(exchange *x, const sw_event *done)
{
    http_field fields[2];
    buf document, rest = x->logprobs; // a view: nothing is appended to it
    const logprob_source source = {next_logprobs, &rest};
    const whole_answer answer = {&x->content, &x->reasoning, x->wants_logprobs ? &source : NULL, done};
    buf_init(&document, (size_t)LIMIT_ANSWER_BYTES * 8); // JSON escapes a byte with six at most
    x->family->write_answer(&document, &x->head, &answer);
    fill_fields(x, fields);
    http_reply(x->conn, 200, x->family->content_type, fields, &document);
}

/* Returns false if an event was lost. */
static bool end_stream(exchange *x, const sw_event *done)
{
    conn_sink sink = sink_of(x);
    send_role(x, &sink.sink);
    x->family->end(&sink.sink, &x->head, done);
    if (!sink.sink.failed)
        http_stream_end(x->conn, /*is_broken=*/false);
    return !sink.sink.failed;
}

static void on_done(exchange *x, const sw_event *done)
{
    api_error error;
    if (done->finish == SW_FINISH_CANCELED) {
        api_fail(&error, API_SHUTTING_DOWN, NULL, "the generation was stopped by the server");
        fail(x, &error);
    } else if (x->content.failed != SW_OK || x->reasoning.failed != SW_OK || x->logprobs.failed != SW_OK) {
        api_fail(&error, API_OUT_OF_MEMORY, NULL, "the answer has more than %d bytes", LIMIT_ANSWER_BYTES);
        fail(x, &error);
    } else if (x->is_stream && !end_stream(x, done)) {
        drop(x);
    } else {
        if (!x->is_stream)
            end_document(x, done);
        serving_metrics_completed(&x->server->metrics, done);
        detach(x);
    }
}

/* Keeps a text until the whole answer is there. */
static void keep_text(exchange *x, const sw_event *e)
{
    buf_append(e->kind == SW_TEXT_REASONING ? &x->reasoning : &x->content, e->text, e->n_bytes);
    if (e->logprobs != NULL)
        logprobs_pack(&x->logprobs, e->logprobs);
}

/* Sends an event that does not end the answer.  Returns false if x is destroyed. */
static bool pass_on(exchange *x, const sw_event *e)
{
    const sw_clock *const clock = x->server->o.clock;
    conn_sink sink = sink_of(x);
    if (e->type == SW_EVENT_ACCEPTED)
        x->accepted_ns = clock_now_ns(clock);
    if (!x->is_stream) {
        if (e->type == SW_EVENT_TOKEN)
            keep_text(x, e);
        return true;
    }
    send_role(x, &sink.sink);
    if (e->type == SW_EVENT_TOKEN)
        x->family->text(&sink.sink, &x->head, e);
    else if (e->type == SW_EVENT_PROGRESS && x->wants_progress)
        x->family->progress(&sink.sink, &x->head, e, ns_to_ms(clock_now_ns(clock) - x->accepted_ns));
    if (sink.sink.failed)
        drop(x);
    return !sink.sink.failed;
}

static void take_bytes(exchange *x, const buf *bytes)
{
    event_reader reader = {.bytes = bytes};
    sw_event e;
    while (event_reader_next(&reader, &e)) {
        api_error error;
        switch (e.type) {
        case SW_EVENT_ACCEPTED:
        case SW_EVENT_PROGRESS:
        case SW_EVENT_TOKEN:
            if (!pass_on(x, &e))
                return;
            break;
        case SW_EVENT_DONE: on_done(x, &e); return;
        case SW_EVENT_ERROR:
            api_from_engine(&error, e.error, /*n_ctx=*/0);
            fail(x, &error);
            return;
        }
    }
}

/* The intake has given x back, or there are events, or the client takes bytes again. */
static void look_at(exchange *x)
{
    buf bytes;
    if (x->conn == NULL) {
        destroy(x);
        return;
    }
    if (x->has_begun && x->is_stream && !http_stream_has_room(x->conn))
        return; // pump comes
    const bool is_whole = event_queue_take(&x->events, &bytes);
    if (!is_whole)
        drop(x); // the client is too slow for its queue, or memory is short
    else if (x->has_begun || begin(x))
        take_bytes(x, &bytes);
    buf_free(&bytes);
}

bool exchange_take_events(server *s)
{
    for (int i = 0; i < EVENTS_AT_ONCE; i++) {
        event_queue *const q = event_inbox_take(&s->inbox);
        if (q == NULL)
            return false;
        look_at(q->owner);
    }
    return true;
}

/* ---- the network thread: the connection's side ---------------------------------------------------------------------
 */

static void on_pump(void *owner)
{
    look_at(owner);
}

static void on_gone(void *owner)
{
    exchange *const x = owner;
    x->server->metrics.n_abandoned++;
    detach(x);
}

static void on_stop(void *owner)
{
    api_error error;
    api_fail(&error, API_SHUTTING_DOWN, NULL, "the server is shutting down");
    fail(owner, &error);
}

static exchange *create(server *s, http_conn *c, const dialect *family)
{
    exchange *const x = mem_calloc(1, sizeof *x);
    if (x == NULL)
        return NULL;
    x->server = s;
    x->family = family;
    x->place = (intake_place){.steps = &STEPS, .job = x};
    event_queue_init(&x->events, &s->inbox, x, LIMIT_HTTP_SEND_QUEUE_BYTES);
    buf_init(&x->content, LIMIT_ANSWER_BYTES);
    buf_init(&x->reasoning, LIMIT_ANSWER_BYTES);
    buf_init(&x->logprobs, LIMIT_ANSWER_BYTES);
    x->body = http_take_body(c, &x->n_body);
    if (x->body != NULL)
        return x;
    destroy(x);
    return NULL;
}

void exchange_begin(server *s, http_conn *c, const dialect *family)
{
    static const http_responder RESPONDER = {.pump = on_pump, .gone = on_gone, .stop = on_stop};
    api_error error = {0};
    exchange *const x = atomic_load(&s->is_stopping) ? NULL : create(s, c, family);
    if (x == NULL && atomic_load(&s->is_stopping))
        api_fail(&error, API_SHUTTING_DOWN, NULL, "the server is shutting down");
    else if (x == NULL)
        api_fail(&error, API_OUT_OF_MEMORY, NULL, "not enough memory for the request");
    else if (!intake_put(s->intake, &x->place))
        api_fail(&error, API_QUEUE_FULL, NULL, "too many requests are waiting");
    if (error.what == API_OK) {
        x->conn = c;
        http_hand_over(c, &RESPONDER, x);
        return;
    }
    s->metrics.n_failed++;
    reply_error(c, family, &error);
    if (x != NULL)
        destroy(x);
}
