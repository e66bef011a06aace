/* openai_tool_calls.h - the calls of tools in OpenAI's messages of assistants. */
#ifndef DIALECTS_OPENAI_TOOL_CALLS_H
#define DIALECTS_OPENAI_TOOL_CALLS_H

#include "dialects/message_list.h"

/* Appends the calls of a list [{"id", "type", "function": {"name", "arguments"}}, ...] to the last message of `l`.
 * Returns false with the fault set. */
bool openai_tool_calls_read(message_list *l, json_reader *r, const json_place *at, const json_t *calls);
/* The same for one {"name", "arguments"}; id may be NULL. */
bool openai_function_read(message_list *l, json_reader *r, const json_place *at, const json_t *function,
                          const char *id);

#endif
