/* openai_responses_input.c - items: one table reads the members of every kind, one row per kind says what becomes of
 * it.
 *
 * A turn of the assistant is several items here: its reasoning, its message and its calls.  They become one message, in
 * which each has its place; what comes after its place begins the next.
 */
#include "dialects/openai_responses_input.h"

#include <string.h>

#include "dialects/generation_fields.h"
#include "dialects/openai_parts.h"

/* ---- an item ---------------------------------------------------------------------------------------------------- */

enum { NO_ROLE = -1 };

/* What an item has; NULL: it has none. */
typedef struct item {
    const char *type, *call_id, *name;
    int role; // sw_role, or NO_ROLE
    const json_t *content, *arguments, *output, *summary;
} item;

static bool take_value(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)r, (void)at;
    *(const json_t **)(void *)((char *)target + f->offset) = value;
    return true;
}

static const json_choice ROLES[] = {{"user", SW_ROLE_USER},
                                    {"assistant", SW_ROLE_ASSISTANT},
                                    {"system", SW_ROLE_SYSTEM},
                                    {"developer", SW_ROLE_SYSTEM},
                                    {NULL, 0}};

/* Clients send items back with the ids and states that they had in a response. */
#define AT(member) offsetof(item, member)
static const json_field ITEM_FIELDS[] = {
    {.name = "type", .type = FIELD_TEXT, .offset = AT(type)},
    {.name = "role", .type = FIELD_CHOICE, .offset = AT(role), .choices = ROLES},
    {.name = "content", .type = FIELD_CUSTOM, .offset = AT(content), .take = take_value},
    {.name = "call_id", .type = FIELD_TEXT, .offset = AT(call_id)},
    {.name = "name", .type = FIELD_TEXT, .offset = AT(name)},
    {.name = "arguments", .type = FIELD_CUSTOM, .offset = AT(arguments), .take = take_value},
    {.name = "output", .type = FIELD_CUSTOM, .offset = AT(output), .take = take_value},
    {.name = "summary", .type = FIELD_CUSTOM, .offset = AT(summary), .take = take_value},
    {.name = "id", .type = FIELD_CUSTOM, .take = take_inert},
    {.name = "status", .type = FIELD_CUSTOM, .take = take_inert},
    {.name = "phase", .type = FIELD_CUSTOM, .take = take_inert},
};
#undef AT
static const json_table ITEM_TABLE = {
    .fields = ITEM_FIELDS, .n = sizeof ITEM_FIELDS / sizeof *ITEM_FIELDS, .null_is_absent = true};

/* Returns true if `member`, called `name`, is there. */
static bool check_member(json_reader *r, const json_place *at, const char *name, const void *member)
{
    const json_place place = {at, name, 0};
    return member != NULL || json_fail_missing(r, &place);
}

/* ---- texts ------------------------------------------------------------------------------------------------------ */

static const openai_part_kind TEXT_KINDS[] = {{"input_text", "text", false},
                                              {"output_text", "text", false},
                                              {"text", "text", false},
                                              {"refusal", "refusal", true}};
static const openai_part_kinds TEXTS = {TEXT_KINDS, sizeof TEXT_KINDS / sizeof *TEXT_KINDS, message_list_content,
                                        "input_text and output_text parts, and refusal parts of assistants"};

static const openai_part_kind REASONING_KINDS[] = {{"reasoning_text", "text", false}, {"text", "text", false}};
static const openai_part_kinds REASONING = {REASONING_KINDS, sizeof REASONING_KINDS / sizeof *REASONING_KINDS,
                                            message_list_reasoning, "reasoning_text parts here"};

/* Appends `value`, the member `name`, to the content of the last message. */
static bool read_texts(message_list *l, const json_place *at, const char *name, const json_t *value)
{
    const json_place place = {at, name, 0};
    if (json_is_array(value))
        return openai_parts_read(l, l->r, &place, value, &TEXTS);
    if (!json_is_string(value))
        return json_fail_type(l->r, &place, "a string or an array of parts");
    message_list_content(l, json_string_value(value));
    return true;
}

/* ---- kinds of items --------------------------------------------------------------------------------------------- */

/* Makes the last message one of the assistant with neither content nor calls. */
static bool open_turn(message_list *l, const json_place *at)
{
    const sw_message *const last = l->n > 0 ? &l->messages[l->n - 1] : NULL;
    const bool is_open =
        last != NULL && last->role == SW_ROLE_ASSISTANT && !message_list_has_content(l) && last->n_tool_calls == 0;
    return is_open || message_list_add(l, at, SW_ROLE_ASSISTANT);
}

static bool read_message(message_list *l, const json_place *at, const item *i)
{
    if (!check_member(l->r, at, "role", i->role != NO_ROLE ? i : NULL) ||
        !check_member(l->r, at, "content", i->content))
        return false;
    const bool is_added = i->role == SW_ROLE_ASSISTANT ? open_turn(l, at) : message_list_add(l, at, (sw_role)i->role);
    return is_added && read_texts(l, at, "content", i->content);
}

/* Only the reasoning itself is shown to models: no chat format has a place for what is said about it. */
static bool read_reasoning(message_list *l, const json_place *at, const item *i)
{
    const json_place content = {at, "content", 0};
    const bool is_empty = json_is_array(i->summary) && json_array_size(i->summary) == 0;
    if (i->summary != NULL && !is_empty)
        generation_ignore(l->g, "input.summary");
    if (i->content != NULL && !json_is_array(i->content))
        return json_fail_type(l->r, &content, "an array of parts");
    return json_array_size(i->content) == 0 ||
           (open_turn(l, at) && openai_parts_read(l, l->r, &content, i->content, &REASONING));
}

static bool read_call(message_list *l, const json_place *at, const item *i)
{
    const json_place arguments = {at, "arguments", 0};
    if (!check_member(l->r, at, "call_id", i->call_id) || !check_member(l->r, at, "name", i->name) ||
        !check_member(l->r, at, "arguments", i->arguments))
        return false;
    if (!json_is_string(i->arguments))
        return json_fail_type(l->r, &arguments, "a string that holds JSON");
    return message_list_continue(l, at, SW_ROLE_ASSISTANT) &&
           message_list_call(l, at, i->call_id, i->name, i->arguments);
}

static bool read_call_output(message_list *l, const json_place *at, const item *i)
{
    if (!check_member(l->r, at, "call_id", i->call_id) || !check_member(l->r, at, "output", i->output) ||
        !message_list_add(l, at, SW_ROLE_TOOL))
        return false;
    message_list_result_of(l, i->call_id, NULL);
    return read_texts(l, at, "output", i->output);
}

static const struct {
    const char *type;
    bool (*read)(message_list *l, const json_place *at, const item *i);
} KINDS[] = {
    {"message", read_message},
    {"reasoning", read_reasoning},
    {"function_call", read_call},
    {"function_call_output", read_call_output},
};

/* An item without a type is a message. */
static bool read_item(message_list *l, const json_place *at, const json_t *value)
{
    item i = {.type = "message", .role = NO_ROLE};
    if (!json_read_object(l->r, at, value, &ITEM_TABLE, &i))
        return false;
    generation_ignore_unknown(l->g, "input", value, &ITEM_TABLE);
    for (size_t k = 0; k < sizeof KINDS / sizeof *KINDS; k++) {
        if (strcmp(i.type, KINDS[k].type) == 0)
            return KINDS[k].read(l, at, &i);
    }
    return json_fail(l->r, at, JSON_FAULT_UNSUPPORTED_VALUE,
                     "an item of type '%.40s' is not supported by this build; it reads message, reasoning, "
                     "function_call and function_call_output",
                     i.type);
}

/* ---- the conversation ------------------------------------------------------------------------------------------- */

static bool read_instructions(message_list *l, const json_t *instructions)
{
    const json_place at = {NULL, "instructions", 0};
    if (instructions == NULL || json_is_null(instructions))
        return true;
    if (!json_is_string(instructions))
        return json_fail_type(l->r, &at, "a string");
    if (!message_list_add(l, &at, SW_ROLE_SYSTEM))
        return false;
    message_list_content(l, json_string_value(instructions));
    return true;
}

static bool read_input(message_list *l, const json_t *input)
{
    const json_place at = {NULL, "input", 0};
    if (input == NULL || json_is_null(input))
        return json_fail_missing(l->r, &at);
    if (json_is_string(input))
        return message_list_add(l, &at, SW_ROLE_USER) && read_texts(l, NULL, "input", input);
    if (!json_is_array(input))
        return json_fail_type(l->r, &at, "a string or an array of items");
    const size_t n_before = l->n;
    for (size_t i = 0; i < json_array_size(input); i++) {
        const json_place place = {&at, NULL, i};
        if (!read_item(l, &place, json_array_get(input, i)))
            return false;
    }
    return l->n > n_before || json_fail(l->r, &at, JSON_FAULT_RANGE, "input must hold at least one message");
}

bool openai_responses_input_read(generation_request *g, json_reader *r)
{
    message_list l;
    message_list_begin(&l, g, r);
    const bool ok = read_instructions(&l, json_object_get(g->document, "instructions")) &&
                    read_input(&l, json_object_get(g->document, "input")) && message_list_end(&l);
    message_list_free(&l);
    return ok;
}
