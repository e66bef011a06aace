/* spillway_v1.h - the messages of WebSockets with the subprotocol spillway.v1: many requests, each with an id. */
#ifndef DIALECTS_SPILLWAY_V1_H
#define DIALECTS_SPILLWAY_V1_H

#include "dialects/dialect.h"

/* What a client's message is. */
typedef enum v1_message {
    V1_GENERATE,
    V1_CANCEL,
    V1_REFUSED, // *error says why
} v1_message;

/* Looks at the members `type` and `id` of a message of n bytes, in one pass and without memory, so that the network
 * thread can do it; everything else is left to SPILLWAY_V1.parse.  `id` is empty if there is none. */
v1_message spillway_v1_look(const char *text, size_t n, char id[DIALECT_CLIENT_ID_BYTES], api_error *error);

/* Writes an error of the request `id` ("": it has none) as a message. */
void spillway_v1_write_error(buf *out, const char *id, const api_error *error);
/* The same of an error as api_error_write has written it; `out` is empty. */
void spillway_v1_wrap_error(buf *out, const char *id, const buf *written);

/* Events of a stream are messages.  The body of an error is that of api_error_write, without an id. */
extern const dialect SPILLWAY_V1;

#endif
