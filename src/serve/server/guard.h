/* guard.h - questions about a request's headers that decide whether it is served at all.
 *
 * Pure functions over header values.  They are what stands between a loopback port and any page that a browser on this
 * machine has open.
 */
#ifndef SERVER_GUARD_H
#define SERVER_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "localhost", "127.x.y.z" or "[::1]", with or without a port. */
bool guard_is_loopback_authority(const char *authority);

/* "http://" or "https://" and a loopback authority. */
bool guard_is_loopback_origin(const char *origin);

/* Digits only; false also when the number does not fit. */
bool guard_parse_content_length(const char *text, uint64_t *out);

/* At most 128 visible ASCII characters, at least one. */
bool guard_is_request_id(const char *text);

/* Header names as in Access-Control-Request-Headers: tokens, commas and blanks. */
bool guard_is_header_name_list(const char *text);

/* Compares in a time that depends only on the length of `given`. */
bool guard_same_key(const char *expected, const char *given);

#endif
