/* guard.h - checks of header values that decide whether a request is served at all.
 *
 * Pure functions.  They alone keep a loopback port from any page that a browser on this machine has open.
 */
#ifndef HTTP_GUARD_H
#define HTTP_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "localhost", "127.x.y.z" or "[::1]", with or without a port. */
bool guard_is_loopback_authority(const char *authority);

/* "http://" or "https://" and a loopback authority. */
bool guard_is_loopback_origin(const char *origin);

/* Returns true if the origin is one of `list` (comma-separated): the same bytes, or an entry that ends in '*' after its
 * scheme ("app:", two slashes, '*'), for every origin of that scheme. */
bool guard_is_listed_origin(const char *list, const char *origin);

/* Digits only; returns false also if the number does not fit. */
bool guard_parse_content_length(const char *text, uint64_t *out);

/* Returns true for 1 to 128 visible ASCII characters. */
bool guard_is_request_id(const char *text);

/* Header names as in Access-Control-Request-Headers: tokens, commas and blanks. */
bool guard_is_header_name_list(const char *text);

/* Compares in a time that depends only on the length of `given`. */
bool guard_same_key(const char *expected, const char *given);

#endif
