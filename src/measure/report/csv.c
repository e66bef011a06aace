/* csv.c - control characters become visible, so that a file can be shown on a terminal. */
#include "report/csv.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/escape.h"

static void begin_field(buf *out)
{
    if (out->size > 0 && out->data[out->size - 1] != '\n')
        buf_putc(out, ',');
}

void csv_text(buf *out, const char *text)
{
    begin_field(out);
    buf safe;
    buf_init(&safe, 16 * strlen(text) + 16);
    escape_terminal(&safe, text, strlen(text));
    const bool is_formula = text[0] != '\0' && strchr("=+-@\t", text[0]) != NULL;
    buf_puts(out, is_formula ? "\"'" : "\"");
    for (const char *p = buf_str(&safe); *p != '\0'; p++) {
        if (*p == '"')
            buf_putc(out, '"');
        buf_putc(out, *p);
    }
    buf_putc(out, '"');
    buf_free(&safe);
}

void csv_number(buf *out, double value)
{
    begin_field(out);
    if (isfinite(value))
        buf_printf(out, "%.9g", value);
}

void csv_integer(buf *out, int64_t value)
{
    begin_field(out);
    buf_printf(out, "%" PRId64, value);
}

void csv_end_line(buf *out)
{
    buf_putc(out, '\n');
}
