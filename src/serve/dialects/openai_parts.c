/* openai_parts.c - one part after the other; those of unknown kinds are refused by their place and type. */
#include "dialects/openai_parts.h"

#include <string.h>

/* The kind of `type` that messages of `role` may have; NULL: none. */
static const openai_part_kind *find_kind(const openai_part_kinds *known, const char *type, sw_role role)
{
    for (size_t i = 0; i < known->n; i++) {
        const openai_part_kind *const kind = &known->kinds[i];
        if (strcmp(type, kind->type) == 0 && (!kind->is_assistants || role == SW_ROLE_ASSISTANT))
            return kind;
    }
    return NULL;
}

/* The text of one part; NULL after json_fail. */
static const char *part_text(json_reader *r, const json_place *at, const json_t *part, sw_role role,
                             const openai_part_kinds *known)
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
    const openai_part_kind *const kind = find_kind(known, type, role);
    if (kind == NULL) {
        json_fail(r, at, JSON_FAULT_UNSUPPORTED_VALUE, "%s has type '%.40s'; this build reads %s", where, type,
                  known->readable);
        return NULL;
    }
    const json_t *const text = json_object_get(part, kind->member);
    if (!json_is_string(text))
        json_fail(r, at, text == NULL ? JSON_FAULT_MISSING : JSON_FAULT_TYPE, "%s.%s must be a string", where,
                  kind->member);
    return json_string_value(text);
}

bool openai_parts_read(message_list *l, json_reader *r, const json_place *at, const json_t *parts,
                       const openai_part_kinds *known)
{
    const sw_role role = l->messages[l->n - 1].role;
    if (json_array_size(parts) == 0)
        return json_fail(r, at, JSON_FAULT_RANGE, "the content of a message must hold at least one part");
    for (size_t k = 0; k < json_array_size(parts); k++) {
        const json_place place = {at, NULL, k};
        const char *const text = part_text(r, &place, json_array_get(parts, k), role, known);
        if (text == NULL)
            return false;
        known->append(l, text);
    }
    return true;
}
