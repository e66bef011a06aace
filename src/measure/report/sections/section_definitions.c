/* section_definitions.c - every figure with its unit, its formula and the rows that it is made of, and what the columns
 * of the tables mean.  Both are written once: in test_figures.c, and at the tables themselves.
 */
#include <stdio.h>

#include "report/sections/anchors.h"
#include "report/sections/sections.h"
#include "report/test_figures.h"

// clang-format off
static const doc_column FIGURES[] = {
    {"figure", "", "", false, 0},
    {"unit", "", "", false, 0},
    {"definition", "", "", false, 0},
    {"made of", "", "", false, 0},
};
static const doc_column COLUMNS[] = {
    {"table", "", "", false, 0},
    {"column", "", "", false, 0},
    {"unit", "", "", false, 0},
    {"meaning", "", "", false, 0},
};
// clang-format on

static void put_figure(document *doc, const char *name, const char *unit, const char *definition, const char *rows)
{
    char target[ANCHOR_BYTES];
    snprintf(target, sizeof target, "query-%s", rows);
    doc_put(doc, name);
    doc_put(doc, unit);
    doc_put(doc, definition);
    doc_put_link(doc, target, rows);
}

static void put_figures(document *doc)
{
    doc_table(doc, "Figures of a test", FIGURES, sizeof FIGURES / sizeof *FIGURES);
    for (int i = 0; i < N_TEST_FIGURES; i++)
        put_figure(doc, TEST_FIGURES[i].name, TEST_FIGURES[i].unit, TEST_FIGURES[i].definition, TEST_FIGURES[i].rows);
    doc_table(doc, "Figures of a mode", FIGURES, sizeof FIGURES / sizeof *FIGURES);
    for (int i = 0; i < N_MODE_FIGURES; i++)
        put_figure(doc, MODE_FIGURES[i].name, MODE_FIGURES[i].unit, MODE_FIGURES[i].definition, MODE_FIGURES[i].rows);
}

/* ---- columns of the tables --------------------------------------------------------------------------------------- */

static bool has_meanings(const doc_block *b)
{
    bool has = false;
    for (int c = 0; b->kind == DOC_TABLE && doc_is_on_pages(b) && c < b->n_columns; c++)
        has |= b->columns[c].meaning[0] != '\0' && doc_column_is_shown(b, c);
    return has;
}

/* The number that a table with the same columns has already; 0. */
static int find_definition(const document *doc, size_t n, const doc_column *columns)
{
    for (size_t i = 0; i < n; i++) {
        if (doc->blocks[i].kind == DOC_TABLE && doc->blocks[i].columns == columns && doc->blocks[i].definition > 0)
            return doc->blocks[i].definition;
    }
    return 0;
}

/* The rows of one table's columns, below that of the definitions, which is the last block. */
static void put_columns(document *doc, const doc_column *columns, int n_columns, const char *title, int definition)
{
    char place[ANCHOR_BYTES];
    for (int c = 0; c < n_columns; c++) {
        if (columns[c].meaning[0] == '\0')
            continue;
        doc_put(doc, title);
        doc_put(doc, columns[c].title);
        doc_put(doc, columns[c].unit);
        doc_put(doc, columns[c].meaning);
        doc_row_anchor(doc, doc_column_anchor(place, definition, c));
    }
}

/* Tables with the same columns are listed once, under the title of the first, or that of its heading. */
static void put_all_columns(document *doc)
{
    const size_t n = doc->n_blocks;
    const char *heading = "";
    int n_definitions = 0;
    doc_group_begin(doc, "Columns of the tables above");
    doc_table(doc, "", COLUMNS, sizeof COLUMNS / sizeof *COLUMNS);
    for (size_t i = 0; i < n && !doc->has_failed; i++) {
        doc_block *const b = &doc->blocks[i];
        heading = b->kind == DOC_HEADING ? b->title : heading;
        if (!has_meanings(b))
            continue;
        b->definition = find_definition(doc, i, b->columns);
        if (b->definition > 0)
            continue;
        b->definition = ++n_definitions;
        put_columns(doc, b->columns, b->n_columns, b->title[0] != '\0' ? b->title : heading, b->definition);
    }
    doc_group_end(doc);
}

void section_definitions(document *doc, const run_analysis *a)
{
    doc_heading(doc, 3, NULL, "Definitions");
    doc_paragraph(doc,
                  "The names are those of the JSON and CSV forms. docs/benchmark.md of spillway %s says how each is "
                  "measured.",
                  a->run->info.version);
    put_figures(doc);
    doc_paragraph(doc, "%s", CONTENT_RUBRIC);
    put_all_columns(doc);
}
