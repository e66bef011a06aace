/* cmd_report.c - `spillway report`: make the report of a stored benchmark run again. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "report/report.h"
#include "results/store.h"
#include "results/summary.h"

enum { PATH_BYTES_MAX = 65536 };

typedef struct report_args {
    const char *out;
    long run_id;
    bool json;
} report_args;

/* The store is named itself, or by its folder; `dir` becomes where the report belongs. */
static void find_store(const char *named, sw_buf *db, sw_buf *dir)
{
    struct stat st;
    if (stat(named, &st) == 0 && S_ISDIR(st.st_mode)) {
        sw_buf_printf(db, "%s/results.sqlite", named);
        sw_buf_puts(dir, named);
        return;
    }
    const char *const slash = strrchr(named, '/');
    sw_buf_puts(db, named);
    if (slash == NULL)
        sw_buf_puts(dir, ".");
    else
        sw_buf_append(dir, named, slash == named ? 1 : (size_t)(slash - named));
}

static sw_code print_json(const sw_run *run, const sw_summary *summary, sw_err *err)
{
    sw_buf text;
    sw_buf_init(&text, SW_REPORT_BYTES_MAX);
    const sw_code code = sw_report_json(&text, run, summary, err);
    if (code == SW_OK)
        fwrite(sw_buf_str(&text), 1, text.size, stdout);
    sw_buf_free(&text);
    return code;
}

static sw_code make_report(const report_args *a, sw_store *store, const char *dir, sw_err *err)
{
    sw_run *run;
    sw_code code = sw_store_load_run(store, a->run_id, &run, err);
    if (code != SW_OK)
        return code;
    sw_summary summary;
    code = sw_summary_of(run, &summary, err);
    if (code == SW_OK && a->json)
        code = print_json(run, &summary, err);
    else if (code == SW_OK && (code = sw_report_write(run, &summary, dir, err)) == SW_OK)
        printf("%s/report.md\n%s/report.html\n", dir, dir);
    sw_summary_free(&summary);
    sw_run_free(run);
    return code;
}

int sw_cmd_report(int argc, char **argv)
{
    report_args a = {0};
    const sw_arg rows[] = {
        {"run", NULL, SW_ARG_INT, &a.run_id, 1, 1e15, "ID", "which run of the store (default: the latest)"},
        {"out", "-o", SW_ARG_STRING, &a.out, 0, 0, "DIR", "where to write (default: beside the store)"},
        {"json", NULL, SW_ARG_FLAG, &a.json, 0, 0, NULL, "print one JSON document instead of writing files"},
    };
    const sw_args args = {
        .command = "report",
        .usage = "DIR|FILE [OPTIONS]",
        .description =
            "Makes report.md and report.html of a benchmark run again from its store, which is read and not\n"
            "changed.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .min_positional = 1,
        .max_positional = 1,
    };
    const char *named;
    size_t n_positional;
    const int status = sw_args_parse(&args, argc, argv, &named, &n_positional);
    if (status >= 0)
        return status;
    sw_err err = {0};
    sw_store *store = NULL;
    sw_buf db, dir;
    sw_buf_init(&db, PATH_BYTES_MAX);
    sw_buf_init(&dir, PATH_BYTES_MAX);
    find_store(named, &db, &dir);
    sw_code code = sw_store_open(&store, sw_buf_str(&db), /*read_only=*/true, &err);
    if (code == SW_OK)
        code = make_report(&a, store, a.out != NULL ? a.out : sw_buf_str(&dir), &err);
    sw_store_close(store);
    sw_buf_free(&db);
    sw_buf_free(&dir);
    return code == SW_OK ? SW_EXIT_OK : sw_cmd_fail("report", &err);
}
