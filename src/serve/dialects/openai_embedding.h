/* openai_embedding.h - OpenAI's embeddings: POST /v1/embeddings. */
#ifndef DIALECTS_OPENAI_EMBEDDING_H
#define DIALECTS_OPENAI_EMBEDDING_H

#include "dialects/dialect.h"

extern const dialect OPENAI_EMBEDDING;

#endif
