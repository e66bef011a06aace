/* exchange.c - the life of a request for answers: from its route through the intake to its last byte.  Network thread.
 *
 * An exchange ties an outlet, a dialect and the jobs of an engine together.  Only the network thread destroys it.  If
 * the connection is closed while the exchange is at the intake, it is marked as abandoned and destroyed when it comes
 * back.
 */
#include "server/exchange.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "server/exchange_state.h"

enum { TURNS_AT_ONCE = 64 }; // looks into the inbox, until sockets have their turn

/* ---- life ------------------------------------------------------------------------------------------------------- */

/* How many requests of x's client are under way; clients of one bucket count together. */
static int *client_jobs(server *s, uint64_t client)
{
    return &s->n_client_jobs[client % CLIENT_BUCKETS];
}

static void free_choice(exchange_choice *c)
{
    sw_job_release(c->job); // cancels; no event comes after this
    event_queue_free(&c->events);
    buf_free(&c->taken);
    buf_free(&c->content);
    buf_free(&c->reasoning);
    buf_free(&c->logprobs);
    buf_free(&c->embedding);
    buf_free(&c->token_ids);
}

static void destroy(exchange *x)
{
    --*client_jobs(x->server, x->client);
    for (size_t i = 0; i < x->n_submitted; i++)
        free_choice(&x->choices[i]);
    mem_free(x->choices);
    mem_free(x->stops);
    model_handle_release(x->handle);
    event_queue_free(&x->ready);
    generation_request_free(&x->request);
    if (x->family->free_state != NULL && x->stream.state != NULL)
        x->family->free_state(x->stream.state);
    mem_free(x->stream.state);
    json_decref(x->head.repeated);
    json_decref(x->head.experts);
    request_experts_free(&x->experts);
    mem_free(x->body);
    mem_free(x);
}

void exchange_detach(exchange *x)
{
    x->out = (outlet){0};
    atomic_store(&x->is_abandoned, true);
    if (x->is_at_intake)
        intake_abandon(&x->place);
    else
        destroy(x);
}

/* ---- coming back from the intake -------------------------------------------------------------------------------- */

/* Looks at the intake's first result.  Returns false if the exchange ended. */
static bool begin(exchange *x)
{
    const http_field fields[2] = {x->ignored[0] != '\0' ? (http_field){"spillway-ignored", x->ignored}
                                                        : (http_field){0}};
    x->stream.head = &x->head;
    if (x->family->state_bytes > 0 && (x->stream.state = mem_calloc(1, x->family->state_bytes)) == NULL)
        api_fail(&x->error, API_OUT_OF_MEMORY, NULL, "not enough memory for the request");
    if (x->error.what != API_OK) {
        exchange_fail(x, &x->error);
        return false;
    }
    x->has_begun = true;
    if (!x->is_stream)
        return true;
    exchange_count_stream(x);
    x->out.ops->begin(x->out.to, x->family, fields);
    return exchange_announce(x);
}

static void look_at_choice(inbox_member *member)
{
    (void)exchange_look_at((exchange_choice *)member);
}

static void look_at_ready(inbox_member *member)
{
    exchange *const x = (exchange *)member;
    x->is_at_intake = false;
    if (x->out.ops == NULL) {
        destroy(x);
    } else if (x->has_begun && x->error.what != API_OK) {
        exchange_fail(x, &x->error);
    } else if (x->has_begun || begin(x)) {
        for (; x->n_open < x->n_submitted; x->n_open++) {
            x->choices[x->n_open].member.look = look_at_choice;
            event_queue_open_to_reader(&x->choices[x->n_open].events);
        }
        if (x->n_choices == 0)
            exchange_end(x);
    }
}

bool exchange_take_events(server *s)
{
    for (int i = 0; i < TURNS_AT_ONCE; i++) {
        event_queue *const q = event_inbox_take(&s->inbox);
        if (q == NULL)
            return false;
        inbox_member *const member = q->owner;
        member->look(member);
    }
    return true;
}

bool exchange_next_wave(exchange *x)
{
    x->place = (intake_place){.steps = &EXCHANGE_WAVE_STEPS, .job = x};
    x->is_at_intake = intake_put(x->server->intake, &x->place);
    if (x->is_at_intake)
        return true;
    api_error error;
    api_fail(&error, API_QUEUE_FULL, NULL, "too many requests are waiting");
    exchange_fail(x, &error);
    return false;
}

/* ---- the connection's side -------------------------------------------------------------------------------------- */

void exchange_pump(exchange *x)
{
    for (size_t i = 0; i < x->n_open; i++) {
        if (!x->choices[i].is_over && !exchange_look_at(&x->choices[i]))
            return;
    }
}

void exchange_gone(exchange *x)
{
    exchange_count_left(x);
    exchange_detach(x);
}

bool exchange_cancel(exchange *x)
{
    if (!x->has_begun) {
        exchange_gone(x);
        return false;
    }
    x->is_cancelled = true;
    for (size_t i = 0; i < x->n_open; i++) {
        if (x->choices[i].job != NULL)
            sw_job_cancel(x->choices[i].job);
    }
    return true;
}

void exchange_stop(exchange *x)
{
    api_error error;
    api_fail(&error, API_SHUTTING_DOWN, NULL, "the server is shutting down");
    exchange_fail(x, &error);
}

static void on_pump(void *owner)
{
    exchange_pump(owner);
}

static void on_gone(void *owner)
{
    exchange_gone(owner);
}

static void on_stop(void *owner)
{
    exchange_stop(owner);
}

/* ---- begin ------------------------------------------------------------------------------------------------------ */

static exchange *create(server *s, const exchange_origin *from)
{
    exchange *const x = mem_calloc(1, sizeof *x);
    if (x == NULL)
        return NULL;
    x->member.look = look_at_ready;
    x->server = s;
    x->family = from->family;
    x->client = from->client;
    ++*client_jobs(s, x->client);
    x->arrived_ns = clock_now_ns(s->o.clock);
    x->endpoint = from->endpoint != NULL ? from->endpoint : "";
    x->is_websocket = from->is_websocket;
    x->body = from->body;
    x->n_body = from->n_body;
    x->place = (intake_place){.steps = &EXCHANGE_STEPS, .job = x, .n_bytes = x->n_body};
    snprintf(x->request_id, sizeof x->request_id, "%s", from->request_id);
    snprintf(x->head.client_id, sizeof x->head.client_id, "%s", from->client_id != NULL ? from->client_id : "");
    event_queue_init(&x->ready, &s->inbox, x, /*bytes_max=*/0);
    return x;
}

exchange *exchange_open(server *s, const exchange_origin *from)
{
    api_error error = {0};
    exchange *x = NULL;
    if (from->body == NULL)
        api_fail(&error, API_OUT_OF_MEMORY, NULL, "not enough memory for the request");
    else if (atomic_load(&s->is_stopping))
        api_fail(&error, API_SHUTTING_DOWN, NULL, "the server is shutting down");
    else if (*client_jobs(s, from->client) >= LIMIT_CLIENT_JOBS)
        api_fail(&error, API_QUEUE_FULL, NULL, "%d requests of this client are running or waiting already",
                 LIMIT_CLIENT_JOBS);
    else if ((x = create(s, from)) == NULL)
        api_fail(&error, API_OUT_OF_MEMORY, NULL, "not enough memory for the request");
    else if (!intake_put(s->intake, &x->place))
        api_fail(&error, API_QUEUE_FULL, NULL, "too many requests are waiting");
    if (error.what == API_OK) {
        x->out = from->out;
        x->is_at_intake = true;
        return x;
    }
    count_refused(s, from->endpoint != NULL ? from->endpoint : "", &error);
    outlet_reply_error(from->out, from->family, &error);
    if (x != NULL)
        destroy(x);
    else
        mem_free(from->body);
    return NULL;
}

void exchange_begin(server *s, http_conn *c, const dialect *family)
{
    static const http_responder RESPONDER = {.pump = on_pump, .gone = on_gone, .stop = on_stop};
    exchange_origin from = {.out = outlet_http(c),
                            .family = family,
                            .client = http_client_of(c),
                            .request_id = http_request_of(c)->id,
                            .endpoint = http_request_of(c)->route};
    from.body = http_take_body(c, &from.n_body);
    exchange *const x = exchange_open(s, &from);
    if (x != NULL)
        http_hand_over(c, &RESPONDER, x);
}
