/* experts_route.c - GET and DELETE /v1/experts: how the experts of a model, or of one request, were used. */
#include "base/clock.h"
#include "dialects/openai_chat.h"
#include "server/experts_query.h"
#include "server/routes.h"
#include "json/experts_json.h"
#include "json/json_out.h"

/* ---- GET -------------------------------------------------------------------------------------------------------- */

typedef struct counts_visit {
    const server *server;
    const experts_query *query;
    json_t *document; // NULL: memory was short
    api_error error;
} counts_visit;

static json_t *counts_document(const counts_visit *v, const model_entry *model, const sw_expert_use *use)
{
    const bool is_start = v->query->span == SW_EXPERTS_SINCE_OPEN;
    const double seconds = ns_to_ms(clock_now_ns(v->server->o.clock) - use->since_ns) / 1000;
    json_t *document =
        json_pack("{s:s, s:s, s:i, s:i, s:s, s:o}", "object", "experts", "model", model->id, "n_expert", use->n_experts,
                  "n_expert_used", use->n_used, "since", is_start ? "start" : "mark", "seconds", json_number(seconds));
    json_t *const facts = experts_use_json(use, v->query->n_pairs);
    if (document == NULL || facts == NULL || json_object_update(document, facts) != 0) {
        json_decref(document);
        document = NULL;
    }
    json_decref(facts);
    return document;
}

static void look_at_counts(void *ud, const model_entry *model, sw_engine *engine)
{
    counts_visit *const v = ud;
    sw_expert_use *use;
    sw_err err = {0};
    if (sw_engine_expert_use(engine, v->query->span, v->query->n_pairs > 0, &use, &err) != SW_OK)
        return;
    if (v->query->n_pairs > 0 && use->pairs == NULL && use->n_layers > 0)
        api_fail(&v->error, API_UNSUPPORTED_VALUE, "pairs",
                 "pairs: this model has more pairs of experts than are counted (see EXPERT_PAIR_BYTES of "
                 "'spillway limits')");
    else
        v->document = counts_document(v, model, use);
    sw_expert_use_free(use);
}

static void show_counts(http_conn *c, server *s, const experts_query *q)
{
    counts_visit v = {.server = s, .query = q};
    (void)experts_query_visit(s, q, look_at_counts, &v, &v.error);
    if (v.error.what != API_OK)
        reply_error(c, &OPENAI_CHAT, &v.error);
    else
        reply_json(c, v.document);
}

static void show_request(http_conn *c, const server *s, const experts_query *q)
{
    api_error error;
    const request_experts *const r = expert_requests_find(&s->expert_requests, q->tag);
    if (r != NULL) {
        reply_json(c, request_experts_json(r));
        return;
    }
    api_fail(&error, API_REQUEST_NOT_FOUND, "request",
             "the experts of this request are not known; they are kept for the last %d requests with \"experts\": true",
             LIMIT_EXPERT_REQUESTS);
    reply_error(c, &OPENAI_CHAT, &error);
}

void experts_route(http_conn *c, void *ud)
{
    experts_query q;
    api_error error;
    bool is_valid =
        experts_query_read(ud, c, EXPERTS_MODEL | EXPERTS_REQUEST | EXPERTS_SINCE | EXPERTS_PAIRS, &q, &error);
    const bool is_of_request = is_valid && (q.given & EXPERTS_REQUEST) != 0;
    if (is_of_request && q.given != EXPERTS_REQUEST)
        is_valid = api_fail(&error, API_INVALID_VALUE, "request", "request: it goes with no other parameter");
    if (!is_valid)
        reply_error(c, &OPENAI_CHAT, &error);
    else if (is_of_request)
        show_request(c, ud, &q);
    else
        show_counts(c, ud, &q);
}

/* ---- DELETE ----------------------------------------------------------------------------------------------------- */

static void look_to_mark(void *ud, const model_entry *model, sw_engine *engine)
{
    sw_engine_expert_mark(engine);
    *(json_t **)ud = json_pack("{s:s, s:s}", "object", "experts.mark", "model", model->id);
}

void experts_reset_route(http_conn *c, void *ud)
{
    experts_query q;
    api_error error;
    json_t *document = NULL;
    if (experts_query_read(ud, c, EXPERTS_MODEL, &q, &error) &&
        experts_query_visit(ud, &q, look_to_mark, &document, &error))
        reply_json(c, document);
    else
        reply_error(c, &OPENAI_CHAT, &error);
}
