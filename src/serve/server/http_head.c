/* http_head.c - the head of a request: what is kept of it, and whether the request is served at all. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/rng.h"
#include "http/guard.h"
#include "server/internal.h"
#include "server/socket_info.h"

static const struct {
    enum lws_token_indexes token;
    const char *name;
} METHODS[] = {
    {WSI_TOKEN_GET_URI, "GET"},   {WSI_TOKEN_POST_URI, "POST"},   {WSI_TOKEN_OPTIONS_URI, "OPTIONS"},
    {WSI_TOKEN_PUT_URI, "PUT"},   {WSI_TOKEN_PATCH_URI, "PATCH"}, {WSI_TOKEN_DELETE_URI, "DELETE"},
    {WSI_TOKEN_HEAD_URI, "HEAD"},
};

/* Copies a header; false when it was not sent or does not fit (`size` bytes, NUL included), *out is empty then. */
static bool get_header(struct lws *wsi, enum lws_token_indexes token, char *out, size_t size)
{
    out[0] = '\0';
    if (lws_hdr_copy(wsi, out, (int)size, token) > 0)
        return true;
    out[0] = '\0';
    return false;
}

/* The same for a header that libwebsockets has no number for; `name` is lower case and ends in a colon. */
static bool get_custom_header(struct lws *wsi, const char *name, char *out, size_t size)
{
    out[0] = '\0';
    if (lws_hdr_custom_copy(wsi, out, (int)size, name, (int)strlen(name)) > 0)
        return true;
    out[0] = '\0';
    return false;
}

/* Bytes of the path and of all header values that libwebsockets has a number for; it does not tell about the others. */
static size_t header_bytes(struct lws *wsi)
{
    size_t n = 0;
    for (int t = 0; t < WSI_TOKEN_COUNT; t++)
        n += (size_t)lws_hdr_total_length(wsi, (enum lws_token_indexes)t);
    return n;
}

static void read_request_id(conn *c)
{
    if (!get_custom_header(c->wsi, "x-request-id:", c->request_id, sizeof c->request_id) ||
        !guard_is_request_id(c->request_id))
        snprintf(c->request_id, sizeof c->request_id, "req-%016llx", (unsigned long long)entropy_next(NULL));
}

void http_read_head(conn *c, const char *path)
{
    char version[16], connection[32], expect[32];
    c->started_ns = clock_now_ns(clock_system());
    c->method = "";
    for (size_t i = 0; i < sizeof METHODS / sizeof METHODS[0]; i++) {
        if (lws_hdr_total_length(c->wsi, METHODS[i].token) > 0)
            c->method = METHODS[i].name;
    }
    snprintf(c->path, sizeof c->path, "%s", path);
    const size_t n = strlen(c->path);
    if (n > 1 && c->path[n - 1] == '/')
        c->path[n - 1] = '\0'; // a slash at the end is tolerated
    read_request_id(c);
    get_header(c->wsi, WSI_TOKEN_HTTP, version, sizeof version);
    get_header(c->wsi, WSI_TOKEN_CONNECTION, connection, sizeof connection);
    get_header(c->wsi, WSI_TOKEN_HTTP_EXPECT, expect, sizeof expect);
    c->wants_continue = strcasecmp(expect, "100-continue") == 0;
    c->is_http10 = strcmp(version, "HTTP/1.1") != 0;
    c->wants_keep_alive = c->is_http10 ? strcasecmp(connection, "keep-alive") == 0 //
                                       : strcasecmp(connection, "close") != 0;
}

static bool check_origin(conn *c)
{
    if (lws_hdr_total_length(c->wsi, WSI_TOKEN_ORIGIN) == 0)
        return true;
    char origin[sizeof c->origin];
    if (!get_header(c->wsi, WSI_TOKEN_ORIGIN, origin, sizeof origin) ||
        !(c->server->options->cors_any || guard_is_loopback_origin(origin)))
        return api_fail(&c->refusal, API_FORBIDDEN, NULL, "requests from web pages of other origins are refused");
    snprintf(c->origin, sizeof c->origin, "%s", c->server->options->cors_any ? "*" : origin);
    if (!get_header(c->wsi, WSI_TOKEN_HTTP_AC_REQUEST_HEADERS, c->asked_headers, sizeof c->asked_headers) ||
        !guard_is_header_name_list(c->asked_headers))
        c->asked_headers[0] = '\0';
    return true;
}

/* A page of another site can make a browser resolve the site's own name to 127.0.0.1; Host still tells the name. */
static bool check_host(conn *c)
{
    char host[256];
    if (lws_hdr_total_length(c->wsi, WSI_TOKEN_HOST) == 0)
        return c->is_http10 || api_fail(&c->refusal, API_BAD_HEADER, NULL, "the Host header is missing");
    if (c->server->is_loopback &&
        (!get_header(c->wsi, WSI_TOKEN_HOST, host, sizeof host) || !guard_is_loopback_authority(host)))
        return api_fail(&c->refusal, API_FORBIDDEN, NULL,
                        "this server listens on a loopback address and answers only to loopback host names");
    return true;
}

static bool check_key(conn *c)
{
    const char *const key = c->server->options->api_key;
    if (key == NULL || c->route->is_public)
        return true;
    char given[512];
    if (get_header(c->wsi, WSI_TOKEN_HTTP_AUTHORIZATION, given, sizeof given) &&
        strncasecmp(given, "Bearer ", 7) == 0 && guard_same_key(key, given + 7))
        return true;
    if (get_custom_header(c->wsi, "x-api-key:", given, sizeof given) && guard_same_key(key, given))
        return true;
    return api_fail(&c->refusal, API_BAD_KEY, NULL, "the API key is missing or wrong");
}

bool http_check_head(conn *c)
{
    if (!check_host(c) || !check_origin(c))
        return false;
    if (strcmp(c->method, "OPTIONS") == 0)
        return true;
    c->route = route_find(c->method, c->path, &c->rest, &c->allow, &c->refusal);
    return c->route != NULL && check_key(c);
}

static bool has_length(const conn *c)
{
    return lws_hdr_total_length(c->wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0;
}

static bool needs_length(const conn *c)
{
    return c->method[0] == 'P'; // POST, PUT, PATCH
}

bool http_may_have_body(const conn *c)
{
    return has_length(c) || needs_length(c);
}

bool http_check_length(conn *c, uint64_t *length_out)
{
    char text[64];
    *length_out = 0;
    if (header_bytes(c->wsi) > LIMIT_HTTP_HEADER_BYTES)
        return api_fail(&c->refusal, API_HEADER_TOO_LARGE, NULL, "the request's head is larger than %d bytes",
                        LIMIT_HTTP_HEADER_BYTES);
    if (lws_hdr_total_length(c->wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0 || (needs_length(c) && !has_length(c)))
        return api_fail(&c->refusal, API_LENGTH_REQUIRED, NULL,
                        "the request needs a Content-Length; chunked requests are not read");
    if (!has_length(c))
        return true;
    if (!get_header(c->wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, text, sizeof text) ||
        !guard_parse_content_length(text, length_out))
        return api_fail(&c->refusal, API_BAD_HEADER, NULL, "Content-Length is not a number");
    if (*length_out > LIMIT_HTTP_BODY_BYTES)
        return api_fail(&c->refusal, API_TOO_LARGE, NULL, "the body may have %d bytes at most, this one has %llu",
                        LIMIT_HTTP_BODY_BYTES, (unsigned long long)*length_out);
    return true;
}

bool http_is_pipelined(const conn *c)
{
    uint64_t n;
    return c->n_read_before > 0 && (!socket_bytes_read(lws_get_socket_fd(c->wsi), &n) || n == c->n_read_before);
}
