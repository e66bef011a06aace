/* cmd_runs.c - `spillway runs`: what is in the stores of benchmark results. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/json_print.h"
#include "cmd/output_width.h"
#include "cmd/run_open.h"
#include "cmd/runs_change.h"
#include "cmd/runs_print.h"
#include "report/export.h"
#include "report/report.h"

/* One thing to do; returns the exit code. */
typedef int (*runs_fn)(const runs_args *a);

/* ---- list ------------------------------------------------------------------------------------------------------- */

typedef struct run_listing {
    text_table *table; // one of both is filled
    json_t *json;
    size_t n;
} run_listing;

static sw_code list_store(run_listing *listing, const run_name *name, sw_err *err)
{
    result_store *store;
    sw_code code = run_open(&store, name, /*read_only=*/true, err);
    if (code != SW_OK)
        return code;
    run_list list;
    code = store_list_runs(store, &list, err);
    const size_t n_before = listing->n;
    for (size_t i = 0; code == SW_OK && i < list.n; i++) {
        if (name->id != 0 && name->id != list.entries[i].id)
            continue;
        listing->n++;
        if (listing->json == NULL)
            runs_table_put(listing->table, name->store, &list.entries[i]);
        else if (json_array_append_new(listing->json, runs_json(name->store, &list.entries[i])) != 0)
            code = sw_fail(err, SW_ENOMEM, "out of memory listing the runs of %s", name->store);
    }
    if (code == SW_OK && name->id != 0 && listing->n == n_before)
        code = sw_fail(err, SW_ENOTFOUND, "%s has no run %" PRId64, name->store, name->id);
    run_list_free(&list);
    store_close(store);
    return code;
}

static void print_listing(const run_listing *listing)
{
    buf text;
    buf_init(&text, REPORT_BYTES_MAX);
    if (listing->json != NULL) {
        json_print(listing->json, JSON_INDENT(2)); // cmd_main reports a failure
    } else {
        text_table_write(&text, listing->table, output_width(STDOUT_FILENO),
                         "a wider terminal and --json have all columns");
        fwrite(buf_str(&text), 1, text.size, stdout);
    }
    buf_free(&text);
}

/* A store that cannot be read is named, and the others are listed all the same. */
static int list_runs(const runs_args *a)
{
    sw_err err = {0};
    run_names names;
    sw_code code = run_names_find(a->names, a->n_names, &names, &err);
    run_listing listing = {.table = a->json ? NULL : runs_table_create(), .json = a->json ? json_array() : NULL};
    if (code == SW_OK && listing.table == NULL && listing.json == NULL)
        code = sw_fail(&err, SW_ENOMEM, "out of memory listing runs");
    int status = cmd_end("runs", code, &err);
    for (size_t i = 0; i < names.n && code == SW_OK; i++) {
        sw_err_clear(&err);
        if (list_store(&listing, &names.items[i], &err) != SW_OK)
            status = cmd_fail("runs", &err);
    }
    if (code == SW_OK && (a->json || listing.n > 0))
        print_listing(&listing);
    else if (status == CMD_EXIT_OK && a->n_names == 0)
        fprintf(stderr, "there are no runs in %s/; `spillway bench` makes one\n", RUN_NAMES_FOLDER);
    else if (status == CMD_EXIT_OK)
        fprintf(stderr, "there are no runs in what was named\n");
    text_table_free(listing.table);
    json_decref(listing.json);
    run_names_free(&names);
    return status;
}

/* ---- show and export -------------------------------------------------------------------------------------------- */

/* Appends one run as `format` says; NULL is for a reader. */
static sw_code put_run(buf *out, const char *format, const run_name *name, sw_err *err)
{
    result_store *store;
    run_record *run = NULL;
    run_analysis analysis;
    sw_code code = run_open(&store, name, /*read_only=*/true, err);
    if (code != SW_OK)
        return code;
    code = store_load_run(store, name->id, &run, err);
    store_close(store);
    if (code != SW_OK)
        return code;
    code = run_analysis_of(run, &analysis, err);
    if (code == SW_OK && format != NULL) {
        code = export_run(out, format, &analysis, err);
    } else if (code == SW_OK) {
        runs_put_identity(out, name->store, run);
        buf_putc(out, '\n');
        report_text(out, &analysis, output_width(STDOUT_FILENO));
    }
    run_analysis_free(&analysis);
    run_record_free(run);
    return code;
}

/* The run that was started last, of all below the usual folder. */
static sw_code find_latest(run_names *names, run_name *out, sw_err *err)
{
    int64_t latest = -1;
    sw_code code = SW_OK;
    for (size_t i = 0; code == SW_OK && i < names->n; i++) {
        result_store *store;
        code = run_open(&store, &names->items[i], /*read_only=*/true, err);
        if (code != SW_OK)
            break;
        run_list list;
        code = store_list_runs(store, &list, err);
        for (size_t k = 0; k < list.n; k++) {
            if (list.entries[k].started_unix_ms > latest) {
                latest = list.entries[k].started_unix_ms;
                *out = (run_name){names->items[i].store, list.entries[k].id};
            }
        }
        run_list_free(&list);
        store_close(store);
    }
    if (code == SW_OK && latest < 0)
        return sw_fail(err, SW_ENOTFOUND, "there are no runs in %s/; name a store, or its folder", RUN_NAMES_FOLDER);
    return code;
}

static int print_run(const runs_args *a, const char *format)
{
    sw_err err = {0};
    run_names names;
    run_name name = {0};
    if (a->n_names > 1)
        return runs_usage_error("one run is shown or exported at a time");
    sw_code code = run_names_find(NULL, 0, &names, &err); // its memory keeps the name, too
    if (code == SW_OK)
        code =
            a->n_names == 1 ? run_name_parse(a->names[0], names.keep, &name, &err) : find_latest(&names, &name, &err);
    buf text;
    buf_init(&text, REPORT_BYTES_MAX);
    if (code == SW_OK)
        code = put_run(&text, format, &name, &err);
    if (code == SW_OK && text.failed != SW_OK)
        code = sw_fail(&err, text.failed, "the run is too large to be shown");
    if (code == SW_OK)
        fwrite(buf_str(&text), 1, text.size, stdout); // cmd_main reports a failure
    buf_free(&text);
    run_names_free(&names);
    return cmd_end("runs", code, &err);
}

static int show_run(const runs_args *a)
{
    return print_run(a, a->json ? "json" : NULL);
}

static int export_one(const runs_args *a)
{
    const char *const format = a->format != NULL ? a->format : "json";
    if (!export_is_format(format))
        return runs_usage_error("--format takes json, csv or md");
    return print_run(a, format);
}

/* ---- command line ----------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    runs_fn run;
    bool has_json, has_format, has_yes; // options that change it
} ACTIONS[] = {
    {"list", list_runs, true, false, false},    {"show", show_run, true, false, false},
    {"export", export_one, false, true, false}, {"delete", runs_delete, false, false, true},
    {"merge", runs_merge, false, false, false},
};

enum { N_ACTIONS = sizeof ACTIONS / sizeof ACTIONS[0] };

int cmd_runs(int argc, char **argv)
{
    runs_args a = {0};
    const arg_row rows[] = {
        {"format", NULL, ARG_STRING, &a.format, 0, 0, "FORMAT", "export: json, csv or md (default: json)"},
        {"json", NULL, ARG_FLAG, &a.json, 0, 0, NULL, "list and show: print one JSON document"},
        {"yes", "-y", ARG_FLAG, &a.yes, 0, 0, NULL, "delete: do not ask"},
    };
    const arg_list args = {
        .command = "runs",
        .usage = "list|show|export|delete|merge [NAME...] [OPTIONS]",
        .description = "list [STORE...] prints the runs of stores; without a name, of all in results/.\n\n"
                       "show [RUN] prints what identifies a run, and its tests.\n\n"
                       "export [RUN] prints it as JSON, comma-separated values or Markdown.\n\n"
                       "delete RUN... removes runs from their stores.\n\n"
                       "merge INTO STORE... copies runs to a store, which is made if it does not exist. A run that\n"
                       "is there already is named and not copied.\n\n"
                       "STORE is a file that `spillway bench` wrote, its folder, or a folder of such folders. RUN is\n"
                       "a STORE with the number of a run after a colon, such as results/a:2; without a number it is\n"
                       "the latest of the store, and without a name the latest in results/.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .min_positional = 1,
        .max_positional = RUNS_NAMES_MAX + 1,
    };
    const char *positional[RUNS_NAMES_MAX + 1];
    size_t n_positional;
    const int status = args_parse(&args, argc, argv, positional, &n_positional);
    if (status >= 0)
        return status;
    a.n_names = n_positional - 1;
    memcpy(a.names, positional + 1, a.n_names * sizeof a.names[0]);
    for (size_t i = 0; i < N_ACTIONS; i++) {
        if (strcmp(positional[0], ACTIONS[i].name) != 0)
            continue;
        if ((a.json && !ACTIONS[i].has_json) || (a.format != NULL && !ACTIONS[i].has_format) ||
            (a.yes && !ACTIONS[i].has_yes))
            return runs_usage_error("--json is for list and show, --format for export, --yes for delete");
        return ACTIONS[i].run(&a);
    }
    return runs_usage_error("the first word is list, show, export, delete or merge");
}
