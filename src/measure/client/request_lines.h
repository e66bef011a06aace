/* request_lines.h - the header lines of a target's requests, made once: every transfer of the target refers to them,
 * from whatever thread runs its fleet. */
#ifndef CLIENT_REQUEST_LINES_H
#define CLIENT_REQUEST_LINES_H

#include "spillway/error.h"

typedef struct request_lines {
    struct curl_slist *get, *post, *ws; // ws: of a GET that asks for a WebSocket
} request_lines;

/* api_key NULL: none.  After an error the lines must be freed, too.  Errors: SW_EINVAL (the key), SW_ENOMEM. */
SW_NODISCARD sw_code request_lines_make(request_lines *lines, const char *api_key, sw_err *err);
void request_lines_free(request_lines *lines);

#endif
