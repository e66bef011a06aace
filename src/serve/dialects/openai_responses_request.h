/* openai_responses_request.h - the body of a request for a response, checked. */
#ifndef DIALECTS_OPENAI_RESPONSES_REQUEST_H
#define DIALECTS_OPENAI_RESPONSES_REQUEST_H

#include "dialects/dialect.h"

/* See dialect.parse.  The members that a response repeats are in out->repeated. */
bool openai_responses_parse(generation_request *out, const char *body, size_t n, uint64_t random, api_error *error);

#endif
