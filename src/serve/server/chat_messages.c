#include "server/chat_messages.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"

/* "messages[3].content" and the like, for errors. */
typedef struct place {
    char text[64];
} place;

static place at_message(size_t i, const char *member)
{
    place p;
    snprintf(p.text, sizeof p.text, "messages[%zu]%s%s", i, member[0] != '\0' ? "." : "", member);
    return p;
}

static bool take_role(sw_message *m, const json_t *message, size_t i, api_error *error)
{
    static const struct {
        const char *name;
        sw_role role;
    } ROLES[] = {{"system", SW_ROLE_SYSTEM}, {"developer", SW_ROLE_SYSTEM},    {"user", SW_ROLE_USER},
                 {"tool", SW_ROLE_TOOL},     {"assistant", SW_ROLE_ASSISTANT}, {"function", SW_ROLE_TOOL}};
    const place p = at_message(i, "role");
    const json_t *const value = json_object_get(message, "role");
    if (value == NULL)
        return api_fail(error, API_MISSING_PARAMETER, p.text, "%s is required", p.text);
    if (!json_is_string(value))
        return api_fail(error, API_INVALID_TYPE, p.text, "%s must be a string", p.text);
    for (size_t k = 0; k < sizeof ROLES / sizeof ROLES[0]; k++) {
        if (strcmp(json_string_value(value), ROLES[k].name) == 0) {
            m->role = ROLES[k].role;
            return true;
        }
    }
    return api_fail(error, API_INVALID_VALUE, p.text,
                    "%s must be system, developer, user, assistant or tool, got '%.40s'", p.text,
                    json_string_value(value));
}

/* The text of one part of a content array; NULL: *error is filled. */
static const char *part_text(const json_t *part, size_t i, size_t k, api_error *error)
{
    char where[64];
    snprintf(where, sizeof where, "messages[%zu].content[%zu]", i, k);
    const char *const type = json_string_value(json_object_get(part, "type"));
    const json_t *const text = json_object_get(part, "text");
    if (!json_is_object(part))
        api_fail(error, API_INVALID_TYPE, where, "%s must be an object", where);
    else if (type == NULL)
        api_fail(error, API_MISSING_PARAMETER, where, "%s needs a type", where);
    else if (strcmp(type, "text") != 0)
        api_fail(error, API_UNSUPPORTED_VALUE, where, "%s has type '%.40s'; this build reads only text parts", where,
                 type);
    else if (!json_is_string(text))
        api_fail(error, text == NULL ? API_MISSING_PARAMETER : API_INVALID_TYPE, where, "%s.text must be a string",
                 where);
    else
        return json_string_value(text);
    return NULL;
}

static bool join_parts(chat_request *r, sw_message *m, const json_t *parts, size_t i, api_error *error)
{
    buf joined;
    buf_init(&joined, LIMIT_HTTP_BODY_BYTES);
    for (size_t k = 0; k < json_array_size(parts); k++) {
        const char *const text = part_text(json_array_get(parts, k), i, k, error);
        if (text == NULL) {
            buf_free(&joined);
            return false;
        }
        buf_puts(&joined, text);
    }
    char *const text = buf_take(&joined);
    if (text == NULL)
        return api_fail(error, API_OUT_OF_MEMORY, NULL, "not enough memory for the request");
    r->texts[r->n_texts++] = text;
    m->content = text;
    return true;
}

static bool take_content(chat_request *r, sw_message *m, const json_t *message, size_t i, api_error *error)
{
    const place p = at_message(i, "content");
    const json_t *const value = json_object_get(message, "content");
    if (m->role == SW_ROLE_ASSISTANT && (value == NULL || json_is_null(value))) {
        m->content = "";
        return true;
    }
    if (value == NULL)
        return api_fail(error, API_MISSING_PARAMETER, p.text, "%s is required", p.text);
    if (json_is_string(value)) {
        m->content = json_string_value(value);
        return true;
    }
    if (!json_is_array(value))
        return api_fail(error, API_INVALID_TYPE, p.text, "%s must be a string or an array of parts", p.text);
    if (json_array_size(value) == 0)
        return api_fail(error, API_INVALID_VALUE, p.text, "%s must hold at least one part", p.text);
    return join_parts(r, m, value, i, error);
}

static bool take_rest_of_message(chat_request *r, sw_message *m, const json_t *message, size_t i, api_error *error)
{
    const json_t *const calls = json_object_get(message, "tool_calls");
    if (calls != NULL && !json_is_null(calls) && json_array_size(calls) + json_object_size(calls) > 0) {
        const place p = at_message(i, "tool_calls");
        return api_fail(error, API_UNSUPPORTED_PARAMETER, p.text, "%s is not supported by this build", p.text);
    }
    const json_t *const name = json_object_get(message, "name");
    r->has_names = r->has_names || (name != NULL && !json_is_null(name));
    const json_t *const reasoning = json_object_get(message, "reasoning_content");
    if (reasoning != NULL && !json_is_null(reasoning)) {
        const place p = at_message(i, "reasoning_content");
        if (!json_is_string(reasoning))
            return api_fail(error, API_INVALID_TYPE, p.text, "%s must be a string", p.text);
        if (m->role == SW_ROLE_ASSISTANT)
            m->reasoning = json_string_value(reasoning);
    }
    return true;
}

static bool take_message(chat_request *r, size_t i, const json_t *message, api_error *error)
{
    sw_message *const m = &r->messages[i];
    if (!json_is_object(message)) {
        const place p = at_message(i, "");
        return api_fail(error, API_INVALID_TYPE, p.text, "%s must be an object", p.text);
    }
    return take_role(m, message, i, error) && take_content(r, m, message, i, error) &&
           take_rest_of_message(r, m, message, i, error);
}

bool chat_messages_parse(chat_request *r, const json_t *list, api_error *error)
{
    if (list == NULL || json_is_null(list))
        return api_fail(error, API_MISSING_PARAMETER, "messages", "messages is required");
    if (!json_is_array(list))
        return api_fail(error, API_INVALID_TYPE, "messages", "messages must be an array");
    const size_t n = json_array_size(list);
    if (n == 0 || n > LIMIT_MESSAGES)
        return api_fail(error, API_INVALID_VALUE, "messages", "messages must hold 1 to %d messages, got %zu",
                        LIMIT_MESSAGES, n);
    r->messages = mem_calloc(n, sizeof *r->messages);
    r->texts = mem_calloc(n, sizeof *r->texts);
    if (r->messages == NULL || r->texts == NULL)
        return api_fail(error, API_OUT_OF_MEMORY, NULL, "not enough memory for the request");
    for (size_t i = 0; i < n; i++) {
        if (!take_message(r, i, json_array_get(list, i), error))
            return false;
    }
    r->core.messages = r->messages;
    r->core.n_messages = n;
    return true;
}
