/* event_lines.c - a sink that collects, and assertions that empty it. */
#include "support/event_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void emit(event_sink *sink, const char *name, const char *payload, size_t n)
{
    buf *const text = &((event_lines *)sink)->text;
    if (name != NULL)
        buf_printf(text, "%s ", name);
    buf_append(text, payload, n);
    buf_putc(text, '\n');
}

void event_lines_init(event_lines *l)
{
    *l = (event_lines){.sink.emit = emit};
    buf_init(&l->text, 1 << 16);
}

void event_lines_expect(event_lines *l, const char *expected)
{
    assert_false(l->sink.failed);
    event_lines_document(&l->text, expected);
}

void event_lines_free(event_lines *l)
{
    buf_free(&l->text);
}

void event_lines_document(buf *out, const char *expected)
{
    assert_int_equal(out->failed, SW_OK);
    assert_string_equal(buf_str(out), expected);
    buf_clear(out);
}
