/* overview_grid.c - tables that are never wider than a page: of more columns, further tables follow.  On a terminal,
 * which may be narrow, entries are always rows. */
#include "overview/overview_sections.h"

enum { COLUMNS_MAX = 6 };

/* One table of the columns from `begin` on. */
typedef struct grid_part {
    const overview *o;
    const overview_grid *grid;
    size_t begin, n;
    bool has_entry_rows;
} grid_part;

/* NULL when memory is short. */
static const doc_column *columns_of(document *doc, const grid_part *p)
{
    doc_column *const columns = doc->has_failed ? NULL : arena_alloc(doc->keep, (p->n + 1) * sizeof *columns);
    doc->has_failed |= columns == NULL;
    if (columns == NULL)
        return NULL;
    const bool is_ranked = doc->audience == FOR_TERMINAL; // the last are left out first
    columns[0] = (doc_column){.title = p->has_entry_rows ? "run" : p->grid->corner, .unit = "", .meaning = ""};
    for (size_t i = 0; i < p->n; i++) {
        const char *const title =
            p->has_entry_rows ? p->grid->name(p->grid->ctx, p->begin + i) : p->o->entries[p->begin + i].label;
        columns[i + 1] = (doc_column){.title = title,
                                      .unit = "",
                                      .meaning = "",
                                      .is_number = p->grid->is_number,
                                      .rank = is_ranked ? (int)i + 1 : 0};
    }
    return columns;
}

static void put_row(document *doc, const grid_part *p, size_t row)
{
    const overview_grid *const g = p->grid;
    if (p->has_entry_rows)
        overview_cell_label(doc, &p->o->entries[row]);
    else
        doc_put(doc, g->name(g->ctx, row));
    for (size_t i = 0; i < p->n; i++) {
        const overview_entry *const e = &p->o->entries[p->has_entry_rows ? row : p->begin + i];
        g->put(doc, g->ctx, e, p->has_entry_rows ? p->begin + i : row);
    }
}

static void put_part(document *doc, const grid_part *p)
{
    const doc_column *const columns = columns_of(doc, p);
    if (columns == NULL)
        return;
    doc_table(doc, p->grid->title, columns, (int)p->n + 1);
    const size_t n_rows = p->has_entry_rows ? p->o->n_entries : p->grid->n;
    for (size_t row = 0; row < n_rows; row++)
        put_row(doc, p, row);
}

void overview_put_grid(document *doc, const overview *o, const overview_grid *grid)
{
    const bool has_entry_rows = o->n_entries > COLUMNS_MAX || doc->audience == FOR_TERMINAL;
    const size_t n_columns = has_entry_rows ? grid->n : o->n_entries;
    for (size_t begin = 0; begin < n_columns; begin += COLUMNS_MAX) {
        const size_t n = n_columns - begin < COLUMNS_MAX ? n_columns - begin : COLUMNS_MAX;
        put_part(doc, &(grid_part){o, grid, begin, n, has_entry_rows});
    }
}
