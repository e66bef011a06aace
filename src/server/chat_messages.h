/* chat_messages.h - the conversation of a chat request, checked; errors name the place, such as messages[1].content. */
#ifndef SW_SERVER_CHAT_MESSAGES_H
#define SW_SERVER_CHAT_MESSAGES_H

#include <jansson.h>

#include "server/chat_request.h"

/* Reads `list` (NULL: the member is missing) into r->core; texts point into the document or are owned by r. */
bool sw__chat_messages_parse(sw_chat_request *r, const json_t *list, sw_api_error *error);

#endif
