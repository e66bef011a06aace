/* overview_metric_tables.c - a table for each metric: the best of a group first, each with how far it is behind. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "overview/overview_sections.h"
#include "report/format.h"
#include "report/sections/cells.h"

enum { KNOB = 1, MEDIAN = 2 }; // their columns

// clang-format off
static const doc_column COLUMNS[] = {
    {"run", "", "", false, 0},
    {"has", "", "what is compared", false, 2},
    {"median", "", "of the completed answers", true, 0},
    {"95 %", "", "interval of the median, from six answers on", false, 0},
    {"drawn", "", "the median as a length; the line is its interval", false, 3},
    {"from best", "", "difference from the best, in pairs of the same test and repetition; % where the sign is there", true, 0},
    {"95 %", "", "interval of the difference", false, 1},
    {"verdict", "", "best: surely better than all others of its group (Holm's correction over all pairs and metrics)", false, 0},
    {"answers", "", "", true, 4},
    {"group", "", "runs of one group differ in nothing but what is compared", true, 5},
};
// clang-format on

/* Entries in the order of one table. */
typedef struct metric_row {
    const overview_entry *entry;
    double key; // the better the smaller
} metric_row;

static int by_rank(const void *a, const void *b)
{
    const metric_row *const x = a, *const y = b;
    const int g = x->entry->group, h = y->entry->group;
    if (g != h)
        return g < 0 ? 1 : h < 0 ? -1 : g - h; // those without a group last
    if (x->key != y->key && !isnan(x->key) && !isnan(y->key))
        return (x->key > y->key) - (x->key < y->key);
    return (x->entry > y->entry) - (x->entry < y->entry);
}

static void put_gap(document *doc, compare_metric metric, const overview_figure *f)
{
    const bool is_relative = COMPARE_METRIC_ROWS[metric].is_relative;
    const double scale = is_relative ? 100 : 1;
    if (f->gap.n == 0 || isnan(f->gap.difference)) {
        doc_put(doc, "-");
        doc_put(doc, "-");
        return;
    }
    doc_putf(doc, is_relative ? "%+.1f %%" : "%+.3f", scale * f->gap.difference);
    if (isnan(f->gap.range.low))
        doc_put(doc, "-");
    else
        doc_putf(doc, is_relative ? "%+.1f to %+.1f" : "%+.3f to %+.3f", scale * f->gap.range.low,
                 scale * f->gap.range.high);
}

static void put_verdict(document *doc, const overview *o, const overview_entry *e, compare_metric metric)
{
    const overview_figure *const f = &e->figures[metric];
    const doc_tone best = overview_is_sure(o, e->group, metric) ? TONE_GOOD : TONE_OPEN;
    doc_put_tone(doc, e->group < 0 ? TONE_BAD : f->is_best ? best : TONE_PLAIN, overview_verdict(o, e, metric));
}

static void put_row(document *doc, const overview *o, const overview_entry *e, compare_metric metric, double longest)
{
    const overview_figure *const f = &e->figures[metric];
    char anchor[ANCHOR_BYTES];
    overview_cell_label(doc, e);
    doc_row_anchor(doc, overview_metric_anchor(anchor, o, e, metric));
    overview_cell_knob(doc, o, e);
    cell_number(doc, f->median);
    cell_range(doc, f->range.low, f->range.high);
    doc_put_bar(doc, (doc_bar){f->median / longest, f->range.low / longest, f->range.high / longest});
    put_gap(doc, metric, f);
    put_verdict(doc, o, e, metric);
    doc_putf(doc, "%zu", f->n);
    if (o->n_groups > 1 && e->group >= 0)
        doc_putf(doc, "%d", e->group + 1);
    else
        doc_put(doc, "-");
}

static double longest_of(const overview *o, compare_metric metric)
{
    double longest = 0;
    for (size_t i = 0; i < o->n_entries; i++) // fmax ignores a NAN
        longest = fmax(longest, fmax(o->entries[i].figures[metric].median, o->entries[i].figures[metric].range.high));
    return longest;
}

/* The columns with the unit of the metric and the name of the knob; NULL when memory is short. */
static const doc_column *columns_of(document *doc, const overview *o, compare_metric metric)
{
    doc_column *const columns = doc->has_failed ? NULL : arena_alloc(doc->keep, sizeof COLUMNS);
    doc->has_failed |= columns == NULL;
    if (columns == NULL)
        return NULL;
    memcpy(columns, COLUMNS, sizeof COLUMNS);
    columns[MEDIAN].unit = COMPARE_METRIC_ROWS[metric].unit;
    if (o->knob != NULL)
        columns[KNOB].title = o->knob;
    return columns;
}

static void put_heading(document *doc, compare_metric metric)
{
    const compare_metric_row *const row = &COMPARE_METRIC_ROWS[metric];
    char title[256];
    snprintf(title, sizeof title, "%s: %s, %s is better", row->name, row->meaning,
             row->higher_is_better ? "higher" : "lower");
    doc_heading(doc, 3, NULL, title);
}

static void put_metric(document *doc, const overview *o, compare_metric metric, metric_row *rows)
{
    const double longest = longest_of(o, metric), sign = COMPARE_METRIC_ROWS[metric].higher_is_better ? -1 : 1;
    size_t n = 0;
    for (size_t i = 0; i < o->n_entries; i++) {
        if (o->entries[i].figures[metric].n > 0)
            rows[n++] = (metric_row){&o->entries[i], sign * o->entries[i].figures[metric].median};
    }
    qsort(rows, n, sizeof *rows, by_rank);
    const doc_column *const columns = n > 0 ? columns_of(doc, o, metric) : NULL;
    if (columns == NULL)
        return;
    put_heading(doc, metric);
    doc_table(doc, COMPARE_METRIC_ROWS[metric].name, columns, sizeof COLUMNS / sizeof *COLUMNS);
    for (size_t i = 0; i < n; i++)
        put_row(doc, o, rows[i].entry, metric, longest);
}

void overview_section_metrics(document *doc, const overview *o)
{
    metric_row *const rows = mem_calloc(o->n_entries + 1, sizeof *rows);
    doc->has_failed |= rows == NULL;
    doc_heading(doc, 2, "metrics", "Metric by metric");
    doc_paragraph(doc, "Medians are over all streamed answers that completed. A run is called the best only if it is "
                       "surely better than every other of its group, answer by answer; the chance that any such word "
                       "on this page is a mistake is at most 5 %%.");
    for (int m = 0; rows != NULL && m < N_COMPARE_METRICS; m++) {
        doc->audience = m == COMPARE_OVERALL || m == COMPARE_TTFT ? FOR_ALL : FOR_PAGES;
        if (overview_has_metric((compare_metric)m))
            put_metric(doc, o, (compare_metric)m, rows);
    }
    doc->audience = FOR_ALL;
    mem_free(rows);
}
