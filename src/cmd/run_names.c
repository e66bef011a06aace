/* run_names.c - looks in folders, and opens nothing. */
#include "cmd/run_names.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/escape.h"

static const char STORE_FILE[] = "results.sqlite";

enum { PATH_BYTES_MAX = 65536, ID_DIGITS_MAX = 15 };

static sw_code out_of_memory(sw_err *err)
{
    return sw_fail(err, SW_ENOMEM, "out of memory looking for stored runs");
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

/* "folder/name", kept; NULL when memory is short. */
static char *join(arena *keep, const char *folder, const char *name)
{
    const size_t n = strlen(folder);
    const bool has_slash = n > 0 && folder[n - 1] == '/';
    buf path;
    buf_init(&path, PATH_BYTES_MAX);
    buf_printf(&path, "%s%s%s", folder, has_slash ? "" : "/", name);
    char *const kept = path.failed == SW_OK ? arena_copy(keep, buf_str(&path), path.size) : NULL;
    buf_free(&path);
    return kept;
}

/* Splits ":ID" off, unless a file has the whole name. */
static sw_code split(const char *text, arena *keep, const char **path_out, int64_t *id_out, sw_err *err)
{
    const char *const colon = strrchr(text, ':');
    const size_t n_digits = colon != NULL ? strspn(colon + 1, "0123456789") : 0;
    const bool has_id = n_digits > 0 && colon[1 + n_digits] == '\0' && !exists(text);
    *path_out = arena_copy(keep, text, has_id ? (size_t)(colon - text) : strlen(text));
    *id_out = 0;
    if (*path_out == NULL)
        return out_of_memory(err);
    if (!has_id)
        return SW_OK;
    *id_out = n_digits <= ID_DIGITS_MAX ? strtoll(colon + 1, NULL, 10) : 0;
    return *id_out > 0 ? SW_OK : sw_fail(err, SW_EINVAL, "'%.200s' has no number of a run after the colon", text);
}

sw_code run_name_parse(const char *text, arena *keep, run_name *out, sw_err *err)
{
    sw_code code = split(text, keep, &out->store, &out->id, err);
    if (code == SW_OK && is_folder(out->store) && (out->store = join(keep, out->store, STORE_FILE)) == NULL)
        code = out_of_memory(err);
    if (code == SW_OK && !exists(out->store))
        code = sw_fail(err, SW_ENOTFOUND, "%.200s does not exist; name a store of `spillway bench`, or its folder",
                       out->store);
    return code;
}

static sw_code append(run_names *names, run_name name, sw_err *err)
{
    if (!mem_grow(&names->items, &names->cap, names->n + 1, sizeof *names->items))
        return out_of_memory(err);
    names->items[names->n++] = name;
    return SW_OK;
}

static int by_store(const void *a, const void *b)
{
    return strcmp(((const run_name *)a)->store, ((const run_name *)b)->store);
}

/* Appends the stores of the folders in `folder`. */
static sw_code append_folder(run_names *names, const char *folder, sw_err *err)
{
    DIR *const d = opendir(folder);
    if (d == NULL)
        return errno == ENOENT ? SW_OK : sw_fail(err, SW_EIO, "%.200s: %s", folder, strerror(errno));
    const size_t n_before = names->n;
    sw_code code = SW_OK;
    for (const struct dirent *entry; code == SW_OK && (entry = readdir(d)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        const char *const inner = join(names->keep, folder, entry->d_name);
        const char *const store = inner != NULL ? join(names->keep, inner, STORE_FILE) : NULL;
        if (store == NULL)
            code = out_of_memory(err);
        else if (exists(store))
            code = append(names, (run_name){.store = store}, err);
    }
    closedir(d);
    if (names->n > n_before)
        qsort(names->items + n_before, names->n - n_before, sizeof *names->items, by_store);
    return code;
}

static sw_code append_named(run_names *names, const char *text, sw_err *err)
{
    const size_t n_before = names->n;
    const char *const own = is_folder(text) ? join(names->keep, text, STORE_FILE) : text;
    if (own == NULL)
        return out_of_memory(err);
    if (own != text && !exists(own)) {
        const sw_code code = append_folder(names, text, err);
        if (code == SW_OK && names->n == n_before)
            return sw_fail(err, SW_ENOTFOUND, "%.200s has no %s, and no folder in it has one", text, STORE_FILE);
        return code;
    }
    run_name name;
    const sw_code code = run_name_parse(text, names->keep, &name, err);
    return code == SW_OK ? append(names, name, err) : code;
}

sw_code run_names_find(const char *const *texts, size_t n, run_names *out, sw_err *err)
{
    *out = (run_names){.keep = arena_create()};
    if (out->keep == NULL)
        return out_of_memory(err);
    sw_code code = n == 0 ? append_folder(out, RUN_NAMES_FOLDER, err) : SW_OK;
    for (size_t i = 0; code == SW_OK && i < n; i++)
        code = append_named(out, texts[i], err);
    return code;
}

void run_names_free(run_names *names)
{
    mem_free(names->items);
    arena_free(names->keep);
    *names = (run_names){0};
}

void run_name_put(buf *out, const char *store, int64_t id)
{
    const size_t n = strlen(store), n_file = strlen(STORE_FILE);
    const bool is_usual = n > n_file + 1 && store[n - n_file - 1] == '/' && strcmp(store + n - n_file, STORE_FILE) == 0;
    escape_terminal(out, store, is_usual ? n - n_file - 1 : n);
    buf_printf(out, ":%" PRId64, id);
}
