/* model_catalog.c - looks for model files and reads their headers. */
#include "serving/model_catalog.h"

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

enum {
    DEPTH_MAX = 4,
    MODELS_MAX = 4096, // entries of the list; real folders hold dozens
};

/* ---- entries ---------------------------------------------------------------------------------------------------- */

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

/* Returns the part's number of a name s[0..n) that ends in "-00002-of-00005", and the length of what is before; 0: the
 * name has another form. */
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
}

void model_entry_hide_path(const model_entry *m, const char *message, char *out, size_t size)
{
    const char *const slash = strrchr(m->path, '/');
    const size_t n_path = strlen(m->path), n_folder = slash != NULL ? (size_t)(slash - m->path) + 1 : 0;
    size_t n = 0;
    out[0] = '\0';
    for (const char *p = message; *p != '\0' && n + 1 < size;) {
        if (strncmp(p, m->path, n_path) == 0) {
            snprintf(out + n, size - n, "%s", m->id);
            p += n_path;
        } else if (n_folder > 1 && strncmp(p, m->path, n_folder) == 0) { // another part of a split file
            p += n_folder;
        } else {
            snprintf(out + n, size - n, "%c", *p++);
        }
        n += strlen(out + n);
    }
}

static bool read_facts(model_facts *f, const char *path, sw_err *err)
{
    sw_model_file *file;
    if (sw_model_file_open(&file, path, err) != SW_OK)
        return false;
    const sw_model_info *const i = sw_model_file_info(file);
    *f = (model_facts){
        .n_vocab = i->n_vocab,
        .n_ctx_train = i->n_ctx_train,
        .n_embd = i->n_embd,
        .n_layers = i->n_layers,
        .n_params = i->n_params,
        .n_params_active = i->n_params_active,
        .n_experts = i->n_experts,
        .n_experts_used = i->n_experts_used,
        .n_experts_shared = i->n_experts_shared,
    };
    snprintf(f->quant, sizeof f->quant, "%s", i->quant);
    snprintf(f->arch, sizeof f->arch, "%s", i->arch);
    snprintf(f->chat_format, sizeof f->chat_format, "%s", i->chat_format);
    sw_model_file_close(file);
    return true;
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static sw_code add(model_catalog *c, const char *path, bool is_manual, sw_err *err)
{
    model_entry m = {.id = make_id(path), .path = mem_strdup(path), .is_manual = is_manual};
    if (m.id == NULL || m.path == NULL || !mem_grow(&c->entries, &c->cap, c->n + 1, sizeof *c->entries)) {
        free_entry(&m);
        return no_memory(err);
    }
    const model_entry *const known = model_catalog_find(c, m.id);
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
    if (strcmp(path, "stub:") != 0)
        m.has_facts = read_facts(&m.facts, path, &why);
    if (why.code != SW_OK) {
        model_entry_hide_path(&m, why.msg, m.error, sizeof m.error);
        say(m.id, m.error);
    }
    c->entries[c->n++] = m;
    return SW_OK;
}

sw_code model_catalog_add(model_catalog *c, const char *path, sw_err *err)
{
    return add(c, path, true, err);
}

sw_code model_catalog_rename(model_catalog *c, const model_entry *m, const char *id, sw_err *err)
{
    const model_entry *const known = model_catalog_find(c, id);
    if (known != NULL && known != m)
        return sw_fail(err, SW_EINVAL, "the name '%.80s' cannot be used twice: %.80s is also called so", id,
                       known->path);
    char *const copy = mem_strdup(id);
    if (copy == NULL)
        return no_memory(err);
    model_entry *const renamed = &c->entries[m - c->entries];
    mem_free(renamed->id);
    renamed->id = copy;
    return SW_OK;
}

/* ---- the folders ------------------------------------------------------------------------------------------------ */

typedef struct scan {
    model_catalog *catalog;
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

/* Adds the file or enters the folder of one name.  Links are followed to files only, and only inside the root. */
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

sw_code model_catalog_scan(model_catalog *c, const char *dirs, sw_err *err)
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

/* ---- reading the list
 * ------------------------------------------------------------------------------------------------- */

/* By the id id[0..n). */
static const model_entry *find(const model_catalog *c, const char *id, size_t n)
{
    for (size_t i = 0; i < c->n; i++) {
        if (strlen(c->entries[i].id) == n && memcmp(c->entries[i].id, id, n) == 0)
            return &c->entries[i];
    }
    return NULL;
}

/* By a name with a tag: "NAME:latest" is NAME, and "NAME:TAG" is the id NAME-TAG. */
static const model_entry *find_tagged(const model_catalog *c, const char *name)
{
    char id[NAME_MAX + 1];
    const char *const colon = strrchr(name, ':');
    if (colon == NULL)
        return NULL;
    if (strcmp(colon, ":latest") == 0)
        return find(c, name, (size_t)(colon - name));
    const int n = snprintf(id, sizeof id, "%.*s-%s", (int)(colon - name), name, colon + 1);
    return n < (int)sizeof id ? find(c, id, (size_t)n) : NULL;
}

const model_entry *model_catalog_find(const model_catalog *c, const char *id)
{
    const size_t n = strlen(id);
    const model_entry *m = find(c, id, n);
    if (m == NULL && ends_with(id, ".gguf"))
        m = find(c, id, n - strlen(".gguf"));
    return m != NULL ? m : find_tagged(c, id);
}

void model_catalog_say_unknown(const model_catalog *c, const char *id, sw_err *why)
{
    char names[320] = "";
    size_t n = 0, i = 0;
    for (; i < c->n && n + strlen(c->entries[i].id) + 2 < sizeof names; i++)
        n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", i > 0 ? ", " : "", c->entries[i].id);
    if (c->n == 0)
        (void)sw_fail(why, SW_ENOTFOUND, "the model '%.80s' is not known here; no model was found at start", id);
    else if (i < c->n)
        (void)sw_fail(why, SW_ENOTFOUND, "the model '%.80s' is not known here; known are %s and %zu more", id, names,
                      c->n - i);
    else
        (void)sw_fail(why, SW_ENOTFOUND, "the model '%.80s' is not known here; known are %s", id, names);
}

size_t model_catalog_n_manual(const model_catalog *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++)
        n += c->entries[i].is_manual;
    return n;
}

void model_catalog_free(model_catalog *c)
{
    for (size_t i = 0; i < c->n; i++)
        free_entry(&c->entries[i]);
    mem_free(c->entries);
    *c = (model_catalog){0};
}
