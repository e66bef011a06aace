/* chat_exchange.c - one chat completion, from the route to the last byte.
 *
 * The engine's thread writes records into the exchange's buffer and goes on; the network thread turns them into JSON
 * when it comes by.  An exchange is destroyed here and only by the network thread, once the admission thread has given
 * it back.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "server/chat_logprobs.h"
#include "server/internal.h"
#include "server/routes.h"

/* ---- the engine's thread --------------------------------------------------------------------------------------- */

/* What is kept of an event; n_bytes of text follow, then n_logprobs bytes of packed log-probabilities. */
typedef struct record {
    sw_event_type type;
    sw_text_kind kind;
    chat_progress progress;
    chat_end end;
    sw_code code; // ERROR; the text is the message
    size_t n_bytes, n_logprobs;
} record;

enum {
    MERGE_FROM_BYTES = 16384, // of waiting records: from here on texts are joined, since nobody keeps up with them
    MERGED_TEXT_BYTES = 4096, // in one record, at most
};
static const size_t NO_TEXT = SIZE_MAX;

/* Puts the text of r behind that of the last record, if that helps and they belong together. */
static bool merge(exchange *x, const record *r, const char *text)
{
    record last;
    if (r->type != SW_EVENT_TOKEN || x->last_text_at == NO_TEXT || x->events.size < MERGE_FROM_BYTES)
        return false;
    memcpy(&last, x->events.data + x->last_text_at, sizeof last);
    if (last.kind != r->kind || last.n_bytes + r->n_bytes > MERGED_TEXT_BYTES)
        return false;
    last.n_bytes += r->n_bytes;
    buf_append(&x->events, text, r->n_bytes);
    memcpy(x->events.data + x->last_text_at, &last, sizeof last);
    return true;
}

static void put_record(exchange *x, const record *r, const char *text)
{
    if (x->events.failed != SW_OK || merge(x, r, text))
        return;
    x->last_text_at = r->type == SW_EVENT_TOKEN ? x->events.size : NO_TEXT;
    buf_append(&x->events, r, sizeof *r);
    buf_append(&x->events, text, r->n_bytes);
}

/* A text that is never merged, since it has log-probabilities. */
static void put_with_logprobs(exchange *x, record r, const char *text, const sw_logprobs *logprobs)
{
    const size_t at = x->events.size;
    buf_append(&x->events, &r, sizeof r);
    buf_append(&x->events, text, r.n_bytes);
    const size_t before = x->events.size;
    logprobs_pack(&x->events, logprobs);
    x->last_text_at = NO_TEXT;
    if (x->events.failed != SW_OK)
        return;
    r.n_logprobs = x->events.size - before;
    memcpy(x->events.data + at, &r, sizeof r);
}

void chat_on_event(void *ud, const sw_event *event)
{
    exchange *const x = ud;
    server_state *const s = x->server;
    const char *const text = event->type == SW_EVENT_ERROR ? event->error->msg : event->text;
    const record r = {
        .type = event->type,
        .kind = event->kind,
        .progress = {.n_prompt = event->n_prompt, .n_cached = event->n_cached, .n_done = event->n_prompt_done},
        .end = {event->finish, event->n_prompt, event->n_cached, event->n_predicted, event->n_reasoning,
                event->timings},
        .code = event->type == SW_EVENT_ERROR ? event->error->code : SW_OK,
        .n_bytes = event->type == SW_EVENT_ERROR   ? strlen(text)
                   : event->type == SW_EVENT_TOKEN ? event->n_bytes
                                                   : 0,
    };
    const bool has_logprobs = event->logprobs != NULL && event->logprobs->is_content;
    if (r.type == SW_EVENT_TOKEN && r.n_bytes == 0 && !has_logprobs)
        return;
    pthread_mutex_lock(&s->lock);
    if (has_logprobs)
        put_with_logprobs(x, r, text, event->logprobs);
    else
        put_record(x, &r, text);
    const bool must_wake = server_news(s, x);
    pthread_mutex_unlock(&s->lock); // from here on the network thread may destroy x, if this was the last event
    if (must_wake)
        lws_cancel_service(s->lws);
}

/* ---- life of an exchange --------------------------------------------------------------------------------------- */

static void unlink_news(server_state *s, exchange *x)
{
    for (exchange **p = &s->news; *p != NULL; p = &(*p)->next_news) {
        if (*p != x)
            continue;
        *p = x->next_news;
        if (s->news_end == &x->next_news)
            s->news_end = p;
        return;
    }
}

static void destroy(exchange *x)
{
    server_state *const s = x->server;
    const bool had_job = x->job != NULL;
    if (had_job)
        sw_job_release(x->job); // cancels; no event comes after this
    pthread_mutex_lock(&s->lock);
    s->n_jobs -= had_job;
    if (x->is_news)
        unlink_news(s, x);
    pthread_mutex_unlock(&s->lock);
    buf_free(&x->events);
    buf_free(&x->content);
    buf_free(&x->reasoning);
    buf_free(&x->logprobs);
    mem_free(x->body);
    mem_free(x);
}

/* The connection is done with x: either its answer is complete or the client has gone. */
static void detach(exchange *x)
{
    if (x->conn != NULL) {
        x->conn->exchange = NULL;
        x->conn->ignored = NULL;
    }
    x->conn = NULL;
    pthread_mutex_lock(&x->server->lock);
    const bool is_ours = x->is_admitted;
    x->is_abandoned = true;
    pthread_mutex_unlock(&x->server->lock);
    if (is_ours)
        destroy(x);
}

void chat_abandon(exchange *x)
{
    detach(x);
}

void chat_route(conn *c, const char *rest)
{
    (void)rest;
    server_state *const s = c->server;
    api_error error;
    exchange *const x = s->is_stopping ? NULL : mem_calloc(1, sizeof *x);
    if (x == NULL) {
        api_fail(&error, s->is_stopping ? API_SHUTTING_DOWN : API_OUT_OF_MEMORY, NULL,
                 s->is_stopping ? "the server is shutting down" : "not enough memory for the request");
        http_reply_error(c, &error);
        return;
    }
    x->server = s;
    x->n_body = c->body.size;
    x->body = buf_take(&c->body);
    buf_init(&x->events, LIMIT_HTTP_SEND_QUEUE_BYTES);
    x->last_text_at = NO_TEXT;
    buf_init(&x->content, LIMIT_ANSWER_BYTES);
    buf_init(&x->reasoning, LIMIT_ANSWER_BYTES);
    buf_init(&x->logprobs, LIMIT_ANSWER_BYTES);
    if (x->body == NULL || !admission_put(s, x)) {
        api_fail(&error, x->body == NULL ? API_OUT_OF_MEMORY : API_QUEUE_FULL, NULL,
                 x->body == NULL ? "not enough memory for the request" : "too many requests are waiting");
        http_reply_error(c, &error);
        destroy(x);
        return;
    }
    x->conn = c;
    c->exchange = x;
}

/* ---- the network thread ---------------------------------------------------------------------------------------- */

/* One event of the stream: begin_data, then its JSON, then send_data. */
static void begin_data(buf *line)
{
    buf_init(line, LIMIT_ANSWER_BYTES);
    buf_puts(line, "data: ");
}

static void send_data(exchange *x, buf *line)
{
    buf_puts(line, "\n\n");
    if (line->failed != SW_OK)
        http_drop(x->conn);
    else
        http_stream_send(x->conn, line->data, line->size);
    buf_free(line);
}

static void send_role(exchange *x)
{
    buf line;
    if (x->has_role)
        return;
    x->has_role = true;
    begin_data(&line);
    chat_chunk_role(&line, &x->head);
    send_data(x, &line);
}

void chat_fail(exchange *x, const api_error *error)
{
    conn *const c = x->conn;
    if (x->has_begun && x->is_stream) {
        // The status is spent: the client learns of the failure from the event and from the missing [DONE].
        buf line;
        begin_data(&line);
        api_error_write(&line, error);
        send_data(x, &line);
        http_stream_end(c, /*close=*/true);
    } else {
        http_reply_error(c, error);
    }
    detach(x);
}

static void on_text(exchange *x, const record *r, const char *text)
{
    if (!x->is_stream) {
        buf_append(r->kind == SW_TEXT_REASONING ? &x->reasoning : &x->content, text, r->n_bytes);
        buf_append(&x->logprobs, text + r->n_bytes, r->n_logprobs);
        return;
    }
    buf line;
    send_role(x);
    begin_data(&line);
    const chat_piece piece = {r->kind, text, r->n_bytes, text + r->n_bytes, r->n_logprobs};
    chat_chunk_text(&line, &x->head, &piece);
    send_data(x, &line);
}

static void on_progress(exchange *x, const record *r)
{
    if (!x->is_stream || !x->wants_progress)
        return;
    buf line;
    send_role(x);
    begin_data(&line);
    chat_progress progress = r->progress;
    progress.time_ms = ns_to_ms(clock_now_ns(clock_system()) - x->accepted_ns);
    chat_chunk_progress(&line, &x->head, &progress);
    send_data(x, &line);
}

static void end_stream(exchange *x, const chat_end *end)
{
    buf line;
    send_role(x);
    begin_data(&line);
    chat_chunk_finish(&line, &x->head, end);
    send_data(x, &line);
    if (x->head.include_usage) {
        begin_data(&line);
        chat_chunk_usage(&line, &x->head, end);
        send_data(x, &line);
    }
    begin_data(&line);
    buf_puts(&line, "[DONE]");
    send_data(x, &line);
    http_stream_end(x->conn, /*close=*/false);
}

static void end_document(exchange *x, const chat_end *end)
{
    buf document;
    buf_init(&document, (size_t)LIMIT_ANSWER_BYTES * 8); // JSON escapes a byte with six at most
    chat_document(&document, &x->head, &x->content, &x->reasoning, x->wants_logprobs ? &x->logprobs : NULL, end);
    http_reply(x->conn, 200, &document);
}

static void on_done(exchange *x, const chat_end *end)
{
    api_error error;
    if (end->finish == SW_FINISH_CANCELED) {
        api_fail(&error, API_SHUTTING_DOWN, NULL, "the generation was stopped by the server");
        chat_fail(x, &error);
    } else if (x->content.failed != SW_OK || x->reasoning.failed != SW_OK || x->logprobs.failed != SW_OK) {
        api_fail(&error, API_OUT_OF_MEMORY, NULL, "the answer has more than %d bytes", LIMIT_ANSWER_BYTES);
        chat_fail(x, &error);
    } else {
        if (x->is_stream)
            end_stream(x, end);
        else
            end_document(x, end);
        detach(x);
    }
}

static void on_error(exchange *x, const record *r, const char *message)
{
    sw_err err = {.code = r->code};
    api_error error;
    snprintf(err.msg, sizeof err.msg, "%.*s", (int)r->n_bytes, message);
    api_from_engine(&error, &err, /*n_ctx=*/0);
    chat_fail(x, &error);
}

/* Returns whether this was the last record; x is gone then. */
static bool on_record(exchange *x, const record *r, const char *text)
{
    switch (r->type) {
    case SW_EVENT_ACCEPTED:
        x->accepted_ns = clock_now_ns(clock_system());
        if (x->is_stream)
            send_role(x);
        return false;
    case SW_EVENT_PROGRESS: on_progress(x, r); return false;
    case SW_EVENT_TOKEN: on_text(x, r, text); return false;
    case SW_EVENT_DONE: on_done(x, &r->end); return true;
    case SW_EVENT_ERROR: on_error(x, r, text); return true;
    }
    return false;
}

static bool begin(exchange *x)
{
    if (x->error.what != API_OK) {
        chat_fail(x, &x->error);
        return false;
    }
    x->has_begun = true;
    x->conn->ignored = x->ignored;
    if (x->is_stream) {
        http_stream_start(x->conn);
        if (x->server->options->ping_interval_s > 0)
            http_stream_send(x->conn, ": keep-alive\n\n", 14);
    }
    return true;
}

static void take_events(exchange *x, const buf *events)
{
    for (size_t pos = 0; pos < events->size;) {
        record r;
        memcpy(&r, events->data + pos, sizeof r);
        pos += sizeof r;
        if (on_record(x, &r, events->data + pos))
            return;
        pos += r.n_bytes + r.n_logprobs;
    }
}

void chat_on_news(exchange *x)
{
    buf events = {0};
    const bool is_full = x->conn != NULL && !http_has_room(x->conn);
    pthread_mutex_lock(&x->server->lock);
    const bool is_ours = x->is_admitted, is_lost = x->events.failed != SW_OK;
    if (is_ours && !is_full) {
        events = x->events;
        buf_init(&x->events, events.max);
        x->last_text_at = NO_TEXT;
    }
    pthread_mutex_unlock(&x->server->lock);
    if (!is_ours)
        return;
    if (x->conn == NULL)
        destroy(x);
    else if (is_lost)
        http_drop(x->conn); // the client is too slow for its queue, or memory is short: part of the answer is lost
    else if (x->has_begun || begin(x))
        take_events(x, &events);
    buf_free(&events);
}
