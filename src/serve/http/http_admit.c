/* http_admit.c - from a head to a decision: Host, Origin, route, key and length, in this order. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/rng.h"
#include "http/guard.h"
#include "http/http_conn.h"
#include "http/http_problem.h"
#include "http/http_target.h"

const char *http_header(const http_conn *c, const char *name)
{
    char lower[64];
    const size_t n = strlen(name);
    if (n >= sizeof lower)
        return NULL;
    for (size_t i = 0; i <= n; i++)
        lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] | 0x20 : name[i]);
    return http_head_value(&c->head, lower);
}

void http_admit_id(http_conn *c)
{
    const char *const given = c->request.method[0] != '\0' ? http_head_value(&c->head, "x-request-id") : NULL;
    if (given != NULL && guard_is_request_id(given))
        snprintf(c->id, sizeof c->id, "%s", given);
    else
        snprintf(c->id, sizeof c->id, "req-%016llx", (unsigned long long)entropy_next(c->server->options.entropy));
}

/* A page of another site can make a browser resolve the site's own name to 127.0.0.1; Host still has that name. */
static bool check_host(http_conn *c)
{
    const bool has_name = c->head.authority[0] != '\0' || !c->head.is_http10;
    if (c->server->is_loopback && has_name && !guard_is_loopback_authority(c->head.authority))
        return http_problem_set(&c->problem, HTTP_FORBIDDEN,
                                "this server listens on a loopback address and answers only to loopback host names");
    return true;
}

static bool check_origin(http_conn *c)
{
    const http_options *const o = &c->server->options;
    const char *const origin = http_head_value(&c->head, "origin");
    if (origin == NULL)
        return true;
    if (!o->cors_any && !guard_is_loopback_origin(origin) &&
        (o->allow_origin == NULL || !guard_is_listed_origin(o->allow_origin, origin)))
        return http_problem_set(&c->problem, HTTP_FORBIDDEN,
                                "requests from web pages of origin '%.80s' are refused; "
                                "--allow-origin names origins that may call",
                                origin);
    c->origin = o->cors_any ? "*" : origin;
    c->asked_headers = http_head_value(&c->head, "access-control-request-headers");
    if (c->asked_headers != NULL && !guard_is_header_name_list(c->asked_headers))
        c->asked_headers = NULL;
    return true;
}

/* NULL: no match; else what follows a prefix, or "". */
static const char *match(const http_route *r, const char *path)
{
    const size_t n = strlen(r->path);
    if (strncmp(path, r->path, n) != 0)
        return NULL;
    const bool is_prefix = r->path[n - 1] == '/' && n > 1;
    return is_prefix == (path[n] != '\0') ? path + n : NULL;
}

/* Adds a method of the path to the Allow header, once. */
static void allow(http_conn *c, const char *method)
{
    const size_t n = strlen(c->allow);
    if (strstr(c->allow, method) == NULL)
        snprintf(c->allow + n, sizeof c->allow - n, "%s, %s", method, strcmp(method, "GET") == 0 ? "HEAD, " : "");
}

static bool find_route(http_conn *c)
{
    const http_options *const o = &c->server->options;
    const char *const method = strcmp(c->request.method, "HEAD") == 0 ? "GET" : c->request.method;
    for (size_t i = 0; i < o->n_routes; i++) {
        const char *const rest = match(&o->routes[i], c->request.path);
        if (rest == NULL)
            continue;
        if (strcmp(o->routes[i].method, method) == 0) {
            c->route = &o->routes[i];
            c->request.route = c->route->path;
            c->request.rest = rest;
            return true;
        }
        allow(c, o->routes[i].method);
    }
    if (c->allow[0] == '\0')
        return http_problem_set(&c->problem, HTTP_UNKNOWN_URL, "there is nothing at %.200s", c->request.path);
    http_problem_set(&c->problem, HTTP_METHOD_NOT_ALLOWED, "%.20s is not allowed here; use %.*s", c->request.method,
                     (int)strcspn(c->allow, ","), c->allow);
    const size_t n = strlen(c->allow);
    snprintf(c->allow + n, sizeof c->allow - n, "OPTIONS");
    return false;
}

/* The value of `name` in the query, to its end, or NULL. */
static char *query_value(http_conn *c, const char *name)
{
    const size_t n = strlen(name);
    for (const char *s = c->request.query; *s != '\0'; s += strcspn(s, "&"), s += *s == '&') {
        if (strncmp(s, name, n) == 0 && s[n] == '=')
            return c->head.text.data + (s + n + 1 - c->head.text.data); // the head's own, not constant
    }
    return NULL;
}

/* Returns true if the query has the key; leaves asterisks where it was, so that it gets into no log. */
static bool has_query_key(http_conn *c, const char *key)
{
    char *const value = query_value(c, "api_key");
    if (value == NULL)
        return false;
    const size_t n = strcspn(value, "&");
    const char after = value[n];
    const size_t n_plain = http_target_unescape(value, n);
    value[n_plain <= n ? n_plain : 0] = '\0';
    const bool is_same = guard_same_key(key, value);
    memset(value, '*', n);
    value[n] = after;
    return is_same;
}

static bool check_key(http_conn *c)
{
    const char *const key = c->server->options.api_key;
    if (key == NULL || c->route->is_public)
        return true;
    const char *const bearer = http_head_value(&c->head, "authorization");
    if (bearer != NULL && strncasecmp(bearer, "Bearer ", 7) == 0 && guard_same_key(key, bearer + 7))
        return true;
    const char *const plain = http_head_value(&c->head, "x-api-key");
    if (plain != NULL && guard_same_key(key, plain))
        return true;
    if (http_ws_is_upgrade(c) && has_query_key(c, key))
        return true;
    return http_problem_set(&c->problem, HTTP_BAD_KEY, "the API key is missing or wrong");
}

void http_admit(http_conn *c)
{
    http_admit_id(c);
    if (!check_host(c) || !check_origin(c) || strcmp(c->request.method, "OPTIONS") == 0)
        return;
    if (find_route(c))
        (void)check_key(c);
}

static bool needs_length(const char *method)
{
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0;
}

bool http_admit_body(http_conn *c)
{
    const http_options *const o = &c->server->options;
    const http_head *const h = &c->head;
    const size_t bytes_max = c->route != NULL && c->route->body_bytes_max > 0 ? c->route->body_bytes_max //
                                                                              : o->body_bytes_max;
    buf_init(&c->body, bytes_max);
    if (needs_length(h->method) && bytes_max != HTTP_OPTIONAL_BODY && !h->has_length && !h->is_chunked)
        return http_problem_set(&c->problem, HTTP_LENGTH_REQUIRED,
                                "the request needs a Content-Length or Transfer-Encoding: chunked");
    if (h->length > bytes_max)
        return http_problem_set(&c->problem, HTTP_BODY_TOO_LARGE,
                                "the body may have %zu bytes at most, this one has %llu", bytes_max,
                                (unsigned long long)h->length);
    if (h->is_chunked)
        http_body_init_chunked(&c->body_reader, bytes_max);
    else
        http_body_init_length(&c->body_reader, h->length);
    return true;
}
