/* replies.c - documents and errors as HTTP answers, so that routes need not know their headers. */
#include <string.h>

#include "base/limits.h"
#include "dialects/anthropic.h"
#include "dialects/ollama.h"
#include "dialects/openai_chat.h"
#include "server/ollama_routes.h"
#include "server/outlet.h"
#include "server/server_state.h"
#include "json/json_out.h"

static const char JSON_TYPE[] = "application/json; charset=utf-8";

void reply_json_status(http_conn *c, int status, json_t *document)
{
    buf content;
    buf_init(&content, LIMIT_ANSWER_BYTES);
    json_write(&content, document);
    http_reply(c, status, JSON_TYPE, NULL, &content);
}

void reply_json(http_conn *c, json_t *document)
{
    reply_json_status(c, 200, document);
}

void reply_error(http_conn *c, const dialect *family, const api_error *error)
{
    outlet_reply_error(outlet_http(c), family, error);
}

void refuse_model(api_error *error, model_refusal refusal, const sw_err *why)
{
    static const struct {
        api_situation what;
        bool is_about_model; // the client can do better by naming another
    } ROWS[] = {
        [MODEL_ACQUIRED] = {API_INTERNAL, false},       [MODEL_UNKNOWN] = {API_MODEL_NOT_FOUND, true},
        [MODEL_NONE] = {API_NO_MODEL, false},           [MODEL_BUSY] = {API_MODEL_LOADING, true},
        [MODEL_TOO_LARGE] = {API_OUT_OF_MEMORY, false}, [MODEL_BROKEN] = {API_INTERNAL, false},
        [MODEL_STOPPED] = {API_SHUTTING_DOWN, false},   [MODEL_LOST] = {API_DEVICE_LOST, true},
    };
    api_fail(error, ROWS[refusal].what, ROWS[refusal].is_about_model ? "model" : NULL, "%s", why->msg);
}

/* The family whose form the errors of a URL have, though it may be unknown. */
static const dialect *family_of(const server *s, const http_conn *c)
{
    static const struct {
        const char *prefix;
        const dialect *family; // NULL: generate_family
    } ROWS[] = {{"/v1/messages", &ANTHROPIC}, {"/api/generate", NULL},          {"/api/models", &OPENAI_CHAT},
                {"/api/tools", &OPENAI_CHAT}, {"/api/workflows", &OPENAI_CHAT}, {"/api/", &OLLAMA_CHAT}};
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        if (strncmp(http_request_of(c)->path, ROWS[i].prefix, strlen(ROWS[i].prefix)) == 0)
            return ROWS[i].family != NULL ? ROWS[i].family : generate_family(s, c);
    }
    return &OPENAI_CHAT;
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
    const dialect *const family = family_of(ud, c);
    api_error error;
    api_fail(&error, SITUATIONS[problem->kind], NULL, "%s", problem->message);
    family->write_error(out, &error);
    *content_type = family->content_type;
}
