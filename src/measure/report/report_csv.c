/* report_csv.c - the run as comma-separated values, for spreadsheets and scripts; the names are those of the JSON
 * report. */
#include <math.h>

#include "report/csv.h"
#include "report/format.h"
#include "report/report.h"

static const char *const NAMES[] = {"run",           "model",       "name",        "group",      "repeat",
                                    "status",        "error",       "http_status", "tokens",     "count",
                                    "prompt_tokens", "ttft_ms",     "itl_p50_ms",  "itl_p95_ms", "itl_max_ms",
                                    "decode_tps",    "overall_tps", "e2e_ms",      "stalls",     "repetition"};

/* A field that does not exist is empty. */
static void put_count(buf *out, int64_t count)
{
    if (count >= 0)
        csv_integer(out, count);
    else
        csv_number(out, NAN);
}

static void put_row(buf *out, const run_record *run, const summary_row *row)
{
    const test_record *const t = row->test;
    const test_metrics *const m = &row->metrics;
    csv_integer(out, run->info.id);
    csv_text(out, run->info.model);
    csv_text(out, t->plan.name);
    csv_text(out, t->plan.group);
    csv_integer(out, t->repeat);
    csv_text(out, test_status_name(t->answer.status));
    csv_text(out, t->answer.error);
    csv_integer(out, t->answer.http_status);
    csv_integer(out, m->n_tokens);
    csv_text(out, m->counted_events ? "events" : "usage");
    put_count(out, t->answer.prompt_tokens);
    const double figures[] = {m->ttft_ms,    m->itl_ms.p50,  m->itl_ms.p95, m->itl_ms.max,
                              m->decode_tps, m->overall_tps, m->e2e_ms};
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        csv_number(out, figures[i]);
    csv_integer(out, (int64_t)m->n_stalls);
    csv_number(out, m->repetition.score);
    csv_end_line(out);
}

void report_csv(buf *out, const run_analysis *analysis)
{
    const run_record *const run = analysis->run;
    const run_summary *const summary = &analysis->subjects[0].modes[MODE_STREAM];
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        csv_text(out, NAMES[i]);
    csv_end_line(out);
    for (size_t i = 0; i < summary->n_rows; i++)
        put_row(out, run, &summary->rows[i]);
}
