/* section_goodput.c - requests that completed and met every objective, by mode.  The objectives are among the
 * conditions.
 */
#include "report/run_objectives.h"
#include "report/sections/cells.h"
#include "report/sections/sections.h"

// clang-format off
static const doc_column COLUMNS[] = {
    {"mode", "", "", false, 0},
    {"good", "", "requests that completed and met every objective", false, 0},
    {"share", "%", "of all that were sent", true, 0},
    {"95 %", "", "interval of the share (Wilson)", false, 0},
    {"good ones", "1/s", "that ended in the steady window, per second", true, 1},
};
// clang-format on

static void put_mode(document *doc, test_mode mode, const goodput *g)
{
    doc_put(doc, test_mode_name(mode));
    doc_putf(doc, "%d of %d", g->n_good, g->n_asked);
    cell_percent(doc, g->attainment);
    cell_range(doc, 100 * g->range.low, 100 * g->range.high);
    cell_number(doc, g->per_s);
}

void section_goodput(document *doc, const run_analysis *a, const subject_analysis *s)
{
    const objectives slo = run_objectives(a->run);
    if (!objectives_are_set(&slo))
        return;
    doc_table(doc, "Goodput", COLUMNS, sizeof COLUMNS / sizeof *COLUMNS);
    for (int mode = 0; mode < N_TEST_MODES; mode++) {
        const goodput g = goodput_of(&s->modes[mode], &slo);
        if (s->modes[mode].n_rows > 0)
            put_mode(doc, (test_mode)mode, &g);
    }
}
