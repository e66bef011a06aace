/* generate_prompt.h - what /api/generate answers: a prompt, or messages, with a system text before them. */
#ifndef DIALECTS_GENERATE_PROMPT_H
#define DIALECTS_GENERATE_PROMPT_H

#include "dialects/dialect.h"
#include "json/json_fields.h"

/* Reads `prompt`, `messages` and `system` of the document.  is_raw: the prompt is continued as it is; otherwise it is a
 * question in a chat.  Without prompt and messages, or with empty ones, g only loads the model.  Returns false with the
 * fault set. */
bool generate_prompt_read(generation_request *g, json_reader *r, bool is_raw);

#endif
