/* llama_completion.h - llama-server's own completions as a family. */
#ifndef DIALECTS_LLAMA_COMPLETION_H
#define DIALECTS_LLAMA_COMPLETION_H

#include "dialects/dialect.h"

extern const dialect LLAMA_COMPLETION;

#endif
