/* experts_trace.c - GET /v1/experts/trace: the choices that are in the ring, a row for each token and layer, as JSON
 * lines or CSV.
 *
 * The rows that were made before the request are sent, as fast as the client reads.  If they are overwritten before
 * that, the answer breaks off: it never has a gap.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "dialects/openai_chat.h"
#include "server/experts_query.h"
#include "server/routes.h"

enum {
    ROWS_AT_ONCE = 32,
    LINE_BYTES_MAX = 4096, // 64 experts and weights take half of it
};

/* One answer on its way. */
typedef struct trace_export {
    server *server;
    http_conn *conn;
    experts_query query; // its model is named; `from` is the next row to read
    uint64_t since_ns;   // of the engine whose rows these are
    uint64_t end;        // the row before which it stops
    sw_expert_row rows[ROWS_AT_ONCE];
    size_t n_rows, next; // rows[next..n_rows) are to be sent
    uint64_t n_lost;     // rows before them that were overwritten
    buf line;
} trace_export;

/* ---- rows ------------------------------------------------------------------------------------------------------- */

static void write_experts(buf *out, const sw_expert_row *r, char separator)
{
    for (int i = 0; i < r->n_used; i++)
        buf_printf(out, "%.*s%d", i > 0, &separator, r->experts[i]);
}

static void write_weights(buf *out, const sw_expert_row *r, char separator)
{
    for (int i = 0; i < r->n_used; i++)
        buf_printf(out, "%.*s%.6g", i > 0, &separator, (double)r->weights[i]);
}

/* The request is empty for tokens of none. */
static void write_csv(buf *out, const sw_expert_row *r)
{
    if (r->tag != 0)
        buf_printf(out, "%016llx", (unsigned long long)r->tag);
    buf_printf(out, ",%d,%d,%d,", r->sequence, r->position, r->layer);
    write_experts(out, r, ' ');
    buf_putc(out, ',');
    write_weights(out, r, ' ');
}

static void write_json(buf *out, const sw_expert_row *r)
{
    if (r->tag != 0)
        buf_printf(out, "{\"request\":\"%016llx\"", (unsigned long long)r->tag);
    else
        buf_puts(out, "{\"request\":null");
    buf_printf(out, ",\"sequence\":%d,\"position\":%d,\"layer\":%d,\"experts\":[", r->sequence, r->position, r->layer);
    write_experts(out, r, ',');
    buf_puts(out, "],\"weights\":[");
    write_weights(out, r, ',');
    buf_puts(out, "]}");
}

/* Returns false if memory is short. */
static bool send_row(trace_export *t, const sw_expert_row *r)
{
    buf_clear(&t->line);
    if (t->query.is_csv)
        write_csv(&t->line, r);
    else
        write_json(&t->line, r);
    if (t->line.failed == SW_OK)
        http_stream_event(t->conn, NULL, buf_str(&t->line), t->line.size);
    return t->line.failed == SW_OK;
}

/* ---- the ring --------------------------------------------------------------------------------------------------- */

static void look_for_rows(void *ud, const model_entry *model, sw_engine *engine)
{
    trace_export *const t = ud;
    const uint64_t left = t->end - t->query.from;
    (void)model;
    if (sw_engine_expert_trace(engine).since_ns == t->since_ns)
        t->n_rows = sw_engine_expert_rows(engine, &t->query.from, t->rows, left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE,
                                          &t->n_lost);
}

/* Reads the next rows.  Returns false if there are none any more, although the end is not reached. */
static bool refill(trace_export *t)
{
    api_error error;
    t->n_rows = t->next = 0;
    return experts_query_visit(t->server, &t->query, look_for_rows, t, &error) && t->n_rows > 0;
}

static bool is_wanted(const trace_export *t, const sw_expert_row *r)
{
    return (t->query.given & EXPERTS_REQUEST) == 0 || r->tag == t->query.tag;
}

/* ---- the answer ------------------------------------------------------------------------------------------------- */

static void destroy(trace_export *t)
{
    buf_free(&t->line);
    mem_free(t);
}

/* Sends rows as long as there is room.  Ends the answer, or breaks it off. */
static void go_on(trace_export *t)
{
    while (http_stream_has_room(t->conn)) {
        const bool is_empty = t->next == t->n_rows;
        if (is_empty && t->query.from >= t->end) {
            http_stream_end(t->conn, /*is_broken=*/false);
            destroy(t);
            return;
        }
        const sw_expert_row *const row = is_empty ? NULL : &t->rows[t->next++];
        const bool is_sent = row != NULL && is_wanted(t, row);
        const bool goes_on = is_empty ? refill(t) && t->n_lost == 0 : !is_sent || send_row(t, row);
        if (!goes_on) {
            http_drop(t->conn);
            destroy(t);
            return;
        }
    }
}

static void on_pump(void *owner)
{
    go_on(owner);
}

static void on_gone(void *owner)
{
    destroy(owner);
}

static void on_stop(void *owner)
{
    trace_export *const t = owner;
    http_drop(t->conn);
    destroy(t);
}

/* ---- GET /v1/experts/trace -------------------------------------------------------------------------------------- */

typedef struct trace_visit {
    const model_entry *model;
    sw_expert_trace trace;
} trace_visit;

static void look_at_trace(void *ud, const model_entry *model, sw_engine *engine)
{
    *(trace_visit *)ud = (trace_visit){model, sw_engine_expert_trace(engine)};
}

/* Where a client goes on, and what it has missed, are headers: rows have the same members in both formats. */
static void begin_stream(const trace_export *t)
{
    static const char HEAD[] = "request,sequence,position,layer,experts,weights";
    char next[24], lost[24];
    snprintf(next, sizeof next, "%llu", (unsigned long long)t->end);
    snprintf(lost, sizeof lost, "%llu", (unsigned long long)t->n_lost);
    const http_field fields[] = {{"spillway-trace-next", next}, {"spillway-trace-lost", lost}, {0}};
    http_stream_begin(t->conn, t->query.is_csv ? HTTP_CSV : HTTP_NDJSON, fields);
    if (t->query.is_csv)
        http_stream_event(t->conn, NULL, HEAD, sizeof HEAD - 1);
}

/* Reads the first rows, so that it is known how many before them were overwritten. */
static void read_first(trace_export *t, const sw_expert_trace *trace)
{
    const uint64_t asked = t->query.from, from = asked > trace->first ? asked : trace->first;
    const uint64_t n = from < trace->end ? trace->end - from : 0;
    t->end = from + (t->query.limit < n ? t->query.limit : n);
    t->query.from = from;
    if (from < t->end)
        (void)refill(t);
    t->n_lost += from - asked;
    t->end = t->query.from > t->end ? t->query.from : t->end; // all of them were overwritten, and later ones were read
}

static void begin(server *s, http_conn *c, const experts_query *q, const trace_visit *v)
{
    static const http_responder RESPONDER = {.pump = on_pump, .gone = on_gone, .stop = on_stop};
    api_error error;
    trace_export *const t = mem_calloc(1, sizeof *t);
    if (t == NULL) {
        api_fail(&error, API_OUT_OF_MEMORY, NULL, "not enough memory for the trace");
        reply_error(c, &OPENAI_CHAT, &error);
        return;
    }
    *t = (trace_export){.server = s, .conn = c, .query = *q, .since_ns = v->trace.since_ns};
    t->query.model = v->model;
    buf_init(&t->line, LINE_BYTES_MAX);
    read_first(t, &v->trace);
    http_hand_over(c, &RESPONDER, t);
    begin_stream(t);
    if (strcmp(http_request_of(c)->method, "HEAD") == 0) {
        t->n_rows = t->next = 0;
        t->query.from = t->end;
    }
    go_on(t);
}

void experts_trace_route(http_conn *c, void *ud)
{
    experts_query q;
    api_error error;
    trace_visit v;
    bool is_valid =
        experts_query_read(ud, c, EXPERTS_MODEL | EXPERTS_REQUEST | EXPERTS_FORMAT | EXPERTS_FROM | EXPERTS_LIMIT, &q,
                           &error) &&
        experts_query_visit(ud, &q, look_at_trace, &v, &error);
    if (is_valid && v.trace.n_max == 0)
        is_valid = api_fail(
            &error, API_NOT_SUPPORTED, NULL,
            "there is no trace of '%s': the server was started without --expert-trace N, or the model has no experts",
            v.model->id);
    if (is_valid)
        begin(ud, c, &q, &v);
    else
        reply_error(c, &OPENAI_CHAT, &error);
}
