/* cmd_trend.c - `spillway trend`: how the figures of alike runs change from run to run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/json_text.h"
#include "cmd/output_width.h"
#include "cmd/spark.h"
#include "cmd/trend_runs.h"
#include "report/format.h"
#include "report/report.h"
#include "report/text_table.h"
#include "json/json_out.h"

enum { STORES_MAX = 1024, LINE_BYTES_MAX = 1 << 20, SPARK_MAX = 14 };

typedef struct trend_args {
    const char *model, *metric, *knob; // model and metric: NULL, all
    bool json, ascii;
    const char *stores[STORES_MAX];
    size_t n_stores;
} trend_args;

/* ---- the table --------------------------------------------------------------------------------------------------- */

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
    return row->verdict == CHANGE_UNCLEAR ? "none" : change_verdict_name(row->verdict);
}

/* From left to right the last runs, between their lowest and their highest value; one height for all if they are equal.
 */
static void put_spark(text_table *table, const trend_row *row, size_t n_runs, bool is_ascii)
{
    double last[SPARK_MAX], low = INFINITY, high = -INFINITY;
    const size_t n = n_runs < SPARK_MAX ? n_runs : SPARK_MAX;
    for (size_t i = 0; i < n; i++) {
        const size_t run = n_runs - n + i;
        last[i] = run < row->cap ? row->values[run] : NAN;
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
    if (metric->scope == SCOPE_MODEL)
        format_bytes(cell, value);
    else
        format_number(cell, value);
    text_table_put(table, cell);
}

static void put_slope(text_table *table, const trend_row *row)
{
    const bool is_relative = COMPARE_METRIC_ROWS[row->metric].is_relative;
    char cell[CELL_BYTES];
    snprintf(cell, sizeof cell, is_relative ? "%+.2f%%" : "%+.3g", row->slope);
    text_table_put(table, cell);
    snprintf(cell, sizeof cell, is_relative ? "%+.2f to %+.2f" : "%+.3g to %+.3g", row->range.low, row->range.high);
    text_table_put(table, isnan(row->range.low) ? "-" : cell);
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

static void put_row(text_table *table, const run_trend *t, const trend_row *row, bool is_ascii)
{
    const compare_metric_row *const metric = &COMPARE_METRIC_ROWS[row->metric];
    text_table_put(table, metric->name);
    text_table_put(table, metric->scope == SCOPE_MODEL ? "-" : test_mode_name(row->mode));
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

static void put_left_out(buf *out, const trend_runs *runs, const char *knob)
{
    if (runs->n_invalid > 0)
        buf_printf(out, "left out: %zu invalid, aborted or unfinished\n", runs->n_invalid);
    if (runs->n_unlike > 0) {
        buf_printf(out, "left out: %zu unlike the latest in more than %s; one differs in ", runs->n_unlike, knob);
        escape_terminal(out, runs->unlike, strlen(runs->unlike));
        buf_putc(out, '\n');
    }
}

static void put_text(buf *out, const trend_runs *runs, const trend_args *a)
{
    const run_trend *const t = &runs->trend;
    const bool is_ascii = a->ascii || !spark_is_utf8_locale();
    if (t->n_runs > 0)
        buf_printf(out, "%zu runs, from %s to %s\n", t->n_runs, t->runs[0].name, t->runs[t->n_runs - 1].name);
    put_left_out(out, runs, a->knob);
    put_tables(out, t, output_width(STDOUT_FILENO), is_ascii);
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static json_t *json_steps(const run_trend *t, const trend_row *row)
{
    json_t *const list = json_array();
    for (size_t i = 0; i < row->n_steps; i++) {
        const level_step *const s = &row->steps[i];
        json_array_append_new(list, json_pack("{s:I, s:o, s:o, s:o, s:o}", "at", (json_int_t)s->at, "run",
                                              json_text(t->runs[s->at].name), "before", json_figure(s->before), "after",
                                              json_figure(s->after), "p_value", json_figure(s->p_value)));
    }
    return list;
}

static json_t *json_row(const run_trend *t, const trend_row *row)
{
    const compare_metric_row *const metric = &COMPARE_METRIC_ROWS[row->metric];
    json_t *const values = json_array();
    for (size_t i = 0; i < t->n_runs; i++)
        json_array_append_new(values, json_figure(i < row->cap ? row->values[i] : NAN));
    return json_pack(
        "{s:o, s:o, s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:s, s:o}", "model", json_text(row->model),
        "mode", metric->scope == SCOPE_MODEL ? json_null() : json_string(test_mode_name(row->mode)), "metric",
        metric->name, "unit", metric->unit, "values", values, "median", json_figure(row->median), "slope_unit",
        metric->is_relative ? "%" : metric->unit, "slope", json_figure(row->slope), "low", json_figure(row->range.low),
        "high", json_figure(row->range.high), "tau", json_figure(row->test.tau), "p_value", json_figure(row->p_value),
        "exact", row->test.is_exact, "trend", trend_word(row), "steps", json_steps(t, row));
}

static sw_code put_json(buf *out, const trend_runs *runs, sw_err *err)
{
    const run_trend *const t = &runs->trend;
    json_t *const list = json_array(), *const rows = json_array();
    for (size_t i = 0; i < t->n_runs; i++)
        json_array_append_new(list, json_pack("{s:o, s:I, s:o}", "name", json_text(t->runs[i].name), "started_unix_ms",
                                              (json_int_t)t->runs[i].started_unix_ms, "spillway",
                                              json_text(t->runs[i].version)));
    for (size_t i = 0; i < t->n_rows; i++)
        json_array_append_new(rows, json_row(t, &t->rows[i]));
    json_t *const j =
        json_pack("{s:i, s:o, s:I, s:I, s:o}", "schema", 1, "runs", list, "left_out_invalid",
                  (json_int_t)runs->n_invalid, "left_out_unlike", (json_int_t)runs->n_unlike, "trends", rows);
    char *const text = j != NULL ? json_dumps(j, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(j);
    if (text == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory writing the trend as JSON");
    buf_puts(out, text);
    buf_putc(out, '\n');
    free(text);
    return SW_OK;
}

/* ---- command line ------------------------------------------------------------------------------------------------ */

static int metric_from_name(const char *name)
{
    for (int i = 0; i < N_COMPARE_METRICS; i++) {
        if (COMPARE_METRIC_ROWS[i].scope != SCOPE_COUNT && strcmp(COMPARE_METRIC_ROWS[i].name, name) == 0)
            return i;
    }
    return -1;
}

static sw_code check(const trend_args *a, sw_err *err)
{
    buf names;
    buf_init(&names, LINE_BYTES_MAX);
    for (int i = 0; i < N_COMPARE_METRICS; i++) {
        if (COMPARE_METRIC_ROWS[i].scope != SCOPE_COUNT)
            buf_printf(&names, "%s%s", i > 0 ? ", " : "", COMPARE_METRIC_ROWS[i].name);
    }
    sw_code code = SW_OK;
    if (a->metric != NULL && metric_from_name(a->metric) < 0)
        code = sw_fail(err, SW_EINVAL, "--metric takes one of %s, not '%.60s'", buf_str(&names), a->metric);
    buf_free(&names);
    return code;
}

static sw_code print(const trend_args *a, const trend_runs *runs, sw_err *err)
{
    buf text;
    buf_init(&text, REPORT_BYTES_MAX);
    sw_code code = SW_OK;
    if (a->json)
        code = put_json(&text, runs, err);
    else
        put_text(&text, runs, a);
    if (code == SW_OK && text.failed != SW_OK)
        code = sw_fail(err, text.failed, "the trend is too large to be shown");
    if (code == SW_OK)
        fwrite(buf_str(&text), 1, text.size, stdout); // cmd_main reports a failure
    buf_free(&text);
    return code;
}

static int show_trend(const trend_args *a)
{
    sw_err err = {0};
    trend_runs runs = {0};
    sw_code code = check(a, &err);
    if (code == SW_OK)
        code = trend_runs_load(&runs, a->stores, a->n_stores, a->knob, &err);
    if (code == SW_OK)
        code = run_trend_judge(&runs.trend, a->model, a->metric != NULL ? metric_from_name(a->metric) : -1, &err);
    if (code == SW_OK)
        code = print(a, &runs, &err);
    int status = cmd_end("trend", code, &err);
    if (code == SW_OK && runs.trend.n_rows == 0) {
        fprintf(stderr, "spillway trend: %zu alike runs have such figures; a trend needs %d\n", runs.trend.n_runs,
                TREND_RUNS_MIN);
        status = CMD_EXIT_INVALID;
    }
    trend_runs_free(&runs);
    return status;
}

int cmd_trend(int argc, char **argv)
{
    trend_args a = {.knob = "version"};
    const arg_row rows[] = {
        {"metric", NULL, ARG_STRING, &a.metric, 0, 0, "METRIC", "this figure alone: decode_tps, ttft_ms, ..."},
        {"model", NULL, ARG_STRING, &a.model, 0, 0, "NAME", "this model alone"},
        {"knob", NULL, ARG_STRING, &a.knob, 0, 0, "NAME",
         "the part in which runs may differ, as for `spillway compare` (default: version)"},
        {"ascii", NULL, ARG_FLAG, &a.ascii, 0, 0, NULL, "draw with ASCII (default: unless the locale is UTF-8)"},
        {"json", NULL, ARG_FLAG, &a.json, 0, 0, NULL, "print one JSON document with the values of every run"},
    };
    const arg_list args = {
        .command = "trend",
        .usage = "[STORE...] [OPTIONS]",
        .description =
            "Prints how the figures of stored benchmark runs change from run to run: the slope (Theil-Sen), whether\n"
            "they rise or fall (Mann-Kendall), and where they changed their level. Takes the runs that differ\n"
            "from the latest in nothing but the version of spillway; five are needed.\n\n"
            "STORE is as for `spillway runs`; without one, all in results/.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .max_positional = STORES_MAX,
    };
    const int status = args_parse(&args, argc, argv, a.stores, &a.n_stores);
    return status >= 0 ? status : show_trend(&a);
}
