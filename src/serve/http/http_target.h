/* http_target.h - the target of a request line, taken apart (RFC 9112, section 3.2).
 *
 * Pure functions over the target as it was sent.  Accepted are "/path?query", "http://authority/path?query" and, for
 * OPTIONS, "*".
 */
#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

#include "http/http.h"

/* Parts of the target; none is NUL-terminated but `query`, which is the target's end. */
typedef struct http_target {
    const char *authority; // of an absolute target; NULL in the other forms
    size_t n_authority;
    const char *path; // begins with '/', or is "*"
    size_t n_path;    // 0: "/" is meant
    const char *query;
} http_target;

/* Returns false if the target has none of the forms above; *p says why. */
bool http_target_split(const char *target, const char *method, http_target *out, http_problem *p);

/* Appends the path with its percent escapes decoded once, without a slash at the end, NUL-terminated.  Returns false
 * for a broken escape and for %00; whether memory was short is for the caller to see in `out`. */
bool http_target_decode(const char *path, size_t n, buf *out, http_problem *p);

/* The byte that the percent escape at the beginning of text[0..n) stands for; -1: it is broken, or stands for 0. */
int http_target_escape(const char *text, size_t n);

/* Decodes the percent escapes of s[0..n) in place and returns how many bytes are left; n + 1 for a broken escape and
 * for %00. */
size_t http_target_unescape(char *s, size_t n);

/* Returns true if the bytes may be an authority: a host name or address and perhaps a port, without user. */
bool http_target_is_authority(const char *s, size_t n);

#endif
