/* openai_prompts.h - texts or tokens as input: a string, tokens, or an array of either. */
#ifndef DIALECTS_OPENAI_PROMPTS_H
#define DIALECTS_OPENAI_PROMPTS_H

#include "dialects/dialect.h"
#include "json/json_fields.h"

/* Reads `value` (NULL: absent), the member `name` (static), into g->prompts.  Returns false with the fault set. */
bool openai_prompts_read(generation_request *g, json_reader *r, const char *name, const json_t *value);

/* Reads an array of token ids to `ids`, which has room for all; only the engine knows which exist.  Returns false with
 * the fault set. */
bool openai_tokens_read(json_reader *r, const json_place *at, const json_t *value, int32_t *ids);

#endif
