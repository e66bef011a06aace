/* test_figures.h - the figures of one test and of one mode as tables: name, unit, definition and value.
 *
 * JSON, CSV and the list of definitions are made from them, so that a figure has one name everywhere.  Names are part
 * of the documented interface (docs/benchmark.md): "schema" of the JSON report rises when one changes.
 */
#ifndef REPORT_TEST_FIGURES_H
#define REPORT_TEST_FIGURES_H

#include "figures/content.h"
#include "figures/summary.h"

typedef struct test_figure {
    const char *name, *unit, *definition;
    double (*value)(const summary_row *row); // NAN: it does not exist
    const char *rows;                        // the query (queries.h) that gives what it is made of
} test_figure;

typedef struct mode_figure {
    const char *name, *unit, *definition;
    double (*value)(const run_summary *summary);
    const char *rows;
} mode_figure;

enum { N_TEST_FIGURES = 31, N_MODE_FIGURES = 30 };
extern const test_figure TEST_FIGURES[N_TEST_FIGURES];
extern const mode_figure MODE_FIGURES[N_MODE_FIGURES];

#endif
