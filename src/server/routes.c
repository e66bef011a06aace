/* routes.c - the table of URLs. */
#include "server/routes.h"

#include <string.h>

// clang-format off
static const sw_route ROUTES[] = {
    {"GET",  "/health",              true,  sw__health_route},
    {"GET",  "/v1/health",           true,  sw__health_route},
    {"GET",  "/health/live",         true,  sw__live_route},
    {"GET",  "/health/ready",        true,  sw__ready_route},
    {"GET",  "/v1/models",           true,  sw__models_route},
    {"GET",  "/models",              true,  sw__models_route},
    {"GET",  "/v1/models/",          true,  sw__model_route},
    {"GET",  "/models/",             true,  sw__model_route},
    {"GET",  "/v1/experts",          false, sw__experts_route},
    {"POST", "/v1/chat/completions", false, sw__chat_route},
    {"POST", "/chat/completions",    false, sw__chat_route},
};
// clang-format on

/* NULL: no match; else what follows a prefix. */
static const char *match(const sw_route *r, const char *path)
{
    const size_t n = strlen(r->path);
    if (strncmp(path, r->path, n) != 0)
        return NULL;
    if (r->path[n - 1] == '/')
        return path[n] != '\0' ? path + n : NULL;
    return path[n] == '\0' ? path + n : NULL;
}

const sw_route *sw__route_find(const char *method, const char *path, const char **rest_out, const char **allow_out,
                               sw_api_error *error)
{
    const bool is_get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    for (size_t i = 0; i < sizeof ROUTES / sizeof ROUTES[0]; i++) {
        const sw_route *const r = &ROUTES[i];
        const char *const rest = match(r, path);
        if (rest == NULL)
            continue;
        if (strcmp(r->method, is_get ? "GET" : method) == 0) {
            *rest_out = rest;
            return r;
        }
        *allow_out = r->method[0] == 'G' ? "GET, HEAD, OPTIONS" : "POST, OPTIONS";
        sw__api_fail(error, SW_API_METHOD_NOT_ALLOWED, NULL, "%s is not allowed here; use %s", method, r->method);
        return NULL;
    }
    sw__api_fail(error, SW_API_UNKNOWN_URL, NULL, "there is nothing at %.200s", path);
    return NULL;
}
