/* overview_tables.c - the conditions of all entries side by side, and the comprehensive table: a row for each. */
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "overview/overview_sections.h"
#include "report/sections/cells.h"

/* ---- conditions -------------------------------------------------------------------------------------------------- */

/* Conditions of one kind: those in which entries differ. */
typedef struct differing {
    const overview *o;
    size_t items[N_CONDITIONS];
    size_t n;
} differing;

static bool is_shared(const overview *o, size_t which)
{
    for (size_t i = 1; i < o->n_entries; i++) {
        if (o->entries[i].conditions[which] != o->entries[0].conditions[which])
            return false;
    }
    return true;
}

static const char *differing_name(const void *ctx, size_t i)
{
    const differing *const d = ctx;
    return condition_name((condition)d->items[i]);
}

static void put_condition(document *doc, const void *ctx, const overview_entry *e, size_t i)
{
    const differing *const d = ctx;
    doc_put(doc, d->o->texts[e->conditions[d->items[i]]]);
}

static void put_shared(document *doc, const overview *o)
{
    buf unknown;
    buf_init(&unknown, 65536);
    doc_heading(doc, 3, NULL, "What all share");
    doc_facts(doc, DOC_FACTS);
    for (size_t i = 0; i < N_CONDITIONS && o->n_entries > 0; i++) {
        const char *const text = o->texts[o->entries[0].conditions[i]];
        if (!is_shared(o, i))
            continue;
        if (strcmp(text, "-") == 0)
            buf_printf(&unknown, "%s%s", unknown.size > 0 ? ", " : "", condition_name((condition)i));
        else
            doc_fact(doc, condition_name((condition)i), "", "%s", text);
    }
    doc_fact(doc, "not known", "", "%s", doc_str(doc, &unknown));
    buf_free(&unknown);
}

void overview_section_conditions(document *doc, const overview *o)
{
    differing d = {.o = o};
    for (size_t i = 0; i < N_CONDITIONS; i++) {
        if (!is_shared(o, i))
            d.items[d.n++] = i;
    }
    const overview_grid grid = {
        .title = "", .corner = "condition", .n = d.n, .name = differing_name, .put = put_condition, .ctx = &d};
    doc_heading(doc, 2, "conditions", "Conditions");
    doc_heading(doc, 3, NULL, "What differs");
    if (d.n == 0)
        doc_paragraph(doc, "Nothing: all were measured under the same conditions.");
    doc->audience = FOR_TERMINAL;
    overview_put_grid(doc, o, &grid);
    doc->audience = FOR_PAGES;
    overview_put_grid(doc, o, &grid);
    put_shared(doc, o);
    doc->audience = FOR_ALL;
}

/* ---- the comprehensive table ------------------------------------------------------------------------------------- */

// clang-format off
static const doc_column COLUMNS[] = {
    {"run", "", "leads to its part", false, 0},
    {"parameters", "", "all, and those that one token uses", true, 5},
    {"VRAM saved", "%", "by keeping the experts in RAM; computed: arithmetic over the file, not a measurement", true, 3},
    {"memory", "", "private, of the server, at most", true, 6},
    {"average", "tok/s", "all tokens over all time, including the wait for the first", true, 0},
    {"decode", "tok/s", "all tokens after the first of each answer over all their time", true, 0},
    {"first", "ms", "first token, median of the tests", true, 0},
    {"quality", "of 5", "mean content mark of the streamed tests", true, 1},
    {"repetition", "", "share of repeated word triples, mean of the tests", true, 1},
    {"tests", "", "streamed tests that completed", false, 4},
    {"status", "", "of the run", false, 1},
    {"readiness", "", "by the rule below the criteria", false, 2},
};
// clang-format on

static doc_tone tone_of_status(const char *status)
{
    return strcmp(status, "ok") == 0                                                  ? TONE_GOOD
           : strcmp(status, "inconclusive") == 0 || strcmp(status, "not_steady") == 0 ? TONE_OPEN
                                                                                      : TONE_BAD;
}

static void put_saving(document *doc, const memory_figures *m)
{
    char cell[CELL_BYTES];
    format_number(cell, m->kind == SAVING_NONE ? NAN : m->saved_pct);
    doc_putf(doc, "%s%s", m->kind == SAVING_COMPUTED ? "computed " : "", cell);
}

static void put_entry(document *doc, const overview *o, const overview_entry *e)
{
    char all[CELL_BYTES], active[CELL_BYTES], anchor[ANCHOR_BYTES];
    format_count(all, e->n_parameters);
    format_count(active, e->n_active_parameters);
    overview_cell_label(doc, e);
    doc_row_anchor(doc, overview_row_anchor(anchor, o, e));
    doc_putf(doc, "%s%s%s", all, active[0] == '-' ? "" : "/", active[0] == '-' ? "" : active);
    put_saving(doc, &e->memory);
    cell_bytes(doc, e->memory_bytes);
    cell_number(doc, e->overall_tps);
    cell_number(doc, e->decode_tps);
    cell_number(doc, e->ttft_ms);
    cell_number(doc, e->mark_mean);
    cell_number(doc, e->mean_repetition);
    cell_ratio(doc, e->n_completed, e->n_planned);
    doc_put_tone(doc, tone_of_status(o->runs[e->run].status), o->runs[e->run].status);
    const doc_tone tone = e->readiness == READINESS_READY         ? TONE_GOOD
                          : e->readiness == READINESS_WITH_LIMITS ? TONE_OPEN
                                                                  : TONE_BAD;
    doc_put_tone(doc, tone, readiness_name(e->readiness));
}

void overview_section_models(document *doc, const overview *o)
{
    doc_heading(doc, 2, "models", "Every model of every run");
    doc_table(doc, "", COLUMNS, sizeof COLUMNS / sizeof *COLUMNS);
    for (size_t i = 0; i < o->n_entries; i++)
        put_entry(doc, o, &o->entries[i]);
}
