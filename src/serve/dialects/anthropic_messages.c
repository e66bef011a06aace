/* anthropic_messages.c - blocks: one table reads the members of every kind, one row per kind says what becomes of it.
 */
#include "dialects/anthropic_messages.h"

#include <string.h>

#include "base/limits.h"
#include "dialects/generation_fields.h"
#include "dialects/message_list.h"

/* ---- a block ---------------------------------------------------------------------------------------------------- */

/* What a block has; NULL: it has none. */
typedef struct block {
    const char *type, *text, *thinking, *id, *name, *tool_use_id;
    const json_t *input, *content;
    bool is_error;
} block;

static bool take_input(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    ((block *)target)->input = value;
    return json_is_object(value) || json_fail_type(r, at, "an object");
}

static bool take_content(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    ((block *)target)->content = value;
    return json_is_string(value) || json_is_array(value) || json_fail_type(r, at, "a string or an array of blocks");
}

/* Two members change nothing: a signature is this server's own, and evaluated prompts are cached without being asked
 * for. */
#define AT(member) offsetof(block, member)
static const json_field BLOCK_FIELDS[] = {
    {.name = "type", .type = FIELD_TEXT, .offset = AT(type), .is_required = true},
    {.name = "text", .type = FIELD_TEXT, .offset = AT(text)},
    {.name = "thinking", .type = FIELD_TEXT, .offset = AT(thinking)},
    {.name = "id", .type = FIELD_TEXT, .offset = AT(id)},
    {.name = "name", .type = FIELD_TEXT, .offset = AT(name)},
    {.name = "tool_use_id", .type = FIELD_TEXT, .offset = AT(tool_use_id)},
    {.name = "input", .type = FIELD_CUSTOM, .take = take_input},
    {.name = "content", .type = FIELD_CUSTOM, .take = take_content},
    {.name = "is_error", .type = FIELD_BOOL, .offset = AT(is_error)},
    {.name = "signature", .type = FIELD_CUSTOM, .take = take_inert},
    {.name = "cache_control", .type = FIELD_CUSTOM, .take = take_inert},
};
#undef AT
static const json_table BLOCK_TABLE = {
    .fields = BLOCK_FIELDS, .n = sizeof BLOCK_FIELDS / sizeof *BLOCK_FIELDS, .null_is_absent = true};

/* Returns true if `member`, called `name`, is there. */
static bool check_member(json_reader *r, const json_place *at, const char *name, const void *member)
{
    const json_place place = {at, name, 0};
    return member != NULL || json_fail_missing(r, &place);
}

/* Reads a list of texts: a system's, or the result of a tool. */
static bool read_texts(message_list *l, json_reader *r, const json_place *at, const json_t *value)
{
    if (json_is_string(value))
        message_list_content(l, json_string_value(value));
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_place place = {at, NULL, i};
        const json_t *const part = json_array_get(value, i);
        block b = {0};
        if (!json_read_object(r, &place, part, &BLOCK_TABLE, &b))
            return false;
        if (strcmp(b.type, "text") != 0)
            return json_fail(r, &place, JSON_FAULT_UNSUPPORTED_VALUE,
                             "a block of type '%.40s' is not supported here by this build; only text is", b.type);
        if (!check_member(r, &place, "text", b.text))
            return false;
        message_list_content(l, b.text);
    }
    return true;
}

/* ---- kinds of blocks -------------------------------------------------------------------------------------------- */

typedef struct turn {
    message_list *list;
    json_reader *r;
    sw_role role;
    size_t n_before; // messages of the list when the turn began
} turn;

/* Makes the last message of the list one of this turn and its role. */
static bool open_message(const turn *t, const json_place *at)
{
    return t->list->n > t->n_before ? message_list_continue(t->list, at, t->role)
                                    : message_list_add(t->list, at, t->role);
}

static bool read_text(const turn *t, const json_place *at, const block *b)
{
    if (!check_member(t->r, at, "text", b->text) || !open_message(t, at))
        return false;
    message_list_content(t->list, b->text);
    return true;
}

static bool read_thinking(const turn *t, const json_place *at, const block *b)
{
    if (!check_member(t->r, at, "thinking", b->thinking) || !open_message(t, at))
        return false;
    message_list_reasoning(t->list, b->thinking);
    return true;
}

/* Only the server that encrypted it could read it. */
static bool read_redacted_thinking(const turn *t, const json_place *at, const block *b)
{
    (void)b;
    generation_ignore(t->list->g, "redacted_thinking");
    return open_message(t, at);
}

static bool read_tool_use(const turn *t, const json_place *at, const block *b)
{
    return check_member(t->r, at, "id", b->id) && check_member(t->r, at, "name", b->name) && open_message(t, at) &&
           message_list_call(t->list, at, b->id, b->name, b->input);
}

/* No chat format here marks a failure: the text of the result says it. */
static bool read_tool_result(const turn *t, const json_place *at, const block *b)
{
    const json_place content = {at, "content", 0};
    if (!check_member(t->r, at, "tool_use_id", b->tool_use_id) || !message_list_add(t->list, at, SW_ROLE_TOOL))
        return false;
    message_list_result_of(t->list, b->tool_use_id, NULL);
    if (b->is_error)
        generation_ignore(t->list->g, "is_error");
    return read_texts(t->list, t->r, &content, b->content);
}

static const struct {
    const char *type;
    bool is_users, is_assistants;
    bool (*read)(const turn *t, const json_place *at, const block *b);
} KINDS[] = {
    {"text", true, true, read_text},
    {"thinking", false, true, read_thinking},
    {"redacted_thinking", false, true, read_redacted_thinking},
    {"tool_use", false, true, read_tool_use},
    {"tool_result", true, false, read_tool_result},
};

static bool read_block(const turn *t, const json_place *at, const json_t *value)
{
    block b = {0};
    if (!json_read_object(t->r, at, value, &BLOCK_TABLE, &b))
        return false;
    generation_ignore_unknown(t->list->g, "messages.content", value, &BLOCK_TABLE);
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        if (strcmp(b.type, KINDS[i].type) == 0 &&
            (t->role == SW_ROLE_USER ? KINDS[i].is_users : KINDS[i].is_assistants))
            return KINDS[i].read(t, at, &b);
    }
    return json_fail(
        t->r, at, JSON_FAULT_UNSUPPORTED_VALUE,
        "a block of type '%.40s' is not supported here by this build; it reads text and tool_result blocks "
        "of users, and text, thinking and tool_use blocks of assistants",
        b.type);
}

/* ---- turns ------------------------------------------------------------------------------------------------------ */

static bool take_turn_content(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                              void *target)
{
    (void)f;
    const turn *const t = target;
    if (json_is_string(value))
        return read_text(t, at, &(block){.text = json_string_value(value)});
    if (!json_is_array(value))
        return json_fail_type(r, at, "a string or an array of blocks");
    if (json_array_size(value) == 0)
        return json_fail(r, at, JSON_FAULT_RANGE, "the content of a message must hold at least one block");
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_place place = {at, NULL, i};
        if (!read_block(t, &place, json_array_get(value, i)))
            return false;
    }
    return true;
}

static const json_choice ROLES[] = {{"user", SW_ROLE_USER}, {"assistant", SW_ROLE_ASSISTANT}, {NULL, 0}};
/* The role is before the content, which needs it. */
static const json_field TURN_FIELDS[] = {
    {.name = "role", .type = FIELD_CHOICE, .offset = offsetof(turn, role), .choices = ROLES, .is_required = true},
    {.name = "content", .type = FIELD_CUSTOM, .take = take_turn_content, .is_required = true},
};
static const json_table TURN_TABLE = {.fields = TURN_FIELDS, .n = sizeof TURN_FIELDS / sizeof *TURN_FIELDS};

static bool read_turns(message_list *l, json_reader *r, const json_place *at, const json_t *turns)
{
    for (size_t i = 0; i < json_array_size(turns); i++) {
        const json_place place = {at, NULL, i};
        const json_t *const value = json_array_get(turns, i);
        turn t = {.list = l, .r = r, .n_before = l->n};
        if (!json_read_object(r, &place, value, &TURN_TABLE, &t))
            return false;
        generation_ignore_unknown(l->g, "messages", value, &TURN_TABLE);
    }
    return message_list_end(l);
}

static bool read_system(message_list *l, json_reader *r, const json_t *system)
{
    const json_place at = {NULL, "system", 0};
    if (system == NULL || json_is_null(system))
        return true;
    if (!json_is_string(system) && !json_is_array(system))
        return json_fail_type(r, &at, "a string or an array of blocks");
    return message_list_add(l, &at, SW_ROLE_SYSTEM) && read_texts(l, r, &at, system);
}

bool anthropic_messages_read(generation_request *g, json_reader *r)
{
    const json_t *const turns = json_object_get(g->document, "messages");
    const json_place at = {NULL, "messages", 0};
    if (turns == NULL || json_is_null(turns))
        return json_fail_missing(r, &at);
    if (!json_is_array(turns))
        return json_fail_type(r, &at, "an array");
    if (json_array_size(turns) == 0)
        return json_fail(r, &at, JSON_FAULT_RANGE, "messages must hold at least one message");
    message_list l;
    message_list_begin(&l, g, r);
    const bool ok = read_system(&l, r, json_object_get(g->document, "system")) && read_turns(&l, r, &at, turns);
    message_list_free(&l);
    return ok;
}
