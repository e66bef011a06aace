/* http_query.h - the parameters of a query string, one after another: a pure reader of what a client sent. */
#ifndef HTTP_HTTP_QUERY_H
#define HTTP_HTTP_QUERY_H

#include <stdbool.h>
#include <stddef.h>

enum { HTTP_PARAM_NAME_BYTES = 64, HTTP_PARAM_VALUE_BYTES = 512 };

/* Decoded: %XX and '+' are the bytes that they stand for. */
typedef struct http_param {
    char name[HTTP_PARAM_NAME_BYTES];
    char value[HTTP_PARAM_VALUE_BYTES]; // "" without '='
} http_param;

typedef enum http_query_end { HTTP_QUERY_PARAM, HTTP_QUERY_END, HTTP_QUERY_BAD } http_query_end;

/* Reads the next parameter and moves *query after it.  BAD: an escape that is none, a NUL, or a name or value that is
 * too long; the reading is then over. */
http_query_end http_query_next(const char **query, http_param *out);

#endif
