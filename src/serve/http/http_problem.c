/* http_problem.c - one row per kind of refusal, so that a kind has one status wherever it is found. */
#include "http/http_problem.h"

#include <stdarg.h>
#include <stdio.h>

static int status_of(http_problem_kind kind)
{
    switch (kind) {
    case HTTP_OK: return 200;
    case HTTP_BAD_HEAD: return 400;
    case HTTP_BAD_KEY: return 401;
    case HTTP_FORBIDDEN: return 403;
    case HTTP_UNKNOWN_URL: return 404;
    case HTTP_METHOD_NOT_ALLOWED: return 405;
    case HTTP_TIMEOUT: return 408;
    case HTTP_LENGTH_REQUIRED: return 411;
    case HTTP_BODY_TOO_LARGE: return 413;
    case HTTP_UPGRADE_REQUIRED: return 426;
    case HTTP_HEAD_TOO_LARGE: return 431;
    case HTTP_NO_MEMORY: return 500;
    case HTTP_STOPPING: return 503;
    }
    return 500;
}

bool http_problem_set(http_problem *p, http_problem_kind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(p->message, sizeof p->message, format, args);
    va_end(args);
    for (char *s = p->message; *s != '\0'; s++) {
        if (*s < ' ' || *s > '~')
            *s = '?';
    }
    p->kind = kind;
    p->status = status_of(kind);
    return false;
}
