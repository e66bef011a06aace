/* trend_table.c - a table for each model, with a graph of one line for each figure. */
#include "cmd/trend_table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "cmd/spark.h"
#include "compare/trend_report.h"
#include "report/format.h"
#include "report/text_table.h"

enum { LINE_BYTES_MAX = 1 << 20, SPARK_MAX = 14 };

// clang-format off
static const text_column COLUMNS[] = {
    {"figure",    "", false, 0},
    {"mode",      "", false, 0},
    {"median",    "", true,  1},
    {"per run",   "", true,  0},
    {"95 %",      "", true,  0},
    {"trend",     "", false, 0},
    {"runs",      "", false, 2},
};
// clang-format on

static const char *trend_word(const trend_row *row)
{
    return !row->is_judged                  ? "too few runs"
           : row->verdict == CHANGE_UNCLEAR ? "none"
                                            : change_verdict_name(row->verdict);
}

/* From left to right the last runs, between their lowest and their highest value; one height for all if they are equal.
 */
static void put_spark(text_table *table, const trend_row *row, size_t n_runs, bool is_ascii)
{
    double last[SPARK_MAX], low = INFINITY, high = -INFINITY;
    const size_t n = n_runs < SPARK_MAX ? n_runs : SPARK_MAX;
    for (size_t i = 0; i < n; i++) {
        const size_t run = n_runs - n + i;
        last[i] = run_trend_value(row, run).value;
        low = fmin(low, last[i]);
        high = fmax(high, last[i]);
    }
    for (size_t i = 0; i < n; i++)
        last[i] -= low;
    buf text;
    buf_init(&text, LINE_BYTES_MAX);
    spark_put(&text, last, n, high - low, is_ascii);
    text_table_put(table, buf_str(&text));
    buf_free(&text);
}

static void put_number(text_table *table, const compare_metric_row *metric, double value)
{
    char cell[CELL_BYTES];
    if (strcmp(metric->unit, "B") == 0)
        format_bytes(cell, value);
    else
        format_number(cell, value);
    text_table_put(table, cell);
}

static void put_slope(text_table *table, const trend_row *row)
{
    char cell[CELL_BYTES];
    trend_format_slope(cell, row);
    text_table_put(table, cell);
    trend_format_range(cell, row);
    text_table_put(table, cell);
}

static void put_steps(text_table *table, const run_trend *t, const trend_row *row)
{
    for (size_t i = 0; i < row->n_steps; i++) {
        const level_step *const step = &row->steps[i];
        char time[CELL_BYTES], before[CELL_BYTES], after[CELL_BYTES];
        format_time(time, t->runs[step->at].started_unix_ms);
        format_by_unit(before, step->before, COMPARE_METRIC_ROWS[row->metric].unit);
        format_by_unit(after, step->after, COMPARE_METRIC_ROWS[row->metric].unit);
        buf note;
        buf_init(&note, LINE_BYTES_MAX);
        buf_printf(&note, "    step from %s to %s at %s, %s", before, after, t->runs[step->at].name, time);
        text_table_note(table, buf_str(&note));
        buf_free(&note);
    }
}

static void put_place(text_table *table, const trend_row *row)
{
    const char *const place = run_trend_place(row);
    buf safe;
    buf_init(&safe, LINE_BYTES_MAX);
    escape_terminal(&safe, place, strlen(place));
    text_table_put(table, buf_str(&safe));
    buf_free(&safe);
}

static void put_row(text_table *table, const run_trend *t, const trend_row *row, bool is_ascii)
{
    const compare_metric_row *const metric = &COMPARE_METRIC_ROWS[row->metric];
    text_table_put(table, metric->name);
    put_place(table, row);
    put_number(table, metric, row->median);
    put_slope(table, row);
    text_table_put(table, trend_word(row));
    put_spark(table, row, t->n_runs, is_ascii);
    put_steps(table, t, row);
}

static bool is_first_of_model(const run_trend *t, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (strcmp(t->rows[k].model, t->rows[i].model) == 0)
            return false;
    }
    return true;
}

/* A table for each model. */
static void put_tables(buf *out, const run_trend *t, int width, bool is_ascii)
{
    for (size_t i = 0; i < t->n_rows; i++) {
        if (!is_first_of_model(t, i))
            continue;
        text_table *const table = text_table_create(COLUMNS, sizeof COLUMNS / sizeof *COLUMNS);
        for (size_t k = i; k < t->n_rows; k++) {
            if (strcmp(t->rows[k].model, t->rows[i].model) == 0)
                put_row(table, t, &t->rows[k], is_ascii);
        }
        buf_putc(out, '\n');
        escape_terminal(out, t->rows[i].model, strlen(t->rows[i].model));
        buf_putc(out, '\n');
        text_table_write(out, table, width, "a wider terminal and --json have all columns");
        text_table_free(table);
    }
}

static void put_left_out(buf *out, const run_trend *t, const char *knob)
{
    if (t->n_invalid > 0)
        buf_printf(out, "left out: %zu invalid, aborted, unfinished or of an emulated GPU\n", t->n_invalid);
    const trend_left_out *unlike = NULL; // the last one is as good an example as any
    for (size_t i = 0; i < t->n_left_out; i++)
        unlike = t->left_out[i].is_unlike ? &t->left_out[i] : unlike;
    if (unlike != NULL) {
        buf_printf(out, "left out: %zu unlike the latest in more than %s; one differs in ", t->n_unlike, knob);
        escape_terminal(out, unlike->why, strlen(unlike->why));
        buf_putc(out, '\n');
    }
}

/* Conditions that changed on the way: the latest change, and how many more there are. */
static void put_changes(buf *out, const run_trend *t, int width)
{
    size_t n = 0, last = 0;
    for (size_t i = 0; i < t->n_runs; i++) {
        if (t->runs[i].changed[0] == '\0')
            continue;
        n++;
        last = i;
    }
    if (n == 0)
        return;
    buf line;
    buf_init(&line, LINE_BYTES_MAX);
    buf_printf(&line, "changed at %s: ", t->runs[last].name);
    escape_terminal(&line, t->runs[last].changed, strlen(t->runs[last].changed));
    if (n > 1)
        buf_printf(&line, " (and %zu times before; --format md has all)", n - 1);
    text_wrap(out, buf_str(&line), width);
    buf_free_part(&line, out);
}

void trend_table_put(buf *out, const run_trend *t, const char *knob, int width, bool is_ascii)
{
    if (t->n_runs > 0)
        buf_printf(out, "%zu runs, from %s to %s\n", t->n_runs, t->runs[0].name, t->runs[t->n_runs - 1].name);
    put_left_out(out, t, knob);
    put_changes(out, t, width);
    put_tables(out, t, width, is_ascii);
}
