/* server_error.h - the reason in the error documents of other people's servers.
 *
 * OpenAI: {"error": {"message": ".."}}; Ollama and others: {"error": ".."}; vLLM: {"object": "error", "message": ".."};
 * Anthropic: {"type": "error", "error": {..}}; FastAPI: {"detail": ".."} or a list of {"msg": ".."}.  They come with an
 * error status, with status 200, or as an event of a stream.
 */
#ifndef CLIENT_SERVER_ERROR_H
#define CLIENT_SERVER_ERROR_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"

/* Returns true if a document with status 200, or an event, is an error.  `root` may be NULL or of any type. */
bool server_error_is(const json_t *root);
/* Appends the reason that an error document has; appends nothing if it has none. */
void server_error_put(buf *out, const json_t *root);

#endif
