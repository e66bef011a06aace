/* outlet.h - where the answer of an exchange goes: an HTTP answer, or one of several on a WebSocket. */
#ifndef SERVER_OUTLET_H
#define SERVER_OUTLET_H

#include "dialects/dialect.h"
#include "http/http.h"

/* `to` is the outlet's.  Exactly one of reply, end and drop is called, and nothing after it. */
typedef struct outlet_ops {
    /* A stream: begin, then events while there is room, then end. */
    void (*begin)(void *to, const dialect *family, const http_field *fields);
    bool (*has_room)(void *to);
    void (*event)(void *to, const char *name, const char *payload, size_t n);
    void (*end)(void *to, bool is_broken);
    /* A whole answer; frees the content of `content`. */
    void (*reply)(void *to, int status, const char *content_type, const http_field *fields, buf *content);
    /* Breaks off, because a part of the answer is lost. */
    void (*drop)(void *to);
} outlet_ops;

typedef struct outlet {
    const outlet_ops *ops; // NULL: there is none any more
    void *to;
} outlet;

/* The answer to the request of `c`. */
outlet outlet_http(http_conn *c);

/* An error in the form of a family, with Retry-After where trying again helps. */
void outlet_reply_error(outlet out, const dialect *family, const api_error *error);

#endif
