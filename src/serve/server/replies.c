/* replies.c - documents and errors as HTTP answers, so that routes need not know their headers. */
#include <stdio.h>

#include "base/limits.h"
#include "dialects/openai_chat.h"
#include "server/server_state.h"
#include "json/json_out.h"

static const char JSON_TYPE[] = "application/json; charset=utf-8";

void reply_json(http_conn *c, json_t *document)
{
    buf content;
    buf_init(&content, LIMIT_ANSWER_BYTES);
    json_write(&content, document);
    http_reply(c, 200, JSON_TYPE, NULL, &content);
}

void reply_error(http_conn *c, const dialect *family, const api_error *error)
{
    char seconds[16];
    http_field fields[2] = {{0}};
    if (api_retry_after(error) > 0) {
        snprintf(seconds, sizeof seconds, "%d", api_retry_after(error));
        fields[0] = (http_field){"retry-after", seconds};
    }
    buf content;
    buf_init(&content, SW_ERR_MSG_BYTES * 8); // JSON escapes a byte with six at most
    family->write_error(&content, error);
    http_reply(c, api_status(error), family->content_type, fields, &content);
}

void write_problem(void *ud, const http_conn *c, const http_problem *problem, buf *out, const char **content_type)
{
    static const api_situation SITUATIONS[] = {
        [HTTP_OK] = API_INTERNAL,
        [HTTP_BAD_HEAD] = API_BAD_HEADER,
        [HTTP_BAD_KEY] = API_BAD_KEY,
        [HTTP_FORBIDDEN] = API_FORBIDDEN,
        [HTTP_UNKNOWN_URL] = API_UNKNOWN_URL,
        [HTTP_METHOD_NOT_ALLOWED] = API_METHOD_NOT_ALLOWED,
        [HTTP_TIMEOUT] = API_REQUEST_TIMEOUT,
        [HTTP_LENGTH_REQUIRED] = API_LENGTH_REQUIRED,
        [HTTP_BODY_TOO_LARGE] = API_TOO_LARGE,
        [HTTP_UPGRADE_REQUIRED] = API_BAD_HEADER,
        [HTTP_HEAD_TOO_LARGE] = API_HEADER_TOO_LARGE,
        [HTTP_NO_MEMORY] = API_OUT_OF_MEMORY,
        [HTTP_STOPPING] = API_SHUTTING_DOWN,
    };
    (void)ud, (void)c; // with several families, the path says which one writes the error
    api_error error;
    api_fail(&error, SITUATIONS[problem->kind], NULL, "%s", problem->message);
    OPENAI_CHAT.write_error(out, &error);
    *content_type = OPENAI_CHAT.content_type;
}
