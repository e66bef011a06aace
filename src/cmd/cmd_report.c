/* cmd_report.c - `spillway report`: writes the report of stored benchmark runs again. */
#include <stdio.h>
#include <string.h>

#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/report_args.h"
#include "cmd/report_paper.h"
#include "cmd/report_several.h"
#include "cmd/report_single.h"

/* One line and the exit code of wrong usage. */
static int usage_error(const char *message)
{
    fprintf(stderr, "spillway report: %s\n", message);
    return CMD_EXIT_USAGE;
}

/* The exit code of a usage error, or -1 if the options go together. */
static int check_format(const report_args *a)
{
    const char *const format = a->format;
    if (format != NULL && (!report_is_format(format) || (a->json && strcmp(format, "json") != 0))) {
        fprintf(
            stderr,
            "spillway report: --format takes table, md, csv, json, jsonl or html (with --json only json), not '%s'\n",
            format);
        return CMD_EXIT_USAGE;
    }
    if ((a->paper != NULL || a->share != NULL) && (a->out != NULL || format != NULL || a->json))
        return usage_error("--paper and --share write their own files; --out, --format and --json cannot be given");
    if (a->out != NULL && (format != NULL || a->json))
        return usage_error("--out is for files; --format and --json print");
    if (a->paper != NULL && (a->share != NULL || a->run_id != 0))
        return usage_error("--paper takes runs as STORE:ID, and excludes --run and --share");
    return -1;
}

/* Of options for one run, or for several. */
static int check_number(const report_args *a, bool is_several)
{
    const bool has_own = a->is_all || a->knob != NULL || a->can_skip_bad;
    if (has_own && (!is_several || a->paper != NULL))
        return usage_error("--all, --knob and --skip-bad are for a page of several runs");
    if (!is_several || a->paper != NULL)
        return -1;
    if (a->run_id != 0 || a->share != NULL)
        return usage_error("--run and --share are for one run; several are named as STORE:ID");
    if (a->format != NULL && strcmp(a->format, "jsonl") == 0)
        return usage_error("several runs are printed as table, md, csv, json or html, not as jsonl");
    return -1;
}

static bool is_several(const report_args *a, const char *const *named, size_t n)
{
    return n > 1 || a->is_all || report_names_all(named[0]);
}

static sw_code report(const report_args *a, const char *const *named, size_t n, sw_err *err)
{
    if (a->paper != NULL)
        return report_paper(named, n, a->paper, err);
    return is_several(a, named, n) ? report_several(a, named, n, err) : report_single(a, named[0], err);
}

int cmd_report(int argc, char **argv)
{
    report_args a = {0};
    const arg_row rows[] = {
        {"run", NULL, ARG_INT, &a.run_id, 1, 1e15, "ID", "run of the store (default: the latest)"},
        {"out", "-o", ARG_STRING, &a.out, 0, 0, "DIR",
         "folder to write to (default: that of the store; of several runs the current one)"},
        {"format", NULL, ARG_STRING, &a.format, 0, 0, "FORMAT",
         "print table, md, csv, json, jsonl (of one run) or html instead of writing files"},
        {"json", NULL, ARG_FLAG, &a.json, 0, 0, NULL, "the same as --format json"},
        {"all", NULL, ARG_FLAG, &a.is_all, 0, 0, NULL, "every run of the stores (default: the latest of each)"},
        {"knob", NULL, ARG_STRING, &a.knob, 0, 0, "NAME",
         "the part in which runs may differ and still be ranked, as for `spillway compare` (default: found)"},
        {"skip-bad", NULL, ARG_FLAG, &a.can_skip_bad, 0, 0, NULL,
         "leave out runs that cannot be read, and name them on the page (default: end with an error)"},
        {"share", NULL, ARG_STRING, &a.share, 0, 0, "FILE",
         "write a small file that can be posted (figures, no prompts, answers, paths), and nothing else"},
        {"paper", NULL, ARG_STRING, &a.paper, 0, 0, "DIR",
         "write tables and figures for a paper about one run or several (STORE:ID), and nothing else"},
    };
    const arg_list args = {
        .command = "report",
        .usage = "RUN [OPTIONS] | RUN RUN... [OPTIONS] | RUN... --paper DIR",
        .description =
            "Writes report.md and report.html of a benchmark run again, from its store, which is not changed; of "
            "several\n"
            "runs overview.md and overview.html, which show them side by side.\n\n"
            "RUN is a store or its folder, with the number of a run after a colon (STORE:2), or all (STORE:all).",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .min_positional = 1,
        .max_positional = REPORT_RUNS_MAX,
    };
    const char *named[REPORT_RUNS_MAX];
    size_t n;
    int status = args_parse(&args, argc, argv, named, &n);
    if (status < 0)
        status = check_format(&a);
    if (status < 0)
        status = check_number(&a, is_several(&a, named, n));
    if (status >= 0)
        return status;
    if (a.json)
        a.format = "json";
    sw_err err = {0};
    return cmd_end("report", report(&a, named, n, &err), &err);
}
