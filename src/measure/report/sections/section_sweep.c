/* section_sweep.c - repetition over a setting that was varied. */
#include <math.h>

#include "report/sections/cells.h"
#include "report/sections/sections.h"

enum { BAR_CHARACTERS = 24 };

// clang-format off
static const doc_column COLUMNS[] = {
    {"setting", "", "", false, 0},
    {"answers", "", "that completed", true, 0},
    {"repetition", "", "mean", true, 0},
    {"", "", "the mean as a bar, full at 1", false, 2},
    {"highest", "", "repetition of one answer", true, 0},
    {"degenerate", "", "answers that repeat themselves", true, 0},
    {"mark", "of 5", "mean content mark", true, 0},
};
// clang-format on

static void put_bar(document *doc, double share)
{
    static const char FULL[BAR_CHARACTERS + 1] = "========================";
    const double within = isfinite(share) ? fmin(fmax(share, 0), 1) : 0;
    doc_putf(doc, "%.*s", (int)lround(within * BAR_CHARACTERS), FULL);
}

void section_sweep(document *doc, const subject_analysis *s)
{
    if (s->n_sweep == 0)
        return;
    doc_heading(doc, 3, NULL, "Sweep");
    doc_chart(doc, "sweep", s->index);
    doc_table(doc, "", COLUMNS, sizeof COLUMNS / sizeof *COLUMNS);
    for (size_t i = 0; i < s->n_sweep; i++) {
        const sweep_point *const p = &s->sweep[i];
        doc_put(doc, p->variant);
        doc_putf(doc, "%d", p->n);
        cell_score(doc, p->repetition_mean);
        put_bar(doc, p->repetition_mean);
        cell_score(doc, p->repetition_max);
        doc_putf(doc, "%d", p->n_degenerate);
        cell_number(doc, p->mark_mean);
    }
}
