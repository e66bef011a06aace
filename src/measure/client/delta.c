/* delta.c - one walk over the parts; `out` is where text goes that no part calls reasoning. */
#include "client/delta.h"

#include <stdbool.h>
#include <string.h>

#include "client/raw_text.h"

enum { PARTS_DEPTH_MAX = 4 };

void delta_put_string(buf *out, const json_t *string)
{
    if (json_is_string(string))
        raw_text_put(out, json_string_value(string), json_string_length(string));
}

/* Appends a value of any shape. */
static void put_value(const json_t *value, buf *out, buf *reasoning, int depth)
{
    if (depth > PARTS_DEPTH_MAX)
        return;
    if (json_is_string(value))
        delta_put_string(out, value);
    for (size_t i = 0; i < json_array_size(value); i++)
        put_value(json_array_get(value, i), out, reasoning, depth + 1);
    if (!json_is_object(value))
        return;
    const char *const type = json_string_value(json_object_get(value, "type"));
    const bool is_thought = type != NULL && (strcmp(type, "thinking") == 0 || strcmp(type, "reasoning") == 0);
    put_value(json_object_get(value, "thinking"), reasoning, reasoning, depth + 1);
    put_value(json_object_get(value, "reasoning"), reasoning, reasoning, depth + 1);
    put_value(json_object_get(value, "text"), is_thought ? reasoning : out, reasoning, depth + 1);
    put_value(json_object_get(value, "refusal"), out, reasoning, depth + 1);
}

/* Some servers send two of the names in one event, one with the text and one null or empty, or both with the same text:
 * the first that holds text counts. */
static void put_reasoning(const json_t *delta, buf *reasoning)
{
    static const char *const NAMES[] = {"reasoning_content", "reasoning", "thinking"};
    const size_t n_before = reasoning->size;
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0] && reasoning->size == n_before; i++)
        put_value(json_object_get(delta, NAMES[i]), reasoning, reasoning, 0);
}

void delta_put(const json_t *delta, buf *text, buf *reasoning)
{
    put_reasoning(delta, reasoning);
    put_value(json_object_get(delta, "content"), text, reasoning, 0);
    put_value(json_object_get(delta, "refusal"), text, reasoning, 0);
}
