/* openai_responses_input.h - the conversation of a request for a response. */
#ifndef DIALECTS_OPENAI_RESPONSES_INPUT_H
#define DIALECTS_OPENAI_RESPONSES_INPUT_H

#include "dialects/dialect.h"
#include "json/json_fields.h"

/* Reads `instructions`, which become a text of the system, and `input`, a text of the user or an array of items, of the
 * document into g->core.  Returns false with the fault set. */
bool openai_responses_input_read(generation_request *g, json_reader *r);

#endif
