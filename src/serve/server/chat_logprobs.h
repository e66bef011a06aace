/* chat_logprobs.h - log-probabilities on their way from the engine's thread to JSON.
 *
 * The engine's thread packs what it gets into bytes that depend on no engine; the network thread makes JSON of them.
 */
#ifndef SERVER_CHAT_LOGPROBS_H
#define SERVER_CHAT_LOGPROBS_H

#include <jansson.h>

#include "base/buf.h"
#include "spillway.h"

/* Appends one token and its alternatives. */
void logprobs_pack(buf *out, const sw_logprobs *logprobs);

/* The "logprobs" member of a choice, for any number of packed tokens one after another.  NULL when memory is short. */
json_t *logprobs_json(const char *packed, size_t n);

#endif
