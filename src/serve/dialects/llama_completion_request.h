/* llama_completion_request.h - the body of a completion as llama-server writes it. */
#ifndef DIALECTS_LLAMA_COMPLETION_REQUEST_H
#define DIALECTS_LLAMA_COMPLETION_REQUEST_H

#include "dialects/dialect.h"

/* See dialect.parse. */
bool llama_completion_parse(generation_request *out, const char *body, size_t n, uint64_t random, api_error *error);

#endif
