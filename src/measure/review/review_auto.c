/* review_auto.c - a line of figures. */
#include "review/review_auto.h"

#include <stdio.h>

#include "figures/review_figures.h"
#include "report/format.h"

void review_put_times(char *out, size_t size, const run_analysis *a, const test_record *test)
{
    const summary_row *const row = analysis_row(a, test);
    char first[CELL_BYTES] = "-", all[CELL_BYTES] = "-";
    if (row != NULL) {
        format_by_unit(first, row->metrics.ttft_ms, "ms");
        format_by_unit(all, row->metrics.e2e_ms, "ms");
    }
    snprintf(out, size, "first word after %s, complete after %s", first, all);
}

static void put_failed(buf *out, const test_record *test)
{
    const char *before = "; failed: ";
    for (size_t i = 0; i < test->n_checks; i++) {
        if (test->checks[i].outcome != CHECK_FAILED)
            continue;
        buf_printf(out, "%s%s", before, test->checks[i].name);
        before = ", ";
    }
}

void review_put_automatic(buf *out, const run_analysis *a, const test_record *test)
{
    const summary_row *const row = analysis_row(a, test);
    if (row == NULL)
        return;
    const repetition_score *const repetition = &row->metrics.repetition;
    const content_score c = content_score_of(test, repetition);
    char mark[CELL_BYTES];
    buf_puts(out, "automatic: ");
    format_number(mark, c.mark);
    if (c.n_run > 0)
        buf_printf(out, "mark %s of 5; checks %d/%d; ", mark, c.n_passed, c.n_run);
    if (c.n_technical_run > 0)
        buf_printf(out, "technical %d/%d; ", c.n_technical_passed, c.n_technical_run);
    buf_printf(out, "repetition %.3f (%s)", repetition->score, repetition_verdict_name(repetition->verdict));
    put_failed(out, test);
}
