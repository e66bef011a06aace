/* openai_embedding.h - OpenAI's embeddings: POST /v1/embeddings. */
#ifndef DIALECTS_OPENAI_EMBEDDING_H
#define DIALECTS_OPENAI_EMBEDDING_H

#include "dialects/dialect.h"
#include "json/json_fields.h"

extern const dialect OPENAI_EMBEDDING;

/* ---- what other families' embeddings have too ------------------------------------------------------------------- */

/* Refuses the member `dimensions`: shorter vectors need a model that was trained for them. */
bool embedding_take_dimensions(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                               void *target);

/* An array of numbers; 15 digits, of which nine are enough to return the same float.  New reference. */
json_t *embedding_numbers_json(const float *x, size_t n);

#endif
