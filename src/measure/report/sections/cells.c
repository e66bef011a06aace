/* cells.c - formats, then puts. */
#include "report/sections/cells.h"

#include <math.h>

#include "report/sections/anchors.h"

enum { NAME_BYTES_MAX = 65536 };

void cell_number(document *doc, double value)
{
    char cell[CELL_BYTES];
    format_number(cell, value);
    doc_put(doc, cell);
}

void cell_score(document *doc, double value)
{
    if (isfinite(value))
        doc_putf(doc, "%.3f", value);
    else
        doc_put(doc, "-");
}

void cell_percent(document *doc, double share)
{
    char cell[CELL_BYTES];
    format_percent(cell, share);
    doc_put(doc, cell);
}

void cell_bytes(document *doc, double bytes)
{
    char cell[CELL_BYTES];
    format_bytes(cell, bytes);
    doc_put(doc, cell);
}

void cell_integer(document *doc, int64_t value)
{
    char cell[CELL_BYTES];
    format_integer(cell, value);
    doc_put(doc, cell);
}

void cell_range(document *doc, double low, double high)
{
    char cell[CELL_BYTES];
    format_range(cell, low, high);
    doc_put(doc, cell[0] != '\0' ? cell : "-");
}

void cell_by_unit(document *doc, double value, const char *unit)
{
    char cell[CELL_BYTES];
    format_by_unit(cell, value, unit);
    doc_put(doc, cell);
}

void cell_ratio(document *doc, int n, int n_all)
{
    if (n_all > 0)
        doc_putf(doc, "%d/%d", n, n_all);
    else
        doc_put(doc, "-");
}

void cell_test(document *doc, const run_record *run, const test_record *test)
{
    buf name;
    buf_init(&name, NAME_BYTES_MAX);
    format_name(&name, test);
    doc_put_link(doc, anchor_of_test("answer", run, test).text, doc_str(doc, &name));
    buf_free(&name);
}
