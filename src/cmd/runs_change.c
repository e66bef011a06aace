/* runs_change.c - what `spillway runs` does to stores: deleting and merging.  Everything is looked up before the first
 * change.
 */
#include "cmd/runs_change.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/run_open.h"
#include "results/store.h"

enum { LINE_BYTES_MAX = 1 << 20 };

int runs_usage_error(const char *message)
{
    fprintf(stderr, "spillway runs: %s\n", message);
    return CMD_EXIT_USAGE;
}

/* ---- delete ----------------------------------------------------------------------------------------------------- */

/* A run that is deleted must be the one that was meant: a number, or the only one of its store. */
static sw_code find_run(run_name *name, sw_err *err)
{
    result_store *store;
    run_list list;
    sw_code code = run_open(&store, name, /*read_only=*/true, err);
    if (code != SW_OK)
        return code;
    code = store_list_runs(store, &list, err);
    size_t found = 0;
    while (found < list.n && name->id != 0 && list.entries[found].id != name->id)
        found++;
    if (code == SW_OK && name->id == 0 && list.n > 1)
        code = sw_fail(err, SW_EINVAL, "%s has %zu runs; name one by its number: %s:%" PRId64, name->store, list.n,
                       name->store, list.entries[0].id);
    else if (code == SW_OK && found == list.n)
        code = sw_fail(err, SW_ENOTFOUND, "%s has no run %" PRId64, name->store, name->id);
    else if (code == SW_OK)
        name->id = list.entries[found].id;
    run_list_free(&list);
    store_close(store);
    return code;
}

static sw_code delete_run(const run_name *name, sw_err *err)
{
    result_store *store;
    sw_code code = run_open(&store, name, /*read_only=*/false, err);
    if (code != SW_OK)
        return code;
    code = store_delete_run(store, name->id, err);
    store_close(store);
    return code;
}

/* Prints "word NAME" to standard output, or standard error for a question. */
static void print_name(FILE *to, const char *word, const run_name *name, const char *after)
{
    buf text;
    buf_init(&text, LINE_BYTES_MAX);
    run_name_put(&text, name->store, name->id);
    fprintf(to, "%s %s%s\n", word, buf_str(&text), after);
    buf_free(&text);
}

/* Asks on the terminal; everything but "y" and "yes" is no. */
static bool is_confirmed(const run_names *names)
{
    char answer[16] = "";
    for (size_t i = 0; i < names->n; i++)
        print_name(stderr, "delete", &names->items[i], "");
    fprintf(stderr, "This cannot be undone. Delete %s? [y/N] ", names->n == 1 ? "it" : "them");
    fflush(stderr);
    return fgets(answer, sizeof answer, stdin) != NULL && (strcmp(answer, "y\n") == 0 || strcmp(answer, "yes\n") == 0);
}

/* All names are looked up before the first run is deleted. */
int runs_delete(const runs_args *a)
{
    if (a->n_names == 0)
        return runs_usage_error("name the runs to delete, such as results/a:1; 'spillway runs list' shows the names");
    if (!a->yes && isatty(STDIN_FILENO) != 1)
        return runs_usage_error("deleting runs needs --yes where no terminal can ask");
    sw_err err = {0};
    run_names names = {0};
    sw_code code = run_names_find(a->names, a->n_names, &names, &err);
    for (size_t i = 0; code == SW_OK && i < names.n; i++)
        code = find_run(&names.items[i], &err);
    if (code == SW_OK && !a->yes && !is_confirmed(&names)) {
        fprintf(stderr, "nothing was deleted\n");
        run_names_free(&names);
        return CMD_EXIT_FAILURE;
    }
    for (size_t i = 0; code == SW_OK && i < names.n; i++) {
        code = delete_run(&names.items[i], &err);
        if (code == SW_OK)
            print_name(stdout, "deleted", &names.items[i], "");
    }
    run_names_free(&names);
    return cmd_end("runs", code, &err);
}

/* ---- merge ------------------------------------------------------------------------------------------------------ */

static sw_code merge_store(result_store *into, const run_name *from, sw_err *err)
{
    result_store *store;
    run_list list;
    sw_code code = run_open(&store, from, /*read_only=*/true, err);
    if (code != SW_OK)
        return code;
    code = store_list_runs(store, &list, err);
    size_t n_found = 0;
    for (size_t i = 0; code == SW_OK && i < list.n; i++) {
        const run_name name = {from->store, list.entries[i].id};
        if (from->id != 0 && from->id != name.id)
            continue;
        n_found++;
        int64_t id;
        bool was_there;
        char after[64];
        code = store_merge_run(into, store, name.id, &id, &was_there, err);
        snprintf(after, sizeof after, was_there ? ": it is there as run %" PRId64 : ": it is run %" PRId64, id);
        if (code == SW_OK)
            print_name(stdout, was_there ? "not added" : "added", &name, after);
    }
    if (code == SW_OK && from->id != 0 && n_found == 0)
        code = sw_fail(err, SW_ENOTFOUND, "%s has no run %" PRId64, from->store, from->id);
    run_list_free(&list);
    store_close(store);
    return code;
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Merges every store that is named into the first one; a folder of stores may hold that one too. */
static sw_code merge_all(const char *into_path, const run_names *from, sw_err *err)
{
    result_store *into;
    sw_code code = store_open(&into, into_path, /*read_only=*/false, err);
    for (size_t i = 0; code == SW_OK && i < from->n; i++) {
        if (is_same_file(into_path, from->items[i].store))
            print_name(stdout, "not added", &from->items[i], ": it is the store itself");
        else
            code = merge_store(into, &from->items[i], err);
    }
    store_close(into);
    return code;
}

int runs_merge(const runs_args *a)
{
    if (a->n_names < 2)
        return runs_usage_error("merge takes the store to add to, and at least one to copy from");
    sw_err err = {0};
    run_names from;
    run_name into;
    sw_code code = run_names_find(a->names + 1, a->n_names - 1, &from, &err);
    if (code == SW_OK) {
        code = run_name_parse(a->names[0], from.keep, &into, &err);
        if (code == SW_ENOTFOUND) { // a new store
            sw_err_clear(&err);
            code = SW_OK;
        }
    }
    if (code == SW_OK && into.id != 0)
        code = sw_fail(&err, SW_EINVAL, "merge adds to a store, not to a run of it");
    if (code == SW_OK)
        code = merge_all(into.store, &from, &err);
    run_names_free(&from);
    return cmd_end("runs", code, &err);
}
