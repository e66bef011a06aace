/* overview_verdicts.c - criteria and readiness of all entries side by side, and which share of the experts each used.
 */
#include <math.h>

#include "base/buf.h"
#include "overview/overview_sections.h"
#include "report/sections/cells.h"

/* ---- criteria ---------------------------------------------------------------------------------------------------- */

static const char *criterion_name(const void *ctx, size_t i)
{
    return ((const overview *)ctx)->criteria[i];
}

static void put_criterion(document *doc, const void *ctx, const overview_entry *e, size_t i)
{
    (void)ctx;
    static const doc_tone TONES[] = {TONE_GOOD, TONE_BAD, TONE_OPEN};
    if (e->criteria[i] < 0)
        doc_put(doc, "-");
    else
        doc_put_tone(doc, TONES[e->criteria[i]], criterion_verdict_name((criterion_verdict)e->criteria[i]));
}

// clang-format off
static const doc_column READINESS[] = {
    {"run", "", "", false, 0},
    {"readiness", "", "", false, 0},
    {"decided by", "", "criteria that are not met, or the state of the run", false, 0},
};
// clang-format on

static void put_readiness(document *doc, const overview *o)
{
    static const doc_tone TONES[] = {TONE_GOOD, TONE_OPEN, TONE_BAD};
    doc_table(doc, "Readiness", READINESS, sizeof READINESS / sizeof *READINESS);
    for (size_t i = 0; i < o->n_entries; i++) {
        const overview_entry *const e = &o->entries[i];
        overview_cell_label(doc, e);
        doc_put_tone(doc, TONES[e->readiness], readiness_name(e->readiness));
        doc_put(doc, e->limits[0] != '\0' ? e->limits : "-");
    }
    doc_paragraph(doc, "%s", READINESS_RULE);
}

void overview_section_verdicts(document *doc, const overview *o)
{
    const overview_grid grid = {.title = "Success criteria",
                                .corner = "criterion",
                                .n = o->n_criteria,
                                .name = criterion_name,
                                .put = put_criterion,
                                .ctx = o};
    doc_heading(doc, 2, "criteria", "Criteria and readiness");
    put_readiness(doc, o);
    overview_put_grid(doc, o, &grid);
}

/* ---- experts ----------------------------------------------------------------------------------------------------- */

// clang-format off
static const doc_column EXPERTS[] = {
    {"run", "", "", false, 0},
    {"experts", "", "of a layer, and those that one token uses", true, 0},
    {"tokens", "", "of the streamed tests, prompts included", true, 0},
    {"coverage", "%", "of the experts that were chosen at all, mean over the layers", true, 0},
    {"by chance", "%", "that so many tokens would reach if every expert were as likely", true, 0},
    {"entropy", "", "1: all experts as often", true, 0},
    {"effective", "", "experts: e to the entropy", true, 0},
    {"80 %", "", "fewest experts with 80 % of the choices", true, 1},
};
// clang-format on

static void put_experts(document *doc, const overview_entry *e)
{
    const expert_use_figures *const u = &e->experts;
    overview_cell_label(doc, e);
    doc_putf(doc, "%d/%d", e->n_experts, e->n_experts_used);
    cell_integer(doc, u->n_tokens);
    cell_percent(doc, u->coverage);
    cell_percent(doc, u->expected_coverage);
    cell_number(doc, u->entropy_ratio);
    cell_number(doc, u->effective_experts);
    cell_integer(doc, u->hot_80);
}

void overview_section_experts(document *doc, const overview *o)
{
    size_t n = 0;
    for (size_t i = 0; i < o->n_entries; i++)
        n += o->entries[i].n_expert_tests > 0;
    doc_heading(doc, 2, "experts", "Experts");
    if (n < o->n_entries)
        doc_paragraph(doc, "%zu of %zu servers do not say which experts they used.", o->n_entries - n, o->n_entries);
    doc_table(doc, "", EXPERTS, sizeof EXPERTS / sizeof *EXPERTS);
    for (size_t i = 0; i < o->n_entries; i++) {
        if (o->entries[i].n_expert_tests > 0)
            put_experts(doc, &o->entries[i]);
    }
}
