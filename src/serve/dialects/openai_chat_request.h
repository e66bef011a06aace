/* openai_chat_request.h - the body of OpenAI's chat completions, checked.
 *
 * Nothing is dropped silently: a known member that this build does not support is an error unless it has its neutral
 * value, and what is ignored is named in generation_request.ignored.  foreign_fields.h has the members of other
 * servers.
 */
#ifndef DIALECTS_OPENAI_CHAT_REQUEST_H
#define DIALECTS_OPENAI_CHAT_REQUEST_H

#include "dialects/dialect.h"

/* See dialect.parse. */
bool openai_chat_parse(generation_request *out, const char *body, size_t n, uint64_t random, api_error *error);

#endif
