#include "server/models.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/escape.h"
#include "base/utf8.h"
#include "json/json_out.h"

enum {
    DEPTH_MAX = 4,
    MODELS_MAX = 4096, // entries of the list; real folders hold dozens
};

/* ---- the list -------------------------------------------------------------------------------------------------- */

static void say(const char *path, const char *what)
{
    buf line;
    buf_init(&line, 8 * PATH_MAX);
    escape_terminal(&line, path, strlen(path));
    buf_puts(&line, ": ");
    escape_terminal(&line, what, strlen(what));
    fprintf(stderr, "models: %s\n", buf_str(&line));
    buf_free(&line);
}

static bool ends_with(const char *s, const char *tail)
{
    const size_t n = strlen(s), k = strlen(tail);
    return n >= k && strcmp(s + n - k, tail) == 0;
}

/* "-00002-of-00005" at the end of s[0..n): the length of the stem and the part's number; 0 when it is no such name. */
static int split_part(const char *s, size_t n, size_t *stem_out)
{
    enum { SUFFIX = 15 };
    int part, of, used = 0;
    if (n <= SUFFIX || sscanf(s + n - SUFFIX, "-%5d-of-%5d%n", &part, &of, &used) != 2 || used != SUFFIX || part < 1)
        return 0;
    *stem_out = n - SUFFIX;
    return part;
}

static char *make_id(const char *path)
{
    if (strcmp(path, "stub:") == 0)
        return mem_strdup("stub");
    const char *const slash = strrchr(path, '/');
    const char *const name = slash != NULL ? slash + 1 : path;
    size_t n = strlen(name);
    if (ends_with(name, ".gguf"))
        n -= strlen(".gguf");
    split_part(name, n, &n);
    return mem_strndup(name, n);
}

static sw_code no_memory(sw_err *err)
{
    return sw_fail(err, SW_ENOMEM, "not enough memory for the list of models");
}

static void free_entry(model_entry *m)
{
    mem_free(m->id);
    mem_free(m->path);
    json_decref(m->meta);
}

void model_set_error(model_entry *m, const char *message)
{
    const size_t n = strlen(m->path);
    const bool begins_with_path = strncmp(message, m->path, n) == 0;
    snprintf(m->error, sizeof m->error, "%s%s", begins_with_path ? m->id : "", message + (begins_with_path ? n : 0));
}

/* What the header says, kept as JSON: the header itself, with its vocabulary, is too large to keep for every file. */
static json_t *header_json(const char *path, sw_err *err)
{
    sw_model_file *file;
    if (sw_model_file_open(&file, path, err) != SW_OK)
        return NULL;
    const sw_model_info *const i = sw_model_file_info(file);
    json_t *const facts =
        json_pack("{s:i, s:i, s:i, s:I, s:I, s:i, s:i, s:i, s:s, s:s}", "n_vocab", i->n_vocab, "n_ctx_train",
                  i->n_ctx_train, "n_embd", i->n_embd, "n_params", (json_int_t)i->n_params, "n_params_active",
                  (json_int_t)i->n_params_active, "n_expert", i->n_experts, "n_expert_used", i->n_experts_used,
                  "n_expert_shared", i->n_experts_shared, "quant", i->quant, "arch", i->arch);
    sw_model_file_close(file);
    return facts != NULL ? facts : json_object();
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static sw_code add(catalog *c, const char *path, bool is_manual, sw_err *err)
{
    model_entry m = {.id = make_id(path), .path = mem_strdup(path), .is_manual = is_manual};
    if (m.id == NULL || m.path == NULL || !mem_grow(&c->entries, &c->cap, c->n + 1, sizeof *c->entries)) {
        free_entry(&m);
        return no_memory(err);
    }
    const model_entry *const known = catalog_find(c, m.id);
    if (known != NULL && is_same_file(known->path, path)) { // named on the command line and found in a folder
        free_entry(&m);
        return SW_OK;
    }
    if (known != NULL || c->n == MODELS_MAX) {
        say(path, c->n == MODELS_MAX ? "skipped, the list of models is full" : "skipped, another file has this name");
        free_entry(&m);
        return SW_OK;
    }
    sw_err why = {0};
    struct stat st;
    if (stat(path, &st) == 0) {
        m.file_bytes = (uint64_t)st.st_size;
        m.mtime = st.st_mtime;
    }
    m.meta = strcmp(path, "stub:") == 0 ? json_object() : header_json(path, &why);
    if (why.code != SW_OK) {
        m.meta = json_object();
        m.status = MODEL_FAILED;
        model_set_error(&m, why.msg);
        say(m.id, m.error);
    }
    c->entries[c->n++] = m;
    return SW_OK;
}

sw_code catalog_add(catalog *c, const char *path, sw_err *err)
{
    return add(c, path, true, err);
}

/* ---- the folders ----------------------------------------------------------------------------------------------- */

typedef struct scan {
    catalog *catalog;
    char root[PATH_MAX]; // resolved
    sw_err *err;
} scan;

static bool is_inside(const char *root, const char *path)
{
    const size_t n = strlen(root);
    return strncmp(root, path, n) == 0 && (path[n] == '/' || ends_with(root, "/"));
}

static bool is_model_name(const char *name)
{
    size_t stem;
    const size_t n = strlen(name);
    if (name[0] == '.' || n <= strlen(".gguf") || !ends_with(name, ".gguf"))
        return false;
    return split_part(name, n - strlen(".gguf"), &stem) <= 1; // later parts of a split file count with the first
}

static sw_code scan_folder(scan *s, const char *folder, int depth);

/* One name of a folder: a file is added, a folder entered; links are followed to files only, and only inside. */
static sw_code scan_name(scan *s, const char *folder, const char *name, int depth)
{
    char path[PATH_MAX], resolved[PATH_MAX];
    struct stat st;
    if (name[0] == '.' || !utf8_valid(name, strlen(name)) ||
        snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path || lstat(path, &st) != 0)
        return SW_OK;
    if (S_ISDIR(st.st_mode))
        return depth < DEPTH_MAX ? scan_folder(s, path, depth + 1) : SW_OK;
    if (!is_model_name(name))
        return SW_OK;
    if (S_ISLNK(st.st_mode)) {
        if (realpath(path, resolved) == NULL || !is_inside(s->root, resolved) || stat(resolved, &st) != 0) {
            say(path, "skipped, the link leads out of the model folder");
            return SW_OK;
        }
    }
    return S_ISREG(st.st_mode) ? add(s->catalog, path, false, s->err) : SW_OK;
}

static sw_code scan_folder(scan *s, const char *folder, int depth)
{
    struct dirent **names;
    const int n = scandir(folder, &names, NULL, alphasort);
    sw_code code = SW_OK;
    for (int i = 0; i < n; i++) {
        if (code == SW_OK)
            code = scan_name(s, folder, names[i]->d_name, depth);
        free(names[i]);
    }
    if (n >= 0)
        free(names);
    return code;
}

sw_code catalog_scan(catalog *c, const char *dirs, sw_err *err)
{
    char folder[PATH_MAX];
    for (const char *p = dirs; *p != '\0';) {
        const size_t n = strcspn(p, ";");
        scan s = {.catalog = c, .err = err};
        if (n > 0 && n < sizeof folder) {
            memcpy(folder, p, n);
            folder[n] = '\0';
            if (realpath(folder, s.root) != NULL && scan_folder(&s, s.root, 1) != SW_OK)
                return err->code;
        }
        p += n + (p[n] == ';');
    }
    return SW_OK;
}

/* ---- questions ------------------------------------------------------------------------------------------------- */

model_entry *catalog_find(const catalog *c, const char *id)
{
    const size_t n = strlen(id) - (ends_with(id, ".gguf") ? strlen(".gguf") : 0);
    for (size_t i = 0; i < c->n; i++) {
        if (strcmp(c->entries[i].id, id) == 0 ||
            (strlen(c->entries[i].id) == n && memcmp(c->entries[i].id, id, n) == 0))
            return &c->entries[i];
    }
    return NULL;
}

size_t catalog_n_manual(const catalog *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++)
        n += c->entries[i].is_manual;
    return n;
}

static json_t *status_json(const model_entry *m)
{
    static const char *const NAMES[] = {[MODEL_UNLOADED] = "unloaded",
                                        [MODEL_LOADING] = "loading",
                                        [MODEL_LOADED] = "loaded",
                                        [MODEL_FAILED] = "failed"};
    json_t *const status = json_pack("{s:s}", "value", NAMES[m->status]);
    if (m->status == MODEL_LOADING || m->status == MODEL_LOADED)
        json_object_set_new(status, "progress", json_number(m->progress));
    if (m->status == MODEL_FAILED)
        json_object_set_new(status, "error", json_string(m->error));
    return status;
}

json_t *model_json(const model_entry *m)
{
    json_t *const meta = json_copy(m->meta);
    json_object_set_new(meta, "size", json_integer((json_int_t)m->file_bytes));
    if (m->n_ctx > 0)
        json_object_set_new(meta, "n_ctx", json_integer(m->n_ctx));
    return json_pack("{s:s, s:s, s:I, s:s, s:o, s:o}", "id", m->id, "object", "model", "created", (json_int_t)m->mtime,
                     "owned_by", "spillway", "meta", meta, "status", status_json(m));
}

void catalog_free(catalog *c)
{
    for (size_t i = 0; i < c->n; i++)
        free_entry(&c->entries[i]);
    mem_free(c->entries);
    *c = (catalog){0};
}
