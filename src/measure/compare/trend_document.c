/* trend_document.c - a trend as blocks: what became of the figures, each with its picture and values, the runs. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare/trend_report.h"
#include "report/format.h"

enum { LINE_BYTES_MAX = 1 << 20 };

/* ---- words ------------------------------------------------------------------------------------------------------- */

static void format_p(char out[CELL_BYTES], double p)
{
    if (p < 0.001)
        snprintf(out, CELL_BYTES, "<0.001");
    else
        format_number(out, p);
}

/* "falling: worse". */
static void put_verdict(document *doc, const trend_row *row)
{
    static const doc_tone TONES[] = {TONE_GOOD, TONE_BAD, TONE_PLAIN, TONE_PLAIN};
    buf text;
    buf_init(&text, LINE_BYTES_MAX);
    buf_puts(&text, run_trend_direction(row));
    if (row->verdict != CHANGE_UNCLEAR)
        buf_printf(&text, ": %s", change_verdict_name(row->verdict));
    doc_put_tone(doc, TONES[row->verdict], buf_str(&text));
    buf_free(&text);
}

/* A run's name in this document, and its anchor. */
static void format_run(char out[CELL_BYTES], size_t run)
{
    snprintf(out, CELL_BYTES, "run-%zu", run + 1);
}

/* ---- the head ---------------------------------------------------------------------------------------------------- */

static int count(const run_trend *t, change_verdict verdict)
{
    int n = 0;
    for (size_t i = 0; i < t->n_rows; i++)
        n += t->rows[i].is_judged && t->rows[i].verdict == verdict;
    return n;
}

static void put_outcome(document *doc, const run_trend *t)
{
    const int n_worse = count(t, CHANGE_WORSE), n_better = count(t, CHANGE_BETTER), n_none = count(t, CHANGE_UNCLEAR);
    buf text;
    buf_init(&text, LINE_BYTES_MAX);
    buf_printf(&text, "%d worse, %d better, %d steady of %zu figures", n_worse, n_better, n_none, t->n_rows);
    if (run_trend_count_judged(t) < t->n_rows)
        buf_printf(&text, "; %zu have too few runs", t->n_rows - run_trend_count_judged(t));
    const bool is_judged = run_trend_count_judged(t) > 0;
    doc_badge(doc,
              n_worse > 0    ? TONE_BAD
              : n_better > 0 ? TONE_GOOD
                             : TONE_OPEN,
              n_worse > 0    ? "worse"
              : n_better > 0 ? "better"
              : is_judged    ? "steady"
                             : "too few runs",
              buf_str(&text));
    buf_free(&text);
}

static void put_head(document *doc, const run_trend *t, const char *knob)
{
    char from[CELL_BYTES] = "-", to[CELL_BYTES] = "-";
    doc_heading(doc, 1, NULL, "Trend of benchmark runs");
    put_outcome(doc, t);
    if (t->n_runs > 0) {
        format_time(from, t->runs[0].started_unix_ms);
        format_time(to, t->runs[t->n_runs - 1].started_unix_ms);
    }
    doc_facts(doc, DOC_FACTS);
    doc_fact(doc, "runs", "", "%zu, from %s to %s", t->n_runs, from, to);
    doc_fact(doc, "may differ", "", "%s", knob);
    if (t->n_unlike > 0)
        doc_remark(doc, TONE_OPEN, "%zu %s unlike the latest in more than %s and not joined with the others",
                   t->n_unlike, t->n_unlike == 1 ? "run is" : "runs are", knob);
    if (t->n_invalid > 0)
        doc_remark(doc, TONE_OPEN, "%zu %s invalid, aborted, unfinished or of an emulated GPU, and left out",
                   t->n_invalid, t->n_invalid == 1 ? "run is" : "runs are");
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

// clang-format off
static const doc_column SUMMARY[] = {
    {"figure", "", "", false, 0},
    {"mode", "", "", false, 0},
    {"trend", "", "rising or falling: Mann and Kendall's test, corrected for all figures; steady: nothing that chance does not explain", false, 0},
    {"median", "", "of the runs", true, 0},
    {"per run", "", "slope of Theil and Sen; % of the median where the sign is there", true, 0},
    {"95 %", "", "interval of the slope", true, 0},
    {"p", "", "corrected for all figures by Holm; below 0.05 is a trend", true, 0},
    {"steps", "", "changes of the level", true, 0},
    {"runs", "", "that have the figure", true, 0},
};

static const doc_column VALUES[] = {
    {"run", "", "", false, 0},
    {"started", "", "", false, 0},
    {"value", "", "median of the run's answers", true, 0},
    {"quartiles", "", "half of its answers are between them", true, 2},
    {"changed", "", "what differs from the run before", false, 2},
};
// clang-format on

static void format_anchor(char out[ANCHOR_BYTES], const run_trend *t, const trend_row *row)
{
    snprintf(out, ANCHOR_BYTES, "figure-%zu", (size_t)(row - t->rows) + 1);
}

static void put_summary_row(document *doc, const run_trend *t, const trend_row *row)
{
    char cell[CELL_BYTES], anchor[ANCHOR_BYTES];
    format_anchor(anchor, t, row);
    doc_put_link(doc, anchor, COMPARE_METRIC_ROWS[row->metric].name);
    doc_put(doc, run_trend_place(row));
    put_verdict(doc, row);
    format_by_unit(cell, row->median, COMPARE_METRIC_ROWS[row->metric].unit);
    doc_put(doc, cell);
    trend_format_slope(cell, row);
    doc_put(doc, cell);
    trend_format_range(cell, row);
    doc_put(doc, cell);
    format_p(cell, row->p_value);
    doc_put(doc, cell);
    doc_putf(doc, "%zu", row->n_steps);
    doc_putf(doc, "%zu", row->n);
}

static void put_sentence(document *doc, const run_trend *t, const trend_row *row)
{
    char slope[CELL_BYTES], range[CELL_BYTES], p[CELL_BYTES];
    trend_format_slope(slope, row);
    trend_format_range(range, row);
    format_p(p, row->p_value);
    if (!row->is_judged)
        doc_paragraph(doc, "Too few runs: %zu have the figure, and a trend needs %d.", row->n, (int)TREND_RUNS_MIN);
    else if (row->verdict == CHANGE_UNCLEAR)
        doc_paragraph(doc, "Steady: a slope of %s per run (95 %%: %s) is what chance gives, too (p %s%s).", slope,
                      range, row->p_value < 0.001 ? "" : "= ", p);
    else
        doc_paragraph(doc, "%s, which is %s: %s per run (95 %%: %s), p %s%s after correction for %d figures.",
                      row->slope > 0 ? "Rising" : "Falling", change_verdict_name(row->verdict), slope, range,
                      row->p_value < 0.001 ? "" : "= ", p, t->n_corrected);
    for (size_t i = 0; i < row->n_steps; i++) {
        const level_step *const step = &row->steps[i];
        char before[CELL_BYTES], after[CELL_BYTES];
        format_by_unit(before, step->before, COMPARE_METRIC_ROWS[row->metric].unit);
        format_by_unit(after, step->after, COMPARE_METRIC_ROWS[row->metric].unit);
        doc_paragraph(doc, "A step from %s to %s at run %zu, %s.", before, after, step->at + 1, t->runs[step->at].name);
    }
}

static void put_values(document *doc, const run_trend *t, const trend_row *row)
{
    const char *const unit = COMPARE_METRIC_ROWS[row->metric].unit;
    doc_fold_begin(doc, NULL, "Values");
    doc_table(doc, "", VALUES, sizeof VALUES / sizeof *VALUES);
    for (size_t i = 0; i < t->n_runs; i++) {
        const trend_value v = run_trend_value(row, i);
        char cell[CELL_BYTES], low[CELL_BYTES], high[CELL_BYTES], run[CELL_BYTES];
        format_run(run, i);
        doc_put_link(doc, run, run);
        format_time(cell, t->runs[i].started_unix_ms);
        doc_put(doc, cell);
        format_by_unit(cell, v.value, unit);
        doc_put(doc, cell);
        format_by_unit(low, v.low, unit);
        format_by_unit(high, v.high, unit);
        doc_putf(doc, isnan(v.low) ? "-" : "%s to %s", low, high);
        doc_put(doc, t->runs[i].changed);
    }
    doc_fold_end(doc);
}

static void put_figure(document *doc, const run_trend *t, const trend_row *row)
{
    char anchor[ANCHOR_BYTES];
    buf text;
    buf_init(&text, LINE_BYTES_MAX);
    format_anchor(anchor, t, row);
    buf_printf(&text, "%s%s%s", COMPARE_METRIC_ROWS[row->metric].name, run_trend_place(row)[0] == '-' ? "" : ", ",
               run_trend_place(row)[0] == '-' ? "" : run_trend_place(row));
    doc_heading(doc, 3, anchor, buf_str(&text));
    buf_clear(&text);
    put_sentence(doc, t, row);
    trend_chart(&text, t, row);
    doc_drawing(doc, &text);
    put_values(doc, t, row);
    buf_free(&text);
}

static bool is_of_model(const trend_row *row, const trend_row *other)
{
    return row->twin == other->twin && strcmp(row->model, other->model) == 0;
}

static void put_model(document *doc, const run_trend *t, size_t first, int number)
{
    const trend_row *const model = &t->rows[first];
    char anchor[ANCHOR_BYTES];
    snprintf(anchor, sizeof anchor, "model-%d", number);
    doc_heading(doc, 2, anchor, model->label);
    doc_table(doc, "", SUMMARY, sizeof SUMMARY / sizeof *SUMMARY);
    for (size_t i = first; i < t->n_rows; i++) {
        if (is_of_model(&t->rows[i], model))
            put_summary_row(doc, t, &t->rows[i]);
    }
    for (size_t i = first; i < t->n_rows; i++) {
        if (is_of_model(&t->rows[i], model))
            put_figure(doc, t, &t->rows[i]);
    }
}

static bool is_first_of_model(const run_trend *t, size_t row)
{
    size_t i = 0;
    while (!is_of_model(&t->rows[i], &t->rows[row]))
        i++;
    return i == row;
}

/* ---- runs -------------------------------------------------------------------------------------------------------- */

// clang-format off
static const doc_column RUNS[] = {
    {"run", "", "", false, 0},
    {"name", "", "as `spillway report` takes it", false, 0},
    {"started", "", "", false, 0},
    {"spillway", "", "version", false, 0},
    {"status", "", "", false, 0},
    {"changed", "", "what differs from the run before", false, 2},
};

static const doc_column LEFT_OUT[] = {
    {"name", "", "", false, 0},
    {"started", "", "", false, 0},
    {"why", "", "", false, 0},
};
// clang-format on

static void put_runs(document *doc, const run_trend *t)
{
    char time[CELL_BYTES], anchor[CELL_BYTES];
    doc_heading(doc, 2, "runs", "Runs");
    doc_table(doc, "", RUNS, sizeof RUNS / sizeof *RUNS);
    for (size_t i = 0; i < t->n_runs; i++) {
        const trend_run *const run = &t->runs[i];
        format_time(time, run->started_unix_ms);
        format_run(anchor, i);
        doc_put(doc, anchor);
        doc_row_anchor(doc, anchor);
        doc_put(doc, run->name);
        doc_put(doc, time);
        doc_put(doc, run->version);
        doc_put(doc, run->status);
        doc_put(doc, run->changed);
    }
    if (t->n_left_out == 0)
        return;
    doc_heading(doc, 2, "left-out", "Left out");
    doc_table(doc, "", LEFT_OUT, sizeof LEFT_OUT / sizeof *LEFT_OUT);
    for (size_t i = 0; i < t->n_left_out; i++) {
        const trend_left_out *const run = &t->left_out[i];
        format_time(time, run->started_unix_ms);
        doc_put(doc, run->name);
        doc_put(doc, time);
        doc_put(doc, run->why);
    }
}

void trend_document(document *doc, const run_trend *t, const char *knob)
{
    int n_models = 0;
    put_head(doc, t, knob);
    for (size_t i = 0; i < t->n_rows; i++) {
        if (is_first_of_model(t, i))
            put_model(doc, t, i, ++n_models);
    }
    put_runs(doc, t);
}
