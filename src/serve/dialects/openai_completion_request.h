/* openai_completion_request.h - the body of a text completion as OpenAI writes it. */
#ifndef DIALECTS_OPENAI_COMPLETION_REQUEST_H
#define DIALECTS_OPENAI_COMPLETION_REQUEST_H

#include "dialects/dialect.h"

/* See dialect.parse. */
bool openai_completion_parse(generation_request *out, const char *body, size_t n, uint64_t random, api_error *error);

#endif
