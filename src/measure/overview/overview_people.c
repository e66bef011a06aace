/* overview_people.c - what people say of the answers of all entries, and whether offloading preserves their quality. */
#include <math.h>

#include "overview/overview_sections.h"
#include "report/sections/cells.h"

#define N(columns) ((int)(sizeof(columns) / sizeof *(columns)))

/* ---- people's scores --------------------------------------------------------------------------------------------- */

// clang-format off
static const doc_column REVIEWS[] = {
    {"run", "", "", false, 0},
    {"scored", "", "answers, each counted once for every reviewer", true, 1},
    {"content", "of 5", "people's score: says what was asked, whole and in order", true, 0},
    {"accuracy", "of 5", "people's score: it is right", true, 0},
    {"responsiveness", "of 5", "people's score: it came soon and fast enough", true, 0},
    {"automatic", "of 5", "mark of the answers with a content score", true, 2},
    {"repetition", "", "answers with this flag of a person, here and in the next columns", true, 3},
    {"wrong", "", "", true, 3},
    {"cut", "", "", true, 3},
    {"odd", "", "", true, 3},
};
// clang-format on

static void put_reviews(document *doc, const overview_entry *e)
{
    overview_cell_label(doc, e);
    doc_putf(doc, "%zu", e->reviews.n);
    for (int i = 0; i < N_REVIEW_SCORES; i++)
        cell_number(doc, e->reviews.means[i]);
    cell_number(doc, e->reviews.mark);
    for (int i = 0; i < N_REVIEW_FLAGS; i++)
        doc_putf(doc, "%zu", e->reviews.n_flags[i]);
}

void overview_section_reviews(document *doc, const overview *o)
{
    size_t n = 0;
    for (size_t i = 0; i < o->n_entries; i++)
        n += o->entries[i].reviews.n > 0;
    if (n == 0)
        return;
    doc_heading(doc, 2, "reviews", "People's scores");
    doc_paragraph(doc,
                  "Means of the streamed answers that were scored. They are not ranked: people may have scored other "
                  "answers of one run than of another.");
    doc_table(doc, "", REVIEWS, N(REVIEWS));
    for (size_t i = 0; i < o->n_entries; i++) {
        if (o->entries[i].reviews.n > 0)
            put_reviews(doc, &o->entries[i]);
    }
}

/* ---- quality preservation ---------------------------------------------------------------------------------------- */

// clang-format off
static const doc_column PRESERVED[] = {
    {"run", "", "", false, 0},
    {"verdict", "", "streamed answers of the offloaded model, with those of the model that is not", false, 0},
    {"because", "", "nothing can be said of the quality", false, 2},
    {"equal", "", "answers with the same text and, where told, the same tokens", true, 0},
    {"common", "%", "of the longer answer, before the first difference: mean of the pairs", true, 1},
    {"checks won", "", "that passed on the offloaded side only", true, 0},
    {"lost", "", "that passed on the other side only", true, 0},
    {"mark", "", "mean difference of the content mark, offloaded - not", true, 0},
    {"95 %", "", "interval of that difference", false, 2},
};
// clang-format on

static void put_preserved(document *doc, const overview_entry *e)
{
    const overview_preserved *const p = &e->preserved;
    const preserved_counts *const c = &p->all;
    overview_cell_label(doc, e);
    doc_put_tone(doc, preservation_tone(p->verdict), preservation_verdict_name(p->verdict));
    doc_put(doc, p->why);
    cell_ratio(doc, c->n_equal, c->n_pairs);
    cell_percent(doc, c->common_share);
    cell_integer(doc, c->n_checks > 0 ? c->n_won : -1);
    cell_integer(doc, c->n_checks > 0 ? c->n_lost : -1);
    cell_number(doc, p->mark);
    cell_range(doc, p->range.low, p->range.high);
}

void overview_section_preservation(document *doc, const overview *o)
{
    size_t n = 0;
    for (size_t i = 0; i < o->n_entries; i++)
        n += o->entries[i].preserved.verdict != PRESERVED_NOT_MEASURED;
    if (n == 0)
        return;
    doc_heading(doc, 2, "preservation", "Quality preservation");
    if (n < o->n_entries)
        doc_paragraph(doc, "%zu of %zu have no answers of a side that does not offload.", o->n_entries - n,
                      o->n_entries);
    doc_table(doc, "", PRESERVED, N(PRESERVED));
    for (size_t i = 0; i < o->n_entries; i++) {
        if (o->entries[i].preserved.verdict != PRESERVED_NOT_MEASURED)
            put_preserved(doc, &o->entries[i]);
    }
}
