/* routes.c - the table of URLs. */
#include "server/routes.h"

#include <string.h>

// clang-format off
static const http_route ROUTES[] = {
    {"GET",  "/health",              true,  health_route},
    {"GET",  "/v1/health",           true,  health_route},
    {"GET",  "/health/live",         true,  live_route},
    {"GET",  "/health/ready",        true,  ready_route},
    {"GET",  "/v1/models",           true,  models_route},
    {"GET",  "/models",              true,  models_route},
    {"GET",  "/v1/models/",          true,  model_route},
    {"GET",  "/models/",             true,  model_route},
    {"GET",  "/v1/experts",          false, experts_route},
    {"POST", "/v1/chat/completions", false, chat_route},
    {"POST", "/chat/completions",    false, chat_route},
};
// clang-format on

/* NULL: no match; else what follows a prefix. */
static const char *match(const http_route *r, const char *path)
{
    const size_t n = strlen(r->path);
    if (strncmp(path, r->path, n) != 0)
        return NULL;
    if (r->path[n - 1] == '/')
        return path[n] != '\0' ? path + n : NULL;
    return path[n] == '\0' ? path + n : NULL;
}

const http_route *route_find(const char *method, const char *path, const char **rest_out, const char **allow_out,
                             api_error *error)
{
    const bool is_get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    for (size_t i = 0; i < sizeof ROUTES / sizeof ROUTES[0]; i++) {
        const http_route *const r = &ROUTES[i];
        const char *const rest = match(r, path);
        if (rest == NULL)
            continue;
        if (strcmp(r->method, is_get ? "GET" : method) == 0) {
            *rest_out = rest;
            return r;
        }
        *allow_out = r->method[0] == 'G' ? "GET, HEAD, OPTIONS" : "POST, OPTIONS";
        api_fail(error, API_METHOD_NOT_ALLOWED, NULL, "%s is not allowed here; use %s", method, r->method);
        return NULL;
    }
    api_fail(error, API_UNKNOWN_URL, NULL, "there is nothing at %.200s", path);
    return NULL;
}
