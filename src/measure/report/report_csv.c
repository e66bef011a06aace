/* report_csv.c - the measured requests as comma-separated values, for spreadsheets and scripts; the names are those of
 * the JSON report. */
#include "report/csv.h"
#include "report/report.h"
#include "report/test_figures.h"

static const char *const NAMES[] = {"run",    "model_name", "mode",  "variant",     "name",          "group",
                                    "repeat", "status",     "error", "http_status", "finish_reason", "count"};

static void put_row(buf *out, const run_info *info, const subject_record *subject, const summary_row *row)
{
    const test_record *const t = row->test;
    csv_integer(out, info->id);
    csv_text(out, subject->name);
    csv_text(out, test_mode_name(t->mode));
    csv_text(out, t->variant != NULL ? t->variant : "");
    csv_text(out, t->plan.name);
    csv_text(out, t->plan.group);
    csv_integer(out, t->repeat);
    csv_text(out, test_status_name(t->answer.status));
    csv_text(out, t->answer.error);
    csv_integer(out, t->answer.http_status);
    csv_text(out, t->answer.finish_reason);
    csv_text(out, row->metrics.counted_events ? "events" : "usage");
    for (int i = 0; i < N_TEST_FIGURES; i++)
        csv_number(out, TEST_FIGURES[i].value(row));
    csv_end_line(out);
}

void report_csv(buf *out, const run_analysis *analysis)
{
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        csv_text(out, NAMES[i]);
    for (int i = 0; i < N_TEST_FIGURES; i++)
        csv_text(out, TEST_FIGURES[i].name);
    csv_end_line(out);
    for (size_t i = 0; i < analysis->n_subjects; i++) {
        for (int mode = 0; mode < N_TEST_MODES; mode++) {
            const run_summary *const m = &analysis->subjects[i].modes[mode];
            for (size_t r = 0; r < m->n_rows; r++)
                put_row(out, &analysis->run->info, analysis->subjects[i].subject, &m->rows[r]);
        }
    }
}
