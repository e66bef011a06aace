/* openai_completion.h - OpenAI's text completions: POST /v1/completions. */
#ifndef DIALECTS_OPENAI_COMPLETION_H
#define DIALECTS_OPENAI_COMPLETION_H

#include "dialects/dialect.h"

extern const dialect OPENAI_COMPLETION;

#endif
