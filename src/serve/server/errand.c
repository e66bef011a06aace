/* errand.c - from the route to the intake and back. */
#include "server/errand.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/limits.h"

/* ---- the intake's thread ---------------------------------------------------------------------------------------- */

static bool prepare(void *job, const char **model_out)
{
    errand *const e = job;
    const errand_kind *const kind = e->kind;
    if (atomic_load(&e->is_abandoned))
        return false;
    const bool is_read = kind->read != NULL
                             ? kind->read(e, e->body, e->n_body)
                             : kind->family->parse(&e->request, e->body, e->n_body, /*random=*/0, &e->error);
    *model_out = e->request.model;
    return is_read;
}

static void refused(void *job, model_refusal refusal, const sw_err *why)
{
    refuse_model(&((errand *)job)->error, refusal, why);
}

static void admitted(void *job, model_handle *handle, double load_ms)
{
    (void)load_ms;
    errand *const e = job;
    if (e->request.has_keep_alive)
        model_handle_keep_alive(handle, e->request.keep_alive_s);
    e->kind->work(e, handle);
    model_handle_release(handle);
}

static void stopped(void *job)
{
    api_fail(&((errand *)job)->error, API_SHUTTING_DOWN, NULL, "the server is shutting down");
}

static void finished(void *job)
{
    errand *const e = job;
    snprintf(e->ignored, sizeof e->ignored, "%s", e->request.ignored);
    generation_request_free(&e->request);
    mem_free(e->body);
    e->body = NULL;
    event_queue_open_to_reader(&e->ready); // from here on e is the network thread's
}

/* ---- the network thread ----------------------------------------------------------------------------------------- */

static void destroy(errand *e)
{
    event_queue_free(&e->ready);
    buf_free(&e->answer);
    mem_free(e->data);
    mem_free(e->body);
    mem_free(e);
}

static void count_outcome(errand *e, int status)
{
    serving_metrics_ended(&e->server->metrics,
                          &(metrics_outcome){.model = "", .endpoint = e->endpoint, .status = status, .finish = ""});
}

static void look(inbox_member *member)
{
    errand *const e = (errand *)member;
    const http_field fields[2] = {e->ignored[0] != '\0' ? (http_field){"spillway-ignored", e->ignored}
                                                        : (http_field){0}};
    if (e->conn != NULL && e->error.what == API_OK) {
        count_outcome(e, 200);
        http_reply(e->conn, 200, e->kind->family->content_type, fields, &e->answer);
    } else if (e->conn != NULL) {
        count_refused(e->server, e->endpoint, &e->error);
        reply_error(e->conn, e->kind->family, &e->error);
    }
    destroy(e);
}

static void on_pump(void *owner)
{
    (void)owner; // the answer is whole
}

static void on_gone(void *owner)
{
    errand *const e = owner;
    e->server->metrics.n_abandoned++;
    count_outcome(e, 499); // see exchange_metrics.c
    e->conn = NULL;
    atomic_store(&e->is_abandoned, true);
    intake_abandon(&e->place);
}

static void on_stop(void *owner)
{
    errand *const e = owner;
    api_error error;
    api_fail(&error, API_SHUTTING_DOWN, NULL, "the server is shutting down");
    count_refused(e->server, e->endpoint, &error);
    reply_error(e->conn, e->kind->family, &error);
    e->conn = NULL;
    atomic_store(&e->is_abandoned, true);
    intake_abandon(&e->place);
}

static errand *create(server *s, http_conn *c, const errand_kind *kind)
{
    static const intake_steps STEPS = {prepare, refused, admitted, stopped, finished};
    errand *const e = mem_calloc(1, sizeof *e);
    if (e == NULL)
        return NULL;
    e->member.look = look;
    e->server = s;
    e->kind = kind;
    e->endpoint = http_request_of(c)->route;
    event_queue_init(&e->ready, &s->inbox, e, /*bytes_max=*/0);
    buf_init(&e->answer, (size_t)LIMIT_ANSWER_BYTES * 8); // JSON escapes a byte with six at most
    e->data = mem_calloc(1, kind->data_bytes + 1);
    e->body = http_take_body(c, &e->n_body);
    e->place = (intake_place){.steps = &STEPS, .job = e, .n_bytes = e->n_body};
    if (e->body != NULL && e->data != NULL)
        return e;
    destroy(e);
    return NULL;
}

void errand_begin(server *s, http_conn *c, const errand_kind *kind)
{
    static const http_responder RESPONDER = {.pump = on_pump, .gone = on_gone, .stop = on_stop};
    api_error error = {0};
    errand *const e = create(s, c, kind);
    if (e == NULL)
        api_fail(&error, API_OUT_OF_MEMORY, NULL, "not enough memory for the request");
    else if (!intake_put(s->intake, &e->place))
        api_fail(&error, API_QUEUE_FULL, NULL, "too many requests are waiting");
    if (error.what == API_OK) {
        e->conn = c;
        http_hand_over(c, &RESPONDER, e);
        return;
    }
    count_refused(s, http_request_of(c)->route, &error);
    reply_error(c, kind->family, &error);
    if (e != NULL)
        destroy(e);
}
