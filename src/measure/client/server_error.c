/* server_error.c - which documents are errors, and the first sentence in one. */
#include "client/server_error.h"

#include <string.h>

#include "base/alloc.h"

enum { DEPTH_MAX = 4, DUMP_BYTES_MAX = 200 };

static bool is_word(const json_t *value, const char *word)
{
    return json_is_string(value) && strcmp(json_string_value(value), word) == 0;
}

/* False for what servers send where there is no error: null, false, "". */
static bool has_content(const json_t *value)
{
    return value != NULL && !json_is_null(value) && !json_is_false(value) &&
           !(json_is_string(value) && json_string_length(value) == 0);
}

static const json_t *first_choice(const json_t *root)
{
    return json_array_get(json_object_get(root, "choices"), 0);
}

bool server_error_is(const json_t *root)
{
    if (has_content(json_object_get(root, "error")) || has_content(json_object_get(root, "errors")) ||
        has_content(json_object_get(first_choice(root), "error")))
        return true;
    if (is_word(json_object_get(root, "object"), "error") || is_word(json_object_get(root, "type"), "error"))
        return true;
    return json_object_get(root, "choices") == NULL &&
           (json_string_length(json_object_get(root, "message")) > 0 || has_content(json_object_get(root, "detail")));
}

/* The first sentence at or below `value`; NULL if there is none. */
static const char *sentence(const json_t *value, int depth)
{
    static const char *const NAMES[] = {"message", "error", "errors", "detail", "msg", "error_message", "reason"};
    if (json_string_length(value) > 0)
        return json_string_value(value);
    const char *found = NULL;
    for (size_t i = 0; depth < DEPTH_MAX && found == NULL && i < json_array_size(value); i++)
        found = sentence(json_array_get(value, i), depth + 1);
    for (size_t i = 0; depth < DEPTH_MAX && found == NULL && i < sizeof NAMES / sizeof NAMES[0]; i++)
        found = sentence(json_object_get(value, NAMES[i]), depth + 1);
    return found;
}

/* An error without a sentence is quoted, so that its code or name is not lost. */
static void put_quoted(buf *out, const json_t *error)
{
    if (!has_content(error) || json_is_true(error) || (json_is_object(error) && json_object_size(error) == 0))
        return;
    char *const text = json_dumps(error, JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    if (text != NULL)
        buf_printf(out, "%.*s", (int)DUMP_BYTES_MAX, text);
    mem_free(text);
}

void server_error_put(buf *out, const json_t *root)
{
    const json_t *const error = json_object_get(root, "error");
    const char *text = sentence(error, 0);
    if (text == NULL)
        text = sentence(root, 0);
    if (text == NULL)
        text = sentence(json_object_get(first_choice(root), "error"), 0);
    if (text != NULL)
        buf_puts(out, text);
    else
        put_quoted(out, error);
}
