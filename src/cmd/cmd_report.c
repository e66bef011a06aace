/* cmd_report.c - `spillway report`: writes the report of a stored benchmark run again. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/rng.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/output_width.h"
#include "cmd/report_paper.h"
#include "figures/summary.h"
#include "report/report.h"
#include "results/store.h"
#include "share/share.h"

enum { PATH_BYTES_MAX = 65536 };

typedef struct report_args {
    const char *out;    // NULL: the folder of the store
    long run_id;        // 0: the latest
    const char *format; // NULL: the files; else to standard output, and no files
    bool json;          // the same as format "json"
    const char *share;  // NULL, or the file to share
    const char *paper;  // NULL, or the folder of a paper's data
} report_args;

/* `named` is a store or its folder; `dir` becomes the folder of the report. */
static void find_store(const char *named, buf *db, buf *dir)
{
    struct stat st;
    if (stat(named, &st) == 0 && S_ISDIR(st.st_mode)) {
        buf_printf(db, "%s/results.sqlite", named);
        buf_puts(dir, named);
        return;
    }
    buf_puts(db, named);
    buf_put_folder(dir, named);
}

static const char *const FORMATS[] = {"table", "md", "csv", "json", "jsonl", "html"};

/* Returns true if there is a format of that name. */
static bool is_format(const char *name)
{
    for (size_t i = 0; i < sizeof FORMATS / sizeof FORMATS[0]; i++) {
        if (strcmp(FORMATS[i], name) == 0)
            return true;
    }
    return false;
}

/* The run in one of FORMATS on standard output; nothing is written to the folder. */
static sw_code print_run(const char *format, const run_analysis *analysis, sw_err *err)
{
    buf text;
    buf_init(&text, REPORT_BYTES_MAX);
    sw_code code = SW_OK;
    if (strcmp(format, "json") == 0)
        code = report_json(&text, analysis, err);
    else if (strcmp(format, "jsonl") == 0)
        code = report_jsonl(&text, analysis, err);
    else if (strcmp(format, "html") == 0)
        code = report_html(&text, analysis, entropy_system(), err);
    else if (strcmp(format, "csv") == 0)
        report_csv(&text, analysis);
    else if (strcmp(format, "md") == 0)
        report_markdown(&text, analysis);
    else
        report_text(&text, analysis, output_width(STDOUT_FILENO));
    if (code == SW_OK && text.failed != SW_OK)
        code = sw_fail(err, text.failed, "the report is too large");
    if (code == SW_OK)
        fwrite(buf_str(&text), 1, text.size, stdout); // cmd_main reports a failure
    buf_free(&text);
    return code;
}

/* Loads the run and writes its report in the form that was asked for. */
static sw_code make_report(const report_args *a, result_store *store, const char *dir, sw_err *err)
{
    run_record *run;
    sw_code code = store_load_run(store, a->run_id, &run, err);
    if (code != SW_OK)
        return code;
    run_analysis analysis;
    code = run_analysis_of(run, &analysis, err);
    if (code == SW_OK && a->share != NULL)
        code = share_put(a->share, &analysis, err);
    else if (code == SW_OK && a->format != NULL)
        code = print_run(a->format, &analysis, err);
    else if (code == SW_OK && (code = report_write(&analysis, dir, entropy_system(), err)) == SW_OK)
        printf("%s/report.md\n%s/report.html\n", dir, dir);
    run_analysis_free(&analysis);
    run_record_free(run);
    return code;
}

/* One line and the exit code of wrong usage. */
static int usage_error(const char *message)
{
    fprintf(stderr, "spillway report: %s\n", message);
    return CMD_EXIT_USAGE;
}

/* The exit code of a usage error, or -1 if the arguments are good. */
static int check_args(const report_args *a, size_t n_runs)
{
    const char *const format = a->format;
    if (format != NULL && (!is_format(format) || (a->json && strcmp(format, "json") != 0))) {
        fprintf(
            stderr,
            "spillway report: --format takes table, md, csv, json, jsonl or html (with --json only json), not '%s'\n",
            format);
        return CMD_EXIT_USAGE;
    }
    if ((a->paper != NULL || a->share != NULL) && (a->out != NULL || format != NULL || a->json))
        return usage_error("--paper and --share write their own files; --out, --format and --json cannot be given");
    if (a->paper != NULL && (a->share != NULL || a->run_id != 0))
        return usage_error("--paper takes runs as STORE:ID, and excludes --run and --share");
    if (a->paper == NULL && n_runs > 1)
        return usage_error("several runs are for --paper; name one DIR or FILE");
    return -1;
}

/* Reports a run of the store that is named, or that is in the folder of this name. */
static sw_code report_store(const report_args *a, const char *named, sw_err *err)
{
    result_store *store = NULL;
    buf db, dir;
    buf_init(&db, PATH_BYTES_MAX);
    buf_init(&dir, PATH_BYTES_MAX);
    find_store(named, &db, &dir);
    sw_code code = store_open(&store, buf_str(&db), /*read_only=*/true, err);
    if (code == SW_OK)
        code = make_report(a, store, a->out != NULL ? a->out : buf_str(&dir), err);
    store_close(store);
    buf_free(&db);
    buf_free(&dir);
    return code;
}

int cmd_report(int argc, char **argv)
{
    report_args a = {0};
    const arg_row rows[] = {
        {"run", NULL, ARG_INT, &a.run_id, 1, 1e15, "ID", "run of the store (default: the latest)"},
        {"out", "-o", ARG_STRING, &a.out, 0, 0, "DIR", "folder to write to (default: that of the store)"},
        {"format", NULL, ARG_STRING, &a.format, 0, 0, "FORMAT",
         "print table, md, csv, json, jsonl or html instead of writing files"},
        {"json", NULL, ARG_FLAG, &a.json, 0, 0, NULL, "the same as --format json"},
        {"share", NULL, ARG_STRING, &a.share, 0, 0, "FILE",
         "write a small file that can be posted (figures, no prompts, answers, paths), and nothing else"},
        {"paper", NULL, ARG_STRING, &a.paper, 0, 0, "DIR",
         "write tables and figures for a paper about one run or several (STORE:ID), and nothing else"},
    };
    const arg_list args = {
        .command = "report",
        .usage = "DIR|FILE [OPTIONS] | RUN... --paper DIR",
        .description =
            "Writes report.md and report.html of a benchmark run again, from its store, which is not changed.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .min_positional = 1,
        .max_positional = REPORT_RUNS_MAX,
    };
    const char *named[REPORT_RUNS_MAX];
    size_t n_positional;
    const int status = args_parse(&args, argc, argv, named, &n_positional);
    if (status >= 0)
        return status;
    const int wrong = check_args(&a, n_positional);
    if (wrong >= 0)
        return wrong;
    if (a.json)
        a.format = "json";
    sw_err err = {0};
    const sw_code code =
        a.paper != NULL ? report_paper(named, n_positional, a.paper, &err) : report_store(&a, named[0], &err);
    return cmd_end("report", code, &err);
}
