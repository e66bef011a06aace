/* openai_chat_fields.c - the effort, and members of which only the neutral value passes. */
#include "dialects/openai_chat_fields.h"

#include <string.h>

#include "dialects/generation_fields.h"

bool openai_take_effort(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    // DEFAULT marks levels that OpenAI has and no model here can do.
    static const json_choice EFFORTS[] = {{"none", SW_EFFORT_DEFAULT}, {"minimal", SW_EFFORT_DEFAULT},
                                          {"low", SW_EFFORT_LOW},      {"medium", SW_EFFORT_MEDIUM},
                                          {"high", SW_EFFORT_HIGH},    {NULL, 0}};
    static const json_field EFFORT = {.type = FIELD_CHOICE, .choices = EFFORTS};
    generation_request *const g = target;
    char path[96];
    int effort;
    if (!json_read_value(r, &EFFORT, at, value, &effort))
        return false;
    json_place_write(at, path, sizeof path);
    if (effort == SW_EFFORT_DEFAULT)
        return json_fail(r, at, JSON_FAULT_UNSUPPORTED_VALUE, "%s '%s' is not supported; use low, medium or high", path,
                         json_string_value(value));
    g->core.effort = (sw_effort)effort;
    g->effort_name = f->name;
    return true;
}

bool openai_take_format(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f, (void)target;
    if (!json_is_object(value))
        return json_fail_type(r, at, "an object");
    const json_place type_place = {at, "type", 0};
    const char *const type = json_string_value(json_object_get(value, "type"));
    char path[96];
    if (type == NULL)
        return json_fail_missing(r, &type_place);
    json_place_write(at, path, sizeof path);
    return strcmp(type, "text") == 0 ||
           json_fail(r, at, JSON_FAULT_UNSUPPORTED_VALUE, "%s '%.40s' is not supported by this build; only 'text' is",
                     path, type);
}

bool openai_take_tool_choice(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                             void *target)
{
    (void)f;
    const char *const choice = json_string_value(value);
    if (choice == NULL && !json_is_object(value))
        return json_fail_type(r, at, "a string or an object");
    if (choice != NULL && strcmp(choice, "none") == 0)
        ((generation_request *)target)->has_no_tool_choice = true;
    else if (choice == NULL || strcmp(choice, "auto") != 0) // without tools "auto" means the same as "none"
        return fail_unsupported(r, at);
    return true;
}

bool openai_take_tools(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    generation_request *const g = target;
    if (!g->has_no_tool_choice || !json_is_array(value) || json_array_size(value) == 0)
        return take_neutral_empty(r, f, at, value, target);
    generation_ignore(g, f->name);
    return true;
}
