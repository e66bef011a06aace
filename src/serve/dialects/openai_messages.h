/* openai_messages.h - OpenAI's list of messages; errors name the place, such as messages[1].content. */
#ifndef DIALECTS_OPENAI_MESSAGES_H
#define DIALECTS_OPENAI_MESSAGES_H

#include "dialects/dialect.h"
#include "json/json_fields.h"

/* Reads `list` (NULL: the member is missing) into g->core.  Texts point into the document or are owned by g.  Returns
 * false with the fault set. */
bool openai_messages_read(generation_request *g, json_reader *r, const json_t *list);

/* The same with a text of the system (NULL: none) before them. */
bool openai_messages_read_after(generation_request *g, json_reader *r, const char *system, const json_t *list);

#endif
