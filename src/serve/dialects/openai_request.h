/* openai_request.h - members that chats and text completions share. */
#ifndef DIALECTS_OPENAI_REQUEST_H
#define DIALECTS_OPENAI_REQUEST_H

#include "dialects/dialect.h"
#include "json/json_fields.h"

/* Reads the members of the document: first those of `own`, then model, stream, limits, sampling, and all that other
 * servers know.  `content` is the member that the caller reads itself.  Returns false with the fault set. */
bool openai_request_read(generation_request *g, json_reader *r, const json_table *own, const char *content);

#endif
