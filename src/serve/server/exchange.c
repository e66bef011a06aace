/* exchange.c - ties one connection, one dialect and one job of an engine together: the network thread's side.
 *
 * Only the network thread destroys an exchange.  If the connection is closed while the intake owns the exchange, it is
 * marked as abandoned and destroyed when it comes back.
 */
#include "server/exchange.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "server/exchange_state.h"

enum {
    EVENTS_AT_ONCE = 64,                                 // exchanges, until sockets have their turn
    EVENTS_BYTES_MAX = 16 * LIMIT_HTTP_SEND_QUEUE_BYTES, // the job pauses long before
};

/* ---- life ------------------------------------------------------------------------------------------------------- */

/* How many requests of x's client are under way; clients of one bucket count together. */
static int *client_jobs(server *s, uint64_t client)
{
    return &s->n_client_jobs[client % CLIENT_BUCKETS];
}

static void destroy(exchange *x)
{
    --*client_jobs(x->server, x->client);
    sw_job_release(x->job); // cancels; no event comes after this
    model_handle_release(x->handle);
    event_queue_free(&x->events);
    buf_free(&x->taken);
    generation_request_free(&x->request);
    buf_free(&x->content);
    buf_free(&x->reasoning);
    buf_free(&x->logprobs);
    mem_free(x->body);
    mem_free(x);
}

/* Parts x from its connection: the answer is complete, or the connection is closed.  x may be destroyed. */
static void detach(exchange *x)
{
    x->conn = NULL;
    atomic_store(&x->is_abandoned, true);
    if (event_queue_is_open(&x->events))
        destroy(x);
}

/* ---- the network thread: sending -------------------------------------------------------------------------------- */

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

/* ---- the network thread: events --------------------------------------------------------------------------------- */

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
    // The engine's own figure begins when the job is submitted, after the wait for the intake and for a model.
    x->head.ttft_ms = ns_to_ms(event_queue_first_token_ns(&x->events) - x->arrived_ns);
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

/* Returns false if x is destroyed. */
static bool take_event(exchange *x, const sw_event *e)
{
    api_error error;
    switch (e->type) {
    case SW_EVENT_ACCEPTED:
    case SW_EVENT_PROGRESS:
    case SW_EVENT_PROMPT_TOKEN:
    case SW_EVENT_EMBEDDING:
    case SW_EVENT_TOKEN: return pass_on(x, e);
    case SW_EVENT_DONE: on_done(x, e); return false;
    case SW_EVENT_ERROR: break;
    }
    api_from_engine(&error, e->error, /*n_ctx=*/0);
    fail(x, &error);
    return false;
}

/* Sends what was taken from the queue, as far as the connection has room.  Returns false if x is destroyed, or if
 * something is left: pump comes. */
static bool send_taken(exchange *x)
{
    for (;;) {
        sw_event e;
        if (x->is_stream && !http_stream_has_room(x->conn))
            return false;
        if (!event_reader_next(&x->reader, &e))
            return true;
        if (!take_event(x, &e))
            return false;
    }
}

/* Goes on with x: it came back from the intake, or has events, or its connection takes bytes again.  Takes from the
 * queue once, so that other connections have their turn. */
static void look_at(exchange *x)
{
    if (x->conn == NULL) {
        destroy(x);
        return;
    }
    if ((!x->has_begun && !begin(x)) || !send_taken(x))
        return;
    buf_free(&x->taken);
    const bool is_whole = event_queue_take(&x->events, &x->taken);
    x->reader = (event_reader){.bytes = &x->taken};
    if (is_whole)
        (void)send_taken(x);
    else
        drop(x); // memory ran out
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

/* ---- the network thread: the connection's side ------------------------------------------------------------------ */

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
    x->client = http_client_of(c);
    ++*client_jobs(s, x->client);
    x->arrived_ns = clock_now_ns(s->o.clock);
    x->place = (intake_place){.steps = &EXCHANGE_STEPS, .job = x};
    event_queue_init(&x->events, &s->inbox, x, EVENTS_BYTES_MAX);
    x->reader = (event_reader){.bytes = &x->taken};
    buf_init(&x->content, LIMIT_ANSWER_BYTES);
    buf_init(&x->reasoning, LIMIT_ANSWER_BYTES);
    buf_init(&x->logprobs, LIMIT_ANSWER_BYTES);
    x->body = http_take_body(c, &x->n_body);
    x->place.n_bytes = x->n_body;
    if (x->body != NULL)
        return x;
    destroy(x);
    return NULL;
}

void exchange_begin(server *s, http_conn *c, const dialect *family)
{
    static const http_responder RESPONDER = {.pump = on_pump, .gone = on_gone, .stop = on_stop};
    api_error error = {0};
    exchange *x = NULL;
    if (atomic_load(&s->is_stopping))
        api_fail(&error, API_SHUTTING_DOWN, NULL, "the server is shutting down");
    else if (*client_jobs(s, http_client_of(c)) >= LIMIT_CLIENT_JOBS)
        api_fail(&error, API_QUEUE_FULL, NULL, "%d requests of this client are running or waiting already",
                 LIMIT_CLIENT_JOBS);
    else if ((x = create(s, c, family)) == NULL)
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
