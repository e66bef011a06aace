/* experts_query.c - a row for each parameter. */
#include "server/experts_query.h"

#include <stdlib.h>
#include <string.h>

#include "http/http_query.h"

enum { TAG_DIGITS = 16, NUMBER_DIGITS = 18 }; // any 18 digits fit 64 bits

bool experts_tag_of(const char *id, uint64_t *tag_out)
{
    const size_t n = strlen(id);
    const char *const digits = id + (n < TAG_DIGITS ? 0 : n - TAG_DIGITS);
    if (n < TAG_DIGITS || strspn(digits, "0123456789abcdef") != TAG_DIGITS)
        return false;
    *tag_out = strtoull(digits, NULL, 16);
    return true;
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

static bool read_model(const server *s, const char *value, experts_query *q, api_error *error)
{
    sw_err why = {0};
    q->model = model_catalog_find(&s->catalog, value);
    if (q->model != NULL)
        return true;
    model_catalog_say_unknown(&s->catalog, value, &why);
    return api_fail(error, API_MODEL_NOT_FOUND, "model", "%s", why.msg);
}

static bool read_request(const server *s, const char *value, experts_query *q, api_error *error)
{
    (void)s;
    return experts_tag_of(value, &q->tag) ||
           api_fail(error, API_INVALID_VALUE, "request",
                    "request: give the id of an answer, which ends in 16 hexadecimal digits");
}

static bool read_since(const server *s, const char *value, experts_query *q, api_error *error)
{
    (void)s;
    q->span = strcmp(value, "start") == 0 ? SW_EXPERTS_SINCE_OPEN : SW_EXPERTS_SINCE_MARK;
    return q->span == SW_EXPERTS_SINCE_OPEN || strcmp(value, "mark") == 0 ||
           api_fail(error, API_INVALID_VALUE, "since", "since: it is 'mark' or 'start'");
}

static bool read_format(const server *s, const char *value, experts_query *q, api_error *error)
{
    (void)s;
    q->is_csv = strcmp(value, "csv") == 0;
    return q->is_csv || strcmp(value, "jsonl") == 0 ||
           api_fail(error, API_INVALID_VALUE, "format", "format: it is 'jsonl' or 'csv'");
}

static bool read_number(const char *name, const char *value, uint64_t max, uint64_t *out, api_error *error)
{
    const size_t n = strspn(value, "0123456789");
    const bool is_number = n > 0 && n <= NUMBER_DIGITS && value[n] == '\0';
    *out = is_number ? strtoull(value, NULL, 10) : 0;
    return (is_number && *out <= max) ||
           api_fail(error, API_INVALID_VALUE, name, "%s: it is a whole number from 0 to %llu", name,
                    (unsigned long long)max);
}

static bool read_pairs(const server *s, const char *value, experts_query *q, api_error *error)
{
    (void)s;
    uint64_t n;
    const bool is_valid = read_number("pairs", value, EXPERTS_PAIRS_MAX, &n, error);
    q->n_pairs = (size_t)n;
    return is_valid;
}

static const uint64_t ROWS_MAX = 999999999999999999;

static bool read_from(const server *s, const char *value, experts_query *q, api_error *error)
{
    (void)s;
    return read_number("from", value, ROWS_MAX, &q->from, error);
}

static bool read_limit(const server *s, const char *value, experts_query *q, api_error *error)
{
    (void)s;
    return read_number("limit", value, ROWS_MAX, &q->limit, error);
}

/* ---- the query -------------------------------------------------------------------------------------------------- */

typedef struct param_row {
    const char *name;
    experts_param bit;
    bool (*read)(const server *s, const char *value, experts_query *q, api_error *error);
} param_row;

static const param_row ROWS[] = {
    {"model", EXPERTS_MODEL, read_model},    {"request", EXPERTS_REQUEST, read_request},
    {"since", EXPERTS_SINCE, read_since},    {"pairs", EXPERTS_PAIRS, read_pairs},
    {"format", EXPERTS_FORMAT, read_format}, {"from", EXPERTS_FROM, read_from},
    {"limit", EXPERTS_LIMIT, read_limit},
};
enum { N_ROWS = sizeof ROWS / sizeof ROWS[0] };

static bool refuse_unknown(const char *name, unsigned allowed, api_error *error)
{
    char names[128] = "";
    for (size_t i = 0; i < N_ROWS; i++) {
        if ((allowed & ROWS[i].bit) != 0) {
            strcat(names, names[0] != '\0' ? ", " : "");
            strcat(names, ROWS[i].name);
        }
    }
    return api_fail(error, API_UNSUPPORTED_PARAMETER, name, "%s: there is no such parameter here; there are %s", name,
                    names);
}

static bool read_param(const server *s, const http_param *p, unsigned allowed, experts_query *q, api_error *error)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        if (strcmp(ROWS[i].name, p->name) != 0 || (allowed & ROWS[i].bit) == 0)
            continue;
        if ((q->given & ROWS[i].bit) != 0)
            return api_fail(error, API_INVALID_VALUE, p->name, "%s: it is given twice", p->name);
        q->given |= ROWS[i].bit;
        return ROWS[i].read(s, p->value, q, error);
    }
    return refuse_unknown(p->name, allowed, error);
}

bool experts_query_read(const server *s, const http_conn *c, unsigned allowed, experts_query *out, api_error *error)
{
    const char *rest = http_request_of(c)->query;
    http_param p;
    *out = (experts_query){.span = SW_EXPERTS_SINCE_MARK, .limit = UINT64_MAX};
    for (;;) {
        switch (http_query_next(&rest, &p)) {
        case HTTP_QUERY_END: return true;
        case HTTP_QUERY_BAD:
            return api_fail(error, API_INVALID_VALUE, NULL,
                            "the query of the URL has a broken percent escape, or a parameter that is too long");
        case HTTP_QUERY_PARAM:
            if (!read_param(s, &p, allowed, out, error))
                return false;
        }
    }
}

/* ---- the engine ------------------------------------------------------------------------------------------------- */

typedef struct visitor {
    const model_entry *wanted; // NULL: any
    void (*look)(void *ud, const model_entry *model, sw_engine *engine);
    void *ud;
    bool has_found;
} visitor;

static bool visit(void *ud, const model_entry *model, sw_engine *engine)
{
    visitor *const v = ud;
    if (v->wanted != NULL && v->wanted != model)
        return true;
    v->has_found = true;
    v->look(v->ud, model, engine);
    return false;
}

bool experts_query_visit(server *s, const experts_query *query,
                         void (*look)(void *ud, const model_entry *model, sw_engine *engine), void *ud,
                         api_error *error)
{
    visitor v = {.wanted = query->model, .look = look, .ud = ud};
    model_pool_visit(s->pool, visit, &v);
    if (v.has_found)
        return true;
    if (query->model == NULL)
        return api_fail(error, API_NO_MODEL, NULL, "no model is loaded");
    return api_fail(error, API_NO_MODEL, "model", "the model '%s' is not loaded", query->model->id);
}
