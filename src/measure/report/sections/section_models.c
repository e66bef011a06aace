/* section_models.c - the comprehensive table of the protocol: one row per model. */
#include <math.h>

#include "report/sections/anchors.h"
#include "report/sections/cells.h"
#include "report/sections/sections.h"

// clang-format off
static const doc_column COLUMNS[] = {
    {"model", "", "", false, 0},
    {"parameters", "", "all, and those that one token uses", true, 2},
    {"VRAM saved", "%", "by keeping the experts in RAM; computed: arithmetic over the file, not a measurement", true, 1},
    {"ceiling", "%", "of the saving: bytes of experts / all bytes that a GPU can hold", true, 6},
    {"claimed", "%", "saving that was published for this architecture", true, 7},
    {"average", "tok/s", "all tokens over all time, including the wait for the first", true, 0},
    {"decode", "tok/s", "all tokens after the first of each answer over all their time", true, 5},
    {"first", "ms", "first token, median of the tests", true, 8},
    {"quality", "of 5", "mean content mark of the streamed tests (-: the protocol has no checks)", true, 1},
    {"accuracy", "%", "technical checks that passed", true, 8},
    {"repetition", "", "share of repeated word triples, mean of the tests", true, 1},
    {"tests", "", "streamed tests that completed", false, 3},
};
// clang-format on

static void put_claim(document *doc, const memory_figures *m)
{
    if (isnan(m->claim_low_pct))
        doc_put(doc, "-");
    else if (m->claim_low_pct == m->claim_high_pct)
        doc_putf(doc, "%.0f", m->claim_low_pct);
    else
        doc_putf(doc, "%.0f-%.0f", m->claim_low_pct, m->claim_high_pct);
}

static void put_saving(document *doc, const memory_figures *m)
{
    char cell[CELL_BYTES];
    format_number(cell, m->kind == SAVING_NONE ? NAN : m->saved_pct);
    doc_putf(doc, "%s%s", m->kind == SAVING_COMPUTED ? "computed " : "", cell);
}

static void put_row(document *doc, const subject_analysis *s)
{
    const run_summary *const m = &s->modes[MODE_STREAM];
    char all[CELL_BYTES], active[CELL_BYTES];
    doc_put_link(doc, anchor_model(s->index).text, s->label);
    format_count(all, (double)s->subject->n_parameters);
    format_count(active, (double)s->subject->n_active_parameters);
    doc_lead(doc, anchor_part(s->index, "architecture").text);
    doc_putf(doc, "%s%s%s", all, active[0] == '-' ? "" : "/", active[0] == '-' ? "" : active);
    doc_lead(doc, anchor_part(s->index, "saving").text);
    put_saving(doc, &s->memory);
    doc_lead(doc, anchor_part(s->index, "ceiling").text);
    cell_number(doc, s->memory.ceiling_pct);
    doc_lead(doc, anchor_part(s->index, "claimed").text);
    put_claim(doc, &s->memory);
    doc_lead(doc, anchor_of_mode("modes", s->index, MODE_STREAM).text);
    cell_number(doc, m->overall_tps);
    cell_number(doc, m->decode_tps);
    cell_number(doc, m->ttft_ms.p50);
    doc_lead(doc, anchor_part(s->index, "marks").text);
    cell_number(doc, s->mark_mean);
    cell_number(doc, 100 * s->technical_accuracy);
    doc_lead(doc, anchor_of_mode("modes", s->index, MODE_STREAM).text);
    cell_score(doc, m->mean_repetition);
    doc_lead(doc, anchor_of_mode("tests", s->index, MODE_STREAM).text);
    doc_putf(doc, "%d of %d", m->n_completed, m->n_planned);
}

void section_models(document *doc, const run_analysis *a)
{
    doc_heading(doc, 2, "models", a->n_subjects == 1 ? "The model" : "The models");
    doc_table(doc, "", COLUMNS, sizeof COLUMNS / sizeof *COLUMNS);
    for (size_t i = 0; i < a->n_subjects; i++)
        put_row(doc, &a->subjects[i]);
}
