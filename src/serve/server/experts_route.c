/* experts_route.c - GET and DELETE /v1/experts: how the experts of a model, or of one request, were used. */
#include "base/clock.h"
#include "dialects/openai_chat.h"
#include "server/experts_query.h"
#include "server/routes.h"
#include "json/experts_json.h"
#include "json/json_out.h"

/* ---- GET -------------------------------------------------------------------------------------------------------- */

typedef struct counts_visit {
    const experts_query *query;
    const model_entry *model;
    sw_expert_use *use; // NULL: memory was short
} counts_visit;

static void look_at_counts(void *ud, const model_entry *model, sw_engine *engine)
{
    counts_visit *const v = ud;
    sw_err err = {0};
    v->model = model;
    if (sw_engine_expert_use(engine, v->query->span, v->query->n_pairs > 0, &v->use, &err) != SW_OK)
        v->use = NULL;
}

/* NULL when memory is short. */
static json_t *counts_json(const server *s, const counts_visit *v)
{
    const sw_expert_use *const use = v->use;
    const bool is_start = v->query->span == SW_EXPERTS_SINCE_OPEN;
    const double seconds = ns_to_ms(clock_now_ns(s->o.clock) - use->since_ns) / 1000;
    json_t *document = json_pack("{s:s, s:s, s:i, s:i, s:s, s:o}", "object", "experts", "model", v->model->id,
                                 "n_expert", use->n_experts, "n_expert_used", use->n_used, "since",
                                 is_start ? "start" : "mark", "seconds", json_number(seconds));
    json_t *const facts = experts_use_json(use, v->query->n_pairs);
    if (document == NULL || facts == NULL || json_object_update(document, facts) != 0) {
        json_decref(document);
        document = NULL;
    }
    json_decref(facts);
    return document;
}

static bool check_pairs(const counts_visit *v, api_error *error)
{
    const bool are_missing = v->use != NULL && v->query->n_pairs > 0 && v->use->n_layers > 0 && v->use->pairs == NULL;
    return !are_missing || api_fail(error, API_UNSUPPORTED_VALUE, "pairs",
                                    "pairs: this model has more pairs of experts than are counted (see "
                                    "EXPERT_PAIR_BYTES of 'spillway limits')");
}

static void show_counts(http_conn *c, server *s, const experts_query *q)
{
    counts_visit v = {.query = q};
    api_error error;
    if (experts_query_visit(s, q, look_at_counts, &v, &error) && check_pairs(&v, &error))
        reply_json(c, v.use != NULL ? counts_json(s, &v) : NULL);
    else
        reply_error(c, &OPENAI_CHAT, &error);
    sw_expert_use_free(v.use);
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
