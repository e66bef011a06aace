/* overview_cells.c - cells that several parts of the page have. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "figures/run_alike.h"
#include "overview/overview_sections.h"

const char *overview_anchor(char out[OVERVIEW_ANCHOR_BYTES], int run)
{
    snprintf(out, OVERVIEW_ANCHOR_BYTES, "run-%d", run + 1);
    return out;
}

const char *overview_row_anchor(char out[ANCHOR_BYTES], const overview *o, const overview_entry *e)
{
    snprintf(out, ANCHOR_BYTES, "model-%zu", (size_t)(e - o->entries) + 1);
    return out;
}

const char *overview_metric_anchor(char out[ANCHOR_BYTES], const overview *o, const overview_entry *e,
                                   compare_metric metric)
{
    snprintf(out, ANCHOR_BYTES, "%s-%zu", COMPARE_METRIC_ROWS[metric].name, (size_t)(e - o->entries) + 1);
    return out;
}

void overview_cell_label(document *doc, const overview_entry *e)
{
    char anchor[OVERVIEW_ANCHOR_BYTES];
    doc_put_link(doc, overview_anchor(anchor, e->run), e->label);
}

int overview_part_length(const char *text)
{
    size_t n = strlen(text);
    while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == ';'))
        n--;
    return (int)n;
}

void overview_cell_knob(document *doc, const overview *o, const overview_entry *e)
{
    size_t part = 0;
    while (o->knob != NULL && strcmp(run_part_name(part), o->knob) != 0)
        part++;
    const char *const text = o->knob != NULL ? o->texts[e->parts[part]] : "";
    const bool is_model = o->knob != NULL && strcmp(o->knob, "models") == 0; // the label has it
    const int n = overview_part_length(text);
    if (n == 0 || is_model)
        doc_put(doc, "-");
    else
        doc_putf(doc, "%.*s", n, text);
}
