/* anthropic_request.h - the body of Anthropic's messages, checked.
 *
 * Sampling members of other families are honoured too.  A client of this family gets the reasoning of a model only if
 * it asks for it (`thinking`), as its interface has it.
 */
#ifndef DIALECTS_ANTHROPIC_REQUEST_H
#define DIALECTS_ANTHROPIC_REQUEST_H

#include "dialects/dialect.h"

/* See dialect.parse. */
bool anthropic_parse(generation_request *out, const char *body, size_t n, uint64_t random, api_error *error);

/* The same for a request whose tokens are only counted: max_tokens may be missing, and the last message may be the
 * assistant's. */
bool anthropic_count_parse(generation_request *out, const char *body, size_t n, api_error *error);

#endif
