/* json_out.h - JSON documents on their way out.
 *
 * Errors are sticky: if a value cannot be allocated or added, the whole document is freed and becomes NULL, and writing
 * NULL makes the buffer fail.  So a builder need not check each step, and no document is sent with a part missing.
 */
#ifndef JSON_JSON_OUT_H
#define JSON_JSON_OUT_H

#include <jansson.h>
#include <stdint.h>

#include "base/buf.h"

/* Appends `value` on one line and frees it.  NULL makes the buffer fail with SW_ENOMEM. */
void json_write(buf *out, json_t *value);

/* Appends `value`, which stays the caller's, as Python's json.dumps writes it: ", " and ": " between elements, and the
 * fewest digits that a number needs.  Models learned to read JSON in this form. */
void json_write_spaced(buf *out, const json_t *value);

/* Puts `value` (taken over) into *object under `key`.  If either is NULL or memory is short, both are freed and *object
 * becomes NULL. */
void json_put(json_t **object, const char *key, json_t *value);
/* The same for a figure: null if it does not exist. */
void json_put_figure(json_t **object, const char *key, double x);
/* As json_put, at the end of *array. */
void json_push(json_t **array, json_t *value);

/* A time in seconds since 1970, as "2026-01-31T23:59:59Z" (RFC 3339). */
json_t *json_timestamp(int64_t unix_s);

/* A number with at most three decimals; NaN and infinities, which JSON cannot express, become 0. */
json_t *json_number(double x);
/* Every digit of a figure that exists; else null. */
json_t *json_figure(double x);

#endif
