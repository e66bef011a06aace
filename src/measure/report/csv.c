/* csv.c - control characters become visible, so that a file can be shown on a terminal. */
#include "report/csv.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/escape.h"

static void begin_field(buf *out)
{
    if (out->size > 0 && out->data[out->size - 1] != '\n')
        buf_putc(out, ',');
}

/* Returns true if a cell that begins with this character is a formula: also with the wide forms of East Asia. */
static bool begins_formula(const char *s)
{
    static const char *const WIDE[] = {"\uff1d", "\uff0b", "\uff0d", "\uff20"};
    for (size_t i = 0; i < sizeof WIDE / sizeof *WIDE; i++) {
        if (strncmp(s, WIDE[i], strlen(WIDE[i])) == 0)
            return true;
    }
    return *s != '\0' && strchr("=+-@\t", *s) != NULL;
}

/* Readers that separate by another character than the comma do not respect the quotes around a text. */
void csv_text(buf *out, const char *text)
{
    begin_field(out);
    buf safe;
    buf_init(&safe, 16 * strlen(text) + 16);
    escape_terminal(&safe, text, strlen(text));
    bool at_start = true;
    buf_putc(out, '"');
    for (const char *p = buf_str(&safe); *p != '\0'; p++) {
        if (at_start && begins_formula(p))
            buf_putc(out, '\'');
        at_start = (at_start && strchr("\"' ", *p) != NULL) || strchr(";\t\n", *p) != NULL;
        if (*p == '"')
            buf_putc(out, '"');
        buf_putc(out, *p);
    }
    buf_putc(out, '"');
    buf_free_part(&safe, out);
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
