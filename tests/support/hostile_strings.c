/* hostile_strings.c - reads the list line by line. */
#include "support/hostile_strings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/buf.h"

enum { LINE_BYTES_MAX = 4096, TEXT_BYTES_MAX = 1 << 20 };

static void append_line(buf *text, const char *line)
{
    json_t *const json = json_loads(line, JSON_DECODE_ANY, NULL);
    const json_t *const piece = json_is_object(json) ? json_object_get(json, "text") : json;
    const json_int_t times = json_is_object(json) ? json_integer_value(json_object_get(json, "times")) : 1;
    if (!json_is_string(piece))
        fail_msg("tests/data/hostile_strings.txt has a line that is no string: %s", line);
    for (json_int_t i = 0; i < times; i++)
        buf_puts(text, json_string_value(piece));
    json_decref(json);
}

size_t hostile_strings_for_each(void (*test)(const char *text, void *ud), void *ud)
{
    FILE *const file = fopen(SPILLWAY_TEST_DATA "/hostile_strings.txt", "r");
    char line[LINE_BYTES_MAX];
    size_t n = 0;
    buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    assert_non_null(file);
    for (; fgets(line, sizeof line, file) != NULL; n++) {
        append_line(&text, line);
        test(buf_str(&text), ud);
        buf_clear(&text);
    }
    fclose(file);
    buf_free(&text);
    return n;
}
