/* overview_sections.h - the parts of the page of several runs; each appends its blocks.
 *
 * What overview_document alone calls is here so that each part has a file.
 */
#ifndef OVERVIEW_OVERVIEW_SECTIONS_H
#define OVERVIEW_OVERVIEW_SECTIONS_H

#include "overview/overview.h"
#include "report/document.h"

void overview_section_summary(document *doc, const overview *o);
void overview_section_conditions(document *doc, const overview *o);
void overview_section_models(document *doc, const overview *o);
void overview_section_metrics(document *doc, const overview *o);
void overview_section_tests(document *doc, const overview *o);
void overview_section_verdicts(document *doc, const overview *o);
void overview_section_reviews(document *doc, const overview *o);
void overview_section_preservation(document *doc, const overview *o);
void overview_section_experts(document *doc, const overview *o);
void overview_section_runs(document *doc, const overview *o);
void overview_section_limits(document *doc);

enum { OVERVIEW_ANCHOR_BYTES = 24 };
/* Writes the anchor of the run's part: "run-3"; returns `out`. */
const char *overview_anchor(char out[OVERVIEW_ANCHOR_BYTES], int run);
/* The anchors of the entry's row in the table of all models and in that of a metric; both return `out`. */
const char *overview_row_anchor(char out[ANCHOR_BYTES], const overview *o, const overview_entry *e);
const char *overview_metric_anchor(char out[ANCHOR_BYTES], const overview *o, const overview_entry *e,
                                   compare_metric metric);
/* A cell with the entry's label, leading to its run's part. */
void overview_cell_label(document *doc, const overview_entry *e);
/* The bytes of a part as run_part_put gives it, without the end of its list: "2" of "2; ". */
int overview_part_length(const char *text);
/* A cell: what the entry has as the part that is compared; "-" if nothing is. */
void overview_cell_knob(document *doc, const overview *o, const overview_entry *e);

/* A table of entries against something else, a cell function for each pair.  On a terminal, and where there are many
 * entries, they are its rows; else its columns. */
typedef struct overview_grid {
    const char *title;
    const char *corner; // what the n others are: "test"
    size_t n;
    const char *(*name)(const void *ctx, size_t i);
    void (*put)(document *doc, const void *ctx, const overview_entry *e, size_t i);
    const void *ctx;
    bool is_number;
} overview_grid;

void overview_put_grid(document *doc, const overview *o, const overview_grid *grid);

#endif
