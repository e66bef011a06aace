/* model_scan.c - walks folders, bounded by depth and by the number of names. */
#include "serving/model_scan.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "serving/folder_names.h"
#include "serving/ollama_manifest.h"

enum { DEPTH_MAX = 4 }; // of folders; a manifest of Ollama's has as many

typedef struct scan {
    model_catalog *catalog;
    char root[PATH_MAX]; // resolved
    folder_budget budget;
    sw_err *err;
} scan;

/* Returns true if `path` is a regular file inside the root, be it by a link. */
static bool is_file_inside(const scan *s, const char *path)
{
    char resolved[PATH_MAX];
    struct stat st;
    const size_t n = strcmp(s->root, "/") == 0 ? 0 : strlen(s->root);
    return realpath(path, resolved) != NULL && strncmp(s->root, resolved, n) == 0 && resolved[n] == '/' &&
           stat(resolved, &st) == 0 && S_ISREG(st.st_mode);
}

/* Writes "a/b"; returns false if it is too long. */
static bool join(char out[PATH_MAX], const char *a, const char *b)
{
    return snprintf(out, PATH_MAX, "%s/%s", a, b) < PATH_MAX;
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

static sw_code scan_folder(scan *s, const char *folder, int depth);

/* Adds the file or enters the folder of one name.  Links are followed to files only. */
static sw_code scan_name(scan *s, const char *folder, const folder_name *name, int depth)
{
    char path[PATH_MAX];
    struct stat st;
    const bool is_model = model_file_is_listed(name->text), may_enter = name->may_be_folder && depth < DEPTH_MAX;
    if ((!is_model && !may_enter) || !join(path, folder, name->text) || lstat(path, &st) != 0)
        return SW_OK;
    if (S_ISDIR(st.st_mode))
        return may_enter ? scan_folder(s, path, depth + 1) : SW_OK;
    if (!is_model)
        return SW_OK;
    if (is_file_inside(s, path))
        return model_catalog_add_found(s->catalog, path, NULL, s->err);
    if (S_ISLNK(st.st_mode))
        model_catalog_say(s->catalog, path, "skipped, the link leads out of the model folder");
    return SW_OK;
}

static sw_code scan_folder(scan *s, const char *folder, int depth)
{
    folder_names names;
    sw_code code = folder_names_read(&names, folder, &s->budget, s->err);
    for (size_t i = 0; i < names.n && code == SW_OK; i++)
        code = scan_name(s, folder, &names.names[i], depth);
    folder_names_free(&names);
    return code;
}

/* ---- Ollama's store --------------------------------------------------------------------------------------------- */

/* Reads the manifest at `path`; `blob` is then the file of its weights. */
static sw_code read_manifest(const scan *s, const char *path, char blob[PATH_MAX], sw_err *err)
{
    char digest[OLLAMA_DIGEST_BYTES], *text;
    size_t n;
    if (!is_file_inside(s, path))
        return sw_fail(err, SW_EFORMAT, "it is no file of this folder");
    sw_code code = file_slurp(path, LIMIT_MANIFEST_BYTES, &text, &n, err);
    if (code != SW_OK)
        return code;
    code = ollama_manifest_read(text, n, digest, err);
    mem_free(text);
    if (code != SW_OK)
        return code;
    if (snprintf(blob, PATH_MAX, "%s/blobs/sha256-%s", s->root, digest) >= PATH_MAX || !is_file_inside(s, blob))
        return sw_fail(err, SW_ENOTFOUND, "the file of its weights, blobs/sha256-%s, is missing", digest);
    return SW_OK;
}

/* Adds the model whose manifest is at `place`, below the folder of manifests. */
static sw_code scan_manifest(scan *s, const char *path, const char *place)
{
    char blob[PATH_MAX], name[OLLAMA_NAME_BYTES];
    sw_err why = {0};
    sw_code code = ollama_manifest_name(place, name, &why);
    if (code == SW_OK)
        code = read_manifest(s, path, blob, &why);
    if (code == SW_OK)
        return model_catalog_add_found(s->catalog, blob, name, s->err);
    if (code == SW_ENOMEM)
        return sw_fail(s->err, code, "%s", why.msg);
    model_catalog_say(s->catalog, path, why.msg);
    return SW_OK;
}

/* Manifests are at HOST/NAMESPACE/MODEL/TAG; `place` is the part of the path after the first n_root bytes. */
static sw_code scan_manifests(scan *s, const char *folder, size_t n_root, int depth)
{
    folder_names names;
    char path[PATH_MAX];
    struct stat st;
    sw_code code = folder_names_read(&names, folder, &s->budget, s->err);
    for (size_t i = 0; i < names.n && code == SW_OK; i++) {
        if (!join(path, folder, names.names[i].text) || lstat(path, &st) != 0)
            continue;
        if (depth == DEPTH_MAX && !S_ISDIR(st.st_mode))
            code = scan_manifest(s, path, path + n_root);
        else if (depth < DEPTH_MAX && S_ISDIR(st.st_mode))
            code = scan_manifests(s, path, n_root, depth + 1);
    }
    folder_names_free(&names);
    return code;
}

static sw_code scan_store(scan *s)
{
    char manifests[PATH_MAX];
    struct stat st;
    if (!join(manifests, s->root, "manifests") || lstat(manifests, &st) != 0 || !S_ISDIR(st.st_mode))
        return SW_OK;
    return scan_manifests(s, manifests, strlen(manifests) + 1, 1);
}

/* ---- the list of folders ---------------------------------------------------------------------------------------- */

/* Writes the folder dirs[0..n), with the home folder in place of "~"; returns false if it is too long or has none. */
static bool expand(const char *dirs, size_t n, char out[PATH_MAX])
{
    const char *const home = getenv("HOME");
    const bool is_at_home = n > 1 && dirs[0] == '~' && dirs[1] == '/';
    if (is_at_home && (home == NULL || home[0] == '\0'))
        return false;
    return n > 0 && snprintf(out, PATH_MAX, "%s%.*s", is_at_home ? home : "", (int)(is_at_home ? n - 1 : n),
                             is_at_home ? dirs + 1 : dirs) < PATH_MAX;
}

/* Scans one folder, if it is there. */
static sw_code scan_root(model_catalog *c, const model_scan_options *o, const char *folder, sw_err *err)
{
    scan s = {.catalog = c, .budget = {.n_left = LIMIT_MODEL_FOLDER_NAMES}, .err = err};
    const size_t n_before = c->n;
    if (realpath(folder, s.root) == NULL)
        return SW_OK;
    sw_code code = scan_folder(&s, s.root, 1);
    if (code == SW_OK)
        code = scan_store(&s);
    if (code == SW_OK && o->on_folder != NULL)
        o->on_folder(o->ud, folder, c->n - n_before, s.budget.is_cut);
    return code;
}

sw_code model_scan(model_catalog *c, const model_scan_options *o, sw_err *err)
{
    char folder[PATH_MAX];
    sw_code code = SW_OK;
    for (const char *p = o->dirs; *p != '\0' && code == SW_OK;) {
        const size_t n = strcspn(p, ";");
        if (n < PATH_MAX && expand(p, n, folder))
            code = scan_root(c, o, folder, err);
        p += n + (p[n] == ';');
    }
    return code;
}
