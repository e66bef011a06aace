/* http_head.h - a strict reader of request heads (RFC 9112), whatever pieces they arrive in.
 *
 * Pure: bytes in, fields or a refusal out.  What two readers on one path could understand differently is refused, not
 * repaired: line ends other than CR LF, folded lines, blanks before a colon, control bytes, a body whose length is said
 * twice.  The verdict depends on the bytes alone, never on where they were cut.
 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include "base/limits.h"
#include "http/http.h"

/* A header line: offsets of NUL-terminated strings in http_head.text. */
typedef struct http_head_field {
    uint32_t name, value;
} http_head_field;

typedef struct http_head {
    /* Valid after HTTP_HEAD_DONE, until the head is fed or freed again. */
    const char *method;
    const char *path;      // decoded once, without a slash at the end; "*" for OPTIONS *
    const char *query;     // after '?', as sent
    const char *authority; // of an absolute target, else of Host; "" if HTTP/1.0 sent neither
    bool is_http10;
    bool wants_keep_alive;
    bool wants_continue; // Expect: 100-continue
    bool is_chunked, has_length;
    uint64_t length; // of the body, if has_length

    /* The reader's own. */
    size_t bytes_max, n_bytes; // n_bytes: read so far, line ends included
    buf text;                  // lines with NULs at their ends, then joined values
    buf derived;               // path and authority
    size_t line_at;            // in `text`: where the current line begins
    bool has_cr;               // the last byte was a CR
    bool has_empty_line;       // one before the request line is let pass (RFC 9112, section 2.2)
    bool has_request_line;
    uint32_t target; // offset in `text`; the method is at 0
    size_t n_fields;
    http_head_field fields[LIMIT_HTTP_HEADER_LINES];
} http_head;

typedef enum http_head_state {
    HTTP_HEAD_MORE,    // every byte was used, and the head has not ended
    HTTP_HEAD_DONE,    // the fields are valid; bytes after the head are unused
    HTTP_HEAD_REFUSED, // *p says why; do not feed again
} http_head_state;

/* bytes_max: of the request line and all header lines with their line ends, the empty one included. */
void http_head_init(http_head *h, size_t bytes_max);
void http_head_free(http_head *h);

/* Reads the next n bytes; *n_used_out of them belong to this head. */
http_head_state http_head_feed(http_head *h, const char *data, size_t n, size_t *n_used_out, http_problem *p);

/* Returns true if a comma-separated list (NULL: none) has the word, in any case. */
bool http_head_list_has(const char *list, const char *word);

/* The value of a header, or NULL.  `name` in lower case.  Values of lines with the same name are joined by ", ". */
const char *http_head_value(const http_head *h, const char *name);

#endif
