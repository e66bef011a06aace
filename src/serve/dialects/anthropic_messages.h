/* anthropic_messages.h - Anthropic's conversations: a system text beside a list of turns, each a text or blocks. */
#ifndef DIALECTS_ANTHROPIC_MESSAGES_H
#define DIALECTS_ANTHROPIC_MESSAGES_H

#include "dialects/dialect.h"
#include "json/json_fields.h"

/* Reads `system` and `messages` of the document into g->core, at least one turn.  The results of tools, which are
 * blocks of the user's turns, become messages of their own.  Returns false with the fault set. */
bool anthropic_messages_read(generation_request *g, json_reader *r);

#endif
