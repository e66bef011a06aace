/* openai_responses.h - OpenAI's responses as a family. */
#ifndef DIALECTS_OPENAI_RESPONSES_H
#define DIALECTS_OPENAI_RESPONSES_H

#include "dialects/dialect.h"

extern const dialect OPENAI_RESPONSES;

#endif
