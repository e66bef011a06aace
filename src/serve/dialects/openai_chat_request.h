/* openai_chat_request.h - the body of OpenAI's chat completions, checked.
 *
 * Nothing is ignored silently: a known member that this build cannot honour is an error unless its value is the neutral
 * one.  Members that nobody documents are ignored, as OpenAI's clients send some that change no answer.
 */
#ifndef DIALECTS_OPENAI_CHAT_REQUEST_H
#define DIALECTS_OPENAI_CHAT_REQUEST_H

#include "dialects/dialect.h"

/* See dialect.parse. */
bool openai_chat_parse(generation_request *out, const char *body, size_t n, uint64_t random, api_error *error);

#endif
