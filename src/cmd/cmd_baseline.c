/* cmd_baseline.c - `spillway baseline`: keeps runs under a name. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "cmd/args.h"
#include "cmd/baselines.h"
#include "cmd/cmd.h"
#include "cmd/json_print.h"
#include "cmd/output_width.h"
#include "cmd/runs_print.h"
#include "report/format.h"
#include "report/report.h"

typedef struct baseline_args {
    const char *folder;
    bool force, json;
    const char *words[3]; // the action and what follows
    size_t n_words;
} baseline_args;

static int usage_error(const char *message)
{
    fprintf(stderr, "spillway baseline: %s\n", message);
    return CMD_EXIT_USAGE;
}

static int pin(const baseline_args *a)
{
    sw_err err = {0};
    run_name run;
    arena *const keep = arena_create();
    sw_code code = keep != NULL ? run_name_parse(a->words[2], keep, &run, &err)
                                : sw_fail(&err, SW_ENOMEM, "out of memory looking for a run");
    if (code == SW_OK)
        code = baseline_pin(a->folder, a->words[1], &run, a->force, &err);
    if (code == SW_OK)
        printf("pinned %s\n", a->words[1]); // a checked name
    arena_free(keep);
    return cmd_end("baseline", code, &err);
}

static int unpin(const baseline_args *a)
{
    sw_err err = {0};
    const sw_code code = baseline_unpin(a->folder, a->words[1], &err);
    if (code == SW_OK)
        printf("unpinned %s\n", a->words[1]);
    return cmd_end("baseline", code, &err);
}

/* ---- list -------------------------------------------------------------------------------------------------------- */

// clang-format off
static const text_column COLUMNS[] = {
    {"name",     "", false, 0},
    {"kind",     "", false, 3},
    {"started",  "", false, 1},
    {"status",   "", false, 0},
    {"model",    "", false, 0},
    {"protocol", "", false, 2},
};
// clang-format on

static void put_row(text_table *table, const char *name, const run_entry *e)
{
    const char *const texts[] = {e->status, e->model, e->protocol_name};
    char time[CELL_BYTES];
    buf cell;
    buf_init(&cell, 1 << 20);
    text_table_put(table, name);
    text_table_put(table, run_entry_kind(e));
    format_time(time, e->started_unix_ms);
    text_table_put(table, time);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        escape_terminal(&cell, texts[i], strlen(texts[i]));
        text_table_put(table, buf_str(&cell));
        buf_clear(&cell);
    }
    buf_free(&cell);
}

/* Adds the run of a baseline to a table or a list, one of which is there. */
static sw_code list_one(const char *folder, const char *name, text_table *table, json_t *json, sw_err *err)
{
    result_store *store = NULL;
    run_list list = {0};
    buf path;
    buf_init(&path, 65536);
    baseline_put_path(&path, folder, name);
    sw_code code = store_open(&store, buf_str(&path), /*read_only=*/true, err);
    if (code == SW_OK)
        code = store_list_runs(store, &list, err);
    if (code == SW_OK && list.n != 1)
        code = sw_fail(err, SW_EFORMAT, "%.200s has %zu runs; a baseline has one", buf_str(&path), list.n);
    if (code == SW_OK && table != NULL) {
        put_row(table, name, &list.entries[0]);
    } else if (code == SW_OK) {
        json_t *const entry = runs_json(buf_str(&path), &list.entries[0]);
        if (json_object_set_new(entry, "name", json_string(name)) != 0 || json_array_append_new(json, entry) != 0)
            code = sw_fail(err, SW_ENOMEM, "out of memory listing baselines");
    }
    run_list_free(&list);
    store_close(store);
    buf_free(&path);
    return code;
}

static void print_list(text_table *table, const json_t *json)
{
    buf text;
    buf_init(&text, REPORT_BYTES_MAX);
    if (json != NULL) {
        json_print(json, JSON_INDENT(2)); // cmd_main reports a failure
    } else {
        text_table_write(&text, table, output_width(STDOUT_FILENO), "a wider terminal and --json have all columns");
        fwrite(buf_str(&text), 1, text.size, stdout); // cmd_main reports a failure
    }
    buf_free(&text);
}

/* A store that cannot be read is named, and the others are listed all the same. */
static int list(const baseline_args *a)
{
    sw_err err = {0};
    baseline_list baselines;
    const sw_code code = baseline_list_find(a->folder, &baselines, &err);
    text_table *const table = a->json ? NULL : text_table_create(COLUMNS, sizeof COLUMNS / sizeof *COLUMNS);
    json_t *const json = a->json ? json_array() : NULL;
    int status = cmd_end("baseline", code, &err);
    for (size_t i = 0; code == SW_OK && i < baselines.n; i++) {
        sw_err_clear(&err);
        if (list_one(a->folder, baselines.names[i], table, json, &err) != SW_OK)
            status = cmd_fail("baseline", &err);
    }
    if (code == SW_OK && (a->json || baselines.n > 0))
        print_list(table, json);
    else if (code == SW_OK)
        fprintf(stderr, "there are no baselines; `spillway baseline pin NAME RUN` makes one\n");
    text_table_free(table);
    json_decref(json);
    baseline_list_free(&baselines);
    return status;
}

/* ---- command line ------------------------------------------------------------------------------------------------ */

static const struct {
    const char *name, *usage;
    int (*run)(const baseline_args *a);
    size_t n_words;
    bool has_force, has_json;
} ACTIONS[] = {
    {"pin", "pin takes a name and a run: pin NAME RUN", pin, 3, true, false},
    {"list", "list takes no names", list, 1, false, true},
    {"unpin", "unpin takes a name: unpin NAME", unpin, 2, false, false},
};

static int run_action(const baseline_args *a)
{
    for (size_t i = 0; i < sizeof ACTIONS / sizeof *ACTIONS; i++) {
        if (strcmp(a->words[0], ACTIONS[i].name) != 0)
            continue;
        if (a->n_words != ACTIONS[i].n_words)
            return usage_error(ACTIONS[i].usage);
        if ((a->force && !ACTIONS[i].has_force) || (a->json && !ACTIONS[i].has_json))
            return usage_error("--force is for pin, --json for list");
        return ACTIONS[i].run(a);
    }
    return usage_error("the first word is pin, list or unpin");
}

int cmd_baseline(int argc, char **argv)
{
    baseline_args a = {.folder = BASELINES_FOLDER};
    const arg_row rows[] = {
        BASELINES_ARG_ROW(a.folder),
        {"force", "-f", ARG_FLAG, &a.force, 0, 0, NULL, "pin: replace the baseline of this name"},
        {"json", NULL, ARG_FLAG, &a.json, 0, 0, NULL, "list: print one JSON document"},
    };
    const arg_list args = {
        .command = "baseline",
        .usage = "pin NAME RUN | list | unpin NAME [OPTIONS]",
        .description =
            "Keeps copies of benchmark and stress runs under names, for `spillway compare`.\n\n"
            "pin copies a run, which is named as for `spillway runs`: a store or its folder, and the number\n"
            "of the run after a colon. Invalid, aborted and unfinished runs are refused.\n\n"
            "list prints the baselines. unpin removes one.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .min_positional = 1,
        .max_positional = 3,
    };
    const int status = args_parse(&args, argc, argv, a.words, &a.n_words);
    return status >= 0 ? status : run_action(&a);
}
