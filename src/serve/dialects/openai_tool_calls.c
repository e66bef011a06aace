/* openai_tool_calls.c - one table for a call, one for its function. */
#include "dialects/openai_tool_calls.h"

#include <string.h>

#include "dialects/generation_fields.h"

/* ---- the function ----------------------------------------------------------------------------------------------- */

typedef struct function_reading {
    const char *name;
    const json_t *arguments; // NULL: none
} function_reading;

/* OpenAI has a string; other servers accept the object too. */
static bool take_arguments(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    if (!json_is_string(value) && !json_is_object(value))
        return json_fail_type(r, at, "a string that holds JSON");
    ((function_reading *)target)->arguments = value;
    return true;
}

static const json_field FUNCTION_FIELDS[] = {
    {.name = "name", .type = FIELD_TEXT, .offset = offsetof(function_reading, name), .is_required = true},
    {.name = "arguments", .type = FIELD_CUSTOM, .take = take_arguments},
};
static const json_table FUNCTION_TABLE = {
    .fields = FUNCTION_FIELDS, .n = sizeof FUNCTION_FIELDS / sizeof *FUNCTION_FIELDS, .null_is_absent = true};

bool openai_function_read(message_list *l, json_reader *r, const json_place *at, const json_t *function, const char *id)
{
    function_reading reading = {0};
    if (!json_read_object(r, at, function, &FUNCTION_TABLE, &reading))
        return false;
    generation_ignore_unknown(l->g, "messages.function", function, &FUNCTION_TABLE);
    return message_list_call(l, at, id, reading.name, reading.arguments);
}

/* ---- the call --------------------------------------------------------------------------------------------------- */

typedef struct call_reading {
    message_list *list;
    const char *id; // NULL: not given
} call_reading;

static bool take_type(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f, (void)target;
    const char *const type = json_string_value(value);
    if (type == NULL)
        return json_fail_type(r, at, "a string");
    return strcmp(type, "function") == 0 ||
           json_fail(r, at, JSON_FAULT_UNSUPPORTED_VALUE,
                     "calls of type '%.40s' are not supported by this build; only 'function' is", type);
}

static bool take_function(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    const call_reading *const call = target;
    return openai_function_read(call->list, r, at, value, call->id);
}

/* The id is before the function, which needs it.  Clients return the index that calls have in a stream: the order says
 * it. */
static const json_field CALL_FIELDS[] = {
    {.name = "id", .type = FIELD_TEXT, .offset = offsetof(call_reading, id)},
    {.name = "type", .type = FIELD_CUSTOM, .take = take_type},
    {.name = "index", .type = FIELD_CUSTOM, .take = take_inert},
    {.name = "function", .type = FIELD_CUSTOM, .take = take_function, .is_required = true},
};
static const json_table CALL_TABLE = {
    .fields = CALL_FIELDS, .n = sizeof CALL_FIELDS / sizeof *CALL_FIELDS, .null_is_absent = true};

bool openai_tool_calls_read(message_list *l, json_reader *r, const json_place *at, const json_t *calls)
{
    if (!json_is_array(calls))
        return json_fail_type(r, at, "an array");
    for (size_t k = 0; k < json_array_size(calls); k++) {
        const json_place place = {at, NULL, k};
        const json_t *const call = json_array_get(calls, k);
        call_reading reading = {.list = l};
        if (!json_read_object(r, &place, call, &CALL_TABLE, &reading))
            return false;
        generation_ignore_unknown(l->g, "messages.tool_calls", call, &CALL_TABLE);
    }
    return true;
}
