/* overview_csv.c - a line for each model of each run, with the figures of the page in full. */
#include <math.h>
#include <stdio.h>

#include "overview/overview_report.h"
#include "report/csv.h"

static const char *const NAMES[] = {
    "run",
    "name",
    "started_unix_ms",
    "status",
    "model_name",
    "group",
    "knob",
    "n_parameters",
    "n_active",
    "saving_kind",
    "saved_pct",
    "memory_bytes",
    "overall_tps",
    "decode_tps",
    "ttft_p50_ms",
    "mark_mean",
    "technical_passed",
    "technical_run",
    "repetition",
    "completed",
    "planned",
    "readiness",
    "readiness_rows",
    "expert_coverage",
    "expert_expected_coverage",
};

static void put_metric_names(buf *out, const char *metric)
{
    static const char *const PARTS[] = {"median", "low", "high", "answers", "from_best", "p_value", "verdict"};
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s_%s", metric, PARTS[i]);
        csv_text(out, name);
    }
}

static void put_names(buf *out)
{
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        csv_text(out, NAMES[i]);
    for (int m = 0; m < N_COMPARE_METRICS; m++) {
        if (overview_has_metric((compare_metric)m))
            put_metric_names(out, COMPARE_METRIC_ROWS[m].name);
    }
    for (size_t i = 0; i < N_CONDITIONS; i++)
        csv_text(out, condition_key((condition)i));
    csv_end_line(out);
}

static void put_identity(buf *out, const overview *o, const overview_entry *e)
{
    const overview_run *const run = &o->runs[e->run];
    csv_integer(out, e->run + 1);
    csv_text(out, run->name);
    csv_integer(out, run->started_unix_ms);
    csv_text(out, run->status);
    csv_text(out, e->model);
    csv_number(out, e->group >= 0 ? e->group + 1 : NAN);
    csv_text(out, o->knob != NULL ? o->knob : "");
}

static void put_figures(buf *out, const overview_entry *e)
{
    static const char *const SAVINGS[] = {"", "computed", "measured"};
    csv_number(out, e->n_parameters);
    csv_number(out, e->n_active_parameters);
    csv_text(out, SAVINGS[e->memory.kind]);
    csv_number(out, e->memory.kind != SAVING_NONE ? e->memory.saved_pct : NAN);
    const double figures[] = {e->memory_bytes, e->overall_tps, e->decode_tps, e->ttft_ms, e->mark_mean};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        csv_number(out, figures[i]);
    csv_integer(out, e->n_technical_passed);
    csv_integer(out, e->n_technical_run);
    csv_number(out, e->mean_repetition);
    csv_integer(out, e->n_completed);
    csv_integer(out, e->n_planned);
    csv_text(out, readiness_name(e->readiness));
    csv_text(out, e->limits);
    csv_number(out, e->n_expert_tests > 0 ? e->experts.coverage : NAN);
    csv_number(out, e->n_expert_tests > 0 ? e->experts.expected_coverage : NAN);
}

static void put_metric(buf *out, const overview *o, const overview_entry *e, compare_metric metric)
{
    const overview_figure *const f = &e->figures[metric];
    csv_number(out, f->median);
    csv_number(out, f->range.low);
    csv_number(out, f->range.high);
    csv_integer(out, (int64_t)f->n);
    csv_number(out, f->gap.n > 0 ? f->gap.difference : NAN);
    csv_number(out, f->p_value);
    csv_text(out, overview_verdict(o, e, metric));
}

void overview_csv(buf *out, const overview *o)
{
    put_names(out);
    for (size_t i = 0; i < o->n_entries; i++) {
        const overview_entry *const e = &o->entries[i];
        put_identity(out, o, e);
        put_figures(out, e);
        for (int m = 0; m < N_COMPARE_METRICS; m++) {
            if (overview_has_metric((compare_metric)m))
                put_metric(out, o, e, (compare_metric)m);
        }
        for (size_t c = 0; c < N_CONDITIONS; c++)
            csv_text(out, o->texts[e->conditions[c]]);
        csv_end_line(out);
    }
}
