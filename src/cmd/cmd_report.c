/* cmd_report.c - `spillway report`: writes the report of a stored benchmark run again. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/rng.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "figures/summary.h"
#include "report/report.h"
#include "results/store.h"

enum { PATH_BYTES_MAX = 65536 };

typedef struct report_args {
    const char *out; // NULL: the folder of the store
    long run_id;     // 0: the latest
    bool json;       // to standard output, and no files
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
    const char *const slash = strrchr(named, '/');
    buf_puts(db, named);
    if (slash == NULL)
        buf_puts(dir, ".");
    else
        buf_append(dir, named, slash == named ? 1 : (size_t)(slash - named));
}

/* The document on standard output; nothing is written to the folder. */
static sw_code print_json(const run_record *run, const run_summary *summary, sw_err *err)
{
    buf text;
    buf_init(&text, REPORT_BYTES_MAX);
    const sw_code code = report_json(&text, run, summary, err);
    if (code == SW_OK)
        fwrite(buf_str(&text), 1, text.size, stdout);
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
    run_summary summary;
    code = summary_of(run, &summary, err);
    if (code == SW_OK && a->json)
        code = print_json(run, &summary, err);
    else if (code == SW_OK && (code = report_write(run, &summary, dir, entropy_system(), err)) == SW_OK)
        printf("%s/report.md\n%s/report.html\n", dir, dir);
    summary_free(&summary);
    run_record_free(run);
    return code;
}

int cmd_report(int argc, char **argv)
{
    report_args a = {0};
    const arg_row rows[] = {
        {"run", NULL, ARG_INT, &a.run_id, 1, 1e15, "ID", "run of the store (default: the latest)"},
        {"out", "-o", ARG_STRING, &a.out, 0, 0, "DIR", "folder to write to (default: that of the store)"},
        {"json", NULL, ARG_FLAG, &a.json, 0, 0, NULL, "print one JSON document instead of writing files"},
    };
    const arg_list args = {
        .command = "report",
        .usage = "DIR|FILE [OPTIONS]",
        .description =
            "Writes report.md and report.html of a benchmark run again, from its store, which is not changed.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .min_positional = 1,
        .max_positional = 1,
    };
    const char *named;
    size_t n_positional;
    const int status = args_parse(&args, argc, argv, &named, &n_positional);
    if (status >= 0)
        return status;
    sw_err err = {0};
    result_store *store = NULL;
    buf db, dir;
    buf_init(&db, PATH_BYTES_MAX);
    buf_init(&dir, PATH_BYTES_MAX);
    find_store(named, &db, &dir);
    sw_code code = store_open(&store, buf_str(&db), /*read_only=*/true, &err);
    if (code == SW_OK)
        code = make_report(&a, store, a.out != NULL ? a.out : buf_str(&dir), &err);
    store_close(store);
    buf_free(&db);
    buf_free(&dir);
    return code == SW_OK ? CMD_EXIT_OK : cmd_fail("report", &err);
}
