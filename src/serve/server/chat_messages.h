/* chat_messages.h - the conversation of a chat request, checked; errors name the place, such as messages[1].content. */
#ifndef SERVER_CHAT_MESSAGES_H
#define SERVER_CHAT_MESSAGES_H

#include <jansson.h>

#include "server/chat_request.h"

/* Reads `list` (NULL: the member is missing) into r->core; texts point into the document or are owned by r. */
bool chat_messages_parse(chat_request *r, const json_t *list, api_error *error);

#endif
