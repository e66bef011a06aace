/* openai_messages.c - reads roles, contents and calls of tools; a content of several parts becomes one text. */
#include "dialects/openai_messages.h"

#include <string.h>

#include "base/limits.h"
#include "dialects/generation_fields.h"
#include "dialects/message_list.h"
#include "dialects/openai_parts.h"
#include "dialects/openai_tool_calls.h"

/* What the rows below fill. */
typedef struct message_reading {
    message_list *list;
    sw_role role;
    const char *reasoning;      // NULL: none
    const char *result_of_id;   // of a tool's message: the call that it answers, by id ...
    const char *result_of_name; // ... or by the tool's name
} message_reading;

/* ---- content ---------------------------------------------------------------------------------------------------- */

static const openai_part_kind KINDS[] = {{"text", "text", false}, {"refusal", "refusal", true}};
static const openai_part_kinds PARTS = {KINDS, sizeof KINDS / sizeof *KINDS, message_list_content,
                                        "text parts, and refusal parts of assistants"};

/* Only assistants may have no content. */
static bool take_content(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    message_reading *const m = target;
    if (m->role == SW_ROLE_ASSISTANT && json_is_null(value))
        return true;
    if (json_is_array(value))
        return openai_parts_read(m->list, r, at, value, &PARTS);
    if (!json_is_string(value))
        return json_fail_type(r, at, "a string or an array of parts");
    message_list_content(m->list, json_string_value(value));
    return true;
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

/* What an assistant said instead of a content. */
static bool take_refusal(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    message_reading *const m = target;
    if (json_is_null(value))
        return true;
    if (!json_is_string(value))
        return json_fail_type(r, at, "a string");
    if (m->role == SW_ROLE_ASSISTANT && !message_list_has_content(m->list))
        message_list_content(m->list, json_string_value(value));
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
        m->reasoning = json_string_value(value); // the last of its names counts
    return true;
}

/* ---- tools ------------------------------------------------------------------------------------------------------ */

/* A member that only assistants have; clients send it empty in other messages. */
static bool is_left_out(const message_reading *m, const json_t *value)
{
    return json_is_null(value) || (m->role != SW_ROLE_ASSISTANT && json_array_size(value) == 0);
}

static bool check_assistant(json_reader *r, const json_place *at, const message_reading *m)
{
    return m->role == SW_ROLE_ASSISTANT ||
           json_fail(r, at, JSON_FAULT_RANGE, "only messages of assistants may have %s", at->name);
}

static bool take_tool_calls(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                            void *target)
{
    (void)f;
    message_reading *const m = target;
    return is_left_out(m, value) || (check_assistant(r, at, m) && openai_tool_calls_read(m->list, r, at, value));
}

/* The form of OpenAI's first API: one call, without an id. */
static bool take_function_call(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                               void *target)
{
    (void)f;
    message_reading *const m = target;
    return is_left_out(m, value) || (check_assistant(r, at, m) && openai_function_read(m->list, r, at, value, NULL));
}

static bool take_tool_call_id(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                              void *target)
{
    (void)f;
    message_reading *const m = target;
    if (m->role != SW_ROLE_TOOL || json_is_null(value))
        return true;
    if (!json_is_string(value))
        return json_fail_type(r, at, "a string");
    m->result_of_id = json_string_value(value);
    return true;
}

/* That of a tool is shown to the model; no chat format here has a place for those of others. */
static bool take_name(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    message_reading *const m = target;
    if (json_is_null(value))
        return true;
    if (m->role != SW_ROLE_TOOL) {
        generation_ignore(m->list->g, "messages.name");
        return true;
    }
    if (!json_is_string(value))
        return json_fail_type(r, at, "a string");
    m->result_of_name = json_string_value(value);
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

/* Begins the message, which the rows after this one fill. */
static bool take_role(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    static const json_field ROLE = {.type = FIELD_CHOICE, .choices = ROLES};
    message_reading *const m = target;
    int role;
    if (!json_read_value(r, &ROLE, at, value, &role))
        return false;
    m->role = (sw_role)role;
    return message_list_add(m->list, at->up, m->role);
}

static const json_field FIELDS[] = {
    {.name = "role", .type = FIELD_CUSTOM, .take = take_role, .is_required = true},
    {.name = "content", .type = FIELD_CUSTOM, .take = take_content},
    {.name = "refusal", .type = FIELD_CUSTOM, .take = take_refusal},
    {.name = "tool_calls", .type = FIELD_CUSTOM, .take = take_tool_calls},
    {.name = "function_call", .type = FIELD_CUSTOM, .take = take_function_call},
    {.name = "tool_call_id", .type = FIELD_CUSTOM, .take = take_tool_call_id},
    {.name = "images", .type = FIELD_CUSTOM, .take = take_unsupported}, // Ollama's
    {.name = "audio", .type = FIELD_CUSTOM, .take = take_unsupported},
    {.name = "annotations", .type = FIELD_CUSTOM, .take = take_inert}, // no chat format writes them
    {.name = "name", .type = FIELD_CUSTOM, .take = take_name},
    {.name = "tool_name", .type = FIELD_CUSTOM, .take = take_name},      // Ollama's
    {.name = "reasoning", .type = FIELD_CUSTOM, .take = take_reasoning}, // what other servers call the next one
    {.name = "thinking", .type = FIELD_CUSTOM, .take = take_reasoning},
    {.name = "reasoning_content", .type = FIELD_CUSTOM, .take = take_reasoning},
};
/* null is not treated as absent: it is neither a role nor a user's content. */
static const json_table TABLE = {.fields = FIELDS, .n = sizeof FIELDS / sizeof *FIELDS};

static bool read_message(message_list *l, json_reader *r, const json_place *at, const json_t *value)
{
    message_reading m = {.list = l};
    if (!json_read_object(r, at, value, &TABLE, &m))
        return false;
    generation_ignore_unknown(l->g, "messages", value, &TABLE);
    const json_place content = {at, "content", 0};
    if (!message_list_has_content(l) && m.role != SW_ROLE_ASSISTANT)
        return json_fail_missing(r, &content);
    if (m.reasoning != NULL)
        message_list_reasoning(l, m.reasoning);
    message_list_result_of(l, m.result_of_id, m.result_of_name);
    return true;
}

static bool read_messages(message_list *l, json_reader *r, const json_place *at, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_place place = {at, NULL, i};
        if (!read_message(l, r, &place, json_array_get(list, i)))
            return false;
    }
    return message_list_end(l);
}

/* text NULL: there is none. */
static bool add_system(message_list *l, const json_place *at, const char *text)
{
    if (text == NULL)
        return true;
    if (!message_list_add(l, at, SW_ROLE_SYSTEM))
        return false;
    message_list_content(l, text);
    return true;
}

bool openai_messages_read(generation_request *g, json_reader *r, const json_t *list)
{
    return openai_messages_read_after(g, r, NULL, list);
}

bool openai_messages_read_after(generation_request *g, json_reader *r, const char *system, const json_t *list)
{
    const json_place at = {NULL, "messages", 0};
    if (list == NULL || json_is_null(list))
        return json_fail_missing(r, &at);
    if (!json_is_array(list))
        return json_fail_type(r, &at, "an array");
    const size_t n = json_array_size(list);
    if (n == 0 || n > LIMIT_MESSAGES)
        return json_fail(r, &at, JSON_FAULT_RANGE, "messages must hold 1 to %d messages, got %zu", LIMIT_MESSAGES, n);
    message_list l;
    message_list_begin(&l, g, r);
    const bool ok = add_system(&l, &at, system) && read_messages(&l, r, &at, list);
    message_list_free(&l);
    return ok;
}
