/* openai_messages.c - reads roles and contents; a content of several parts becomes one text. */
#include "dialects/openai_messages.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "dialects/generation_fields.h"

/* What the rows below fill. */
typedef struct message_reading {
    sw_role role; // first, so that a FIELD_CHOICE row at offset 0 fills it
    generation_request *g;
    sw_message *message;
    bool has_content;
} message_reading;

/* ---- content ---------------------------------------------------------------------------------------------------- */

/* The kinds of parts that are text, and the member that holds it. */
static const struct {
    const char *type, *member;
    bool is_assistants;
} PARTS[] = {{"text", "text", false}, {"refusal", "refusal", true}};

/* The text of one part of a content array; NULL after json_fail. */
static const char *part_text(json_reader *r, const json_place *at, const json_t *part, sw_role role)
{
    char where[96];
    json_place_write(at, where, sizeof where);
    const char *const type = json_string_value(json_object_get(part, "type"));
    if (!json_is_object(part)) {
        json_fail_type(r, at, "an object");
        return NULL;
    }
    if (type == NULL) {
        json_fail(r, at, JSON_FAULT_MISSING, "%s needs a type", where);
        return NULL;
    }
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++) {
        if (strcmp(type, PARTS[i].type) != 0 || (PARTS[i].is_assistants && role != SW_ROLE_ASSISTANT))
            continue;
        const json_t *const text = json_object_get(part, PARTS[i].member);
        if (!json_is_string(text))
            json_fail(r, at, text == NULL ? JSON_FAULT_MISSING : JSON_FAULT_TYPE, "%s.%s must be a string", where,
                      PARTS[i].member);
        return json_string_value(text);
    }
    json_fail(r, at, JSON_FAULT_UNSUPPORTED_VALUE,
              "%s has type '%.40s'; this build reads text parts, and refusal parts of assistants", where, type);
    return NULL;
}

static bool join_parts(json_reader *r, const json_place *at, const json_t *parts, message_reading *m)
{
    buf joined;
    buf_init(&joined, LIMIT_HTTP_BODY_BYTES);
    for (size_t k = 0; k < json_array_size(parts); k++) {
        const json_place place = {at, NULL, k};
        const char *const text = part_text(r, &place, json_array_get(parts, k), m->role);
        if (text == NULL) {
            buf_free(&joined);
            return false;
        }
        buf_puts(&joined, text);
    }
    char *const text = buf_take(&joined);
    buf_free(&joined);
    if (text == NULL)
        return json_fail_memory(r);
    m->g->texts[m->g->n_texts++] = text;
    m->message->content = text;
    return true;
}

/* Read after the role, since only assistants may have no content. */
static bool take_content(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    message_reading *const m = target;
    m->has_content = !(m->role == SW_ROLE_ASSISTANT && json_is_null(value));
    if (!m->has_content)
        return true;
    if (json_is_string(value)) {
        m->message->content = json_string_value(value);
        return true;
    }
    if (!json_is_array(value))
        return json_fail_type(r, at, "a string or an array of parts");
    if (json_array_size(value) == 0)
        return json_fail(r, at, JSON_FAULT_RANGE, "the content of a message must hold at least one part");
    return join_parts(r, at, value, m);
}

/* ---- other members ---------------------------------------------------------------------------------------------- */

/* Only null and what is empty pass. */
static bool take_unsupported(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                             void *target)
{
    (void)f, (void)target;
    if (json_array_size(value) + json_object_size(value) == 0)
        return true;
    char where[96];
    json_place_write(at, where, sizeof where);
    return json_fail(r, at, JSON_FAULT_UNSUPPORTED, "%s is not supported by this build", where);
}

/* No chat format here has a place for it. */
static bool take_name(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)r, (void)f, (void)at;
    if (!json_is_null(value))
        generation_ignore(((message_reading *)target)->g, "messages.name");
    return true;
}

/* A member that no chat format writes. */
static bool take_inert(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)r, (void)f, (void)at, (void)value, (void)target;
    return true;
}

/* What an assistant said instead of a content. */
static bool take_refusal(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    message_reading *const m = target;
    if (json_is_null(value))
        return true;
    if (!json_is_string(value))
        return json_fail_type(r, at, "a string");
    if (m->role == SW_ROLE_ASSISTANT && !m->has_content) {
        m->message->content = json_string_value(value);
        m->has_content = true;
    }
    return true;
}

static bool take_reasoning(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    message_reading *const m = target;
    if (json_is_null(value))
        return true;
    if (!json_is_string(value))
        return json_fail_type(r, at, "a string");
    if (m->role == SW_ROLE_ASSISTANT)
        m->message->reasoning = json_string_value(value);
    return true;
}

/* ---- the list --------------------------------------------------------------------------------------------------- */

static const json_choice ROLES[] = {{"system", SW_ROLE_SYSTEM},
                                    {"developer", SW_ROLE_SYSTEM},
                                    {"user", SW_ROLE_USER},
                                    {"assistant", SW_ROLE_ASSISTANT},
                                    {"tool", SW_ROLE_TOOL},
                                    {"function", SW_ROLE_TOOL},
                                    {NULL, 0}};
static const json_field FIELDS[] = {
    {.name = "role",
     .type = FIELD_CHOICE,
     .offset = offsetof(message_reading, role),
     .choices = ROLES,
     .is_required = true},
    {.name = "content", .type = FIELD_CUSTOM, .take = take_content},
    {.name = "refusal", .type = FIELD_CUSTOM, .take = take_refusal},
    {.name = "tool_calls", .type = FIELD_CUSTOM, .take = take_unsupported},
    {.name = "function_call", .type = FIELD_CUSTOM, .take = take_unsupported},
    {.name = "tool_call_id", .type = FIELD_CUSTOM, .take = take_inert},
    {.name = "images", .type = FIELD_CUSTOM, .take = take_unsupported}, // Ollama's
    {.name = "audio", .type = FIELD_CUSTOM, .take = take_unsupported},
    {.name = "annotations", .type = FIELD_CUSTOM, .take = take_inert},
    {.name = "name", .type = FIELD_CUSTOM, .take = take_name},
    {.name = "reasoning", .type = FIELD_CUSTOM, .take = take_reasoning}, // what other servers call the next one
    {.name = "thinking", .type = FIELD_CUSTOM, .take = take_reasoning},
    {.name = "reasoning_content", .type = FIELD_CUSTOM, .take = take_reasoning},
};
/* null is not treated as absent: it is neither a role nor a user's content. */
static const json_table TABLE = {.fields = FIELDS, .n = sizeof FIELDS / sizeof *FIELDS};

static bool read_message(generation_request *g, json_reader *r, const json_place *at, const json_t *value,
                         sw_message *message)
{
    message_reading m = {.g = g, .message = message};
    if (!json_read_object(r, at, value, &TABLE, &m))
        return false;
    generation_ignore_unknown(g, "messages", value, &TABLE);
    message->role = m.role;
    const json_place content = {at, "content", 0};
    if (!m.has_content && m.role != SW_ROLE_ASSISTANT)
        return json_fail_missing(r, &content);
    if (!m.has_content)
        message->content = "";
    return true;
}

bool openai_messages_read(generation_request *g, json_reader *r, const json_t *list)
{
    const json_place at = {NULL, "messages", 0};
    if (list == NULL || json_is_null(list))
        return json_fail_missing(r, &at);
    if (!json_is_array(list))
        return json_fail_type(r, &at, "an array");
    const size_t n = json_array_size(list);
    if (n == 0 || n > LIMIT_MESSAGES)
        return json_fail(r, &at, JSON_FAULT_RANGE, "messages must hold 1 to %d messages, got %zu", LIMIT_MESSAGES, n);
    g->messages = mem_calloc(n, sizeof *g->messages);
    g->texts = mem_calloc(n, sizeof *g->texts);
    if (g->messages == NULL || g->texts == NULL)
        return json_fail_memory(r);
    for (size_t i = 0; i < n; i++) {
        const json_place place = {&at, NULL, i};
        if (!read_message(g, r, &place, json_array_get(list, i), &g->messages[i]))
            return false;
    }
    g->core.messages = g->messages;
    g->core.n_messages = n;
    return true;
}
