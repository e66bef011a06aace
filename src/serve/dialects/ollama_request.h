/* ollama_request.h - the bodies of Ollama's chats and completions, checked.
 *
 * `options` has the sampling; members of other families are honoured beside it.  A request without content only loads
 * the model.  Streams are the default.
 */
#ifndef DIALECTS_OLLAMA_REQUEST_H
#define DIALECTS_OLLAMA_REQUEST_H

#include "dialects/dialect.h"
#include "json/json_fields.h"

/* See dialect.parse. */
bool ollama_chat_parse(generation_request *out, const char *body, size_t n, uint64_t random, api_error *error);
bool ollama_generate_parse(generation_request *out, const char *body, size_t n, uint64_t random, api_error *error);

/* The second without the document, which is loaded.  Returns false with the fault set. */
bool ollama_generate_read(generation_request *g, json_reader *r);

/* Returns true if the body has a member that only Ollama's completions have, or nothing beside a model to answer: so
 * Ollama's clients load a model. */
bool ollama_is_generate(const json_t *body);

#endif
