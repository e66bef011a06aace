/* event_json.h - reads the JSON of other people's servers with replacement, as a browser decodes an event stream.
 *
 * What is wrong inside a value must not lose the others: bytes and surrogates that are no character become U+FFFD, and
 * numbers that no int64_t or double holds (2^64, 1e999, NaN, Infinity) become null, which means "not sent" to every
 * reader here.  Text that is not JSON stays an error.
 */
#ifndef CLIENT_EVENT_JSON_H
#define CLIENT_EVENT_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The document, to be released with json_decref; NULL with the reason in *why. */
json_t *event_json_load(const char *text, size_t n, json_error_t *why);
/* Returns true if the document was not read because memory is short; the text may be good then. */
bool event_json_is_no_memory(const json_error_t *why);

#endif
