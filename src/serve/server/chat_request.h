/* chat_request.h - the body of a chat completion request, checked.
 *
 * Pure: bytes in, a request or an error that names the field out.  Nothing is ignored silently: a known field that this
 * build cannot honour is an error unless its value is the neutral one.
 */
#ifndef SERVER_CHAT_REQUEST_H
#define SERVER_CHAT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/api_error.h"
#include "spillway.h"

typedef struct chat_request {
    const char *model; // NULL: not named
    sw_request core;   // on_event and ud are left empty; sampling.seed is drawn when the client gave none
    bool has_effort;   // reasoning_effort was given
    bool has_names;    // some message carries a name, which no chat format here uses
    bool stream;
    bool include_usage;
    bool return_progress;
    /* Owned: what the pointers above point into. */
    void *document;
    sw_message *messages;
    char **texts; // contents that were joined from parts
    size_t n_texts;
    const char **stops;
    sw_logit_bias *biases;
} chat_request;

/* Parses a body of n bytes.  On failure *error says what is wrong and *out is empty. */
bool chat_request_parse(chat_request *out, const char *body, size_t n, api_error *error);
void chat_request_free(chat_request *request);

#endif
