/* cmd_trend.c - `spillway trend`: how the figures of alike runs change from run to run. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/rng.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/output_width.h"
#include "cmd/spark.h"
#include "cmd/trend_runs.h"
#include "cmd/trend_table.h"
#include "compare/trend_report.h"
#include "report/render.h"
#include "report/report.h"

enum { STORES_MAX = 1024, LINE_BYTES_MAX = 1 << 20 };

typedef struct trend_args {
    const char *model, *metric, *knob, *format, *out; // model and metric: NULL, all; out: NULL, standard output
    bool json, ascii;
    const char *stores[STORES_MAX];
    size_t n_stores;
} trend_args;

/* ---- output ------------------------------------------------------------------------------------------------------ */

static void put_markdown(buf *out, const run_trend *t, const char *knob)
{
    document doc;
    document_init(&doc);
    trend_document(&doc, t, knob);
    render_markdown(out, &doc);
    document_free(&doc);
}

static sw_code put_trend(buf *out, const trend_args *a, const char *format, const run_trend *t, sw_err *err)
{
    sw_code code = SW_OK;
    if (strcmp(format, "json") == 0) {
        code = trend_json(out, t, err);
        buf_putc(out, '\n');
    } else if (strcmp(format, "html") == 0)
        code = trend_html(out, t, a->knob, entropy_system(), err);
    else if (strcmp(format, "csv") == 0)
        trend_csv(out, t);
    else if (strcmp(format, "md") == 0)
        put_markdown(out, t, a->knob);
    else
        trend_table_put(out, t, a->knob, output_width(STDOUT_FILENO), a->ascii || !spark_is_utf8_locale());
    if (code == SW_OK && out->failed != SW_OK)
        code = sw_fail(err, out->failed, "the trend is too large to be shown");
    return code;
}

static sw_code print(const trend_args *a, const run_trend *t, sw_err *err)
{
    buf text;
    buf_init(&text, REPORT_BYTES_MAX);
    const sw_code code = put_trend(&text, a, a->format, t, err);
    if (code == SW_OK)
        fwrite(buf_str(&text), 1, text.size, stdout); // cmd_main reports a failure
    buf_free(&text);
    return code;
}

/* Writes the trend in a format into the folder, and says where. */
static sw_code write_file(const trend_args *a, const char *format, const run_trend *t, sw_err *err)
{
    buf text;
    char name[32];
    buf_init(&text, REPORT_BYTES_MAX);
    snprintf(name, sizeof name, "trend.%s", format);
    sw_code code = put_trend(&text, a, format, t, err);
    if (code == SW_OK)
        code = folder_put(a->out, name, &text, err);
    if (code == SW_OK)
        printf("%s/%s\n", a->out, name);
    buf_free(&text);
    return code;
}

static sw_code write_files(const trend_args *a, const run_trend *t, sw_err *err)
{
    const sw_code code = write_file(a, "md", t, err);
    return code == SW_OK ? write_file(a, "html", t, err) : code;
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

static sw_code check_metric(const trend_args *a, sw_err *err)
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

static sw_code check_format(trend_args *a, sw_err *err)
{
    static const char *const FORMATS[] = {"table", "md", "html", "csv", "json"};
    if (a->json && a->format != NULL && strcmp(a->format, "json") != 0)
        return sw_fail(err, SW_EINVAL, "--json and --format %.40s contradict each other", a->format);
    if (a->out != NULL && (a->json || a->format != NULL))
        return sw_fail(err, SW_EINVAL, "--out writes trend.md and trend.html; --format and --json print instead");
    a->format = a->json ? "json" : a->format != NULL ? a->format : "table";
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++) {
        if (strcmp(a->format, FORMATS[i]) == 0)
            return SW_OK;
    }
    return sw_fail(err, SW_EINVAL, "--format takes table, md, html, csv or json, not '%.40s'", a->format);
}

static int show_trend(trend_args *a)
{
    sw_err err = {0};
    run_trend t = {0};
    sw_code code = check_metric(a, &err);
    if (code == SW_OK)
        code = check_format(a, &err);
    if (code == SW_OK)
        code = trend_runs_load(&t, a->stores, a->n_stores, a->knob, &err);
    if (code == SW_OK)
        code = run_trend_judge(&t, a->model, a->metric != NULL ? metric_from_name(a->metric) : -1, &err);
    if (code == SW_OK)
        code = a->out != NULL ? write_files(a, &t, &err) : print(a, &t, &err);
    int status = cmd_end("trend", code, &err);
    if (code == SW_OK && run_trend_count_judged(&t) == 0) {
        fprintf(stderr, "spillway trend: %zu alike runs have such figures; a trend needs %d\n", t.n_runs,
                TREND_RUNS_MIN);
        status = CMD_EXIT_INVALID;
    }
    run_trend_free(&t);
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
        {"format", NULL, ARG_STRING, &a.format, 0, 0, "FORMAT", "print table, md, html, csv or json (default: table)"},
        {"json", NULL, ARG_FLAG, &a.json, 0, 0, NULL, "the same as --format json"},
        {"out", "-o", ARG_STRING, &a.out, 0, 0, "DIR", "write trend.md and trend.html into this folder instead"},
    };
    const arg_list args = {
        .command = "trend",
        .usage = "[STORE...] [OPTIONS]",
        .description =
            "Prints how the figures of stored bench or stress runs change from run to run: the slope\n"
            "(Theil-Sen), whether they rise or fall (Mann-Kendall), and where they changed their level. Takes\n"
            "the runs that differ from the latest in nothing but the version of spillway; five are needed.\n\n"
            "STORE is as for `spillway runs`, or a file of --share; without one, all in results/.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .max_positional = STORES_MAX,
    };
    const int status = args_parse(&args, argc, argv, a.stores, &a.n_stores);
    return status >= 0 ? status : show_trend(&a);
}
