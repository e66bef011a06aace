/* http_query.h - the parameters of a query ("a=1&b=two%20words"), one after another, as the URL standard's
 * application/x-www-form-urlencoded. */
#ifndef HTTP_QUERY_H
#define HTTP_QUERY_H

enum { HTTP_PARAM_NAME_BYTES = 64, HTTP_PARAM_VALUE_BYTES = 512 };

/* Decoded and NUL-terminated. */
typedef struct http_param {
    char name[HTTP_PARAM_NAME_BYTES];
    char value[HTTP_PARAM_VALUE_BYTES];
} http_param;

typedef enum http_query_result {
    HTTP_QUERY_PARAM, // *out is the next one
    HTTP_QUERY_END,
    HTTP_QUERY_BAD, // a broken percent escape, %00, or a name or value that is too long
} http_query_result;

/* Reads the parameter at *rest and moves *rest after it.  One without '=' has an empty value; empty ones are skipped.
 */
http_query_result http_query_next(const char **rest, http_param *out);

#endif
