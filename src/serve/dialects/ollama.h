/* ollama.h - Ollama's chats, completions and embeddings as families. */
#ifndef DIALECTS_OLLAMA_H
#define DIALECTS_OLLAMA_H

#include "dialects/dialect.h"

extern const dialect OLLAMA_CHAT, OLLAMA_GENERATE, OLLAMA_EMBED;

#endif
