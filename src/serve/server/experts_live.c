/* experts_live.c - streams of what was added to the counts of experts.
 *
 * Once a second each stream gets the difference between the counts and those that it was sent last, if there is one. So
 * a client that reads slowly gets fewer and larger differences, and none is lost.  The counts are those since the
 * engine was opened, which a reset does not change; a model that was unloaded and loaded again begins a stream anew.
 */
#include "server/experts_live.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "dialects/openai_chat.h"
#include "server/experts_query.h"
#include "server/routes.h"
#include "json/experts_json.h"
#include "json/json_out.h"

static const uint64_t INTERVAL_NS = 1000000000;

/* One stream. */
typedef struct experts_live {
    server *server;
    http_conn *conn;
    experts_query query; // its model is named
    sw_expert_use *sent; // what the client can know; NULL: nothing yet
    uint64_t sequence;   // of the next event
    uint64_t sent_ns;
    struct experts_live *next;
} experts_live;

/* ---- life ------------------------------------------------------------------------------------------------------- */

static size_t n_streams(const server *s)
{
    size_t n = 0;
    for (const experts_live *l = s->experts_live; l != NULL; l = l->next)
        n++;
    return n;
}

static void destroy(experts_live *l)
{
    experts_live **at = &l->server->experts_live;
    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    sw_expert_use_free(l->sent);
    mem_free(l);
}

static void on_pump(void *owner)
{
    (void)owner; // the next tick sends what there is
}

static void on_gone(void *owner)
{
    destroy(owner);
}

static void on_stop(void *owner)
{
    experts_live *const l = owner;
    http_stream_end(l->conn, /*is_broken=*/false);
    destroy(l);
}

/* ---- events ----------------------------------------------------------------------------------------------------- */

typedef struct live_visit {
    const model_entry *model;
    sw_expert_use *use; // NULL: memory was short
} live_visit;

static void look(void *ud, const model_entry *model, sw_engine *engine)
{
    live_visit *const v = ud;
    sw_err err = {0};
    v->model = model;
    if (sw_engine_expert_use(engine, SW_EXPERTS_SINCE_OPEN, /*with_pairs=*/false, &v->use, &err) != SW_OK)
        v->use = NULL;
}

/* `before` NULL: the first event of an engine. */
static json_t *event_json(const experts_live *l, const sw_expert_use *use, const sw_expert_use *before)
{
    json_t *event = json_pack("{s:s, s:I, s:I, s:o}", "object", before != NULL ? "experts.delta" : "experts.start",
                              "sequence", (json_int_t)l->sequence, "n_tokens",
                              (json_int_t)(use->n_tokens - (before != NULL ? before->n_tokens : 0)), "layers",
                              experts_counts_json(use, before));
    if (before == NULL) {
        json_put(&event, "model", json_string(l->query.model->id));
        json_put(&event, "n_expert", json_integer(use->n_experts));
        json_put(&event, "n_expert_used", json_integer(use->n_used));
    }
    return event;
}

/* Sends one event and takes `use` over.  If memory is short nothing is sent, and the next event has it all. */
static void send_event(experts_live *l, sw_expert_use *use)
{
    const bool is_same_engine = l->sent != NULL && l->sent->since_ns == use->since_ns;
    buf text;
    buf_init(&text, LIMIT_ANSWER_BYTES);
    json_write(&text, event_json(l, use, is_same_engine ? l->sent : NULL));
    if (text.failed == SW_OK) {
        http_stream_event(l->conn, NULL, buf_str(&text), text.size);
        l->sequence++;
        sw_expert_use_free(l->sent);
        l->sent = use;
    } else {
        sw_expert_use_free(use);
    }
    buf_free(&text);
}

static bool has_news(const experts_live *l, const sw_expert_use *use)
{
    return l->sent == NULL || l->sent->since_ns != use->since_ns || l->sent->n_tokens != use->n_tokens;
}

/* Sends what is new, if the model is loaded and the client reads. */
static void update(experts_live *l)
{
    live_visit v = {0};
    api_error error;
    if (!http_stream_has_room(l->conn) || !experts_query_visit(l->server, &l->query, look, &v, &error) || v.use == NULL)
        return;
    if (has_news(l, v.use))
        send_event(l, v.use);
    else
        sw_expert_use_free(v.use);
}

void experts_live_tick(server *s)
{
    if (s->experts_live == NULL)
        return;
    const uint64_t now_ns = clock_now_ns(s->o.clock);
    for (experts_live *l = s->experts_live, *next; l != NULL; l = next) {
        next = l->next;
        if (now_ns - l->sent_ns < INTERVAL_NS)
            continue;
        l->sent_ns = now_ns;
        update(l);
    }
}

/* ---- GET /v1/experts/stream ------------------------------------------------------------------------------------- */

/* The first event is sent at once. */
static void begin(server *s, http_conn *c, const experts_query *q, const live_visit *v)
{
    static const http_responder RESPONDER = {.pump = on_pump, .gone = on_gone, .stop = on_stop};
    api_error error;
    experts_live *const l = v->use != NULL ? mem_calloc(1, sizeof *l) : NULL;
    if (l == NULL) {
        sw_expert_use_free(v->use);
        api_fail(&error, API_OUT_OF_MEMORY, NULL, "not enough memory for the stream");
        reply_error(c, &OPENAI_CHAT, &error);
        return;
    }
    *l = (experts_live){
        .server = s, .conn = c, .query = *q, .sent_ns = clock_now_ns(s->o.clock), .next = s->experts_live};
    l->query.model = v->model;
    s->experts_live = l;
    http_hand_over(c, &RESPONDER, l);
    http_stream_begin(c, HTTP_SSE, NULL);
    send_event(l, v->use);
}

static bool check_room(const server *s, api_error *error)
{
    return n_streams(s) < LIMIT_EXPERT_STREAMS ||
           api_fail(error, API_QUEUE_FULL, NULL, "%d streams of experts are open already", LIMIT_EXPERT_STREAMS);
}

void experts_stream_route(http_conn *c, void *ud)
{
    experts_query q;
    api_error error;
    live_visit v = {0};
    if (!experts_query_read(ud, c, EXPERTS_MODEL, &q, &error) || !check_room(ud, &error) ||
        !experts_query_visit(ud, &q, look, &v, &error)) {
        reply_error(c, &OPENAI_CHAT, &error);
    } else if (strcmp(http_request_of(c)->method, "HEAD") == 0) {
        sw_expert_use_free(v.use);
        http_stream_begin(c, HTTP_SSE, NULL);
        http_stream_end(c, /*is_broken=*/false);
    } else {
        begin(ud, c, &q, &v);
    }
}
