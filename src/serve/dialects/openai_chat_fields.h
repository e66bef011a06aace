/* openai_chat_fields.h - members that chat completions and responses share, under their own names. */
#ifndef DIALECTS_OPENAI_CHAT_FIELDS_H
#define DIALECTS_OPENAI_CHAT_FIELDS_H

#include "dialects/dialect.h"
#include "json/json_fields.h"

/* The target of all is a generation_request. */

/* low, medium or high; the field's name becomes effort_name. */
bool openai_take_effort(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target);
/* The format of the answer: an object of type "text". */
bool openai_take_format(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target);
/* "auto" or "none". */
bool openai_take_tool_choice(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                             void *target);
/* Tools that must not be called are not shown to the model either, and the client is told; others are refused.  The
 * row is after that of tool_choice. */
bool openai_take_tools(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target);

#endif
