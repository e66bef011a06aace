/* http_body.h - a reader of request bodies: so many bytes, or chunks (RFC 9112, section 7.1).
 *
 * Pure, and as strict as http_head.h.  Chunk extensions and trailers are checked, bounded and dropped.
 */
#ifndef HTTP_BODY_H
#define HTTP_BODY_H

#include "base/limits.h"
#include "http/http.h"

typedef struct http_body {
    int state;      // what the next byte is: enum part in http_body.c
    uint64_t left;  // of the body or of the chunk; while a chunk's size is read: the size so far
    uint64_t total; // of all chunks so far
    uint64_t bytes_max;
    size_t n_extra; // bytes of extensions and trailers so far
    int n_digits;   // of the size that is being read
} http_body;

typedef enum http_body_state {
    HTTP_BODY_MORE,    // every byte was used, and the body has not ended
    HTTP_BODY_DONE,    // bytes after the body are unused
    HTTP_BODY_REFUSED, // *p says why; where the request ends is unknown
} http_body_state;

/* A body of `length` bytes; the caller has compared it with its limit. */
void http_body_init_length(http_body *b, uint64_t length);
/* A body in chunks, of bytes_max bytes at most. */
void http_body_init_chunked(http_body *b, uint64_t bytes_max);

/* Reads the next n bytes; *n_used_out of them belong to this body.  Its content is appended to `out`, which may be
 * NULL. */
http_body_state http_body_feed(http_body *b, const char *data, size_t n, size_t *n_used_out, buf *out, http_problem *p);

#endif
