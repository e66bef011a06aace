/* baselines.c - a new baseline is written beside its name, and renamed when it is complete. */
#include "cmd/baselines.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/folder.h"
#include "cmd/run_open.h"
#include "figures/run_status.h"
#include "results/store.h"

static const char SUFFIX[] = ".sqlite";

enum { PATH_BYTES_MAX = 65536, SUFFIX_BYTES = sizeof SUFFIX - 1 };

/* ---- names ------------------------------------------------------------------------------------------------------- */

bool baseline_is_name(const char *text)
{
    static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    const size_t n = strspn(text, LETTERS);
    return n > 0 && n <= BASELINE_NAME_MAX && text[n] == '\0' && strchr("._-", text[0]) == NULL;
}

static sw_code check_name(const char *name, sw_err *err)
{
    if (baseline_is_name(name))
        return SW_OK;
    return sw_fail(
        err, SW_EINVAL,
        "a baseline's name is 1 to %d letters, digits, dots, hyphens and underscores, and begins with a letter "
        "or digit; '%.80s' is none",
        BASELINE_NAME_MAX, name);
}

void baseline_put_path(buf *out, const char *folder, const char *name)
{
    buf_printf(out, "%s/%s%s", folder, name, SUFFIX);
}

bool baseline_exists(const char *folder, const char *name)
{
    struct stat st;
    buf path;
    buf_init(&path, PATH_BYTES_MAX);
    baseline_put_path(&path, folder, name);
    const bool exists = path.failed == SW_OK && stat(buf_str(&path), &st) == 0;
    buf_free(&path);
    return exists;
}

/* ---- pin --------------------------------------------------------------------------------------------------------- */

/* Figures of other runs must not be ranked. */
static sw_code check_status(result_store *store, const run_name *run, int64_t *id_out, sw_err *err)
{
    run_list list;
    sw_code code = store_list_runs(store, &list, err);
    const run_entry *found = NULL;
    for (size_t i = 0; code == SW_OK && i < list.n; i++) {
        if (run->id == 0 || run->id == list.entries[i].id)
            found = &list.entries[i];
    }
    const int status = found != NULL ? run_status_from_name(found->status) : -1;
    if (code == SW_OK && found == NULL)
        code = run->id == 0 ? sw_fail(err, SW_ENOTFOUND, "%.200s has no run yet", run->store)
                            : sw_fail(err, SW_ENOTFOUND, "%.200s has no run %" PRId64, run->store, run->id);
    else if (code == SW_OK && (status < 0 || status == RUN_INVALID || status == RUN_ABORTED))
        code = sw_fail(err, SW_EINVAL, "run %" PRId64 " of %.200s is %s; a baseline must be a complete and valid run",
                       found->id, run->store, status < 0 ? "not finished" : run_status_name((run_status)status));
    else if (code == SW_OK && found->is_emulated)
        code = sw_fail(err, SW_EINVAL,
                       "run %" PRId64 " of %.200s is of an emulated GPU: its figures say nothing of speed, and are no "
                       "baseline",
                       found->id, run->store);
    *id_out = code == SW_OK ? found->id : 0;
    run_list_free(&list);
    return code;
}

static sw_code copy_run(const char *path, const run_name *run, sw_err *err)
{
    result_store *from, *into = NULL;
    int64_t id = 0, copied;
    bool was_there;
    sw_code code = run_open(&from, run, /*read_only=*/true, err);
    if (code != SW_OK)
        return code;
    code = check_status(from, run, &id, err);
    if (code == SW_OK)
        code = store_open(&into, path, /*read_only=*/false, err);
    if (code == SW_OK)
        code = store_merge_run(into, from, id, &copied, &was_there, err);
    store_close(into);
    store_close(from);
    return code;
}

static sw_code pin(const char *folder, const char *name, const run_name *run, sw_err *err)
{
    buf path, new_path;
    buf_init(&path, PATH_BYTES_MAX);
    buf_init(&new_path, PATH_BYTES_MAX);
    baseline_put_path(&path, folder, name);
    buf_printf(&new_path, "%s/.%s.%ld", folder, name, (long)getpid()); // no name of a baseline
    sw_code code = new_path.failed == SW_OK ? SW_OK : sw_fail(err, SW_ENOMEM, "the name of the folder is too long");
    if (code == SW_OK) {
        unlink(buf_str(&new_path)); // of a process that was killed
        code = copy_run(buf_str(&new_path), run, err);
        if (code == SW_OK && rename(buf_str(&new_path), buf_str(&path)) != 0)
            code = sw_fail(err, SW_EIO, "%.200s cannot be written: %s", buf_str(&path), strerror(errno));
        if (code != SW_OK)
            unlink(buf_str(&new_path));
    }
    buf_free(&path);
    buf_free(&new_path);
    return code;
}

sw_code baseline_pin(const char *folder, const char *name, const run_name *run, bool force, sw_err *err)
{
    sw_code code = check_name(name, err);
    if (code == SW_OK && !force && baseline_exists(folder, name))
        code = sw_fail(err, SW_EINVAL, "there is a baseline '%s' already; choose another name, or add --force", name);
    if (code == SW_OK)
        code = folder_make(folder, err);
    return code == SW_OK ? pin(folder, name, run, err) : code;
}

/* ---- unpin and list ---------------------------------------------------------------------------------------------- */

sw_code baseline_unpin(const char *folder, const char *name, sw_err *err)
{
    sw_code code = check_name(name, err);
    if (code != SW_OK)
        return code;
    buf path;
    buf_init(&path, PATH_BYTES_MAX);
    baseline_put_path(&path, folder, name);
    if (path.failed != SW_OK)
        code = sw_fail(err, SW_ENOMEM, "the name of the folder is too long");
    else if (unlink(buf_str(&path)) != 0)
        code = errno == ENOENT ? sw_fail(err, SW_ENOTFOUND, "there is no baseline '%s' in %.200s", name, folder)
                               : sw_fail(err, SW_EIO, "%.200s cannot be removed: %s", buf_str(&path), strerror(errno));
    buf_free(&path);
    return code;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Appends what a file's name says, if it is that of a baseline. */
static sw_code append(baseline_list *list, const char *file, sw_err *err)
{
    const size_t n = strlen(file);
    if (n <= SUFFIX_BYTES || strcmp(file + n - SUFFIX_BYTES, SUFFIX) != 0)
        return SW_OK;
    char *const name = arena_copy(list->keep, file, n - SUFFIX_BYTES);
    if (name == NULL || !mem_grow(&list->names, &list->cap, list->n + 1, sizeof *list->names))
        return sw_fail(err, SW_ENOMEM, "out of memory listing baselines");
    if (baseline_is_name(name))
        list->names[list->n++] = name;
    return SW_OK;
}

sw_code baseline_list_find(const char *folder, baseline_list *out, sw_err *err)
{
    *out = (baseline_list){.keep = arena_create()};
    if (out->keep == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory listing baselines");
    DIR *const d = opendir(folder);
    if (d == NULL)
        return errno == ENOENT ? SW_OK : sw_fail(err, SW_EIO, "%.200s: %s", folder, strerror(errno));
    sw_code code = SW_OK;
    for (const struct dirent *entry; code == SW_OK && (entry = readdir(d)) != NULL;)
        code = append(out, entry->d_name, err);
    closedir(d);
    if (out->n > 0)
        qsort(out->names, out->n, sizeof *out->names, by_name);
    return code;
}

void baseline_list_free(baseline_list *list)
{
    mem_free(list->names);
    arena_free(list->keep);
    *list = (baseline_list){0};
}
